"""What every agent can do. The training loop knows no more of them than this."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple, Protocol

import numpy as np

from retro_gamer.environment.observation import ObservationShape


class Transition(NamedTuple):
    """One turn: what was seen, what was done, what came of it."""

    observation: Any
    action: int
    reward: float
    next_observation: Any
    terminated: bool  # the game ended by its own rules: nothing follows
    truncated: bool  # the game was cut short: what would have followed still counts


class Actor(Protocol):
    """What can play, whether it learns or not: an `Agent`, or a saved policy. `Agent` says what each of these does."""

    @property
    def n_symbols(self) -> int: ...

    def q_values(self, observation: Any) -> np.ndarray: ...

    def act(self, observation: Any, epsilon: float) -> int: ...

    def begin_episode(self, environment: Any = None) -> None: ...

    def got(self, reward: float) -> None: ...


class Agent:
    """Chooses actions, and learns.

    A subclass sets `n_actions` and `rng`, its source of chance (a numpy Generator passed in).
    """

    n_actions: int
    rng: np.random.Generator
    learning_rate: float
    n_symbols: int = 0  # how many symbols there is room for; see `grow`
    _environment: Any = None  # whose observations it sees in this game

    def q_values(self, observation: Any) -> np.ndarray:
        """The value of each action, [n_actions] float: the sum of the rewards expected from here on, discounted.

        `observation` is an `Observation`, or for a table any hashable value; else ObservationError is raised.
        """
        raise NotImplementedError

    def act(self, observation: Any, epsilon: float) -> int:
        """With probability epsilon any action, otherwise the best (epsilon-greedy, Sutton & Barto section 2.2)."""
        if epsilon > 0 and self.rng.random() < epsilon:
            return int(self.rng.integers(self.n_actions))
        return int(self.q_values(observation).argmax())

    def learn(self, transition: Transition) -> float | None:
        """Take in one turn; returns the mean loss of the learning steps made after it, None if there was none.

        Raises TrainingDivergedError when the loss is not a finite number.
        """
        raise NotImplementedError

    def begin_episode(self, environment: Any = None) -> None:
        """A new game begins. New characters may turn up in it: the agent makes room for as many as
        `environment.n_symbols` says.
        """
        self._environment = environment
        self._make_room()

    def got(self, reward: float) -> None:
        """The last action brought a reward; also where nothing is learned."""
        self._make_room()

    def _make_room(self) -> None:
        if self._environment is not None and self._environment.n_symbols > self.n_symbols:
            self.grow(self._environment.shape)

    def end_episode(self) -> None:
        """The episode is over: called after its last turn, or when the game was stopped."""

    def grow(self, shape: ObservationShape) -> None:
        """Make room for observations that grew because new characters turned up; what was learned stays as it was."""
        self.n_symbols = shape.n_symbols

    def notices(self) -> list[str]:
        """What a person should be told now, each text once."""
        return []

    @contextmanager
    def as_saved(self) -> Iterator[None]:
        """Within it, the agent plays as the policy does that `get_policy` saves."""
        yield

    def get_policy(self) -> dict[str, np.ndarray]:
        """What is needed to play, as copies: the arrays of a checkpoint, by their names there. A part of `get_state`.

        Every class documents its names and shapes; they are a file format, so that a change must still read the old ones.
        """
        raise NotImplementedError

    def set_policy(self, policy: dict[str, np.ndarray]) -> None:
        """Play as an agent did whose `get_policy` this is.

        Raises KeyError for a missing array and ValueError for one that does not fit: other shapes than this agent's.
        """
        raise NotImplementedError

    def start_from(self, policy: dict[str, np.ndarray]) -> None:
        """Go on learning from a policy alone, without what was remembered beside it."""
        self.set_policy(policy)

    def get_state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on learning as if never interrupted, between two games: the agent's part of resume.npz.

        Left out: settings, which stand in config.toml, and the state of `rng`, which the trainer saves. Large arrays may be
        views: write them to a file, or copy them, before the agent learns on.
        """
        raise NotImplementedError

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Go on as an agent would whose `get_state` this is; raises KeyError and ValueError as `set_policy` does."""
        raise NotImplementedError


def with_prefix(prefix: str, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same arrays, their names preceded by "prefix/"."""
    return {f"{prefix}/{name}": value for name, value in state.items()}


def under_prefix(prefix: str, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays whose names start with "prefix/", without it."""
    start = prefix + "/"
    return {name[len(start) :]: value for name, value in state.items() if name.startswith(start)}
