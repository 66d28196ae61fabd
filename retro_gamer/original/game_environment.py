"""GameEnvironment, as scripts for the original retro-gamer use it."""

from __future__ import annotations

import random
from typing import Any, Callable, Sequence

import numpy as np

from retro_gamer.config.key_names import key_problem
from retro_gamer.config.settings import MetadataSettings
from retro_gamer.environment.characters import shown_characters
from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.observation import NO_FEATURES
from retro_gamer.errors import ConfigError, GameError, ObservationError
from retro_gamer.hosting.game_protocol import Game
from retro_gamer.original.game_factory import check_factory
from retro_gamer.original.metadata import GameMetadata
from retro_gamer.original.observation import FlatEncoder, encode_state

__all__ = ["GameEnvironment"]


class GameEnvironment:
    """The environment of the original retro-gamer, for scripts written for it.

    `reset()` returns an observation, `step(key)` a tuple (observation, reward, done). The observation is the flat
    one-hot float32 vector of the board (channels first when `metadata.spatial`), followed by the state values
    `observe_state`; or whatever `metadata.observation_function` returns.

    Arguments:
        game_factory: a function that returns a new game.
        metadata: what the game is.
        observe_state: names of state values to observe; a list or tuple among them counts as its numbers.
        board: whether the board is observed.
        observe_state_sizes: kept, as there, and not used.

    Raises ConfigError (a ValueError) when observation_function and observe_state are both given, and what the game
    does wrong as a RetroGamerError.
    """

    def __init__(
        self,
        game_factory: Callable[[], Game],
        metadata: GameMetadata,
        observe_state: Sequence[str] | None = None,
        board: bool = True,
        observe_state_sizes: dict[str, int] | None = None,
    ):
        check_factory(game_factory)
        self.game_factory, self.metadata = game_factory, metadata
        self.observe_state_sizes = observe_state_sizes or {}
        self.observe_state, self.board = list(observe_state or []), board
        self._observation_function = metadata.resolve_observation_function()
        if self._observation_function is not None and self.observe_state:
            raise ConfigError(
                "observation_function and observe_state are both set; either describes all that is "
                "observed. Remove one: the function can return the state values too."
            )
        settings = MetadataSettings(actions=list(metadata.actions), reward=metadata.reward)
        self._environment = RetroEnvironment(
            game_factory, settings, None, self._observation_function or _no_observation, tabular=True
        )
        self._flat_encoder: FlatEncoder | None = None
        self._encoded: Any = None  # what the encoder was made for

    def __repr__(self) -> str:
        name = getattr(self.game_factory, "__name__", repr(self.game_factory))
        return f"GameEnvironment({name}, actions={self.metadata.actions}, reward={self.metadata.reward!r})"

    @property
    def game(self) -> Any:
        """The game being played; None before the first `reset()`."""
        return self._environment.game

    @property
    def inp(self) -> KeyInput | None:
        """What the game takes its keys from; `inp.press(key)` chooses the key of the next turn."""
        return None if self.game is None else self.game.input_source

    @property
    def view(self) -> BoardView | None:
        """What the board shows now."""
        return None if self.game is None else BoardView(self.game)

    def reset(self) -> Any:
        """Start a new game; returns its first observation, float32 [metadata.obs_size] unless a function makes it."""
        observation = self._environment.reset()
        return observation if self._observation_function else self._flat()

    def step(self, action: str | None) -> tuple[Any, float, bool]:
        """Press a key (None for none) and play one turn; returns (observation, reward, done).

        The reward is the change of the state value `metadata.reward`; done says that the game has ended.
        """
        if action is not None and action not in self.metadata.actions:
            why = key_problem(action) if isinstance(action, str) else 'A key is named by text, such as "KEY_LEFT".'
            if why:
                raise ConfigError(f"{action!r} cannot be pressed. {why}")
        if self.game is None:
            raise GameError("There is no game yet: call reset() first.")
        reward, terminated = self._environment.play_turn(action)
        return self._environment.observe() if self._observation_function else self._flat(), reward, terminated

    def discover_character_set(self, exploration_turns: int) -> list[str]:
        """The characters that show up on the board in this many turns of random play, sorted."""
        characters: set[str] = set()
        chooser = random.Random(0)
        self._environment.reset()
        for _ in range(exploration_turns):
            characters.update(shown_characters(self.game).values())
            if self._environment.play_turn(chooser.choice([*self.metadata.actions, None]))[1]:
                self._environment.reset()
        return sorted(characters - {" "})

    def _flat(self) -> np.ndarray:
        game, metadata = self._environment.game, self.metadata
        values = encode_state(game.state, self.observe_state) if self.observe_state else NO_FEATURES
        if not self.board:
            return values
        if not metadata.character_set:
            raise ObservationError(
                "The characters of the board are not known yet: set metadata.character_set first "
                "(discover_character_set(200) finds them)."
            )
        wanted = (metadata.character_set, game.board_size, metadata.spatial)
        if self._flat_encoder is None or wanted != self._encoded:
            self._encoded = (list(metadata.character_set), *wanted[1:])
            self._flat_encoder = FlatEncoder(*self._encoded)
        vector = self._flat_encoder.encode(game, len(values))
        if len(values):
            vector[-len(values) :] = values
        return vector


class BoardView:
    """A board as text, as the original's views hold it."""

    def __init__(self, game: Any):
        self._game = game

    @property
    def board_characters(self) -> list[list[str]]:
        """Rows of characters: `board_characters[y][x]`, a space where nothing is."""
        width, height = self._game.board_size
        shown = shown_characters(self._game)
        return [[shown.get((x, y), " ") for x in range(width)] for y in range(height)]


def _no_observation(game: Any) -> None:
    """Stands in where nothing is observed."""
