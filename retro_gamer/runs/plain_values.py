"""Is a value in a file what it should be? Questions to ask of JSON that anybody may have written."""

from __future__ import annotations

import math
from typing import Any, Callable

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
