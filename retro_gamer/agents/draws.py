"""Random numbers one by one: NumPy makes a thousand faster than ten one by one."""

from __future__ import annotations

import numpy as np

AT_A_TIME = 1000


class Draws:
    """Random numbers from 0 up to 1, without 1."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        self._stock: list[float] = []

    def next(self) -> float:
        if not self._stock:
            self._stock = self._rng.random(AT_A_TIME).tolist()
        return self._stock.pop()

    def below(self, n: int) -> int:
        return int(self.next() * n)

    def get_state(self) -> np.ndarray:
        """The numbers in stock, [at most AT_A_TIME] float64."""
        return np.array(self._stock, np.float64)

    def set_state(self, stock: np.ndarray) -> None:
        if stock.ndim != 1 or stock.dtype != np.float64 or len(stock) > AT_A_TIME:
            raise ValueError("the random numbers in stock are not a list of numbers")
        self._stock = stock.tolist()
