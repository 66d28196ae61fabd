"""JSON that may be anyone's: its depth and size are known before it is parsed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

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
