"""The first layer of a network that looks at a board of symbols: `OneHotDense`, without multiplying by zeros.

The columns of the one-hot input that are zero in the whole batch are left out, together with the weight rows that they
would be multiplied with: the result is the same, and so is the gradient.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

import numpy as np

from retro_gamer.nn.layers import Parameter, add_up, he_normal
from retro_gamer.nn.sparse.lists import NO_MORE, Boards, SymbolLists

# For each board, adding a weight row takes as long as this many columns of a matrix product.
COLUMNS_PER_SYMBOL = 16


class CompactInput(NamedTuple):
    """The columns of a one-hot input that are not zero throughout the batch: for boards with many symbols."""

    values: np.ndarray  # [batch, n_columns]
    rows: np.ndarray | None  # [n_columns]: the weight row of each column; None for all rows in order

    def first(self, n: int) -> CompactInput:
        return CompactInput(self.values[:n], self.rows)

    def after(self, n: int) -> CompactInput:
        return CompactInput(self.values[n:], self.rows)

    def times(self, weights: np.ndarray) -> np.ndarray:
        """x W [batch, n_outputs], for the weights of all rows and one more."""
        used = weights[:-1] if self.rows is None else weights.take(self.rows, axis=0)
        y: np.ndarray = self.values.dot(used)
        return y

    def transposed_times(self, gradient: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """x^T g for a gradient [n, n_outputs] of the first n boards: row numbers, and the sum in each of these rows.

        Rows that only other boards use are among them, with zeros: finding these would cost more than it saves.
        """
        return self.rows, self.values[: len(gradient)].T.dot(gradient)


class SparseInput(NamedTuple):
    """The weight rows of the symbols on each board, to be added up one by one: for boards with few symbols."""

    # [most, batch]: of its first symbol, its second, ...; n_rows where it has no more.
    rows_of_board: np.ndarray
    features: np.ndarray  # [batch, n_features]
    n_rows: int  # of the weights

    def first(self, n: int) -> SparseInput:
        return SparseInput(self.rows_of_board[:, :n], self.features[:n], self.n_rows)

    def after(self, n: int) -> SparseInput:
        return SparseInput(self.rows_of_board[:, n:], self.features[n:], self.n_rows)

    def times(self, weights: np.ndarray) -> np.ndarray:
        """x W [batch, n_outputs], for the weights of all rows and one more, which is zero."""
        y: np.ndarray = weights.take(self.rows_of_board[0], axis=0)
        for rows in self.rows_of_board[1:]:
            y += weights.take(rows, axis=0)
        if self.features.shape[1]:
            y += self.features.dot(weights[: self.features.shape[1]])
        return y

    def transposed_times(self, gradient: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """x^T g for a gradient [n, n_outputs] of the first n boards: row numbers, and the sum in each of these rows."""
        n, n_features = len(gradient), self.features.shape[1]
        rows_of_board = self.rows_of_board[:, :n]
        rows = used_rows(rows_of_board, self.n_rows, n_features)
        values = np.zeros((n, len(rows) + 1), gradient.dtype)  # a last column for where there is no symbol
        values[np.arange(n), rows.searchsorted(rows_of_board)] = 1
        values[:, :n_features] = self.features[:n]
        return rows, values[:, :-1].T.dot(gradient)


SymbolInput = Union[CompactInput, SparseInput]


def used_rows(rows: np.ndarray, n_rows: int, n_features: int) -> np.ndarray:
    """The weight rows in an array of them (n_rows stands for none) and those of the features, in rising order."""
    used = np.zeros(n_rows + 1, bool)
    used[rows] = True
    used[:n_features] = True
    return used[:-1].nonzero()[0]


def is_sparse(most: int, used: np.ndarray) -> bool:
    """Whether adding up the weight rows of each board is faster than a product with all rows that are used."""
    return 0 < most * COLUMNS_PER_SYMBOL < len(used)


class SymbolDense:
    """y_j = b_j + sum over i of x_i W[i, j], over those i only whose x_i is not zero somewhere in the batch.

    W is [n_rows, n_outputs], in the order of `OneHotDense`. Only the rows that a batch uses get a gradient, so that the
    optimizer touches only them.
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
        self.n_rows = n_features + (n_symbols - 1) * n_cells
        # A cell shows one symbol at a time: an output adds up n_cells + n_features numbers at most.
        weights = he_normal(rng, (self.n_rows, n_outputs), n_cells + n_features, dtype) * dtype(scale)
        # The last row stays zero: see SparseInput.
        self._table = np.zeros((self.n_rows + 1, n_outputs), dtype)
        self._table[:-1] = weights
        self.table = Parameter(self._table[:-1])
        self.bias = Parameter(np.zeros(n_outputs, dtype))

    def __repr__(self) -> str:
        return "SymbolDense({}, {})".format(*self.table.value.shape)

    def parameters(self) -> list[Parameter]:
        return [self.bias]  # the table has its own pass through the optimizer

    def encode(self, boards: Boards, features: np.ndarray) -> SymbolInput:
        """The input x, from boards [batch] and features [batch, n_features]; raises IndexError for an unknown symbol."""
        if self.n_cells == 0:
            return CompactInput(features, None)
        return (
            self._encode_lists(boards, features) if isinstance(boards, SymbolLists) else self._encode_cells(boards, features)
        )

    def _encode_lists(self, boards: SymbolLists, features: np.ndarray) -> SymbolInput:
        rows_of_board = boards.numbers.T.astype(np.intp)
        rows_of_board += self.n_features
        np.putmask(rows_of_board, rows_of_board >= NO_MORE, self.n_rows)
        used = used_rows(rows_of_board, self.n_rows, self.n_features)
        if is_sparse(len(rows_of_board), used):
            return SparseInput(rows_of_board, features, self.n_rows)
        which, board = (rows_of_board < self.n_rows).nonzero()
        return self._compact(board, rows_of_board[which, board], used, features)

    def _encode_cells(self, cells: np.ndarray, features: np.ndarray) -> SymbolInput:
        flat = cells.ravel()
        present = (flat != 0).nonzero()[0]  # far faster on booleans than on bytes
        board = present // self.n_cells
        # n_features + (symbol - 1) * n_cells + cell, where cell = present - board * n_cells
        rows = (flat[present].astype(np.intp) - 1 - board) * self.n_cells + present + self.n_features
        used = used_rows(rows, self.n_rows, self.n_features)
        counts = np.bincount(board, minlength=len(cells))
        most = int(counts.max())
        if not is_sparse(most, used):
            return self._compact(board, rows, used, features)
        which = np.arange(len(rows)) - (counts.cumsum() - counts)[board]  # of its board's symbols
        rows_of_board = np.full((most, len(cells)), self.n_rows)
        rows_of_board[which, board] = rows
        return SparseInput(rows_of_board, features, self.n_rows)

    def _compact(self, board: np.ndarray, rows: np.ndarray, used: np.ndarray, features: np.ndarray) -> CompactInput:
        """The input with a 1 in these rows of these boards, without the columns that nothing uses."""
        columns = np.empty(self.n_rows, np.intp)
        columns[used] = np.arange(len(used))
        values = np.zeros((len(features), len(used)), self.dtype)
        values.reshape(-1)[board * len(used) + columns[rows]] = 1  # half the time of values[board, columns[rows]] = 1
        values[:, : self.n_features] = features
        return CompactInput(values, used)

    def forward(self, x: SymbolInput) -> np.ndarray:
        self.x = x
        y = x.times(self._table)  # [batch, n_outputs]
        y += self.bias.value
        return y

    def backward(self, gradient: np.ndarray) -> None:
        """Stores the gradients; returns nothing, for nothing comes before the first layer."""
        # dL/dW = x^T dL/dy in the rows that are used,  dL/db = sum over the batch of dL/dy
        self.table.rows, self.table.gradient = self.x.transposed_times(gradient)
        add_up(gradient, out=self.bias.gradient)

    def apply(self, symbols: np.ndarray, features: np.ndarray) -> np.ndarray:
        """The output [n_outputs] for a single board, given as its `symbol_numbers` [n]: the sum of their weight rows."""
        table, n_features = self.table.value, self.n_features
        if not n_features:
            y = add_up(table.take(symbols, axis=0))
        else:
            y = features.dot(table[:n_features])
            y += add_up(table.take(symbols + n_features, axis=0))
        y += self.bias.value
        return y
