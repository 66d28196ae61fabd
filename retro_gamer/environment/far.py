"""What is beyond the window, roughly: the board in parts that grow with the distance, as an eye sees it."""

from __future__ import annotations

from typing import Any

from retro_gamer.environment.readings import Painted, radar_reading
from retro_gamer.environment.vocabulary import Vocabulary

BANDS = range(1, 10)  # the radar's readings of a distance: a part is a band of columns and a band of rows
MOST_KNOWN = 1 << 14  # of the distances that were met, so many are remembered
_LARGEST = {1: 1 << 20, 2: 7, 3: 3, 4: 1, 5: 0, 6: 1, 7: 3, 8: 7, 9: 1 << 20}  # distance in each band


def far_parts(radius: int) -> list[tuple[int, int]]:
    """The parts of the board that are not wholly in a window of this radius, as pairs of readings (across, down)."""
    in_window = {band for band in BANDS if _LARGEST[band] <= radius}
    return [(across, down) for down in BANDS for across in BANDS if not (across in in_window and down in in_window)]


class FarSight:
    """Tells for each part of the board around a character which symbol is there: that of the nearest thing in it."""

    def __init__(self, radius: int):
        parts = far_parts(radius)
        self.n_parts = len(parts)
        self._part_of = {pair: number for number, pair in enumerate(parts)}
        # (dx, dy) -> its part, -1 in the window: faster than computing it.
        self._known: dict[tuple[int, int], int] = {}

    def look(self, painted: Painted, player: Any, center: tuple[int, int], symbols: Vocabulary) -> bytearray:
        """The symbol in each part, 0 where nothing is; of several equally near things, the one painted last."""
        (center_x, center_y), known = center, self._known
        seen, nearest = bytearray(self.n_parts), [1 << 20] * self.n_parts
        for character, x, y, shown in painted:
            dx, dy = x - center_x, y - center_y
            part = known.get((dx, dy))
            if part is None:
                part = self._note(dx, dy)
            if part >= 0 and character is not player:
                distance = abs(dx) + abs(dy)
                symbol = symbols[shown]
                if symbol and distance <= nearest[part]:
                    seen[part], nearest[part] = symbol, distance
        return seen

    def _note(self, dx: int, dy: int) -> int:
        part = self._part_of.get((radar_reading(dx), radar_reading(dy)), -1)
        if len(self._known) < MOST_KNOWN:
            self._known[dx, dy] = part
        return part
