"""Streams of `sys` that are replaced for one thread, and for no other."""

from __future__ import annotations

import sys
import threading
from typing import Any, Iterator

_lock = threading.Lock()


class own_stream:
    """A context: inside, `sys.stdin`, `sys.stdout` or `sys.stderr` is another stream for the thread that entered.

    Arguments:
        name: which of them.
        stream: what it is.
        whatever: also take away what was put in its place meanwhile.
    """

    def __init__(self, name: str, stream: Any, whatever: bool = False):
        self._name, self._stream, self._whatever = name, stream, whatever

    def __enter__(self) -> Any:
        self._thread = threading.get_ident()
        with _lock:
            current = getattr(sys, self._name)
            self._switch = current if isinstance(current, _ByThread) else _ByThread(current)
            self._before = self._switch.own.get(self._thread)
            self._switch.own[self._thread] = self._stream
            setattr(sys, self._name, self._switch)
        return self._stream

    def __exit__(self, *exception: Any) -> None:
        """The last one to leave takes the switch away."""
        with _lock:
            if self._before is None:
                del self._switch.own[self._thread]
            else:
                self._switch.own[self._thread] = self._before
            if self._whatever or getattr(sys, self._name) is self._switch:
                stream: Any = self._switch
                while isinstance(stream, _ByThread) and not stream.own:
                    stream = stream.everybody_s
                setattr(sys, self._name, stream)


def stream_of_this_thread(name: str) -> Any:
    current = getattr(sys, name)
    return current.of_this_thread() if isinstance(current, _ByThread) else current


def write_now(stream: Any, text: str) -> None:
    """Draw on a terminal, past what makes the text of strangers harmless."""
    stream = getattr(stream, "unfiltered", stream)
    stream.write(text)
    stream.flush()


class _ByThread:
    """Does what the stream of the thread does that uses it: its own, or everybody's."""

    def __init__(self, everybody_s: Any):
        self.everybody_s = everybody_s
        self.own: dict[int, Any] = {}

    def of_this_thread(self) -> Any:
        return self.own.get(threading.get_ident(), self.everybody_s)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of_this_thread(), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.of_this_thread())
