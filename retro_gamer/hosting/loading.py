"""Finding the game that a user means: a module, a file, a folder, a bundled name, a Gymnasium environment."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, Callable

from retro_gamer.config.settings import GameSettings
from retro_gamer.config.values import parse_toml
from retro_gamer.errors import ConfigError, GameError
from retro_gamer.games import BUNDLED
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed, first_line_of
from retro_gamer.hosting.importing import FORMS, PlaysItself, import_module, look_beside, scripts, unattended

# Functions that may make the game and play it, where none only makes it.
PLAYING = ("main", "play", "run", "start")
STARTS = ("main", "game", "__main__")  # files of a folder that do so, where it is the folder that was named


def parse_game(spec: str) -> GameSettings:
    """The settings of section [game] for what a user wrote after --game."""
    if spec.startswith("gym:"):
        if not spec[4:]:
            raise ConfigError("gym: must be followed by the name of an environment, as in gym:CartPole-v1.")
        return _parse_environment(spec[4:], spec)
    if spec in BUNDLED:
        return GameSettings(module=f"retro_gamer.games.{spec}")
    target, function = spec, ""
    if not Path(spec).exists() and ":" in spec:
        target, _, function = spec.rpartition(":")
        if not function.isidentifier():
            raise ConfigError(f"{spec!r} is not a game: {function!r} is not the name of a function. A game is {FORMS}.")
    module, folder = _find_module(target, spec)
    return GameSettings(module=module, path=folder, factory=f"{module}:{function}" if function else "")


def _parse_environment(name: str, spec: str) -> GameSettings:
    """ID, or module:ID, as Gymnasium takes them; the module may be a file of the user's own."""
    target, colon, identity = name.rpartition(":")
    if not colon:
        return GameSettings(gym=name)
    module, folder = _find_module(target, spec)
    return GameSettings(gym=f"{module}:{identity}", path=folder)


def _find_module(target: str, spec: str) -> tuple[str, str]:
    """The name of the module that a user meant, and the folder to import it from; "" for an installed one.

    Instead of the folder it may be the file itself.
    """
    path = Path(target)
    if path.exists() and (path.suffix == ".py" or path.is_dir()):
        module, folder = (path.resolve().stem if path.is_file() else path.resolve().name, str(path.resolve().parent))
        if "." in module:
            raise ConfigError(
                f"{target} cannot be imported, because of the dot in {module!r}. Rename it, for example to "
                f"{module.replace('.', '_')}{path.suffix if path.is_file() else ''}."
            )
        if path.is_file() and Path(folder, module, "__init__.py").is_file():
            return module, str(path.resolve())  # the file itself: an import would find the folder beside it
        return module, folder
    if path.suffix == ".py" or "/" in target or "\\" in target:
        raise ConfigError(f"There is no game at {target} (looked in {Path.cwd()}). A game is {FORMS}.")
    if not target or any(not part for part in target.split(".")):
        raise ConfigError(f"{spec!r} is not a game. A game is {FORMS}.")
    local = Path.cwd() / Path(*target.split("."))
    if local.with_suffix(".py").exists() or local.is_dir():
        return target, str(Path.cwd())  # a game of the user's own: remember the folder
    return target, ""


def local_twin(spec: str) -> str:
    """What the user may have meant by the name of a bundled game: a game beside it, as --game takes it; "" if none."""
    if spec not in BUNDLED:
        return ""
    if Path(f"{spec}.py").is_file():
        return f"{spec}.py"
    return f".{os.sep}{spec}" if Path(spec, "__init__.py").is_file() else ""


def load_factory(game: GameSettings) -> Callable[[], Any]:
    """The function that makes a new game; raises ConfigError when none is named, GameError when there is none."""
    if not game.factory and not game.module:
        raise ConfigError(
            "The run's config.toml names no game, as when a script trained it on a game that only the script can make. "
            "Train it there; TrainedPolicy plays it. To use commands, the game must be a function of a module, such as "
            'create_game() in my_game.py. Name it in config.toml:\n  [game]\n  module = "my_game"\n'
            '  path = "the folder of my_game.py"'
        )
    module_name, _, function = game.factory.rpartition(":") if game.factory else (game.module, "", "create_game")
    module = import_module(module_name, game.path)
    factory: Callable[[], Any] | None = getattr(module, function, None)
    if callable(factory):
        check_factory(factory)
        return factory
    own = {name: one for name, one in vars(module).items() if getattr(one, "__module__", "") == module_name}
    classes = {name: one for name, one in own.items() if isinstance(one, type) and hasattr(one, "step")}
    functions = [name for name, one in own.items() if inspect.isfunction(one)]
    if not game.factory:
        games = [one for one in classes.values() if hasattr(one, "play") and not _needed(one)]
        if len(games) == 1 and module not in scripts and not hasattr(module, function):
            return games[0]
        plays = _what_plays(module, {name: own[name] for name in functions if not _needed(own[name])})
        if plays:
            return _until_it_plays(plays)
        environments = [one for one in classes.values() if hasattr(one, "reset")]
        if len(classes) == len(environments) == 1:
            return environments[0]
        for name in STARTS if hasattr(module, "__path__") else ():
            if find_spec(f"{module_name}.{name}"):
                alone = not getattr(module, "__file__", None)  # then it is no package: its files find each other
                inside = (name, module.__path__[0]) if alone and name != "__main__" else (f"{module_name}.{name}", game.path)
                return load_factory(GameSettings(module=inside[0], path=inside[1]))
    found = f"It has the functions {', '.join(functions)}." if functions else "It has no functions of its own."
    if classes:
        found += f" It has the class {', '.join(classes)}: an environment is named by its class."
    raise GameError(
        f"{module_name} has no function {function}(). {found}\nThe trainer needs a function that takes nothing and returns "
        f"a new Game each time; name it create_game, or say which it is: --game {module_name}:FUNCTION"
    )


def _what_plays(module: Any, functions: dict[str, Any]) -> Callable[[], Any] | None:
    """What makes a game and plays it: one of these functions, or the lines of the file; None where nothing does."""
    lines = _lines_of_a_script(module)
    known = [functions[name] for name in PLAYING if name in functions]
    if lines or known:
        return lines or known[0]  # what is at the top is new only in the lines
    others = [[one for one in functions.values() if word in one.__code__.co_names] for word in ("play", "Game")]
    return next((found[0] for found in others if len(found) == 1), None)


def _lines_of_a_script(module: Any) -> Callable[[], Any] | None:
    """What a file does when it is started, where some line calls play(), but for the functions and classes it defines."""
    try:
        source = inspect.getsource(module)
    except (OSError, TypeError):  # there is none, as of a folder
        return None
    if module not in scripts and (".play(" not in source or "__main__" not in source):
        return None
    lines = [
        line
        for node in ast.parse(source).body
        for line in (node.body if isinstance(node, ast.If) and "__main__" in ast.dump(node.test) else [node])
        if not isinstance(line, (ast.FunctionDef, ast.ClassDef))
    ]
    return FunctionType(compile(ast.Module(lines, []), module.__file__, "exec"), vars(module), "__main__")


def _until_it_plays(main: Callable[[], Any]) -> Callable[[], Any]:
    """A function that makes the game that `main` plays: it is called, and stopped where it calls play()."""

    @functools.wraps(main)
    def make() -> Any:
        made = None
        with unattended() as played:
            try:
                made = main()
            except (PlaysItself, SystemExit):
                if not played:
                    raise
        return played[0] if played else made

    name = main.__name__
    make.made_by = "the lines of its file" if name == "__main__" else f"{name}()"  # type: ignore[attr-defined]
    return make


def load_function(reference: str, what: str, path: str = "") -> Callable[..., Any]:
    """The function that "module:function" names, for a setting such as observation_function; `path` is the game's."""
    module_name, _, name = reference.rpartition(":")
    function: Callable[..., Any] | None = getattr(import_module(module_name, path), name, None)
    if not callable(function):
        raise GameError(f"{what} = {reference!r}: the module {module_name} has no function {name}.")
    return function


def _only_make_it(error: BaseException) -> str:
    plays = isinstance(error, (SystemExit, EOFError, PlaysItself))
    return look_beside(error) or ("It must only make the game and return it." if plays else "")


def check_factory(factory: Callable[[], Any]) -> None:
    """Raise GameError when a function cannot be called without arguments."""
    needed = _needed(factory)
    if needed:
        name, where = getattr(factory, "__name__", "The factory"), first_line_of(factory)
        first = f"__init__(self, {needed[0]}=1)" if isinstance(factory, type) else f"{name}({needed[0]}=1)"
        raise GameError(
            f"{name}() cannot be called without {', '.join(needed)}{f' ({where})' if where else ''}. The trainer calls it "
            f"with nothing to make a new game: give every argument a default, such as  def {first}:"
        )


def _needed(factory: Callable[..., Any]) -> list[str]:
    """The arguments without which a function or class cannot be called."""
    try:
        parameters = inspect.signature(factory).parameters
    except ValueError:  # it does not say what it takes
        return []
    return [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def make_game(factory: Callable[[], Any], first: bool = True) -> Any:
    """A new game; raises GameError when the factory raises or returns something else.

    Only the `first` one is watched for a factory that plays its game: this changes the class Game for a moment, after
    which Python runs all games more slowly for a while.
    """
    with blamed(lambda: f"while {getattr(factory, '__name__', 'its factory')}() made a new game", _only_make_it):
        if first:
            outside.replace([sys.modules.get(getattr(factory, "__module__", ""))])
        with unattended(answers=False) if first else outside.hosted():
            game = factory()
    missing = [name for name in ("agents", "state", "board_size", "step", "start") if not hasattr(game, name)]
    if missing:
        where = first_line_of(factory)
        advice = "End it with  return game."
        if hasattr(factory, "made_by"):
            advice = "It has to come to a line that calls game.play()."
        if inspect.iscoroutine(game) or inspect.isgenerator(game):
            game.close()
            advice = "Begin it with  def, not async def, and end it with  return game, not yield."
        elif all(callable(getattr(game, name, None)) for name in ("reset", "step")):
            advice = f"If that is an environment, name its class instead:  --game my_file.py:{type(game).__name__}"
        raise GameError(
            f"{getattr(factory, '__name__', 'The factory')}() returned {type(game).__name__}, not a Game"
            f"{f' ({where})' if where else ''}. {advice}"
        )
    return game


def read_description(game: GameSettings) -> tuple[dict[str, Any], Path | None]:
    """The [tool.retro-gamer] section that belongs to a game, and the file it stands in; ({}, None) if none does."""
    for module_name in dict.fromkeys([(game.factory or "").rpartition(":")[0], game.module]):
        if not module_name:
            continue
        module = import_module(module_name, game.path)
        file = getattr(module, "__file__", None)
        if file is None:  # a folder without __init__.py
            file = next((str(Path(folder, "__init__.py")) for folder in getattr(module, "__path__", [])), None)
        if file is None:
            continue
        for folder in Path(file).resolve().parents:
            if folder.name in ("site-packages", "dist-packages"):
                break
            pyproject = folder / "pyproject.toml"
            content = _read_beside(module, pyproject)
            if content is not None:
                section = parse_toml(content, str(pyproject)).get("tool", {})
                section = section.get("retro-gamer", {}) if isinstance(section, dict) else {}
                if isinstance(section, dict) and section:
                    return section, pyproject
    return {}, None


def _read_beside(module: Any, path: Path) -> bytes | None:
    """The content of a file on the disk, or in the zip file that the module was imported from; None if there is none."""
    if path.is_file():
        return path.read_bytes()
    archive = getattr(module.__spec__.loader, "archive", None) if module.__spec__ else None
    if archive and Path(archive).resolve() in path.parents:
        with suppress(OSError):
            content: bytes = module.__spec__.loader.get_data(str(path.relative_to(Path(archive).resolve())))
            return content
    return None
