"""Rewards of any size, brought to a size that a network learns from."""

from __future__ import annotations

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
