"""Reads what torch.save wrote, without torch and without running anything that the file says.

Such a file is a zip archive: `data.pkl`, a pickle in which the tensors are places held open, and one file of plain
numbers for each storage (`data/0`, `data/1`, ...). The numbers of a tensor are read only when they are asked for.
"""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Literal

import numpy as np

from retro_gamer.errors import CheckpointError
from retro_gamer.original.torch_pickle import MAX_PICKLE_BYTES, Tensor, read_pickle
from retro_gamer.runs.archive import MAX_POLICY_BYTES, SLICE_BYTES, open_zip


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
