"""Helpers that custom observation functions of the original retro-gamer call.

Inside the library boards travel as symbol numbers (`environment/observation.py`); these make one-hot vectors.
"""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from retro_gamer.environment.characters import explain, shown_characters
from retro_gamer.errors import ObservationError

__all__ = ["egocentric_board", "encode_board", "encode_observation", "encode_state"]


def encode_board(board_chars: Sequence[Sequence[str]], character_set: Sequence[str]) -> np.ndarray:
    """One-hot [height, width, characters] of a board given as rows of characters; unknown ones are all zero."""
    width = len(board_chars[0]) if len(board_chars) else 0
    numbers = {character: i for i, character in enumerate(character_set)}
    flat = np.array([numbers.get(character, -1) for row in board_chars for character in row], np.intp)
    result = np.zeros((len(flat), len(character_set)), np.float32)
    known = np.flatnonzero(flat >= 0)
    result[known, flat[known]] = 1
    return result.reshape(len(board_chars), width, len(character_set))


def encode_state(state: dict[str, Any], observe_state: Sequence[str]) -> np.ndarray:
    """The named state values as one float32 vector; lists and tuples flattened, missing values 0."""
    values: list[float] = []
    for key in observe_state:
        value = state.get(key, 0)
        values.extend(map(float, value if isinstance(value, (list, tuple)) else [value]))
    return np.array(values, np.float32)


def egocentric_board(board_chars: Sequence[Sequence[str]], player_pos: tuple[int, int], radius: int) -> list[list[str]]:
    """The (2 radius + 1) x (2 radius + 1) characters around a position; spaces beyond the edge."""
    x, y = player_pos
    height, width = len(board_chars), len(board_chars[0]) if len(board_chars) else 0
    around = range(-radius, radius + 1)
    return [
        [board_chars[y + dy][x + dx] if 0 <= y + dy < height and 0 <= x + dx < width else " " for dx in around]
        for dy in around
    ]


def encode_observation(
    board_chars: Sequence[Sequence[str]],
    state: dict[str, Any],
    metadata: Any,
    observe_state: Sequence[str],
    board: bool = True,
) -> np.ndarray:
    """The flat vector of board and state values that `GameEnvironment` gives.

    The board comes first, [height, width, characters] flattened, or [characters, height, width] when
    `metadata.spatial`; then the state values.
    """
    values = encode_state(state, observe_state)
    if not board:
        return values
    if not metadata.character_set:
        raise ObservationError("metadata.character_set must be set before a board can be encoded.")
    one_hot = encode_board(board_chars, metadata.character_set)
    if metadata.spatial:
        one_hot = one_hot.transpose(2, 0, 1)
    return np.concatenate([one_hot.ravel(), values])


class FlatEncoder:
    """What `encode_board` gives for a game, flattened, straight from its characters.

    `encode(game, n_more)` returns a new float32 vector [board_size * characters + n_more], the last numbers 0.
    """

    def __init__(self, character_set: Sequence[str], board_size: tuple[int, int], spatial: bool):
        self.board_size = width, height = board_size
        n_cells, n = width * height, len(character_set)
        # The number of cell c showing character i is i * n_cells + c channels first, else c * n + i.
        self._per_cell, per_character = (1, n_cells) if spatial else (n, 1)
        self._starts = {character: i * per_character for i, character in enumerate(character_set)}
        self._blank = np.zeros(n_cells * n, np.float32)
        self._empty = self._starts.get(" ")  # usually not among the characters
        if self._empty is not None:
            self._blank[self._empty + self._per_cell * np.arange(n_cells)] = 1

    def encode(self, game: Any, n_more: int = 0) -> np.ndarray:
        shown = shown_characters(game)
        starts, per_cell = self._starts, self._per_cell
        per_row = per_cell * self.board_size[0]
        vector = np.zeros(len(self._blank) + n_more, np.float32)
        if self._empty is not None:
            vector[: len(self._blank)] = self._blank
            vector[[self._empty + int(x) * per_cell + int(y) * per_row for x, y in shown]] = 0
        try:
            vector[
                [
                    starts[character] + x * per_cell + y * per_row
                    for (x, y), character in shown.items()
                    if character in starts
                ]
            ] = 1
        except IndexError as error:  # a position like (2.5, 3)
            raise explain(game, error) from error
        return vector
