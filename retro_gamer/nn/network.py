"""The Q-network: from what is seen to one value per action."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Sequence

import numpy as np

from retro_gamer.nn.layers import Dense, Dueling, Parameter, ReLU, pack
from retro_gamer.nn.sparse.front import Convolution, ConvolutionalFront, usual_convolutions
from retro_gamer.nn.sparse.geometry import SeenBoards
from retro_gamer.nn.sparse.lists import Boards, SymbolLists
from retro_gamer.nn.sparse.symbols import SymbolDense, SymbolInput
from retro_gamer.nn.threads import one_blas_thread

# How large the first weights are beside those of He et al.; in the last layer smaller, so that no action looks better than
# another before anything is known. With convolutions all are smaller, as torch draws them (variance 1 / (3 fan_in)): in
# most games tried that learned more in the same number of turns (docs/performance.md, "The convolutional front").
SCALE, HEAD_SCALE = 1.0, 0.1
SPATIAL_SCALE = 6**-0.5


class NetworkInput(NamedTuple):
    """A batch of observations, encoded once for all the networks that will look at it."""

    board: SeenBoards | None  # what the convolution looks at; None without one
    rest: SymbolInput

    def first(self, n: int) -> NetworkInput:
        return NetworkInput(None if self.board is None else self.board.first(n), self.rest.first(n))

    def after(self, n: int) -> NetworkInput:
        return NetworkInput(None if self.board is None else self.board.after(n), self.rest.after(n))


def parameter_shapes(
    *,
    n_cells: int,
    n_symbols: int,
    n_features: int,
    hidden_sizes: Sequence[int],
    n_actions: int,
    board_shape: tuple[int, int],
    spatial: bool,
    dueling: bool,
    convolutions: Sequence[Convolution] | None = None,
) -> dict[str, tuple[int, ...]]:
    """The shape of every array in `QNetwork.get_state()`, without building the network."""
    image_cells = board_shape[0] * board_shape[1] if spatial else 0
    n_rows = n_features + (n_cells - image_cells) * (n_symbols - 1)
    shapes: dict[str, tuple[int, ...]] = {"symbols": (n_rows, hidden_sizes[0]), "symbols_bias": (hidden_sizes[0],)}
    if spatial:
        height, width = board_shape
        n_inputs = n_symbols - 1
        for i, (n_filters, kernel, stride) in enumerate(convolutions or usual_convolutions(height, width)):
            shapes[f"conv_{i}_weights"], shapes[f"conv_{i}_bias"] = ((kernel**2 * n_inputs, n_filters), (n_filters,))
            n_inputs, height, width = n_filters, -(-height // stride), -(-width // stride)
        shapes["join_weights"] = (height * width * n_inputs, hidden_sizes[0])
        shapes["join_bias"] = (hidden_sizes[0],)
    sizes = [*hidden_sizes, n_actions + int(dueling)]
    for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
        shapes[f"dense_{i}_weights"], shapes[f"dense_{i}_bias"] = (n_in, n_out), (n_out,)
    return shapes


class QNetwork:
    """Q(s, a) for every action a: a multilayer perceptron with ReLUs, on symbols and numbers.

        h_1 = max(0, one_hot(symbols) W + features V + b + conv(board) J)      W and V are the table of `first`
        h_i = max(0, h_(i-1) W_i + b_i),   Q = h_last W_head + b_head          the last term of h_1 only if `spatial`

    What it sees has n_cells symbol inputs: first the height * width cells of `board_shape`, if there is one, then the
    readings of the radar; each a number below n_symbols, 0 for nothing. And n_features ordinary numbers. Q is [batch,
    n_actions]. With `spatial` the board goes through convolutions (the usual ones, or those given) instead of being
    one-hot in the first layer. With `dueling` the last layer is split into a value and advantages.
    """

    def __init__(
        self,
        *,
        n_cells: int,
        n_symbols: int,
        n_features: int,
        hidden_sizes: Sequence[int],
        n_actions: int,
        rng: np.random.Generator,
        board_shape: tuple[int, int] = (0, 0),
        spatial: bool = False,
        dueling: bool = False,
        convolutions: Sequence[Convolution] | None = None,
        dtype: Any = np.float32,
    ):
        convolutions = tuple(convolutions or usual_convolutions(*board_shape))
        self.shape: dict[str, Any] = dict(
            n_cells=n_cells,
            n_symbols=n_symbols,
            n_features=n_features,
            hidden_sizes=tuple(hidden_sizes),
            n_actions=n_actions,
            board_shape=tuple(board_shape),
            spatial=spatial,
            dueling=dueling,
            convolutions=convolutions,
        )
        self.dtype = dtype
        self.n_image_cells = board_shape[0] * board_shape[1] if spatial else 0
        n_rest, n_hidden, scale = (n_cells - self.n_image_cells, hidden_sizes[0], SPATIAL_SCALE if spatial else SCALE)
        self.first = SymbolDense(n_rest, n_symbols, n_features, n_hidden, rng, scale, dtype)
        self.front: ConvolutionalFront | None = None
        self.join: Dense | None = None
        if spatial:
            self.front = ConvolutionalFront(*board_shape, n_symbols, convolutions, rng, scale, dtype)
            self.join = Dense(self.front.n_outputs, n_hidden, rng, scale, dtype)
        self._add_layers(rng, scale)
        self._dense = pack([parameter for layer in self._all_layers() for parameter in layer.parameters()])
        self.parameters = [self._dense] + ([self.first.table] if self.first.n_rows else [])

    def _add_layers(self, rng: np.random.Generator, scale: float) -> None:
        """Everything after the first layer: ReLU, (dense, ReLU) for each further hidden layer, and the head."""
        sizes, n_actions, dueling = self.shape["hidden_sizes"], self.shape["n_actions"], self.shape["dueling"]
        head_scale = SPATIAL_SCALE if self.shape["spatial"] else HEAD_SCALE
        self.layers: list[Any] = [ReLU()]
        for n_inputs, n_outputs in zip(sizes, sizes[1:]):
            self.layers += [Dense(n_inputs, n_outputs, rng, scale, self.dtype), ReLU()]
        self.head = Dense(sizes[-1], n_actions + int(dueling), rng, head_scale, self.dtype)
        self.layers.append(self.head)
        if dueling:
            self.layers.append(Dueling(n_actions, self.dtype))

    def __repr__(self) -> str:
        return "QNetwork([{}])".format(", ".join(repr(layer) for layer in self._all_layers()))

    def _all_layers(self) -> list[Any]:
        front = [*self.front.layers, self.join] if self.front is not None else []
        return [self.first, *front, *self.layers]

    def encode(self, boards: Boards, features: np.ndarray) -> NetworkInput:
        """A batch of boards, as cells [batch, n_cells] uint8 or as lists, and features [batch, n_features]."""
        if self.front is None:
            return NetworkInput(None, self.first.encode(boards, features))
        rest: Boards = boards
        if self.first.n_cells:
            cells = boards.cells() if isinstance(boards, SymbolLists) else boards
            rest = cells[:, self.n_image_cells :]
        return NetworkInput(self.front.encode(boards), self.first.encode(rest, features))

    def forward(self, x: NetworkInput) -> np.ndarray:
        """Q-values [batch, n_actions]."""
        y = self.first.forward(x.rest)
        if self.front is not None and self.join is not None and x.board is not None:
            y += self.join.forward(self.front.forward(x.board))
        for layer in self.layers:
            y = layer.forward(y)
        return y

    def backward(self, gradient: np.ndarray) -> None:
        """Gradients of all parameters from dL/dQ [n, n_actions], for the first n rows of the last forward."""
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        self.first.backward(gradient)
        if self.front is not None and self.join is not None:
            self.front.backward(self.join.backward(gradient))

    @one_blas_thread
    def q_values(self, symbols: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Q-values [n_actions] of a single observation: the same as `forward` computes, but faster.

        symbols [n] int are the `symbol_numbers` of its inputs; features [n_features] float32.
        """
        if self.front is None or self.join is None:
            y = self.first.apply(symbols, features)
        else:
            channel, cell = np.divmod(symbols, self.shape["n_cells"])
            rest = symbols[:0]
            if self.first.n_cells:
                image = cell < self.n_image_cells
                rest = (channel * self.first.n_cells + cell - self.n_image_cells)[~image]
                channel, cell = channel[image], cell[image]
            y = self.first.apply(rest, features)
            y += self.join.apply(self.front.apply(channel, cell))
        for layer in self.layers:
            y = layer.apply(y)
        return y

    def scale_output(self, factor: float) -> None:
        """Multiply every Q-value by `factor`, exactly, through the last layer's weights: W <- f W, b <- f b."""
        for parameter in self.head.parameters():
            parameter.value *= parameter.value.dtype.type(factor)

    def copy_from(self, other: QNetwork) -> None:
        for mine, theirs in zip(self.parameters, other.parameters):
            mine.value[...] = theirs.value

    def follow(self, other: QNetwork, share: float) -> None:
        """Go a share of the way towards the weights of a network of the same shape: w <- w + share (w' - w)."""
        for mine, theirs in zip(self.parameters, other.parameters):
            mine.value += mine.value.dtype.type(share) * (theirs.value - mine.value)

    def grow(self, n_cells: int, n_symbols: int, rng: np.random.Generator | None) -> QNetwork:
        """The same network for more symbols or readings: what it knows stays, the new starts from random.

        Without a generator the new starts from zero.
        """
        sizes, convolutions = ({**self.shape, "n_cells": n_cells, "n_symbols": n_symbols}, self.shape["convolutions"])
        bigger = QNetwork(**sizes, rng=rng or np.random.default_rng(0), dtype=self.dtype)
        if rng is None:
            for parameter in bigger.parameters:
                parameter.value[...] = 0
        mine, arrays = self.get_state(), bigger.get_state()
        for name, new in arrays.items():
            old = mine[name]
            if name == "symbols":
                n_features = self.first.n_features
                new[:n_features] = old[:n_features]
                old_n, old_cells, width = self.first.n_symbols - 1, self.first.n_cells, old.shape[1]
                by_symbol = new[n_features:].reshape(n_symbols - 1, bigger.first.n_cells, width)
                by_symbol[:old_n, :old_cells] = old[n_features:].reshape(old_n, old_cells, width)
            elif name == "conv_0_weights":
                old_n, places, width = self.first.n_symbols - 1, convolutions[0].kernel ** 2, old.shape[1]
                new.reshape(places, n_symbols - 1, width)[:, :old_n] = old.reshape(places, old_n, width)
            else:
                new[...] = old
        bigger.set_state(arrays)
        return bigger

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """The parameters under their names in a checkpoint."""
        yield "symbols", self.first.table
        yield "symbols_bias", self.first.bias
        if self.front is not None and self.join is not None:
            for i, layer in enumerate([self.front.first, *(convolution for convolution, _ in self.front.others)]):
                yield f"conv_{i}_weights", layer.weights
                yield f"conv_{i}_bias", layer.bias
            yield "join_weights", self.join.weights
            yield "join_bias", self.join.bias
        for i, dense in enumerate(layer for layer in self.layers if isinstance(layer, Dense)):
            yield f"dense_{i}_weights", dense.weights
            yield f"dense_{i}_bias", dense.bias

    def get_state(self) -> dict[str, np.ndarray]:
        """Copies of all weights, under the names and with the shapes of `parameter_shapes`."""
        return {name: parameter.value.copy() for name, parameter in self.named_parameters()}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over such weights; raises KeyError for a missing array and ValueError for one of another shape."""
        for name, parameter in self.named_parameters():
            if state[name].shape != parameter.value.shape:
                raise ValueError(f"{name} has shape {state[name].shape}, not {parameter.value.shape}")
            parameter.value[...] = state[name]
