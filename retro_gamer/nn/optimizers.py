"""Optimizers: turn gradients into changes of the weights.

A parameter with `rows` set has a gradient in those rows only; its other rows, and what an optimizer remembers
of them, stay as they are. For Adam this is the "lazy" variant: a row's momentum does not run on while nobody
looks at it. docs/performance.md shows that it learns as well as the plain one.
"""

from __future__ import annotations

from typing import Dict, Sequence

import numpy as np

from retro_gamer.nn.parameters import Parameter

STEPS_BETWEEN_TIDYING = 100
SMALLEST_MOMENT = 1e-30


def clip_by_global_norm(parameters: Sequence[Parameter], max_norm: float) -> float:
    """Scale all gradients so that their common norm is at most max_norm; returns the norm before.

    g <- g * max_norm / max(|g|, max_norm), |g| over all parameters together (Pascanu et al. 2013, section 3.2).
    """
    squares = 0.0
    for parameter in parameters:
        gradient = parameter.gradient.ravel()
        squares += float(gradient.dot(gradient))
    norm = squares**0.5
    if norm > max_norm:
        for parameter in parameters:
            parameter.gradient *= parameter.gradient.dtype.type(max_norm / norm)
    return norm


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1): steps scaled by running means of the gradient and of its square.

        m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
        w <- w - learning_rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)

    What is kept are m / (1 - b1) and v / (1 - b2), fading sums of g and g^2: each takes one pass over the weights
    less. The constant factors are left to two plain numbers of the last line.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ):
        self.parameters, self.learning_rate = list(parameters), learning_rate
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.t = 0
        self.sums = [np.zeros_like(parameter.value) for parameter in self.parameters]
        self.square_sums = [np.zeros_like(parameter.value) for parameter in self.parameters]
        self._work = [np.empty(0, parameter.value.dtype) for parameter in self.parameters]

    def step(self) -> None:
        self.t += 1
        for i, parameter in enumerate(self.parameters):
            if parameter.rows is None:
                self._update(i, parameter.value, parameter.gradient, self.sums[i], self.square_sums[i])
            else:
                rows = parameter.rows
                value, sums, square_sums = (
                    array.take(rows, axis=0) for array in (parameter.value, self.sums[i], self.square_sums[i])
                )
                self._update(i, value, parameter.gradient, sums, square_sums)
                parameter.value[rows], self.sums[i][rows], self.square_sums[i][rows] = (
                    value,
                    sums,
                    square_sums,
                )

    def _update(
        self, i: int, value: np.ndarray, gradient: np.ndarray, sums: np.ndarray, square_sums: np.ndarray
    ) -> None:
        """One Adam update of `value`, `sums` and `square_sums`, in place and without new arrays."""
        number = value.dtype.type
        if self._work[i].size < value.size:
            self._work[i] = np.empty(value.size, value.dtype)
        work = self._work[i][: value.size].reshape(value.shape)
        # sum <- b1 sum + g
        sums *= number(self.beta1)
        sums += gradient
        # square sum <- b2 square sum + g^2
        np.multiply(gradient, gradient, out=work)
        square_sums *= number(self.beta2)
        square_sums += work
        # w <- w - rate * sum / (sqrt(square sum) + small)
        of_sums = (1 - self.beta1) / (1 - self.beta1**self.t)  # the mean is this times the sum
        of_squares = ((1 - self.beta2) / (1 - self.beta2**self.t)) ** 0.5
        np.sqrt(square_sums, out=work)
        work += number(self.epsilon / of_squares)
        np.divide(sums, work, out=work)
        work *= number(self.learning_rate * of_sums / of_squares)
        value -= work
        if self.t % STEPS_BETWEEN_TIDYING == 0:
            # A neuron that never fires leaves behind ever smaller sums. Below 1e-38 a float32 is "subnormal", and
            # processors take many times as long for it. Sums so small no longer move a weight: forget them.
            for moments in (sums, square_sums):
                moments[np.abs(moments) < SMALLEST_MOMENT] = 0

    def get_state(self) -> Dict[str, np.ndarray]:
        state = {"t": np.array(self.t)}
        for i, (sums, square_sums) in enumerate(zip(self.sums, self.square_sums)):
            state[f"sum_{i}"], state[f"square_sum_{i}"] = sums.copy(), square_sums.copy()
        return state

    def set_state(self, state: Dict[str, np.ndarray]) -> None:
        self.t = int(state["t"])
        for i in range(len(self.parameters)):
            if f"mean_{i}" in state:  # saved before the factors were left out
                self.sums[i][...] = state[f"mean_{i}"] / (1 - self.beta1)
                self.square_sums[i][...] = state[f"square_{i}"] / (1 - self.beta2)
            else:
                self.sums[i][...], self.square_sums[i][...] = state[f"sum_{i}"], state[f"square_sum_{i}"]
            if not (self.t >= 0 and (self.square_sums[i] >= 0).all()):
                raise ValueError("the optimizer's sum of squares is negative")
