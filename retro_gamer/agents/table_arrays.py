"""Tables as arrays, as a checkpoint of a tabular agent holds them; and what to tell whose table does not suit the game."""

from __future__ import annotations

from typing import Dict, Hashable, List, Sequence

import numpy as np

from retro_gamer.agents.states import MAX_STATES, decode_states, encode_states

Table = Dict[Hashable, List[float]]  # state -> the value of each action
Visits = Dict[Hashable, int]


def write_tables(tables: Sequence[Table], n_actions: int, visits: Visits) -> dict[str, np.ndarray]:
    """Tables of the same states as arrays: `states` (see `encode_states`), of each `values_i` [n_states, n_actions], and
    `visits` [n_states]."""
    policy = {
        "states": encode_states(list(tables[0])),
        "visits": np.array([visits.get(state, 0) for state in tables[0]], np.int64),
    }
    for i, table in enumerate(tables):
        policy[f"values_{i}"] = np.array(list(table.values()), np.float64).reshape(len(table), n_actions)
    return policy


def read_tables(policy: dict[str, np.ndarray], n_tables: int, n_actions: int) -> list[Table]:
    """The tables that `write_tables` wrote; raises ValueError or KeyError for arrays that are none."""
    states = decode_states(policy["states"], MAX_STATES)
    tables = []
    for i in range(n_tables):
        values = policy[f"values_{i}"]
        if values.shape != (len(states), n_actions) or not np.isfinite(values).all():
            raise ValueError(f"values_{i} does not hold {n_actions} numbers for each of {len(states)} states")
        tables.append(dict(zip(states, values.astype(np.float64).tolist())))
    return tables


def read_visits(policy: dict[str, np.ndarray], table: Table) -> Visits:
    """The visits that `write_tables` wrote; none in files of before there were any. Raises ValueError for what is none."""
    visits = policy.get("visits")
    if visits is None:
        return {}
    if visits.shape != (len(table),) or visits.dtype.kind != "i" or (visits < 0).any():
        raise ValueError(f"visits does not hold a whole number for each of {len(table)} states")
    return dict(zip(table, visits.tolist()))


# After this many turns it is time to ask whether states repeat at all.
TURNS_BEFORE_NOTICE = 20_000
ADVICE = (
    "A table suits games with few states. Let an observation_function return a short tuple of what matters, or "
    'use algorithm = "dqn".'
)
NAMES = ("new", "full")


class TableNotices:
    """Two notices, each given once: the table is full, or nearly every state is new."""

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
        """Which of NAMES were given, [2] bool."""
        return np.array([name in self._said for name in NAMES])

    def set_state(self, said: np.ndarray) -> None:
        self._said = [name for name, given in zip(NAMES, said) if given]
