"""How many free cells can be reached from the cells beside a character: is it about to shut itself in?"""

from __future__ import annotations

from typing import Callable, Iterable

from retro_gamer.environment.readings import Canvas, rows_near
from retro_gamer.environment.vocabulary import NOTHING, ROOM_ACROSS, ROOM_DOWN

# What a reading says of the free cells on a side. A trap reads as a wall does: it has too few of them, and another side has
# more. So what every end of a game against a wall teaches holds for traps, which are rare. There are enough where there are
# as many as are not free: a snake has room there for all its body.
WORDS = ("not known", "none, or a trap", "far too few", "too few", "enough")
NOT_KNOWN, NONE, FAR_TOO_FEW, TOO_FEW, ENOUGH = range(5)
LEAST, PLENTY = 8, 128  # fewer are never enough, and so many always are
REACH = 16  # rows further up or down than this are not looked at
# What people call the two readings of each.
FREE_CELLS = {
    ROOM_ACROSS: ("free cells to the left", "free cells to the right"),
    ROOM_DOWN: ("free cells above", "free cells below"),
}

_bit_count: Callable[[int], int] = getattr(int, "bit_count", lambda n: bin(n).count("1"))


class Rooms:
    """Counts the free cells that can be reached through each of the four cells beside a character.

    A cell is free where nothing shows, or one of the symbols `free`. The board is one large whole number, a bit for each
    cell, of which the first is the highest: so a few operations let all reached cells reach the cells beside them at once.
    """

    def __init__(self, free: Iterable[int]):
        free = {NOTHING, *free}
        self._is_free = bytes(b"01"[symbol in free] for symbol in range(256))

    def readings(self, canvas: Canvas, position: tuple[int, int]) -> list[int]:
        """Readings for the cells to the left, to the right, above and below `position` (x, y); 0 each off the board."""
        (x, y), (width, height) = position, canvas.size
        if not (0 <= x < width and 0 <= y < height):
            return [NOT_KNOWN] * 4
        board, row, rows = rows_near(canvas, y, REACH)
        here = 1 << len(board) - 1 - (y - rows.start) * row - x
        # There is no way through the character itself.
        free = int(board.translate(self._is_free), 2) & ~here
        enough = min(PLENTY, max(LEAST, width * len(rows) - _bit_count(free)))
        starts = [side & free for side in (here << 1, here >> 1, here << row, here >> row)]
        counts = _count(free, starts, row, enough)
        most = max(counts)
        best = ENOUGH if most == enough else TOO_FEW if 4 * most > enough else FAR_TOO_FEW
        return [best if n and n == most else NONE for n in counts]


def _count(free: int, starts: list[int], row: int, enough: int) -> list[int]:
    """How many cells, at most `enough`, are reached from each of the `starts`: a bit, or 0 where the cell is not free."""
    counts = [0, 0, 0, 0]
    for side, reached in enumerate(starts):
        if not reached or counts[side]:
            continue
        n_cells, before = 1, 0
        while before < n_cells < enough:
            for _ in range(3):  # before Python 3.10 counting takes longer than spreading
                reached |= (reached << 1 | reached >> 1) & free
                reached |= (reached << row | reached >> row) & free
            before, n_cells = n_cells, _bit_count(reached)
        for other in range(side, 4):  # the others may lead to the same cells
            if starts[other] & reached:
                counts[other] = min(enough, n_cells)
    return counts
