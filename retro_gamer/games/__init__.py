"""Games: an engine with the rules of retro-games, and the games that come with this library.

`Game` is retro-games' own class where it is installed, and else the one of `retro_gamer.games.engine`, which
plays the same turns. The bundled games are the modules `retro_gamer.games.snake` and so on, each with a
`create_game()`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Tuple

if TYPE_CHECKING:
    from retro_gamer.games.engine import Game

BUNDLED = ("snake", "forager", "catch", "tron", "tag", "wolves")

Position = Tuple[int, int]  # (x, y) of a cell

__all__ = ["BUNDLED", "Game", "Position"]


def __getattr__(name: str) -> Any:
    # `Game` is looked up when first asked for, so that reading BUNDLED does not import retro-games.
    if name != "Game":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["Game"] = game_class = find_game_class()
    return game_class


def find_game_class() -> Any:
    """retro-games' Game where it is installed and works here, ours elsewhere."""
    from retro_gamer.games import engine

    if find_spec("retro") is None:
        return engine.Game
    try:
        from retro.game import Game  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        # retro-games 2.5 asks the signal module for SIGWINCH, which Windows does not have. Whatever else is
        # wrong with it must be seen: better its own error than another engine unannounced.
        if error.name != "signal":
            raise
        return engine.Game
    return Game


def register(gymnasium: Any) -> None:
    """Let `gymnasium.make` know retro_gamer/Game-v0 for any game (game=...), and retro_gamer/Snake-v0 and so on."""
    games: dict[str, dict[str, Any]] = {"Game": {}, **{name.capitalize(): {"game": name} for name in BUNDLED}}
    for name, settings in games.items():
        if f"retro_gamer/{name}-v0" not in gymnasium.registry:
            gymnasium.register(
                f"retro_gamer/{name}-v0", entry_point="retro_gamer.policy.gymnasium_env:make_gym_env", kwargs=settings
            )


def occupied_positions(agent: Any) -> list[Position]:
    """Every cell an agent stands on: one, or a rectangle of `size` with `position` as its top left corner."""
    x, y = agent.position
    size = getattr(agent, "size", None)
    if size is None:
        return [(x, y)]
    width, height = size
    return [(x + dx, y + dy) for dy in range(height) for dx in range(width)]
