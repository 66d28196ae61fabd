"""A retro game as an environment: keys in, observations and rewards out."""

from __future__ import annotations

import math
import random
from typing import Any, Callable, List, Optional, Tuple

import numpy as np

from retro_gamer.config.settings import MetadataSettings, PreprocessingSettings
from retro_gamer.environment.base import Environment, Step
from retro_gamer.environment.characters import explain
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.observation import Observation, ObservationShape, as_number, custom_observation
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import GameError, RetroGamerError
from retro_gamer.hosting.blame import blame, blamed, game_location
from retro_gamer.hosting.loading import make_game


def seed_everything(seed: int) -> None:
    """Games draw from Python's and NumPy's global generators: put both in a known state."""
    random.seed(seed)
    np.random.seed(seed % 2**32)


def make_encoder(metadata: MetadataSettings, seen: PreprocessingSettings, vocabulary: Vocabulary) -> Encoder:
    """The encoder that a configuration describes. Only that of a whole board needs to know its size beforehand."""
    return Encoder(
        vocabulary,
        board_size=(metadata.board_size[0], metadata.board_size[1]) if metadata.board_size else (1, 1),
        board=seen.board,
        egocentric_radius=seen.egocentric_radius,
        radar=seen.radar,
        observe_state=seen.observe_state,
        find_player=player_finder(metadata.player),
    )


class RetroEnvironment(Environment):
    """A retro game, observed as compact symbol numbers (or by a custom function).

    The last action is doing nothing. The reward of a turn is the change of `state[metadata.reward]`.
    """

    def __init__(
        self,
        factory: Callable[[], Any],
        metadata: MetadataSettings,
        encoder: Optional[Encoder],
        observation_function: Optional[Callable[[Any], Any]] = None,
        tabular: bool = False,
        max_turns: int = 2000,
    ):
        self.factory, self.metadata, self.encoder = factory, metadata, encoder
        self.observation_function, self.tabular, self.max_turns = observation_function, tabular, max_turns
        self.actions: List[Optional[str]] = [*metadata.actions, None]
        self.game: Any = None
        self._keys = KeyInput()
        self._n_features: Optional[int] = None
        self._turn = 0
        self._reward_so_far = 0.0

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
    def characters(self) -> List[str]:
        return self.encoder.vocabulary.characters if self.encoder is not None else []

    @property
    def score(self) -> Optional[float]:
        return state_number(self.game, self.metadata.score) if self.metadata.score else None

    def reset(self, seed: Optional[int] = None) -> Any:
        if seed is not None:
            seed_everything(seed)
        self.game = make_game(self.factory, first=self.game is None)
        with blamed("when it started"):
            self.game.input_source = self._keys
            self.game.start()
        self._turn = 0
        self._reward_so_far = state_number(self.game, self.metadata.reward)
        return self.observe()

    def step(self, action: int) -> Step:
        reward, terminated = self.play_turn(self.actions[action])
        return Step(self.observe(), reward, terminated, not terminated and self._turn >= self.max_turns)

    def play_turn(self, *keys: Optional[str]) -> Tuple[float, bool]:
        """Play one turn with these keys, None for none; returns the reward and whether the game is over."""
        game = self.game
        self._keys.pressed = keys
        self._turn += 1
        with blamed(f"in turn {self._turn}", self._advice):
            game.step()
            over = not game.playing
        total = state_number(game, self.metadata.reward, self._turn)
        reward, self._reward_so_far = total - self._reward_so_far, total
        return reward, over

    def _advice(self, error: BaseException) -> str:
        if isinstance(error, (TypeError, ValueError, AttributeError)) and not game_location(error):
            return str(explain(self.game, error))  # the engine tripped over what a character was left like
        return "A game ends with  game.end()" if isinstance(error, SystemExit) else ""

    def observe(self) -> Any:
        if self.observation_function is None:
            assert self.encoder is not None
            try:
                return self.encoder.observe(self.game)
            except (RetroGamerError, KeyboardInterrupt):
                raise
            except BaseException as error:  # such as one in a property of the game's
                raise blame(error, f"when its board was looked at after turn {self._turn}") from error
        with blamed("in its observation function"):
            value = self.observation_function(self.game)
        observation = custom_observation(value, self._n_features, self.tabular)
        if self._n_features is None and isinstance(observation, Observation):
            self._n_features = len(observation.features)
        return observation


def state_number(game: Any, key: str, turn: int = 0) -> float:
    """A value of the game's state as a number; raises GameError when it is missing or is not one."""
    state = game.state
    if isinstance(state, dict) and key in state:
        value = state[key]
        kind = type(value)
        if kind is int and -(2**53) < value < 2**53 or kind is float and math.isfinite(value):
            return float(value)  # nearly always: soon done
    when = f" after turn {turn}" if turn else ""
    if not isinstance(state, dict):
        raise GameError(f"The game's state is {state!r:.200}{when}. It must be a dict, like {{'score': 0}}.")
    if key not in state:
        raise GameError(
            f"The game's state has no value {key!r} to learn from{when}. It has: {', '.join(map(str, state)) or 'nothing'}. "
            "Give the new Game that value from the start, or name another with --reward."
        )
    value = state[key]
    try:
        number = as_number(value)
    except OverflowError:
        number = math.inf
    except Exception:  # an object of the game's own may raise anything
        raise GameError(
            f"state[{key!r}] is {value!r:.200}{when}, which is not a number. The agent learns to make a number "
            "grow."
        ) from None
    if not math.isfinite(number):
        raise GameError(
            f"state[{key!r}] is {number}{when}. Look for a division by zero, or a number that doubles for ever."
        )
    return number
