"""Where a function that makes games can be found again, from another program."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import Any, Callable

from retro_gamer.errors import ConfigError

SCRIPTS = ("__main__", "__mp_main__")  # the second in processes that multiprocessing started


def check_factory(factory: Any) -> None:
    """Raise ConfigError for what cannot make games."""
    if not callable(factory):
        raise ConfigError(
            f"A function that makes a new game is needed, but this is a {type(factory).__name__}: {factory!r:.100}. Give "
            "the function itself, without brackets:  create_game  and not  create_game()"
        )


def locate(factory: Callable[..., Any]) -> dict[str, str]:
    """Section [game] of a config.toml for a function, wherever commands are called from.

    Empty for all but a module's own functions and classes: a lambda, a partial, a method, a function of another one or of
    a notebook cannot be imported again.
    """
    place = _importable_from(factory)
    if place is None:
        return {}
    module, folder = place
    return {"module": module, "path": folder, "factory": f"{module}:{factory.__name__}"}


def describe(factory: Callable[..., Any]) -> str:
    """What a function is, and the file and line it stands on, as far as that is known."""
    target: Any = factory
    kind = ""
    while isinstance(target, functools.partial):
        target, kind = target.func, "a functools.partial of "
    if hasattr(target, "__self__"):
        kind += f"the method {target.__name__} of an object"
    elif not hasattr(target, "__name__"):
        kind += f"an object of class {type(target).__name__}"
        target = type(target).__call__
    elif target.__name__ == "<lambda>":
        kind += "a lambda"
    else:
        outer = getattr(target, "__qualname__", "").rpartition(".<locals>")[0]
        kind += f"{target.__name__}()" + (f", made inside {outer}()" if outer else "")
    code = getattr(target, "__code__", None)
    if code is None or not Path(code.co_filename).is_file():
        return kind
    text = f"{kind} ({Path(code.co_filename).name}, line {code.co_firstlineno})"
    # It stands in a config.toml.
    return "".join(character if character.isprintable() else "?" for character in text)


def _importable_from(factory: Any) -> tuple[str, str] | None:
    """The module that has a function by its own name, and the folder to import it from ("" where it is installed)."""
    name = getattr(factory, "__name__", "")
    module: Any = sys.modules.get(getattr(factory, "__module__", None) or "")
    if not str(name).isidentifier() or getattr(factory, "__qualname__", name) != name:
        return None
    if module is None or vars(module).get(name) is not factory:
        return None
    file = Path(os.path.abspath(getattr(module, "__file__", None) or ""))
    path = module.__name__
    if path in SCRIPTS:
        spec = getattr(module, "__spec__", None)
        path = spec.name if spec is not None else file.stem  # a spec: it was started by  python -m
    if {"site-packages", "dist-packages"} & set(file.parts) or path.startswith("retro_gamer."):
        return path, ""
    own = file.parent if file.name == "__init__.py" else file.with_suffix("")
    names = path.split(".")
    # Not so: a notebook, a script such as my.game.py, a folder or a zip file that was run, a module loaded by hand.
    if not file.is_file() or file.suffix != ".py" or path in SCRIPTS or list(own.parts[-len(names) :]) != names:
        return None
    return path, str(Path(*own.parts[: -len(names)]))
