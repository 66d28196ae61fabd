"""The first layer of a network that looks at a board of symbols.

A board is `cells`: one small number per cell, 0 for nothing there. The textbook input for it is one-hot: a 1 at
[symbol, cell] for every cell that holds something, 0 everywhere else, followed by the ordinary numbers
`features`. Nearly all of it is zeros. So the columns that are zero in the whole batch are left out, together with
the weight rows they would be multiplied with: the result is the same, and so is the gradient.

The rows of the weights are: first one for each feature, then for symbol 1 one for each cell, for symbol 2 ...
"""
from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

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
        places = (cells != 0).nonzero()[0]  # far faster on booleans than on bytes
        return places + (cells[places].astype(np.intp) * self.n_cells + (self.n_features - self.n_cells))

    def encode(self, cells: np.ndarray, features: np.ndarray) -> CompactInput:
        if self.n_cells == 0:
            return CompactInput(features, None)
        flat = cells.ravel()
        present = (flat != 0).nonzero()[0]
        sample = present // self.n_cells
        # row = (symbol - 1) * n_cells + place, and place = present - sample * n_cells
        rows = (flat[present].astype(np.intp) - 1 - sample) * self.n_cells + present
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


class SymbolPatches(NamedTuple):
    """For each place of a convolution's kernel: which output places see a symbol there, and which symbol."""

    seen: List[Tuple[np.ndarray, np.ndarray]]  # per kernel place: (output places, symbol number - 1), by board
    batch: int
    output_size: Tuple[int, int]  # (height, width)

    def first(self, n: int) -> "SymbolPatches":
        end = n * self.output_size[0] * self.output_size[1]
        cuts = [places.searchsorted(end) for places, _ in self.seen]
        return SymbolPatches([(places[:cut], symbols[:cut]) for cut, (places, symbols) in zip(cuts, self.seen)],
                             n, self.output_size)

    def after(self, n: int) -> "SymbolPatches":
        start = n * self.output_size[0] * self.output_size[1]
        cuts = [places.searchsorted(start) for places, _ in self.seen]
        return SymbolPatches([(places[cut:] - start, symbols[cut:]) for cut, (places, symbols) in zip(cuts, self.seen)],
                             self.batch - n, self.output_size)


class SymbolConv2D:
    """A convolution over a board of symbols: the same as `Conv2D` over its one-hot image, without the zeros.

    Weights [kernel * kernel * (n_symbols - 1), n_outputs] as there. Each symbol on the board adds one row of
    weights to each of the few output places that see it.
    """

    def __init__(self, n_symbols: int, n_outputs: int, rng: np.random.Generator, kernel: int = 3, stride: int = 1,
                 dtype=np.float32):
        self.kernel, self.stride, self.n_channels = kernel, stride, n_symbols - 1
        # A cell holds one symbol at the most: an output adds up kernel * kernel numbers.
        self.weights = Parameter(he_normal(rng, (kernel * kernel * self.n_channels, n_outputs), kernel * kernel, dtype))
        self.bias = Parameter(np.zeros(n_outputs, dtype))
        self._one_hot = np.eye(self.n_channels, dtype=dtype)

    def __repr__(self) -> str:
        return f"SymbolConv2D({self.n_channels}, {len(self.bias.value)}, kernel={self.kernel}, stride={self.stride})"

    def parameters(self) -> List[Parameter]:
        return [self.weights, self.bias]

    def output_size(self, height: int, width: int) -> Tuple[int, int]:
        return -(-height // self.stride), -(-width // self.stride)

    def encode(self, board: np.ndarray) -> SymbolPatches:
        """Look up, once for all networks, who sees what on boards [batch, height, width]."""
        batch, height, width = board.shape
        out_height, out_width = self.output_size(height, width)
        before, stride = (self.kernel - 1) // 2, self.stride
        flat = board.ravel()
        present = (flat != 0).nonzero()[0]
        symbols = flat[present].astype(np.intp) - 1
        sample, place = np.divmod(present, height * width)
        y, x = np.divmod(place, width)
        # Output row r sees board row r * stride + i - before, for the kernel's rows i; likewise the columns.
        offsets = before - np.arange(self.kernel)
        rows, columns = y + offsets[:, None], x + offsets[:, None]  # [kernel, present]: times stride
        rows_ok = (rows >= 0) & (rows % stride == 0) & (rows < out_height * stride)
        columns_ok = (columns >= 0) & (columns % stride == 0) & (columns < out_width * stride)
        ok = rows_ok[:, None] & columns_ok[None]  # [kernel, kernel, present]
        i, j, which = ok.nonzero()
        places = (sample[which] * out_height + rows[i, which] // stride) * out_width + columns[j, which] // stride
        cuts = (i * self.kernel + j).searchsorted(np.arange(self.kernel ** 2 + 1))
        seen = [(places[start:end], symbols[which[start:end]]) for start, end in zip(cuts, cuts[1:])]
        return SymbolPatches(seen, batch, (out_height, out_width))

    def forward(self, x: SymbolPatches) -> np.ndarray:
        self.x = x
        y = np.empty((x.batch * x.output_size[0] * x.output_size[1], len(self.bias.value)), self.bias.value.dtype)
        y[...] = self.bias.value
        weights = self.weights.value.reshape(self.kernel ** 2, self.n_channels, len(self.bias.value))
        for rows, (places, symbols) in zip(weights, x.seen):
            y[places] += rows[symbols]  # one board cell, one output place: no place stands twice in the list
        return y.reshape(x.batch, *x.output_size, -1)

    def backward(self, gradient: np.ndarray) -> None:
        """Stores the gradients; returns nothing, for nothing comes before the board."""
        rows = gradient.reshape(-1, gradient.shape[-1])  # [batch * places, n_outputs]
        np.sum(rows, axis=0, out=self.bias.gradient)
        weights = self.weights.gradient.reshape(self.kernel ** 2, self.n_channels, len(self.bias.value))
        for out, (places, symbols) in zip(weights, self.x.first(len(gradient)).seen):
            np.matmul(self._one_hot[symbols].T, rows[places], out=out)
