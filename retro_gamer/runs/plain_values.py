"""Is a value in a file an ordinary number?"""

from __future__ import annotations

import math
from typing import Any


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e300


def is_rating(value: Any) -> bool:
    return is_number(value) and abs(value) < 1e6
