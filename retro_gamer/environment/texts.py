"""Words and numbers on the board, several cells wide: scores, clocks, titles."""

from __future__ import annotations

from typing import Any, Sequence


def text_of(agent: Any) -> str:
    """What a character of the game says, if it is a text: one row of several cells with letters or digits in it that are
    not all the same, such as "SCORE 3", not "===" or "UUU". Else ""."""
    size = getattr(agent, "size", None)
    if size is None or size[1] != 1 or size[0] < 2:
        return ""
    if not getattr(agent, "display", True):
        return ""
    rows = agent.character
    text = rows if isinstance(rows, str) else str(rows[0]) if rows else ""
    return text if len({sign for sign in text if sign.isalnum()}) > 1 else ""


def without_texts(agents: Sequence[Any], player: Any = None) -> list[Any]:
    """All but texts. The player is none, whatever it looks like."""
    return [agent for agent in agents if getattr(agent, "size", None) is None or agent is player or not text_of(agent)]
