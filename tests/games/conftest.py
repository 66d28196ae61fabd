"""Both engines: the built-in one and that of retro-games."""

from __future__ import annotations

import pytest
from two_engines import (
    BUNDLED,
    retro_game_class,
)

from retro_gamer.games import engine


@pytest.fixture(params=["ours", "retro"])
def game_class(request, monkeypatch):
    """Each engine in turn, with the bundled games running on it."""
    chosen = engine.Game if request.param == "ours" else retro_game_class()
    for module in BUNDLED.values():
        monkeypatch.setattr(module, "Game", chosen)
    return chosen
