"""Environments in Gymnasium's form, with `reset` and `step`: driven here, and what they return is checked."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any, Sequence

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment, Step
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.observation import NO_CELLS, Observation, ObservationShape
from retro_gamer.environment.planes import PlanesBoard, PlanesView
from retro_gamer.environment.space_reading import UnknownSpace, read_space
from retro_gamer.environment.spaces import FLOAT32, MAX_ACTIONS, MAX_SIZE, Box, Discrete, Space
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, GameError, ObservationError
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.randomness import seed_everything

TURNS_WITHIN_BOUNDS = 1000  # after these, observations are no longer checked against their bounds
NUMBERS = (float, int, np.float64, np.float32)  # the usual kinds of a reward
MOST = 1e30  # of a usual reward, also as float32


def ending_advice(error: BaseException) -> str:
    return (
        "An environment ends an episode by returning terminated = True from step; it must not end the program."
        if isinstance(error, SystemExit)
        else ""
    )


class SteppedEnvironment(Environment):
    """Any object with `reset` and `step` as Gymnasium has them, finitely many actions, and observations of fixed size.

    What has finitely many values is one-hot for a network and a whole number, or a tuple of them, for a table; arrays are
    flattened, or seen as boards (`see_planes`). Raises ConfigError for spaces that cannot be learned from; GameError and
    ObservationError when the environment goes wrong while it is played.
    """

    first_shown: Any = None  # the observation from which it was found out what observations are like
    _view: PlanesView | None = None  # of pictures that are seen as boards

    def __init__(self, env: Any, name: str, observation_space: Any, action_space: Any, tabular: bool, max_turns: int):
        self.env, self.name, self.tabular, self.max_turns = env, name, tabular, max_turns
        self.action_space = _read_actions(action_space, name)
        self.observation_space = _read_observations(observation_space, name, tabular)
        self._says = " ".join(str(observation_space).split())
        numbers = range(self.action_space.n_values)
        self._labels: list[str | None] = [self.action_space.label(number) for number in numbers]
        # One number of an action is its place, wherever the counting starts: so older runs have it.
        plain = isinstance(self.action_space, Discrete)
        self.actions: list[str | None] = [*map(str, numbers)] if plain else [*self._labels]
        if isinstance(self.observation_space, Box):
            self.feature_type = self.observation_space.dtype.name
        self._bounds = _bounds(observation_space, self.observation_space)
        self._notices: list[str] = []
        self._turn = self._turns_ever = 0
        # Kept: turns are short.
        self._in_turn = blamed(lambda: f"in turn {self._turn} ({self.name})", ending_advice)

    def see_planes(self, config: RunConfig, vocabulary: Vocabulary) -> None:
        """From now on see pictures of planes as boards; raises ConfigError where there are none, or not as many planes."""
        shape: Any = getattr(self.observation_space, "shape", ())
        letters = config.metadata.character_set
        if len(shape) != 3 or shape[2] != len(letters):
            raise ConfigError(
                f"character_set names {len(letters)} characters, one for each plane of a picture; but {self.name} has "
                f"observations {self._says:.300}. Set character_set = [] to see them as plain numbers."
            )
        self._view, self._bounds = PlanesView(shape, config.metadata, config.preprocessing, vocabulary), None
        self.feature_type = Environment.feature_type

    @property
    def board(self) -> PlanesBoard | None:
        """What the newest picture shows, where pictures are seen as boards; else None."""
        return self._view.board if self._view is not None else None

    @property
    def encoder(self) -> Encoder | None:
        """What looks at pictures of planes; None where observations are numbers."""
        return self._view.encoder if self._view is not None else None

    @property
    def characters(self) -> list[str]:
        return self._view.encoder.vocabulary.characters if self._view is not None else []

    @property
    def n_symbols(self) -> int:
        return self._view.encoder.vocabulary.n_symbols if self._view is not None else 0

    @property
    def labels(self) -> Sequence[str | None]:
        return self._labels

    @property
    def shape(self) -> ObservationShape:
        if self._view is not None:
            return self._view.encoder.shape
        return ObservationShape(0, 1, self.observation_space.n_features, (0, 0))

    @property
    def spaces(self) -> dict[str, Any] | None:
        return {"observations": self.observation_space.to_json(), "actions": self.action_space.to_json()}

    def draws(self, in_a_window: bool) -> str:
        """How it can draw itself: "ansi" for text, "human" for a window (only if there may be one), or "" for not at all."""
        modes = getattr(self.env, "metadata", {}).get("render_modes") or ()
        return "ansi" if "ansi" in modes else "human" if in_a_window and "human" in modes else ""

    def close(self) -> None:
        with blamed(f"when it was closed ({self.name})"):
            getattr(self.env, "close", lambda: None)()

    def notices(self) -> list[str]:
        notices, self._notices = self._notices, []
        return notices

    def reset(self, seed: int | None = None) -> Any:
        return self._observation(self.first_observation(seed))

    def first_observation(self, seed: int | None = None) -> Any:
        """Start a new game; returns what the environment shows, as it shows it."""
        if seed is None:
            # From the global generator, whose state is saved: a resumed training sees the same games.
            seed = random.randrange(2**31)
        else:
            seed_everything(seed)  # for environments that draw from the global generators
        self._turn = 0
        with blamed(f"when it was reset with seed {seed} ({self.name})", ending_advice), outside.hosted():
            result = self._reset(seed)
        if isinstance(result, (tuple, list)) and len(result) == 2 and isinstance(result[1], Mapping):
            return result[0]
        return result  # as in the older Gym

    def _reset(self, seed: int) -> Any:
        return self.env.reset(seed=seed)

    def step(self, action: int) -> Step:
        self._turn += 1
        with self._in_turn:
            if outside.is_asked:
                with outside.hosted(self._turn / outside.USUAL_FRAMERATE):
                    result = self.env.step(self.action_space.value_at(action))
            else:
                result = self.env.step(self.action_space.value_at(action))
        if type(result) is not tuple or len(result) != 5:
            result = self._five(result)
        observation, reward, terminated, truncated, _ = result
        if type(reward) not in NUMBERS or not -MOST <= reward <= MOST:
            reward = self._reward(reward)
        if type(terminated) is not bool or type(truncated) is not bool:
            terminated, truncated = self._truth("terminated", terminated), self._truth("truncated", truncated)
        return Step(
            self._observation(observation),
            float(reward),
            terminated,
            not terminated and (truncated or self._turn >= self.max_turns),
        )

    def _five(self, result: Any) -> Any:
        if isinstance(result, (tuple, list)) and 3 <= len(result) <= 5:  # the older Gym's had one `done`, for both
            return result if len(result) == 5 else (*result[:3], False, {})
        n = f"{len(result)} things" if isinstance(result, (tuple, list)) else short(result)
        raise GameError(
            f"{self.name}: step returned {n} in turn {self._turn}. In Gymnasium's form it returns five: observation, "
            "reward, terminated, truncated, info."
        )

    def _reward(self, reward: Any) -> float:
        shape = getattr(reward, "shape", ())
        advice = "A reward must be one ordinary number"
        if shape != ():
            advice += (
                f", and this is an array of shape {shape}. Take the number out of it: float(reward[0])"
                if np.size(reward) == 1
                else f", and this is an array of shape {shape}: is this an environment that plays several games at once?"
            )
        elif reward is None:
            advice += ". Was it forgotten in the  return  of step?"
        elif isinstance(reward, (str, bytes)):
            advice += ", and this is text: float(...) makes a number of it."
        else:
            with blamed(f"when its reward was looked at after turn {self._turn} ({self.name})"):
                number = _number(reward)
            if number is None:
                advice += "."
            elif math.isfinite(number):
                return number
            else:
                reward = number
                advice += ": look for a division by zero or the logarithm of zero where it is computed."
        raise GameError(f"{self.name} gave the reward {short(reward)} in turn {self._turn}. {advice}")

    def _truth(self, what: str, value: Any) -> bool:
        if isinstance(value, (bool, np.bool_, int, np.integer)) or getattr(value, "shape", None) == ():
            return bool(value)
        raise GameError(
            f"{self.name}: step gave {what} as {short(value)} in turn {self._turn}. It must be True or False: "
            + ("whether the game ended by its own rules." if what == "terminated" else "whether it was cut short.")
        )

    def _observation(self, value: Any) -> Any:
        try:
            if self._view is not None:
                return self._view.observe(value)
            if self.tabular:
                return self.observation_space.state_of(value)
            features = self.observation_space.flatten(value)
        except Exception as error:  # an object of the environment's own may raise anything
            raise self._unexpected(value, error if type(error) is ValueError else type(error).__name__) from None
        if features.dtype == FLOAT32 and not np.isfinite(features).all():
            raise ObservationError(
                f"{self.name} returned an observation that contains {features[~np.isfinite(features)][0]} in turn "
                f"{self._turn}. Only ordinary numbers can be learned from: look for a division by zero, or a number "
                "that doubles for ever."
            )
        if self._bounds is not None:
            self._check_bounds(features)
        return Observation(NO_CELLS, features)

    def _unexpected(self, value: Any, why: Any) -> ObservationError:
        expected, advice = f"what it says it returns, {self._says:.300}", "Let the two agree."
        if self.first_shown is not None:
            expected = f"like the first that it returned, {short(self.first_shown)}"
            advice = "Return as many numbers in every turn, in the same order."
        return ObservationError(
            f"{self.name} returned the observation {short(value)} in turn {self._turn}, which is not {expected}: {why}. "
            f"{advice}"
        )

    def _check_bounds(self, features: np.ndarray) -> None:
        self._turns_ever += 1
        low, high = self._bounds
        outside = (features < low) | (features > high)
        if outside.any():
            place = int(outside.argmax())
            self._notices.append(
                f"{self.name} returned an observation outside of what it says it returns, {self._says:.300}: number "
                f"{place + 1} of it was {features[place]:g} in turn {self._turn}. It is learned from all the same; if that "
                "is a mistake, correct the observation or its space."
            )
        if outside.any() or self._turns_ever >= TURNS_WITHIN_BOUNDS:
            self._bounds = None


def _read_actions(space: Any, name: str) -> Space:
    try:
        actions = space if isinstance(space, Space) else read_space(space)
    except UnknownSpace:
        actions = None
    if actions is None or not actions.n_values:
        raise ConfigError(
            f"{name} has actions of the kind {space}. Only a list of actions to choose from can be learned here. "
            "Choose a few of them, and give the environment an action_space = Discrete(...) whose numbers stand for "
            "these, in step or in a gymnasium.ActionWrapper (docs/how-to/gymnasium.md shows one)."
        )
    if actions.n_values > MAX_ACTIONS:
        raise ConfigError(
            f"{name} has {actions.n_values:,} different actions ({space}). At most {MAX_ACTIONS:,} can be learned here: "
            "each has a value of its own. Choose those that matter, and give the environment an action_space = "
            "Discrete(...) whose numbers stand for these (docs/how-to/gymnasium.md shows how)."
        )
    return actions


def _read_observations(space: Any, name: str, tabular: bool) -> Space:
    try:
        observations = space if isinstance(space, Space) else read_space(space)
    except UnknownSpace as error:
        raise ConfigError(
            f"{name} has observations of the kind {space}. A {error} has no fixed number of numbers, so nothing can be "
            "learned from it here. Let the environment return what matters in it as numbers: a Box, or a Dict without "
            "this part."
        ) from None
    if tabular and not observations.n_values:
        raise ConfigError(
            f"{name} is observed as continuous numbers ({space}), which hardly ever repeat: a table cannot learn from "
            'them. Use algorithm = "dqn".'
        )
    if not (tabular or 0 < observations.n_features <= MAX_SIZE):
        advice = "fewer" if observations.n_features else "what a player sees, as numbers"
        raise ConfigError(
            f"{name} has observations of {observations.n_features:,} numbers ({space}); there must be at least one, "
            f"and at most {MAX_SIZE:,}. Let it return {advice}."
        )
    return observations


def _bounds(given: Any, space: Space) -> Any:
    """The least and greatest values of a Box of floats, or None where there are none."""
    low, high = getattr(given, "low", None), getattr(given, "high", None)
    if not isinstance(space, Box) or space.dtype != FLOAT32 or low is None or high is None:
        return None
    with np.errstate(over="ignore"):
        low, high = (np.broadcast_to(np.asarray(side, np.float32), space.shape).ravel() for side in (low, high))
        slack = [1e-5 * np.maximum(1, np.abs(side)) for side in (low, high)]  # floats are rounded
        return low - slack[0], high + slack[1]


def _number(reward: Any) -> float | None:
    try:
        return float(reward)
    except (TypeError, ValueError, OverflowError):
        return None


def short(value: Any) -> str:
    try:
        return f"{value!r:.200}"
    except Exception:  # an object of the environment's own
        return f"a {type(value).__name__}"
