"""What is printed may contain what strangers wrote: it reaches the terminal as text, and as nothing else."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import Any, Iterable, Iterator

from retro_gamer.errors import MAX_MESSAGE, printable
from retro_gamer.hosting import signs
from retro_gamer.hosting.streams import own_stream, stream_of_this_thread

_COLORS = re.compile("(\x1b\\[[0-9;]*m)")


class HarmlessStream:
    """A stream to print on, through `printable`. Our own drawings go to `unfiltered`, the stream behind it."""

    def __init__(self, stream: Any, most: int | None = None):
        self.unfiltered, self._most = stream, most

    def write(self, text: str) -> int:
        with signs.lock:
            signs.about_to_show()
            self.unfiltered.write(printable(text, self._most))
            signs.printed(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)


@contextmanager
def harmless_output() -> Iterator[None]:
    """While inside, all that is printed passes through `printable`; what is longer than a message is cut on stderr."""
    with ExitStack() as stack:
        for name, most in (("stdout", None), ("stderr", MAX_MESSAGE)):
            stream = stream_of_this_thread(name)
            # What took its place meanwhile stays: the old one may have no reader any more.
            if stream is not None:
                stack.enter_context(own_stream(name, HarmlessStream(stream, most)))
        yield


def in_colors(picture: str) -> str:
    """A picture that a user's environment drew: escape codes for colors stay, all others are shown as text."""
    return "".join(part if _COLORS.fullmatch(part) else printable(part, None) for part in _COLORS.split(picture))
