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
        tracks = self._tracks.of(game)
        x, y = character.position
        track = tracks.get(id(character))
        if track is None or track.character() is not character:
            tracks[id(character)] = _Track(reference(character), (x, y), None)
            return None
        if track.position != (x, y):
            track.step = (x - track.position[0], y - track.position[1])
            track.position = (x, y)
        return track.step

    def copy_out(self, game: Any) -> list[tuple[Any, Pair, Pair | None]]:
        """What is known of a game, to be kept with it."""
        tracks = self._tracks.of(game).values()
        return [
            (track.character(), track.position, track.step)
            for track in tracks
            if track.character() is not None
        ]

    def copy_in(self, game: Any, known: list[tuple[Any, Pair, Pair | None]]) -> None:
        """Take over what `copy_out` gave, for a copy of the game and its characters."""
        for character, position, step in known:
            self._tracks.of(game)[id(character)] = _Track(reference(character), position, step)


class _Track:
    __slots__ = ("character", "position", "step")

    def __init__(self, character: Callable[[], Any], position: Pair, step: Pair | None):
        self.character, self.position, self.step = character, position, step
