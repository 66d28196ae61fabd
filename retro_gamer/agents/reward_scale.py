"""Rewards of any size, brought to a size that a network learns from."""

from __future__ import annotations

import math
from typing import Any, Dict

import numpy as np


class RewardScale:
    """The number that rewards are multiplied by inside the network.

    A network learns best when its outputs are neither tiny nor huge. In "auto" mode the scale follows the rewards:
    1 / (ROOM * root mean square of the rewards so far). A fixed number stays. When the scale changes by a factor f, so
    does every weight of the network's output layer, W <- f W and b <- f b: then Q / scale, the prediction in rewards, is
    what it was (the idea of PopArt, van Hasselt et al. 2016b).
    """

    ROOM = 4.0
    MEMORY = 0.9999  # of the running mean of squares, per turn: about the last 10,000 turns

    def __init__(self, scale: Any):
        self.fixed = None if scale == "auto" else float(scale)
        self.value = self.fixed or 1.0
        self._sum, self._weight = 0.0, 0.0

    def add(self, reward: float) -> None:
        """Take in the reward of one turn."""
        self._sum = self.MEMORY * self._sum + reward * reward
        self._weight = self.MEMORY * self._weight + 1.0

    def update(self) -> float:
        """Follow the rewards, unless the change is small; returns the factor f by which the scale changed."""
        new = self.fixed  # another than before only when the setting was changed
        if new is None:
            if self._sum <= 0:
                return 1.0
            new = 1.0 / (self.ROOM * (self._sum / self._weight) ** 0.5)
            if 0.8 < new / self.value < 1.25:
                return 1.0
        factor, self.value = new / self.value, new
        return factor

    @property
    def usual(self) -> float:
        """What a reward is usually like: their root mean square, if the scale follows them."""
        return 1.0 / (self.ROOM * self.value)

    def get_state(self) -> Dict[str, np.ndarray]:
        """`reward_scale` [3] float64: the scale, the fading sum of squares, and the fading count of turns."""
        return {"reward_scale": np.array([self.value, self._sum, self._weight])}

    def set_state(self, state: Dict[str, np.ndarray]) -> None:
        self.value, self._sum, self._weight = (float(number) for number in state["reward_scale"])


class EndPenalty:
    """A penalty that ends the game counts at most `limit` times as much as a usual gain; limit 0: in full.

    A death that costs ten hits hides them: values differ so much by how near it is that the network cannot tell them apart.
    Who dies loses what would have come, too. A usual gain is the root mean square of about the last 1,000 rewards above 0.
    """

    MEMORY = 0.999

    def __init__(self, limit: float):
        self.limit = limit
        self._sum, self._weight = 0.0, 0.0

    def counted(self, reward: float, terminated: bool) -> float:
        """What the reward of a turn counts for learning."""
        if reward > 0:
            self._sum = self.MEMORY * self._sum + reward * reward
            self._weight = self.MEMORY * self._weight + 1.0
        elif terminated and self.limit and self._weight:
            return max(reward, -self.limit * math.sqrt(self._sum / self._weight))
        return reward

    def get_state(self) -> Dict[str, np.ndarray]:
        """`gains` [2] float64: the fading sum of squares, and the fading count; nothing without a limit."""
        return {"gains": np.array([self._sum, self._weight])} if self.limit else {}

    def set_state(self, state: Dict[str, np.ndarray]) -> None:
        self._sum, self._weight = (float(number) for number in state.get("gains", (0.0, 0.0)))
