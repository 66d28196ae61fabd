"""Signs of life: where nothing was shown for a while, a line says that work goes on."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import Callable, Iterator

from retro_gamer.hosting.streams import write_now

SECONDS_OF_SILENCE = 1.0  # on a terminal, where the line is written in place
PLAIN_SECONDS = 11.0  # elsewhere, where each is a line of its own, and who counts writes one every ten
LOOK = 0.25

lock = threading.RLock()  # held while something is drawn or printed


class _Screen:
    def __init__(self) -> None:
        self.last_sign = time.monotonic()
        self.mid_line = False  # the beginning of a line was printed, such as a question
        self.width = 0  # of the line that says that work goes on
        self.showing: list[Callable[[str], None]] = []  # who shows such a line better, the last first


_screen = _Screen()


def about_to_show() -> None:
    """Something is written now: the line that says that work goes on is wiped away. Call it with the lock."""
    _screen.last_sign = time.monotonic()
    if _screen.width:
        width, _screen.width = _screen.width, 0
        _write("\r" + " " * width + "\r")


def printed(text: str) -> None:
    if text:
        _screen.mid_line = not text.endswith("\n")


@contextmanager
def shown_by(show: Callable[[str], None]) -> Iterator[None]:
    """While inside, something that draws in place shows the signs of life: `show(text)` is called with the lock."""
    with lock:
        _screen.showing.append(show)
    try:
        yield
    finally:
        with lock:
            _screen.showing.remove(show)


def silently(text: str) -> None:
    """Shows no sign of life: for `shown_by`, while something else writes to the terminal."""


@contextmanager
def signs_of_life() -> Iterator[None]:
    """While inside, say so when nothing was shown for a second; where there is no terminal, for eleven seconds."""
    in_place = sys.stderr is not None and sys.stderr.isatty()
    done = threading.Event()

    def watch() -> None:
        interval = SECONDS_OF_SILENCE if in_place else PLAIN_SECONDS
        next_sign = 0.0
        while not done.wait(LOOK):
            with lock:
                now = time.monotonic()
                silence = now - _screen.last_sign
                if done.is_set() or silence < interval or now < next_sign:
                    continue
                next_sign = now + interval
                show(f"still working, {silence:.0f} s", in_place)

    with lock:
        _screen.last_sign, _screen.mid_line = time.monotonic(), False
    with suppress(RuntimeError):  # in a browser no thread can be started
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()
            about_to_show()


def show(text: str, in_place: bool) -> None:
    """Say it where it disturbs nothing: in what is drawn on the terminal, or on a line of its own."""
    if _screen.showing:
        _screen.showing[-1](text)
    elif not _screen.mid_line:
        _write(f"\r{text}" if in_place else f"{text}\n")
        _screen.width = len(text) if in_place else 0


def _write(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # the terminal was closed, or there is none
        write_now(sys.stderr, text)
