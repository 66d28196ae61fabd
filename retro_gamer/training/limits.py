"""When a training ends before its goal: because someone asked, or because the minutes are over. And its signs of life."""

from __future__ import annotations

import time
from typing import Callable

# After the last minute, a game may still be finished: most are by then, and the training is as if it had not been stopped.
SECONDS_TO_FINISH_A_GAME = 2.0
NEVER = float("inf")
# Of signs of life from the middle of a long game; one that is over before says enough by its end.
SECONDS_OF_SILENCE = 1.0
INTERVAL = 0.2


class Limits:
    """Asked after every turn, and after every game; times are those of time.monotonic."""

    def __init__(self) -> None:
        self.stopping = False  # whether someone asked for a stop
        self.was_cut = False  # whether the last game was cut short
        self.deadline = self.cut_at = NEVER
        self.pulse = Pulse()

    def begin(self, minutes: float, on_wait: Callable[[str], None]) -> None:
        """The minutes begin; `on_wait` is told what goes on within a long game."""
        self.deadline, self.cut_at = time.monotonic() + 60 * minutes, NEVER
        self.pulse = Pulse(on_wait)

    def count(self) -> None:
        """From here on the minutes count: what an earlier sitting has left to do is done, however long it takes."""
        self.cut_at = self.deadline + SECONDS_TO_FINISH_A_GAME

    def are_reached(self) -> bool:
        """Whether no other game should begin."""
        return self.stopping or time.monotonic() >= self.deadline

    def cut_short(self) -> bool:
        """Whether the game being played should be cut short, for the minutes are long over. Counts a turn."""
        now, pulse = time.monotonic(), self.pulse
        pulse.turns += 1
        if now >= pulse.due:
            pulse.beat(now)
        self.was_cut = now >= self.cut_at
        return self.was_cut

    def no_time_to_measure(self) -> bool:
        return self.stopping or time.monotonic() >= self.cut_at


class Pulse:
    """Tells what goes on, a few times a second, once it has gone on for a second. `tell` gets it as text.

    A caller that looks at the clock after each turn anyway counts `turns` itself, and calls `beat` when it is `due`.
    """

    def __init__(self, tell: Callable[[str], None] = lambda text: None, clock: Callable[[], float] = time.monotonic):
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
