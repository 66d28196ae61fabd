"""Helpers that custom observation functions of the original retro-gamer call.

Inside the library boards travel as symbol numbers (`environment/observation.py`); these make one-hot vectors.
"""
from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from retro_gamer.environment.observation import Encoder
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, Vocabulary
from retro_gamer.errors import ObservationError


def encode_board(board_chars: Sequence[Sequence[str]], character_set: Sequence[str]) -> np.ndarray:
    """One-hot [height, width, characters] of a board given as rows of characters; unknown ones are all zero."""
    width = len(board_chars[0]) if len(board_chars) else 0
    numbers = {character: i for i, character in enumerate(character_set)}
    flat = np.array([numbers.get(character, -1) for row in board_chars for character in row], np.intp)
    result = np.zeros((len(flat), len(character_set)), np.float32)
    known = np.flatnonzero(flat >= 0)
    result[known, flat[known]] = 1
    return result.reshape(len(board_chars), width, len(character_set))


def encode_state(state: Dict[str, Any], observe_state: Sequence[str]) -> np.ndarray:
    """The named state values as one float32 vector; lists and tuples flattened, missing values 0."""
    values: List[float] = []
    for key in observe_state:
        value = state.get(key, 0)
        values.extend(map(float, value if isinstance(value, (list, tuple)) else [value]))
    return np.array(values, np.float32)


def egocentric_board(board_chars: Sequence[Sequence[str]], player_pos: Tuple[int, int], radius: int) -> List[List[str]]:
    """The (2 radius + 1) x (2 radius + 1) characters around a position; spaces beyond the edge."""
    x, y = player_pos
    height, width = len(board_chars), len(board_chars[0]) if len(board_chars) else 0
    around = range(-radius, radius + 1)
    return [[board_chars[y + dy][x + dx] if 0 <= y + dy < height and 0 <= x + dx < width else " " for dx in around]
            for dy in around]


def encode_observation(board_chars: Sequence[Sequence[str]], state: Dict[str, Any], metadata: Any,
                       observe_state: Sequence[str], board: bool = True) -> np.ndarray:
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


def flat_one_hot(game: Any, character_set: Sequence[str], spatial: bool, board: bool,
                 observe_state: Sequence[str]) -> np.ndarray:
    """What `encode_observation` gives for a game, straight from its characters."""
    values = encode_state(game.state, observe_state)
    if not board:
        return values
    width, height = game.board_size
    encoder = Encoder(Vocabulary(character_set), board_size=(width, height), board=True, egocentric_radius=0, radar=False,
                      observe_state=(), find_player=lambda game: None)
    symbols = encoder.observe(game).cells
    places = symbols.nonzero()[0]
    characters = symbols[places].astype(np.intp) - FIRST_CHARACTER
    n = len(character_set)
    one_hot = np.zeros(n * width * height + len(values), np.float32)
    one_hot[characters * (width * height) + places if spatial else places * n + characters] = 1
    if len(values):
        one_hot[n * width * height:] = values
    return one_hot
