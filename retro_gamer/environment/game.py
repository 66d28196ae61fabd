"""A retro game as an environment: keys in, observations and rewards out."""

from __future__ import annotations

import linecache
import math
from typing import Any, Callable, List, Optional, Tuple

from retro_gamer.config.settings import MetadataSettings, PreprocessingSettings
from retro_gamer.environment.base import Environment, Step
from retro_gamer.environment.chance import seed_everything
from retro_gamer.environment.characters import explain
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.new_games import refuse_used_games, share_characters
from retro_gamer.environment.observation import Observation, ObservationShape, as_number, custom_observation
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import GameError, RetroGamerError
from retro_gamer.hosting.blame import blame, blamed, game_location
from retro_gamer.hosting.loading import make_game


def make_encoder(
    metadata: MetadataSettings,
    seen: PreprocessingSettings,
    vocabulary: Vocabulary,
    n_features: Optional[int] = None,
) -> Encoder:
    """The encoder that a configuration describes. Only that of a whole board needs to know its size beforehand.

    `n_features` is how many numbers the observed state values are, where that is known.
    """
    encoder = Encoder(
        vocabulary,
        board_size=(metadata.board_size[0], metadata.board_size[1]) if metadata.board_size else (1, 1),
        board=seen.board,
        egocentric_radius=seen.egocentric_radius,
        radar=seen.radar,
        observe_state=seen.observe_state,
        find_player=player_finder(metadata.player),
    )
    if n_features is not None:
        encoder.n_features = n_features
    return encoder


LARGEST = 2.0**53  # from here on a float cannot count one by one
ANOTHER_REWARD = 'reward = "NAME" in [metadata] of config.toml (with create: --reward NAME)'


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
        n_features: Optional[int] = None,
    ):
        self.factory, self.metadata, self.encoder = factory, metadata, encoder
        self.observation_function, self.tabular, self.max_turns = observation_function, tabular, max_turns
        self.actions: List[Optional[str]] = [*metadata.actions, None]
        self.game: Any = None
        self._keys = KeyInput()
        self._n_features = n_features  # of the observation function; None until it was called
        self._turn = 0
        self._reward_so_far = 0.0
        self._first_agents: Optional[List[Any]] = None  # until the second game
        self._in_turn = blamed(lambda: f"in turn {self._turn}", self._advice)  # kept: a turn is short

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
        before, self.game = self.game, make_game(self.factory, first=self.game is None)
        self._compare_first_games(before)
        with blamed("when it started"):
            self.game.input_source = self._keys
            self.game.start()
        self._turn = 0
        self._reward_so_far = state_number(self.game, self.metadata.reward)
        return self.observe()

    def _compare_first_games(self, before: Any) -> None:
        """Is the second game new, or made of what the first one used?"""
        if before is None:
            self._first_agents = list(self.game.agents)
        elif self._first_agents is not None:
            if share_characters(before, self._first_agents, self.game):
                refuse_used_games(self.factory, self.metadata.actions)
                self.game = make_game(self.factory)
            self._first_agents = None

    def step(self, action: int) -> Step:
        reward, terminated = self.play_turn(self.actions[action])
        return Step(self.observe(), reward, terminated, not terminated and self._turn >= self.max_turns)

    def play_turn(self, *keys: Optional[str]) -> Tuple[float, bool]:
        """Play one turn with these keys, None for none; returns the reward and whether the game is over."""
        game = self.game
        self._keys.pressed = keys
        self._turn += 1
        with self._in_turn:
            game.step()
            over = not game.playing
        total = state_number(game, self.metadata.reward, self._turn)
        reward, self._reward_so_far = total - self._reward_so_far, total
        return reward, over

    def _advice(self, error: BaseException) -> str:
        return advice_in_turn(error, self.game)

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


def advice_in_turn(error: BaseException, game: Any) -> str:
    """What to try after an error in a turn of a game; empty where nothing is known to help."""
    if isinstance(error, SystemExit):
        return "A game ends with  game.end()"
    place = game_location(error)
    if place is None and isinstance(error, (TypeError, ValueError, AttributeError)):
        return str(explain(game, error))  # the engine tripped over what a character was left like
    if isinstance(error, KeyError) and error.args and isinstance(game.state, dict) and place is not None:
        key = error.args[0]
        if key not in game.state and "state" in linecache.getline(place[0], place[1]):
            return (
                f"The game's state has no {key!r}; it has: {', '.join(map(str, game.state)) or 'nothing'}. Give the new "
                f"Game that value from the start:  Game(agents, {{{key!r}: 0}})"
            )
    return ""


def state_number(game: Any, key: str, turn: int = 0) -> float:
    """A value of the game's state as a number; raises GameError when it is missing or is not one."""
    state = game.state
    if isinstance(state, dict) and key in state:
        value = state[key]
        kind = type(value)
        if (kind is int or kind is float) and -LARGEST < value < LARGEST:
            return float(value)  # nearly always: soon done
    when = f" after turn {turn}" if turn else ""
    if not isinstance(state, dict):
        raise GameError(f"The game's state is {state!r:.200}{when}. It must be a dict, like {{'score': 0}}.")
    if key not in state:
        raise GameError(
            f"The game's state has no value {key!r} to learn from{when}. It has: {', '.join(map(str, state)) or 'nothing'}. "
            f"Give the new Game that value from the start, or name another: {ANOTHER_REWARD}."
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
    if abs(number) >= LARGEST:
        raise GameError(
            f"state[{key!r}] is {number:.3g}{when}: it grows without end, and beside such a number a single point is "
            "nothing. Does it double every turn? Add to it instead, in steps of about 1."
        )
    return number
