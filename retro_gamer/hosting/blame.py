"""Where in a user's game an error came from."""

from __future__ import annotations

import inspect
import os
import sys
import time
import traceback
from dis import opmap
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable

from retro_gamer.errors import GameError, RetroGamerError, install_command
from retro_gamer.hosting import interrupts

SECONDS_OF_A_LONG_TURN = 3.0
_PACKAGE = Path(__file__).resolve().parent.parent
_STANDARD_LIBRARY = Path(os.__file__).resolve().parent


def game_location(error: BaseException) -> tuple[str, int, str] | None:
    """(file, line, function) of the innermost place in the game's own code that led to the error."""
    place = _innermost(error, is_game_code)
    if isinstance(error, SyntaxError) and error.filename:
        place = (error.filename, error.lineno or 0, "")
    return place


def _innermost(error: BaseException, belongs: Callable[[str], bool]) -> tuple[str, int, str] | None:
    """(file, line, function) of the innermost place that led to the error, in a file that belongs there."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if belongs(frame.filename):
            return frame.filename, frame.lineno or 0, frame.name
    return None


@lru_cache(maxsize=1000)
def is_game_code(filename: str) -> bool:
    """Whether a source file belongs to a user's game: not to this library, to Python or to what is installed."""
    if filename.startswith("<"):
        return False
    path = Path(filename).resolve()
    parents = path.parents
    if _PACKAGE in parents:
        return _PACKAGE / "games" in parents and path.parent != _PACKAGE / "games"
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        return "retro" in path.parts and "examples" in path.parts
    return _STANDARD_LIBRARY not in parents


@lru_cache(maxsize=1000)
def is_library_code(filename: str) -> bool:
    """Whether a source file is one of this library, apart from games and their engine."""
    parents = Path(filename).resolve().parents
    return _PACKAGE in parents and _PACKAGE / "games" not in parents


@lru_cache(maxsize=1000)
def is_engine_code(filename: str) -> bool:
    """Whether a source file is installed, or part of our engine, and may call the game: not Python's own, nor NumPy's."""
    path = Path(filename)
    if filename.startswith("<") or is_library_code(filename) or is_game_code(filename):
        return False
    return _STANDARD_LIBRARY not in path.resolve().parents or ("site-packages" in path.parts and "numpy" not in path.parts)


def is_ctrl_c(error: BaseException, began: float) -> bool:
    """Whether someone pressed Ctrl-C, and not because the game did not come back since `began` (time.monotonic)."""
    return (
        isinstance(error, KeyboardInterrupt)
        and not _raised_by_game(error)
        and time.monotonic() - began < SECONDS_OF_A_LONG_TURN
    )


def _raised_by_game(error: BaseException) -> bool:
    """Whether a `raise` in the game's code made it: Ctrl-C strikes between instructions."""
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return is_game_code(code.co_filename) and code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def blame(error: BaseException, doing: str, advice: str = "") -> RetroGamerError:
    """A readable GameError for an error that a game raised; errors raised on purpose stay as they are.

    `doing` completes the sentence "The game raised ... <doing>".
    """
    if isinstance(error, RetroGamerError) and not isinstance(error, GameError):
        return error
    place = game_location(error)
    interrupted = isinstance(error, KeyboardInterrupt) and not _raised_by_game(error)
    if place is None and interrupted:  # a loop in the engine, which the game keeps going
        place = _innermost(error, is_engine_code)
    where = ""
    if place:
        where = f"\n  in {place[0]}, line {place[1]}" + (f", in {place[2]}" if place[2] not in ("", "<module>") else "")
    if interrupted:
        return GameError(
            f"The game was still busy {doing} when Ctrl-C stopped it{where}\nLook there for a loop that never ends."
        )
    if isinstance(error, EOFError) and not advice:
        advice = "Nobody sits at the keyboard: input() gets no answer while a game is trained or watched. Remove it."
    text = _text_of(error)
    return GameError(f"The game raised {type(error).__name__} {doing}: {text}{where}" + (f"\n{advice}" if advice else ""))


class blamed:
    """A context in which a user's game runs: whatever it raises becomes a GameError that says where.

    Arguments:
        doing: completes the sentence "The game raised ... <doing>"; or a function that knows it when it is needed.
        advice: what to try, or a function that knows it for an error.

    Ctrl-C that a person pressed passes through, as do errors that this library raises on purpose.
    """

    __slots__ = ("_advice", "_began", "_doing")

    def __init__(self, doing: str | Callable[[], str], advice: str | Callable[[BaseException], str] = ""):
        self._doing, self._advice = doing, advice

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None and interrupts.signalled is None:  # nearly always
            return
        if error is None:
            interrupts.came_through()
        else:
            blame_game(error, self._began, self._doing() if callable(self._doing) else self._doing, self._advice)


def blame_game(error: BaseException, began: float, doing: str, advice: str | Callable[[BaseException], str] = "") -> None:
    """Raise a GameError for what a game raised that `began` to run then (time.monotonic); see `blamed`.

    Returns where the error is to go on as it is: Ctrl-C that a person pressed, and what this library raised on purpose.
    """
    if interrupts.came_through(error) or is_ctrl_c(error, began):
        return
    readable = blame(error, doing, advice(error) if callable(advice) else advice)
    if readable is not error:
        raise readable from error


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:2000] or "(no message)"
    except Exception:  # an error class of the game's own
        return "(its message cannot be shown)"


def first_line_of(function: Any) -> str:
    """ "file, line n" of a function of the game, for messages about what it returned; empty if unknown."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}, line {code.co_firstlineno}" if code else ""


def no_such_module(error: ImportError) -> str:
    missing = (getattr(error, "name", None) or "").partition(".")[0]
    if missing == "retro":
        return (
            f"The game needs retro-games. Install it with  {install_command('retro-games')}  (Python 3.10 or "
            "newer), or let the game use  from retro_gamer.games import Game  instead."
        )
    version = "{}.{}".format(*sys.version_info[:2])
    return f"Install {missing} for this Python ({version}), or remove the import." if missing else ""
