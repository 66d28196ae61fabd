"""What is remembered of the characters of games, for as long as the games live: which way they went, and what they saw."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Generic, NamedTuple, Tuple, TypeVar

from retro_gamer.environment.readings import Canvas

Pair = Tuple[int, int]
T = TypeVar("T")


class Memories(Generic[T]):
    """A value for each character of each game."""

    def __init__(self) -> None:
        # By the id of a game: the game, and by the id of a character: the character and its value.
        self._games: dict[int, tuple[Callable[[], Any], dict[int, tuple[Callable[[], Any], T]]]] = {}

    def get(self, game: Any, character: Any) -> T | None:
        held = self._of(game).get(id(character))
        return held[1] if held is not None and held[0]() is character else None

    def set(self, game: Any, character: Any, value: T) -> None:
        self._of(game)[id(character)] = reference(character), value

    def _of(self, game: Any) -> dict[int, tuple[Callable[[], Any], T]]:
        key, games = id(game), self._games
        known = games.get(key)
        if known is None or known[0]() is not game:
            known = games[key] = reference(game, lambda _: games.pop(key, None)), {}
        return known[1]

    def copy_out(self, game: Any) -> list[tuple[Any, T]]:
        """What is known of a game, to be kept with it."""
        known = [(character(), value) for character, value in self._of(game).values()]
        return [(character, value) for character, value in known if character is not None]

    def copy_in(self, game: Any, known: list[tuple[Any, T]]) -> None:
        """Take over what `copy_out` gave, for a copy of the game and its characters."""
        for character, value in known:
            self.set(game, character, value)


def reference(thing: Any, when_gone: Callable[[Any], Any] | None = None) -> Callable[[], Any]:
    """A weak reference, where the thing allows it: games must not live on because they were looked at."""
    try:
        return weakref.ref(thing, when_gone)
    except TypeError:  # a class with __slots__
        return lambda: thing


class LastSteps:
    """The last step (dx, dy) of each character that is asked about: from where it was seen before to where it is.

    It lasts until the character is seen somewhere else, so it does not matter how often, and by which of several
    characters, it is asked about. None until a character has moved.
    """

    def __init__(self) -> None:
        self.memories: Memories[_Track] = Memories()

    def of(self, game: Any, character: Any) -> Pair | None:
        """Which way it went last; None while it has not moved."""
        return self._track(game, character).step

    def turns_since(self, game: Any, character: Any) -> int | None:
        """How many turns ago it was first seen to have taken that step; None while it has not moved."""
        track = self._track(game, character)
        return None if track.step is None else _turn(game) - track.turn

    def _track(self, game: Any, character: Any) -> _Track:
        x, y = character.position
        track = self.memories.get(game, character)
        if track is None or track.position != (x, y):
            step = None if track is None else (x - track.position[0], y - track.position[1])
            track = _Track((x, y), step, _turn(game))
            self.memories.set(game, character, track)
        return track


def _turn(game: Any) -> int:
    return getattr(game, "turn_number", 0)


class _Track(NamedTuple):
    """Where a character was seen last, by which step it came there, and in which turn that was first seen."""

    position: Pair
    step: Pair | None
    turn: int


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
