"""What the source of a game says about its keys, for messages when pressing them changes nothing."""

from __future__ import annotations

from types import CodeType
from typing import Any, Iterator, List

from retro_gamer.config.key_names import KEY_NAMES
from retro_gamer.hosting.blame import first_line_of


def where_keys_are_handled(game: Any) -> str:
    """Where the game listens to keys, and a name there that no key has; also says when no character listens."""
    handlers = {}
    for agent in game.agents:
        handler = getattr(type(agent), "handle_keystroke", None)
        if handler is not None:
            handlers[f"{type(agent).__name__}.handle_keystroke"] = handler
    if not handlers:
        return "No character of a new game has a method handle_keystroke(self, keystroke, game), so nobody listens to keys."
    lines = []
    for name, handler in handlers.items():
        wrong = wrong_names_in(handler)
        said = f"{name} listens to keys ({first_line_of(handler)})"
        if wrong:
            right = f"KEY_{wrong[0].upper()}"
            said += f" and compares with {wrong[0]!r}. No key has that name; did you mean {right!r}?"
        lines.append(said if wrong else said + ".")
    return "\n".join(lines)


def wrong_names_in(handler: Any) -> List[str]:
    """Texts in a method that are names of keys, but for "KEY_"."""
    texts = _texts_in(handler.__code__) if hasattr(handler, "__code__") else []
    return [text for text in texts if f"KEY_{text.upper()}" in KEY_NAMES]


def _texts_in(constant: Any) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, CodeType):
        for inner in constant.co_consts:
            yield from _texts_in(inner)
    elif isinstance(constant, (tuple, frozenset)):
        for inner in constant:
            yield from _texts_in(inner)
