"""Keys as games see them: text with a name, such as "KEY_LEFT"."""

from __future__ import annotations

import importlib.util
from typing import Any, Callable, Collection, Dict, Sequence

from retro_gamer.games.keyboard import TEXTS

ANY_SEQUENCE = "\x1b[?"  # stands for what terminals send for rarer keys


class Keystroke(str):
    """Stands in for blessed's Keystroke where blessed is not installed: the same attributes games look at."""

    def __new__(cls, ucs: str = "", code: int | None = None, name: str | None = None) -> Keystroke:
        key = super().__new__(cls, ucs)
        key._name, key._code = name, code
        return key

    _name: str | None
    _code: int | None

    @property
    def name(self) -> str | None:
        return self._name

    @property
    def code(self) -> int | None:
        return self._code

    @property
    def is_sequence(self) -> bool:
        return self._name is not None

    def __repr__(self) -> str:
        return self._name or super().__repr__()


_keystroke_class: Callable[..., Any] | None = None
_codes: dict[str, int] = {}  # the numbers that blessed gives to keys, for games that compare those


def make_keystroke(key: str) -> Any:
    """The key as a game expects it: blessed's own class where retro-games is installed, ours elsewhere.

    Its text is what a terminal sends: games may ask for "\\n", or whether the key is in "wasd", as "" would be.
    """
    global _keystroke_class
    if _keystroke_class is None:
        _keystroke_class = Keystroke
        if importlib.util.find_spec("retro") is not None:
            try:
                from blessed.keyboard import Keystroke as BlessedKeystroke
                from blessed.keyboard import get_keyboard_codes

                _keystroke_class = BlessedKeystroke
                _codes.update((name, code) for code, name in get_keyboard_codes().items())
            except ImportError:
                pass
    if key.startswith("KEY_"):
        return _keystroke_class(ucs=TEXTS.get(key, ANY_SEQUENCE), code=_codes.get(key), name=key)
    return _keystroke_class(ucs=key, code=None, name=None)


class _Keystrokes(Dict[str, Any]):
    def __missing__(self, key: str) -> Any:
        keystroke = self[key] = make_keystroke(key)
        return keystroke


class KeyInput:
    """An input source that hands the game the keys of one turn: those in `pressed`, in this order; None is no key."""

    def __init__(self) -> None:
        self._keystrokes = _Keystrokes()
        self.pressed: Sequence[str | None] = ()

    def press(self, *keys: str | None) -> None:
        self.pressed = keys

    def collect(self) -> Collection[Any]:
        pressed, self.pressed = self.pressed, ()
        if len(pressed) == 1 and pressed[0] is not None:  # nearly always
            return {self._keystrokes[pressed[0]]}
        keystrokes = [self._keystrokes[key] for key in pressed if key is not None]
        # No set of several: its order changes from run to run.
        return keystrokes if len(keystrokes) > 1 else set(keystrokes)
