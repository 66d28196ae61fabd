"""One process at a time may change a run."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

from retro_gamer.errors import RunBusyError

# Windows lets no process read the bytes that are locked, not even beyond the end of the file.
_FAR_BEYOND_THE_TEXT = 2**30


class Lock:
    """A file that says who changes a run, locked by the operating system for as long as that process lives.

    The system lets go of the lock when its holder ends, however it ends: a file that a killed process left behind is
    not locked and is taken over, whatever process has its number by now.
    """

    def __init__(self, path: Path, what: str):
        self.path, self._what = path, what  # what is locked, as people call it
        self._depth = 0
        self._descriptor = -1

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock inside the block (again, where it is held already); raises RunBusyError, OSError."""
        if not self._depth:
            self._descriptor = self._acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                with suppress(OSError):
                    self.path.unlink()  # while it is held. Windows refuses: there it stays, unlocked
                os.close(self._descriptor)

    def _acquire(self) -> int:
        while True:
            descriptor = os.open(str(self.path), os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
            try:
                if not _lock(descriptor):
                    raise RunBusyError(
                        f"Another process{self._holder(descriptor)} is changing {self._what} right now, and two would "
                        "spoil each other's files. Wait until it is done, or stop it with Ctrl-C where it runs."
                    )
                if self._is(descriptor):
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, f"process {os.getpid()} on {_machine()}\n".encode("utf-8", "replace"))
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # the one who held it removed the file just now: try with a new one

    def _is(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(str(self.path)))
        except FileNotFoundError:
            return False

    @staticmethod
    def _holder(descriptor: int) -> str:
        with suppress(OSError):
            text = os.read(descriptor, 200).decode("utf-8", "replace").strip()
            if text.isprintable() and text:
                return f" ({text})"
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        """Lock an open file without waiting; False if another process has locked it."""
        os.lseek(descriptor, _FAR_BEYOND_THE_TEXT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
else:

    def _lock(descriptor: int) -> bool:
        """Lock an open file without waiting; False if another process has locked it."""
        try:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except (ImportError, OSError):
            pass  # this system, or this network drive, has no locks: better to train without than not at all
        return True


def _machine() -> str:
    """The name of this computer, without asking the network for it."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
