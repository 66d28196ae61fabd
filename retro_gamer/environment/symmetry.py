"""What was seen and done, as in a mirror or turned: where a game knows no left and right, one turn teaches several."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterator, Sequence, Tuple

import numpy as np

from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.far import far_parts
from retro_gamer.environment.flow import WAYS
from retro_gamer.environment.readings import N_READINGS
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, PLACE, RHYTHM_OF, ROOM_ACROSS, ROOM_DOWN, STEP_OF
from retro_gamer.environment.ways import ABOVE, BELOW, LEFT, N_STEPS, RIGHT
from retro_gamer.errors import ConfigError
from retro_gamer.nn.sparse.lists import NO_MORE, Boards, SymbolLists, entries

Vector = Tuple[int, int]
Turn = Tuple[bool, int, int]  # are columns and rows swapped? Then: x times 1 or -1, y times 1 or -1

STEPS = {LEFT: (-1, 0), RIGHT: (1, 0), ABOVE: (0, -1), BELOW: (0, 1)}
SIDES = {ROOM_ACROSS: (LEFT, RIGHT), ROOM_DOWN: (ABOVE, BELOW)}  # of which free cells are read
NOWHERE = (0, 0)  # of what has no direction


def turns_of(symmetry: str) -> list[Turn]:
    """All turns of "x" (left and right swapped), "y" (above and below), "xy", or "all" (quarter turns, too)."""
    across, down = (1, -1) if symmetry != "y" else (1,), (1, -1) if symmetry != "x" else (1,)
    return [(swap, x, y) for swap in ((False, True) if symmetry == "all" else (False,)) for x in across for y in down]


def turned(vector: Vector, turn: Turn) -> Vector:
    swap, x, y = turn
    return (x * vector[swap], y * vector[not swap])


class Symmetry:
    """Turns what a memory holds: what was on the boards, and what was done.

    `symmetry` is one of those of `turns_of`; `action_ways` says where each action leads: "left", "right", "up", "down", or
    nowhere, "". What an encoder sees are numbers (see `SymbolLists`), so a turn is a table: from each number to another.
    """

    def __init__(self, encoder: Encoder | None, symmetry: str, action_ways: Sequence[str], n_actions: int):
        if encoder is None or encoder.tiles or encoder.kinds:
            raise ConfigError(
                f"symmetry = {symmetry!r}: what is seen here has no left and right to swap. It takes a board or a window, "
                'without tiles and kinds. Or set symmetry = ""'
            )
        differ = len(set(encoder.seen_size)) > 1 or len(encoder.wrap) == 1
        if symmetry == "all" and (encoder.board or encoder.place) and differ:
            why = "this board is not square, or only two edges join"
            raise ConfigError(f'symmetry = "all" turns what is seen, and {why}. Try: symmetry = "xy"')
        self._encoder, self._turns = encoder, turns_of(symmetry)
        vectors = [WAYS.get(way, NOWHERE) for way in action_ways] + [NOWHERE] * (n_actions - len(action_ways))
        counts = Counter(vectors)
        pairs = [(vector, turned(vector, turn)) for vector in counts for turn in self._turns]
        lead = (symmetry == "y" or (1, 0) in counts) and (symmetry == "x" or (0, 1) in counts)
        if not lead or len(vectors) != n_actions or any(counts[one] != counts[other] for one, other in pairs):
            raise ConfigError(
                f"symmetry = {symmetry!r}, and actions lead {list(action_ways)!r}: as many must lead to one side as to "
                'the other. For the keys a, d, Enter: action_ways = ["left", "right", ""]'
            )
        # [turns, n_actions]: which action is this one then
        self._actions = np.array([[_same_way(vectors, action, turn) for action in range(n_actions)] for turn in self._turns])
        self._known: Any = None  # what the tables were made for

    def turned(self, boards: Boards, actions: np.ndarray, rng: Any, share: float) -> tuple[Boards, np.ndarray]:
        """Boards [2 * batch] before and after actions [batch], a share of the pairs turned in any way, or none."""
        which = (rng.random(len(actions)) * len(self._turns) / share).astype(int)
        which[which >= len(self._turns)] = 0  # these stay as they were
        self._make_tables()
        begin = np.concatenate([which, which]) * self._table_size  # [2 * batch], of the table of each board
        turned: Boards
        if isinstance(boards, SymbolLists):
            turned = boards._replace(numbers=self._tables.take(boards.numbers + begin[:, None], mode="clip"))
        else:
            turned, n_cells = np.zeros_like(boards), boards.shape[1]
            board, symbol, cell = entries(boards)
            symbol, cell = np.divmod(self._tables.take((symbol - 1) * n_cells + cell + begin[board]), n_cells)
            turned[board, cell] = symbol + 1
        return turned, self._actions[which, actions]

    def _make_tables(self) -> None:
        """Make them anew where there are more characters than before."""
        shape, names = self._encoder.shape, len(self._encoder.vocabulary.characters)
        if (shape, names) == self._known:
            return
        self._known = shape, names
        cells, meanings = np.arange(shape.n_cells), list(self._meanings())
        tables = [
            (values - 1) * shape.n_cells + to  # [symbols, cells]
            for to, values in (self._of_turn(turn, meanings, cells) for turn in self._turns)
        ]
        self._table_size = tables[0].size
        self._tables = np.append(tables, NO_MORE).astype(np.int32)  # past the end, no more is no more

    def _of_turn(self, turn: Turn, meanings: list[Any], cells: np.ndarray) -> tuple[Any, np.ndarray]:
        """For each cell [n_cells] where it is then; for each symbol in it, from 1 on, [symbols, n_cells] which it is."""
        number_of = {(what, vector): cell for cell, (what, vector, _) in enumerate(meanings)}
        symbols = np.arange(1, self._encoder.vocabulary.n_symbols)
        to, values = cells.copy(), np.repeat(symbols[:, None], len(cells), axis=1)
        for cell, (what, vector, size) in enumerate(meanings):
            x, y = turned(vector, turn)
            # One reading is for both ways along an axis, as are the farthest cells where edges join.
            places = [(what, place) for place in ((x, y), (-x, y), (x, -y), (-x, -y)) if (what, place) in number_of]
            to[cell] = number_of[places[0]]
            if places[0] != (what, (x, y)):
                values[:, cell] = np.where(symbols < size, np.minimum(size - symbols, len(symbols)), symbols)
            if size == N_STEPS and vector == NOWHERE:
                values[: N_STEPS - 1, cell] = [_steps_turned(steps, turn) for steps in range(1, N_STEPS)]
        return to, values

    def _meanings(self) -> Iterator[tuple[Any, Vector, int]]:
        """Of each cell and reading: what it belongs to, its direction there, and `size`.

        Of a reading along an axis, value v is size - v the other way. The first steps of a way have the size N_STEPS.
        """
        encoder, shape = self._encoder, self._encoder.shape
        height, width = shape.board_shape
        # Of an even number of cells the middle is between two; where edges join, it is the player's.
        right, below = (size - (size % 2 or edge not in encoder.wrap) for size, edge in ((width, "x"), (height, "y")))
        for y in range(height):
            for x in range(width):
                yield "cells", (2 * x - right, 2 * y - below), 0
        if encoder.far_sight is not None:
            for across, down in far_parts(encoder.radius):
                yield "far", (across - 5, down - 5), 0
        characters = encoder.vocabulary.characters
        for kind in range(shape.n_symbols - FIRST_CHARACTER if encoder.has_readings else 0):
            shown, symbol = characters[kind] if kind < len(characters) else "", FIRST_CHARACTER + kind
            if shown in SIDES:
                for side in SIDES[shown]:
                    yield "room", STEPS[side], 0
            elif shown.startswith(RHYTHM_OF) or not shown:
                yield symbol, NOWHERE, 0
                yield -symbol, NOWHERE, 0
            elif shown == PLACE:
                for vector, side in zip(((1, 0), (0, 1)), encoder.seen_size):
                    yield symbol, vector, side + 1
            elif encoder.ways is not None and encoder.ways.is_told(symbol) and not shown.startswith(STEP_OF):
                yield symbol, NOWHERE, N_STEPS
                yield -symbol, NOWHERE, 0
            else:
                yield symbol, (1, 0), N_READINGS
                yield symbol, (0, 1), N_READINGS


def _same_way(vectors: list[Vector], action: int, turn: Turn) -> int:
    """The action that leads where this one leads once turned; of several, the one in the same place among its like."""
    to, place = turned(vectors[action], turn), vectors[:action].count(vectors[action])
    return [number for number, vector in enumerate(vectors) if vector == to][place]


def _steps_turned(steps: int, turn: Turn) -> int:
    return sum(other for step, to in STEPS.items() if steps & step for other in STEPS if STEPS[other] == turned(to, turn))
