"""A retro game as an environment: keys in, observations and rewards out."""

from __future__ import annotations

from typing import Any, Callable

from retro_gamer.config.settings import MetadataSettings, PreprocessingSettings
from retro_gamer.environment.base import Environment, Step
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.observation import Observation, ObservationShape, custom_observation
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.runner import GameRunner, state_number
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.hosting.blame import blame, blamed


def make_encoder(
    metadata: MetadataSettings, seen: PreprocessingSettings, vocabulary: Vocabulary, n_features: int | None = None
) -> Encoder:
    """The encoder that a configuration describes. Only that of a whole board needs to know its size beforehand.

    `n_features` is how many numbers the observed state values are, where that is known.
    """
    encoder = Encoder(
        vocabulary,
        board_size=(metadata.board_size[0], metadata.board_size[1]) if metadata.board_size else (1, 1),
        find_player=player_finder(metadata.player),
        **{name: value for name, value in vars(seen).items() if name != "spatial"},
    )
    if n_features is not None:
        encoder.n_features = n_features
    return encoder


def actions_of(metadata: MetadataSettings) -> list[str | None]:
    """What can be done in a turn of a game: press one of its keys, or None, unless it is turn-based."""
    return [*metadata.actions] if metadata.turn_based else [*metadata.actions, None]


class RetroEnvironment(Environment):
    """A retro game, observed as compact symbol numbers (or by a custom function).

    The last action is doing nothing, but in a turn-based game, which would stand still. The reward of a turn is the change
    of `state[metadata.reward]`.
    """

    def __init__(
        self,
        factory: Callable[[], Any],
        metadata: MetadataSettings,
        encoder: Encoder | None,
        observation_function: Callable[[Any], Any] | None = None,
        tabular: bool = False,
        max_turns: int = 2000,
        n_features: int | None = None,
    ):
        self.metadata, self.encoder = metadata, encoder
        self.observation_function, self.tabular, self.max_turns = observation_function, tabular, max_turns
        self.actions: list[str | None] = actions_of(metadata)
        self.runner = GameRunner(factory, metadata.actions)
        self._n_features = n_features  # of the observation function; None until it was called
        self._reward_so_far = 0.0

    @property
    def game(self) -> Any:
        """The game being played; None before the first."""
        return self.runner.game

    @property
    def shape(self) -> ObservationShape:
        if self.observation_function is not None:
            return ObservationShape(0, self.n_symbols, self._n_features or 0, (0, 0))
        assert self.encoder is not None
        return self.encoder.shape

    @property
    def n_symbols(self) -> int:
        return self.encoder.vocabulary.n_symbols if self.encoder is not None else 1

    @property
    def characters(self) -> list[str]:
        return self.encoder.vocabulary.characters if self.encoder is not None else []

    @property
    def score(self) -> float | None:
        return self.runner.value(self.metadata.score) if self.metadata.score else None

    def reset(self, seed: int | None = None) -> Any:
        self.runner.reset(seed)
        self._reward_so_far = self.runner.value(self.metadata.reward)
        return self.observe()

    def step(self, action: int) -> Step:
        return self.press(self.actions[action])

    def press(self, key: str | None) -> Step:
        """Play one turn with this key, None for none: also where no action is to press none."""
        reward, terminated = self.play_turn(key)
        return Step(self.observe(), reward, terminated, not terminated and self.runner.turn >= self.max_turns)

    def play_turn(self, key: str | None = None) -> tuple[float, bool]:
        """Play one turn with a key, None for none; returns the reward and whether the game is over."""
        runner = self.runner
        over = runner.play_turn((key,))
        total = state_number(runner.game, self.metadata.reward, runner.turn)
        reward, self._reward_so_far = total - self._reward_so_far, total
        return reward, over

    def observe(self) -> Any:
        if self.observation_function is None:
            assert self.encoder is not None
            try:
                return self.encoder.observe(self.runner.game)
            except (RetroGamerError, KeyboardInterrupt):
                raise
            except BaseException as error:  # such as one in a property of the game's
                raise blame(error, f"when its board was looked at after turn {self.runner.turn}") from error
        with blamed("in its observation function"):
            value = self.observation_function(self.game)
        observation = custom_observation(value, self._n_features, self.tabular)
        if self._n_features is None and isinstance(observation, Observation):
            self._n_features = len(observation.features)
        return observation
