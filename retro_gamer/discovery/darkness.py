"""Whether only what is near a character shows, and how near."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, List, Optional, Tuple

Pair = Tuple[int, int]
LEAST = 20  # times that something went out of sight
BEYOND = 0.02  # of what shows may be farther away: it moved in the same turn, say


class Darkness:
    """Watches how far from a character things show, turn by turn."""

    def __init__(self) -> None:
        self._at: Counter[int] = Counter()  # distance -> how many things showed there
        self._gone: Counter[int] = Counter()  # times that what was as far as this went out of sight by a step
        self.begin()

    def begin(self) -> None:
        """A new game begins. What it shows before its first turn does not count: often that is all there is."""
        self._before: Optional[Tuple[Dict[Pair, Any], Pair]] = None

    def note(self, shown: Dict[Pair, List[Tuple[Any, str]]], position: Pair) -> None:
        """What shows where after a turn, and where the character is."""
        there = {
            cell for cell, who in shown.items() if any(getattr(one, "size", None) is None for one, _ in who)
        }
        self._at.update(_distance(cell, position) for cell in there)
        if self._before is not None:
            cells, was_at = self._before
            for cell in cells:
                if cell not in there and _distance(cell, position) > _distance(cell, was_at):
                    self._gone[_distance(cell, was_at)] += 1
        self._before = dict.fromkeys(there), position

    @property
    def sight(self) -> int:
        """The distance within which nearly all that showed was, and at which things went out of sight; 0 for none."""
        within, enough = 0, (1 - BEYOND) * sum(self._at.values())
        for distance in sorted(self._at):
            within += self._at[distance]
            if within >= enough:
                return distance if self._gone[distance] >= LEAST else 0
        return 0


def _distance(cell: Pair, other: Pair) -> int:
    """In columns or rows, whichever are more."""
    return max(abs(cell[0] - other[0]), abs(cell[1] - other[1]))
