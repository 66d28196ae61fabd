"""A pupil's random.py or numpy.py must not take the place of the real one, where Python and its libraries ask for it.

Python looks for modules in the folder of the script, or in the current one, before all others: a file of the same
name there hides the real module. This module is imported before all others, and itself imports nothing that a file
could hide.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import PathFinder

TYPE_CHECKING = False  # as type checkers read it: `typing` could be hidden
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import FrameType
    from typing import Sequence

_LIBRARY = os.path.normcase(os.path.dirname(os.path.abspath(os.__file__)))
_PACKAGE = os.path.normcase(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_ENDINGS = (".py", os.sep + "__init__.py")
# With those of other systems, which libraries ask for to see where they are: msvcrt on Linux, resource on Windows.
_STANDARD: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())
_said: set[str] = set()


class LibrariesAmongThemselves:
    """A finder of modules: what a library imports is looked for among the libraries first, and what a game imports where
    Python looks for it."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if path is not None or not _asked_by_a_library(sys._getframe(1)):
            return None
        spec = PathFinder.find_spec(name, list(filter(_is_library_folder, sys.path)))
        hiding = next(filter(None, (_module_in(folder, name) for folder in sys.path)), None)
        if spec is None and hiding is not None and name in _STANDARD:
            raise ModuleNotFoundError(f"No module named {name!r} on this system", name=name)
        if spec is None or spec.loader is None:
            return None
        if hiding is not None and os.path.normcase(hiding) != os.path.normcase(spec.origin or ""):
            _say(hiding, name)
        return spec


def install() -> None:
    """Let libraries find each other from here on, and forget what a script imported from beside it in their place."""
    if LibrariesAmongThemselves in sys.meta_path:
        return
    finders = [getattr(finder, "__name__", "") for finder in sys.meta_path]
    place = finders.index("PathFinder") if "PathFinder" in finders else len(finders)
    sys.meta_path.insert(place, LibrariesAmongThemselves)
    for name in _NEEDED.intersection(sys.modules):
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file == _module_in(os.path.dirname(file), name) and os.path.dirname(file) in (sys.path[0], os.getcwd()):
            del sys.modules[name]  # the script keeps it; we import the real one
            _say(file, name)


# What this library and NumPy use, and a script may have imported from beside it before.
_NEEDED = frozenset(
    "argparse ast array bisect collections contextlib copy csv dataclasses datetime difflib dis enum errno functools "
    "gc hashlib inspect io itertools json math numbers numpy operator os pathlib pickle platform queue random re secrets "
    "shutil signal socket statistics string struct subprocess sys tempfile textwrap threading time tokenize tomli "
    "tomllib traceback types typing warnings weakref zipfile zlib".split()
)


def _say(file: str, name: str) -> None:
    if name not in _said and sys.stderr is not None:
        _said.add(name)
        sys.stderr.write(
            f"Note: {file} hides the module {name} of Python or its libraries. They are given the real one; "
            "rename the file.\n"
        )


def _asked_by_a_library(frame: FrameType | None) -> bool:
    """Is the import statement that is being carried out one of a library, and not one of a game or a script?"""
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    # importlib.import_module asks on behalf of its caller.
    return (
        frame is not None and frame.f_globals.get("__name__") != "importlib" and _is_library_file(frame.f_code.co_filename)
    )


def _is_library_file(file: str) -> bool:
    if file.startswith("<"):
        return file.startswith(("<frozen", "<built-in"))
    return _is_library_folder(os.path.dirname(file))


_folders: dict[str, bool] = {}


def _is_library_folder(folder: str) -> bool:
    if folder not in _folders:
        _folders[folder] = _looks_like_a_library_folder(folder)
    return _folders[folder]


def _looks_like_a_library_folder(folder: str) -> bool:
    parts = os.path.normcase(folder).split(os.sep)
    return (
        "site-packages" in parts
        or "dist-packages" in parts
        or (os.path.normcase(folder) + os.sep).startswith(_LIBRARY + os.sep)
        or (os.path.normcase(folder) + os.sep).startswith(_PACKAGE + os.sep)
        or parts[-1] in ("lib-dynload", "dlls")
        or folder.endswith(".zip")
    )


def _module_in(folder: str, name: str) -> str | None:
    """The file from which a module would be imported, if it is in this folder and the folder is no library."""
    if _is_library_folder(folder):
        return None
    base = os.path.join(folder or os.getcwd(), name)
    return next((base + ending for ending in _ENDINGS if os.path.isfile(base + ending)), None)
