"""Gymnasium environments, trained on like games. Gymnasium is imported only when one is asked for."""
from __future__ import annotations

import importlib
import math
import random
from typing import Any, List, Optional

import numpy as np

from retro_gamer.config import RunConfig
from retro_gamer.environment.base import Environment, Step
from retro_gamer.environment.observation import NO_CELLS, Observation, ObservationShape
from retro_gamer.errors import ConfigError, GameError, ObservationError


def import_gymnasium() -> Any:
    try:
        return importlib.import_module("gymnasium")
    except ImportError:
        raise ConfigError('Gymnasium is not installed. Install it with  pip install "retro-gamer-numpy[gym]"') from None


class GymEnvironment(Environment):
    """A Gymnasium environment with discrete actions, and Box or Discrete observations.

    A Discrete observation is one-hot for a network and the number itself for a table. A Box is flattened.
    """

    def __init__(self, name: str, tabular: bool = False, max_turns: int = 2000, render_mode: Optional[str] = None):
        gymnasium = import_gymnasium()
        try:
            self.env = gymnasium.make(name, render_mode=render_mode)
        except Exception as error:
            raise ConfigError(f"Gymnasium cannot make {name!r}: {error}") from error
        self.name, self.tabular, self.max_turns = name, tabular, max_turns
        actions, observations = self.env.action_space, self.env.observation_space
        if type(actions).__name__ != "Discrete":
            raise ConfigError(f"{name} has actions of the kind {actions}. Only discrete actions can be learned here: a fixed "
                              "list to choose from. Wrap the environment so that it offers one.")
        kind = type(observations).__name__
        if kind not in ("Box", "Discrete"):
            raise ConfigError(f"{name} has observations of the kind {observations}. Only Box (numbers) and Discrete (one whole "
                              "number) can be learned from. gymnasium.wrappers.FlattenObservation turns others into a Box.")
        if kind == "Box" and tabular:
            raise ConfigError(f"{name} is observed as continuous numbers ({observations}), which hardly ever repeat: a table "
                              'cannot learn from them. Use algorithm = "dqn".')
        self._first_action, self._first_state = int(getattr(actions, "start", 0)), int(getattr(observations, "start", 0))
        self._n_states = int(observations.n) if kind == "Discrete" else 0
        self._n_features = self._n_states or int(np.prod(observations.shape))
        self.actions = [str(action) for action in range(int(actions.n))]
        self._turn = 0

    @property
    def shape(self) -> ObservationShape:
        return ObservationShape(0, 1, self._n_features, (0, 0))

    def reset(self, seed: Optional[int] = None) -> Any:
        self._turn = 0
        if seed is None:  # from the global generator, whose state is saved: a resumed training sees the same games
            seed = random.randrange(2**31)
        observation, _ = self.env.reset(seed=seed)
        return self._observation(observation)

    def step(self, action: int) -> Step:
        self._turn += 1
        observation, reward, terminated, truncated, _ = self.env.step(action + self._first_action)
        reward = float(reward)
        if not math.isfinite(reward):
            raise GameError(f"{self.name} gave the reward {reward} in turn {self._turn}. A reward must be an ordinary number.")
        terminated = bool(terminated)
        return Step(self._observation(observation), reward, terminated,
                    not terminated and (bool(truncated) or self._turn >= self.max_turns))

    def _observation(self, observation: Any) -> Any:
        if self._n_states:
            state = int(observation)
            if self.tabular:
                return state
            features = np.zeros(self._n_states, np.float32)
            features[state - self._first_state] = 1
            return Observation(NO_CELLS, features)
        features = np.array(observation, np.float32).ravel()
        if not np.isfinite(features).all():
            raise ObservationError(f"{self.name} returned an observation that contains {features[~np.isfinite(features)][0]} in "
                                   f"turn {self._turn}. Only ordinary numbers can be learned from.")
        return Observation(NO_CELLS, features)


def describe_gym(config: RunConfig) -> List[str]:
    """Fill in what a run on a Gymnasium environment needs; returns what there is to tell."""
    environment = GymEnvironment(config.game.gym, config.tabular, config.training.max_turns_per_episode)
    seen, training = config.preprocessing, config.training
    seen.board, seen.egocentric_radius, seen.radar = False, 0, False
    limit = environment.env.spec.max_episode_steps if environment.env.spec is not None else None
    if limit:
        training.max_turns_per_episode = int(limit)
    return [f"{config.game.gym}: {len(environment.actions)} actions, observations {environment.env.observation_space}."]
