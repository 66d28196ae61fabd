"""Agents that keep one number per state and action in a table (Sutton & Barto 2018, chapters 6 and 8).

All of them nudge Q(s, a) towards a target; they differ in one line, what the target says about the next state:

    Q(s, a) <- Q(s, a) + alpha * (target - Q(s, a)),    target = r + gamma * (value of s')

States are anything hashable. The table is a dict from states to lists of numbers: simple, and fast for
single look-ups, where NumPy would be slow.
"""

from __future__ import annotations

from typing import Any, Hashable, Sequence, Tuple

import numpy as np

from retro_gamer.agents.agent import Agent, Transition
from retro_gamer.agents.states import (
    MAX_STATES,
    Table,
    Visits,
    check_state,
    decode_states,
    encode_states,
    read_tables,
    read_visits,
    state_of,
    write_tables,
)
from retro_gamer.environment.vocabulary import MAX_SYMBOLS

Outcome = Tuple[float, Hashable, bool]  # reward, next state, terminated
AT_A_TIME = 1000  # random numbers
# After this many turns it is time to ask whether states repeat at all.
TURNS_BEFORE_NOTICE = 20_000
ADVICE = (
    "A table suits games with few states. Let an observation_function return a short tuple of what matters, or "
    'use algorithm = "dqn".'
)
NOTICES = ("new", "full")


class TableNotices:
    """What to tell, once each, where a table does not suit the game: it is full, or nearly every state is new."""

    def __init__(self) -> None:
        self._said: list[str] = []  # the notices given so far, by name

    def due(self, n_states: int, turns: int, full: bool) -> str | None:
        """The notice to give now, for a table of this size after this many turns; None if there is none."""
        if full and "full" not in self._said:
            self._said += ["full", "new"]
            return f"The table is full: it holds {n_states} states after {turns} turns, and takes in no more. {ADVICE}"
        if turns >= TURNS_BEFORE_NOTICE and 2 * n_states > turns and "new" not in self._said:
            self._said.append("new")
            return (
                f"After {turns} turns the table holds {n_states} different states: most are seen only once, "
                f"so there is nothing to learn from them. It takes in no more than {MAX_STATES}. {ADVICE}"
            )
        return None

    def get_state(self) -> np.ndarray:
        """Which of NOTICES were given, [2] bool."""
        return np.array([name in self._said for name in NOTICES])

    def set_state(self, said: np.ndarray) -> None:
        self._said = [name for name, given in zip(NOTICES, said) if given]


class Draws:
    """Random numbers from 0 up to 1, without 1, one by one: NumPy makes a thousand faster than ten one by one."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        self._stock: list[float] = []

    def next(self) -> float:
        if not self._stock:
            self._stock = self._rng.random(AT_A_TIME).tolist()
        return self._stock.pop()

    def below(self, n: int) -> int:
        return int(self.next() * n)

    def get_state(self) -> np.ndarray:
        """The numbers in stock, [at most AT_A_TIME] float64."""
        return np.array(self._stock, np.float64)

    def set_state(self, stock: np.ndarray) -> None:
        if stock.ndim != 1 or stock.dtype != np.float64 or len(stock) > AT_A_TIME:
            raise ValueError("the random numbers in stock are not a list of numbers")
        self._stock = stock.tolist()


class TabularAgent(Agent):
    """What the four algorithms share: the table, choosing, and Dyna's planning.

    With planning_steps, after each real turn as many remembered ones are learned from again
    (Tabular Dyna-Q, Sutton & Barto section 8.2): the model remembers what last came of each action in each state.
    """

    n_tables = 1
    n_symbols = MAX_SYMBOLS  # it has no inputs: there is room for all

    def __init__(self, *, n_actions: int, learning_rate: float, gamma: float, planning_steps: int, rng: np.random.Generator):
        self.n_actions, self.learning_rate, self.gamma = n_actions, learning_rate, gamma
        self.planning_steps, self.rng = planning_steps, rng
        self.tables: list[Table] = [{} for _ in range(self.n_tables)]  # all of the same states
        self.table = self.tables[0]
        self.visits: Visits = {}  # of each state in the table: how often it learned from a turn there
        self.unknown: Sequence[float] = (0.0,) * n_actions  # the values of a state that is not in the table
        self.model: dict[Hashable, dict[int, Outcome]] = {}
        self._model_states: list[Hashable] = []  # the keys of the model, to draw from
        self.turns = 0
        self.epsilon = 0.0  # of the policy being followed, for the targets of SARSA and Expected SARSA
        self._full = False  # whether a state found no place in the table
        self._notices = TableNotices()
        self._draws = Draws(rng)
        self._newest: tuple[Any, Hashable] = (self, None)  # the newest observation and its state

    def _state(self, observation: Any) -> Hashable:
        """`state_of` the observation: that of the newest one is kept, for `act` and the next `learn` ask for it again."""
        newest, state = self._newest
        if observation is not newest:
            state = state_of(observation)
            self._newest = observation, state
        return state

    def begin_episode(self, environment: Any = None) -> None:
        """A new game begins: the same to a table, which has room for all characters."""

    def got(self, reward: float) -> None:
        """The last action brought a reward: the same to a table."""

    def q_values(self, observation: Any) -> np.ndarray:
        state = state_of(observation)
        values: np.ndarray = np.mean([table.get(state, self.unknown) for table in self.tables], axis=0)
        return values

    def act(self, observation: Any, epsilon: float) -> int:
        return self._choose(self._state(observation), epsilon)

    def _choose(self, state: Hashable, epsilon: float) -> int:
        """Epsilon-greedy; while exploring, any of several equally good actions, so that an empty table explores."""
        self.epsilon = epsilon
        if epsilon > 0 and self._draws.next() < epsilon:
            return self._draws.below(self.n_actions)
        row = self._row_to_follow(state)
        best = max(row)
        action = row.index(best)
        if epsilon > 0:
            n_best = row.count(best)
            if n_best > 1:
                for _ in range(self._draws.below(n_best)):
                    action = row.index(best, action + 1)
        return action

    def _row_to_follow(self, state: Hashable) -> Sequence[float]:
        return self.table.get(state, self.unknown)

    def learn(self, transition: Transition) -> float | None:
        observation, action, reward, next_observation, terminated, _ = transition
        state, next_state = self._state(observation), state_of(next_observation)
        self._newest = next_observation, next_state
        self.turns += 1
        error = self.update(state, action, reward, next_state, terminated)
        if state in self.table:
            self.visits[state] = self.visits.get(state, 0) + 1
        if self.planning_steps:
            self._plan(state, action, (reward, next_state, terminated))
        return abs(error)

    def update(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> float:
        """Q(s, a) <- Q(s, a) + alpha * (target - Q(s, a)); returns the TD error, target - Q(s, a)."""
        row = self.table.get(state) or self._add(state)[0]
        target = reward if terminated else reward + self.gamma * self.value_of_next(next_state)
        error = target - row[action]
        row[action] += self.learning_rate * error
        return error

    def value_of_next(self, next_state: Hashable) -> float:
        """What the target says the next state is worth: the line in which the algorithms differ."""
        raise NotImplementedError

    def _add(self, state: Hashable) -> list[list[float]]:
        """Put a new state into every table, its values 0, and return its rows; a full table keeps no new state."""
        rows = [[0.0] * self.n_actions for _ in self.tables]
        if len(self.table) >= MAX_STATES:
            self._full = True
            return rows
        check_state(state)
        for table, row in zip(self.tables, rows):
            table[state] = row
        return rows

    def _plan(self, state: Hashable, action: int, outcome: Outcome) -> None:
        if state in self.table:
            if state not in self.model:
                self.model[state] = {}
                self._model_states.append(state)
            self.model[state][action] = outcome
        for _ in range(self.planning_steps if self.model else 0):
            # "S <- random previously observed state, A <- random action previously taken in S"
            imagined = self._model_states[self._draws.below(len(self._model_states))]
            outcomes = self.model[imagined]
            action = list(outcomes)[self._draws.below(len(outcomes))]
            self.update(imagined, action, *outcomes[action])

    def notices(self) -> list[str]:
        notice = self._notices.due(len(self.table), self.turns, self._full)
        return [] if notice is None else [notice]

    def get_policy(self) -> dict[str, np.ndarray]:
        """The tables, as `write_tables` does."""
        return write_tables(self.tables, self.n_actions, self.visits)

    def set_policy(self, policy: dict[str, np.ndarray]) -> None:
        self.tables = read_tables(policy, self.n_tables, self.n_actions)
        self.table = self.tables[0]
        self.visits = read_visits(policy, self.table)

    def get_state(self) -> dict[str, np.ndarray]:
        """The policy; `model_states`, `_next_states` (as `states`), `_actions`, `_rewards`, `_terminated` [outcomes] of
        Dyna's model; turns () int, full () bool, draws [n], said [2] bool."""
        remembered = [
            (state, action, *outcome) for state, outcomes in self.model.items() for action, outcome in outcomes.items()
        ]
        states, actions, rewards, next_states, ends = zip(*remembered) if remembered else ((),) * 5
        return {
            **self.get_policy(),
            "model_states": encode_states(states),
            "model_actions": np.array(actions, np.int64),
            "model_rewards": np.array(rewards, np.float64),
            "model_next_states": encode_states(next_states),
            "model_terminated": np.array(ends, bool),
            "turns": np.array(self.turns),
            "full": np.array(self._full),
            "draws": self._draws.get_state(),
            "said": self._notices.get_state(),
        }

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        self.set_policy(state)
        self.model = {}
        columns = [state["model_" + name] for name in ("actions", "rewards", "terminated")]
        if any(column.ndim != 1 for column in columns):
            raise ValueError("the outcomes of the model are not in a row")
        actions, rewards, ends = (column.tolist() for column in columns)
        if len(actions) > MAX_STATES * self.n_actions:
            raise ValueError("the model has more outcomes than a full table has values")
        states, next_states = (decode_states(state["model_" + name], len(actions)) for name in ("states", "next_states"))
        if not len(actions) == len(rewards) == len(ends) == len(states) == len(next_states):
            raise ValueError("the model does not hold one outcome for each of its actions")
        if not all(type(action) is int and 0 <= action < self.n_actions for action in actions):
            raise ValueError("the model holds an action that does not exist")
        for s, action, *outcome in zip(states, actions, rewards, next_states, ends):
            self.model.setdefault(s, {})[action] = tuple(outcome)
        self._model_states = list(self.model)
        self.turns, self._full = int(state["turns"]), bool(state["full"])
        self._draws.set_state(state["draws"])
        self._notices.set_state(state["said"])


class QLearning(TabularAgent):
    """Q-learning (Watkins 1989; Sutton & Barto equation 6.8): the next state is worth its best action.

    target = r + gamma * max over a' of Q(s', a')
    """

    def value_of_next(self, next_state: Hashable) -> float:
        return max(self.table.get(next_state, self.unknown))


class ExpectedSarsa(TabularAgent):
    """Expected SARSA (Sutton & Barto equation 6.9): the average over the actions that the policy might take.

    target = r + gamma * sum over a' of pi(a' | s') Q(s', a')
    """

    def value_of_next(self, next_state: Hashable) -> float:
        row = self.table.get(next_state, self.unknown)
        # Epsilon-greedy: epsilon of the mean, the rest of the best.
        return self.epsilon * sum(row) / self.n_actions + (1 - self.epsilon) * max(row)


class Sarsa(TabularAgent):
    """SARSA (Sutton & Barto equation 6.7): the next state is worth the action that is really taken there.

    target = r + gamma * Q(s', a'),    a' chosen by the policy itself
    """

    _next: tuple[Hashable, int] | None = None  # the a' chosen while learning; `act` then takes it

    def act(self, observation: Any, epsilon: float) -> int:
        state = self._state(observation)
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
        return self.table.get(next_state, self.unknown)[self._next[1]]

    def _plan(self, state: Hashable, action: int, outcome: Outcome) -> None:
        really_next = self._next
        super()._plan(state, action, outcome)
        self._next = really_next

    def end_episode(self) -> None:
        self._next = None  # the last game was cut short: this action was imagined, never taken


class DoubleQLearning(TabularAgent):
    """Double Q-learning (van Hasselt 2010; Sutton & Barto section 6.7): one table chooses, the other judges.

    target = r + gamma * Q2(s', argmax over a' of Q1(s', a'))      for a coin's choice of which table is Q1
    """

    n_tables = 2

    def _row_to_follow(self, state: Hashable) -> Sequence[float]:
        first, second = self.tables
        return [a + b for a, b in zip(first.get(state, self.unknown), second.get(state, self.unknown))]

    def update(self, state: Hashable, action: int, reward: float, next_state: Hashable, terminated: bool) -> float:
        chooser = int(self._draws.next() < 0.5)
        chooses, judges = self.tables[chooser], self.tables[1 - chooser]
        target = reward
        if not terminated:
            row = chooses.get(next_state, self.unknown)
            target += self.gamma * judges.get(next_state, self.unknown)[row.index(max(row))]
        row = chooses.get(state) or self._add(state)[chooser]
        error = target - row[action]
        row[action] += self.learning_rate * error
        return error
