"""What every agent can do. The training loop knows no more of them than this."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

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


class Agent:
    """Chooses actions, and learns.

    A subclass sets `n_actions` and `rng`, its source of chance (a numpy Generator passed in).
    """

    n_actions: int
    rng: np.random.Generator
    learning_rate: float
    n_symbols: int = 0  # how many symbols there is room for; see `grow`

    def q_values(self, observation: Any) -> np.ndarray:
        """The value of each action [n_actions]: the rewards expected from here on, discounted."""
        raise NotImplementedError

    def act(self, observation: Any, epsilon: float) -> int:
        """With probability epsilon any action, otherwise the best (epsilon-greedy, Sutton & Barto section 2.2)."""
        if epsilon > 0 and self.rng.random() < epsilon:
            return int(self.rng.integers(self.n_actions))
        return int(self.q_values(observation).argmax())

    def learn(self, transition: Transition) -> Optional[float]:
        """Take in one turn; returns the loss if a learning step was made."""
        raise NotImplementedError

    def end_episode(self) -> None:
        """The game ended. Called after its last turn, or when it broke off."""

    def grow(self, shape: ObservationShape) -> None:
        """Make room for observations that grew because new characters turned up."""
        self.n_symbols = shape.n_symbols

    def notices(self) -> List[str]:
        """Things a person should be told now, each once."""
        return []

    def get_policy(self) -> Dict[str, np.ndarray]:
        """What is needed to play: arrays by name. A part of `get_state`."""
        raise NotImplementedError

    def set_policy(self, policy: Dict[str, np.ndarray]) -> None:
        raise NotImplementedError

    def start_from(self, policy: Dict[str, np.ndarray]) -> None:
        """Go on learning from a policy alone, without what was remembered beside it."""
        self.set_policy(policy)

    def get_state(self) -> Dict[str, np.ndarray]:
        """Everything needed to go on learning as if never interrupted, between two games."""
        raise NotImplementedError

    def set_state(self, state: Dict[str, np.ndarray]) -> None:
        raise NotImplementedError


def with_prefix(prefix: str, state: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """The same arrays, their names preceded by "prefix/"."""
    return {f"{prefix}/{name}": value for name, value in state.items()}


def under_prefix(prefix: str, state: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """The arrays whose names start with "prefix/", without it."""
    start = prefix + "/"
    return {name[len(start) :]: value for name, value in state.items() if name.startswith(start)}
