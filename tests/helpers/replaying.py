"""Slow twins for the tests of the replay memory."""

from __future__ import annotations


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
