"""Boards made by hand for the tests of observations."""

from __future__ import annotations

import importlib
import random

from observing import (
    ARROWS,
    STEPS,
    play,
)

from retro_gamer.environment.player import player_finder

A, B, C = 2, 3, 4  # the first three symbols


def cells(encoder, game, agent=None):
    return encoder.observe(game, agent).inputs.tolist()


def towards_food(game, rng):
    """A key that gets a snake or a forager something to eat, mostly, so that long snakes are seen too."""
    player = player_finder()(game)
    food = next((agent for agent in game.agents if getattr(agent, "name", None) in ("apple", "Apple", "food")), None)
    if player is None or food is None or rng.random() < 0.1:
        return rng.choice([*ARROWS, None])
    distance = {
        key: abs(player.position[0] + dx - food.position[0]) + abs(player.position[1] + dy - food.position[1])
        for key, (dx, dy) in STEPS.items()
        if game.is_empty((player.position[0] + dx, player.position[1] + dy))
        or (player.position[0] + dx, player.position[1] + dy) == food.position
    }
    return min(distance, key=distance.get) if distance else None


def positions_of(name, n_turns, seed=0):
    """A game, again and again, after turns of hasty play."""
    module, rng = importlib.import_module(name), random.Random(seed)
    random.seed(seed)
    game = None
    for _ in range(n_turns):
        if game is None or not game.playing:
            game = make_game_of(module)
            yield game
        play(game, towards_food(game, rng))
        yield game


def make_game_of(module):
    from retro_gamer.environment.keys import KeyInput

    game = module.create_game()
    game.input_source = KeyInput()
    game.start()
    return game
