"""Where spaces come from: from Gymnasium's, from a value that an environment shows, from a checkpoint."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from retro_gamer.environment.spaces import (
    FLOAT32,
    MAX_DEPTH,
    MAX_SIZE,
    UINT8,
    Anything,
    Box,
    Choice,
    DictSpace,
    Discrete,
    MultiBinary,
    MultiDiscrete,
    Space,
    TupleSpace,
    plain_from_json,
)
from retro_gamer.errors import ConfigError


class UnknownSpace(ValueError):
    """A space whose values have no fixed number of numbers; its only argument is what it is called."""


def read_space(space: Any) -> Space:
    """A Gymnasium space, or one that is made by hand with its attributes, as a space of ours.

    Raises UnknownSpace for one that has no fixed number of values, and ConfigError where attributes are missing or wrong.
    """
    try:
        return _read(space, 0)
    except UnknownSpace:
        raise
    except Exception as error:  # an object of somebody's own
        raise ConfigError(
            f"A space of the environment, {type(space).__name__}, cannot be read ({type(error).__name__}: {error}). As in "
            "Gymnasium, a Discrete needs n, a Box shape and dtype, a MultiDiscrete nvec and dtype, a MultiBinary shape, "
            "and a Tuple or Dict spaces."
        ) from None


def _read(space: Any, depth: int) -> Space:
    names = {cls.__name__ for cls in type(space).__mro__}
    if depth > MAX_DEPTH:
        raise UnknownSpace("spaces nested too deep")
    if "Box" in names:
        return Box(space.shape, space.dtype)
    if "Discrete" in names:
        return Discrete(space.n, getattr(space, "start", 0))
    if "MultiDiscrete" in names:
        return MultiDiscrete(space.nvec, getattr(space, "start", 0), space.dtype)
    if "MultiBinary" in names:
        return MultiBinary(space.shape)
    if "Tuple" in names:
        return TupleSpace([_read(part, depth + 1) for part in space.spaces])
    if "Dict" in names:
        return DictSpace({name: _read(part, depth + 1) for name, part in space.spaces.items()})
    raise UnknownSpace(type(space).__name__)


def space_of(value: Any, depth: int = 0) -> Space:
    """The space that a value seems to be of. Raises UnknownSpace for what does not consist of numbers."""
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        return DictSpace({name: space_of(part, depth + 1) for name, part in value.items()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy before 1.24 warns of what later ones refuse
            array = np.asarray(value)
    except ValueError:  # parts of different lengths
        array = np.empty(0, object)
    if array.dtype.kind in "biuf":
        return Box(array.shape, array.dtype)
    if isinstance(value, (tuple, list)) and depth < MAX_DEPTH:
        return TupleSpace([space_of(part, depth + 1) for part in value])
    raise UnknownSpace(type(value).__name__)


def space_from_json(data: Any) -> Space:
    """The space that `to_json` described; raises ValueError for anything else, without building what is large."""
    try:
        return _from_json(data, 0)
    except (TypeError, AttributeError, KeyError, OverflowError):
        raise ValueError("no space") from None


def _from_json(data: Any, depth: int) -> Space:
    if not isinstance(data, dict) or depth > MAX_DEPTH:
        raise ValueError("no space")
    space: Space
    if "box" in data:
        space = Box(_counts(data["box"], 0), data.get("dtype") == "uint8" and UINT8 or FLOAT32)
    elif "discrete" in data:
        space = Discrete(_counts([data["discrete"]], 1)[0], _counts([data.get("start", 0)], -(2**53))[0])
    elif "multi_binary" in data:
        space = MultiBinary(_counts(data["multi_binary"], 0))
    elif "multi_discrete" in data:
        dtype = np.dtype(data.get("dtype")) if data.get("dtype") in _WHOLE_NUMBERS else np.dtype(np.int64)
        space = MultiDiscrete(data["multi_discrete"], data.get("start", 0), dtype)
        if (space.counts < 1).any():
            raise ValueError("no space")
    elif "choice" in data:
        space = Choice([plain_from_json(value) for value in data["choice"]])
    elif "anything" in data:
        space = Anything()
    elif "tuple" in data:
        space = TupleSpace([_from_json(part, depth + 1) for part in data["tuple"]])
    elif "dict" in data:
        space = DictSpace({name: _from_json(part, depth + 1) for name, part in data["dict"]})
    else:
        raise ValueError("no space")
    if not 0 <= space.n_features <= MAX_SIZE:
        raise ValueError("a space too large")
    return space


_WHOLE_NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def _counts(numbers: Any, low: int) -> list[int]:
    """A few whole numbers of a sane size, whose product is one too."""
    if not isinstance(numbers, list) or len(numbers) > MAX_DEPTH:
        raise ValueError("no space")
    if not all(type(number) is int and low <= number <= 2**53 for number in numbers):
        raise ValueError("no space")
    if low >= 0 and prod(numbers) > MAX_SIZE:
        raise ValueError("a space too large")
    return numbers
