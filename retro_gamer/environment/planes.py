"""Pictures made of planes, such as MinAtar's, as boards of characters.

A picture of planes is an array [height, width, planes] of true and false: where is the player, where are enemies, where
bullets? Here each plane is a kind of character: what is true in the first plane is an A there, in the second a B, and so on.

    plane 0    plane 1           board
    0 0 0      0 1 0             . B .
    0 1 0      0 0 1             . A B

So whatever looks at the board of a game can look at such a picture too: the window around the player, the radar, a
convolution. A cell shows one character: the player, or that of the highest of its planes.
"""

from __future__ import annotations

from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Sequence

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import MetadataSettings, PreprocessingSettings
from retro_gamer.environment.game import make_encoder
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.vocabulary import Vocabulary

LETTERS = ascii_uppercase + ascii_lowercase  # of the planes: at most so many


class Thing:
    """A character on such a board. It never moves: the next picture has others."""

    __slots__ = ("character", "name", "position")

    def __init__(self, character: str, position: tuple[int, int]):
        self.character = self.name = character
        self.position = position


class PlanesBoard:
    """The board that a picture shows, as an `Encoder` looks at it.

    `shape` is (height, width, planes), `letters` [planes] the character of each plane; `player` is the letter of the plane
    that shows who acts, or "".
    """

    def __init__(self, shape: tuple[int, ...], letters: Sequence[str], player: str):
        height, width, n_planes = shape
        self.board_size = width, height
        self.state: dict[str, Any] = {}
        self.agents: list[Thing] = []  # what comes first is painted last: the player, then the highest plane
        order = sorted(range(n_planes), key=lambda plane: (letters[plane] == player, plane), reverse=True)
        self._order = np.array(order)
        # Made once: [planes * height * width], in the order of the painting.
        self._things = [Thing(letters[plane], (x, y)) for plane in order for y in range(height) for x in range(width)]

    def show(self, picture: np.ndarray) -> None:
        """Put on the board what is not 0 in a picture [height, width, planes]."""
        places = picture.transpose(2, 0, 1)[self._order].ravel().nonzero()[0]
        self.agents = [self._things[place] for place in places.tolist()]


class PlanesView:
    """From a picture [height, width, planes] to what a policy sees of it.

    `metadata.character_set` are the letters of the planes, `metadata.player` that of the player's, "" for none.
    """

    def __init__(
        self, shape: tuple[int, ...], metadata: MetadataSettings, seen: PreprocessingSettings, vocabulary: Vocabulary
    ):
        self.shape, self._player = shape, metadata.player
        self.board = PlanesBoard(shape, metadata.character_set, metadata.player)
        self.encoder = make_encoder(replace(metadata, board_size=list(self.board.board_size)), seen, vocabulary)
        self.encoder.find_player = self._find_player

    def _find_player(self, board: PlanesBoard) -> Any:
        first = next(iter(board.agents), None)
        return first if first is not None and first.character == self._player else None

    def observe(self, value: Any) -> Observation:
        """Raises ValueError with what is wrong about a value, as the end of a sentence."""
        picture = np.asarray(value)
        if picture.shape != self.shape:
            raise ValueError(f"it has shape {picture.shape}, not {self.shape}")
        if picture.dtype.kind not in "biuf":
            raise ValueError("it does not hold numbers only")
        self.board.show(picture)
        return self.encoder.observe(self.board)


def sees_planes(config: RunConfig) -> bool:
    """Whether a run on an environment sees a picture as a board: older ones, without letters, see its numbers."""
    return bool(config.game.environment_name and config.metadata.character_set and not config.tabular)
