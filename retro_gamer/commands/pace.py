"""How fast a game is shown, as the keys say: it can be paused, stepped, made faster or slower, and left."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import Any, Callable

from retro_gamer.games.keyboard import ESCAPE, Keyboard

FASTER, SLOWEST, FASTEST = 1.5, 0.01, 2000.0
FEW_ROWS = 12  # in a window with fewer, keys are named only while it is paused
LOOK = 0.5  # seconds between two while it is paused: the window may have changed its size


class Pace:
    """The speed of what is shown, and the keys that change it; a context, inside which the keyboard is ours.

    Without a keyboard the speed stays as it is.
    """

    def __init__(self, fps: float, keyboard: Keyboard | None):
        self.fps, self._keyboard = fps, keyboard
        self._paused = self._left = False
        self._steps = 0  # turns to be played while it is paused
        self._drawn = time.perf_counter()

    def __enter__(self) -> Pace:
        if self._keyboard is not None:
            self._keyboard.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._keyboard is not None:
            self._keyboard.__exit__(*exception)

    @property
    def keys(self) -> str:
        """What the keys do now, the most important first: in a narrow window the end is cut off."""
        if self._keyboard is None or (not self._paused and shutil.get_terminal_size().lines < FEW_ROWS):
            return ""
        if self._paused:
            return "PAUSED  space: go on  q: leave  right: one turn"
        return f"space: pause  q: leave  up, down: speed ({self.fps:.3g} turns/s)"

    def wait(self, draw: Callable[[str], None]) -> bool:
        """Wait until the next turn is to be played; says whether to play it, or to leave. `draw` shows what keys do."""
        if self._keyboard is None:
            time.sleep(max(0.0, self._drawn + 1 / self.fps - time.perf_counter()))
            self._drawn = time.perf_counter()
            return True
        while True:
            left = max(0.0, self._drawn + 1 / self.fps - time.perf_counter())
            try:
                pressed = self._keyboard.wait(min(left, LOOK) if not self._paused else LOOK)
            except EOFError:  # the terminal is gone
                return False
            for key in pressed:
                self._press(key)
            over = not self._paused and time.perf_counter() >= self._drawn + 1 / self.fps
            if over or self._steps or self._left:
                break
            draw(self.keys)
        self._steps = max(0, self._steps - 1)
        self._drawn = time.perf_counter()
        return not self._left

    def _press(self, key: str) -> None:
        if key == " ":
            self._paused, self._steps = not self._paused, 0
        elif key == "KEY_RIGHT":
            self._steps += self._paused
        elif key in ("KEY_UP", "KEY_DOWN"):
            factor = FASTER if key == "KEY_UP" else 1 / FASTER
            self.fps = min(max(self.fps * factor, SLOWEST), FASTEST)
        elif key in ("q", "Q", ESCAPE):
            self._left = True


def keys_can_be_read() -> bool:
    """Whether standard input is a terminal, and ours: a program in the background is stopped when it asks for keys."""
    try:
        if sys.stdin is None or not sys.stdin.isatty():
            return False
        return os.name == "nt" or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):  # it was closed
        return False
