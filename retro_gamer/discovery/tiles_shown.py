"""Are numbers what a game is played with, as in 2048? Then they stand on a grid, and all else stays as it is."""

from __future__ import annotations

from typing import Any, Sequence, Tuple

from retro_gamer.discovery.written import numbers_of, without_known

LEAST = 4  # numbers that change: fewer are clocks
MOST_DIFFERENT = 64  # in random play: more would be kinds without end

Place = Tuple[int, int]


class TilesShown:
    """Reads what is on a board, turn by turn."""

    def __init__(self) -> None:
        self._turns, self._width, self._down = 0, 1, 0
        self._numbers: dict[Place, set[str]] = {}  # where a character is -> the numbers that it showed
        self._said: dict[Place, dict[str, int]] = {}  # and all but numbers of the state, in how many turns
        self._known: set[int] = set()  # numbers of the state, before the last turn

    def note(self, game: Any) -> None:
        """Look at a game after a turn."""
        now = numbers_of(game.state)
        known, self._known = now | self._known, now
        if not game.playing:  # what it says then is no part of the play
            return
        self._turns += 1
        for agent in game.agents:
            if not getattr(agent, "display", True):
                continue
            place, size, shown = tuple(agent.position), getattr(agent, "size", None), agent.character
            rows = list(map(str, shown)) if isinstance(shown, (list, tuple)) else [str(shown)]
            text = " ".join(rows)
            number = "".join(filter(str.isalnum, text))
            if size is not None and size[0] > 1 and number.isdigit():
                self._numbers.setdefault(place, set()).add(number)
                self._width = max(self._width, size[0])
                self._down = next(down for down, row in enumerate(rows) if any(map(str.isdigit, row)))
            said, new = self._said.setdefault(place, {}), " ".join(without_known(text, known).split())
            said[new] = said.get(new, 0) + 1

    def found(self) -> list[int]:
        """First column, columns from one tile to the next, how many; the same for rows. [] where there are no tiles."""
        still = {place for place, said in self._said.items() if list(said.values()) == [self._turns]}
        tiles = self._numbers.keys() - still
        numbers = {number for place in tiles for number in self._numbers[place]}
        if len(tiles) < LEAST or len(numbers) > MOST_DIFFERENT or self._said.keys() - still - tiles:
            return []
        columns, rows = (sorted({place[i] for place in tiles}) for i in (0, 1))
        across, down = _step(columns, self._width), _step(rows, 1)
        regular = across >= self._width and down and min(columns[0], rows[0]) >= 0
        return [columns[0], across, len(columns), rows[0] + self._down, down, len(rows)] if regular else []


def _step(places: Sequence[int], alone: int) -> int:
    """From one place to the next; 0 where that is not always the same."""
    steps = {after - before for before, after in zip(places, places[1:])} or {alone}
    return min(steps) if len(steps) == 1 else 0
