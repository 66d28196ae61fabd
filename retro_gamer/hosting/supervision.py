"""While a user's game runs by itself: it finds no keyboard, prints apart from us, and is watched when it hangs."""

from __future__ import annotations

import io
import sys
import threading
import time
from contextlib import suppress
from typing import Any, Callable

from retro_gamer.errors import printable
from retro_gamer.hosting.blame import is_engine_code, is_game_code, is_library_code
from retro_gamer.hosting.streams import own_stream

SECONDS_BEFORE_WARNING = 10.0
TRIES_TO_CATCH = 2000  # the line of a game that is called for moments only
LINES_SHOWN = 20  # of what the game prints: some print every turn


wiping: list[Callable[[], None]] = []  # what is drawn at the foot of the terminal is wiped away by these


def to_stderr(line: str) -> None:
    for wipe in wiping:
        wipe()
    print(printable(line), file=sys.stderr, flush=True)


class supervised:
    """A context: inside, `input()` finds the end of the file, `print` goes to `say`, line by line and not for ever,
    and a call into the game that does not come back is reported with the line at which it stands.

    All of it counts for the thread that enters, and for no other. Code of our own inside must not use `sys.stdout`.
    """

    def __init__(self, say: Callable[[str], None] = to_stderr):
        self._say = say
        self._done = threading.Event()

    def __enter__(self) -> supervised:
        self._output = _GameOutput(self._say)
        self._streams = [
            own_stream("stdin", io.StringIO(), whatever=True),
            own_stream("stdout", self._output, whatever=True),
        ]
        for stream in self._streams:
            stream.__enter__()
        with suppress(RuntimeError):  # in a browser no thread can be started: then nothing watches
            threading.Thread(target=self._watch, args=(threading.get_ident(), sys._getframe(1)), daemon=True).start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._done.set()
        for stream in self._streams:
            stream.__exit__()
        self._output.end()

    def _watch(self, thread: int, outside: Any) -> None:
        call: Any = None
        since, place, warned = 0.0, "", False
        while not self._done.wait(min(1.0, SECONDS_BEFORE_WARNING / 4)):
            now_in, in_game, in_engine = _call_into_the_game(thread, outside)
            if now_in is not call:
                call, since, place, warned = now_in, time.monotonic(), "", False
            place = in_game or place
            if call is None or warned or time.monotonic() - since < SECONDS_BEFORE_WARNING:
                continue
            if not place:  # it loops in the engine, from where the game is called for moments only
                place = self._catch_in_the_game(thread, outside, call)
            warned = True
            self._say(
                f"The game has been busy for {SECONDS_BEFORE_WARNING:g} seconds, {place or in_engine}. If that is a loop "
                "that never ends, stop it with Ctrl-C (twice in a training, which saves what was learned)."
            )

    def _catch_in_the_game(self, thread: int, outside: Any, call: Any) -> str:
        """Look often until the thread is seen in a line of the game; empty when it is not, or the call has ended."""
        for _ in range(TRIES_TO_CATCH):
            now_in, in_game, _ = _call_into_the_game(thread, outside)
            if in_game or now_in is not call or self._done.wait(0.001):
                return in_game
        return ""


def _call_into_the_game(thread: int, outside: Any) -> tuple[Any, str, str]:
    """(the frame of ours that called the game, where the game is now, or where the engine is); (None, "", "") when it
    is not in the game.

    Only what was called from the frame `outside`, in that thread, is looked at.
    """
    call, in_game, in_engine = None, "", ""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame is not outside:  # from the innermost outwards
        file = frame.f_code.co_filename
        place = f"in {file}, line {frame.f_lineno}, in {frame.f_code.co_name}"
        if is_game_code(file):
            in_game, call = in_game or place, None
        elif is_engine_code(file):
            in_engine, call = in_engine or place, None
        elif call is None and (in_game or in_engine) and is_library_code(file):
            call = frame
        frame = frame.f_back
    return (call, in_game, in_engine) if call is not None else (None, "", "")


class _GameOutput(io.TextIOBase):
    """Hands the first lines to `say`, and drops the rest, and what only says the same again."""

    encoding = "utf-8"

    def __init__(self, say: Callable[[str], None]):
        self._say, self._line, self._left = say, "", LINES_SHOWN
        self._said: str | None = None

    def writable(self) -> bool:
        return True

    def write(self, text: Any) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._left:
            *lines, self._line = (self._line + text).split("\n")
            self._line = self._line[:500]
            for line in lines:
                self._print(line)
        return len(text)

    def _print(self, line: str) -> None:
        if line == self._said or not self._left:
            return
        self._said = line
        self._left -= 1
        self._say(f"The game prints: {line[:500]}" if self._left else "The game prints more, which is not shown.")

    def end(self) -> None:
        if self._line:
            self._print(self._line)
