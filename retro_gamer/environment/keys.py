"""Keys as games see them: text with a name, such as "KEY_LEFT"."""
from __future__ import annotations

import importlib.util
from typing import Any, Callable, Collection, Dict, Optional, Tuple

from retro_gamer.errors import did_you_mean

# The names that blessed, the keyboard library of retro-games, gives to keys that are not plain characters.
KEY_NAMES = frozenset(
    ["KEY_UP", "KEY_DOWN", "KEY_LEFT", "KEY_RIGHT", "KEY_UP_LEFT", "KEY_UP_RIGHT", "KEY_DOWN_LEFT", "KEY_DOWN_RIGHT",
     "KEY_CENTER", "KEY_ENTER", "KEY_ESCAPE", "KEY_TAB", "KEY_BTAB", "KEY_BACKSPACE", "KEY_DELETE", "KEY_INSERT",
     "KEY_HOME", "KEY_END", "KEY_PGUP", "KEY_PGDOWN", "KEY_BEGIN", "KEY_FIND", "KEY_SELECT", "KEY_SDOWN", "KEY_SUP",
     "KEY_SLEFT", "KEY_SRIGHT", "KEY_SHOME", "KEY_SEND", "KEY_SF", "KEY_SR", "KEY_SPACE", "KEY_PRINT", "KEY_HELP",
     "KEY_MENU", "KEY_CANCEL", "KEY_CLEAR", "KEY_CLOSE", "KEY_COPY", "KEY_UNDO", "KEY_SINSERT", "KEY_SDELETE",
     "KEY_SBEG", "KEY_EXIT", "KEY_KP_ADD", "KEY_KP_SUBTRACT", "KEY_KP_MULTIPLY", "KEY_KP_DIVIDE", "KEY_KP_DECIMAL",
     "KEY_KP_EQUAL", "KEY_KP_SEPARATOR", "KEY_KP_ENTER", "KEY_KP_UP", "KEY_KP_DOWN", "KEY_KP_LEFT", "KEY_KP_RIGHT",
     "KEY_KP_HOME", "KEY_KP_END", "KEY_KP_PAGE_UP", "KEY_KP_PAGE_DOWN", "KEY_KP_INSERT", "KEY_KP_DELETE",
     "KEY_KP_BEGIN", "KEY_PAUSE", "KEY_CAPS_LOCK", "KEY_NUM_LOCK", "KEY_SCROLL_LOCK", "KEY_PRINT_SCREEN", "KEY_OPEN",
     "KEY_REDO", "KEY_REFRESH", "KEY_SAVE", "KEY_OPTIONS", "KEY_NEXT", "KEY_PREVIOUS", "KEY_CTAB", "KEY_CATAB"]
    + [f"KEY_F{n}" for n in range(1, 64)] + [f"KEY_KP_{n}" for n in range(10)])


def key_problem(key: str) -> str:
    """What is wrong with a key name, and what to try; empty when some keyboard has it."""
    if len(key) == 1 and key.isprintable() or key in KEY_NAMES:
        return ""
    name = key.upper() if key.upper().startswith("KEY") else "KEY_" + key.upper()
    hint = did_you_mean(name, KEY_NAMES) if len(key) > 1 else ""
    return f"No keyboard has this key.{hint} Keys are single characters like a, or names like KEY_LEFT, KEY_ENTER."


class Keystroke(str):
    """Stands in for blessed's Keystroke where blessed is not installed: the same attributes games look at."""

    def __new__(cls, ucs: str = "", code: Optional[int] = None, name: Optional[str] = None):
        key = super().__new__(cls, ucs)
        key._name, key._code = name, code
        return key

    _name: Optional[str]
    _code: Optional[int]

    @property
    def name(self) -> Optional[str]:
        return self._name

    @property
    def code(self) -> Optional[int]:
        return self._code

    @property
    def is_sequence(self) -> bool:
        return self._name is not None

    def __repr__(self) -> str:
        return self._name or super().__repr__()


_keystroke_class: Optional[Callable[..., Any]] = None
_codes: Dict[str, int] = {}  # the numbers that blessed gives to keys, for games that compare those


def make_keystroke(key: str) -> Any:
    """The key as a game expects it: blessed's own class where retro-games is installed, ours elsewhere."""
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
        return _keystroke_class(ucs="", code=_codes.get(key), name=key)
    return _keystroke_class(ucs=key, code=None, name=None)


class _Keystrokes(Dict[str, Any]):
    """Key name -> keystroke, made when it is first asked for."""

    def __missing__(self, key: str) -> Any:
        keystroke = self[key] = make_keystroke(key)
        return keystroke


class KeyInput:
    """An input source that hands the game the keys of one turn: those in `pressed`, in this order; None is no key."""

    def __init__(self) -> None:
        self._keystrokes = _Keystrokes()
        self.pressed: Tuple[Optional[str], ...] = ()

    def press(self, *keys: Optional[str]) -> None:
        """The keys for the next turn."""
        self.pressed = keys

    def collect(self) -> Collection[Any]:
        pressed, self.pressed = self.pressed, ()
        if len(pressed) == 1 and pressed[0] is not None:  # nearly always: soon done
            return {self._keystrokes[pressed[0]]}
        keystrokes = [self._keystrokes[key] for key in pressed if key is not None]
        # No set of several: to it all named keys are the same (as text they are empty), and its order changes from run
        # to run.
        return keystrokes if len(keystrokes) > 1 else set(keystrokes)
