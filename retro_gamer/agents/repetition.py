"""Not doing the same thing again and again where it brings nothing."""

from __future__ import annotations

from typing import Hashable

import numpy as np

USELESS = float("inf")  # as if done so many times


class Repetition:
    """Chooses greedily, but likes an action less the more often it was taken in exactly this situation.

    Where standing still is safe, the values of all actions are nearly the same, and a greedy player may go to and fro
    for ever. So within a game,

        Q'(s, a) = Q(s, a) - (max Q(s, .) - min Q(s, .)) x min(penalty x times that a was taken in s, MOST)

    The times are counted anew once its return is higher than it was in s before: to buy and to sell at the same price
    gains nothing. A deadly action is far below all others: what is tried next is the next safe one, and since MOST is
    less than the whole way down, never the deadly one.

    In a turn-based game an action that left everything as it was would do so again, such as a disc into a full column:
    it is not taken there again, unless no action changes anything.
    """

    MOST = 0.9

    def __init__(self, penalty: float = 0.0, turn_based: bool = False):
        self.penalty, self.turn_based = penalty, turn_based
        self.forget()

    def forget(self) -> None:
        self._return = self._highest = 0.0  # of the game so far
        self._clear()

    def _clear(self) -> None:
        self._times: dict[Hashable, list[float]] = {}  # state -> how often each action was taken there
        self._before: dict[Hashable, float] = {}  # state -> the return when it was there last
        self._last: tuple[Hashable, int] | None = None  # the newest choice, where nothing else was done since

    def choose(self, q: np.ndarray, state: Hashable) -> int:
        """The action to take for values q [n_actions] in a state, and remember that it was taken."""
        if self.turn_based:
            self._see(state)
        times = self._times.get(state)
        if times is None or self._return > self._before[state]:  # nearly always
            action = int(q.argmax())
            times = self._times[state] = [0] * len(q)
        else:
            lost = (q.max() - q.min()) * np.minimum(np.multiply(times, self.penalty), self.MOST)
            action = int(np.where(np.isinf(times), -np.inf, q - lost).argmax() if self.turn_based else (q - lost).argmax())
        times[action] += 1
        self._before[state] = self._return
        self._last = (state, action)
        return action

    def _see(self, state: Hashable) -> None:
        """What state followed the newest choice: if it is the same one, that action is useless there."""
        if self._last is not None and self._last[0] == state:
            times = self._times[state]
            times[self._last[1]] = USELESS
            if min(times) == USELESS:
                times[:] = [0] * len(times)

    def did_something_else(self) -> None:
        """The chosen action was not taken."""
        self._last = None

    def take_back(self, state: Hashable, action: int) -> None:
        times = self._times.get(state)
        if times is not None and times[action]:
            times[action] -= 1
        self._last = None

    def got(self, reward: float) -> None:
        """A reward came: what led to more than there was before may be done again."""
        self._return += reward
        if reward > 0:
            self._last = None
        if self._return > self._highest:  # than in any state before
            self._highest = self._return
            self._clear()
