"""A training in the terminal: a bar, the curves of the whole run, and one line of numbers; redrawn in place."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any, Callable, Sequence, TextIO

import numpy as np

from retro_gamer.errors import printable
from retro_gamer.games.screen import understand_escape_codes
from retro_gamer.hosting import signs
from retro_gamer.reporting.curves import PANELS, Curve, Panel
from retro_gamer.reporting.progress import ProgressLine
from retro_gamer.reporting.text_chart import can_show, draw_panel
from retro_gamer.training.trainer import Status

SMALLEST = (60, 22)  # columns and rows; in a smaller window there is one line
WIDE = 110  # columns from which charts stand side by side
WIDEST = 160
MAX_POINTS = 120  # of a curve; neighbours are averaged when there are more
EXPLORING = 0.8  # with more random keys than this, a training game is about as good as random play
# What is drawn: column of metrics.csv -> what it is, in fewer words than in PANELS.
MEANINGS = {
    "eval_return": "a game without random keys",
    "mean_return": "a game while it learns",
    "mean_length": "turns of a game",
    "loss": "how far its expectations are off",
    "epsilon": "the share of random keys",
}


class Series:
    """Points (x, y) in order, never more than about MAX_POINTS: the older they get, the more of them are averaged."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float, int]] = []  # (sum of x, sum of y, how many)
        self._per_point = 1

    def add(self, x: float, y: float | None) -> None:
        if y is None or not np.isfinite(y):
            return
        if self._points and self._points[-1][2] < self._per_point:
            sum_x, sum_y, n = self._points[-1]
            self._points[-1] = (sum_x + x, sum_y + y, n + 1)
            return
        self._points.append((x, y, 1))
        if len(self._points) > MAX_POINTS:
            pairs = zip(self._points[::2], self._points[1::2])
            self._points = [(a[0] + b[0], a[1] + b[1], a[2] + b[2]) for a, b in pairs]
            self._per_point *= 2

    def curve(self, name: str) -> Curve | None:
        if not self._points:
            return None
        x = np.array([sum_x / n for sum_x, _, n in self._points])
        y = np.array([sum_y / n for _, sum_y, n in self._points])
        return Curve(name, x, y, y, y)


class Dashboard(ProgressLine):
    def __init__(
        self,
        stream: TextIO | None = None,
        interval: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        quiet: bool = False,
    ):
        super().__init__(stream, interval, clock, quiet)
        self.series = {column: Series() for column in MEANINGS}
        self._at_random: list[float] = []  # returns of the first games, when nearly all keys were random
        self._epsilon_before = 1.0  # of the rows that were added
        self._began = self.clock()
        self._evaluated: Any = None
        self._lines = self._columns = 0  # drawn on the screen now
        self._status: Status | None = None
        self._can_draw = os.environ.get("TERM") != "dumb" and (os.name != "nt" or understand_escape_codes() is not None)

    def remember(self, history: Sequence[dict[str, Any]]) -> None:
        """Rows of metrics.csv of earlier sittings, so that the curves show the whole run."""
        for row in history:
            self._add_row(row)

    def _add_row(self, row: dict[str, Any]) -> None:
        turns = row.get("turns")
        if turns is None:
            return
        for column, series in self.series.items():
            series.add(turns, row.get(column))
        # At the end of its games; at their beginning it was that of the row before.
        epsilon = row.get("epsilon", 0.0)
        if (self._epsilon_before + epsilon) / 2 > EXPLORING and "mean_return" in row:
            self._at_random.append(row["mean_return"])
        self._epsilon_before = epsilon

    def update(self, status: Status) -> None:
        last = status.last
        for column, value in (
            ("mean_return", last.episode_return),
            ("mean_length", last.turns),
            ("loss", last.mean_loss),
            ("epsilon", status.epsilon),
        ):
            self.series[column].add(status.turns, value)
        if status.epsilon > EXPLORING:
            self._at_random.append(last.episode_return)
        if status.evaluation is not None and status.evaluation is not self._evaluated:
            self._evaluated = status.evaluation
            self.series["eval_return"].add(status.turns, status.evaluation.mean)
        self._status = status
        super().update(status)

    def _draw(self, text: str) -> None:
        columns, rows = self._size()
        # When its lines were broken in two, where it begins is not known.
        if self._lines and columns < self._columns:
            self._lines = 0
            with suppress(OSError):
                self._write("\x1b[H\x1b[2J")
        if columns < SMALLEST[0] - 1 or rows < SMALLEST[1]:  # the last column stays free
            self._wipe()
            super()._draw(text)
            return
        lines = [*self._bar(columns), *self._charts(columns, rows - 6), printable(text)[:columns]]
        up = f"\x1b[{self._lines - 1}F" if self._lines > 1 else "\r"
        # Each line is overwritten and its rest cleared, so that nothing flickers.
        body = "\n".join(f"{line}\x1b[K" for line in lines)
        try:
            self._write((up if self._lines or self._width else "") + body + "\x1b[J")
        except OSError:  # the terminal was closed: what matters is that the training is saved
            self.shown, self._lines = False, 0
        else:
            self._lines, self._width, self._columns = len(lines), 0, columns

    def _bar(self, columns: int) -> list[str]:
        status = self._status
        if status is None:
            return []
        done = status.turns / status.goal_turns if status.goal_turns else 0.0
        done = max(done, status.episode / max(1, status.goal_episodes))
        if status.deadline < float("inf"):  # the minutes of this sitting are what ends it
            now = self.clock()
            done = max(done, (now - self._began) / max(1e-9, status.deadline - self._began))
        done = min(1.0, done)
        full, empty = ("█", "░") if self._unicode else ("#", ".")
        width = columns - 7
        filled = int(done * width)
        return [f"{full * filled}{empty * (width - filled)} {100 * done:4.0f}%", ""]

    def _charts(self, columns: int, rows: int) -> list[str]:
        curves = {column: series.curve("") for column, series in self.series.items()}
        panels = [
            Panel(PANELS[column][0], MEANINGS[column], [curve]) for column, curve in curves.items() if curve is not None
        ]
        if self._at_random:
            level = float(np.mean(self._at_random[-200:]))
            panels = [panel.beside(level) if "reward" in panel.title else panel for panel in panels]
        side_by_side = 2 if columns >= WIDE else 1
        width = columns if side_by_side == 1 else columns // 2 - 2
        lines: list[str] = []
        for start in range(0, len(panels), side_by_side):
            row = [draw_panel(panel, width, 6, self._unicode) for panel in panels[start : start + side_by_side]]
            more = [*_beside(row, width), ""]
            if lines and len(lines) + len(more) > rows:
                break
            lines += more
        return lines

    @property
    def _unicode(self) -> bool:
        return can_show(self.stream, "⣿│└─█░")

    def _size(self) -> tuple[int, int]:
        """Columns and rows that can be drawn on in place; (0, 0) where none can."""
        if not self._can_draw:
            return 0, 0
        try:
            columns, rows = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError, AttributeError):
            return 0, 0
        return min(WIDEST, columns - 1), rows

    def _wipe(self) -> None:
        if self._lines:
            with suppress(OSError):
                self._write(self.blank())

    def blank(self) -> str:
        lines, self._lines = self._lines, 0
        if not lines:
            return super().blank()
        return (f"\x1b[{lines - 1}F" if lines > 1 else "\r") + "\x1b[J"

    def clear(self) -> None:
        """The last picture stays, with the prompt below it."""
        with signs.lock:
            if self._lines and self.shown:
                with suppress(OSError):
                    self._write("\n")
                self._lines = 0
            else:
                super().clear()

    def say(self, text: str) -> None:
        """Above the picture, which is drawn again below it."""
        with signs.lock:
            if self._lines and self.shown:
                signs.about_to_show()
                with suppress(OSError):
                    self._write(self.blank() + printable(text) + "\n")
            else:
                super().say(text)


def _beside(blocks: Sequence[list[str]], width: int) -> list[str]:
    height = max(map(len, blocks))
    padded = [[*block, *[""] * (height - len(block))] for block in blocks]
    return ["  ".join(line.ljust(width) for line in row).rstrip() for row in zip(*padded)]
