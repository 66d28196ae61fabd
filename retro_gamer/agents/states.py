"""What stands in a table for an observation, and how it is written to a file without pickle."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Hashable, List, Sequence

import numpy as np

from retro_gamer.environment.observation import Observation
from retro_gamer.errors import ObservationError

MAX_NESTING = 50  # of tuples in tuples
MAX_DIGITS = 1000  # of a number: reading one takes time that grows with the square of its length


def state_of(observation: Any) -> Hashable:
    """What stands in the table for an observation; raises ObservationError when it cannot be hashed."""
    if type(observation) is Observation:
        cells, features = observation
        return cells.tobytes() + features.tobytes() if len(features) else cells.tobytes()
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


def decode_states(array: np.ndarray) -> List[Any]:
    """The states of `encode_states`; only literals are understood, nothing is run."""
    if array.dtype != np.uint8 or array.ndim not in (1, 2):
        raise ValueError("the states are not text")
    if array.ndim == 2:
        return [row.tobytes() for row in array]
    return [_read_literal(text) for text in json.loads(array.tobytes().decode("ascii"))]


# One part of what `_literal` writes: "(", "),", or a value and the comma after it.
_PART = re.compile(
    r"""(\()|(\)),?|(-?[0-9][0-9.e+-]*|None|True|False|b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"),?"""
)


def _read_literal(text: str) -> Hashable:
    """What `_literal` wrote. Python's parser sees single values only: it could be brought down by nesting."""
    tuples: List[List[Any]] = [[]]  # those not closed yet, the outermost first
    place = 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or len(tuples) > MAX_NESTING + 1:
            raise ValueError(f"{text[:100]!r} is not a state")
        opening, closing, value = part.groups()
        if opening:
            tuples.append([])
        elif closing and len(tuples) > 1:
            closed = tuple(tuples.pop())
            tuples[-1].append(closed)
        elif value and (value[-1] in "'\"" or len(value) <= MAX_DIGITS):
            tuples[-1].append(ast.literal_eval(value))
        else:
            raise ValueError(f"{text[:100]!r} is not a state")
        place = part.end()
    if len(tuples) != 1 or len(tuples[0]) != 1:
        raise ValueError(f"{text[:100]!r} is not a state")
    return tuples[0][0]


def _literal(part: Any, depth: int = 0) -> str:
    """A state as a Python literal. What it is read back as is equal to it, and has the same hash."""
    if isinstance(part, tuple):
        if depth == MAX_NESTING:
            raise ObservationError(
                f"A state has tuples in tuples, more than {MAX_NESTING} deep. Use a flat tuple."
            )
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
                raise ObservationError(
                    f"A state contains a number of {len(text)} digits; {MAX_DIGITS} are the most."
                )
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
