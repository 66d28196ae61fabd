"""How often the straight way to something is barred, in situations of a game."""

from __future__ import annotations

from typing import Dict, Iterable, Sequence, Tuple

from retro_gamer.environment.vocabulary import FIRST_CHARACTER, MAX_CHARACTERS
from retro_gamer.environment.ways import Ways

Pair = Tuple[int, int]


def detours(situations: Iterable[Tuple[Dict[Pair, str], Pair]], barriers: Sequence[str], size: Pair) -> float:
    """Of the shortest walks to the nearest of a kind, the share that would be others without the barriers.

    A situation is what shows in each cell (x, y) of a board of `size` (width, height), and where the character is.
    """
    symbols: Dict[str, int] = {}
    n_walks = n_detours = 0
    for cells, position in situations:
        board = bytearray(size[0] * size[1])
        for (x, y), shown in cells.items():
            if len(symbols) < MAX_CHARACTERS or shown in symbols:
                board[y * size[0] + x] = symbols.setdefault(shown, FIRST_CHARACTER + len(symbols))
        known = [symbols[shown] for shown in barriers if shown in symbols]
        walks, straight = (
            Ways(around).readings(board, 0, size[0], size, position, FIRST_CHARACTER + len(symbols))
            for around in (known, ())
        )
        n_walks += len(walks)
        n_detours += sum(walk != straight[symbol] for symbol, walk in walks.items())
    return n_detours / n_walks if n_walks else 0.0
