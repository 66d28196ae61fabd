"""Running a game's file for the first time: importing it, and what it may not do meanwhile."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import io
import re
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator
from weakref import WeakSet

from retro_gamer.errors import ConfigError, GameError, RetroGamerError, did_you_mean
from retro_gamer.games import BUNDLED
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed, no_such_module

FORMS = (
    "a module (my_game), a module and a function (my_game:create_game), a .py file, a package folder, "
    f"a bundled game ({', '.join(BUNDLED)}), a class with reset and step (my_game.py:MyEnv), or gym:ENVIRONMENT"
)


def import_module(name: str, path: str = "") -> Any:
    """Import a module of a game; raises GameError naming the file and line where it fails.

    `path` is the folder to import it from, or the file itself.
    """
    file = path if path.endswith(".py") and Path(path).stem == name else ""
    path = str(Path(path).parent) if path.endswith(".py") else path
    for folder in (str(Path.cwd()), path):  # the game's own folder is looked through first
        if folder and folder not in sys.path:
            sys.path.insert(0, folder)
    before = set(sys.modules)
    try:
        with blamed(f"while {name} was imported", _advice_for_import), unattended() as played:
            module = _import(name, file, played)
        outside.replace([module, *(one for other, one in list(sys.modules.items()) if other not in before)])
    except GameError as error:
        missing = error.__cause__.name if isinstance(error.__cause__, ModuleNotFoundError) else None
        if missing and (name == missing or name.startswith(missing + ".")):
            raise _no_game(name, path, error.__cause__) from error.__cause__
        raise
    if not file:
        _check_place(module, name, path)
    return module


def _advice_for_import(error: BaseException) -> str:
    if isinstance(error, ImportError):
        if "relative import" in str(error):
            return "The file is part of a package. Name its folder, or run from the folder above: --game package.module"
        return no_such_module(error)
    if look_beside(error):
        return look_beside(error)
    if isinstance(error, (SystemExit, EOFError, OSError, PlaysItself)):
        return (
            'If the file starts the game when it is imported, put  if __name__ == "__main__":  above the lines '
            "that do so, and let  def create_game():  make the game and return it."
        )
    return ""


def look_beside(error: BaseException) -> str:
    """What to do about a file that was looked for where the command runs; "" for other errors."""
    if not isinstance(error, FileNotFoundError) or Path(str(error.filename)).is_absolute():
        return ""
    return (
        f"It was looked for in {Path.cwd()}. To find it beside the game's file:  "
        f"open(Path(__file__).parent / {str(error.filename)!r}), after  from pathlib import Path"
    )


def _no_game(name: str, path: str, error: Any) -> RetroGamerError:
    """The error for a game whose own module is not there: one is not installed, the other has another name."""
    error_class = GameError if error.name == "retro" else ConfigError
    where = f" in {path}" if path else ""
    text = f"There is no module {name!r}{where}. {_hint(name, error)}\nA game is {FORMS}."
    return error_class(text.replace(" \n", "\n"))


def _import(name: str, file: str, played: list[Any]) -> Any:
    """Import a module, from this file if one is named; of one that begins to play, what comes before that."""
    known = sys.modules.get(name)
    if known is not None and file in ("", getattr(known, "__file__", None)):
        return known
    try:
        module = _execute(name, file, played) if file else importlib.import_module(name)
    except (PlaysItself, SystemExit):
        if not played:
            raise
    if not played or file:
        return module
    with unattended() as played:
        return _execute(name, file, played)


def _execute(name: str, file: str, played: list[Any]) -> Any:
    """Import a module from this file, whatever else there is of its name."""
    spec = importlib.util.spec_from_file_location(name, file) if file else importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None  # it ends with .py, or was found before
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if not played:
            sys.modules.pop(name, None)
            raise
    if played:
        scripts.add(module)
    return module


def _hint(name: str, error: ImportError) -> str:
    return no_such_module(error) if error.name == "retro" else did_you_mean(name, BUNDLED).lstrip()


def _check_place(module: Any, name: str, path: str) -> None:
    """Raise GameError when a game's folder has this module, but another of the same name was imported."""
    if not path:
        return
    there = Path(path, *name.split("."))
    own = [file.resolve() for file in (there.with_name(there.name + ".py"), there / "__init__.py") if file.is_file()]
    file = getattr(module, "__file__", None)
    if own and (file is None or Path(file).resolve() not in own):
        raise GameError(
            f"The game {name} in {path} cannot be imported, because Python knows another module {name!r} already"
            f"{f' ({file})' if file else ''}. Give the game's file another name."
        )


class PlaysItself(GameError):
    """A game began to play while it was only to be imported or made."""


scripts: WeakSet[Any] = WeakSet()  # modules that begin to play when they are imported
answered: dict[str, str] = {}  # what games asked for before they played, and what they were told
_this_thread = threading.local()  # its `unattended`: how many of these it is inside


def refuse_while_imported(what: str) -> None:
    """Raise PlaysItself where a game is only being imported or made; `what` says what it does instead."""
    if getattr(_this_thread, "unattended", 0):
        raise PlaysItself(what)


def _answering() -> Callable[[Any], str]:
    """An input() for a game that asks something before it plays: each time it asks the same, it is told something else.

    First a number that it names, or a letter in brackets or quotes, or 1; then what is usual, and its words.
    """
    asked: list[str] = []

    def answer(prompt: Any = "") -> str:
        prompt = str(prompt)
        told: list[str] = [*re.findall(r"\d+", prompt)[:1], *re.findall(r"[(\[/'\"](\w)\b", prompt), "1", "", "y", "p", "s"]
        told += re.findall(r"\w+", prompt)
        again = asked.count(prompt)
        if again >= len(told):
            raise EOFError
        asked.append(prompt)
        answered[prompt] = told[again]
        return answered[prompt]

    return answer


@contextmanager
def unattended(answers: bool = True) -> Iterator[list[Any]]:
    """While a game is imported or made, it cannot begin to play: gives a list, in which a game comes that wanted to.

    It leaves no __pycache__ behind, finds no keyboard, and waits for nothing. `answers`: what it asks for is answered.
    """
    from retro_gamer.games import Game, engine  # here, because this may import retro-games

    played: list[Any] = []

    def play(game: Any, *arguments: Any, **settings: Any) -> None:
        if played:  # and it went on as if nothing had happened
            raise SystemExit
        played.append(game)
        raise PlaysItself("It called play(). The trainer plays the game itself.")

    stdin, sys.stdin = sys.stdin, io.StringIO()
    no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    engines = {Game, engine.Game}
    new: list[tuple[Any, str, Any]] = [(one, "play", play) for one in engines]
    new += outside.REPLACED
    if answers:  # and it may play turn by turn
        new += [(builtins, "input", _answering()), *((one, "step", play) for one in engines)]
    before = [(place, name, getattr(place, name)) for place, name, _ in new]
    for place, name, function in new:
        setattr(place, name, function)
    _this_thread.unattended = getattr(_this_thread, "unattended", 0) + 1
    try:
        with outside.hosted():
            yield played
    finally:
        _this_thread.unattended -= 1
        sys.stdin, sys.dont_write_bytecode = stdin, no_bytecode
        for place, name, function in before:
            setattr(place, name, function)
