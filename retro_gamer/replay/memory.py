"""The replay memory: a ring of observations, and the transitions between them."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

import numpy as np

from retro_gamer.nn.sparse.lists import SymbolLists
from retro_gamer.replay.boards import BoardMemory
from retro_gamer.replay.n_step import NStepAssembler, NStepTransition
from retro_gamer.replay.samplers import PrioritizedSampler, UniformSampler


class Batch(NamedTuple):
    """Transitions drawn from the memory. The two observations of each are stacked: first all s, then all s'."""

    boards: np.ndarray | SymbolLists  # [2 * batch, n_cells] uint8, or the same as lists
    features: np.ndarray  # [2 * batch, n_features] of the memory's feature_type
    actions: np.ndarray  # [batch] int
    reward_sums: np.ndarray  # [batch] float32: of n steps, discounted
    discounts: np.ndarray  # [batch] float32: gamma^n, or 0 after the end of a game
    weights: np.ndarray  # [batch] float32, importance-sampling weights
    indices: np.ndarray  # [batch] int, for `update_priorities`


class ReplayMemory:
    """Remembers the last `capacity` observations (Lin 1992; Mnih et al. 2015).

    Each observation is kept once: slot i holds what was seen, what was done then, and the number of the slot
    seen n steps later. The last observation of a game has a slot too, from which no transition starts.
    """

    def __init__(
        self,
        capacity: int,
        n_cells: int,
        n_features: int,
        *,
        n_step: int,
        gamma: float,
        rng: np.random.Generator,
        prioritized: bool,
        alpha: float = 0.6,
        beta: float = 0.4,
        smallest: float = 0.0,
        feature_type: str = "float32",
    ):
        capacity = max(capacity, n_step + 2)
        self.capacity = capacity
        self.boards = BoardMemory(capacity, n_cells)
        self.features = np.zeros((capacity, n_features), feature_type)
        self.actions = np.zeros(capacity, np.int32)
        self.reward_sums = np.zeros(capacity, np.float32)
        self.discounts = np.zeros(capacity, np.float32)
        self.next_slots = np.zeros(capacity, np.int32)
        self.assembler = NStepAssembler(n_step, gamma)
        self.sampler = (
            PrioritizedSampler(capacity, rng, alpha, beta, smallest) if prioritized else UniformSampler(capacity, rng)
        )
        self.n_transitions = 0  # ever completed
        self.n_slots_used = 0
        self._position = 0  # the next slot to write
        self._current: int | None = None  # the slot of the newest observation, while a game is in progress

    def __len__(self) -> int:
        """How many transitions can be drawn; at most n_step too many while a game is in progress."""
        return min(self.n_transitions, self.n_slots_used)

    def add(
        self, observation: Any, action: int, reward: float, next_observation: Any, terminated: bool, truncated: bool
    ) -> None:
        """Remember one step. `observation` counts only at the start of a game: later it is the last next one.

        An observation has `symbols` [n] int and `inputs` [n_cells] uint8 (see `BoardMemory.put`) and `features`.
        """
        if self._current is None:
            self._current = self._store(observation)
        slot = self._current
        self._current = next_slot = self._store(next_observation)
        for transition in self.assembler.add(slot, action, reward, next_slot, terminated, truncated):
            self._complete(transition)
        if terminated or truncated:
            self._current = None

    def end_episode(self) -> None:
        """The game in progress was given up: keep what is there, as if truncated."""
        if self._current is not None:
            for transition in self.assembler.flush(self._current):
                self._complete(transition)
            self._current = None

    def _store(self, observation: Any) -> int:
        slot, boards = self._position, self.boards
        self.sampler.remove(slot)
        if len(observation.inputs) < boards.n_cells:  # from before the memory was made wider
            observation = observation.widened(boards.n_cells)
        boards.put(slot, observation)
        self.features[slot] = observation.features
        self._position = (slot + 1) % self.capacity
        self.n_slots_used = max(self.n_slots_used, slot + 1)
        return slot

    def _complete(self, transition: NStepTransition) -> None:
        slot = transition.slot
        self.actions[slot] = transition.action
        self.reward_sums[slot] = transition.reward_sum
        self.discounts[slot] = transition.discount
        self.next_slots[slot] = transition.next_slot
        self.sampler.add(slot)
        self.n_transitions += 1

    def sample(self, batch_size: int) -> Batch:
        """One batch; raises ValueError while there is nothing to draw."""
        return next(self.sample_batches(batch_size, 1))

    def sample_batches(self, batch_size: int, n_batches: int) -> Iterator[Batch]:
        """n_batches batches from one draw; in each, the largest weight is 1.

        Item i of the draw goes to batch i % n_batches, so that each batch covers the whole range of priorities.
        """
        indices, weights = (
            np.ascontiguousarray(drawn.reshape(batch_size, n_batches).T)  # [n_batches, batch_size]
            for drawn in self.sampler.sample(batch_size * n_batches)
        )
        slots = np.concatenate([indices, self.next_slots.take(indices)], axis=1)  # of s, then of s'
        features = self.features.take(slots, axis=0)
        actions, reward_sums = self.actions.take(indices), self.reward_sums.take(indices)
        discounts = self.discounts.take(indices)
        weights = weights / weights.max(axis=1, keepdims=True)
        for i in range(n_batches):  # the boards of each when it is its turn: those of all would be large
            boards = self.boards.take(slots[i])
            yield Batch(boards, features[i], actions[i], reward_sums[i], discounts[i], weights[i], indices[i])

    def update_priorities(self, indices: np.ndarray, td_errors: np.ndarray) -> None:
        """Tell the sampler the TD errors [n] of the transitions with these indices [n]."""
        self.sampler.update(indices, td_errors)

    def newest_features(self, n: int) -> np.ndarray:
        """The features [at most n, n_features] of what was seen last, in any order."""
        n = min(n, self.n_slots_used)
        return self.features[np.arange(self._position - n, self._position) % self.capacity]

    def widen_cells(self, n_cells: int) -> None:
        """Make room for more cells an observation; the old observations have nothing there."""
        self.boards.widen_cells(n_cells)

    def _columns(self) -> dict[str, np.ndarray]:
        return {"features": self.features, "actions": self.actions, "returns": self.reward_sums, "discounts": self.discounts}

    def get_state(self) -> dict[str, np.ndarray]:
        """Everything, between two games (the steps of a game in progress are not included).

        n_transitions () and position () int; features [used, n_features], actions, returns, discounts and next_slots
        [used]; lists or cells (see `BoardMemory`); sampler_... (see the samplers). The large arrays are views, not copies:
        write them to the file before going on.
        """
        used = self.n_slots_used
        state = {"n_transitions": np.array(self.n_transitions), "position": np.array(self._position)}
        state.update({name: column[:used] for name, column in self._columns().items()})
        state["next_slots"] = self.next_slots[:used]
        state.update(self.boards.get_state(used))
        for name, value in self.sampler.get_state().items():
            state["sampler_" + name] = value
        return state

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over a saved memory; of one from a memory with another capacity, the newest that there is room for.

        Raises ValueError for a state in which one number points to where there is nothing.
        """
        if any(state[name].ndim != 1 for name in ("actions", "next_slots")):
            raise ValueError("the turns of the memory are not in a row")
        position, used = int(state["position"]), len(state["actions"])
        if not (0 <= position <= used and int(state["n_transitions"]) >= 0):
            raise ValueError("the place to write to is outside the memory")
        if used and not (0 <= state["next_slots"].min() and state["next_slots"].max() < used):
            raise ValueError("a turn of the memory is followed by one that is not there")
        slots, position = self._slots_to_take(used, position)
        moved_to = np.zeros(used, np.int32)
        moved_to[slots] = np.arange(len(slots))
        self.n_transitions = int(state["n_transitions"])
        self._position, self.n_slots_used = position, len(slots)
        self.boards.set_state(state, slots)
        for name, column in self._columns().items():
            column[: len(slots)] = state[name][slots]
        self.next_slots[: len(slots)] = moved_to[state["next_slots"][slots]]
        start = "sampler_"
        self.sampler.set_state({name[len(start) :]: value for name, value in state.items() if name.startswith(start)}, slots)
        self.assembler.flush(0)  # forget the game in progress
        self._current = None

    def _slots_to_take(self, used: int, position: int) -> tuple[np.ndarray, int]:
        """Which slots of a saved memory to take over, in this order, and the next one to write afterwards."""
        slots, went_round = np.arange(used), position < used
        if used > self.capacity or (went_round and used != self.capacity):
            slots = np.roll(slots, -position)[-self.capacity :] if went_round else slots[-self.capacity :]
            position = len(slots) % self.capacity
        return slots, position % self.capacity
