"""Is a game new each time it is made? The commonest mistake is to make it, or its characters, once for all."""

from __future__ import annotations

import inspect
import random
import sys
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Sequence, Tuple

import numpy as np

from retro_gamer.environment.keys import KeyInput
from retro_gamer.errors import GameError
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed, first_line_of, is_game_code
from retro_gamer.hosting.loading import make_game
from retro_gamer.hosting.randomness import OwnRandomness, seed_everything

TURNS = 30  # played before the next game is looked at
NOTHING = object()  # where a class has no value
LOOKS = ("position", "character")  # which may be properties, of what all share
Parts = Tuple[Tuple[str, str], ...]


def parts_of(game: Any) -> Parts:
    """All plain values of a game, with names: its state, what its characters hold, and how and where they show.

    What is the same as in a character's class is left out: to assign it again is no change.
    """
    state = ((f"state[{key!r}]", repr(value)) for key, value in game.state.items())
    parts = sorted((name, value) for name, value in state if " at 0x" not in value)  # such as of an object
    for agent in game.agents:
        kind = type(agent)
        shown = {name: getattr(agent, name, None) for name in LOOKS} if getattr(agent, "display", True) else {}
        held = ((name, value) for name, value in {**shown, **vars_of(agent)}.items() if _is_plain(value))
        parts.append((kind.__name__, ""))
        parts += sorted(
            (f"{kind.__name__}.{name}", repr(value))
            for name, value in held
            if repr(value) != repr(getattr(kind, name, NOTHING))
        )
    return tuple(parts)


def vars_of(agent: Any) -> Any:
    slots = [name for kind in type(agent).__mro__ for name in getattr(kind, "__slots__", ()) if hasattr(agent, name)]
    return {**getattr(agent, "__dict__", {}), **{name: getattr(agent, name) for name in slots}}


def first_difference(one: Parts, other: Parts) -> str:
    """The name of the first value that differs; empty where none does."""
    for (name, value), (other_name, other_value) in zip(one, other):
        if (name, value) != (other_name, other_value):
            return name if name == other_name else "which characters there are"
    return "" if len(one) == len(other) else "which characters there are"


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, float, str, np.generic))


def share_characters(one: Any, agents: Sequence[Any], other: Any) -> bool:
    """Is the other game the same one, or are some of these agents of the first among its own?"""
    known = set(map(id, agents))
    return one is other or any(id(agent) in known for agent in other.agents)


def refuse_used_games(factory: Callable[[], Any], keys: Sequence[str]) -> None:
    """Raise GameError when new games share characters, or are one game, and so begin where the last one ended.

    Games that share them and put everything back are as good as new.
    """
    with OwnRandomness():
        seed_everything(0)
        game = new_game(factory)
        agents, begun = list(game.agents), parts_of(game)
        _play(game, keys)
        seed_everything(0)
        other = new_game(factory)
        if not share_characters(game, agents, other) or parts_of(other) == begun:
            return
    shared = sorted({type(agent).__name__ for agent in agents if any(agent is one for one in other.agents)})
    what = "the same game" if game is other else f"games with the same characters ({', '.join(shared)})"
    name, where = getattr(factory, "__name__", "The factory"), first_line_of(factory)
    raise GameError(
        f"{name}(){f' ({where})' if where else ''} gives {what} each time, so a new game begins where the last one "
        f"ended.\nMake the game and all its characters inside {name}(), not above it."
    )


def values_at_top(factory: Callable[[], Any]) -> dict[str, str]:
    """The plain values at the top of the file of a game, and in its classes and the modules it imports, by name."""
    top = getattr(inspect.unwrap(factory), "__globals__", {})
    scopes = {f"{name}.": vars(one) for name, one in top.items() if _is_own(one)}
    return {
        f"{scope}{name}": repr(value)
        for scope, values in {"": top, **scopes}.items()
        for name, value in values.items()
        if name[0] != "_" and _is_plain(value)
    }


def _is_own(one: Any) -> bool:
    """Is it a class or a module of the game's?"""
    module = one if inspect.ismodule(one) else isinstance(one, type) and sys.modules.get(one.__module__)
    return is_game_code(getattr(module, "__file__", None) or "<")


def new_game(factory: Callable[[], Any]) -> Any:
    """A game that has begun, whose keys are pressed by `input_source.press`."""
    game = make_game(factory)
    with blamed("when it started"):
        game.input_source = KeyInput()
        game.start()
    return game


def _play(game: Any, keys: Sequence[str]) -> None:
    chooser = random.Random(0)
    with errors_passed_over():  # the next error in play says more
        for turn in range(TURNS):
            game.input_source.press(chooser.choice([*keys, None]))
            with blamed(f"in turn {turn + 1}"):
                outside.step(game)
            if not game.playing:
                return


@contextmanager
def errors_passed_over() -> Iterator[None]:
    """What a game does wrong inside is of no matter; but Ctrl-C is."""
    try:
        yield
    except GameError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise
