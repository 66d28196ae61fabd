"""A retro game as a Gymnasium environment, for other learning programs.

    from retro_gamer.policy.gymnasium_env import make_gym_env
    env = make_gym_env("snake")        # or "my_game", "my_game:create_game", "my_game.py"

or, with Gymnasium's own `make` and the wrappers it adds, any game or a bundled one:

    env = gymnasium.make("retro_gamer.policy.gymnasium_env:retro_gamer/Game-v0", game="my_game.py")
    env = gymnasium.make("retro_gamer.policy.gymnasium_env:retro_gamer/Snake-v0")

What stands before the colon is imported by Gymnasium, and registers the ids. `import retro_gamer` does too, after
`import gymnasium`.

This is the one module that cannot be imported without Gymnasium.
"""

from __future__ import annotations

import time
from operator import index
from typing import Any, Callable

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import find_setting
from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.gym import import_gymnasium
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, NOTHING, ROOM, Vocabulary
from retro_gamer.errors import ConfigError, command_line
from retro_gamer.games import register
from retro_gamer.games.screen import Screen, board_lines
from retro_gamer.hosting.randomness import OwnRandomness, seed_everything
from retro_gamer.policy.picture import board_picture

gymnasium = import_gymnasium()


def make_gym_env(game: str | Callable[[], Any], render_mode: str | None = None, **settings: Any) -> RetroGymEnv:
    """A Gymnasium environment for a game.

    Arguments:
        game: what `retro-gamer create --game` takes; or a function that returns a new game, and then the settings must
            name its `actions` and `reward`.
        render_mode: "ansi" for `render()` to return the board as text, "rgb_array" for a picture [height, width, 3] of
            uint8, "human" to have every turn drawn in the terminal.
        settings: any of config.toml's [metadata] and [preprocessing], and max_turns_per_episode, by name:
            `board=True`, `egocentric_radius=3`, `actions=["KEY_LEFT", "KEY_RIGHT"]`. What is left out is chosen as
            `retro-gamer create` would.

    Raises RetroGamerErrors for a game or a setting that cannot work.
    """
    if isinstance(game, str):
        return RetroGymEnv(choose_settings(game, settings)[0], render_mode=render_mode)
    values: dict[str, dict[str, Any]] = {}
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

    `config` is a RunConfig, or what `make_gym_env` takes as a game. Pickled, it comes back with the game it is in, if
    the game's own objects can be pickled.

    The reward is the change of the state value `reward`. `info` holds the score, where the game has one. The game has
    its own randomness: what else draws from Python's or NumPy's global generators neither disturbs it nor is disturbed.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array", "human"], "render_fps": 12}

    def __init__(self, config: RunConfig | str, factory: Callable[[], Any] | None = None, render_mode: str | None = None):
        if render_mode not in (None, *self.metadata["render_modes"]):
            modes = ", ".join(self.metadata["render_modes"])
            raise ConfigError(f"render_mode = {render_mode!r}: it can be one of {modes}, or left out.")
        if isinstance(config, str):
            config = choose_settings(config)[0]
        _check_one_player(config)
        self.render_mode, self._config, self._factory = render_mode, config, factory
        self._screen: Screen | None = None  # when it draws in the terminal
        self._randomness = OwnRandomness()
        vocabulary = _FixedVocabulary(config.metadata.character_set)
        vocabulary.make_room(vocabulary.n_symbols + ROOM)  # for characters that turn up late
        with self._randomness:
            environment = make_environment(config, vocabulary, factory)
            assert isinstance(environment, RetroEnvironment)
            environment.reset(seed=0)  # shows how long the observation is
            environment.runner.game = None
        self.environment = environment
        self.actions: list[str | None] = environment.actions
        self.action_space = gymnasium.spaces.Discrete(len(self.actions))
        self.observation_space = self._make_observation_space()

    def _make_observation_space(self) -> Any:
        n_cells, n_symbols, n_features, _ = self.environment.shape
        cells = gymnasium.spaces.MultiDiscrete(np.full(n_cells, n_symbols), dtype=np.int64) if n_cells else None
        largest = float(np.finfo(np.float32).max)  # what is infinite is refused
        features = gymnasium.spaces.Box(-largest, largest, (n_features,), np.float32) if n_features else None
        if cells is not None and features is not None:
            return gymnasium.spaces.Dict({"cells": cells, "features": features})
        return cells if cells is not None else features

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start a new game. With a seed it is always the same game, and so are those after it."""
        super().reset(seed=seed)
        with self._randomness:
            seed_everything(int(self.np_random.integers(2**32)))
            observation = self.environment.reset()
        self._show()
        return self._convert(observation), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Press the key of an action and play one turn: (observation, reward, terminated, truncated, info)."""
        if self.environment.game is None:
            raise ConfigError("step was called before reset.")
        number = self._number_of(action)
        with self._randomness:
            observation, reward, terminated, truncated = self.environment.step(number)
        self._show()
        return self._convert(observation), reward, terminated, truncated, self._info()

    def _number_of(self, action: Any) -> int:
        try:
            number = index(action)
        except TypeError:
            number = -1
        if not 0 <= number < len(self.actions):
            known = ", ".join(f"{i} ({key or 'no key'})" for i, key in enumerate(self.actions))
            raise ConfigError(f"There is no action {action!r:.100}. An action is one of: {known}.")
        return number

    def render(self) -> None | str | np.ndarray:
        """The board: text, a line for each row ("ansi"), or pixels [height, width, 3] uint8 ("rgb_array").

        None when it is drawn in the terminal anyway ("human"), or not at all.
        """
        if self.render_mode not in ("ansi", "rgb_array"):
            return None
        if self.environment.game is None:
            raise ConfigError("render was called before reset.")
        if self.render_mode == "rgb_array":
            return board_picture(self.environment.game)
        return "\n".join(board_lines(self.environment.game))

    def _show(self) -> None:
        """Draw the game in the terminal, a turn at a time."""
        if self.render_mode != "human":
            return
        if self._screen is None:
            self._screen = Screen().__enter__()
        self._screen.render(self.environment.game)
        if self._screen.is_terminal:
            time.sleep(1 / self.metadata["render_fps"])

    def close(self) -> None:
        """Give the terminal back."""
        if self._screen is not None:
            self._screen.__exit__(None, None, None)
            self._screen = None

    def __reduce__(self) -> Any:
        # Made anew first, which finds the game's module again; then put where it was.
        environment, encoder = self.environment, self.environment.encoder
        state = {
            "environment": {name: getattr(environment, name) for name in _OF_A_GAME},
            "runner": {name: getattr(environment.runner, name) for name in _OF_A_RUNNER},
            "characters": list(environment.characters),
            "last_position": encoder._last_position if encoder is not None else None,
            "last_steps": encoder.last_steps.memories.copy_out(environment.game)
            if encoder is not None and environment.game is not None
            else [],
            "charts": encoder.charts.memories.copy_out(environment.game)
            if encoder is not None and encoder.charts is not None and environment.game is not None
            else [],
            "own": {"_randomness": self._randomness, "_np_random": self._np_random, "spec": self.spec},
        }
        return type(self), (self._config, self._factory, self.render_mode), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["own"])
        self.environment.__dict__.update(state["environment"])
        self.environment.runner.__dict__.update(state["runner"])
        encoder = self.environment.encoder
        if encoder is not None:
            for character in state["characters"]:
                encoder.vocabulary.add(character)
            encoder._last_position = state["last_position"]
            encoder.last_steps.memories.copy_in(self.environment.game, state["last_steps"])
            if encoder.charts is not None:
                encoder.charts.memories.copy_in(self.environment.game, state["charts"])
        if self.environment.game is not None:
            self.environment.game.input_source = self.environment.runner._input

    def _convert(self, observation: Observation) -> Any:
        if isinstance(self.observation_space, gymnasium.spaces.Box):
            return observation.features
        cells = observation.inputs.astype(np.int64)
        if isinstance(self.observation_space, gymnasium.spaces.Dict):
            return {"cells": cells, "features": observation.features}
        return cells

    def _info(self) -> dict[str, Any]:
        score = self.environment.score
        return {} if score is None else {"score": score}


class _FixedVocabulary(Vocabulary):
    """Takes in new characters while there is room, and makes no more room: the spaces of an environment must stay."""

    def __missing__(self, character: str) -> int:
        return self.add(character) if FIRST_CHARACTER + len(self.characters) < self.n_symbols else NOTHING


_OF_A_GAME = ("_reward_so_far", "_n_features")  # of the environment
_OF_A_RUNNER = ("game", "turn", "_input")


def _check_one_player(config: RunConfig) -> None:
    if config.teams:
        names = " and ".join(team.name for team in config.teams)
        game = config.game.module.replace("retro_gamer.games.", "")
        raise ConfigError(
            f"{config.game.module} is a game for {len(config.teams)} teams ({names}), but a Gymnasium environment has one "
            "player. Wrap a game for one, such as snake; or train the teams against each other:\n"
            f"  {command_line('create', '--game', game, '--output', 'runs/game')}"
        )
    if config.game.environment_name or config.tabular:
        raise ConfigError("Only a retro game can be wrapped for Gymnasium, and without an algorithm for tables.")


register(gymnasium)
