"""The names of keys, and what is wrong with one that no keyboard has."""

from __future__ import annotations

from retro_gamer.errors import did_you_mean

# The names that blessed, the keyboard library of retro-games, gives to keys that are not plain characters.
KEY_NAMES = frozenset(
    f"KEY_{name}"
    for name in (
        "UP DOWN LEFT RIGHT UP_LEFT UP_RIGHT DOWN_LEFT DOWN_RIGHT CENTER ENTER ESCAPE TAB BTAB BACKSPACE DELETE "
        "INSERT HOME END PGUP PGDOWN BEGIN FIND SELECT SDOWN SUP SLEFT SRIGHT SHOME SEND SF SR SPACE PRINT HELP "
        "MENU CANCEL CLEAR CLOSE COPY UNDO SINSERT SDELETE SBEG EXIT KP_ADD KP_SUBTRACT KP_MULTIPLY KP_DIVIDE "
        "KP_DECIMAL KP_EQUAL KP_SEPARATOR KP_ENTER KP_UP KP_DOWN KP_LEFT KP_RIGHT KP_HOME KP_END KP_PAGE_UP "
        "KP_PAGE_DOWN KP_INSERT KP_DELETE KP_BEGIN PAUSE CAPS_LOCK NUM_LOCK SCROLL_LOCK PRINT_SCREEN OPEN REDO "
        "REFRESH SAVE OPTIONS NEXT PREVIOUS CTAB CATAB"
    ).split()
    + [f"F{n}" for n in range(1, 64)]
    + [f"KP_{n}" for n in range(10)]
)


def key_problem(key: str) -> str:
    """What is wrong with a key name, and what to try; empty when some keyboard has it."""
    if len(key) == 1 and key.isprintable() or key in KEY_NAMES:
        return ""
    name = key.upper() if key.upper().startswith("KEY") else "KEY_" + key.upper()
    hint = did_you_mean(name, KEY_NAMES) if len(key) > 1 else ""
    return f"No keyboard has this key.{hint} Keys are single characters like a, or names like KEY_LEFT, KEY_ENTER."
