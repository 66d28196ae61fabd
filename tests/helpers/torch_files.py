"""Files as torch.save writes them, made without torch: an obvious writer for the tests of the reader."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

STORAGES = {
    "f4": "FloatStorage",
    "f8": "DoubleStorage",
    "f2": "HalfStorage",
    "i8": "LongStorage",
    "i4": "IntStorage",
    "i2": "ShortStorage",
    "i1": "CharStorage",
    "u1": "ByteStorage",
    "b1": "BoolStorage",
}


def _rebuild_tensor_v2():
    """Its name is all that matters."""


_rebuild_tensor_v2.__module__ = "torch._utils"


class Storage(NamedTuple):
    data: np.ndarray  # flat
    key: str
    length: Any = None  # what it says; default: the truth


class Tensor:
    """A view into a storage, described as the file shall describe it."""

    def __init__(self, storage, shape, stride, offset=0):
        self.storage, self.arguments = storage, (offset, tuple(shape), tuple(stride))

    def __reduce__(self):
        return _rebuild_tensor_v2, (self.storage, *self.arguments, False, OrderedDict())


def tensor(array, key):
    """An ordinary tensor: contiguous, in a storage of its own."""
    array = np.ascontiguousarray(array)
    return Tensor(Storage(array.ravel(), key), array.shape, [step // array.itemsize for step in array.strides])


def save(path, content, byte_order="little", protocol=2, **changes):
    """Write `content`; `changes` puts other bytes in place of a member (None leaves it out), e.g. **{"data/0": b""}."""
    modules = {"torch": ModuleType("torch"), "torch._utils": ModuleType("torch._utils")}
    modules["torch._utils"]._rebuild_tensor_v2 = _rebuild_tensor_v2
    types = {}
    for name in STORAGES.values():
        types[name] = type(name, (), {"__module__": "torch"})
        setattr(modules["torch"], name, types[name])
    members = {}

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if not isinstance(thing, Storage):
                return None
            order = "<" if byte_order == "little" else ">"
            members[f"data/{thing.key}"] = thing.data.astype(thing.data.dtype.newbyteorder(order)).tobytes()
            length = len(thing.data) if thing.length is None else thing.length
            kind = thing.data.dtype.kind + str(thing.data.dtype.itemsize)
            return "storage", types[STORAGES[kind]], thing.key, "cpu", length

    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        stream = io.BytesIO()
        Pickler(stream, protocol).dump(content)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    members = {
        "data.pkl": stream.getvalue(),
        "byteorder": byte_order.encode(),
        **members,
        "version": b"3\n",
        **changes,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            if data is not None:
                archive.writestr(f"{path.stem}/{name}", data)
    return path


def change_members(path, **changes):
    """Write a file again with other bytes in some of its members; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        members = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**members, **changes}.items():
            if data is not None:
                archive.writestr(f"{path.stem}/{name}", data)
