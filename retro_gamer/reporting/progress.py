"""Says how far something that takes a while has come, a training too: in place where that can be, else now and then."""

from __future__ import annotations

import builtins
import io
import os
import shutil
import sys
import time
from collections import deque
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Callable, TextIO

from retro_gamer.agents.agent import Actor
from retro_gamer.environment.base import Environment
from retro_gamer.errors import printable
from retro_gamer.hosting import signs
from retro_gamer.hosting.patience import naming_a_slow_game
from retro_gamer.hosting.streams import write_now
from retro_gamer.hosting.supervision import to_stderr, wiping
from retro_gamer.training.evaluation import Evaluation, RandomAgent, evaluate
from retro_gamer.training.player import Player

if TYPE_CHECKING:
    from retro_gamer.training.trainer import Status

INTERVAL = 0.2  # seconds between two frames on a terminal
PLAIN_INTERVAL = 10.0  # seconds between two lines elsewhere
UNIMPORTANT = ("turns", "epsilon", "speed")  # parts that go when the terminal is too narrow, in this order


def room_on(stream: TextIO) -> int:
    """How many characters of a line can be overwritten on a terminal."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns or 80  # 0: a terminal that does not know
    except (OSError, ValueError, AttributeError):
        columns = shutil.get_terminal_size().columns
    return columns - 1


def can_redraw(stream: TextIO) -> bool:
    """Whether a carriage return begins the line anew: on a terminal, and below a cell of a notebook."""
    in_notebook = hasattr(builtins, "__IPYTHON__") and not isinstance(stream, io.TextIOWrapper) and stream is sys.stderr
    return in_notebook or bool(getattr(stream, "isatty", lambda: False)())


class Line:
    """A line on a stream that tells how far something is: written over where that can be, else a new one every ten seconds.

    `quiet` shows nothing. `clock` gives seconds, so that a test can do without waiting.
    """

    def __init__(self, stream: TextIO | None, interval: float, clock: Callable[[], float], quiet: bool):
        self.stream = sys.stderr if stream is None else stream
        self.in_place = can_redraw(self.stream)
        self.shown, self.clock = not quiet, clock
        self.interval = interval if self.in_place else PLAIN_INTERVAL
        self._next = 0.0 if self.in_place else clock() + PLAIN_INTERVAL
        self._width = 0

    def _is_due(self, now: float) -> bool:
        due = self.shown and now >= self._next
        if due:
            self._next = now + self.interval
        return due

    def _room(self) -> int:
        return room_on(self.stream) if self.in_place else sys.maxsize

    def _draw(self, text: str) -> None:
        room = self._room()
        text = printable(text)[:room]  # a longer one would begin a line of its own each time
        try:
            self._write("\r" + text.ljust(min(self._width, room)) if self.in_place else text + "\n")
        except (OSError, ValueError):  # the terminal was closed: what matters is what is worked at
            self.shown, self._width = False, 0
        else:
            self._width = len(text) if self.in_place else 0

    def _write(self, text: str) -> None:
        write_now(self.stream, text)

    def blank(self) -> str:
        """What wipes the line away, for a caller that cannot wait for `clear`; empty when no line is shown."""
        width, self._width = self._width, 0
        return "\r" + " " * width + "\r" if width else ""

    def clear(self) -> None:
        with signs.lock:
            if self._width:
                with suppress(OSError, ValueError):
                    self._write(self.blank())


class Counting(Line):
    """Shows "measuring 12 of 30". Call it with what has been done so far; leave the `with` block to wipe it away."""

    def __init__(
        self,
        what: str,
        total: int,
        stream: TextIO | None = None,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ):
        super().__init__(stream, INTERVAL, clock, quiet)
        self.what, self.total = what, total
        self._done = self._turn = self._before = self._turns = 0

    def __call__(self, done: int) -> None:
        self._done, self._turn = self._before + done, 0
        self._show()

    def next_part(self) -> None:
        """What is counted from now on comes on top of what is done."""
        self._before = self._done

    def turn(self) -> None:
        """One more turn of the game that is going on: a long game is not silent either."""
        self._turn += 1
        self._turns += 1
        self._show()

    def _show(self) -> None:
        if self._is_due(self.clock()):
            with signs.lock:
                signs.about_to_show()
                self._draw(self._text())

    def _text(self) -> str:
        if not self.total:
            return "getting ready"
        return f"{self.what} {self._done} of {self.total}" + (f", turn {self._turn:,}" if self._turn else "")

    def _still_working(self, text: str) -> None:
        self._draw(f"{self._text()} ({text})")

    def __enter__(self) -> Counting:
        wiping.append(self.clear)  # what a game prints meanwhile stands above
        self._inside = ExitStack()
        self._inside.enter_context(signs.shown_by(self._still_working if self.shown else signs.silently))
        if self.shown:
            self._inside.enter_context(naming_a_slow_game(lambda: self._turns, to_stderr))
        return self

    def __exit__(self, *exception: object) -> None:
        self._inside.close()
        wiping.remove(self.clear)
        self.clear()


def counted(what: str, environment: Environment, agent: Actor, games: int, seed: int, quiet: bool) -> Evaluation:
    """`evaluate`, and show meanwhile how far it has come."""
    with Counting(what, games, quiet=quiet) as count:
        return evaluate(environment, agent, games, seed, on_game=count, on_turn=count.turn)


def beside_random_play(player: Player, games: int, seed: int, quiet: bool) -> tuple[Evaluation, Evaluation]:
    """Greedy games of a policy, and random play on the same seeds."""
    environment = player.environment
    greedy = counted("measuring greedy game", environment, player.agent, games, seed, quiet)
    anyhow = RandomAgent(len(environment.actions), seed)
    return greedy, counted("measuring random game", environment, anyhow, games, seed, quiet)


class ProgressLine(Line):
    def __init__(
        self,
        stream: TextIO | None = None,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
        quiet: bool = False,
    ):
        super().__init__(stream, interval, clock, quiet)
        self._newest: Status | None = None
        self._parts: dict[str, str] = {}  # of the last game that was shown
        self._shown_parts: dict[str, str] = {}  # of what was shown last
        self._returns: deque[float] = deque(maxlen=100)
        # (time, turns, episode) of the last redraws.
        self._times: deque[tuple[float, int, int]] = deque(maxlen=50)

    def update(self, status: Status) -> None:
        self._newest = status
        self._returns.append(status.last.episode_return)
        now = self.clock()
        if not self._times:  # from here on the speed is measured
            self._times.append((now, status.turns, status.episode))
        if not self._is_due(now):
            return
        self._times.append((now, status.turns, status.episode))
        self._parts = self._parts_of(status, now)
        self._show(self._parts)

    def wait(self, what: str) -> None:
        """Show what goes on in the middle of a long game, in the place of the games that were played."""
        if self._is_due(self.clock()):
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

    def say(self, text: str) -> None:
        with signs.lock:
            self.clear()
            with suppress(OSError):  # the terminal was closed
                print(printable(text), file=self.stream)


def _short(number: float) -> str:
    """At most one decimal, and none where it would not be read."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.1f}"


def format_time(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}:{seconds:02d}"
