"""The ids under which `gymnasium.make` knows our games."""

from __future__ import annotations

from typing import Any, Dict

from retro_gamer.games import BUNDLED


def register(gymnasium: Any) -> None:
    """retro_gamer/Game-v0 for any game (game=...), and retro_gamer/Snake-v0 and so on for the bundled ones."""
    games: Dict[str, Dict[str, Any]] = {"Game": {}, **{name.capitalize(): {"game": name} for name in BUNDLED}}
    for name, settings in games.items():
        if f"retro_gamer/{name}-v0" not in gymnasium.registry:
            gymnasium.register(
                f"retro_gamer/{name}-v0",
                entry_point="retro_gamer.policy.gymnasium_env:make_gym_env",
                kwargs=settings,
            )
