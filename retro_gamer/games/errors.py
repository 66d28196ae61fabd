"""The rules of a game, checked where something enters it, and what the built-in engine says when one is broken.

The class names are those of `retro.errors`, so that a game can be read against either engine. Each message
says what was found, what it means and what to try.
"""

from __future__ import annotations

from numbers import Number, Real
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
    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is already an agent named {name!r} in this game, and by its name an agent is looked up. Give each a "
            f"name of its own in __init__ (for example self.name = f'{name} {{number}}'), or none at all."
        )


class AgentNotFoundByName(GameError):
    def __init__(self, name: str, known: Any = ()) -> None:
        names = ", ".join(repr(other) for other in list(known)[:12]) or "none of the agents has one"
        super().__init__(
            f"There is no agent named {name!r} in this game: it was never added, or it has been removed. The names in the "
            f"game now: {names}."
        )


class AgentNotInGame(GameError):
    def __init__(self, agent: Any) -> None:
        super().__init__(
            f"{describe(agent)} cannot be removed: it is not in the game. Perhaps it was removed earlier in the same turn: "
            "check `agent in game.agents` first."
        )


class AgentAlreadyInGame(GameError):
    def __init__(self, agent: Any) -> None:
        super().__init__(
            f"{describe(agent)} is in the game already. To have two of them, create two: "
            f"game.add_agent({type(agent).__name__}(...))."
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


def check_agent(agent: Any) -> None:
    """Check an agent's name and, if it is displayed, its position, character, z and size."""
    if hasattr(agent, "name"):
        check_agent_name(agent.name)
    if not getattr(agent, "display", True):
        return
    if not hasattr(agent, "position"):
        raise InvalidValue(
            f"{describe(agent)} has no position, so it cannot be shown on the board. Set self.position = (x, y), or "
            "display = False for an agent that works behind the scenes."
        )
    check_position(agent.position, describe(agent))
    if not hasattr(agent, "character"):
        raise InvalidValue(
            f"{describe(agent)} has no character, so there is nothing to draw. Set character = '*', say, or display = False "
            "for an agent that works behind the scenes."
        )
    z = getattr(agent, "z", 0)
    if not isinstance(z, int):
        raise InvalidValue(
            f"{describe(agent)} has z = {z!r}. z says which agent is drawn on top: a whole number, such as 0 or 1."
        )
    check_agent_size(agent)


def check_agent_name(name: Any) -> None:
    if not isinstance(name, str):
        raise InvalidType(f"An agent's name must be text in quotes, but this is {name!r} ({_kind(name)}).")


def check_agent_size(agent: Any) -> None:
    """A size must be two positive whole numbers, with room for every row of the character."""
    size = getattr(agent, "size", None)
    if size is None:
        return
    if not (isinstance(size, tuple) and len(size) == 2 and all(isinstance(n, int) and n > 0 for n in size)):
        raise InvalidValue(
            f"{describe(agent)} has size {size!r}. A size is (width, height) in cells, two whole numbers "
            f"from 1 up, such as (3, 2)."
        )
    if not isinstance(agent.character, str):
        rows = list(agent.character)
        needed = (max((len(row) for row in rows), default=0), len(rows))
        if needed[0] > size[0] or needed[1] > size[1]:
            raise AgentCharacterTooLarge(agent, size, needed)


def check_position(position: Any, whose: str = "") -> None:
    """A position must be a tuple of two whole numbers (whole floats and NumPy integers will do)."""
    found = f"{whose} has position {position!r}" if whose else f"The position is {position!r}"
    if not isinstance(position, tuple):
        raise InvalidType(f"{found} ({_kind(position)}), but a position must be a tuple such as (3, 5).")
    if len(position) != 2:
        raise InvalidValue(f"{found}, but a position must have exactly two numbers, (x, y).")
    if not all(isinstance(n, Real) and n == n // 1 for n in position):
        raise InvalidType(f"{found}, but a position counts cells, so both numbers must be whole. round(x) makes one.")


def check_state(state: Any) -> None:
    """The state must be a dict of values that cannot change by themselves: numbers, text, None, tuples."""
    if not isinstance(state, dict):
        raise InvalidType(f"The game's state is {state!r} ({_kind(state)}), but it must be a dict, such as {{'score': 0}}.")
    for key, value in state.items():
        if not _immutable(value):
            raise InvalidValue(
                f"state[{key!r}] is {value!r} ({_kind(value)}). A state may hold numbers, text, True, False, None and "
                "tuples of these: anything else could change unnoticed. Keep lists and objects in an agent."
            )


def _immutable(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_immutable(element) for element in value)
    return value is None or isinstance(value, (Number, str))


def _kind(value: Any) -> str:
    return f"of type {type(value).__name__}"
