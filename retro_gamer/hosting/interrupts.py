"""Ctrl-C and other signals get through a user's game, even one that catches everything."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterable, Iterator, NoReturn

signalled: BaseException | None = None  # raised by a signal, and not seen coming out of a game yet


def raise_through(error: BaseException) -> NoReturn:
    """From a signal handler: raise this here and now, and again when the game that swallowed it comes back."""
    global signalled
    signalled = error
    raise error


def came_through(error: BaseException | None = None) -> bool:
    """A game came back, with this error or none: raise what it swallowed; says whether the error ends the program."""
    global signalled
    ours, signalled = signalled, None
    if ours is not None and ours is not error:
        raise ours
    return isinstance(ours, SystemExit)


@contextmanager
def handled(names: Iterable[str], handle: Callable[[int, Any], None]) -> Iterator[None]:
    """While inside, a function handles these signals, of those that this system has. Only the main thread may do this;
    what is ignored from outside, as under nohup, still is, but for Ctrl-C."""
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in numbers:
            if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGINT:
                before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stopping_on_signals(stop: Callable[[], None], blank: Callable[[], str] = str) -> Iterator[None]:
    """While inside, Ctrl-C, SIGTERM and the closing of the terminal call `stop`; a second Ctrl-C does not wait for it.

    `blank()` is what wipes away the line that is on the terminal.
    """
    asked = False

    def handle(number: int, frame: Any) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            raise_through(KeyboardInterrupt())
        asked = True
        stop()
        _write_now(
            blank() + "Stopping after this game...\n"
            "(Ctrl-C again stops at once and loses this game and up to 20 seconds of training before it.)\n"
        )

    global signalled
    try:
        with handled(("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"), handle):
            yield
    finally:
        signalled = None


def _write_now(text: str) -> None:
    """To stderr from a signal handler, where print may not be used: it may have been interrupted itself."""
    stream = getattr(sys.stderr, "unfiltered", sys.stderr)
    with suppress(Exception):  # there may be no such file, or no reader
        try:
            os.write(stream.fileno() if isinstance(stream, io.TextIOWrapper) else -1, text.encode("ascii"))
        except (OSError, ValueError):  # a notebook's
            stream.write(text)


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """While inside, one Ctrl-C is enough, whatever a game does with it."""
    global signalled

    def handle(number: int, frame: Any) -> None:
        raise_through(KeyboardInterrupt())

    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    try:
        with handled(("SIGINT",) if ours else (), handle):
            yield
    finally:
        signalled = None
