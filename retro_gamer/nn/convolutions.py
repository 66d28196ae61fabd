"""Convolutions over boards that are empty nearly everywhere.

A convolution looks at every place of a picture with the same weights ("im2col", Chellapilla et al. 2006: the patch
that it sees becomes a row, and the convolution one matrix product). So it computes the same numbers wherever it sees
the same, and nearly everywhere it sees nothing. This nothing is computed once, and beside it only the places that see
something. A batch of pictures is then not [batch, height, width, channels], but a list of rows [2 + n, channels]:

    row 0       what is around a picture: always zero
    row 1       every place that sees nothing, on any board
    row 2 ...   the places that see something, board after board

Which row stands for which place follows from the boards alone and not from the weights: `encode` looks it up once for
all the networks that will look at these boards. A single picture may as well be written out in full: then row 0 is
around it, and row 1 + p is its place p. The layers treat both alike.
"""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

import numpy as np

from retro_gamer.nn.parameters import Parameter, add_up, he_normal
from retro_gamer.nn.symbols import nonzero_bytes

AROUND, NOTHING, FIRST = 0, 1, 2  # rows


class Window:
    """Which places of a picture a kernel looks at, and the other way round. Places count from 1; 0 is around it.

    Output row r looks at input rows r * stride + i - (kernel - 1) // 2, for i = 0 ... kernel - 1; likewise the columns.
    """

    def __init__(self, height: int, width: int, kernel: int = 3, stride: int = 1):
        self.kernel, self.stride = kernel, stride
        self.output_size = -(-height // stride), -(-width // stride)
        self.n_inputs, self.n_outputs = height * width, self.output_size[0] * self.output_size[1]
        y, x = (
            np.arange(size)[:, None] * stride + np.arange(kernel) - (kernel - 1) // 2
            for size in self.output_size
        )
        y, x = y[:, None, :, None], x[None, :, None, :]  # [out_height, out_width, kernel, kernel] together
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        seen = np.where(inside, 1 + y * width + x, 0).ravel()
        # [1 + n_outputs, kernel^2]: what an output place looks at. What is around the output looks at nothing.
        self.looks_at = np.concatenate([np.zeros(kernel**2, np.intp), seen]).reshape(-1, kernel**2)
        self.border = (self.looks_at[1:] == 0).any(axis=1).nonzero()[
            0
        ] + 1  # output places that see what is around
        # [1 + n_inputs, most]: the output places that see an input place, and with which place of the kernel.
        counts = np.bincount(seen, minlength=1 + self.n_inputs)
        order = seen.argsort(kind="stable")
        which = (
            np.arange(len(seen)) - (counts.cumsum() - counts)[seen[order]]
        )  # of the views of its input place
        order, which = order[counts[0] :], which[counts[0] :]  # without those of what is around
        self.seen_by = np.zeros((1 + self.n_inputs, counts[1:].max(initial=0)), np.intp)
        self.seen_with = np.zeros_like(self.seen_by)
        self.seen_by[seen[order], which] = 1 + order // kernel**2
        self.seen_with[seen[order], which] = order % kernel**2

    def views(self, boards: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The output places that see these input places, [n, most], counted through board after board.

        NumPy is much faster with one index into a flat array than with two.
        """
        return self.seen_by.take(places, axis=0) + (boards * (1 + self.n_outputs))[:, None]


class Seen(NamedTuple):
    """The places of a batch of pictures that see something."""

    boards: np.ndarray  # [n], rising
    places: np.ndarray  # [n]
    rows: np.ndarray  # [batch, 1 + n_places]: the row of every place

    @classmethod
    def where(cls, mask: np.ndarray) -> "Seen":
        """From a mask [batch, 1 + n_places] of these places."""
        mask[:, 0] = False
        flat = mask.ravel().nonzero()[0]
        rows = np.full(mask.shape, NOTHING)
        rows[:, 0] = AROUND
        rows.ravel()[flat] = np.arange(FIRST, FIRST + len(flat))
        boards, places = np.divmod(flat, mask.shape[1])
        return cls(boards, places, rows)

    def through(self, window: Window) -> Tuple["Seen", np.ndarray]:
        """What sees something after one more convolution, and the rows [2 + n, kernel^2] that its rows look at."""
        mask = np.zeros((len(self.rows), 1 + window.n_outputs), bool)
        mask.ravel()[window.views(self.boards, self.places)] = True
        mask[:, window.border] = True  # they see zeros, which is not the same as nothing
        after = Seen.where(mask)
        looks = np.empty((FIRST + len(after.places), window.kernel**2), np.intp)
        looks[AROUND], looks[NOTHING] = AROUND, NOTHING
        looked_at = window.looks_at.take(after.places, axis=0) + (after.boards * self.rows.shape[1])[:, None]
        looks[FIRST:] = self.rows.ravel().take(looked_at)
        return after, looks


class SeenBoards(NamedTuple):
    """A batch of boards as a stack of convolutions sees them."""

    patches: np.ndarray  # [2 + n, kernel^2 * (n_symbols - 1)]: what the first convolution sees, one-hot
    looks: List[
        np.ndarray
    ]  # for each further one [2 + n, kernel^2]: the rows before it that its rows look at
    rows: np.ndarray  # [batch, n_places]: the row of every place after the last one
    boards: List[np.ndarray]  # for each convolution [n]: the board of each of its rows

    def first(self, n: int) -> "SeenBoards":
        ends = [boards.searchsorted(n) for boards in self.boards]
        return SeenBoards(
            self.patches[: FIRST + ends[0]],
            [looks[: FIRST + end] for looks, end in zip(self.looks, ends[1:])],
            self.rows[:n],
            [boards[:end] for boards, end in zip(self.boards, ends)],
        )

    def after(self, n: int) -> "SeenBoards":
        starts = [int(boards.searchsorted(n)) for boards in self.boards]

        def without(rows: np.ndarray, start: int) -> np.ndarray:
            return np.concatenate([rows[:FIRST], rows[FIRST + start :]])

        def renumbered(rows: np.ndarray, start: int) -> np.ndarray:
            return rows - start * (rows >= FIRST)

        return SeenBoards(
            without(self.patches, starts[0]),
            [
                renumbered(without(looks, start), before)
                for looks, start, before in zip(self.looks, starts[1:], starts)
            ],
            renumbered(self.rows[n:], starts[-1]),
            [boards[start:] - n for boards, start in zip(self.boards, starts)],
        )


class Conv2D:
    """A 2-D convolution with as much zero padding as keeps the size at stride 1.

    Input [n, n_inputs], output [m, n_outputs] (rows, see above). Weights [kernel^2 * n_inputs, n_outputs].
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        rng: np.random.Generator,
        window: Window,
        scale: float = 1.0,
        dtype=np.float32,
    ):
        self.window, self.n_inputs, self.dtype = window, n_inputs, dtype
        fan_in = window.kernel**2 * n_inputs
        self.weights = Parameter(he_normal(rng, (fan_in, n_outputs), fan_in, dtype) * dtype(scale))
        self.bias = Parameter(np.zeros(n_outputs, dtype))

    def __repr__(self) -> str:
        return "{}({}, {}, kernel={}, stride={})".format(
            type(self).__name__, self.n_inputs, len(self.bias.value), self.window.kernel, self.window.stride
        )

    def parameters(self) -> List[Parameter]:
        return [self.weights, self.bias]

    def _product(self, patches: np.ndarray) -> np.ndarray:
        y = patches.dot(self.weights.value)  # [m, n_outputs]
        y += self.bias.value
        y[AROUND] = 0
        return y

    def apply(self, x: np.ndarray) -> np.ndarray:
        """For a single picture written out in full, [1 + places, n_inputs] -> [1 + places, n_outputs]."""
        return self._product(x.take(self.window.looks_at, axis=0).reshape(1 + self.window.n_outputs, -1))

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
        if self.window.stride >= self.window.kernel:  # the patches do not overlap
            result[looks] = patch_gradient
        else:
            for i in range(looks.shape[1]):
                # With one place of the kernel every place is seen once: from row 2 on no row stands here twice.
                result[looks[:, i]] += patch_gradient[:, i]
        # Row 1 stands for many places.
        of_nothing = (looks == NOTHING).ravel().astype(gradient.dtype)
        result[NOTHING] = of_nothing.dot(patch_gradient.reshape(-1, self.n_inputs))
        result[AROUND] = 0  # nobody can change the zeros around
        return result

    def _store_gradients(self, gradient: np.ndarray) -> None:
        # dL/dW = patches^T dL/dy,  dL/db = sum over the rows of dL/dy
        np.dot(self.patches[: len(gradient)].T, gradient, out=self.weights.gradient)
        add_up(gradient, out=self.bias.gradient)


class SymbolConv2D(Conv2D):
    """The first convolution, over a board of symbols: a `Conv2D` over its one-hot picture."""

    def __init__(
        self,
        n_symbols: int,
        n_outputs: int,
        rng: np.random.Generator,
        window: Window,
        scale: float = 1.0,
        dtype=np.float32,
    ):
        super().__init__(
            n_symbols - 1, n_outputs, rng, window, scale, dtype
        )  # symbol 0, "nothing there", has no weights

    def encode(self, boards: np.ndarray) -> Tuple[Seen, np.ndarray]:
        """For boards [batch, n_cells]: what sees a symbol, and the patches [2 + n, kernel^2 * n_inputs]."""
        window, flat = self.window, boards.ravel()
        present = nonzero_bytes(flat)
        board, place = np.divmod(present, window.n_inputs)
        place += 1
        mask = np.zeros((len(boards), 1 + window.n_outputs), bool)
        views = window.views(board, place)  # of each symbol
        mask.ravel()[views] = True
        seen = Seen.where(mask)
        patches = np.zeros((FIRST + len(seen.places), window.kernel**2, self.n_inputs), self.dtype)
        # Row 0, where views end that there are not, may hold anything: its output is set to zero.
        patches[
            seen.rows.ravel().take(views), window.seen_with.take(place, axis=0), flat[present][:, None] - 1
        ] = 1
        return seen, patches.reshape(len(patches), -1)

    def apply(self, cells: np.ndarray) -> np.ndarray:
        """For a single board [n_cells], written out in full: [1 + places, n_outputs]."""
        window = self.window
        place = (cells != 0).nonzero()[0]
        symbols = cells[place] - 1
        place += 1
        patches = np.zeros((1 + window.n_outputs, window.kernel**2, self.n_inputs), self.dtype)
        patches[
            window.seen_by.take(place, axis=0), window.seen_with.take(place, axis=0), symbols[:, None]
        ] = 1
        return self._product(patches.reshape(1 + window.n_outputs, -1))

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

    def parameters(self) -> List[Parameter]:
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
        result[AROUND] = 0
        result[NOTHING] = (rows == NOTHING).astype(gradient.dtype).dot(gradient)
        gradient.take(seen, axis=0, out=result[FIRST:])
        return result
