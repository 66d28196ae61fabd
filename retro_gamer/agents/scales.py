"""Rewards, and numbers that are seen, of any size: brought to a size that a network learns from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class RewardScale:
    """The number that rewards are multiplied by inside the network.

    A network learns best when its outputs are neither tiny nor huge. In "auto" mode the scale follows the rewards: 1 /
    (ROOM * root mean square of the rewards so far). When the scale changes by a factor f, so does every weight of the
    network's output layer, W <- f W and b <- f b: then Q / scale, the prediction in rewards, is what it was (the idea
    of PopArt, van Hasselt et al. 2016b).
    """

    ROOM = 4.0
    MEMORY = 0.9999  # of the running mean of squares, per turn: about the last 10,000 turns

    def __init__(self, scale: Any):
        self.fixed = None if scale == "auto" else float(scale)
        self.value = self.fixed or 1.0
        self._sum, self._weight = 0.0, 0.0

    def add(self, reward: float) -> None:
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

    def get_state(self) -> dict[str, np.ndarray]:
        """`reward_scale` [3] float64: the scale, the fading sum of squares, and the fading count of turns."""
        return {"reward_scale": np.array([self.value, self._sum, self._weight])}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
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
        if reward > 0:
            self._sum = self.MEMORY * self._sum + reward * reward
            self._weight = self.MEMORY * self._weight + 1.0
        elif terminated and self.limit and self._weight:
            return max(reward, -self.limit * math.sqrt(self._sum / self._weight))
        return reward

    def get_state(self) -> dict[str, np.ndarray]:
        """`gains` [2] float64: the fading sum of squares, and the fading count; nothing without a limit."""
        return {"gains": np.array([self._sum, self._weight])} if self.limit else {}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        self._sum, self._weight = (float(number) for number in state.get("gains", (0.0, 0.0)))


# A feature whose largest absolute value lies between these is not scaled.
SMALLEST, GREATEST = 1 / 64, 64.0
MAX_EXPONENT = 100
CENTRED_BELOW = 1 / 16  # a feature that varies by less than this share of its distance from zero is centred


class FeatureScale:
    """x -> (x - centre) * scale, feature by feature: 0 and 1 while the values seen so far are of an ordinary size.

    The scale is a power of two, so that scaling rounds nothing. It is chosen when learning starts, from random play, and
    chosen again when a feature grows far beyond what it was. What the network knows of that feature is then of no use: it
    never saw it so large.
    """

    def __init__(self, n_features: int):
        # Once anything was seen, the least and the greatest: [2, n_features].
        self.range = np.empty((0, n_features))
        self.centre, self.scale = np.zeros(n_features, np.float32), np.ones(n_features, np.float32)
        self.active = False  # whether anything is scaled
        self.adapts = n_features > 0

    def apply(self, features: np.ndarray) -> np.ndarray:
        """Features [..., n_features] of any dtype, for the network: float32."""
        if self.active:
            return (features - self.centre) * self.scale
        return features.astype(np.float32, copy=False)

    def update(self, features: np.ndarray) -> None:
        """Take in the newest features: [n, n_features]."""
        if not self.adapts or not len(features):
            return
        seen = np.concatenate([self.range, [features.min(axis=0), features.max(axis=0)]])
        self.range = np.stack([seen.min(axis=0), seen.max(axis=0)])
        reach = self._reach()
        unfit = (reach > 0) & ~((SMALLEST <= reach) & (reach <= GREATEST))
        if not unfit.any():
            return
        low, high = self.range
        middle, half = (low + high) / 2, (high - low) / 2
        narrow = unfit & (half > 0) & (half < CENTRED_BELOW * np.abs(middle)) & (np.abs(middle) > GREATEST)
        self.centre = np.where(narrow, middle, self.centre).astype(np.float32)
        distance = np.where(unfit, self._reach() / self.scale, 1)
        exponent = np.clip(np.round(np.log2(distance)), -MAX_EXPONENT, MAX_EXPONENT)
        self.scale = np.where(unfit, 2.0**-exponent, self.scale).astype(np.float32)
        self.active = True

    def _reach(self) -> np.ndarray:
        """How far the features come from zero, as the network sees them."""
        reach: np.ndarray = np.abs(self.range - self.centre).max(axis=0) * self.scale
        return reach

    def get_policy(self) -> dict[str, np.ndarray]:
        return {"feature_centre": self.centre, "feature_scale": self.scale} if self.active else {}

    def set_policy(self, policy: dict[str, np.ndarray]) -> None:
        """A policy keeps the scale that it was trained with; an old one without a scale is not scaled."""
        self.active, self.adapts = "feature_scale" in policy, False
        if self.active:
            centre: Any = policy.get("feature_centre")
            scale = policy["feature_scale"]
            for array in (centre, scale):
                if array is None or array.shape != self.scale.shape or array.dtype != np.float32:
                    raise ValueError("what its features are scaled by does not fit them")
            if not (np.isfinite(centre).all() and np.isfinite(scale).all() and (scale > 0).all()):
                raise ValueError("what its features are scaled by are no ordinary numbers")
            self.centre, self.scale = centre, scale

    def get_state(self) -> dict[str, np.ndarray]:
        return {"feature_range": self.range} if self.adapts else {}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        if "feature_range" in state:
            self.range, self.adapts = state["feature_range"], True
            if self.range.shape not in ((0, len(self.scale)), (2, len(self.scale))) or self.range.dtype != np.float64:
                raise ValueError("the range of the features is not one of its features")
