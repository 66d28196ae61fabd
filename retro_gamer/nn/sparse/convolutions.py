"""Convolutions over boards that are empty nearly everywhere, as lists of rows (see `geometry.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from retro_gamer.nn.layers import Parameter, add_up, he_normal
from retro_gamer.nn.sparse.geometry import EMPTY, FIRST, PADDING, KernelGeometry, Seen
from retro_gamer.nn.sparse.lists import Boards, SymbolLists, entries


class Conv2D:
    """y_rc = b + sum over i, j of x[r + i, c + j] W[i, j]: a convolution, with padding that keeps the size at stride 1.

    Input [n, n_inputs], output [m, n_outputs] (rows, see above). Weights [kernel^2 * n_inputs, n_outputs].
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        rng: np.random.Generator,
        geometry: KernelGeometry,
        scale: float = 1.0,
        dtype: Any = np.float32,
    ):
        self.geometry, self.n_inputs, self.dtype = geometry, n_inputs, dtype
        fan_in = geometry.kernel**2 * n_inputs
        self.weights = Parameter(he_normal(rng, (fan_in, n_outputs), fan_in, dtype) * dtype(scale))
        self.bias = Parameter(np.zeros(n_outputs, dtype))

    def __repr__(self) -> str:
        return "{}({}, {}, kernel={}, stride={})".format(
            type(self).__name__, self.n_inputs, len(self.bias.value), self.geometry.kernel, self.geometry.stride
        )

    def parameters(self) -> list[Parameter]:
        return [self.weights, self.bias]

    def _product(self, patches: np.ndarray) -> np.ndarray:
        y: np.ndarray = patches.dot(self.weights.value)  # [m, n_outputs]
        y += self.bias.value
        y[PADDING] = 0
        return y

    def apply(self, x: np.ndarray) -> np.ndarray:
        """For a single picture written out in full, [1 + places, n_inputs] -> [1 + places, n_outputs]."""
        return self._product(x.take(self.geometry.looks_at, axis=0).reshape(1 + self.geometry.n_outputs, -1))

    def forward(self, x: np.ndarray, looks: np.ndarray) -> np.ndarray:
        """`looks` [m, kernel^2]: the rows of x that each row of the output looks at."""
        self.looks, self.patches = looks, x.take(looks, axis=0).reshape(len(looks), -1)
        return self._product(self.patches)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        looks = self.looks[: len(gradient)]
        self._store_gradients(gradient)
        # Every patch hands its gradient back to the rows it was made of.
        patch_gradient = gradient.dot(self.weights.value.T).reshape(looks.shape + (self.n_inputs,))
        result = np.zeros((looks.max() + 1, self.n_inputs), gradient.dtype)
        if self.geometry.stride >= self.geometry.kernel:  # the patches do not overlap
            result[looks] = patch_gradient
        else:
            for i in range(looks.shape[1]):
                # With one place of the kernel every place is seen once: from row 2 on no row stands here twice.
                result[looks[:, i]] += patch_gradient[:, i]
        # Row 1 stands for many places.
        of_nothing = (looks == EMPTY).ravel().astype(gradient.dtype)
        result[EMPTY] = of_nothing.dot(patch_gradient.reshape(-1, self.n_inputs))
        result[PADDING] = 0  # the padding is always zero
        return result

    def _store_gradients(self, gradient: np.ndarray) -> None:
        # dL/dW = patches^T dL/dy,  dL/db = sum over the rows of dL/dy
        self.patches[: len(gradient)].T.dot(gradient, out=self.weights.gradient)
        add_up(gradient, out=self.bias.gradient)


class SymbolConv2D(Conv2D):
    """The first convolution, over a board of symbols: a `Conv2D` over its one-hot picture."""

    def __init__(
        self,
        n_symbols: int,
        n_outputs: int,
        rng: np.random.Generator,
        geometry: KernelGeometry,
        scale: float = 1.0,
        dtype: Any = np.float32,
    ):
        # Symbol 0, "nothing there", has no weights.
        super().__init__(n_symbols - 1, n_outputs, rng, geometry, scale, dtype)

    def encode(self, boards: Boards) -> tuple[Seen, np.ndarray]:
        """For boards [batch], of whose cells the first n are the picture: what sees a symbol, and the patches that
        are seen, [2 + n, kernel^2 * n_inputs]. Raises IndexError for an unknown symbol."""
        geometry = self.geometry
        board, symbol, place = self._in_picture(*entries(boards))
        n_boards = len(boards.numbers) if isinstance(boards, SymbolLists) else len(boards)
        mask = np.zeros((n_boards, 1 + geometry.n_outputs), bool)
        views = geometry.views(board, place)  # of each symbol
        mask.ravel()[views] = True
        seen = Seen.where(mask)
        patches = np.zeros((FIRST + len(seen.places), geometry.kernel**2, self.n_inputs), self.dtype)
        # Where `seen_by` has no more, the view is 0 and its row PADDING: what it gets there, `_product` sets to zero.
        patches[seen.rows.ravel().take(views), geometry.seen_with.take(place, axis=0), symbol[:, None] - 1] = 1
        return seen, patches.reshape(len(patches), -1)

    def _in_picture(
        self, board: np.ndarray, symbol: np.ndarray, cell: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Those of the symbols that are in the picture, their cells as places, from 1 on."""
        inside = cell < self.geometry.n_inputs
        return board[inside], symbol[inside], cell[inside] + 1

    def apply(self, channel: np.ndarray, cell: np.ndarray) -> np.ndarray:  # type: ignore[override]
        """For a single board, given by its symbols less 1 [n] and their cells [n]; written out: [1 + places, n_outputs]."""
        geometry = self.geometry
        patches = np.zeros((1 + geometry.n_outputs, geometry.kernel**2, self.n_inputs), self.dtype)
        # Row 0 of these tables is the padding's: that of a cell is one further.
        seen_by, seen_with = geometry.seen_by[1:], geometry.seen_with[1:]
        patches[seen_by.take(cell, axis=0), seen_with.take(cell, axis=0), channel[:, None]] = 1
        return self._product(patches.reshape(1 + geometry.n_outputs, -1))

    def forward(self, patches: np.ndarray) -> np.ndarray:  # type: ignore[override]
        self.patches = patches
        return self._product(patches)

    def backward(self, gradient: np.ndarray) -> None:  # type: ignore[override]
        """Stores the gradients; returns nothing, for nothing comes before the board."""
        self._store_gradients(gradient)


class Flatten:
    """The rows written out in full, place after place: [2 + n, channels] -> [batch, places * channels]."""

    def __repr__(self) -> str:
        return "Flatten()"

    def parameters(self) -> list[Parameter]:
        return []

    def apply(self, x: np.ndarray) -> np.ndarray:
        """For a single picture written out in full."""
        return x[1:].ravel()

    def forward(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """`rows` [batch, places]: the row of every place."""
        self.rows, self.n_channels = rows, x.shape[1]
        return x.take(rows, axis=0).reshape(len(rows), -1)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        rows, gradient = self.rows[: len(gradient)].ravel(), gradient.reshape(-1, self.n_channels)
        seen = (rows >= FIRST).nonzero()[0]  # these rows stand there once each, and in order
        result = np.empty((FIRST + len(seen), self.n_channels), gradient.dtype)
        result[PADDING] = 0
        result[EMPTY] = (rows == EMPTY).astype(gradient.dtype).dot(gradient)
        gradient.take(seen, axis=0, out=result[FIRST:])
        return result
