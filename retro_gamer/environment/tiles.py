"""Boards of tiles, as in 2048: each tile is one sign, and between two equal ones is that sign again.

Whether two are equal is what such games are about. A network learns that slowly from the tiles alone: anew for every pair of
places, and every kind of tile. Two are next to each other where only empty places are between them.
"""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from retro_gamer.environment.characters import visible_cells
from retro_gamer.environment.observation import UINT8
from retro_gamer.environment.vocabulary import Vocabulary

LONGEST = 8  # signs of a tile that are read


def tiles_shape(tiles: Sequence[int]) -> tuple[int, int]:
    """(height, width) of what is seen: the places of tiles, and what is between them."""
    return 2 * tiles[5] - 1, 2 * tiles[2] - 1


def look_at_tiles(
    agents: Sequence[Any], board_size: tuple[int, int], tiles: Sequence[int], vocabulary: Vocabulary
) -> np.ndarray:
    """The symbols of the tiles and of what is between them, row by row; a tile is the letters and digits in its row.

    `tiles` are the first column, the columns from one to the next, how many there are, and the same for rows."""
    x, across, n_across, y, down, n_down = tiles
    shown = {(column, row): sign for _, column, row, sign in visible_cells(agents, board_size)}
    seen = np.zeros(tiles_shape(tiles), UINT8)
    for i in range(n_down):
        for j in range(n_across):
            cells = (shown.get((x + j * across + k, y + i * down), "") for k in range(across))
            word = "".join(filter(str.isalnum, cells))[:LONGEST]
            if word:
                seen[2 * i, 2 * j] = vocabulary.add(word) if vocabulary.grows else vocabulary[word]
    for line in (*seen[::2], *seen.T[::2]):
        places = line.nonzero()[0]
        equal = places[:-1][line[places[:-1]] == line[places[1:]]]
        line[equal + 1] = line[equal]
    return seen.ravel()
