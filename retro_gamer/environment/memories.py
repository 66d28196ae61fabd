"""What is remembered of the characters of games, for as long as the games live."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Generic, TypeVar

T = TypeVar("T")


class Memories(Generic[T]):
    """A dict for each game that is asked about, such as: id of a character -> what is remembered of it."""

    def __init__(self) -> None:
        self._games: dict[int, tuple[Callable[[], Any], dict[int, T]]] = {}

    def of(self, game: Any) -> dict[int, T]:
        key = id(game)
        known = self._games.get(key)
        if known is not None and known[0]() is game:
            return known[1]
        games = self._games
        new: dict[int, T] = {}
        games[key] = reference(game, lambda _: games.pop(key, None)), new
        return new


def reference(thing: Any, when_gone: Callable[[Any], Any] | None = None) -> Callable[[], Any]:
    """A weak reference, where the thing allows it: games must not live on because they were looked at."""
    try:
        return weakref.ref(thing, when_gone)
    except TypeError:  # a class with __slots__
        return lambda: thing
