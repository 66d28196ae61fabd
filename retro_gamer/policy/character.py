"""Characters of any game that a policy plays: with the keys of their class, and not with the keyboard."""

from __future__ import annotations

import re
import sys
import weakref
from contextlib import suppress
from functools import lru_cache, wraps
from types import FrameType
from typing import Any, Callable

from retro_gamer.environment.keys import make_keystroke
from retro_gamer.environment.player import does_nothing
from retro_gamer.errors import ConfigError


def character_class(control: Callable[[Any, Any], Any], cls: Any, name: str | None = None) -> Any:
    """A subclass of `cls` whose objects `control(character, game)` plays before each `play_turn` of theirs.

    Raises ConfigError for what is no class of characters that listen to keys.
    """
    _check_class(cls)
    instances: list[Callable[[], Any]] = []  # those that were made

    class Character(cls):  # type: ignore[misc]
        plays_itself = True  # nobody at the keyboard plays it
        has_played = False  # then it belongs to a game, whose names are no matter to another

        @wraps(cls.__init__)  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            own = getattr(self, "name", None)
            given = [value for value in (*args, *kwargs.values()) if isinstance(value, str)]
            if name is None and own in given:
                return  # its maker named it
            taken = {getattr(other, "name", None) for other in _alive(instances) if not other.has_played}
            taken |= _names_in_running_game(sys._getframe(1))
            with suppress(AttributeError):  # a name that its class makes anew each time
                self.name = _numbered(name or _name_for(own or cls.__name__), taken)
            instances.append(weakref.ref(self))

        def handle_keystroke(self, keystroke: Any, game: Any) -> None:
            pass  # the keyboard is for others

        if hasattr(cls, "play_turn"):

            def play_turn(self, game: Any) -> None:
                self.has_played = True
                control(self, game)
                super().play_turn(game)

        else:

            def play_turn(self, game: Any) -> None:
                self.has_played = True
                control(self, game)

    Character.__name__ = Character.__qualname__ = f"AI{cls.__name__}"
    Character.__module__, Character.__doc__ = cls.__module__, f"{cls.__name__}, played by a policy."
    return Character


def key_handler(character: Any) -> Callable[[Any, Any, Any], Any]:
    """What handles keys in a character's class, though it may ignore the keyboard; raises ConfigError if nothing does."""
    handler = _handler(type(character))  # type: ignore[arg-type]  # a class can be hashed
    if handler is None:
        raise ConfigError(
            f"control(character, game) got {_described(character)}, which handles no keys: no class of it has a "
            "handle_keystroke that does something. It takes the character first, as in  ai.control(self, game) ; and what "
            "a key does must be in handle_keystroke(self, keystroke, game) of its class or of one that this inherits from."
        )
    return handler


@lru_cache(maxsize=None)
def keystroke(key: str) -> Any:
    return make_keystroke(key)


@lru_cache(maxsize=256)
def _handler(cls: Any) -> Callable[[Any, Any, Any], Any] | None:
    """What handles keys in a class: the nearest handle_keystroke that is not there only to ignore them."""
    for one in cls.__mro__:
        handler = vars(one).get("handle_keystroke")
        if callable(handler) and not does_nothing(handler):
            return handler  # type: ignore[no-any-return]
    return None


def _check_class(cls: Any) -> None:
    if not isinstance(cls, type):
        made = type(cls)
        hint = "the class of a character: ai.character(SnakeHead)"
        if hasattr(made, "handle_keystroke"):
            hint = f"the class itself, without () behind it: ai.character({made.__name__})"
        raise ConfigError(f"character(...) got {_described(cls)}. It takes {hint}")
    if _handler(cls) is None:
        raise ConfigError(
            f"character(...) got the class {cls.__name__}, whose characters handle no keys, so there is nothing to press. "
            "What the policy's keys do must be in its handle_keystroke(self, keystroke, game). If it moves in play_turn "
            "alone, call  ai.get_action(game)  there and move by what that returns."
        )


def _described(value: Any) -> str:
    return f"{value!r:.60}" if type(value).__module__ == "builtins" else f"a {type(value).__name__}"


def _alive(instances: list[Callable[[], Any]]) -> list[Any]:
    """The objects that are still there; those that are gone are forgotten."""
    found = [character for character in (reference() for reference in instances) if character is not None]
    instances[:] = [reference for reference in instances if reference() is not None]
    return found


def _names_in_running_game(frame: FrameType | None) -> set[Any]:
    """The names in the game whose turn it is: a character that is made in it, is made for it."""
    while frame is not None:
        game: Any = frame.f_locals.get("self") if frame.f_code.co_name == "step" else None
        if hasattr(game, "agents"):
            return {getattr(agent, "name", None) for agent in game.agents}
        frame = frame.f_back
    return set()


def _numbered(name: str, taken: Any) -> str:
    number, numbered = 1, name
    while numbered in taken:
        number += 1
        numbered = f"{name} {number}"
    return numbered


def _name_for(name: Any) -> str:
    words = _in_words(name)
    return words if re.match(r"AI\b", words) else f"AI {words}"


def _in_words(name: str) -> str:
    """SnakeHead and Snake head: snake head. Short forms stay: HAL."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", str(name))
    return words[:1].lower() + words[1:] if re.match(".[a-z ]", words) else words
