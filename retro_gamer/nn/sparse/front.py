"""The convolutional front of a network that looks at the board as a picture."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple, Sequence

import numpy as np

from retro_gamer.nn.layers import ReLU
from retro_gamer.nn.sparse.convolutions import Conv2D, Flatten, SymbolConv2D
from retro_gamer.nn.sparse.geometry import KernelGeometry, SeenBoards
from retro_gamer.nn.sparse.lists import Boards

CONV_FILTERS = (16, 32)


class Convolution(NamedTuple):
    """One convolutional layer of a front; it has as much zero padding as keeps the size at stride 1."""

    filters: int
    kernel: int
    stride: int


def usual_convolutions(height: int, width: int) -> tuple[Convolution, ...]:
    """What a new network looks at a board with.

    The first looks at 3 x 3 cells, on boards larger than 12 x 12 in steps of two; the second joins 2 x 2 of its
    places. What reaches the dense layers so stays small.
    """
    return Convolution(CONV_FILTERS[0], 3, conv_stride(height, width)), Convolution(CONV_FILTERS[1], 2, 2)


def conv_stride(height: int, width: int) -> int:
    return 2 if max(height, width) > 12 else 1


class ConvolutionalFront:
    """Convolutions over boards of symbols, each with a ReLU: [batch, height * width] -> [batch, n_outputs]."""

    def __init__(
        self,
        height: int,
        width: int,
        n_symbols: int,
        convolutions: Sequence[Convolution],
        rng: np.random.Generator,
        scale: float,
        dtype: Any,
    ):
        (filters, kernel, stride), *others = convolutions
        geometry = KernelGeometry(height, width, kernel, stride)
        self.first, self.first_relu = SymbolConv2D(n_symbols, filters, rng, geometry, scale, dtype), ReLU()
        self.others: list[tuple[Conv2D, ReLU]] = []
        for convolution in others:
            n_channels, geometry = (filters, KernelGeometry(*geometry.output_size, convolution.kernel, convolution.stride))
            filters = convolution.filters
            self.others.append((Conv2D(n_channels, filters, rng, geometry, scale, dtype), ReLU()))
        self.flatten = Flatten()
        self.layers: list[Any] = [self.first, self.first_relu, *chain.from_iterable(self.others), self.flatten]
        self.n_outputs = geometry.n_outputs * filters

    def encode(self, boards: Boards) -> SeenBoards:
        """Look up, once for all networks, what sees something on boards [batch]; their first cells are the picture."""
        seen, patches = self.first.encode(boards)
        looks, boards_of_rows = [], [seen.boards]
        for convolution, _ in self.others:
            seen, looked_at = seen.through(convolution.geometry)
            looks.append(looked_at)
            boards_of_rows.append(seen.boards)
        return SeenBoards(patches, looks, seen.rows[:, 1:], boards_of_rows)

    def forward(self, x: SeenBoards) -> np.ndarray:
        y = self.first_relu.forward(self.first.forward(x.patches))
        for (convolution, relu), looks in zip(self.others, x.looks):
            y = relu.forward(convolution.forward(y, looks))
        return self.flatten.forward(y, x.rows)

    def backward(self, gradient: np.ndarray) -> None:
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)

    def apply(self, channel: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """The output [n_outputs] for a single board, given by its symbols less 1 [n] and their cells [n]."""
        y = self.first.apply(channel, cell)
        for layer in self.layers[1:]:
            y = layer.apply(y)
        return y
