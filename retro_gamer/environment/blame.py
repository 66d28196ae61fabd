"""Says where in somebody's game an error came from."""
from __future__ import annotations

import sys
import sysconfig
import traceback
from pathlib import Path
from typing import Any, Optional, Tuple

from retro_gamer.errors import GameError, RetroGamerError

_PACKAGE = Path(__file__).resolve().parent.parent
_STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"]).resolve()


def game_location(error: BaseException) -> Optional[Tuple[str, int, str]]:
    """(file, line, function) of the innermost place in the game's own code that led to the error."""
    place = None
    for frame in traceback.extract_tb(error.__traceback__):
        if _is_game_code(frame.filename):
            place = (frame.filename, frame.lineno or 0, frame.name)
    if isinstance(error, SyntaxError) and error.filename:
        place = (error.filename, error.lineno or 0, "")
    return place


def _is_game_code(filename: str) -> bool:
    if filename.startswith("<"):
        return False
    path = Path(filename).resolve()
    parents = path.parents
    if _PACKAGE in parents:
        return _PACKAGE / "games" in parents and path.parent != _PACKAGE / "games"
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        return "retro" in path.parts and "examples" in path.parts
    return _STANDARD_LIBRARY not in parents


def blame(error: BaseException, doing: str, advice: str = "") -> RetroGamerError:
    """A readable GameError for an error that a game raised; errors raised on purpose stay as they are.

    `doing` completes the sentence "The game raised ... <doing>".
    """
    if isinstance(error, RetroGamerError) and not isinstance(error, GameError):
        return error
    place = game_location(error)
    where = ""
    if place:
        where = f'\n  in {place[0]}, line {place[1]}' + (f", in {place[2]}" if place[2] not in ("", "<module>") else "")
    text = str(error) or "(no message)"
    return GameError(f"The game raised {type(error).__name__} {doing}: {text}{where}" + (f"\n{advice}" if advice else ""))


def first_line_of(function: Any) -> str:
    """ "file, line n" of a function of the game, for messages about what it returned; empty if unknown."""
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}, line {code.co_firstlineno}" if code else ""


def no_such_module(error: ImportError) -> str:
    """Advice for a game that imports something missing."""
    missing = (getattr(error, "name", None) or "").partition(".")[0]
    if missing == "retro":
        return ('The game needs retro-games. Install it with  pip install "retro-gamer-numpy[games]"  (Python 3.10 or '
                "newer), or let the game use  from retro_gamer.games import Game  instead.")
    version = "{}.{}".format(*sys.version_info[:2])
    return f"Install {missing} for this Python ({version}), or remove the import." if missing else ""
