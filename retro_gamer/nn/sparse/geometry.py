"""Which places of a picture look at which: for convolutions over boards that are empty nearly everywhere.

A convolution looks at every place of a picture with the same weights ("im2col", Chellapilla et al. 2006: the patch
that it sees becomes a row, and the convolution one matrix product). So it computes the same numbers wherever it sees
the same, and nearly everywhere it sees an empty patch. That one is computed once, and beside it only the places that see
something. A batch of pictures is then not [batch, height, width, channels], but a list of rows [2 + n, channels]:

    row 0  PADDING   what is around a picture: always zero
    row 1  EMPTY     every place that sees an empty patch, on any board
    row 2 ...        the places that see something, board after board

An example: a board of 3 x 3 cells with one symbol, in the middle of the top row, and a kernel of 1 x 1 with stride 1.
Places count from 1, row by row; 0 is the padding. One place sees something, place 2, so there are three rows:

    . 1 .      Seen.boards [0]   Seen.places [2]   Seen.rows [[0, 1 2 1, 1 1 1, 1 1 1]]
    . . .      row 2 of the output is place 2; the eight other places are row 1; row 0 is what is around them
    . . .      with a kernel of 3 x 3, all six places of the two upper rows see the symbol: rows 2 ... 7

Which row stands for which place follows from the boards alone and not from the weights: `encode` looks it up once for
all the networks that will look at these boards. A single picture may as well be written out in full: then row 0 is
around it, and row 1 + p is its place p. The layers treat both alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

PADDING, EMPTY, FIRST = 0, 1, 2  # rows


class KernelGeometry:
    """Which places of a picture a kernel looks at, and the other way round. Places count from 1; 0 is the padding.

    Output row r looks at input rows r * stride + i - (kernel - 1) // 2, for i = 0 ... kernel - 1; likewise the columns.

    looks_at   [1 + n_outputs, kernel^2]: the input places that an output place looks at
    border     [n]: the output places that look at padding
    seen_by    [1 + n_inputs, most]: the output places that look at an input place; 0 where there are no more
    seen_with  [1 + n_inputs, most]: and with which place of the kernel
    """

    def __init__(self, height: int, width: int, kernel: int = 3, stride: int = 1):
        self.kernel, self.stride = kernel, stride
        self.output_size = -(-height // stride), -(-width // stride)
        self.n_inputs, self.n_outputs = height * width, self.output_size[0] * self.output_size[1]
        y, x = (np.arange(size)[:, None] * stride + np.arange(kernel) - (kernel - 1) // 2 for size in self.output_size)
        y, x = y[:, None, :, None], x[None, :, None, :]  # [out_height, out_width, kernel, kernel] together
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        seen = np.where(inside, 1 + y * width + x, 0).reshape(self.n_outputs, kernel**2)
        self.looks_at = np.concatenate([np.zeros((1, kernel**2), np.intp), seen])
        self.border = 1 + (seen == 0).any(axis=1).nonzero()[0]
        self._turn_round(seen.ravel())

    def _turn_round(self, seen: np.ndarray) -> None:
        """From what each view sees ([n_outputs * kernel^2] input places) to the views of each input place."""
        counts = np.bincount(seen, minlength=1 + self.n_inputs)
        order = seen.argsort(kind="stable")  # the views, by what they see
        # Is it the first view of its place, the second ...?
        which = np.arange(len(seen)) - (counts.cumsum() - counts)[seen[order]]
        order, which = order[counts[0] :], which[counts[0] :]  # without those of the padding
        self.seen_by = np.zeros((1 + self.n_inputs, counts[1:].max(initial=0)), np.intp)
        self.seen_with = np.zeros_like(self.seen_by)
        self.seen_by[seen[order], which] = 1 + order // self.kernel**2
        self.seen_with[seen[order], which] = order % self.kernel**2

    def views(self, boards: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The output places that see these input places, [n, most], counted through board after board.

        NumPy is much faster with one index into a flat array than with two.
        """
        seeing: np.ndarray = self.seen_by.take(places, axis=0) + (boards * (1 + self.n_outputs))[:, None]
        return seeing


class Seen(NamedTuple):
    """The places of a batch of pictures that see something."""

    boards: np.ndarray  # [n], rising
    places: np.ndarray  # [n]
    rows: np.ndarray  # [batch, 1 + n_places]: the row of every place

    @classmethod
    def where(cls, mask: np.ndarray) -> Seen:
        """From a mask [batch, 1 + n_places] of these places."""
        mask[:, 0] = False
        flat = mask.ravel().nonzero()[0]
        rows = np.full(mask.shape, EMPTY)
        rows[:, 0] = PADDING
        rows.ravel()[flat] = np.arange(FIRST, FIRST + len(flat))
        boards, places = np.divmod(flat, mask.shape[1])
        return cls(boards, places, rows)

    def through(self, geometry: KernelGeometry) -> tuple[Seen, np.ndarray]:
        """What sees something after one more convolution, and the rows [2 + n, kernel^2] that its rows look at."""
        mask = np.zeros((len(self.rows), 1 + geometry.n_outputs), bool)
        mask.ravel()[geometry.views(self.boards, self.places)] = True
        mask[:, geometry.border] = True  # they see padding, so their output differs from that of an empty patch
        after = Seen.where(mask)
        looks = np.empty((FIRST + len(after.places), geometry.kernel**2), np.intp)
        looks[PADDING], looks[EMPTY] = PADDING, EMPTY
        looked_at = geometry.looks_at.take(after.places, axis=0) + (after.boards * self.rows.shape[1])[:, None]
        looks[FIRST:] = self.rows.ravel().take(looked_at)
        return after, looks


class SeenBoards(NamedTuple):
    """A batch of boards as a stack of convolutions sees them."""

    patches: np.ndarray  # [2 + n, kernel^2 * (n_symbols - 1)]: what the first convolution sees, one-hot
    # For each further one [2 + n, kernel^2]: the rows before it that its rows look at.
    looks: list[np.ndarray]
    rows: np.ndarray  # [batch, n_places]: the row of every place after the last one
    boards: list[np.ndarray]  # for each convolution [n]: the board of each of its rows

    def first(self, n: int) -> SeenBoards:
        """The first n boards: their rows come first."""
        ends = [boards.searchsorted(n) for boards in self.boards]
        return SeenBoards(
            self.patches[: FIRST + ends[0]],
            [looks[: FIRST + end] for looks, end in zip(self.looks, ends[1:])],
            self.rows[:n],
            [boards[:end] for boards, end in zip(self.boards, ends)],
        )

    def after(self, n: int) -> SeenBoards:
        """The boards after the first n: without the rows of these, and the numbers of the others smaller by as many."""
        starts = [int(boards.searchsorted(n)) for boards in self.boards]

        def without(rows: np.ndarray, start: int) -> np.ndarray:
            return np.concatenate([rows[:FIRST], rows[FIRST + start :]])

        def renumbered(rows: np.ndarray, start: int) -> np.ndarray:
            numbers: np.ndarray = rows - start * (rows >= FIRST)
            return numbers

        return SeenBoards(
            without(self.patches, starts[0]),
            [renumbered(without(looks, start), before) for looks, start, before in zip(self.looks, starts[1:], starts)],
            renumbered(self.rows[n:], starts[-1]),
            [boards[start:] - n for boards, start in zip(self.boards, starts)],
        )
