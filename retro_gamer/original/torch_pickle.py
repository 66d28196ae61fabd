"""Reads the pickle in a file of torch.save: plain values and tensors, and nothing else.

A pickle is a program for a small machine with a stack. Python's own machine does whatever the program says: it imports,
calls, and never ends when told so. This one knows the few instructions that checkpoints are made of, calls nothing but
the two functions below, and takes only texts and small numbers for the keys of a dict.
"""

from __future__ import annotations

import pickletools
from collections import OrderedDict
from typing import Any, NamedTuple

from retro_gamer.errors import CheckpointError
from retro_gamer.runs.archive import MAX_DIMENSIONS

MAX_PICKLE_BYTES = 2**18  # the pickle of a network of twenty layers has 10,000
MAX_DEPTH = 50  # of lists in lists
MAX_VALUES = 2**18  # counted as often as they are found: a list may stand in many places
PUSHES = frozenset("BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE".split())
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
NEW = {"EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict}
COUNTS = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2}  # of values taken from the stack
STORAGES = {
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
    "HalfStorage": "f2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


class StorageType(NamedTuple):
    """The kind of numbers in a storage, as NumPy names it."""

    dtype: str


class Storage(NamedTuple):
    """A row of numbers in the archive, not read yet."""

    key: str
    dtype: str
    length: int


class Tensor(NamedTuple):
    """A view into a storage: element [i, j, ...] is number offset + i * stride[0] + j * stride[1] + ..."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_pickle(data: bytes) -> Any:
    """What was saved, with a Tensor for every tensor; raises CheckpointError for what checkpoints do not hold.

    Other errors (IndexError, KeyError, ValueError, TypeError, ...) mean that the pickle is damaged.
    """
    machine = _Machine()
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "STOP":
            break
        machine.do(opcode.name, argument)
    content = machine.stack.pop()
    _check_extent(content)
    return content


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._marks: list[int] = []  # how high the stack was
        self._memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """One instruction, by its name in Python's `pickletools`."""
        stack = self.stack
        if name in PUSHES:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in NEW:
            stack.append(NEW[name]())
        elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._memo[len(self._memo) if argument is None else argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self._memo[argument])
        elif name == "MARK":
            self._marks.append(len(stack))
        elif name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            stack.append(tuple(self._take(COUNTS.get(name))))
        elif name in ("APPEND", "APPENDS"):
            items = self._take(COUNTS.get(name))
            _of_kind(list, stack[-1]).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = self._take(COUNTS.get(name))
            _set_items(_of_kind(dict, stack[-1]), items[::2], items[1::2])
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            stack.append(_find(argument.replace(" ", ".") if name == "GLOBAL" else ".".join(self._take(2))))
        elif name == "REDUCE":
            stack.append(_call(*self._take(2)))
        elif name == "BUILD":  # sets attributes, which are of no use here
            self._take(1)
            _of_kind(OrderedDict, stack[-1])
        elif name == "BINPERSID":
            stack.append(_make_storage(stack.pop()))
        elif name not in ("PROTO", "FRAME"):
            raise CheckpointError(
                f"its pickle uses {name}, which checkpoints have no use for. It is not trusted, and none of it was run"
            )

    def _take(self, count: int | None) -> list[Any]:
        """So many values from the top of the stack, or (None) all above the newest mark."""
        start = self._marks.pop() if count is None else len(self.stack) - count
        if not 0 <= start <= len(self.stack):
            raise IndexError("there is less on the stack")
        taken = self.stack[start:]
        del self.stack[start:]
        return taken


def _of_kind(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"a {type(value).__name__} where a {kind.__name__} should be")
    return value


def _set_items(target: dict[Any, Any], keys: list[Any], values: list[Any]) -> None:
    if len(keys) != len(values):
        raise ValueError("a key without a value")
    for key, value in zip(keys, values):
        # Others can be made so that to look them up, or to work out their hash, never ends.
        if not (type(key) is str or type(key) is int and abs(key) < 2**31):
            raise CheckpointError("a dict in it has other keys than texts and small numbers")
        target[key] = value


def _find(name: str) -> Any:
    if name not in KNOWN:
        raise CheckpointError(
            f"it asks for {name}, which is neither a tensor nor a plain value. Such a file can be made to run any "
            "program; it is not trusted, and none of it was run"
        )
    return KNOWN[name]


def _call(function: Any, arguments: Any) -> Any:
    if function is OrderedDict and arguments == ():
        return OrderedDict()
    if function is not make_tensor or type(arguments) is not tuple:
        raise TypeError("it calls what is no function")
    return make_tensor(*arguments)


def make_tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> Tensor:
    """Stands for torch._utils._rebuild_tensor_v2."""
    if type(storage) is not Storage or type(shape) is not tuple or type(stride) is not tuple:
        raise CheckpointError("a tensor in it is described wrongly")
    if any(type(number) is not int or not 0 <= number < 2**62 for number in (offset, *shape, *stride)):
        raise CheckpointError("a tensor in it is described wrongly")
    if len(shape) != len(stride) or len(shape) > MAX_DIMENSIONS:
        raise CheckpointError(f"a tensor in it has the shape {str(shape):.100} and the strides {str(stride):.100}")
    count, last = 1, offset
    for length, step in zip(shape, stride):
        count, last = count * length, last + (length - 1) * step
    # Not more elements than numbers: otherwise one number could stand for any amount of memory.
    if count > storage.length or (count and last >= storage.length):
        raise CheckpointError(f"a tensor of shape {shape} in it reaches beyond its storage")
    return Tensor(storage, offset, shape, stride)


def _make_storage(reference: Any) -> Storage:
    kind, storage_type, key, _, length = _of_kind(tuple, reference)
    if (
        kind != "storage"
        or type(storage_type) is not StorageType
        or not (isinstance(key, str) and key.isdecimal() and len(key) < 20)
        or type(length) is not int
        or not 0 <= length < 2**62
    ):
        raise CheckpointError("a storage in it is described wrongly")
    return Storage(key, storage_type.dtype, length)


# All that a pickle can name.
KNOWN: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "torch._utils._rebuild_tensor_v2": make_tensor,
    **{f"torch.{name}": StorageType(dtype) for name, dtype in STORAGES.items()},
}


def _check_extent(content: Any) -> None:
    """Raise CheckpointError when to walk through all values would take long: lists can stand in each other, often."""
    left, found = MAX_VALUES, [(content, 0)]
    while found:
        value, depth = found.pop()
        if isinstance(value, dict):
            value = list(value.values())
        if type(value) in (list, tuple):
            left -= len(value) + 1
            if left < 0 or depth > MAX_DEPTH:
                raise CheckpointError("it holds lists in lists without end, or too many of them")
            found += [(item, depth + 1) for item in value]
