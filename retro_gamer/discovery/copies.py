"""Games that are slow to make: one is made, and copies of it are tried out."""

from __future__ import annotations

import copy
import functools
import time
from typing import Any, Callable

from retro_gamer.discovery.probing import step
from retro_gamer.environment.new_games import Parts, new_game, parts_of
from retro_gamer.hosting.randomness import seed_everything

SLOW = 1.0  # seconds: then a game is made once only
# To compare a game with its copy.
KEYS: list[str | None] = ["KEY_RIGHT", "KEY_DOWN", None, "KEY_LEFT", "KEY_UP"]


def made_once(
    factory: Callable[[], Any],
    say: Callable[[str], None] = lambda message: None,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[], Any]:
    """The factory; or, where it takes long to make a game, one that gives copies of the first.

    A copy has to play as the first game does: where characters are kept outside of the game, it may not.
    """
    seed_everything(0)
    began = clock()
    game = new_game(factory)
    seconds = clock() - began
    if seconds < SLOW:
        return factory
    try:
        kept = copy.deepcopy(game)
        if _played(copy.deepcopy(kept)) != _played(game):
            return factory
    except Exception:  # games may hold anything, such as a lock; or a mistake in play, which is told later
        return factory
    say(f"It takes {seconds:.0f} seconds to make this game: one was made, and copies of it were tried out.")

    @functools.wraps(factory)
    def copied() -> Any:
        return copy.deepcopy(kept)

    copied.copies_a_game = True  # type: ignore[attr-defined]
    return copied


def is_copied(factory: Callable[[], Any]) -> bool:
    return hasattr(factory, "copies_a_game")


def _played(game: Any) -> Parts:
    seed_everything(0)
    for key in KEYS:
        if game.playing:
            game.input_source.press(key)
            step(game, key)
    return parts_of(game)
