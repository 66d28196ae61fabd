"""Which way characters stepped last, found out from the positions they were seen at."""

from __future__ import annotations

from typing import Any, Callable, Tuple

from retro_gamer.environment.memories import Memories, reference

Pair = Tuple[int, int]


class LastSteps:
    """The last step (dx, dy) of each character that is asked about: from where it was seen before to where it is.

    It lasts until the character is seen somewhere else, so it does not matter how often, and by which of several
    characters, it is asked about. None until a character has moved.
    """

    def __init__(self) -> None:
        self._tracks: Memories[_Track] = Memories()

    def of(self, game: Any, character: Any) -> Pair | None:
        """Which way it went last; None while it has not moved."""
        return self._track(game, character).step

    def turns_since(self, game: Any, character: Any) -> int | None:
        """How many turns ago it was first seen to have taken that step; None while it has not moved."""
        track = self._track(game, character)
        return None if track.step is None else _turn(game) - track.turn

    def _track(self, game: Any, character: Any) -> _Track:
        tracks = self._tracks.of(game)
        x, y = character.position
        track = tracks.get(id(character))
        if track is None or track.character() is not character:
            track = tracks[id(character)] = _Track(reference(character), (x, y))
        elif track.position != (x, y):
            track.step = (x - track.position[0], y - track.position[1])
            track.position, track.turn = (x, y), _turn(game)
        return track

    def copy_out(self, game: Any) -> list[tuple[Any, Pair, Pair | None, int]]:
        """What is known of a game, to be kept with it."""
        tracks = self._tracks.of(game).values()
        return [
            (track.character(), track.position, track.step, track.turn)
            for track in tracks
            if track.character() is not None
        ]

    def copy_in(self, game: Any, known: list[tuple[Any, Pair, Pair | None, int]]) -> None:
        """Take over what `copy_out` gave, for a copy of the game and its characters."""
        for character, position, step, turn in known:
            self._tracks.of(game)[id(character)] = _Track(reference(character), position, step, turn)


def _turn(game: Any) -> int:
    return getattr(game, "turn_number", 0)


class _Track:
    """Where a character was seen last, by which step it came there, and in which turn that was first seen."""

    __slots__ = ("character", "position", "step", "turn")

    def __init__(self, character: Callable[[], Any], position: Pair, step: Pair | None = None, turn: int = 0):
        self.character, self.position, self.step, self.turn = character, position, step, turn
