"""Reads what torch.save wrote, without torch and without running anything that the file says.

Such a file is a zip archive: `data.pkl`, a pickle in which the tensors are places held open, and one file of plain
numbers for each storage (`data/0`, `data/1`, ...). The numbers of a tensor are read only when they are asked for.

A pickle is a program for a small machine with a stack. Python's own machine does whatever the program says: it imports,
calls, and never ends when told so. The one here knows the few instructions that checkpoints are made of, calls nothing but
two functions, and takes only texts and small numbers for the keys of a dict.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Literal, NamedTuple

import numpy as np

from retro_gamer.errors import CheckpointError
from retro_gamer.runs.archive import MAX_DIMENSIONS, MAX_POLICY_BYTES, SLICE_BYTES, open_zip

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


class TorchFile:
    """An open file: `content` is what was saved, with a Tensor for every tensor; `read` gives the numbers of one.

    `n_bytes` is how much all members have together.
    """

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self._members = {member.filename: member for member in archive.infolist()}
        if len(self._members) < len(archive.infolist()):
            raise CheckpointError("it holds two files of the same name")
        pickles = [name for name in self._members if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise CheckpointError("it is a zip archive, but not one of torch.save")
        self._folder = pickles[0][: -len("data.pkl")]
        # Before PyTorch 2.1 the byte order was not written down.
        big = self._folder + "byteorder" in self._members and self._read_member("byteorder", 16) == b"big"
        self._byte_order: Literal["<", ">"] = ">" if big else "<"
        self.n_bytes = sum(member.compress_size for member in archive.infolist())
        self.content = read_pickle(self._read_member("data.pkl", MAX_PICKLE_BYTES))

    def read(self, tensor: Tensor) -> np.ndarray:
        """The numbers of a tensor, as a new array."""
        storage = tensor.storage
        dtype = np.dtype(storage.dtype).newbyteorder(self._byte_order)
        size = storage.length * dtype.itemsize
        data = self._read_member(f"data/{storage.key}", MAX_POLICY_BYTES)
        if len(data) != size:
            raise CheckpointError(f"storage {storage.key} has {len(data)} bytes instead of {size}")
        numbers = np.frombuffer(data, dtype)[tensor.offset :]
        strides = [step * dtype.itemsize for step in tensor.stride]
        view = np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides, writeable=False)
        return np.array(view, dtype.newbyteorder("="), order="C")

    def _read_member(self, name: str, max_bytes: int) -> bytes:
        member = self._members.get(self._folder + name)
        if member is None:
            raise CheckpointError(f"{name} is missing")
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size or member.flag_bits & 1:
            raise CheckpointError(f"{name} is packed or encrypted, which torch.save does not do")
        if member.file_size > max_bytes:
            raise CheckpointError(f"{name} has {member.file_size} bytes; at most {max_bytes} are allowed")
        with self._archive.open(member) as file:
            return b"".join(iter(lambda: file.read(SLICE_BYTES), b""))


@contextmanager
def open_torch_file(path: Path) -> Iterator[TorchFile]:
    """Open a file of torch.save; raises CheckpointError for anything wrong with it, when opened and when read."""
    try:
        with open_zip(path) as archive:
            yield TorchFile(archive)
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be used: {error}.") from None
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # zipfile and pickle raise errors of many kinds for what they cannot read
        raise CheckpointError(
            f"{path} is damaged, or is not a checkpoint that torch.save wrote ({type(error).__name__}: "
            f"{str(error)[:200]}). Use another checkpoint."
        ) from None


# The pickle in it: plain values and tensors, and nothing else.


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
