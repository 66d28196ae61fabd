"""What a character has seen of its board so far, where only what is near it shows: as a map that it draws on its way."""

from __future__ import annotations

from typing import Any, Tuple

from retro_gamer.environment.memories import Memories
from retro_gamer.environment.readings import Canvas

Pair = Tuple[int, int]


class Charts:
    """For each character that looks around, the board as it saw each cell last; what it never saw is the symbol `unseen`.

    It sees the cells at most `sight` columns and rows away. A new game, a board of another size, or a jump farther than
    it sees begin a new chart. Looking twice at the same board changes nothing.
    """

    def __init__(self, sight: int, unseen: int):
        self.sight, self.unseen = sight, unseen
        # What a character has seen, cell by cell, and where it was then.
        self.memories: Memories[tuple[bytes, Pair]] = Memories()

    def look(self, game: Any, character: Any, board: Canvas, position: Pair) -> Canvas:
        """The chart of a character, once it has seen what is around `position` (x, y) on the board as it shows now."""
        (x, y), (width, height) = position, board.size
        seen, before = self.memories.get(game, character) or (b"", position)
        chart = bytearray(seen)
        if len(seen) != len(board.cells) or max(abs(x - before[0]), abs(y - before[1])) > self.sight:
            chart[:] = board.cells
            for row in range(height):
                begin = board.first + row * board.stride
                chart[begin : begin + width] = bytes((self.unseen,)) * width
        left, right = max(0, x - self.sight), min(width, x + self.sight + 1)
        for row in range(max(0, y - self.sight), min(height, y + self.sight + 1)):
            begin = board.first + row * board.stride
            chart[begin + left : begin + right] = board.cells[begin + left : begin + right]
        self.memories.set(game, character, (bytes(chart), position))
        return board._replace(cells=chart)
