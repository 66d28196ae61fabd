"""What a network learns: arrays of numbers, each beside its gradient."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Sequence

import numpy as np


class Parameter:
    """An array being learned and the gradient of the loss with respect to it.

    `rows` is None for an ordinary parameter, whose `gradient` has the shape of `value`. A parameter whose
    gradient is zero except in a few rows sets `rows` to their numbers, and `gradient` to [len(rows), width].
    """

    def __init__(self, value: np.ndarray):
        self.value = value
        self.gradient = np.zeros_like(value)
        self.rows: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"Parameter(shape={self.value.shape})"


def he_normal(rng: np.random.Generator, shape: Sequence[int], fan_in: int, dtype: Any = np.float32) -> np.ndarray:
    """Weights drawn from a normal distribution with variance 2 / fan_in.

    Keeps the size of the signal steady through layers of ReLUs (He et al. 2015, equation 10).
    `fan_in` is the number of inputs that one output adds up.
    """
    values: np.ndarray = rng.standard_normal(shape) * np.sqrt(2.0 / max(1, fan_in))
    return values.astype(dtype)


def add_up(rows: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """The sum [width] of rows [n, width], as ones @ rows: about eight times as fast as rows.sum(axis=0) here."""
    return _ones(len(rows), rows.dtype).dot(rows, out=out)


@lru_cache(maxsize=16)
def _ones(n: int, dtype: Any) -> np.ndarray:
    return np.ones(n, dtype)


def pack(parameters: Sequence[Parameter]) -> Parameter:
    """Move many small parameters into one array, and leave each of them a view into it.

    An optimizer then makes one pass over one array instead of ten short passes over each of ten.
    """
    flat = Parameter(np.concatenate([parameter.value.ravel() for parameter in parameters]))
    start = 0
    for parameter in parameters:
        end = start + parameter.value.size
        shape = parameter.value.shape
        parameter.value = flat.value[start:end].reshape(shape)
        parameter.gradient = flat.gradient[start:end].reshape(shape)
        start = end
    return flat
