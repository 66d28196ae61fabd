"""Not doing the same thing again and again where it brings nothing."""

from __future__ import annotations

from typing import Dict, Hashable, List

import numpy as np


class Repetition:
    """Chooses greedily, but likes an action less the more often it was taken in exactly this situation.

    Where standing still is safe, the values of all actions are nearly the same, and a greedy player may go to and fro
    for ever. So within a game, since the last reward,

        Q'(s, a) = Q(s, a) - (max Q(s, .) - min Q(s, .)) x min(penalty x times that a was taken in s, MOST)

    A deadly action is far below all others: what is tried next is the next safe one, and since MOST is less than the
    whole way down, never the deadly one. With a penalty of 0 it is plain greedy play.
    """

    MOST = 0.9

    def __init__(self, penalty: float = 0.0):
        self.penalty = penalty
        self._times: Dict[Hashable, List[int]] = {}  # state -> how often each action was taken there

    def choose(self, q: np.ndarray, state: Hashable) -> int:
        """The action to take for values q [n_actions] in a state, and remember that it was taken."""
        times = self._times.get(state)
        if times is None:  # nearly always
            action = int(q.argmax())
            times = self._times[state] = [0] * len(q)
        else:
            span = q.max() - q.min()
            action = int((q - span * np.minimum(np.multiply(times, self.penalty), self.MOST)).argmax())
        times[action] += 1
        return action

    def take_back(self, state: Hashable, action: int) -> None:
        """The action chosen in a state was not taken after all."""
        times = self._times.get(state)
        if times is not None and times[action]:
            times[action] -= 1

    def got(self, reward: float) -> None:
        """A reward came: what led to it may be done again."""
        if reward > 0:
            self._times.clear()

    def forget(self) -> None:
        """A new game begins."""
        self._times.clear()
