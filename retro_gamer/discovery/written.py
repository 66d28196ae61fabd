"""Whether what is written on a board tells anything that is not known without it, or is what the game is played with."""

from __future__ import annotations

import re
from typing import Any, Sequence, Tuple

from retro_gamer.environment.characters import displayed, text_of, visible_cells, without_texts
from retro_gamer.environment.player import keyboard_driven

NUMBER = re.compile(r"\d+(?:\.\d+)?")
LEAST_TILES = 4  # numbers that change: fewer are clocks
MOST_DIFFERENT = 64  # in random play: more would be kinds without end
Place = Tuple[int, int]


class Written:
    """Reads the texts of a game, turn by turn."""

    def __init__(self) -> None:
        # Of turns without a player on the board and with one: which text -> what it said, in how many turns
        self._said: tuple[dict[tuple[str, Any], dict[str, int]], ...] = ({}, {})
        self._turns = [0, 0]
        self._others: dict[str, None] = {}  # the characters that are in no text, in their order
        self._numbers: set[int] = set()  # of the state, before the last turn

    def note(self, game: Any) -> None:
        numbers = numbers_of(game.state)
        known, self._numbers = numbers | self._numbers, numbers
        if game.turn_number <= 1:  # what the numbers were before was not seen
            return
        players = keyboard_driven(game)
        played = bool(players)
        self._turns[played] += 1
        for agent in game.agents:
            text = text_of(agent)
            if text and not any(agent is player for player in players):
                which = type(agent).__name__, tuple(agent.position)
                said = self._said[played].setdefault(which, {})
                words = _what_is_new(text, known)
                said[words] = said.get(words, 0) + 1
        if any(self._said):
            others = without_texts(game.agents, players[0] if players else None)
            shown = [shown for _, _, _, shown in visible_cells(others, game.board_size)]
            self._others.update(dict.fromkeys(character for character in shown if character.strip()))

    def outside(self) -> list[str] | None:
        return list(self._others) if any(self._said) else None

    def others(self) -> list[str] | None:
        """The characters that are in no text, where all texts are always there and say always the same, but for numbers
        of the state; None where there is no text, or nothing else, or one that says something.

        What a game says while nobody plays yet, such as how to begin, tells no more than that nobody is there.
        """
        played = self._turns[True] > 0
        texts = self._said[played].values()
        still = all(list(said.values()) == [self._turns[played]] for said in texts)
        return self.outside() if self._others and still else None


def numbers_of(state: dict[str, Any]) -> set[int]:
    """The numbers of a state, as they may be written on a board."""
    values = [abs(value) for value in state.values() if _is_finite(value)]
    return {int(value) for value in values} | {round(value) for value in values}


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 1e15


def _what_is_new(text: str, known: set[int]) -> str:
    """The letters of a text, and those of its numbers that are not known."""
    return "".join(filter(str.isalnum, without_known(text, known)))


def without_known(text: str, known: set[int]) -> str:
    """A text without those of its numbers that are known."""

    def number(found: Any) -> str:
        return "" if int(float(found[0])) in known else str(found[0])

    return NUMBER.sub(number, text)


class TilesShown:
    """Are numbers what a game is played with, as in 2048? Then they stand on a grid, and all else stays as it is."""

    def __init__(self) -> None:
        self._turns, self._width, self._down = 0, 1, 0
        self._numbers: dict[Place, set[str]] = {}  # where a character is -> the numbers that it showed
        self._said: dict[Place, dict[str, int]] = {}  # and all but numbers of the state, in how many turns
        self._known: set[int] = set()  # numbers of the state, before the last turn

    def note(self, game: Any) -> None:
        now = numbers_of(game.state)
        known, self._known = now | self._known, now
        if not game.playing:  # what it says then is no part of the play
            return
        self._turns += 1
        for agent in displayed(game.agents):
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
        if len(tiles) < LEAST_TILES or len(numbers) > MOST_DIFFERENT or self._said.keys() - still - tiles:
            return []
        columns, rows = (sorted({place[i] for place in tiles}) for i in (0, 1))
        across, down = _step(columns, self._width), _step(rows, 1)
        regular = across >= self._width and down and min(columns[0], rows[0]) >= 0
        return [columns[0], across, len(columns), rows[0] + self._down, down, len(rows)] if regular else []


def _step(places: Sequence[int], alone: int) -> int:
    """From one place to the next; 0 where that is not always the same."""
    steps = {after - before for before, after in zip(places, places[1:])} or {alone}
    return min(steps) if len(steps) == 1 else 0
