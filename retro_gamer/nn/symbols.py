"""The first layer of a network that looks at a board of symbols.

A board is `cells`: one small number per cell, 0 for nothing there. The textbook input for it is one-hot: a 1 at
[symbol, cell] for every cell that holds something, 0 everywhere else, followed by the ordinary numbers
`features`. Nearly all of it is zeros. So the columns that are zero in the whole batch are left out, together with
the weight rows they would be multiplied with: the result is the same, and so is the gradient.

The rows of the weights are: first one for each feature, then for symbol 1 one for each cell, for symbol 2 ...
"""
from __future__ import annotations

from typing import List, NamedTuple, Optional

import numpy as np

from retro_gamer.nn.parameters import Parameter, he_normal


class CompactInput(NamedTuple):
    """The columns of a one-hot input that are not zero throughout the batch."""

    values: np.ndarray  # [batch, n_columns]
    rows: Optional[np.ndarray]  # [n_columns]: the weight row of each column; None for all rows in order

    def first(self, n: int) -> "CompactInput":
        return CompactInput(self.values[:n], self.rows)

    def after(self, n: int) -> "CompactInput":
        return CompactInput(self.values[n:], self.rows)


class SymbolEncoder:
    """Turns cells [batch, n_cells] (uint8) and features [batch, n_features] into a CompactInput."""

    def __init__(self, n_cells: int, n_symbols: int, n_features: int, dtype=np.float32):
        self.n_cells, self.n_symbols, self.n_features, self.dtype = n_cells, n_symbols, n_features, dtype
        self.n_rows = n_features + n_cells * (n_symbols - 1)  # symbol 0, "nothing there", has no rows
        self._column_of_row = np.zeros(self.n_rows, np.intp)

    def row_numbers(self, cells: np.ndarray) -> np.ndarray:
        """The weight row of every cell that holds something, for one board cells [n_cells]."""
        places = cells.nonzero()[0]
        return places + (cells[places].astype(np.intp) * self.n_cells + (self.n_features - self.n_cells))

    def encode(self, cells: np.ndarray, features: np.ndarray) -> CompactInput:
        if self.n_cells == 0:
            return CompactInput(features, None)
        flat = cells.ravel()
        present = flat.nonzero()[0]
        sample, place = np.divmod(present, self.n_cells)
        rows = flat[present].astype(np.intp)
        rows -= 1
        rows *= self.n_cells
        rows += place
        used = np.bincount(rows, minlength=self.n_rows - self.n_features).nonzero()[0]
        self._column_of_row[used] = np.arange(self.n_features, self.n_features + len(used))
        values = np.zeros((len(cells), self.n_features + len(used)), self.dtype)
        values[sample, self._column_of_row[rows]] = 1
        if self.n_features:
            values[:, :self.n_features] = features
            used = np.concatenate([np.arange(self.n_features), used + self.n_features])
        return CompactInput(values, used)


class SymbolDense:
    """y = x W + b for a CompactInput x: the product with the rows of W that x names.

    W is [n_rows, n_outputs]. Only the named rows get a gradient, so the optimizer touches only them.
    """

    def __init__(self, encoder: SymbolEncoder, n_outputs: int, rng: np.random.Generator, dtype=np.float32):
        self.encoder = encoder
        # At most one symbol of a cell is there at a time: an output adds up n_cells + n_features numbers.
        fan_in = encoder.n_cells + encoder.n_features
        self.table = Parameter(he_normal(rng, (encoder.n_rows, n_outputs), fan_in, dtype))
        self.bias = Parameter(np.zeros(n_outputs, dtype))

    def __repr__(self) -> str:
        return "SymbolDense({}, {})".format(*self.table.value.shape)

    def parameters(self) -> List[Parameter]:
        return [self.bias]  # the table has its own pass through the optimizer

    def forward(self, x: CompactInput) -> np.ndarray:
        self.x = x
        weights = self.table.value if x.rows is None else self.table.value[x.rows]
        y = x.values @ weights  # [batch, n_outputs]
        y += self.bias.value
        return y

    def backward(self, gradient: np.ndarray) -> None:
        """Stores the gradients; returns nothing, for nothing comes before the first layer."""
        self.table.rows = self.x.rows
        self.table.gradient = self.x.values[:len(gradient)].T @ gradient
        np.sum(gradient, axis=0, out=self.bias.gradient)

    def forward_one(self, cells: np.ndarray, features: np.ndarray) -> np.ndarray:
        """The output [n_outputs] for a single board: add up the weight rows of the symbols present."""
        table = self.table.value
        if self.encoder.n_cells:
            y = table.take(self.encoder.row_numbers(cells), axis=0).sum(axis=0)
            y += self.bias.value
        else:
            y = self.bias.value.copy()
        if self.encoder.n_features:
            y += features @ table[:self.encoder.n_features]
        return y
