"""The clock of games that nobody plays on a screen: a turn takes as long as there, however fast it is played.

Else a game that gives its player a minute by the clock, or lets an enemy move twice a second, would be another one in
training, where that minute has half a million turns.
"""

from __future__ import annotations

import datetime
import sys
import threading
import time
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Callable, Iterator
from weakref import WeakSet

from retro_gamer.hosting.blame import is_game_code

USUAL_FRAMERATE = 24.0  # turns a second
READS = 1000  # of the clock in a turn: from then on each takes a millisecond, or who waits for a time would wait for ever

_this_thread = threading.local()  # its `seconds`: for how long the game has been played that is hosted in it, if any is
_seen: WeakSet[ModuleType] = WeakSet()  # modules whose clocks were looked for
_n_modules = 0  # there were when that was done last
is_read = False  # whether some game may read a clock
was_read = False  # and whether one did


def _seconds() -> float | None:
    return getattr(_this_thread, "seconds", None)


def _clock(real: Callable[[], float]) -> Callable[[], float]:
    """A function like `real`, that tells the time of the game that is played in the thread, where one is."""
    began = float(int(real()))  # whole seconds, so that differences are always the same to the bit

    def now() -> float:
        global was_read
        seconds = _seconds()
        if seconds is None:
            return real()
        was_read = True
        _this_thread.reads += 1
        waited: int = max(0, _this_thread.reads - READS)
        return began + seconds + waited / 1000

    return now


def _sleep_unless_hosted(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    if _seconds() is None:
        sleep(seconds)


_time = _clock(time.time)


class _Datetime(datetime.datetime):
    @classmethod
    def now(cls, tz: Any = None, *, usual: Any = datetime.datetime) -> Any:
        return usual.fromtimestamp(_time(), tz)


# What tells the time, and what does so by this clock: (module, name, value).
REPLACED: list[tuple[ModuleType, str, Any]] = [
    (time, "time", _time),
    (time, "monotonic", _clock(time.monotonic)),
    (time, "perf_counter", _clock(time.perf_counter)),
    (time, "sleep", _sleep_unless_hosted),
    (datetime, "datetime", _Datetime),
]
_instead: dict[int, Any] = {}  # by the id of what a module may have imported, what it gets
for _module in (time, datetime):
    _copy = _instead[id(_module)] = ModuleType(_module.__name__, _module.__doc__)
    vars(_copy).update(vars(_module))
    for _, _name, _value in (one for one in REPLACED if one[0] is _module):
        setattr(_copy, _name, _value)
        # The second: it was imported while that was in the module's place.
        _instead[id(getattr(_module, _name))] = _instead[id(_value)] = _value


def replace_clocks(if_more: bool = False) -> None:
    """Let the modules of games read this clock; `if_more`: where there are other modules than there were."""
    global is_read, _n_modules
    if if_more and len(sys.modules) == _n_modules:
        return
    _n_modules = len(sys.modules)
    new = {module for module in list(sys.modules.values()) if isinstance(module, ModuleType)}.difference(_seen)
    _seen.update(new)
    for module in new:
        if is_game_code(getattr(module, "__file__", None) or "<"):
            for name, value in list(vars(module).items()):
                if id(value) in _instead:
                    setattr(module, name, _instead[id(value)])
                    is_read = True


@contextmanager
def hosted(seconds: float = 0.0) -> Iterator[None]:
    """While something is done in this thread with a game that has been played for so long."""
    before, _this_thread.seconds, _this_thread.reads = _seconds(), seconds, 0
    try:
        yield
    finally:
        _this_thread.seconds = before


def step(game: Any) -> None:
    """Play a turn of a game, by its own clock."""
    if is_read:
        with hosted(getattr(game, "turn_number", 0) / getattr(game, "framerate", USUAL_FRAMERATE)):
            game.step()
    else:
        game.step()
