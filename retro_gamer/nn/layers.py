"""Layers, and what they learn: arrays of numbers, each beside its gradient. Each `backward` stands under its `forward`.

`forward(x)` remembers what `backward` needs; `apply(x)` gives the same output, for a batch or for a single input
without its first axis, and remembers nothing. `backward(gradient)` takes the gradient of the loss with respect to
the layer's output, stores the gradients of its own parameters, and returns the gradient with respect to its
input. It may be given the gradient of the first rows of the batch only: then the other rows count as constants,
which lets one forward pass serve both the states and the next states of a batch.

Batches come first in every shape: [batch, ...]. A product is written x.dot(W), not x @ W, which is the same: NumPy takes
half the time to begin with it.
"""

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


class Dense:
    """y = x W + b, with x [batch, n_inputs], W [n_inputs, n_outputs], b [n_outputs]."""

    def __init__(self, n_inputs: int, n_outputs: int, rng: np.random.Generator, scale: float = 1.0, dtype: Any = np.float32):
        weights = he_normal(rng, (n_inputs, n_outputs), n_inputs, dtype)
        self.weights = Parameter(weights * dtype(scale))
        self.bias = Parameter(np.zeros(n_outputs, dtype))

    def __repr__(self) -> str:
        return "Dense({}, {})".format(*self.weights.value.shape)

    def parameters(self) -> list[Parameter]:
        return [self.weights, self.bias]

    def apply(self, x: np.ndarray) -> np.ndarray:
        y: np.ndarray = x.dot(self.weights.value)  # [batch, n_outputs] or [n_outputs]
        y += self.bias.value
        return y

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return self.apply(x)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        x = self.x[: len(gradient)]
        # dL/dW = x^T dL/dy,  dL/db = sum over the batch of dL/dy,  dL/dx = dL/dy W^T
        x.T.dot(gradient, out=self.weights.gradient)
        add_up(gradient, out=self.bias.gradient)
        passed_on: np.ndarray = gradient.dot(self.weights.value.T)
        return passed_on


class ReLU:
    """y = max(x, 0), in place: the layer before it keeps its input, not its output."""

    def __init__(self) -> None:
        # With an array of zeros NumPy is two to three times as fast as with a single one.
        self._zeros = self._zeros_of_batches = np.zeros(0, np.float32)

    def __repr__(self) -> str:
        return "ReLU()"

    def parameters(self) -> list[Parameter]:
        return []

    def apply(self, x: np.ndarray) -> np.ndarray:
        if self._zeros.shape != x.shape:
            self._zeros = np.zeros_like(x)
        y: np.ndarray = np.maximum(x, self._zeros, out=x)
        return y

    def forward(self, x: np.ndarray) -> np.ndarray:
        if self._zeros_of_batches.size < x.size or self._zeros_of_batches.dtype != x.dtype:
            self._zeros_of_batches = np.zeros(x.size, x.dtype)
        zeros = self._zeros_of_batches[: x.size].reshape(x.shape)  # the size of a batch may change each time
        y: np.ndarray = np.maximum(x, zeros, out=x)
        self.y = y
        return y

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        # dL/dx = dL/dy where x > 0, else 0
        gradient *= (self.y[: len(gradient)] > 0).astype(gradient.dtype)  # numbers: faster than booleans here
        return gradient


class Dueling:
    """Q(s, a) = V(s) + A(s, a) - mean over a of A(s, a)  (Wang et al. 2016, equation 9).

    Input [batch, 1 + n_actions]: the value, then an advantage for each action. Output [batch, n_actions].
    Every output is a weighted sum of the inputs, so all are one product with a matrix that never changes.
    """

    def __init__(self, n_actions: int, dtype: Any = np.float32):
        self.matrix = np.ones((1 + n_actions, n_actions), dtype)  # first row: dQ/dV = 1
        self.matrix[1:] = np.eye(n_actions) - 1 / n_actions  # dQ_a/dA_b = 1 - 1/n where a = b, else -1/n

    def __repr__(self) -> str:
        return "Dueling()"

    def parameters(self) -> list[Parameter]:
        return []

    def apply(self, x: np.ndarray) -> np.ndarray:
        y: np.ndarray = x.dot(self.matrix)
        return y

    forward = apply

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        passed_on: np.ndarray = gradient.dot(self.matrix.T)
        return passed_on
