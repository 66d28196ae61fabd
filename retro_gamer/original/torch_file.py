"""Reads what torch.save wrote, without torch and without running anything that the file says.

Such a file is a zip archive: `data.pkl`, a pickle in which the tensors are places held open, and one file of plain
numbers for each storage (`data/0`, `data/1`, ...). A pickle is a program, and an ordinary unpickler does all that it
says. This one knows tensors and nothing else, and reads the numbers of a tensor only when it is asked for them.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, Literal, NamedTuple, Tuple

import numpy as np

from retro_gamer.errors import CheckpointError
from retro_gamer.runs.archive import MAX_DIMENSIONS, MAX_POLICY_BYTES

MAX_PICKLE_BYTES = 2**20  # the pickle of a network of twenty layers has 10,000
OPCODES = frozenset(  # what pickles of numbers, texts, lists, dicts and tensors are made of
    "PROTO FRAME STOP NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 MARK EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS "
    "BINPUT LONG_BINPUT BINGET LONG_BINGET MEMOIZE GLOBAL STACK_GLOBAL REDUCE BUILD BINPERSID".split()
)
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
    shape: Tuple[int, ...]
    stride: Tuple[int, ...]


class TorchFile:
    """An open file: `content` is what was saved, with a Tensor for every tensor; `read` gives the numbers of one."""

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
        self.content = _unpickle(self._read_member("data.pkl", MAX_PICKLE_BYTES))

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
        if (
            member.compress_type != zipfile.ZIP_STORED
            or member.compress_size != member.file_size
            or member.flag_bits & 1
        ):
            raise CheckpointError(f"{name} is packed or encrypted, which torch.save does not do")
        if member.file_size > max_bytes:
            raise CheckpointError(f"{name} has {member.file_size} bytes; at most {max_bytes} are allowed")
        return self._archive.read(member)


@contextmanager
def open_torch_file(path: Path) -> Iterator[TorchFile]:
    """Open a file of torch.save; raises CheckpointError for anything wrong with it, when opened and when read."""
    try:
        with zipfile.ZipFile(path) as archive:
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


def _unpickle(data: bytes) -> Any:
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name not in OPCODES:
            raise CheckpointError(
                f"its pickle uses {opcode.name}, which checkpoints have no use for. It is not trusted, "
                "and none of it was run"
            )
        if opcode.name == "LONG_BINPUT" and int(argument or 0) > len(
            data
        ):  # would reserve memory for as many entries
            raise CheckpointError("its pickle is damaged")
    return _TensorUnpickler(io.BytesIO(data)).load()


class _RebuildTensor:
    """Stands for torch._utils._rebuild_tensor_v2."""

    __slots__ = ()  # a pickle can set attributes of what it is given: here there are none

    def __call__(self, storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> Tensor:
        numbers = [offset, *shape, *stride]
        if type(storage) is not Storage or any(type(number) is not int or number < 0 for number in numbers):
            raise CheckpointError("a tensor in it is described wrongly")
        if len(shape) != len(stride) or len(shape) > MAX_DIMENSIONS:
            raise CheckpointError(f"a tensor in it has the shape {shape} and the strides {stride}")
        count, last = 1, offset
        for length, step in zip(shape, stride):
            count, last = count * length, last + (length - 1) * step
        # Not more elements than numbers: otherwise one number could stand for any amount of memory.
        if count > storage.length or (count and last >= storage.length):
            raise CheckpointError(f"a tensor of shape {shape} in it reaches beyond its storage")
        return Tensor(storage, offset, tuple(shape), tuple(stride))


# All that a pickle can name. Nothing here does more than make an object, and none of it can be changed by a pickle.
_KNOWN: Dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "torch._utils._rebuild_tensor_v2": _RebuildTensor(),
    **{f"torch.{name}": StorageType(dtype) for name, dtype in STORAGES.items()},
}


class _TensorUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in _KNOWN:
            raise CheckpointError(
                f"it asks for {module}.{name}, which is neither a tensor nor a plain value. Such a file "
                "can be made to run any program; it is not trusted, and none of it was run"
            )
        return _KNOWN[f"{module}.{name}"]

    def persistent_load(self, reference: Any) -> Storage:
        kind, storage_type, key, _, length = reference
        if (
            kind != "storage"
            or type(storage_type) is not StorageType
            or not (isinstance(key, str) and key.isdecimal())
            or type(length) is not int
            or length < 0
        ):
            raise CheckpointError("a storage in it is described wrongly")
        return Storage(key, storage_type.dtype, length)
