"""The names of keys, and what is wrong with one that no keyboard has."""

from __future__ import annotations

from retro_gamer.errors import did_you_mean

# The names that blessed, the keyboard library of retro-games, gives to keys that are not plain characters.
KEY_NAMES = frozenset(
    [
        "KEY_UP",
        "KEY_DOWN",
        "KEY_LEFT",
        "KEY_RIGHT",
        "KEY_UP_LEFT",
        "KEY_UP_RIGHT",
        "KEY_DOWN_LEFT",
        "KEY_DOWN_RIGHT",
        "KEY_CENTER",
        "KEY_ENTER",
        "KEY_ESCAPE",
        "KEY_TAB",
        "KEY_BTAB",
        "KEY_BACKSPACE",
        "KEY_DELETE",
        "KEY_INSERT",
        "KEY_HOME",
        "KEY_END",
        "KEY_PGUP",
        "KEY_PGDOWN",
        "KEY_BEGIN",
        "KEY_FIND",
        "KEY_SELECT",
        "KEY_SDOWN",
        "KEY_SUP",
        "KEY_SLEFT",
        "KEY_SRIGHT",
        "KEY_SHOME",
        "KEY_SEND",
        "KEY_SF",
        "KEY_SR",
        "KEY_SPACE",
        "KEY_PRINT",
        "KEY_HELP",
        "KEY_MENU",
        "KEY_CANCEL",
        "KEY_CLEAR",
        "KEY_CLOSE",
        "KEY_COPY",
        "KEY_UNDO",
        "KEY_SINSERT",
        "KEY_SDELETE",
        "KEY_SBEG",
        "KEY_EXIT",
        "KEY_KP_ADD",
        "KEY_KP_SUBTRACT",
        "KEY_KP_MULTIPLY",
        "KEY_KP_DIVIDE",
        "KEY_KP_DECIMAL",
        "KEY_KP_EQUAL",
        "KEY_KP_SEPARATOR",
        "KEY_KP_ENTER",
        "KEY_KP_UP",
        "KEY_KP_DOWN",
        "KEY_KP_LEFT",
        "KEY_KP_RIGHT",
        "KEY_KP_HOME",
        "KEY_KP_END",
        "KEY_KP_PAGE_UP",
        "KEY_KP_PAGE_DOWN",
        "KEY_KP_INSERT",
        "KEY_KP_DELETE",
        "KEY_KP_BEGIN",
        "KEY_PAUSE",
        "KEY_CAPS_LOCK",
        "KEY_NUM_LOCK",
        "KEY_SCROLL_LOCK",
        "KEY_PRINT_SCREEN",
        "KEY_OPEN",
        "KEY_REDO",
        "KEY_REFRESH",
        "KEY_SAVE",
        "KEY_OPTIONS",
        "KEY_NEXT",
        "KEY_PREVIOUS",
        "KEY_CTAB",
        "KEY_CATAB",
    ]
    + [f"KEY_F{n}" for n in range(1, 64)]
    + [f"KEY_KP_{n}" for n in range(10)]
)


def key_problem(key: str) -> str:
    """What is wrong with a key name, and what to try; empty when some keyboard has it."""
    if len(key) == 1 and key.isprintable() or key in KEY_NAMES:
        return ""
    name = key.upper() if key.upper().startswith("KEY") else "KEY_" + key.upper()
    hint = did_you_mean(name, KEY_NAMES) if len(key) > 1 else ""
    return f"No keyboard has this key.{hint} Keys are single characters like a, or names like KEY_LEFT, KEY_ENTER."
