"""The first layer as a textbook has it. `nn/sparse/` computes the same numbers, many times faster: read this one first."""

from __future__ import annotations

from typing import Any

import numpy as np

from retro_gamer.nn.layers import Parameter, he_normal


class OneHotDense:
    """y = x W + b, for boards written one-hot: x [batch, n_rows], W [n_rows, n_outputs], b [n_outputs].

    A board is `cells` [n_cells], one small number for each cell: 0 for nothing there, 1 ... n_symbols - 1 for symbols. Its
    one-hot row x holds first the ordinary numbers `features`; then, for symbol 1, a number for each cell: 1 where the cell
    shows this symbol, else 0; then the same for symbol 2, and so on. "Nothing" has no ones. So
    n_rows = n_features + (n_symbols - 1) * n_cells, and the 1 of a symbol in a cell stands at
    n_features + (symbol - 1) * n_cells + cell. An example of 3 x 3 cells, two symbols and one feature, 0.5:

        . 1 .       cells    [0 1 0  0 0 2  0 0 1]         n_cells = 9, n_symbols = 3, n_features = 1, n_rows = 19
        . . 2
        . . 1       x        [0.5   0 1 0  0 0 0  0 0 1    0 0 0  0 0 1  0 0 0]
                              feature  symbol 1                symbol 2

        y = 0.5 W[0] + W[2] + W[9] + W[15] + b             the weight rows of the symbols that are there, added up

    Nearly all of x is zeros, and so most of the product is for nothing. `nn/sparse/symbols.py` keeps the list of the ones
    instead, without the feature's place: [1, 14, 8] (in the order of the cells), and has these forms of a batch:

        SymbolLists.numbers   [[1, 14, 8]]                  a row for each board
        SparseInput           rows_of_board [[2], [15], [9]]         which rows of W to add up, board by board
        CompactInput          values [[0.5 1 1 1]], rows [0 2 9 15]  x without the columns that are zero in the whole batch
    """

    def __init__(
        self,
        n_cells: int,
        n_symbols: int,
        n_features: int,
        n_outputs: int,
        rng: np.random.Generator,
        scale: float = 1.0,
        dtype: Any = np.float32,
    ):
        self.n_cells, self.n_symbols, self.n_features, self.dtype = n_cells, n_symbols, n_features, dtype
        n_rows = n_features + (n_symbols - 1) * n_cells
        weights = he_normal(rng, (n_rows, n_outputs), n_cells + n_features, dtype)
        self.table, self.bias = Parameter(weights * dtype(scale)), Parameter(np.zeros(n_outputs, dtype))

    def parameters(self) -> list[Parameter]:
        return [self.table, self.bias]

    def encode(self, cells: np.ndarray, features: np.ndarray) -> np.ndarray:
        """x [batch, n_rows], from cells [batch, n_cells] uint8 and features [batch, n_features]."""
        symbols = np.arange(1, self.n_symbols)
        one_hot = cells[:, None, :] == symbols[:, None]  # [batch, n_symbols - 1, n_cells]
        return np.concatenate([features, one_hot.reshape(len(cells), -1)], axis=1).astype(self.dtype)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        y: np.ndarray = x @ self.table.value + self.bias.value  # [batch, n_outputs]
        return y

    def backward(self, gradient: np.ndarray) -> None:
        """Stores dL/dW = x^T dL/dy and dL/db = the sum of dL/dy, for dL/dy [n, n_outputs] of the first n boards."""
        self.table.gradient = self.x[: len(gradient)].T @ gradient
        self.bias.gradient = gradient.sum(axis=0)

    def apply(self, symbols: np.ndarray, features: np.ndarray) -> np.ndarray:
        """y [n_outputs] of a single board, given as the list of its ones [n]."""
        x = np.zeros(len(self.table.value), self.dtype)
        x[: self.n_features] = features
        x[self.n_features + symbols] = 1
        y: np.ndarray = x @ self.table.value + self.bias.value
        return y
