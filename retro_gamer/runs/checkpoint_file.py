"""What an .npz of a run holds: facts in words and numbers, which anybody may have written, and arrays."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Callable, NamedTuple

import numpy as np

from retro_gamer.errors import CheckpointError
from retro_gamer.runs.archive import MAX_POLICY_BYTES, load_arrays, save_arrays

FORMAT_VERSION = 1
MAX_FACTS_BYTES = 2**20  # of a policy


class Checkpoint(NamedTuple):
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; raises CheckpointError when it is damaged or too new."""
    return read_npz(path, MAX_POLICY_BYTES, MAX_FACTS_BYTES)


def read_npz(path: Path, max_bytes: int, max_facts_bytes: int) -> Checkpoint:
    """Read an .npz of at most this size; raises CheckpointError when it is damaged or too new."""
    arrays = load_arrays(path, max_bytes)
    facts = _facts_from_array(arrays.pop("facts", None), path, max_facts_bytes)
    version = facts.get("format")
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format {version!r:.100}; this version of the library reads format "
            f"{FORMAT_VERSION}. Use the version of the library that wrote it, or train again."
        )
    return Checkpoint(facts, arrays)


def _facts_to_array(facts: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(json.dumps({"format": FORMAT_VERSION, **facts}).encode("utf-8"), np.uint8)


def _facts_from_array(array: np.ndarray | None, path: Path, max_bytes: int) -> dict[str, Any]:
    if array is not None and array.dtype == np.uint8 and array.ndim == 1 and len(array) <= max_bytes:
        try:
            facts = parse_json(array.tobytes())
            if isinstance(facts, dict):
                return facts
        except (ValueError, RecursionError):
            pass
    raise CheckpointError(f"{path} is not a checkpoint of this library: it does not say what it holds.")


def write_npz(path: Path, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz, all or nothing."""
    save_arrays(path, {"facts": _facts_to_array(facts), **arrays})


# JSON that may be anyone's: its depth and size are known before it is parsed.
MAX_DEPTH = 100  # of lists in lists: deeper ones end some versions of Python itself
MAX_VALUES = 2**20
MAX_CONTAINERS = 2**18  # lists and dicts, which take many times the memory of their text
MAX_DIGITS = 100  # of a number: reading one takes time that grows with the square of its length


def parse_json(text: bytes) -> Any:
    """What a JSON text in UTF-8 says; raises ValueError when it is not JSON, or too much of it."""
    characters = np.frombuffer(text.replace(b"\\\\", b"").replace(b'\\"', b""), np.uint8)
    outside = np.cumsum(characters == ord('"'), dtype=np.int32) % 2 == 0  # of texts
    opening = outside & ((characters == ord("[")) | (characters == ord("{")))
    closing = outside & ((characters == ord("]")) | (characters == ord("}")))
    depth = np.cumsum(opening.astype(np.int8) - closing, dtype=np.int32).max(initial=0)
    commas = np.count_nonzero(outside & (characters == ord(",")))
    containers = np.count_nonzero(opening)
    if depth > MAX_DEPTH or containers > MAX_CONTAINERS or commas + containers > MAX_VALUES:
        raise ValueError("lists in lists without end, or too many of them")
    return json.loads(text.decode("utf-8"), parse_int=_read_int)


def _read_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    return int(text)


# Is a value in such JSON what it should be?
Check = Callable[[Any], bool]


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e300


def is_rating(value: Any) -> bool:
    return is_number(value) and abs(value) < 1e6


def is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_none_or(check: Check) -> Check:
    return lambda value: value is None or check(value)


def is_list_of(check: Check, length: int | None = None) -> Check:
    """A list of values that pass a check, of any length or of this one."""
    return lambda value: isinstance(value, list) and len(value) == (length or len(value)) and all(map(check, value))
