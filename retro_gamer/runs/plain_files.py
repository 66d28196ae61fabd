"""Is a file in a run its own? Strangers may put anything in its place."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from retro_gamer.errors import CheckpointError

# Windows has junctions, too.
_LINK_TAGS = {getattr(stat, name, None) for name in ("IO_REPARSE_TAG_SYMLINK", "IO_REPARSE_TAG_MOUNT_POINT")}


def open_to_read(path: str | Path) -> BinaryIO:
    """Open a file; raises CheckpointError for a pipe or a device, which could be waited for without end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise CheckpointError(f"{path} is not a file that can be read. Remove it, then try again.")
    return open(path, "rb")


def read_whole(path: str | Path) -> bytes:
    """The content of a file; raises CheckpointError as `open_to_read` does."""
    with open_to_read(path) as file:
        return file.read()


def check_own_file(path: Path) -> None:
    """Raise CheckpointError unless a file that is to be written is missing, or an ordinary file in this place."""
    mode = _mode_of_own(path)
    if mode and not stat.S_ISREG(mode):
        raise CheckpointError(f"{path} is not an ordinary file, so nothing can be saved there. Remove it, then try again.")


def check_own_folder(path: Path) -> None:
    """Raise CheckpointError unless a folder that is to be written to is missing, or really in this place."""
    mode = _mode_of_own(path)
    if mode and not stat.S_ISDIR(mode):
        raise CheckpointError(f"{path} should be a folder, but is a file. Remove it, then try again.")


def _mode_of_own(path: Path) -> int:
    """What kind of file it is; 0 when there is none. Raises CheckpointError for a link to another place."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return 0
    if stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _LINK_TAGS - {None}:
        raise CheckpointError(
            f"{path} is a link to another place. A training writes and removes files, and does so nowhere but in its own "
            "folder. Put the file or folder itself there, or remove the link."
        )
    return status.st_mode


def has_another_name(path: Path) -> bool:
    """Whether a file is also found elsewhere (a hard link): what is written to it would be written there, too."""
    try:
        return os.lstat(path).st_nlink > 1
    except FileNotFoundError:
        return False
