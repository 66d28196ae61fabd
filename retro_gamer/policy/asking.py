"""Which character of a game asks a policy what to do: found on the call stack."""

from __future__ import annotations

import inspect
import threading
from types import FrameType
from typing import Any, Iterator, NamedTuple

MAX_FRAMES = 50
# Whose turn it is does not show in the stack of a coroutine: it may go on at any time.
_COROUTINE = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE


class Asking(NamedTuple):
    """The character that asks; None if no character of the game does, and whether it may yet be for another."""

    character: Any
    for_someone: bool


def who_asks(game: Any, frame: FrameType | None) -> Asking:
    """Look for a character of the game among the arguments of the calls that led here, the innermost first.

    A helper function, a lambda or a coroutine is called, in the end, by a method of the character that it works for.
    """
    caller = frame.f_locals.get("self") if frame is not None else None
    if caller is not None and _is_in(game, caller):  # nearly always
        return Asking(caller, False)
    elsewhere = threading.current_thread() is not threading.main_thread()
    handed = None  # a character that a function was given: the one that it works for, or one that it is about
    disagree = False  # whether calls were given different ones
    for _ in range(MAX_FRAMES):
        if frame is None:
            break
        code, variables = frame.f_code, frame.f_locals
        arguments = [variables[name] for name in _arguments(code, variables)]
        if code.co_name == "step" and any(value is game for value in arguments):
            # What collects the keys asks: it is for the character that they control.
            return Asking(handed, disagree)
        found = [value for value in arguments if _is_in(game, value)]
        if found and found[0] is arguments[0] and hasattr(type(found[0]), code.co_name):  # a method of it
            return Asking(found[0], disagree or (handed is not None and handed is not found[0]))
        if len(found) == 1 or found and found[0] is arguments[0]:
            disagree = disagree or (handed is not None and handed is not found[0])
            handed = found[0]
        elif not found and arguments and _acts(arguments[0]):
            # An agent without a position has no eyes; and one that is not in the game is perhaps there no more.
            return Asking(handed, disagree or handed is None)
        elsewhere = elsewhere or bool(found) or bool(code.co_flags & _COROUTINE)
        frame = frame.f_back
    if handed is not None:
        return Asking(handed, disagree)
    return Asking(None, elsewhere and any(hasattr(agent, "play_turn") for agent in game.agents))


def is_within_turn(game: Any, frame: FrameType | None) -> bool:
    """Whether the calls that led here came from the game's `step`, which plays a turn."""
    for _ in range(MAX_FRAMES):
        if frame is None:
            return False
        if frame.f_code.co_name == "step" and frame.f_locals.get("self") is game:
            return True
        frame = frame.f_back
    return False


def _arguments(code: Any, variables: Any) -> Iterator[str]:
    """The names of a function's arguments, and `self` where a function within a method knows it."""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if "self" in variables and "self" not in names:
        yield "self"
    yield from (name for name in names if name in variables)


def _acts(value: Any) -> bool:
    """Is this some character or agent?"""
    return hasattr(value, "play_turn") or hasattr(value, "handle_keystroke")


def _is_in(game: Any, value: Any) -> bool:
    return hasattr(value, "position") and any(agent is value for agent in game.agents)
