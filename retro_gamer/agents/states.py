"""States of tables: what stands there for an observation, and how tables are written to a file without pickle."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any, Dict, Hashable, List, Sequence

import numpy as np

from retro_gamer.environment.observation import Observation
from retro_gamer.errors import ObservationError

# A table with more states than this is of no use to anyone, and too large to save again and again.
MAX_STATES = 100_000
MAX_NESTING = 50  # of tuples in tuples
MAX_DIGITS = 1000  # of a number: reading one takes time that grows with the square of its length
MAX_COMPARED = 10**8  # characters of states that have the same hash; 2,000 short ones do

Table = Dict[Hashable, List[float]]  # state -> the value of each action
Visits = Dict[Hashable, int]


def state_of(observation: Hashable) -> Hashable:
    """What stands in the table for an observation; raises ObservationError when it cannot be hashed."""
    if type(observation) is Observation:
        return observation.to_bytes()
    try:
        hash(observation)
    except TypeError:
        raise ObservationError(
            f"The observation {observation!r:.200} cannot be looked up in a table, because "
            f"{_unhashable_part(observation)} can change. Let the observation function return a tuple of numbers and "
            "texts: tuple(values) makes one of a list or an array."
        ) from None
    return observation


def check_state(state: Hashable) -> None:
    """Raise ObservationError when a state could not be written to a file, or would never be found again."""
    if type(state) not in (int, bytes, str):
        _literal(state)


def encode_states(states: Sequence[Hashable]) -> np.ndarray:
    """States as bytes: [states, length] when all are bytes of one length, as boards are; else one literal each."""
    boards = [state for state in states if type(state) is bytes]
    if boards and len(boards) == len(states) and len(set(map(len, boards))) == 1:
        return np.frombuffer(b"".join(boards), np.uint8).reshape(len(boards), len(boards[0]))
    return np.frombuffer(json.dumps([_literal(state) for state in states]).encode("ascii"), np.uint8)


def decode_states(array: np.ndarray, most: int = MAX_STATES) -> list[Any]:
    """The states of `encode_states`, `most` of them at the most; only literals are understood, nothing is run.

    Raises ValueError for anything else, before it takes time or memory.
    """
    if array.dtype != np.uint8 or array.ndim not in (1, 2):
        raise ValueError("the states are not text")
    if array.ndim == 2:
        if len(array) > most:
            raise ValueError(f"there are {len(array)} states, and {most} are the most")
        return [row.tobytes() for row in array]
    texts = _split(array.tobytes().decode("ascii"), most)
    states = {text: _read_literal(text) for text in dict.fromkeys(texts)}
    _check_hashes(states)
    return [states[text] for text in texts]


def _split(text: str, most: int) -> list[str]:
    """The texts in a JSON list of texts. (A JSON parser would first make whatever else is in it, however much.)"""
    if text == "[]":
        return []
    if text.count(_BETWEEN) >= most:
        raise ValueError(f"there are more than {most} states")
    if len(text) < 4 or not (text.startswith('["') and text.endswith('"]')):
        raise ValueError("the states are not a list of texts")
    return [json.loads(f'"{part}"') if "\\" in part else part for part in text[2:-2].split(_BETWEEN)]


def _check_hashes(states: dict[str, Hashable]) -> None:
    """Raise ValueError when too many states have the same hash: a dict would compare each with all others."""
    hashes = np.fromiter(map(hash, states.values()), np.int64, len(states))
    _, groups = np.unique(hashes, return_inverse=True)
    counts = np.bincount(groups)
    characters = np.bincount(groups, weights=list(map(len, states)))  # of the states in each group
    if (counts * characters)[counts > 1].sum() > MAX_COMPARED:
        raise ValueError("too many of the states have the same hash")


_BETWEEN = '", "'  # two texts in a list: as all quotes inside a text have a backslash before them, nowhere else
_NUMBERS = re.compile("[-+.0-9e,()nulltrefas]*")  # of JSON, with tuples for lists
_DIGITS = re.compile("[0-9]+")
# One part of what `_literal` writes: "(", "),", or a value and the comma after it.
_ESCAPE = r"\\[\\'\"nrtxuU]"
_QUOTED = rf"""'[^'\\]*(?:{_ESCAPE}[^'\\]*)*'|"[^"\\]*(?:{_ESCAPE}[^"\\]*)*\""""
_PART = re.compile(rf"(\()|(\)),?|(-?[0-9][0-9.e+-]*|None|True|False|b?(?:{_QUOTED})),?")


def _read_literal(text: str) -> Hashable:
    """What `_literal` wrote. Python's parser is not asked: it could be brought down by nesting."""
    if "'" not in text and '"' not in text:
        return _read_numbers(text)
    tuples: list[list[Any]] = [[]]  # those not closed yet, the outermost first
    place = 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or len(tuples) > MAX_NESTING + 1:
            raise ValueError(f"{text[:100]!r} is not a state")
        opening, closing, value = part.groups()
        if value:
            tuples[-1].append(_read_value(value))
        elif opening:
            tuples.append([])
        elif len(tuples) > 1:
            closed = tuple(tuples.pop())
            tuples[-1].append(closed)
        else:
            raise ValueError(f"{text[:100]!r} is not a state")
        place = part.end()
    if len(tuples) != 1 or len(tuples[0]) != 1:
        raise ValueError(f"{text[:100]!r} is not a state")
    state: Hashable = tuples[0][0]
    return state


def _read_numbers(text: str) -> Hashable:
    """The same for a state without texts, which nearly all are: as JSON, because that is read fast."""
    plain = text.replace("None", "null").replace("True", "true").replace("False", "false")
    depth = 0
    if plain.count("(") > MAX_NESTING:
        depth = max(accumulate(1 if bracket == "(" else -1 for bracket in re.findall("[()]", plain)))
    n_digits = max(map(len, _DIGITS.findall(plain)), default=0) if len(plain) > MAX_DIGITS else 0
    if depth > MAX_NESTING or n_digits > MAX_DIGITS or not _NUMBERS.fullmatch(plain):
        raise ValueError(f"{text[:100]!r} is not a state")
    return _tuples(json.loads(plain.replace(",)", ")").replace("(", "[").replace(")", "]")))


def _tuples(value: Any) -> Hashable:
    return tuple([_tuples(item) for item in value]) if type(value) is list else value


def _read_value(text: str) -> Hashable:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[-1] not in "'\"":
        if len(text) > MAX_DIGITS:
            raise ValueError(f"a number of more than {MAX_DIGITS} digits")
        return int(text) if text.lstrip("-").isdigit() else float(text)
    inner = text[text[0] == "b" :][1:-1]
    if "\\" in inner:  # as Python writes escapes
        inner = inner.encode("latin-1", "backslashreplace").decode("unicode_escape")
    return inner.encode("latin-1") if text[0] == "b" else inner


_CONSTANTS = {"None": None, "True": True, "False": False}


def _literal(part: Any, depth: int = 0) -> str:
    """A state as a Python literal. What it is read back as is equal to it, and has the same hash."""
    if isinstance(part, tuple):
        if depth == MAX_NESTING:
            raise ObservationError(f"A state has tuples in tuples, more than {MAX_NESTING} deep. Use a flat tuple.")
        return "(" + "".join(_literal(item, depth + 1) + "," for item in part) + ")"
    if part is None or isinstance(part, bool):
        return repr(part)
    if isinstance(part, np.generic):
        plain = part.item()  # NumPy's numbers as Python's
        if not isinstance(plain, np.generic):
            part = plain
    if isinstance(part, float):
        if part != part:
            raise ObservationError(
                f"A state contains {part}, which is not equal to itself: it would never be found again in a table. "
                "Look for a division by zero, or a calculation with infinity."
            )
        return {float("inf"): "1e999", -float("inf"): "-1e999"}.get(part) or float.__repr__(part)
    for kind in (bool, int, str, bytes):
        if isinstance(part, kind):
            text = kind.__repr__(part)  # not repr: a subclass may show itself in another way
            if kind is int and len(text) > MAX_DIGITS:
                raise ObservationError(f"A state contains a number of {len(text)} digits; {MAX_DIGITS} are the most.")
            return text
    raise ObservationError(
        f"A state contains {part!r:.200}, a {type(part).__name__}, which cannot be written to a file. Use tuples of "
        "numbers, texts and true/false."
    )


def _unhashable_part(value: Any) -> str:
    """ "a list", or "the list in it": what it is that cannot be hashed."""
    if isinstance(value, tuple):
        for item in value:
            try:
                hash(item)
            except TypeError:
                return f"the {_kind(item)} in it" if not isinstance(item, tuple) else _unhashable_part(item)
    return f"a {_kind(value)}"


def _kind(value: Any) -> str:
    return "array" if isinstance(value, np.ndarray) else type(value).__name__


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
