"""Which character of a game the keys control."""

from __future__ import annotations

from typing import Any, Callable


def keyboard_driven(game: Any) -> list[Any]:
    """All characters on the board that listen to keys.

    Those that a policy plays (`ai.character`) do not, and those whose handle_keystroke does nothing, where others do.
    """
    listening = [
        agent
        for agent in game.agents
        if hasattr(agent, "handle_keystroke")
        and getattr(agent, "display", True)
        and not getattr(agent, "plays_itself", False)
    ]
    if len(listening) < 2:
        return listening
    return [agent for agent in listening if not ignores_keys(type(agent))] or listening


def ignores_keys(cls: Any) -> bool:
    """Is the handle_keystroke of a class there only so that the keyboard does not move its characters, or not at all?"""
    handler = getattr(cls, "handle_keystroke", None)
    return handler is None or does_nothing(handler)


def does_nothing(handler: Any) -> bool:
    """Is this a function that can do nothing: one that names nothing but its own arguments?"""
    code = getattr(handler, "__code__", None)
    return code is not None and not code.co_names and not code.co_freevars


def player_finder(player: str = "") -> Callable[[Any], Any]:
    """A function that finds the controlled character of a game, or None when it is not there.

    `player` is its name or its class's name; empty means the first character that listens to keys.
    """
    found: Any = None

    def find(game: Any) -> Any:
        nonlocal found
        if found is not None and any(agent is found for agent in game.agents):
            return found
        found = find_character(game, player) if player else None
        if found is None:
            found = next(iter(keyboard_driven(game)), None)
        return found

    return find


def find_character(game: Any, name: str) -> Any:
    """The character with this name, or else the first of a class of this name; None if there is none."""
    for agent in game.agents:
        if getattr(agent, "name", None) == name:
            return agent
    return next((agent for agent in game.agents if type(agent).__name__ == name), None)


def name_of(agent: Any) -> str:
    """What a character is called: by its name, or its class."""
    return getattr(agent, "name", None) or type(agent).__name__


def names_in(game: Any) -> str:
    """What the characters of a game can be called, in a message."""
    names = [*dict.fromkeys(str(name_of(agent)) for agent in game.agents)]
    return ", ".join(names[:12] + ["..."] * (len(names) > 12)) or "nobody"
