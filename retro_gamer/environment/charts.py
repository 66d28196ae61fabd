"""What a character has seen of its board so far, where only what is near it shows: as a map that it draws on its way."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from retro_gamer.environment.memories import Memories, reference

Pair = Tuple[int, int]


class Charts:
    """For each character that looks around, the board as it saw each cell last; what it never saw is the symbol `unseen`.

    It sees the cells at most `sight` columns and rows away. A new game, a board of another size, or a jump farther than
    it sees begin a new chart. Looking twice at the same board changes nothing.
    """

    def __init__(self, sight: int, unseen: int):
        self.sight, self.unseen = sight, unseen
        self._charts: Memories[_Chart] = Memories()

    def look(
        self, game: Any, character: Any, cells: bytearray, first: int, stride: int, size: Pair, position: Pair
    ) -> bytearray:
        """The chart in the form of `cells`, once the character has seen what is around `position` (x, y). `cells`,
        `first`, `stride` and `size` are as in `rows_near`.
        """
        (x, y), (width, height) = position, size
        charts = self._charts.of(game)
        chart = charts.get(id(character))
        if (
            chart is None
            or chart.character() is not character
            or len(chart.cells) != len(cells)
            or max(abs(x - chart.position[0]), abs(y - chart.position[1])) > self.sight
        ):
            blank = bytearray(cells)
            for begin in range(first, first + height * stride, stride):
                blank[begin : begin + width] = bytes((self.unseen,)) * width
            chart = charts[id(character)] = _Chart(reference(character), blank, position)
        chart.position = position
        left, right = max(0, x - self.sight), min(width, x + self.sight + 1)
        for row in range(max(0, y - self.sight), min(height, y + self.sight + 1)):
            begin = first + row * stride
            chart.cells[begin + left : begin + right] = cells[begin + left : begin + right]
        return chart.cells

    def copy_out(self, game: Any) -> list[tuple[Any, bytes, Pair]]:
        """What is known of a game, to be kept with it."""
        charts = self._charts.of(game).values()
        return [
            (chart.character(), bytes(chart.cells), chart.position)
            for chart in charts
            if chart.character() is not None
        ]

    def copy_in(self, game: Any, known: list[tuple[Any, bytes, Pair]]) -> None:
        """Take over what `copy_out` gave, for a copy of the game and its characters."""
        for character, cells, position in known:
            self._charts.of(game)[id(character)] = _Chart(reference(character), bytearray(cells), position)


class _Chart:
    __slots__ = ("character", "cells", "position")

    def __init__(self, character: Callable[[], Any], cells: bytearray, position: Pair):
        self.character, self.cells, self.position = character, cells, position
