"""What an environment says its observations and actions are, and how both become plain numbers.

Gymnasium's spaces are read by their attributes, so that a policy acts where Gymnasium is not installed. `flatten` gives
the numbers that `gymnasium.spaces.utils.flatten` gives (a test compares them). `to_json` is what a checkpoint says.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from operator import index
from typing import Any, Dict, Hashable, List, Sequence, Tuple

import numpy as np

MAX_DEPTH = 8  # of spaces in spaces
MAX_SIZE = 10**6  # numbers of an observation
MAX_ACTIONS = 1024
UINT8 = np.dtype(np.uint8)
FLOAT32 = np.dtype(np.float32)


class Space:
    """The values that an observation or an action may have.

    `flatten`, `state_of` raise ValueError with what is wrong about a value, as the end of a sentence.
    """

    n_features: int  # of a flattened value
    n_values: int  # how many different values there are; 0: too many to tell apart

    def flatten(self, value: Any) -> np.ndarray:
        """A value as numbers: [n_features] float32 (uint8 for a picture of bytes), a copy."""
        raise NotImplementedError

    def state_of(self, value: Any) -> Hashable:
        """A value as a table knows it."""
        raise NotImplementedError

    def value_at(self, number: int) -> Any:
        """The value with this number, 0 <= number < n_values."""
        raise NotImplementedError

    def label(self, number: int) -> str:
        """What people call the value with this number."""
        return str(self.state_of(self.value_at(number)))

    def to_json(self) -> Any:
        raise NotImplementedError


class Box(Space):
    """An array of numbers: shape, and the dtype that the environment promised."""

    n_values = 0

    def __init__(self, shape: Sequence[int], dtype: Any):
        self.shape, self.dtype = tuple(map(int, shape)), UINT8 if np.dtype(dtype) == UINT8 else FLOAT32
        self.n_features = prod(self.shape)

    def flatten(self, value: Any) -> np.ndarray:
        array = np.asarray(value)
        if array.dtype != self.dtype:
            array = self._cast(array)
        if array.shape != self.shape:
            raise ValueError(f"it has shape {array.shape}, not {self.shape}")
        return array.flatten()

    def _cast(self, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind not in "biuf":
            raise ValueError("it does not hold numbers only")
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # what is too large becomes infinite, and is refused
            cast = array.astype(self.dtype)
        if self.dtype == UINT8 and not np.array_equal(cast, array):
            raise ValueError(
                f"it holds {array[cast != array].ravel()[0]}, but should hold whole numbers from 0 to 255 (uint8)"
            )
        return cast

    def to_json(self) -> Any:
        return {"box": list(self.shape), "dtype": self.dtype.name}


class Discrete(Space):
    """One of n whole numbers, counted from `start`."""

    def __init__(self, n: int, start: int = 0):
        self.n, self.start = int(n), int(start)
        self.n_features = self.n_values = self.n

    def flatten(self, value: Any) -> np.ndarray:
        features = np.zeros(self.n, np.float32)
        features[self.state_of(value) - self.start] = 1
        return features

    def state_of(self, value: Any) -> int:
        number = _whole_number(value)
        if not self.start <= number < self.start + self.n:
            raise ValueError(
                f"it should be a whole number from {self.start} to {self.start + self.n - 1}, but is {number}"
            )
        return number

    def value_at(self, number: int) -> int:
        return self.start + number

    def to_json(self) -> Any:
        return {"discrete": self.n, "start": self.start}


class MultiDiscrete(Space):
    """Several whole numbers, each one of so many, counted from a start of its own."""

    def __init__(self, counts: Any, starts: Any = 0, dtype: Any = np.int64):
        self.counts, self.dtype = np.asarray(counts, np.int64), np.dtype(dtype)
        self.starts = np.zeros_like(self.counts) + np.asarray(starts, np.int64)
        self.n_features, self.n_values = int(self.counts.sum()), prod(map(int, self.counts.ravel()))
        self._firsts = self.counts.ravel().cumsum() - self.counts.ravel()

    def _numbers(self, value: Any) -> np.ndarray:
        array = np.asarray(value)
        if array.dtype.kind not in "biu" or array.shape != self.counts.shape:
            raise ValueError(f"it should be whole numbers of shape {self.counts.shape}")
        numbers = array.astype(np.int64) - self.starts
        if ((numbers < 0) | (numbers >= self.counts)).any():
            raise ValueError("one of its numbers is out of range")
        return numbers.ravel()

    def flatten(self, value: Any) -> np.ndarray:
        features = np.zeros(self.n_features, np.float32)
        features[self._firsts + self._numbers(value)] = 1
        return features

    def state_of(self, value: Any) -> Tuple[int, ...]:
        return tuple((self._numbers(value) + self.starts.ravel()).tolist())

    def value_at(self, number: int) -> np.ndarray:
        flat = np.array(np.unravel_index(number, tuple(self.counts.ravel())))
        return (flat.reshape(self.counts.shape) + self.starts).astype(self.dtype)

    def to_json(self) -> Any:
        return {
            "multi_discrete": self.counts.tolist(),
            "start": self.starts.tolist(),
            "dtype": self.dtype.name,
        }


class MultiBinary(MultiDiscrete):
    """An array of zeros and ones."""

    def __init__(self, shape: Sequence[int]):
        super().__init__(np.full(tuple(map(int, shape)), 2), dtype=np.int8)
        self.n_features = self.counts.size

    def flatten(self, value: Any) -> np.ndarray:
        return self._numbers(value).astype(np.float32)

    def to_json(self) -> Any:
        return {"multi_binary": list(self.counts.shape)}


class TupleSpace(Space):
    """A value of each of several spaces, in order."""

    def __init__(self, spaces: Sequence[Space]):
        self.spaces = list(spaces)
        self.n_features = sum(space.n_features for space in self.spaces)
        self.n_values = prod(space.n_values for space in self.spaces)

    def _parts(self, value: Any) -> Sequence[Any]:
        if not isinstance(value, (tuple, list, np.ndarray)) or len(value) != len(self.spaces):
            raise ValueError(f"it should have {len(self.spaces)} parts")
        return value

    def flatten(self, value: Any) -> np.ndarray:
        parts = [space.flatten(part) for space, part in zip(self.spaces, self._parts(value))]
        return np.concatenate(parts).astype(np.float32, copy=False) if parts else np.zeros(0, np.float32)

    def state_of(self, value: Any) -> Tuple[Hashable, ...]:
        return tuple(space.state_of(part) for space, part in zip(self.spaces, self._parts(value)))

    def _values_at(self, number: int) -> List[Any]:
        values = []
        for space in reversed(self.spaces):
            number, which = divmod(number, space.n_values)
            values.append(space.value_at(which))
        return values[::-1]

    def value_at(self, number: int) -> Any:
        return tuple(self._values_at(number))

    def to_json(self) -> Any:
        return {"tuple": [space.to_json() for space in self.spaces]}


class DictSpace(TupleSpace):
    """A value of each of several spaces, by name, in the order in which the environment names them."""

    def __init__(self, spaces: "Dict[Hashable, Space]"):
        super().__init__(list(spaces.values()))
        self.names = list(spaces)

    def _parts(self, value: Any) -> Sequence[Any]:
        if not isinstance(value, Mapping) or set(value) != set(self.names):
            raise ValueError(f"it should be a dict of {', '.join(map(repr, self.names))}")
        return [value[name] for name in self.names]

    def value_at(self, number: int) -> Any:
        return dict(zip(self.names, self._values_at(number)))

    def label(self, number: int) -> str:
        return str(dict(zip(self.names, self.state_of(self.value_at(number)))))

    def to_json(self) -> Any:
        return {"dict": [[name, space.to_json()] for name, space in zip(self.names, self.spaces)]}


def _whole_number(value: Any) -> int:
    try:
        if isinstance(value, np.ndarray) and value.size == 1:
            value = value.item()
        number = index(value) if not isinstance(value, (float, np.floating)) else int(value)
        if number != value:
            raise TypeError
    except (TypeError, ValueError, OverflowError):
        raise ValueError("it should be a whole number") from None
    return number


class UnknownSpace(ValueError):
    """A space whose values have no fixed number of numbers; its only argument is what it is called."""


def read_space(space: Any, depth: int = 0) -> Space:
    """The same of a Gymnasium space. Raises UnknownSpace for one that has no fixed number of values."""
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
        return TupleSpace([read_space(part, depth + 1) for part in space.spaces])
    if "Dict" in names:
        return DictSpace({name: read_space(part, depth + 1) for name, part in space.spaces.items()})
    raise UnknownSpace(type(space).__name__)


def space_from_json(data: Any) -> Space:
    """The space that `to_json` described; raises ValueError for anything else, without building what is large."""
    try:
        return _from_json(data, 0)
    except (TypeError, AttributeError, OverflowError):
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


def _counts(numbers: Any, low: int) -> List[int]:
    """A few whole numbers of a sane size, whose product is one too."""
    if not isinstance(numbers, list) or len(numbers) > MAX_DEPTH:
        raise ValueError("no space")
    if not all(type(number) is int and low <= number <= 2**53 for number in numbers):
        raise ValueError("no space")
    if low >= 0 and prod(numbers) > MAX_SIZE:
        raise ValueError("a space too large")
    return numbers
