"""Which way characters stepped last, found out from the positions they were seen at."""

from __future__ import annotations

from typing import Any, NamedTuple, Tuple

from retro_gamer.environment.memories import Memories

Pair = Tuple[int, int]


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
