"""Arrays in one file (.npz): written so that a file is never half there, read so that a bad one does no harm."""

from __future__ import annotations

import errno
import io
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Callable, Iterator

import numpy as np

from retro_gamer.errors import CheckpointError, RetroGamerError
from retro_gamer.runs.plain_files import check_own_file, open_to_read

if TYPE_CHECKING:
    import zipfile  # takes longer to import than the rest of this library needs: not before it is used

KINDS = "biuf"  # booleans, integers, unsigned integers, floats: nothing that could hold a Python object
MAX_ARRAYS = 256
MAX_DIMENSIONS = 4
MAX_HEADER_BYTES = 1024
MAX_EMPTY_LENGTH = 2**20  # of an array of no numbers: old NumPys allocate for the other lengths
MAX_POLICY_BYTES = 256 * 2**20
MAX_PACKED_BYTES = 4 * 2**20  # what arrays that are compressed may unpack to; ours are not
SLICE_BYTES = 2**20
LOCAL_HEADER_BYTES = 30  # before each file in a zip archive, at least
WINDOWS = os.name == "nt"


def check_place(path: Path) -> None:
    """Raise RetroGamerError where a file cannot be written: to be asked before the work that it is for."""
    folder = path.parent
    if not folder.is_dir():
        raise RetroGamerError(
            f"{path} cannot be written: there is no folder {folder}. Make it first, or name another place."
        )
    if not os.access(folder, os.W_OK):
        raise RetroGamerError(
            f"{path} cannot be written: nothing may be written in {folder}. Name another place, such as  {path.name}"
        )


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file beside `path`, flush it to the disk, then put it in place in one step.

    Whatever happens on the way, `path` holds either all of the old content or all of the new.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with suppress(FileNotFoundError):
            temporary.unlink()  # of an earlier process of this number
        with open(temporary, "xb") as file:  # a new file: never one that a link leads to
            write(file)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, path)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk does not say which file it has no room for
        with suppress(OSError):
            temporary.unlink()
        raise


def _replace(temporary: Path, path: Path) -> None:
    """os.replace, which on Windows must wait while another program reads the old file: a game with a policy, say."""
    for seconds in (0.01, 0.1, 0.5, 2.0) if WINDOWS else ():
        try:
            return os.replace(temporary, path)
        except PermissionError:
            time.sleep(seconds)
    os.replace(temporary, path)


def append(path: Path, text: str) -> None:
    """Add text to the end of a file. It outlives this process at once, and a power cut after `flush_to_disk`."""
    check_own_file(path)
    try:
        with open(path, "ab", buffering=0) as file:
            length, data = file.tell(), text.encode("utf-8")
            try:
                if file.write(data) < len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(length)  # no half of a line, to which the next one would be added
                raise
    except OSError as error:
        error.filename = str(path)
        raise


def flush_to_disk(path: Path) -> None:
    """Wait until everything that was appended to a file is on the disk. It may be missing."""
    try:
        if path.is_file():
            with open(path, "ab") as file:
                os.fsync(file.fileno())
    except OSError as error:
        error.filename = str(path)
        raise


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays to a .npz file, all or nothing."""
    import zipfile

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, array in arrays.items():
                # A fixed date: the same arrays give the same file.
                info = zipfile.ZipInfo(name + ".npy", date_time=(1980, 1, 1, 0, 0, 0))
                with archive.open(info, "w", force_zip64=True) as member:
                    _write_array(member, np.asarray(array))

    write_atomically(path, write)


def _write_array(file: Any, array: np.ndarray) -> None:
    """Handed over in slices: no copy of a large memory is made."""
    if array.dtype.kind not in KINDS:
        raise ValueError(f"an array of {array.dtype} cannot be written: only plain numbers can")
    array = np.asarray(array, order="C")
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
    data = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(data), SLICE_BYTES):
        file.write(data[start : start + SLICE_BYTES])


def load_arrays(path: str | Path, max_bytes: int = MAX_POLICY_BYTES) -> dict[str, np.ndarray]:
    """Read a .npz file; raises CheckpointError unless it holds plain arrays, max_bytes together at the most.

    Nothing is allocated before its size is known, and no code is run.
    """
    try:
        with open_zip(path) as archive:
            members = archive.infolist()
            _check_members(members, max_bytes)
            return {member.filename[: -len(".npy")]: _read_member(archive, member) for member in members}
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from None
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise errors of many kinds for what they cannot read
        raise CheckpointError(
            f"{path} is damaged or is not a checkpoint ({type(error).__name__}: {error}). Use another checkpoint; the "
            "newest whole one is found by itself when this one is removed."
        ) from None


@contextmanager
def open_zip(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive that may be anyone's; raises CheckpointError for one with members that share their bytes."""
    import zipfile

    with open_to_read(path) as file, zipfile.ZipFile(_SmallReads(file)) as archive:
        end = 0
        for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
            if member.header_offset < end:
                raise CheckpointError("two of the files in it lie in the same place")
            end = member.header_offset + LOCAL_HEADER_BYTES + len(member.filename) + member.compress_size
        yield archive


class _SmallReads:
    """A file that is read in small pieces only. `zipfile` reads the whole list of contents at once, however long."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(SLICE_BYTES + 1 if size < 0 else min(size, SLICE_BYTES + 1))
        if len(data) > SLICE_BYTES:
            raise CheckpointError("its list of contents is too long")
        return data


def _check_members(members: list[zipfile.ZipInfo], max_bytes: int) -> None:
    import zipfile

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
        if member.compress_type == zipfile.ZIP_STORED and member.file_size != member.compress_size:
            raise CheckpointError(f"{member.filename} is not as long as the file says")
    packed = sum(member.file_size for member in members if member.compress_type != zipfile.ZIP_STORED)
    if packed > MAX_PACKED_BYTES:
        raise CheckpointError(f"its compressed arrays would unpack to {packed / 2**20:.0f} MB; save it without compression")
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise CheckpointError(
            f"it would need {total / 2**20:.0f} MB of memory, more than the {max_bytes // 2**20} MB allowed"
        )


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        shape, fortran, dtype, header_bytes = _read_header(file)
        count = 1
        for length in shape:
            count *= length
        if header_bytes + count * dtype.itemsize != member.file_size:
            raise CheckpointError(f"{member.filename} says it has shape {shape}, which is not how long it is")
        data = bytearray()  # grows with what is really there, whatever the file says
        while len(data) < count * dtype.itemsize:
            piece = file.read(min(SLICE_BYTES, count * dtype.itemsize - len(data)))
            if not piece:
                raise CheckpointError(f"{member.filename} is cut short")
            data += piece
        if file.read(1):
            raise CheckpointError(f"{member.filename} is longer than it says")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    # The machine's own byte order, C order, and writable, whatever machine wrote it.
    return np.require(array, dtype.newbyteorder("="), ["C", "W"])


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype, int]:
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
    if 0 in shape and max(shape) > MAX_EMPTY_LENGTH:
        raise CheckpointError(f"an array of no numbers has the shape {shape}")
    return shape, fortran, dtype, file.tell()
