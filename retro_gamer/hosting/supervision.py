"""While somebody's game runs by itself: it finds no keyboard, prints apart from us, and is watched when it hangs."""

from __future__ import annotations

import io
import sys
import threading
import time
from typing import Any, Callable, List, Tuple

from retro_gamer.hosting.blame import is_game_code, is_library_code

SECONDS_BEFORE_WARNING = 10.0
LINES_SHOWN = 20  # of what the game prints: some print every turn


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class supervised:
    """A context: inside, `input()` finds the end of the file, `print` goes to `say`, line by line and not for ever,
    and a call into the game that does not come back is reported with the line at which it stands.

    Code of our own inside must not use `sys.stdout`.
    """

    def __init__(self, say: Callable[[str], None] = to_stderr):
        self._say = say
        self._done = threading.Event()

    def __enter__(self) -> "supervised":
        self._stdin, self._stdout = sys.stdin, sys.stdout
        sys.stdin, sys.stdout = io.StringIO(), _GameOutput(self._say)
        threading.Thread(
            target=self._watch, args=(threading.get_ident(), sys._getframe(1)), daemon=True
        ).start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._done.set()
        output, sys.stdin, sys.stdout = sys.stdout, self._stdin, self._stdout
        if isinstance(output, _GameOutput):  # a game may have put something else there
            output.end()

    def _watch(self, thread: int, outside: Any) -> None:
        call, since, warned = None, 0.0, False
        while not self._done.wait(min(1.0, SECONDS_BEFORE_WARNING / 4)):
            now_in, place = _call_into_the_game(thread, outside)
            if now_in is not call:
                call, since, warned = now_in, time.monotonic(), False
            elif place and not warned and time.monotonic() - since >= SECONDS_BEFORE_WARNING:
                warned = True
                self._say(
                    f"The game has been busy for {SECONDS_BEFORE_WARNING:g} seconds, {place}. If that is a loop that "
                    "never ends, stop it with Ctrl-C (twice in a training, which saves what was learned)."
                )


def _call_into_the_game(thread: int, outside: Any) -> Tuple[Any, str]:
    """(the frame of ours that called the game, where the game is now); (None, "") when it is not in the game.

    Only what was called from the frame `outside`, in that thread, is looked at.
    """
    frames: List[Any] = []
    frame = sys._current_frames().get(thread)
    while frame is not None and frame is not outside:
        frames.append(frame)
        frame = frame.f_back
    place, call = "", None
    for frame in frames:  # from the innermost outwards
        if is_game_code(frame.f_code.co_filename):
            place = (
                place or f"in {frame.f_code.co_filename}, line {frame.f_lineno}, in {frame.f_code.co_name}"
            )
            call = None
        elif call is None and place and is_library_code(frame.f_code.co_filename):
            call = frame
    return call, place if call is not None else ""


class _GameOutput(io.TextIOBase):
    """Hands the first lines that a game prints to `say`, and drops the rest."""

    encoding = "utf-8"

    def __init__(self, say: Callable[[str], None]):
        self._say, self._line, self._left = say, "", LINES_SHOWN

    def writable(self) -> bool:
        return True

    def write(self, text: Any) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._left:
            *lines, self._line = (self._line + text).split("\n")
            self._line = self._line[:500]
            for line in lines[: self._left]:
                self._print(line)
        return len(text)

    def _print(self, line: str) -> None:
        self._left -= 1
        self._say(
            f"The game prints: {line[:500]}" if self._left else "The game prints more, which is not shown."
        )

    def end(self) -> None:
        if self._line and self._left:
            self._print(self._line)
