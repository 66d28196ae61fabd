"""Tables as arrays, as a checkpoint of a tabular agent holds them."""

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
