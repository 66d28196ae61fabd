"""The first layer of a network that looks at a board of symbols.

A board is `cells`: one small number per cell, 0 for nothing there. The textbook input for it is one-hot: a 1 at
[symbol, cell] for every cell that holds something, 0 everywhere else, followed by the ordinary numbers
`features`. Nearly all of it is zeros. So the columns that are zero in the whole batch are left out, together with
the weight rows they would be multiplied with: the result is the same, and so is the gradient.

The rows of the weights are: first one for each feature, then for symbol 1 one for each cell, for symbol 2 ...
"""

from __future__ import annotations

from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple, Union

import numpy as np

from retro_gamer.nn.parameters import Parameter, add_up, he_normal

NO_MORE = 2**30  # where a list of symbols has ended


class SymbolLists(NamedTuple):
    """Boards as lists of the symbols on them: short where most of a board is empty.

    A symbol is written as the place of its 1 in the one-hot board, (symbol - 1) * n_cells + cell, in the order of
    the cells.
    """

    numbers: np.ndarray  # [boards, most] int32; NO_MORE where a board has no more symbols
    n_cells: int

    def cells(self) -> np.ndarray:
        """The same boards, cell by cell: [boards, n_cells] uint8."""
        cells = np.zeros((len(self.numbers), self.n_cells), np.uint8)
        board, place = (self.numbers != NO_MORE).nonzero()
        symbol, cell = np.divmod(self.numbers[board, place], max(1, self.n_cells))
        cells[board, cell] = symbol + 1
        return cells


def symbol_numbers(cells: np.ndarray) -> np.ndarray:
    """One board, cells [n_cells] uint8, as in a list of SymbolLists."""
    places = (cells != 0).nonzero()[0]  # far faster on booleans than on bytes
    return _first_numbers(len(cells)).take(cells.take(places)) + places


@lru_cache(maxsize=8)
def _first_numbers(n_cells: int) -> np.ndarray:
    """(symbol - 1) * n_cells for every symbol [256]: looked up sooner than worked out."""
    return (np.arange(256, dtype=np.intp) - 1) * n_cells


class CompactInput(NamedTuple):
    """The columns of a one-hot input that are not zero throughout the batch: for boards with many symbols."""

    values: np.ndarray  # [batch, n_columns]
    rows: Optional[np.ndarray]  # [n_columns]: the weight row of each column; None for all rows in order

    def first(self, n: int) -> "CompactInput":
        return CompactInput(self.values[:n], self.rows)

    def after(self, n: int) -> "CompactInput":
        return CompactInput(self.values[n:], self.rows)

    def times(self, weights: np.ndarray) -> np.ndarray:
        """x W [batch, n_outputs], for the weights of all rows and one more."""
        return self.values.dot(weights[:-1] if self.rows is None else weights.take(self.rows, axis=0))

    def transposed_times(self, gradient: np.ndarray) -> Tuple[Optional[np.ndarray], np.ndarray]:
        """x^T g for a gradient [n, n_outputs] of the first n boards: row numbers, and the sum in each of these rows.

        Rows that only other boards use are among them, with zeros: finding these would cost more than it saves.
        """
        return self.rows, self.values[: len(gradient)].T.dot(gradient)


class SparseInput(NamedTuple):
    """The weight rows of the symbols on each board, to be added up one by one: for boards with few symbols."""

    rows_of_board: (
        np.ndarray
    )  # [most, batch]: its first symbol's, its second's, ...; n_rows where it has no more
    features: np.ndarray  # [batch, n_features]
    n_rows: int  # of the weights

    def first(self, n: int) -> "SparseInput":
        return SparseInput(self.rows_of_board[:, :n], self.features[:n], self.n_rows)

    def after(self, n: int) -> "SparseInput":
        return SparseInput(self.rows_of_board[:, n:], self.features[n:], self.n_rows)

    def times(self, weights: np.ndarray) -> np.ndarray:
        """x W [batch, n_outputs], for the weights of all rows and one more, which is zero."""
        y = weights.take(self.rows_of_board[0], axis=0)
        for rows in self.rows_of_board[1:]:
            y += weights.take(rows, axis=0)
        if self.features.shape[1]:
            y += self.features.dot(weights[: self.features.shape[1]])
        return y

    def transposed_times(self, gradient: np.ndarray) -> Tuple[Optional[np.ndarray], np.ndarray]:
        """x^T g for a gradient [n, n_outputs] of the first n boards: row numbers, and the sum in each of these rows."""
        n, n_features = len(gradient), self.features.shape[1]
        rows_of_board = self.rows_of_board[:, :n]
        rows = used_rows(rows_of_board, self.n_rows, n_features)
        values = np.zeros((n, len(rows) + 1), gradient.dtype)  # a last column for where there is no symbol
        values[np.arange(n), rows.searchsorted(rows_of_board)] = 1
        values[:, :n_features] = self.features[:n]
        return rows, values[:, :-1].T.dot(gradient)


def used_rows(rows: np.ndarray, n_rows: int, n_features: int) -> np.ndarray:
    """Which rows stand in an array of them, and those of the features; n_rows counts as none."""
    used = np.zeros(n_rows + 1, bool)
    used[rows] = True
    used[:n_features] = True
    return used[:-1].nonzero()[0]


class SymbolEncoder:
    """Turns cells [batch, n_cells] (uint8) and features [batch, n_features] into the input of a SymbolDense."""

    def __init__(self, n_cells: int, n_symbols: int, n_features: int, dtype=np.float32):
        self.n_cells, self.n_symbols, self.n_features, self.dtype = n_cells, n_symbols, n_features, dtype
        self.n_rows = n_features + n_cells * (n_symbols - 1)  # symbol 0, "nothing there", has no rows

    def encode(self, boards: Union[np.ndarray, SymbolLists], features: np.ndarray) -> "SymbolInput":
        if self.n_cells == 0:
            return CompactInput(features, None)
        if isinstance(boards, SymbolLists):
            rows_of_board = boards.numbers.T.astype(np.intp)
            rows_of_board += self.n_features
            np.putmask(rows_of_board, rows_of_board >= NO_MORE, self.n_rows)
            used = used_rows(rows_of_board, self.n_rows, self.n_features)
            if is_sparse(len(rows_of_board), used):
                return SparseInput(rows_of_board, features, self.n_rows)
            which, sample = (rows_of_board < self.n_rows).nonzero()
            return self._compact(sample, rows_of_board[which, sample], used, features)
        batch, flat = len(boards), boards.ravel()
        present = nonzero_bytes(flat)
        sample = present // self.n_cells
        # row = n_features + (symbol - 1) * n_cells + place, and place = present - sample * n_cells
        rows = (flat[present].astype(np.intp) - 1 - sample) * self.n_cells + present + self.n_features
        used = used_rows(rows, self.n_rows, self.n_features)
        counts = np.bincount(sample, minlength=batch)
        most = int(counts.max())
        if is_sparse(most, used):
            which = np.arange(len(rows)) - (counts.cumsum() - counts)[sample]  # of its board's symbols
            rows_of_board = np.full((most, batch), self.n_rows)
            rows_of_board[which, sample] = rows
            return SparseInput(rows_of_board, features, self.n_rows)
        return self._compact(sample, rows, used, features)

    def _compact(
        self, sample: np.ndarray, rows: np.ndarray, used: np.ndarray, features: np.ndarray
    ) -> CompactInput:
        """The input with a 1 in these rows of these samples, without the columns that nobody uses."""
        columns = np.empty(self.n_rows, np.intp)
        columns[used] = np.arange(len(used))
        values = np.zeros((len(features), len(used)), self.dtype)
        values[sample, columns[rows]] = 1
        values[:, : self.n_features] = features
        return CompactInput(values, used)


SymbolInput = Union[CompactInput, SparseInput]

# For each board, adding a weight row takes as long as this many columns of a matrix product.
COLUMNS_PER_SYMBOL = 16


def is_sparse(most: int, used: np.ndarray) -> bool:
    """Whether adding up the weight rows of each board is faster than a product with all rows that are used."""
    return 0 < most * COLUMNS_PER_SYMBOL < len(used)


def nonzero_bytes(flat: np.ndarray) -> np.ndarray:
    """Where a flat array of bytes is not zero: eight at a time as long as nothing is there, when it divides so."""
    if len(flat) % 8:
        return (flat != 0).nonzero()[0]
    eights = (flat.view(np.uint64) != 0).nonzero()[0]
    inside = (flat.reshape(-1, 8).take(eights, axis=0).ravel() != 0).nonzero()[0]
    return (eights[inside >> 3] << 3) + (inside & 7)


class SymbolDense:
    """y = x W + b for the x of a SymbolEncoder, by way of the rows of W where x is not zero.

    W is [n_rows, n_outputs]. Only the rows that a batch uses get a gradient, so the optimizer touches only them.
    """

    def __init__(
        self,
        encoder: SymbolEncoder,
        n_outputs: int,
        rng: np.random.Generator,
        scale: float = 1.0,
        dtype=np.float32,
    ):
        self.encoder = encoder
        # At most one symbol of a cell is there at a time: an output adds up n_cells + n_features numbers.
        fan_in = encoder.n_cells + encoder.n_features
        self._table = np.zeros(
            (encoder.n_rows + 1, n_outputs), dtype
        )  # the last row stays zero: see SparseInput
        self._table[:-1] = he_normal(rng, (encoder.n_rows, n_outputs), fan_in, dtype) * dtype(scale)
        self.table = Parameter(self._table[:-1])
        self.bias = Parameter(np.zeros(n_outputs, dtype))

    def __repr__(self) -> str:
        return "SymbolDense({}, {})".format(*self.table.value.shape)

    def parameters(self) -> List[Parameter]:
        return [self.bias]  # the table has its own pass through the optimizer

    def forward(self, x: SymbolInput) -> np.ndarray:
        self.x = x
        y = x.times(self._table)  # [batch, n_outputs]
        y += self.bias.value
        return y

    def backward(self, gradient: np.ndarray) -> None:
        """Stores the gradients; returns nothing, for nothing comes before the first layer."""
        self.table.rows, self.table.gradient = self.x.transposed_times(gradient)
        add_up(gradient, out=self.bias.gradient)

    def forward_one(self, numbers: np.ndarray, features: np.ndarray) -> np.ndarray:
        """The output [n_outputs] for a single board, by its `symbol_numbers`: add up their weight rows."""
        table, n_features = self.table.value, self.encoder.n_features
        if not n_features:
            y = add_up(table.take(numbers, axis=0))
        else:
            y = features.dot(table[:n_features])
            y += add_up(table.take(numbers + n_features, axis=0))
        y += self.bias.value
        return y
