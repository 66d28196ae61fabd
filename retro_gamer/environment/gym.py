"""Gymnasium environments, trained on like games. Gymnasium is imported only when one is asked for."""

from __future__ import annotations

import importlib
import math
import random
from typing import Any, List, Optional

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment, Step
from retro_gamer.environment.game import seed_everything
from retro_gamer.environment.observation import NO_CELLS, Observation, ObservationShape
from retro_gamer.errors import ConfigError, GameError, ObservationError
from retro_gamer.hosting.blame import blamed


def _advice(error: BaseException) -> str:
    return (
        "An environment ends an episode by returning terminated = True from step; it must not end the program."
        if isinstance(error, SystemExit)
        else ""
    )


def import_gymnasium() -> Any:
    try:
        return importlib.import_module("gymnasium")
    except ImportError:
        raise ConfigError(
            'Gymnasium is not installed. Install it with  pip install "retro-gamer-numpy[gym]"'
        ) from None


class GymEnvironment(Environment):
    """A Gymnasium environment with discrete actions, and Box or Discrete observations.

    A Discrete observation is one-hot for a network and the number itself for a table. A Box is flattened.
    Raises ConfigError for an environment that cannot be made, or has other actions or observations; GameError and
    ObservationError when it goes wrong while it is played.
    """

    def __init__(
        self, name: str, tabular: bool = False, max_turns: int = 2000, render_mode: Optional[str] = None
    ):
        gymnasium = import_gymnasium()
        with blamed(f"while {name} was made", _advice):
            try:
                # Gymnasium's own checker would only warn of what is refused below.
                self.env = gymnasium.make(name, render_mode=render_mode, disable_env_checker=True)
            except Exception as error:
                raise ConfigError(
                    f"Gymnasium cannot make {name!r}: {str(error) or type(error).__name__}"
                ) from error
        self.name, self.tabular, self.max_turns = name, tabular, max_turns
        actions, observations, spaces = self.env.action_space, self.env.observation_space, gymnasium.spaces
        if not isinstance(actions, spaces.Discrete):
            raise ConfigError(
                f"{name} has actions of the kind {actions}. Only discrete actions can be learned here: a "
                "fixed list to choose from. Wrap the environment so that it offers one."
            )
        if not isinstance(observations, (spaces.Box, spaces.Discrete)):
            raise ConfigError(
                f"{name} has observations of the kind {observations}. Only Box (numbers) and Discrete "
                "(one whole number) can be learned from. gymnasium.wrappers.FlattenObservation turns "
                "others into a Box."
            )
        if isinstance(observations, spaces.Box) and tabular:
            raise ConfigError(
                f"{name} is observed as continuous numbers ({observations}), which hardly ever repeat: a "
                'table cannot learn from them. Use algorithm = "dqn".'
            )
        self._first_action = int(getattr(actions, "start", 0))
        self._n_states = self._first_state = 0  # of a Discrete observation
        if isinstance(observations, spaces.Discrete):
            self._n_states, self._first_state = int(observations.n), int(getattr(observations, "start", 0))
        self._n_features = self._n_states or int(np.prod(observations.shape))
        self.actions = [str(action) for action in range(int(actions.n))]
        self._turn = 0

    @property
    def shape(self) -> ObservationShape:
        return ObservationShape(0, 1, self._n_features, (0, 0))

    def reset(self, seed: Optional[int] = None) -> Any:
        if (
            seed is None
        ):  # from the global generator, whose state is saved: a resumed training sees the same games
            seed = random.randrange(2**31)
        else:
            seed_everything(seed)  # for environments that draw from the global generators
        self._turn = 0
        with blamed(f"when it was reset with seed {seed} ({self.name})", _advice):
            observation, _ = self.env.reset(seed=seed)
        return self._observation(observation)

    def step(self, action: int) -> Step:
        self._turn += 1
        with blamed(f"in turn {self._turn} ({self.name})", _advice):
            observation, reward, terminated, truncated, _ = self.env.step(action + self._first_action)
            reward, terminated, truncated = float(reward), bool(terminated), bool(truncated)
        if not math.isfinite(reward):
            raise GameError(
                f"{self.name} gave the reward {reward} in turn {self._turn}. A reward must be an ordinary "
                "number: look for a division by zero or the logarithm of zero where it is computed."
            )
        return Step(
            self._observation(observation),
            reward,
            terminated,
            not terminated and (truncated or self._turn >= self.max_turns),
        )

    def _observation(self, observation: Any) -> Any:
        if self._n_states:
            return self._discrete(observation)
        try:
            with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused
                features = np.array(observation, np.float32).ravel()
        except Exception:  # an object of the environment's own may raise anything
            raise self._unexpected(observation) from None
        if len(features) != self._n_features:
            raise self._unexpected(observation)
        if not np.isfinite(features).all():
            raise ObservationError(
                f"{self.name} returned an observation that contains {features[~np.isfinite(features)][0]} in turn "
                f"{self._turn}. Only ordinary numbers can be learned from: look for a division by zero, or a number "
                "that doubles for ever."
            )
        return Observation(NO_CELLS, features)

    def _discrete(self, observation: Any) -> Any:
        try:
            state = int(observation)
        except Exception:
            raise self._unexpected(observation) from None
        if not 0 <= state - self._first_state < self._n_states:
            raise self._unexpected(observation)
        if self.tabular:
            return state
        features = np.zeros(self._n_states, np.float32)
        features[state - self._first_state] = 1
        return Observation(NO_CELLS, features)

    def _unexpected(self, observation: Any) -> ObservationError:
        return ObservationError(
            f"{self.name} returned the observation {observation!r:.200} in turn {self._turn}, which is not what it "
            f"says it returns: {self.env.observation_space}."
        )


def describe_gym(config: RunConfig) -> List[str]:
    """Fill in what a run on a Gymnasium environment needs; returns what there is to tell."""
    environment = GymEnvironment(config.game.gym, config.tabular, config.training.max_turns_per_episode)
    seen, training = config.preprocessing, config.training
    seen.board, seen.egocentric_radius, seen.radar = False, 0, False
    limit = environment.env.spec.max_episode_steps if environment.env.spec is not None else None
    if limit:
        training.max_turns_per_episode = int(limit)
    observations = " ".join(str(environment.env.observation_space).split())
    return [f"{config.game.gym}: {len(environment.actions)} actions, observations {observations}."]
