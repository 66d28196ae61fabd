"""Optimizers: turn gradients into changes of the weights.

A parameter with `rows` set has a gradient in those rows only; its other rows, and what an optimizer remembers
of them, stay as they are. For Adam this is the "lazy" variant: the momentum of a row does not run on while no batch uses
it. docs/performance.md shows that it learns as well as the plain one.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from retro_gamer.nn.layers import Parameter

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
    norm: float = squares**0.5
    if norm > max_norm:
        for parameter in parameters:
            parameter.gradient *= parameter.gradient.dtype.type(max_norm / norm)
    return norm


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1): steps scaled by running means of the gradient g and of its square.

    The paper's means are m <- b1 m + (1 - b1) g and v <- b2 v + (1 - b2) g^2. Kept here are the fading sums
    s = m / (1 - b1) and S = v / (1 - b2), which take one pass over the weights less each. In step t:

        s <- b1 s + g                                     S <- b2 S + g^2
        c = (1 - b1) / (1 - b1^t)                         C = (1 - b2) / (1 - b2^t)
        w <- w - learning_rate * c s / (sqrt(C S) + epsilon)

    c s and C S are the means corrected for having started at zero, m / (1 - b1^t) and v / (1 - b2^t).
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
                parameter.value[rows], self.sums[i][rows], self.square_sums[i][rows] = (value, sums, square_sums)

    def _update(self, i: int, value: np.ndarray, gradient: np.ndarray, sums: np.ndarray, square_sums: np.ndarray) -> None:
        """One Adam update of `value`, `sums` and `square_sums`, in place and without new arrays."""
        number = value.dtype.type
        if self._work[i].size < value.size:
            self._work[i] = np.empty(value.size, value.dtype)
        work = self._work[i][: value.size].reshape(value.shape)
        # s <- b1 s + g
        sums *= number(self.beta1)
        sums += gradient
        # S <- b2 S + g^2
        np.multiply(gradient, gradient, out=work)
        square_sums *= number(self.beta2)
        square_sums += work
        # w <- w - rate * c s / (sqrt(C S) + epsilon) = w - (rate * c / sqrt(C)) * (s / (sqrt(S) + epsilon / sqrt(C)))
        c = (1 - self.beta1) / (1 - self.beta1**self.t)
        sqrt_C = ((1 - self.beta2) / (1 - self.beta2**self.t)) ** 0.5
        np.sqrt(square_sums, out=work)
        work += number(self.epsilon / sqrt_C)
        np.divide(sums, work, out=work)
        work *= number(self.learning_rate * c / sqrt_C)
        value -= work
        if self.t % STEPS_BETWEEN_TIDYING == 0:
            # A neuron that never fires leaves behind ever smaller sums. Below 1e-38 a float32 is "subnormal", and
            # processors take many times as long for it. Sums so small no longer move a weight: forget them.
            for moments in (sums, square_sums):
                moments[np.abs(moments) < SMALLEST_MOMENT] = 0

    def get_state(self) -> dict[str, np.ndarray]:
        """t (); for parameter i, in its shape: sum_i and square_sum_i."""
        state = {"t": np.array(self.t)}
        for i, (sums, square_sums) in enumerate(zip(self.sums, self.square_sums)):
            state[f"sum_{i}"], state[f"square_sum_{i}"] = sums.copy(), square_sums.copy()
        return state

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Go on from there; also from the means mean_i and square_i, which older files have. Raises ValueError."""
        self.t = int(state["t"])
        for i in range(len(self.parameters)):
            if f"mean_{i}" in state:
                self.sums[i][...] = state[f"mean_{i}"] / (1 - self.beta1)
                self.square_sums[i][...] = state[f"square_{i}"] / (1 - self.beta2)
            else:
                self.sums[i][...], self.square_sums[i][...] = state[f"sum_{i}"], state[f"square_sum_{i}"]
            if not (self.t >= 0 and (self.square_sums[i] >= 0).all()):
                raise ValueError("the optimizer's sum of squares is negative")
