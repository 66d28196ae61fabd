"""Draw numbers with given weights, fast, while the weights change."""

from __future__ import annotations

from typing import Any

import numpy as np


class SumTree:
    """Non-negative values, their sum, and the place where a running sum passes a given height.

    A tree of sums with two levels: the leaves, and one sum for each block of them. `set` touches one block an
    index; `query` runs through the sums once for a whole batch, and then through one block an index. (The
    textbook tree is binary, Schaul et al. 2016, appendix B.2.1; in Python its many levels cost more than they save.)
    Sums are always added up afresh, so no rounding error builds up.
    """

    def __init__(self, size: int):
        self.size = size
        # A power of two near sqrt(size) / 16, at least 8: 16 for 50,000 leaves, 32 for 500,000.
        self.block = max(8, 2 ** (size.bit_length() // 2) // 16)
        n_blocks = -(-size // self.block)
        self._values = np.zeros(n_blocks * self.block)
        self._leaves = self._values.reshape(n_blocks, self.block)  # the same numbers, block by block
        self._block_sums = np.zeros(n_blocks)
        self._stale: set[int] = set()  # the blocks whose sums `set_one` left behind

    def block_sums(self) -> np.ndarray:
        """The sum of each block, [n_blocks], after adding up the stale ones."""
        while self._stale:
            block = self._stale.pop()
            self._block_sums[block] = self._leaves[block].sum()
        return self._block_sums

    @property
    def root(self) -> float:
        return float(self.block_sums().sum())

    def set(self, indices: np.ndarray, values: np.ndarray) -> None:
        """Set the values at indices [n]; where an index stands twice, its last value counts."""
        values = np.asarray(values, np.float64)
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError("priorities must be finite numbers, zero or more")
        self._values[indices] = values
        blocks = np.asarray(indices) // self.block
        self.block_sums()[blocks] = self._leaves[blocks].sum(axis=1)

    def set_one(self, index: int, value: float) -> None:
        """Set a single value. The sum of its block is added up when it is asked for: mostly several are set in between."""
        self._values[index] = value
        self._stale.add(index // self.block)

    def get(self, indices: Any) -> np.ndarray:
        values: np.ndarray = self._values[indices]
        return values

    def get_one(self, index: int) -> float:
        return float(self._values.item(index))

    def query(self, heights: np.ndarray) -> np.ndarray:
        """The indices [n] at which the running sum of the values first exceeds heights [n], 0 <= height < root.

        An index with value 0 is never returned.
        """
        sums = self.block_sums()
        tops = sums.cumsum()  # [n_blocks]: the running sum at the end of each block
        if not tops[-1] > 0:
            raise ValueError("nothing can be drawn: every value is zero")
        # First the block of each height, then the place within: where the running sum first exceeds it. Sums added up in
        # another order round differently, so a height may lie a little beyond the last one: `below` moves it inside.
        blocks = tops.searchsorted(below(heights, tops[-1]), side="right")
        # What is left of each height at the start of its block.
        rest = heights - (tops[blocks] - sums[blocks])
        running = self._leaves[blocks].cumsum(axis=1)  # [n, block]
        rest = np.maximum(below(rest, running[:, -1]), 0)
        places = (running > rest[:, None]).argmax(axis=1)
        indices: np.ndarray = blocks * self.block + places
        return indices


def below(heights: np.ndarray, top: Any) -> np.ndarray:
    """The same heights, where they are below the top; else the largest number that is."""
    lowered: np.ndarray = np.minimum(heights, np.nextafter(top, 0))
    return lowered
