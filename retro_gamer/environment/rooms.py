"""How many free cells can be reached from the cells beside a character: is it about to shut itself in?"""

from __future__ import annotations

from typing import Iterable, List, Tuple

from retro_gamer.environment.vocabulary import NOTHING, ROOM_ACROSS, ROOM_DOWN

# What a reading says of the free cells on a side. Whether another side has more is one reading, however many there are:
# so what was learned of one trap holds for all.
WORDS = ("not known", "none", "fewer than on another side", "1-7", "8-31", "32-127", "128 or more")
NOT_KNOWN, NONE, FEWER, MOST = 0, 1, 2, 3
PLENTY = 128
REACH = 16  # rows further up or down than this are not looked at
# What people call the two readings of each.
FREE_CELLS = {
    ROOM_ACROSS: ("free cells to the left", "free cells to the right"),
    ROOM_DOWN: ("free cells above", "free cells below"),
}


class Rooms:
    """Counts the free cells that can be reached through each of the four cells beside a character.

    A cell is free where nothing shows, or one of the symbols `free`. The board is one large whole number, a byte for
    each cell, 1 where it is free: so a few operations on it let all reached cells reach the cells beside them at once.
    """

    def __init__(self, free: Iterable[int]):
        free = {NOTHING, *free}
        self._is_free = bytes(symbol in free for symbol in range(256))

    def readings(
        self, cells: bytearray, first: int, stride: int, size: Tuple[int, int], position: Tuple[int, int]
    ) -> List[int]:
        """Readings for the cells to the left, to the right, above and below `position` (x, y); 0 each off the board.

        `cells` holds the symbols of a board of `size` (width, height), which begins at the index `first`; its rows are
        `stride` apart.
        """
        (x, y), (width, height) = position, size
        if not (0 <= x < width and 0 <= y < height):
            return [NOT_KNOWN] * 4
        top = max(0, y - REACH)
        begin, end = first + top * stride, first + min(height, y + REACH + 1) * stride
        if stride > width:  # the cells beyond the edge part one row from the next
            board, place = cells[begin:end], (y - top) * stride + x
        else:
            board = bytearray(b"\1").join(cells[row : row + width] for row in range(begin, end, stride))
            stride += 1
            place = (y - top) * stride + x
        free = int.from_bytes(board.translate(self._is_free), "little")
        free &= ~(1 << 8 * place)  # not through the character itself
        beside = (place - 1, place + 1, place - stride, place + stride)
        starts = [free & 1 << 8 * start if start >= 0 else 0 for start in beside]
        counts = _count(free, starts, 8 * stride, len(board))
        most = max(counts)
        best = MOST + (most > 7) + (most > 31) + (most == PLENTY)
        return [NONE if not n else best if n == most else FEWER for n in counts]


def _count(free: int, starts: List[int], row: int, n_bytes: int) -> List[int]:
    """How many cells, at most PLENTY, are reached from each of the `starts`: a bit, or 0 where the cell is not free."""
    counts = [0, 0, 0, 0]
    for side, reached in enumerate(starts):
        if not reached or counts[side]:
            continue
        n_cells, before = 1, 0
        while before < n_cells < PLENTY:
            for _ in range(3):  # counting takes longer than spreading
                reached |= (reached << 8 | reached >> 8) & free
                reached |= (reached << row | reached >> row) & free
            before, n_cells = n_cells, reached.to_bytes(n_bytes, "little").count(1)
        for other in range(side, 4):  # the others may lead to the same cells
            if starts[other] & reached:
                counts[other] = min(PLENTY, n_cells)
    return counts
