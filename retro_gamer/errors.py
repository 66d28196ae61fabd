"""Everything this library raises on purpose.

Each error is one readable paragraph: what was found, what it means, what to try. The command line prints
it and nothing else; from Python, `except RetroGamerError` catches them all.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from itertools import islice
from typing import Any, Iterable

MAX_NAME = 60  # of what is spelled wrong: to compare names takes time with the square of their length

MAX_MESSAGE = 50_000  # characters; more are of no use to anyone
# Characters that do something to a terminal, or to the order of others, instead of being seen.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str, most: int | None = MAX_MESSAGE) -> str:
    """A text of anyone's as it can be printed: what would do something to a terminal is shown as an escape, like \\x1b.

    Of more than `most` characters the rest is left out (None: nothing is). Lines stay lines.
    """
    if most is not None and len(text) > most:
        text = f"{text[:most]} ... (and {len(text) - most} characters more)"
    return _UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def on_one_line(text: Any, most: int = 200) -> str:
    """The same for a name or a value within a line of ours."""
    text = str(text)
    return printable(text[:most] + ("..." if len(text) > most else "")).replace("\n", "\\n")


class RetroGamerError(Exception):
    """The parent of every error raised on purpose."""

    def __str__(self) -> str:  # it may quote what strangers wrote; and OSError would print its errno pair
        return printable(str(self.args[0])) if self.args else ""


class PolicyWarning(UserWarning):
    """Something in a game makes a policy play worse than it could; said once."""


class ConfigError(RetroGamerError, ValueError):
    """A setting, a game description or an argument has a value that cannot work."""


class RunNotFoundError(RetroGamerError, FileNotFoundError):
    """There is no such run directory, or no such checkpoint in it."""


class RunBusyError(RetroGamerError):
    """Another process is training in this run directory."""


class CheckpointError(RetroGamerError, ValueError):
    """A checkpoint is damaged, too large, or does not belong to this run."""


class GameError(RetroGamerError):
    """The game itself went wrong: it could not be loaded, or it raised an error while it was played."""


class TrainingDivergedError(RetroGamerError):
    """The numbers of a network grew beyond all bounds: what it learned last is of no use."""


class ObservationError(RetroGamerError, ValueError):
    """What a game or an observation function shows cannot be turned into numbers."""


def explain_os_error(error: OSError) -> str:
    """What the system says about a file, in words for a student."""
    name, code = _from_here(error.filename), error.errno
    if code in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", None)):
        what = f"There is no room for {name}: the disk is full, or your share of it is. Make room, then go on"
    elif code in (errno.EACCES, errno.EPERM, errno.EROFS):
        what = (
            f"{name} may not be opened or written ({error.strerror}). Is the folder write-protected, or somebody "
            "else's? Copy it to where you may write"
        )
    elif code in (errno.EMFILE, errno.ENFILE):
        what = f"{name} could not be opened: too many files are open already. Close other programs, then try again"
    elif code == errno.ENOENT:
        what = f"{name} is not there. Was its folder moved, renamed or deleted meanwhile? Put it back, or name the new place"
    else:
        what = f"{error.strerror or error}: {name}"
    return f"{what}. What was saved before is intact."


def _from_here(filename: Any) -> str:
    """The name of a file as seen from the current folder, if it is in there."""
    if not isinstance(filename, str):
        return str(filename or "a file")
    try:
        here = os.path.relpath(filename)
    except (ValueError, OSError):  # another drive, or the current folder is gone
        return filename
    return filename if here.startswith(os.pardir) else here


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ " Did you mean ...?" with the known name spelled most alike; nothing when none is, or the name is very long."""
    from difflib import get_close_matches  # only when something is wrong: it takes a millisecond to import

    if len(name) > MAX_NAME:
        return ""
    near = get_close_matches(name, [other for other in islice(known, 1000) if len(other) <= MAX_NAME], 1)
    return f" Did you mean {near[0]}?" if near else ""


# What a message tells people to type.


def command_line(*arguments: Any) -> str:
    """The command line `retro-gamer ARGUMENTS` as it can be typed here: quoted, and by a name that is found."""
    from shutil import which  # only when something is said

    names = [str(argument) for argument in arguments]
    # A name that begins with a dash would be taken for an option.
    names[1:] = [f".{os.sep}{name}" if re.match(r"-[^-]", name) else name for name in names[1:]]
    program = "retro-gamer" if which("retro-gamer") else f"{python_command()} -m retro_gamer"
    return " ".join([program, *map(quoted, names)])


def install_command(*packages: str) -> str:
    return f"{python_command()} -m pip install {' '.join(packages)}"


def python_command() -> str:
    """How to start this Python: by its bare name where that finds it."""
    from shutil import which

    executable = sys.executable or "python"
    name = os.path.basename(executable)
    return name if os.path.normcase(which(name) or "") == os.path.normcase(executable) else quoted(executable)


def quoted(text: str) -> str:
    """An argument as the shell of this system takes it for one."""
    if os.name == "nt":  # for cmd and PowerShell alike
        return text if re.fullmatch(r"[\w.:\\/+=@-]+", text) else f'"{text}"'
    from shlex import quote

    return quote(text)
