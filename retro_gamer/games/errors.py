"""What the built-in engine says when a game breaks one of its rules.

The class names are those of `retro.errors`, so that a game can be read against either engine. Each message
says what was found, what it means and what to try.
"""

from __future__ import annotations

from typing import Any

from retro_gamer.errors import GameError


def describe(agent: Any) -> str:
    """What to call an agent in a message: its class, and its name if it has one."""
    kind = type(agent).__name__
    name = getattr(agent, "name", None)
    return kind if name is None else f"{kind} {name!r}"


class InvalidType(GameError, TypeError):
    """A value is of a kind the game cannot work with."""


class InvalidValue(GameError, ValueError):
    """A value is of the right kind, but cannot be used."""


class AgentWithNameAlreadyExists(GameError):
    """Two agents of one game have the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is already an agent named {name!r} in this game, and a name belongs to one agent only: "
            f"it is used to look the agent up. Give each agent a name of its own in __init__ (for "
            f"example self.name = f'{name} {{number}}'), or give it no name at all."
        )


class AgentNotFoundByName(GameError):
    """No agent of the game has this name."""

    def __init__(self, name: str, known: Any = ()) -> None:
        names = ", ".join(repr(other) for other in list(known)[:12]) or "none of the agents has one"
        super().__init__(
            f"There is no agent named {name!r} in this game. Either it was never added or it has been "
            f"removed already. The names in the game now: {names}."
        )


class AgentNotInGame(GameError):
    """An agent that is not in the game was to be removed from it."""

    def __init__(self, agent: Any) -> None:
        super().__init__(
            f"{describe(agent)} cannot be removed, because it is not in the game. Perhaps it was removed "
            f"earlier in the same turn: check `agent in game.agents` first."
        )


class AgentAlreadyInGame(GameError):
    """The same agent was added twice."""

    def __init__(self, agent: Any) -> None:
        super().__init__(
            f"{describe(agent)} is in the game already, and an agent can be added only once. To have two of "
            f"them, create two: game.add_agent({type(agent).__name__}(...))."
        )


class IllegalMove(GameError):
    """A displayed agent stands on a cell that is not on the board."""

    def __init__(self, agent: Any, position: Any, board_size: Any = None) -> None:
        message = f"{describe(agent)} is at {position}, which is not on the board."
        if board_size is not None:
            width, height = board_size
            message += (
                f" This board is {width} cells wide and {height} high, so x goes from 0 to {width - 1} and y "
                f"from 0 to {height - 1}."
            )
        super().__init__(
            message + " Ask game.on_board(position) before moving, or set display = False for an agent that "
            "is not to be shown."
        )


class AgentCharacterTooLarge(GameError):
    """The picture of an agent has more rows or columns than its size allows."""

    def __init__(self, agent: Any, size: Any, char_size: Any) -> None:
        width, height = char_size
        super().__init__(
            f"{describe(agent)} has size {size} (width, height), but its character has a row of {width} and "
            f"{height} rows. Make the size at least ({width}, {height}), or the picture smaller."
        )
