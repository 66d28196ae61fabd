"""Ctrl-C and other signals get through somebody's game, even one that catches everything."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import Any, Iterator, NoReturn, Optional

signalled: Optional[BaseException] = None  # raised by a signal, and not seen coming out of a game yet


def raise_through(error: BaseException) -> NoReturn:
    """From a signal handler: raise this here and now, and again when the game that swallowed it comes back."""
    global signalled
    signalled = error
    raise error


def came_through(error: Optional[BaseException] = None) -> bool:
    """A game came back, with this error or none: raise what it swallowed; says whether the error ends the program."""
    global signalled
    ours, signalled = signalled, None
    if ours is not None and ours is not error:
        raise ours
    return isinstance(ours, SystemExit)


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """While inside, one Ctrl-C is enough, whatever a game does with it."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return

    global signalled

    def handle(number: int, frame: Any) -> None:
        raise_through(KeyboardInterrupt())

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signalled = None
