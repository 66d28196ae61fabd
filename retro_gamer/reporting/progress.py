"""One line that shows how a training goes: in place on a terminal, else a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections import deque
from contextlib import suppress
from typing import Callable, TextIO

from retro_gamer.errors import printable
from retro_gamer.hosting import signs
from retro_gamer.hosting.streams import write_now
from retro_gamer.reporting.counting import can_redraw, room_on
from retro_gamer.training.trainer import Status

PLAIN_INTERVAL = 10.0  # seconds between two lines where they cannot be drawn in place
UNIMPORTANT = ("turns", "epsilon", "speed")  # parts that go when the terminal is too narrow, in this order


class ProgressLine:
    def __init__(
        self,
        stream: TextIO | None = None,
        interval: float = 0.2,
        clock: Callable[[], float] = time.monotonic,
        quiet: bool = False,
    ):
        self.stream = stream if stream is not None else sys.stderr
        self.in_place = can_redraw(self.stream)
        self.shown = not quiet
        self.interval = interval if self.in_place else PLAIN_INTERVAL
        self.clock = clock
        self._next = 0.0 if self.in_place else clock() + PLAIN_INTERVAL
        self._newest: Status | None = None
        self._parts: dict[str, str] = {}  # of the last game that was shown
        self._shown_parts: dict[str, str] = {}  # of what was shown last
        self._returns: deque[float] = deque(maxlen=100)
        # (time, turns, episode) of the last redraws.
        self._times: deque[tuple[float, int, int]] = deque(maxlen=50)
        self._width = 0

    def update(self, status: Status) -> None:
        self._newest = status
        self._returns.append(status.last.episode_return)
        now = self.clock()
        if not self._times:  # from here on the speed is measured
            self._times.append((now, status.turns, status.episode))
        if not self.shown or now < self._next:
            return
        self._next = now + self.interval
        self._times.append((now, status.turns, status.episode))
        self._parts = self._parts_of(status, now)
        self._show(self._parts)

    def wait(self, what: str) -> None:
        """Show what goes on in the middle of a long game, in the place of the games that were played."""
        now = self.clock()
        if not self.shown or now < self._next:
            return
        self._next = now + self.interval
        self._show({**self._parts, "game": what})

    def still_working(self, text: str) -> None:
        """A sign of life (hosting/signs.py): what was shown last, and how long ago that was."""
        shown = self._shown_parts
        if not shown:
            newest = self._newest
            shown = {"game": "getting ready"} if newest is None else self._parts_of(newest, self.clock())
        self._draw(self._text({**shown, "game": f"{shown['game']} ({text})"}))

    def _show(self, parts: dict[str, str]) -> None:
        with signs.lock:
            signs.about_to_show()
            self._shown_parts = parts
            self._draw(self._text(parts))

    def _text(self, parts: dict[str, str]) -> str:
        shown = dict(parts)
        for name in UNIMPORTANT:
            if len("  ".join(shown.values())) > self._room():
                shown.pop(name, None)
        texts = list(shown.values())
        while len(texts) > 1 and len("  ".join(texts)) > self._room():
            texts.pop()  # a number that is cut off would be another number
        return "  ".join(texts)

    def _parts_of(self, status: Status, now: float) -> dict[str, str]:
        then, turns, episode = self._times[0]
        elapsed = max(1e-9, self._times[-1][0] - then)
        turn_rate, episode_rate = (status.turns - turns) / elapsed, (status.episode - episode) / elapsed
        mean = sum(self._returns) / len(self._returns)
        parts = {
            "game": f"game {status.episode}",
            "turns": f"{status.turns:,} turns",
            "speed": f"{turn_rate:,.0f} turns/s",
            "reward": f"reward {_short(mean)}",
        }
        evaluation = status.evaluation
        if status.standing:
            parts["reward"] = status.standing
        if evaluation is not None:
            parts["greedy"] = (
                f"greedy score {_short(evaluation.scores.mean())}"
                if evaluation.scores is not None
                else f"greedy reward {_short(evaluation.mean)}"
            )
        parts["epsilon"] = f"epsilon {status.epsilon:.2f}"
        left = []
        if episode_rate > 0:
            left.append((status.goal_episodes - status.episode) / episode_rate)
        if turn_rate > 0 and status.goal_turns:
            left.append((status.goal_turns - status.turns) / turn_rate)
        if status.deadline < float("inf"):
            left.append(status.deadline - now)
        if left:
            parts["left"] = f"{format_time(max(0.0, min(left)))} left"
        return parts

    def _room(self) -> int:
        if not self.in_place:
            return sys.maxsize
        return room_on(self.stream)

    def _draw(self, text: str) -> None:
        room = self._room()
        text = printable(text)[:room]
        try:
            self._write("\r" + text.ljust(min(self._width, room)) if self.in_place else text + "\n")
        except OSError:  # the terminal was closed: what matters is that the training is saved
            self.shown, self._width = False, 0
        else:
            self._width = len(text) if self.in_place else 0

    def _write(self, text: str) -> None:
        write_now(self.stream, text)

    def say(self, text: str) -> None:
        with signs.lock:
            self.clear()
            with suppress(OSError):  # the terminal was closed
                print(printable(text), file=self.stream)

    def blank(self) -> str:
        """What wipes the line away, for a caller that cannot wait for `clear`; empty when no line is shown."""
        width, self._width = self._width, 0
        return "\r" + " " * width + "\r" if width else ""

    def clear(self) -> None:
        with signs.lock:
            if self.shown and self._width:
                with suppress(OSError):
                    self._write(self.blank())


def _short(number: float) -> str:
    """At most one decimal, and none where it would not be read."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.1f}"


def format_time(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}:{seconds:02d}"
