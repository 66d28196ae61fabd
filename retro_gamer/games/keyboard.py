"""The keys that a person presses in a terminal, with nothing but the standard library: POSIX and Windows."""

from __future__ import annotations

import codecs
import os
import sys
import time
from typing import Any

ESCAPE, ENTER = "KEY_ESCAPE", "KEY_ENTER"
SECONDS_OF_A_SEQUENCE = 0.03  # the bytes of one key come together; an Escape that stands alone is the key

# What terminals send for keys that are no characters, after Escape and "[" or "O".
_SEQUENCES = {
    "A": "KEY_UP",
    "B": "KEY_DOWN",
    "C": "KEY_RIGHT",
    "D": "KEY_LEFT",
    "H": "KEY_HOME",
    "F": "KEY_END",
    "Z": "KEY_BTAB",
    "M": ENTER,
    "1~": "KEY_HOME",
    "2~": "KEY_INSERT",
    "3~": "KEY_DELETE",
    "4~": "KEY_END",
    "5~": "KEY_PGUP",
    "6~": "KEY_PGDOWN",
    "P": "KEY_F1",
    "Q": "KEY_F2",
    "R": "KEY_F3",
    "S": "KEY_F4",
}
_NAMED = {"\r": ENTER, "\n": ENTER, "\t": "KEY_TAB", "\x08": "KEY_BACKSPACE", "\x7f": "KEY_BACKSPACE", "\x1b": ESCAPE}
# Name of a key -> what terminals send for it.
TEXTS = {**{name: f"\x1b[{end}" for end, name in _SEQUENCES.items()}, **{name: text for text, name in _NAMED.items()}}
# What Windows gives after "\0" or "\xe0".
_WINDOWS = {
    "H": "KEY_UP",
    "P": "KEY_DOWN",
    "M": "KEY_RIGHT",
    "K": "KEY_LEFT",
    "G": "KEY_HOME",
    "O": "KEY_END",
    "R": "KEY_INSERT",
    "S": "KEY_DELETE",
    "I": "KEY_PGUP",
    "Q": "KEY_PGDOWN",
}


class Keyboard:
    """The keyboard of the terminal, as a context manager that leaves the terminal as it was.

    Keys have the names that games know them by: "KEY_LEFT", "KEY_ENTER", or a character like "w".
    """

    def __init__(self) -> None:
        self._keys: _WindowsKeys | _PosixKeys = _WindowsKeys() if os.name == "nt" else _PosixKeys(sys.stdin.fileno())

    def __enter__(self) -> Keyboard:
        self._keys.open()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._keys.close()

    def pressed(self) -> list[str]:
        """The keys that were pressed since the last call, in their order."""
        return self._keys.read(0.0)

    def wait(self, seconds: float = 3600.0) -> list[str]:
        """The same, but wait for a key for at most so many seconds."""
        return self._keys.read(seconds)


class _PosixKeys:
    def __init__(self, file: int) -> None:
        self._file = file
        self._before: list[Any] | None = None  # what the terminal was set to
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def open(self) -> None:
        import termios
        import tty

        self._before = termios.tcgetattr(self._file)
        tty.setcbreak(self._file)  # Ctrl-C goes on to end programs

    def close(self) -> None:
        import termios

        if self._before is not None:
            # What was typed and not read must not become a command of the shell.
            termios.tcsetattr(self._file, termios.TCSAFLUSH, self._before)
            self._before = None

    def read(self, seconds: float) -> list[str]:
        text = self._text(seconds)
        while text and _is_unfinished(text):
            more = self._text(SECONDS_OF_A_SEQUENCE)
            if not more:
                break
            text += more
        return keys_in(text)

    def _text(self, seconds: float) -> str:
        import select

        if not select.select([self._file], [], [], seconds)[0]:
            return ""
        read = os.read(self._file, 1024)
        if not read:  # the terminal is gone
            raise EOFError("The terminal was closed.")
        return self._decoder.decode(read)


class _WindowsKeys:
    def open(self) -> None:
        pass

    def close(self) -> None:
        self.read(0.0)

    def read(self, seconds: float) -> list[str]:
        import msvcrt

        kbhit, getwch = msvcrt.kbhit, msvcrt.getwch  # type: ignore[attr-defined]
        end = time.monotonic() + seconds
        while not kbhit() and time.monotonic() < end:
            time.sleep(0.01)
        keys = []
        while kbhit():
            character = getwch()
            if character == "\x03":
                raise KeyboardInterrupt
            key = _WINDOWS.get(getwch(), "") if character in "\0\xe0" else _NAMED.get(character, character)
            keys += [key] if key else []
        return keys


def keys_in(text: str) -> list[str]:
    """The keys that a terminal sent as this text. What is no key that is known is left out."""
    keys: list[str] = []
    while text:
        length = _length_of_sequence(text)
        key = _name_of(text[:length])
        keys += [key] if key else []
        text = text[length:]
    return keys


def _name_of(piece: str) -> str:
    if len(piece) == 1:
        return _NAMED.get(piece, piece if piece.isprintable() else "")
    body = piece[2:]
    # With Shift or Ctrl held down it has numbers before the last character, as in "1;5A": the key is the same.
    return _SEQUENCES.get(body) or (_SEQUENCES.get(body[-1], "") if ";" in body and body[-1] != "~" else "")


def _length_of_sequence(text: str) -> int:
    """How many characters at its beginning are one key."""
    if text[0] != "\x1b" or len(text) < 2 or text[1] not in "[O":
        return 1
    for end in range(2, len(text)):
        if "@" <= text[end] <= "~":
            return end + 1
    return len(text)


def _is_unfinished(text: str) -> bool:
    """Does it end in what may be the beginning of a sequence?"""
    start = text.rfind("\x1b")
    rest = text[start:]
    return start >= 0 and (
        rest == "\x1b" or (rest[1] in "[O" and not any("@" <= character <= "~" for character in rest[2:]))
    )
