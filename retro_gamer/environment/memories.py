"""What is remembered of the characters of games, for as long as the games live."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Generic, TypeVar

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
