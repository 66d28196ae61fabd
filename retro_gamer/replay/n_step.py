"""n-step learning: several rewards in a row, then the value of where that led."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class NStepTransition(NamedTuple):
    """From the observation in `slot`, taking `action`, came rewards, discounted `reward_sum`, and then `next_slot`.

    The n-step return, the learning target, is reward_sum + discount * max over a of Q(next_slot, a). `discount` is gamma
    to the power of the number of rewards, and 0 when the game was over.
    """

    slot: int
    action: int
    reward_sum: float
    discount: float
    next_slot: int


class NStepAssembler:
    """Turns single steps into n-step transitions (Sutton & Barto, section 7.1; Watkins 1989).

        reward_sum = r_1 + gamma r_2 + ... + gamma^(n-1) r_n,   discount = gamma^n

    When a game ends early, the transitions still waiting are handed out with fewer rewards. Ended by its own
    rules (terminated): nothing comes after, discount 0. Cut short (truncated): the game would have gone on, so
    the value of the last observation still counts, discount gamma^(number of rewards).
    """

    def __init__(self, n_step: int, gamma: float):
        self.n_step, self.gamma = n_step, gamma
        self._waiting: deque[tuple[int, int]] = deque()  # (slot, action)
        self._rewards: deque[float] = deque()

    def add(
        self, slot: int, action: int, reward: float, next_slot: int, terminated: bool, truncated: bool
    ) -> list[NStepTransition]:
        """Take in one step; return the transitions that it completes."""
        if self.n_step == 1:  # complete at once; + 0.0 as in `_pop`, so that both paths give the same bits
            return [NStepTransition(slot, action, reward + 0.0, 0.0 if terminated else self.gamma, next_slot)]
        self._waiting.append((slot, action))
        self._rewards.append(reward)
        complete = []
        if terminated or truncated:
            while self._waiting:
                complete.append(self._pop(next_slot, terminated))
        elif len(self._waiting) == self.n_step:
            complete.append(self._pop(next_slot, False))
        return complete

    def flush(self, next_slot: int) -> list[NStepTransition]:
        """End the game here, as if truncated."""
        return [self._pop(next_slot, False) for _ in range(len(self._waiting))]

    def _pop(self, next_slot: int, terminated: bool) -> NStepTransition:
        reward_sum = 0.0
        for reward in reversed(self._rewards):
            reward_sum = reward + self.gamma * reward_sum  # R <- r + gamma R
        discount = 0.0 if terminated else self.gamma ** len(self._rewards)
        slot, action = self._waiting.popleft()
        self._rewards.popleft()
        return NStepTransition(slot, action, reward_sum, discount, next_slot)
