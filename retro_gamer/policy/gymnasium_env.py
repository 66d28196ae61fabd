"""A retro game as a Gymnasium environment, for other learning programs.

    from retro_gamer.policy.gymnasium_env import make_gym_env
    env = make_gym_env("snake")        # or "my_game", "my_game:create_game", "my_game.py"

or, with Gymnasium's own `make` and the wrappers it adds:

    env = gymnasium.make("retro_gamer.policy.gymnasium_env:retro_gamer/Game-v0", game="snake")

This is the one module that cannot be imported without Gymnasium.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.values import find_setting
from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.environment.game import RetroEnvironment, seed_everything
from retro_gamer.environment.gym import import_gymnasium
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, NOTHING, ROOM, Vocabulary
from retro_gamer.errors import ConfigError
from retro_gamer.games.screen import board_lines

gymnasium = import_gymnasium()


def make_gym_env(
    game: Union[str, Callable[[], Any]], render_mode: Optional[str] = None, **settings: Any
) -> "RetroGymEnv":
    """A Gymnasium environment for a game.

    Arguments:
        game: what `retro-gamer create --game` takes; or a function that returns a new game, and then the settings must
            name its `actions` and `reward`.
        render_mode: "ansi" for `render()` to return the board as text.
        settings: any of config.toml's [metadata] and [preprocessing], and max_turns_per_episode, by name:
            `board=True`, `egocentric_radius=3`, `actions=["KEY_LEFT", "KEY_RIGHT"]`. What is left out is chosen as
            `retro-gamer create` would.

    Raises RetroGamerErrors for a game or a setting that cannot work.
    """
    if isinstance(game, str):
        config, _, _ = choose_settings(game, settings)
        return RetroGymEnv(config, render_mode=render_mode)
    values: Dict[str, Dict[str, Any]] = {"game": {"module": "a function"}}
    for name, value in settings.items():
        try:
            values.setdefault(find_setting(name)[0], {})[name] = value
        except KeyError:
            raise ConfigError(f"There is no setting {name!r}.") from None
    return RetroGymEnv(RunConfig.from_dict(values, source="the arguments of make_gym_env"), game, render_mode)


class RetroGymEnv(gymnasium.Env):  # type: ignore[name-defined, misc]
    """A retro game with the interface of `gymnasium.Env`.

    Actions: Discrete; `env.actions[i]` is the key of action i, None (the last) for pressing none.
    Observations: MultiDiscrete, the symbol number of every cell (and the radar's readings); a Box of numbers, if state
    values or a function of the game's own are observed; a Dict of both as "cells" and "features", if both are there.
    Characters that turn up late get the symbol numbers that are left over, and then none.

    The reward is the change of the state value `reward`. `info` holds the score, where the game has one. The game has
    its own randomness: what else draws from Python's or NumPy's global generators neither disturbs it nor is disturbed.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 12}

    def __init__(
        self,
        config: RunConfig,
        factory: Optional[Callable[[], Any]] = None,
        render_mode: Optional[str] = None,
    ):
        if render_mode not in (None, "ansi"):
            raise ConfigError(f'render_mode = {render_mode!r}: it can be "ansi", or left out.')
        if config.game.gym or config.tabular:
            raise ConfigError(
                "Only a retro game can be wrapped for Gymnasium, and without an algorithm for tables."
            )
        self.render_mode = render_mode
        self._randomness: Tuple[Any, Any] = random.getstate(), np.random.get_state()
        vocabulary = _FixedVocabulary(config.metadata.character_set)
        vocabulary.make_room(vocabulary.n_symbols + ROOM)  # for characters that turn up late
        with self._own_randomness():
            environment = make_environment(config, vocabulary, factory)
            assert isinstance(environment, RetroEnvironment)
            environment.reset(seed=0)  # shows how long the observation is
            environment.game = None
        self.environment = environment
        self.actions: List[Optional[str]] = environment.actions
        self.action_space = gymnasium.spaces.Discrete(len(self.actions))
        self.observation_space = self._make_observation_space()

    def _make_observation_space(self) -> Any:
        n_cells, n_symbols, n_features, _ = self.environment.shape
        cells = (
            gymnasium.spaces.MultiDiscrete(np.full(n_cells, n_symbols), dtype=np.int64) if n_cells else None
        )
        largest = float(np.finfo(np.float32).max)  # what is infinite is refused
        features = gymnasium.spaces.Box(-largest, largest, (n_features,), np.float32) if n_features else None
        if cells is not None and features is not None:
            return gymnasium.spaces.Dict({"cells": cells, "features": features})
        return cells if cells is not None else features

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[Dict[str, Any]] = None
    ) -> Tuple[Any, Dict[str, Any]]:
        """Start a new game. With a seed it is always the same game, and so are those after it."""
        super().reset(seed=seed)
        with self._own_randomness():
            seed_everything(int(self.np_random.integers(2**32)))
            observation = self.environment.reset()
        return self._convert(observation), self._info()

    def step(self, action: Any) -> Tuple[Any, float, bool, bool, Dict[str, Any]]:
        """Press the key of an action and play one turn: (observation, reward, terminated, truncated, info)."""
        if self.environment.game is None:
            raise ConfigError("step was called before reset.")
        with self._own_randomness():
            observation, reward, terminated, truncated = self.environment.step(int(action))
        return self._convert(observation), reward, terminated, truncated, self._info()

    def render(self) -> Optional[str]:
        """The board as text, a line for each row, when render_mode is "ansi"."""
        return "\n".join(board_lines(self.environment.game)) if self.render_mode == "ansi" else None

    def _convert(self, observation: Observation) -> Any:
        if isinstance(self.observation_space, gymnasium.spaces.Box):
            return observation.features
        cells = observation.inputs.astype(np.int64)
        if isinstance(self.observation_space, gymnasium.spaces.Dict):
            return {"cells": cells, "features": observation.features}
        return cells

    def _info(self) -> Dict[str, Any]:
        score = self.environment.score
        return {} if score is None else {"score": score}

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """Inside, the global generators are this game's own; outside, as if nothing had been drawn."""
        outside = random.getstate(), np.random.get_state()
        random.setstate(self._randomness[0])
        np.random.set_state(self._randomness[1])
        try:
            yield
        finally:
            self._randomness = random.getstate(), np.random.get_state()
            random.setstate(outside[0])
            np.random.set_state(outside[1])


class _FixedVocabulary(Vocabulary):
    """Takes in new characters while there is room, and makes no more room: the spaces of an environment must stay."""

    def __missing__(self, character: str) -> int:
        return self.add(character) if FIRST_CHARACTER + len(self.characters) < self.n_symbols else NOTHING


if "retro_gamer/Game-v0" not in gymnasium.registry:
    gymnasium.register("retro_gamer/Game-v0", entry_point=f"{__name__}:make_gym_env")
