"""Signs of life from the middle of a long game."""

from __future__ import annotations

import time
from typing import Callable

SECONDS_OF_SILENCE = 1.0  # a game that is over before says enough by its end
INTERVAL = 0.2


class Pulse:
    """Tells what goes on, a few times a second, once it has gone on for a second. `tell` gets it as text.

    A caller that looks at the clock after each turn anyway counts `turns` itself, and calls `beat` when it is `due`.
    """

    def __init__(
        self, tell: Callable[[str], None] = lambda text: None, clock: Callable[[], float] = time.monotonic
    ):
        self._tell, self._clock = tell, clock
        self.begin("")

    def begin(self, what: str) -> None:
        """Something that may take long begins, and with it a game."""
        self.next_game(what)
        self.due = self._clock() + SECONDS_OF_SILENCE

    def next_game(self, what: str) -> None:
        """Another game of the same begins."""
        self._what, self.turns = what, 0

    def turn(self) -> None:
        """Another turn of it was played."""
        self.turns += 1
        now = self._clock()
        if now >= self.due:
            self.beat(now)

    def beat(self, now: float) -> None:
        """Tell it, at this time of the clock."""
        self.due = now + INTERVAL
        self._tell(f"{self._what}, turn {self.turns:,}")
