"""Acting apart from learning: a policy that plays what was learned, and remembers nothing."""

from __future__ import annotations

from typing import Any, Sequence, Union

import numpy as np

from retro_gamer.agents.agent import under_prefix, with_prefix
from retro_gamer.agents.repetition import Repetition
from retro_gamer.agents.scales import FeatureScale, RewardScale
from retro_gamer.agents.states import Table, Visits, read_tables, read_visits, state_of, write_tables
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.vocabulary import MAX_SYMBOLS
from retro_gamer.nn import QNetwork

FLOAT32 = np.dtype(np.float32)


class GreedyNetwork:
    """Plays the action that a network expects most of.

    The network's values are those of rewards times `scale.value`, of features as `feature_scale` makes them.
    """

    compared: Sequence[float] = ()  # the values that the last choice was made by

    def __init__(
        self,
        network: QNetwork,
        scale: RewardScale,
        feature_scale: FeatureScale,
        repeat_penalty: float = 0.0,
        turn_based: bool = False,
    ):
        self.network, self.scale, self.feature_scale = network, scale, feature_scale
        self.repetition = Repetition(repeat_penalty, turn_based)

    @property
    def n_symbols(self) -> int:
        return int(self.network.shape["n_symbols"])

    def scaled_values(self, observation: Observation) -> np.ndarray:
        """The network's values [n_actions] float32."""
        features = observation.features
        if self.feature_scale.active or features.dtype != FLOAT32:
            features = self.feature_scale.apply(features)
        return self.network.q_values(observation.symbols, features)

    def q_values(self, observation: Observation) -> np.ndarray:
        return self.scaled_values(observation) / self.scale.value

    def act(self, observation: Observation, epsilon: float = 0.0) -> int:
        """The best action; it never explores. What was done here before in this game counts less (`Repetition`)."""
        q = self.scaled_values(observation)
        self.compared = q  # type: ignore[assignment]
        if not self.repetition.penalty:
            return int(q.argmax())
        return self.repetition.choose(q, observation.to_bytes())

    def begin_episode(self, environment: Any = None) -> None:
        self.repetition.forget()

    def got(self, reward: float) -> None:
        self.repetition.got(reward)

    def get_policy(self) -> dict[str, np.ndarray]:
        policy = with_prefix("network", self.network.get_state())
        policy["scale"] = np.array(self.scale.value)
        return {**policy, **self.feature_scale.get_policy()}

    @classmethod
    def from_policy(
        cls, network: QNetwork, policy: dict[str, np.ndarray], repeat_penalty: float = 0.0, turn_based: bool = False
    ) -> GreedyNetwork:
        """The policy of a `get_policy()`; the network, of the right shape, takes over its weights."""
        network.set_state(under_prefix("network", policy))
        feature_scale = FeatureScale(network.shape["n_features"])
        feature_scale.set_policy(policy)
        scale = RewardScale(float(policy["scale"]))
        return cls(network, scale, feature_scale, repeat_penalty, turn_based)


class GreedyTable:
    """Plays the action with the highest value in a table; of several tables, their sum counts.

    Of equally good actions it takes the first, and of a state that is not in the table it knows nothing.
    """

    compared: Sequence[float] = ()  # the values that the last choice was made by
    n_symbols = MAX_SYMBOLS  # it has no inputs: there is room for all

    def __init__(self, tables: Sequence[Table], n_actions: int, visits: Visits | None = None):
        self.tables, self.unknown = tables, (0.0,) * n_actions
        self.visits: Visits = visits or {}  # of each state, while it learned; empty where it was not counted

    def q_values(self, observation: Any) -> np.ndarray:
        values: np.ndarray = np.mean([table.get(state_of(observation), self.unknown) for table in self.tables], axis=0)
        return values

    def act(self, observation: Any, epsilon: float = 0.0) -> int:
        state = state_of(observation)
        first, *others = self.tables
        row = first.get(state, self.unknown)
        for table in others:
            row = [a + b for a, b in zip(row, table.get(state, self.unknown))]
        self.compared = row
        return row.index(max(row))

    def begin_episode(self, environment: Any = None) -> None:
        """A new game begins: the same to a table."""

    def got(self, reward: float) -> None:
        """The last action brought a reward: the same to a table."""

    def get_policy(self) -> dict[str, np.ndarray]:
        return write_tables(self.tables, len(self.unknown), self.visits)

    @classmethod
    def from_policy(cls, policy: dict[str, np.ndarray], n_tables: int, n_actions: int) -> GreedyTable:
        """The policy of a `get_policy()`; raises ValueError or KeyError for other arrays."""
        tables = read_tables(policy, n_tables, n_actions)
        return cls(tables, n_actions, read_visits(policy, tables[0]))


GreedyPolicy = Union[GreedyNetwork, GreedyTable]
