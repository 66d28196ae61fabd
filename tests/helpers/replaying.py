"""Slow twins for the tests of the replay memory."""

from __future__ import annotations

import numpy as np


def slow_n_step(rewards, n, gamma, terminated):
    """For each step t of a whole game: (R, discount, number of the observation bootstrapped from)."""
    length = len(rewards)
    result = []
    for t in range(length):
        end = min(t + n, length)
        total = sum(gamma ** (k - t) * rewards[k] for k in range(t, end))
        discount = 0.0 if terminated and end == length else gamma ** (end - t)
        result.append((total, discount, end))
    return result


def check_tree(tree):
    """Assert that every sum of a sum tree is right, and every leaf beyond the end zero."""
    np.testing.assert_array_equal(tree.block_sums(), tree._leaves.sum(axis=1))
    assert not tree._values[tree.size :].any()
