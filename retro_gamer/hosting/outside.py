"""What a game finds outside itself while we play it, and nobody plays it on a screen.

- A clock that goes by its turns: each takes as long as on the screen. Else a minute would have half a million turns.
- Nothing to wait for: sleep() returns at once, and os.system(), such as for a sound, does nothing.
- Copies of the files that it writes, such as of high scores.
"""

from __future__ import annotations

import datetime
import inspect
import os
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Callable, Iterable, Iterator
from weakref import WeakSet

from retro_gamer.hosting.blame import is_game_code

USUAL_FRAMERATE = 24.0  # turns a second
READS = 1000  # of the clock in a turn: from then on each takes a millisecond, or who waits for a time would wait for ever

_this_thread = threading.local()  # its `seconds`: for how long the game has been played that is hosted in it, if any is
_seen: WeakSet[ModuleType] = WeakSet()  # modules that were looked through
is_asked = False  # whether some game may notice any of this
clock_was_read = False  # and whether one did so
copies: dict[str, str] = {}  # of the files that games write: their paths
_folder: list[TemporaryDirectory[str]] = []  # of these


def _seconds() -> float | None:
    return getattr(_this_thread, "seconds", None)


def _clock(real: Callable[[], float]) -> Callable[[], float]:
    """A function like `real`, that tells the time of the game that is played in the thread, where one is."""
    began = float(int(real()))  # whole seconds, so that differences are always the same to the bit

    def now() -> float:
        global clock_was_read
        seconds = _seconds()
        if seconds is None:
            return real()
        clock_was_read = True
        _this_thread.reads += 1
        waited: int = max(0, _this_thread.reads - READS)
        return began + seconds + waited / 1000

    return now


_time = _clock(time.time)


class _Kind(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, datetime.datetime)


class _Datetime(datetime.datetime, metaclass=_Kind):
    @classmethod
    def now(cls, tz: Any = None, *, usual: Any = datetime.datetime) -> Any:
        return usual.fromtimestamp(_time(), tz)


def _unless_hosted(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*arguments) if _seconds() is None else 0

    return call


def _open(file: Any, mode: str = "r", *arguments: Any, **settings: Any) -> Any:
    if _seconds() is not None and isinstance(file, (str, os.PathLike)):
        place = os.path.abspath(file)
        if place not in copies and set(mode) & set("wax+"):
            if not _folder:
                _folder.append(TemporaryDirectory())
            copies[place] = os.path.join(_folder[0].name, str(len(copies)))
            if os.path.exists(place):
                shutil.copyfile(place, copies[place])
        file = copies.get(place, file)
    return open(file, mode, *arguments, **settings)


# (module, name, what is there instead). While a game is imported, this is so for all modules, as they may be its own.
REPLACED: list[tuple[ModuleType, str, Any]] = [
    (time, "time", _time),
    (time, "monotonic", _clock(time.monotonic)),
    (time, "perf_counter", _clock(time.perf_counter)),
    (time, "sleep", _unless_hosted(time.sleep)),
    (os, "system", _unless_hosted(os.system)),
]
_instead: dict[int, Any] = {}  # by the id of what a module may have imported, what it gets
for _module in (time, datetime, os):
    _copy = _instead[id(_module)] = ModuleType(_module.__name__, _module.__doc__)
    vars(_copy).update(vars(_module))
    for _, _name, _value in (one for one in (*REPLACED, (datetime, "datetime", _Datetime)) if one[0] is _module):
        setattr(_copy, _name, _value)
        # The second: it was imported while that was in the module's place.
        _instead[id(getattr(_module, _name))] = _instead[id(_value)] = _value


def replace(modules: Iterable[Any]) -> None:
    """Let those of these modules that are a game's find all this."""
    global is_asked
    for module in modules:
        if not isinstance(module, ModuleType) or module in _seen:
            continue
        _seen.add(module)
        if is_game_code(getattr(module, "__file__", None) or "<"):
            found = {name: _instead[id(value)] for name, value in vars(module).items() if id(value) in _instead}
            with suppress(OSError, TypeError):  # there is no source
                if "open(" in inspect.getsource(module) and "open" not in vars(module):
                    found["open"] = _open
            vars(module).update(found)
            is_asked |= bool(found)


@contextmanager
def hosted(seconds: float = 0.0) -> Iterator[None]:
    """While something is done in this thread with a game that has been played for so long."""
    before, _this_thread.seconds, _this_thread.reads = _seconds(), seconds, 0
    try:
        yield
    finally:
        _this_thread.seconds = before


def step(game: Any) -> None:
    """Play a turn of a game."""
    before, _this_thread.reads = _seconds(), 0
    _this_thread.seconds = getattr(game, "turn_number", 0) / (getattr(game, "framerate", 0) or USUAL_FRAMERATE)
    try:
        game.step()
    finally:
        _this_thread.seconds = before
