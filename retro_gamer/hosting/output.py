"""What is printed may contain what strangers wrote: it reaches the terminal as text, and as nothing else."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import Any, Iterable, Iterator, Optional

from retro_gamer.errors import MAX_MESSAGE, printable

_COLORS = re.compile("(\x1b\\[[0-9;]*m)")


class HarmlessStream:
    """A stream to print on, through `printable`. Our own drawings go to `unfiltered`, the stream behind it."""

    def __init__(self, stream: Any, most: Optional[int] = None):
        self.unfiltered, self._most = stream, most

    def write(self, text: str) -> int:
        self.unfiltered.write(printable(text, self._most))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)


@contextmanager
def harmless_output() -> Iterator[None]:
    """While inside, all that is printed passes through `printable`; what is longer than a message is cut on stderr."""
    streams = {
        name: HarmlessStream(getattr(sys, name), most)
        for name, most in (("stdout", None), ("stderr", MAX_MESSAGE))
        if getattr(sys, name) is not None
    }
    for name, stream in streams.items():
        setattr(sys, name, stream)
    try:
        yield
    finally:
        for name, stream in streams.items():
            if getattr(sys, name) is stream:  # and not what took its place because nobody reads it any more
                setattr(sys, name, stream.unfiltered)


def in_colors(picture: str) -> str:
    """A picture that somebody's environment drew: escape codes for colors stay, all others are shown as text."""
    return "".join(
        part if _COLORS.fullmatch(part) else printable(part, None) for part in _COLORS.split(picture)
    )
