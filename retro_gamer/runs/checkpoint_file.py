"""What an .npz of a run holds: facts in words and numbers, and arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional

import numpy as np

from retro_gamer.errors import CheckpointError
from retro_gamer.runs.archive import MAX_POLICY_BYTES, load_arrays, save_arrays
from retro_gamer.runs.json_text import parse_json

FORMAT_VERSION = 1
MAX_FACTS_BYTES = 2**20  # of a policy


class Checkpoint(NamedTuple):
    """What a checkpoint holds: facts in words and numbers, and arrays."""

    facts: Dict[str, Any]
    arrays: Dict[str, np.ndarray]


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


def _facts_to_array(facts: Dict[str, Any]) -> np.ndarray:
    return np.frombuffer(json.dumps({"format": FORMAT_VERSION, **facts}).encode("utf-8"), np.uint8)


def _facts_from_array(array: Optional[np.ndarray], path: Path, max_bytes: int) -> Dict[str, Any]:
    if array is not None and array.dtype == np.uint8 and array.ndim == 1 and len(array) <= max_bytes:
        try:
            facts = parse_json(array.tobytes())
            if isinstance(facts, dict):
                return facts
        except (ValueError, RecursionError):
            pass
    raise CheckpointError(f"{path} is not a checkpoint of this library: it does not say what it holds.")


def write_npz(path: Path, facts: Dict[str, Any], arrays: Dict[str, np.ndarray]) -> None:
    """Write an .npz, all or nothing."""
    save_arrays(path, {"facts": _facts_to_array(facts), **arrays})
