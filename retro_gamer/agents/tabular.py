"""Agents that keep one number per state and action in a table (Sutton & Barto 2018, chapters 6 and 8).

All of them nudge Q(s, a) towards a target; they differ in one line, what the target says about the next state:

    Q(s, a) <- Q(s, a) + alpha * (target - Q(s, a)),    target = r + gamma * (value of s')

States are anything hashable. The table is a dict from states to lists of numbers: simple, and fast for
single look-ups, where NumPy would be slow.
"""
from __future__ import annotations

import ast
import json
from typing import Any, Dict, Hashable, List, Optional, Tuple

import numpy as np

from retro_gamer.agents.agent import Agent, Transition
from retro_gamer.environment.observation import Observation
from retro_gamer.errors import ObservationError

Table = Dict[Hashable, List[float]]


class TabularAgent(Agent):
    """What the four algorithms share: the table, choosing, and Dyna's planning.

    With planning_steps, after each real turn as many remembered ones are learned from again
    (Dyna-Q, Sutton & Barto section 8.2): the model remembers for each (state, action) what last came of it.
    """

    n_tables = 1

    def __init__(self, *, n_actions: int, learning_rate: float, gamma: float, planning_steps: int,
                 rng: np.random.Generator):
        self.n_actions, self.learning_rate, self.gamma = n_actions, learning_rate, gamma
        self.planning_steps, self.rng = planning_steps, rng
        self.tables: List[Table] = [{} for _ in range(self.n_tables)]
        self.model: Dict[Tuple[Hashable, int], Tuple[float, Hashable, bool]] = {}
        self._seen: List[Tuple[Hashable, int]] = []  # the keys of the model, to draw from
        self.turns = 0
        self.epsilon = 0.0  # of the policy being followed, for the targets of SARSA and Expected SARSA
        self._warned = False

    def values(self, state: Hashable, table: int = 0) -> List[float]:
        """The row of the table for a state; new states start at 0."""
        row = self.tables[table].get(state)
        if row is None:
            row = self.tables[table][state] = [0.0] * self.n_actions
        return row

    def q_values(self, observation: Any) -> np.ndarray:
        state = state_of(observation)
        nothing = [0.0] * self.n_actions
        return np.mean([table.get(state, nothing) for table in self.tables], axis=0)

    def act(self, observation: Any, epsilon: float) -> int:
        return self._choose(state_of(observation), epsilon)

    def _choose(self, state: Hashable, epsilon: float) -> int:
        """Epsilon-greedy; while exploring, any of several equally good actions, so that an empty table explores."""
        self.epsilon = epsilon
        if epsilon > 0 and self.rng.random() < epsilon:
            return int(self.rng.integers(self.n_actions))
        row = self._row_to_follow(state)
        best = max(row)
        if epsilon == 0 or row.count(best) == 1:
            return row.index(best)
        ties = [action for action, value in enumerate(row) if value == best]
        return ties[int(self.rng.integers(len(ties)))]

    def _row_to_follow(self, state: Hashable) -> List[float]:
        return self.tables[0].get(state) or [0.0] * self.n_actions

    def learn(self, transition: Transition) -> Optional[float]:
        state, next_state = state_of(transition.observation), state_of(transition.next_observation)
        self.turns += 1
        error = self.update(state, transition.action, transition.reward, next_state, transition.terminated)
        if self.planning_steps:
            self._plan(state, transition.action, transition.reward, next_state, transition.terminated)
        return abs(error)

    def update(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> float:
        """One step of the algorithm; returns the TD error."""
        row = self.values(state)
        target = reward if terminated else reward + self.gamma * self.value_of_next(next_state)
        error = target - row[action]
        row[action] += self.learning_rate * error
        return error

    def value_of_next(self, next_state: Hashable) -> float:
        """What the target says the next state is worth: the line in which the algorithms differ."""
        raise NotImplementedError

    def _plan(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> None:
        if (state, action) not in self.model:
            self._seen.append((state, action))
        self.model[state, action] = (reward, next_state, terminated)
        for i in self.rng.integers(len(self._seen), size=self.planning_steps):
            state, action = self._seen[i]
            self.update(state, action, *self.model[state, action])

    def notices(self) -> List[str]:
        states = len(self.tables[0])
        if self._warned or self.turns < 20000 or states < 0.5 * self.turns:
            return []
        self._warned = True
        return [f"After {self.turns} turns the table holds {states} different states: most are seen only once, so "
                "there is nothing to learn from them. A table suits games with few states. Let an observation_function "
                'return a short tuple of what matters, or use algorithm = "dqn".']

    def get_policy(self) -> Dict[str, np.ndarray]:
        policy = {}
        for i, table in enumerate(self.tables):
            policy[f"states_{i}"] = encode_keys(list(table))
            policy[f"values_{i}"] = np.array(list(table.values()), np.float64).reshape(len(table), self.n_actions)
        return policy

    def set_policy(self, policy: Dict[str, np.ndarray]) -> None:
        self.tables = [dict(zip(decode_keys(policy[f"states_{i}"]), policy[f"values_{i}"].tolist()))
                       for i in range(self.n_tables)]

    def get_state(self) -> Dict[str, np.ndarray]:
        return {
            **self.get_policy(),
            "model": encode_keys([(*key, *self.model[key]) for key in self._seen]),
            "turns": np.array(self.turns),
            "warned": np.array(self._warned),
        }

    def set_state(self, state: Dict[str, np.ndarray]) -> None:
        self.set_policy(state)
        self.model = {(s, a): (r, s2, end) for s, a, r, s2, end in decode_keys(state["model"])}
        self._seen = list(self.model)
        self.turns, self._warned = int(state["turns"]), bool(state["warned"])


class QLearning(TabularAgent):
    """Q-learning (Watkins 1989; Sutton & Barto equation 6.8): the next state is worth its best action.

        target = r + gamma * max over a' of Q(s', a')
    """

    def value_of_next(self, next_state: Hashable) -> float:
        return max(self.values(next_state))


class ExpectedSarsa(TabularAgent):
    """Expected SARSA (Sutton & Barto equation 6.9): the average over the actions that the policy might take.

        target = r + gamma * sum over a' of pi(a' | s') Q(s', a')
    """

    def value_of_next(self, next_state: Hashable) -> float:
        row = self.values(next_state)
        # Epsilon-greedy: epsilon of the mean, the rest of the best.
        return self.epsilon * sum(row) / self.n_actions + (1 - self.epsilon) * max(row)


class Sarsa(TabularAgent):
    """SARSA (Sutton & Barto equation 6.7): the next state is worth the action that is really taken there.

        target = r + gamma * Q(s', a'),    a' chosen by the policy itself
    """

    _next: Optional[Tuple[Hashable, int]] = None  # the a' chosen while learning; `act` then takes it

    def act(self, observation: Any, epsilon: float) -> int:
        state = state_of(observation)
        chosen, self._next = self._next, None
        if chosen is not None and chosen[0] == state:
            self.epsilon = epsilon
            return chosen[1]
        return self._choose(state, epsilon)

    def update(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> float:
        self._next = None if terminated else (next_state, self._choose(next_state, self.epsilon))
        return super().update(state, action, reward, next_state, terminated)

    def value_of_next(self, next_state: Hashable) -> float:
        assert self._next is not None
        return self.values(next_state)[self._next[1]]

    def _plan(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> None:
        really_next = self._next
        super()._plan(state, action, reward, next_state, terminated)
        self._next = really_next

    def end_episode(self) -> None:
        self._next = None


class DoubleQLearning(TabularAgent):
    """Double Q-learning (van Hasselt 2010; Sutton & Barto section 6.7): one table chooses, the other judges.

        target = r + gamma * Q2(s', argmax over a' of Q1(s', a'))      for a coin's choice of which table is Q1
    """

    n_tables = 2

    def _row_to_follow(self, state: Hashable) -> List[float]:
        return [a + b for a, b in zip(self.values(state, 0), self.values(state, 1))]

    def update(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> float:
        chooser = int(self.rng.random() < 0.5)
        target = reward
        if not terminated:
            own = self.values(next_state, chooser)
            target += self.gamma * self.values(next_state, 1 - chooser)[own.index(max(own))]
        row = self.values(state, chooser)
        error = target - row[action]
        row[action] += self.learning_rate * error
        return error


def state_of(observation: Any) -> Hashable:
    """What stands in the table for an observation; raises ObservationError when it cannot be hashed."""
    if type(observation) is Observation:
        if len(observation.features):
            return observation.cells.tobytes(), observation.features.tobytes()
        return observation.cells.tobytes()
    try:
        hash(observation)
    except TypeError:
        raise ObservationError(
            f"The observation {observation!r:.200} cannot be looked up in a table, because it can change. Let the "
            "observation function return a tuple of numbers and texts, not a list or an array.") from None
    return observation


def encode_keys(keys: List[Any]) -> np.ndarray:
    """States as bytes, one Python literal each, without pickle."""
    return np.frombuffer(json.dumps([repr(_plain(key)) for key in keys]).encode("ascii"), np.uint8)


def decode_keys(array: np.ndarray) -> List[Any]:
    """The states of `encode_keys`; only literals are understood, nothing is run."""
    return [ast.literal_eval(text) for text in json.loads(array.tobytes().decode("ascii"))]


def _plain(key: Any) -> Any:
    """NumPy scalars as plain numbers, so that they can be written down; equal keys stay equal."""
    if isinstance(key, np.generic):
        return key.item()
    if isinstance(key, tuple):
        return tuple(_plain(item) for item in key)
    if key is None or isinstance(key, (bool, int, float, str, bytes)):
        return key
    raise ObservationError(
        f"A state contains {key!r:.200}, a {type(key).__name__}, which cannot be written to a file. Use tuples of numbers, "
        "texts and true/false.")
