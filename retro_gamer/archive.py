"""Arrays in one file (.npz): written so that a file is never half there, read so that a bad one does no harm."""
from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Tuple, Union

import numpy as np

from retro_gamer.errors import CheckpointError

KINDS = "biuf"  # booleans, integers, unsigned integers, floats: nothing that could hold a Python object
MAX_ARRAYS = 256
MAX_DIMENSIONS = 4
MAX_HEADER_BYTES = 1024
MAX_POLICY_BYTES = 256 * 2**20
SLICE_BYTES = 2**20


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file beside `path`, flush it to the disk, then put it in place in one step.

    Whatever happens on the way, `path` holds either all of the old content or all of the new.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def save_arrays(path: Path, arrays: Dict[str, np.ndarray]) -> None:
    """Write arrays to a .npz file, all or nothing."""
    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, array in arrays.items():
                # A fixed date: the same arrays give the same file.
                info = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
                with archive.open(info, "w", force_zip64=True) as member:
                    _write_array(member, np.asarray(array))
    write_atomically(path, write)


def _write_array(file: Any, array: np.ndarray) -> None:
    """The .npy form of an array, handed over in slices: no copy of a large memory is made."""
    if array.dtype.kind not in KINDS:
        raise ValueError(f"an array of {array.dtype} cannot be written: only plain numbers can")
    array = np.asarray(array, order="C")
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
    data = memoryview(array.reshape(-1).view(np.uint8))
    for start in range(0, len(data), SLICE_BYTES):
        file.write(data[start:start + SLICE_BYTES])


def load_arrays(path: Union[str, Path], max_bytes: int = MAX_POLICY_BYTES) -> Dict[str, np.ndarray]:
    """Read a .npz file; raises CheckpointError unless it holds plain arrays, max_bytes together at the most.

    Nothing is allocated before its size is known, and no code is run.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, max_bytes)
            return {member.filename[:-len(".npy")]: _read_member(archive, member) for member in members}
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from None
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise errors of many kinds for what they cannot read
        raise CheckpointError(
            f"{path} is damaged or is not a checkpoint ({type(error).__name__}: {error}). Use another checkpoint; the "
            "newest whole one is found by itself when this one is removed.") from None


def _check_members(members, max_bytes: int) -> None:
    if len(members) > MAX_ARRAYS:
        raise CheckpointError(f"it holds {len(members)} arrays; a checkpoint has at most {MAX_ARRAYS}")
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise CheckpointError("it holds two arrays of the same name")
    for member in members:
        parts = member.filename.split("/")
        name = member.filename
        if not name.endswith(".npy") or ".." in parts or name.startswith("/") or "\\" in name:
            raise CheckpointError(f"it holds {name!r}, which is not an array of a checkpoint")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CheckpointError(f"{member.filename} is packed in an unknown way")
        if member.compress_type == zipfile.ZIP_DEFLATED and member.file_size > 200 * max(1, member.compress_size):
            raise CheckpointError(f"{member.filename} would unpack to {member.file_size} bytes")
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise CheckpointError(f"it would need {total / 2**20:.0f} MB of memory, more than the {max_bytes // 2**20} MB "
                              "allowed")


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        shape, fortran, dtype, header_bytes = _read_header(file)
        count = 1
        for length in shape:
            count *= length
        if header_bytes + count * dtype.itemsize != member.file_size:
            raise CheckpointError(f"{member.filename} says it has shape {shape}, which is not how long it is")
        data = file.read(count * dtype.itemsize)
        if len(data) != count * dtype.itemsize:
            raise CheckpointError(f"{member.filename} is cut short")
        if file.read(1):
            raise CheckpointError(f"{member.filename} is longer than it says")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    # The machine's own byte order, C order, and writable, whatever machine wrote it.
    return np.array(array, dtype.newbyteorder("="), order="C")


def _read_header(file) -> Tuple[Tuple[int, ...], bool, np.dtype, int]:
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise CheckpointError(f"an array has the unknown format version {version}")
    length = file.read(2 if version == (1, 0) else 4)
    header_bytes = int.from_bytes(length, "little")
    if header_bytes > MAX_HEADER_BYTES:  # NumPy parses it as Python source
        raise CheckpointError(f"an array has a header of {header_bytes} bytes")
    header = io.BytesIO(length + file.read(header_bytes))
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(header)
    if dtype.kind not in KINDS or dtype.itemsize > 8 or dtype.fields or dtype.subdtype:
        raise CheckpointError(f"an array holds {dtype}, not plain numbers")
    if len(shape) > MAX_DIMENSIONS or any(length < 0 for length in shape):
        raise CheckpointError(f"an array has the shape {shape}")
    return shape, fortran, dtype, file.tell()
