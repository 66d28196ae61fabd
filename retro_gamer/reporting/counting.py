"""Says how far something that takes a while has come: in place where that can be, else a line every ten seconds."""

from __future__ import annotations

import builtins
import io
import os
import shutil
import sys
import time
from contextlib import ExitStack, suppress
from typing import Callable, TextIO

from retro_gamer.agents.agent import Actor
from retro_gamer.environment.base import Environment
from retro_gamer.hosting import signs
from retro_gamer.hosting.patience import naming_a_slow_game
from retro_gamer.hosting.streams import write_now
from retro_gamer.hosting.supervision import to_stderr, wiping
from retro_gamer.training.evaluation import Evaluation, RandomAgent, evaluate
from retro_gamer.training.player import Player

INTERVAL = 0.2  # seconds between two frames on a terminal
PLAIN_INTERVAL = 10.0  # seconds between two lines elsewhere


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


class Counting:
    """Shows "measuring 12 of 30". Call it with what has been done so far; leave the `with` block to wipe it away.

    `quiet` shows nothing. `clock` gives seconds, so that a test can do without waiting.
    """

    def __init__(
        self,
        what: str,
        total: int,
        stream: TextIO | None = None,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.what, self.total, self.clock = what, total, clock
        self.stream = sys.stderr if stream is None else stream
        self.in_place = can_redraw(self.stream)
        self.shown = not quiet
        self._next = clock() + (0.0 if self.in_place else PLAIN_INTERVAL)
        self._width = 0
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
        now = self.clock()
        if not self.shown or now < self._next:
            return
        self._next = now + (INTERVAL if self.in_place else PLAIN_INTERVAL)
        with signs.lock:
            signs.about_to_show()
            self._draw(self._text())

    def _text(self) -> str:
        if not self.total:
            return "getting ready"
        return f"{self.what} {self._done} of {self.total}" + (f", turn {self._turn:,}" if self._turn else "")

    def _still_working(self, text: str) -> None:
        self._draw(f"{self._text()} ({text})")

    def _draw(self, text: str) -> None:
        if self.in_place:
            text = text[: room_on(self.stream)]  # a longer one would begin a line of its own each time
        self._write("\r" + text.ljust(self._width) if self.in_place else text + "\n")
        self._width = len(text) if self.in_place else 0

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal was closed
            write_now(self.stream, text)

    def __enter__(self) -> Counting:
        wiping.append(self._wipe)  # what a game prints meanwhile stands above
        self._inside = ExitStack()
        self._inside.enter_context(signs.shown_by(self._still_working if self.shown else signs.silently))
        if self.shown:
            self._inside.enter_context(naming_a_slow_game(lambda: self._turns, to_stderr))
        return self

    def __exit__(self, *exception: object) -> None:
        self._inside.close()
        wiping.remove(self._wipe)
        self._wipe()

    def _wipe(self) -> None:
        with signs.lock:
            if self._width:
                self._write("\r" + " " * self._width + "\r")
                self._width = 0


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
