"""The network of the original retro-gamer: its shapes, and its weights in our layout."""

from __future__ import annotations

from math import prod
from typing import Any, Dict

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import CheckpointError
from retro_gamer.nn.sparse.front import Convolution
from retro_gamer.original.torch_file import Tensor, TorchFile
from retro_gamer.runs.policy_description import PolicyDescription

Arrays = Dict[str, np.ndarray]
CONVOLUTIONS = (Convolution(32, 3, 1), Convolution(64, 3, 1))  # of its spatial network


def n_inputs_of(config: RunConfig) -> tuple[int, int]:
    """How many inputs its network has for the one-hot board, and how many besides."""
    metadata = config.metadata
    n_board = len(metadata.character_set) * metadata.board_size[0] * metadata.board_size[1]
    return n_board if config.preprocessing.board else 0, metadata.extras_size


def expected_shapes(config: RunConfig) -> dict[str, tuple[int, ...]]:
    """The shape of every array in its `model_state_dict`."""
    shapes: dict[str, tuple[int, ...]] = {}
    n_board, n_more = n_inputs_of(config)
    layers, n_inputs = "net", n_board + n_more
    if config.preprocessing.spatial:
        layers, n_channels = "mlp", len(config.metadata.character_set)
        for i, (filters, kernel, _) in enumerate(CONVOLUTIONS):
            shapes[f"conv.{2 * i}.weight"], shapes[f"conv.{2 * i}.bias"] = (
                (filters, n_channels, kernel, kernel),
                (filters,),
            )
            n_channels = filters
        n_inputs = n_channels * config.metadata.board_size[0] * config.metadata.board_size[1] + n_more
    sizes = [n_inputs, *config.model.hidden_sizes, len(config.metadata.actions) + 1]
    for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
        shapes[f"{layers}.{2 * i}.weight"], shapes[f"{layers}.{2 * i}.bias"] = (n_out, n_in), (n_out,)
    return shapes


def read_weights(file: TorchFile, tensors: dict[Any, Any], config: RunConfig) -> Arrays:
    """The arrays of a `model_state_dict`; raises CheckpointError unless they are those that the configuration implies."""
    expected = expected_shapes(config)
    for name, shape in expected.items():
        tensor = tensors.get(name)
        if not isinstance(tensor, Tensor) or tensor.shape != shape or tensor.storage.dtype != "f4":
            found = "is missing"
            if isinstance(tensor, Tensor):
                found = f"has shape {tensor.shape} and type {tensor.storage.dtype}"
            raise CheckpointError(
                f"{name} {found}, but by the run's config.toml it has shape {shape} and type f4: "
                "board_size, character_set, hidden_sizes or another setting is not the one it was "
                "trained with"
            )
    if len(tensors) > len(expected):
        raise CheckpointError(
            f"its network has {len(tensors)} arrays, but by the run's config.toml there are "
            f"{len(expected)}: hidden_sizes or another setting is not the one it was trained with"
        )
    if sum(4 * prod(shape) for shape in expected.values()) > file.n_bytes:
        raise CheckpointError("its tensors are larger together than the file")
    return {name: file.read(tensors[name]) for name in expected}


def network_of(weights: Arrays, config: RunConfig, vocabulary: Vocabulary, known: PolicyDescription) -> Arrays:
    """Its weights in our layout: the arrays of `QNetwork.get_state()`.

    its board      one-hot: [cell, character], or [character, row, column] when spatial; no input for other characters
    ours           symbol numbers, for which the first layer has the rows features, [symbol - 1, cell]
    its layers     weights [n_outputs, n_inputs]; convolutions [n_outputs, n_inputs, row, column]
    ours           weights [n_inputs, n_outputs]; convolutions [row, column, n_inputs, n_outputs]
    """
    layers, sizes = "mlp" if known.spatial else "net", known.hidden_sizes
    first = weights[f"{layers}.0.weight"].T  # [n_inputs, n_outputs]: the board, then the features
    n_board = len(first) - known.n_features
    board, features, bias = first[:n_board], first[n_board:], weights[f"{layers}.0.bias"]
    # Where a character stands more than once in the set, the last place counts.
    characters = config.metadata.character_set if known.n_cells else ()
    places = {character: i for i, character in enumerate(characters)}
    space = places.pop(" ", None)
    symbols = {vocabulary[character]: i for character, i in places.items()}
    network: Arrays = {}
    if known.spatial:
        network.update(_convolutions(weights, symbols, known.n_symbols))
        network.update(_join(board, known.board_shape))
    elif symbols:
        by_cell = board.reshape(known.n_cells, -1, sizes[0])
        by_symbol = np.zeros((known.n_symbols - 1, known.n_cells, sizes[0]), np.float32)
        for symbol, i in symbols.items():
            by_symbol[symbol - 1] = by_cell[:, i]
        if space is not None:
            # Here an empty cell has no input: the bias adds what it would, and characters take it back.
            by_symbol -= by_cell[:, space]
            bias = bias + by_cell[:, space].sum(axis=0)
        features = np.concatenate([features, by_symbol.reshape(-1, sizes[0])])
    network["symbols"], network["symbols_bias"] = features, bias
    for i in range(len(sizes)):
        network[f"dense_{i}_weights"] = weights[f"{layers}.{2 * i + 2}.weight"].T
        network[f"dense_{i}_bias"] = weights[f"{layers}.{2 * i + 2}.bias"]
    return network


def _join(board: np.ndarray, board_shape: tuple[int, ...]) -> Arrays:
    """The dense layer after the convolutions, from its rows [filter * row * column, n_outputs]."""
    (height, width), n_outputs = board_shape, board.shape[1]
    by_place = board.reshape(CONVOLUTIONS[1].filters, height, width, n_outputs).transpose(1, 2, 0, 3)
    return {"join_weights": by_place.reshape(-1, n_outputs), "join_bias": np.zeros(n_outputs, np.float32)}


def _convolutions(weights: Arrays, symbols: dict[int, int], n_symbols: int) -> Arrays:
    filters, kernel, _ = CONVOLUTIONS[0]
    first = np.zeros((kernel, kernel, n_symbols - 1, filters), np.float32)
    for symbol, i in symbols.items():
        first[:, :, symbol - 1] = weights["conv.0.weight"][:, i].transpose(1, 2, 0)
    second = weights["conv.2.weight"].transpose(2, 3, 1, 0)
    return {
        "conv_0_weights": first.reshape(-1, filters),
        "conv_0_bias": weights["conv.0.bias"],
        "conv_1_weights": second.reshape(-1, CONVOLUTIONS[1].filters),
        "conv_1_bias": weights["conv.2.bias"],
    }
