"""The readings of an observation: two numbers for each kind of character, such as where the radar sees the nearest one."""

from __future__ import annotations

from typing import Any, Callable, Iterable, NamedTuple, Sequence, Tuple

from retro_gamer.environment.vocabulary import FIRST_CHARACTER, OFF_BOARD, Vocabulary

READINGS_PER_CHARACTER = 2
N_READINGS = 10  # different ones, from 0 on
LONGEST_RHYTHM = N_READINGS - 1  # turns that can be told apart
# Settings of which each brings them.
WITH_READINGS = ("radar", "last_step", "kinds", "room", "place", "steps_of", "rhythm_of")

Painted = Iterable[Tuple[Any, int, int, str]]  # as `visible_cells` gives them


def _reading(distance: int) -> int:
    size = min(4, abs(distance).bit_length())
    return 5 + size if distance > 0 else 5 - size


_KNOWN = {distance: _reading(distance) for distance in range(-512, 513)}  # a table: faster than computing it


def radar_reading(distance: int) -> int:
    """How the radar tells a distance: 5 is zero; 6, 7, 8, 9 are 1, 2-3, 4-7 and 8 or more cells to the right or below;
    4, 3, 2, 1 the same to the left or above. 0 is left for where there is no such character."""
    known = _KNOWN.get(distance)
    return _reading(int(distance)) if known is None else known


def grid_size(board_size: Sequence[int], cell_size: Sequence[int]) -> tuple[int, int]:
    """Columns and rows of cells of this size (width, height), which is empty for (1, 1)."""
    wide, high = cell_size or (1, 1)
    return -(-board_size[0] // wide), -(-board_size[1] // high)


def shortest(distance: int, size: int) -> int:
    """The same distance the shorter way round, on a board of this width or height whose edges join."""
    return (distance + size // 2) % size - size // 2


def note(readings: bytearray, symbol: int, first: int, second: int) -> None:
    """Write the two readings of a kind of character; symbols that are none have no place."""
    if symbol >= FIRST_CHARACTER:
        place = READINGS_PER_CHARACTER * (symbol - FIRST_CHARACTER)
        readings[place], readings[place + 1] = first, second


def note_nearest(
    readings: bytearray,
    painted: Painted,
    player: Any,
    center: tuple[int, int],
    symbols: Vocabulary,
    urgency_of: Callable[[int, int], int] | None,
) -> None:
    """Where the nearest, or most urgent, of each kind is; of several equally near ones, the one painted last."""
    center_x, center_y = center
    nearest: dict[int, tuple[int, int, int]] = {}  # symbol -> (distance, dx, dy)
    for character, x, y, shown in painted:
        if character is not player:
            symbol = symbols[shown]
            dx, dy = x - center_x, y - center_y
            distance = abs(dx) + abs(dy) if urgency_of is None else urgency_of(dx, dy)
            best = nearest.get(symbol)
            if best is None or distance <= best[0]:
                nearest[symbol] = (distance, dx, dy)
    for symbol, (_, dx, dy) in nearest.items():
        note(readings, symbol, radar_reading(dx), radar_reading(dy))


class Canvas(NamedTuple):
    """The symbols of a board: that in column x and row y is number first + y * stride + x of `cells`."""

    cells: bytearray
    first: int
    stride: int
    size: tuple[int, int]  # (width, height)


def rows_near(board: Canvas, y: int, reach: int) -> tuple[bytearray, int, range]:
    """The rows at most `reach` away from row `y`: their cells, how far they are apart, and which they are.

    Something off the board parts one row from the next, so that whoever goes from cell to cell meets the edge.
    """
    cells, first, stride, (width, height) = board
    rows = range(max(0, y - reach), min(height, y + reach + 1))
    begin, end = first + rows.start * stride, first + rows.stop * stride
    if stride > width and cells[begin + width] == OFF_BOARD:  # the cells beyond the edge part them already
        return cells[begin:end], stride, rows
    lines = (cells[line : line + width] for line in range(begin, end, stride))
    return bytearray((OFF_BOARD,)).join(lines), width + 1, rows
