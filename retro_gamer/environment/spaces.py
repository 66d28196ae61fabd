"""What an environment says its observations and actions are, and how both become plain numbers.

Gymnasium's spaces are read by their attributes, so that a policy acts where Gymnasium is not installed. `flatten` gives
the numbers that `gymnasium.spaces.utils.flatten` gives (a test compares them). `to_json` is what a checkpoint says.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from operator import index
from typing import Any, Hashable, Sequence

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

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.to_json()}"

    def flatten(self, value: Any) -> np.ndarray:
        """A value as numbers: [n_features] float32 (uint8 for a picture of bytes), a copy."""
        raise NotImplementedError

    def state_of(self, value: Any) -> Hashable:
        """A value as a table knows it."""
        raise NotImplementedError

    def value_at(self, number: int) -> Any:
        """The value with this number, 0 <= number < n_values."""
        raise NotImplementedError

    def key(self, number: int) -> Hashable:
        """The value with this number, as the key of a dict."""
        return self.state_of(self.value_at(number))

    def label(self, number: int) -> str:
        """What people call the value with this number."""
        return str(self.key(number))

    def to_json(self) -> Any:
        raise NotImplementedError


class Box(Space):
    """An array of numbers: shape, and the dtype that the environment promised."""

    n_values = 0

    def __init__(self, shape: Sequence[int], dtype: Any):
        self.shape, self.dtype = tuple(map(int, shape)), UINT8 if np.dtype(dtype) == UINT8 else FLOAT32
        self.n_features = prod(self.shape)

    def flatten(self, value: Any) -> np.ndarray:
        try:
            array = np.asarray(value)
        except ValueError:  # NumPy's words for parts of different lengths are long
            raise ValueError("its parts have different lengths") from None
        if array.dtype != self.dtype:
            array = self._cast(array)
        if array.shape != self.shape:
            raise ValueError(f"it has shape {array.shape}, not {self.shape}")
        return array.flatten()

    def _cast(self, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind not in "biuf":
            raise ValueError("it does not hold numbers only")
        # What is too large becomes infinite, and is refused.
        with np.errstate(over="ignore", invalid="ignore"):
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
            raise ValueError(f"it should be a whole number from {self.start} to {self.start + self.n - 1}, but is {number}")
        return number

    def value_at(self, number: int) -> int:
        return self.start + number

    def to_json(self) -> Any:
        return {"discrete": self.n, "start": self.start}


class MultiDiscrete(Space):
    """Several whole numbers, each with its own smallest value and number of values."""

    def __init__(self, counts: Any, starts: Any = 0, dtype: Any = np.int64):
        self.counts, self.dtype = np.asarray(counts, np.int64), np.dtype(dtype)
        self.starts = np.zeros_like(self.counts) + np.asarray(starts, np.int64)
        self.n_features, self.n_values = int(self.counts.sum()), prod(map(int, self.counts.ravel()))
        self._firsts = self.counts.ravel().cumsum() - self.counts.ravel()

    def _numbers(self, value: Any) -> np.ndarray:
        array = np.asarray(value)
        if array.dtype.kind not in "biu" or array.shape != self.counts.shape:
            raise ValueError(f"it should be whole numbers of shape {self.counts.shape}")
        numbers: np.ndarray = array.astype(np.int64) - self.starts
        if ((numbers < 0) | (numbers >= self.counts)).any():
            raise ValueError("one of its numbers is out of range")
        return numbers.ravel()

    def flatten(self, value: Any) -> np.ndarray:
        features = np.zeros(self.n_features, np.float32)
        features[self._firsts + self._numbers(value)] = 1
        return features

    def state_of(self, value: Any) -> tuple[int, ...]:
        return tuple((self._numbers(value) + self.starts.ravel()).tolist())

    def value_at(self, number: int) -> np.ndarray:
        flat = np.array(np.unravel_index(number, tuple(self.counts.ravel())))
        values: np.ndarray = flat.reshape(self.counts.shape) + self.starts
        return values.astype(self.dtype)

    def to_json(self) -> Any:
        return {"multi_discrete": self.counts.tolist(), "start": self.starts.tolist(), "dtype": self.dtype.name}


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

    def _parts(self, value: Any) -> Sequence[Any] | np.ndarray:
        if not isinstance(value, (tuple, list, np.ndarray)) or len(value) != len(self.spaces):
            raise ValueError(f"it should have {len(self.spaces)} parts")
        return list(value)

    def flatten(self, value: Any) -> np.ndarray:
        parts = [space.flatten(part) for space, part in zip(self.spaces, self._parts(value))]
        return np.concatenate(parts).astype(np.float32, copy=False) if parts else np.zeros(0, np.float32)

    def state_of(self, value: Any) -> tuple[Hashable, ...]:
        return tuple(space.state_of(part) for space, part in zip(self.spaces, self._parts(value)))

    def _values_at(self, number: int) -> list[Any]:
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

    def __init__(self, spaces: dict[Hashable, Space]):
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


class Choice(Space):
    """One of a list of plain values: texts, numbers, or tuples of these."""

    n_features = 0

    def __init__(self, values: Sequence[Any]):
        self.values: list[Hashable] = list(values)
        self.n_values = len(self.values)

    def value_at(self, number: int) -> Any:
        return self.values[number]

    def key(self, number: int) -> Hashable:
        return self.values[number]

    def to_json(self) -> Any:
        return {"choice": [_plain_to_json(value) for value in self.values]}


class Anything(Space):
    """Whatever a table can know a state by: what an environment shows that says nothing of its observations."""

    n_features, n_values = 0, 1

    def state_of(self, value: Any) -> Hashable:
        if isinstance(value, (list, tuple)):
            return tuple(map(self.state_of, value))
        return self.state_of(value.tolist()) if isinstance(value, (np.ndarray, np.generic)) else value

    def to_json(self) -> Any:
        return {"anything": True}


def _plain_to_json(value: Any) -> Any:
    """A plain value of Python as JSON, in which a tuple is {"tuple": [...]}."""
    if isinstance(value, tuple):
        return {"tuple": [_plain_to_json(part) for part in value]}
    if value is None or isinstance(value, (str, bool, int)) or isinstance(value, float) and np.isfinite(value):
        return value
    raise ValueError(f"{value!r:.100} is none")


def plain_from_json(data: Any, depth: int = 0) -> Any:
    if isinstance(data, dict) and depth < MAX_DEPTH:
        return tuple(plain_from_json(part, depth + 1) for part in data["tuple"])
    if isinstance(data, (dict, list)):
        raise ValueError("no plain value")
    return data


def _whole_number(value: Any) -> int:
    if type(value) is int:  # nearly always
        return value
    try:
        if isinstance(value, np.ndarray) and value.size == 1:
            value = value.item()
        number = index(value) if not isinstance(value, (float, np.floating)) else int(value)
        if number != value:
            raise TypeError
    except (TypeError, ValueError, OverflowError):
        raise ValueError("it should be a whole number") from None
    return number
