"""Observations against a slow twin, on real games; and observing changes nothing."""

from __future__ import annotations

import importlib
import random

import pytest
from boards import cells, make_game_of, positions_of
from observing import (
    ARROWS,
    Hero,
    Piece,
    Trail,
    game_classes,
    make_encoder,
    make_game,
    needs_retro,
    play,
    slow_observation,
)

from retro_gamer.environment.characters import shown_characters
from retro_gamer.environment.player import player_finder
from retro_gamer.games.screen import board_lines
from retro_gamer.original.observation import (
    FlatEncoder,
)

# A slow twin, on real games


GAMES = [
    pytest.param(name, id=name)
    for name in ("retro_gamer.games.snake", "retro_gamer.games.catch", "retro_gamer.games.forager")
] + [pytest.param(f"retro.examples.{name}", id=name + " of retro", marks=needs_retro) for name in ("snake", "nav", "beast")]


ENCODERS = {
    "board": dict(board=True),
    "window": dict(egocentric_radius=4),
    "small window": dict(egocentric_radius=1),
    "radar": dict(radar=True),
    "window and radar": dict(egocentric_radius=3, radar=True),
    "board and radar": dict(board=True, radar=True),
}


@pytest.mark.parametrize("what", ENCODERS.values(), ids=ENCODERS)
@pytest.mark.parametrize("name", GAMES)
def test_the_encoder_agrees_with_its_slow_twin(name, what):
    encoder, center, grown = None, None, 0
    for game in positions_of(name, 60 if "beast" in name else 300):
        if encoder is None:
            encoder = make_encoder(grows=True, board_size=tuple(game.board_size), **what)
        player = player_finder()(game)
        width, height = game.board_size
        if player is not None and game.on_board(player.position):
            center = player.position
        seen = cells(encoder, game)  # first, for it numbers the characters
        assert seen == slow_observation(game, encoder, player, center or (width // 2, height // 2))
        assert len(seen) == encoder.shape.n_cells
        grown = max(grown, len(game.agents))
    assert grown > (4 if "snake" in name else 1)


@pytest.mark.parametrize("name", GAMES)
def test_shown_characters_are_those_of_the_drawn_board(name):
    for game in positions_of(name, 60):
        lines = board_lines(game)
        assert {place: character for place, character in shown_characters(game).items() if character != " "} == {
            (x, y): lines[y][x] for y in range(len(lines)) for x in range(len(lines[0])) if lines[y][x] != " "
        }


# Observing changes nothing


class Ghost(Piece):
    """Moves in its turn to where it believes nobody is, which it asks the engine."""

    def play_turn(self, game):
        ahead = (self.position[0] + random.choice((-1, 0, 1)), self.position[1] + random.choice((-1, 0, 1)))
        if game.on_board(ahead) and game.is_empty(ahead):
            self.position = ahead
        game.state["score"] += len(game.get_agents_by_position()[self.position])


def crowded_game(game_class):
    heroes = [Hero("h", (x, 0)) for x in range(3)]
    return make_game(
        *heroes,
        *[Ghost("g", (x, y)) for x in range(8) for y in range(2, 6)],
        Hero("k", (7, 7), display=True),
        board_size=(8, 8),
        game_class=game_class,
    )


@pytest.mark.parametrize("what", [*ENCODERS.values(), "flat"], ids=[*ENCODERS, "flat"])
@pytest.mark.parametrize("game_class", game_classes(), ids=lambda game_class: game_class.__module__)
def test_a_game_that_is_observed_is_the_same_game(game_class, what):
    trails = []
    for observed in (False, True):
        random.seed(4)
        rng, trail, game = random.Random(2), Trail(), crowded_game(game_class)
        encoder = make_encoder(grows=True, board_size=(8, 8), **what) if what != "flat" else None
        for _ in range(60):
            play(game, rng.choice([*ARROWS, None]))
            if observed:
                for _ in range(2):
                    FlatEncoder("hgk", (8, 8), False).encode(game) if encoder is None else encoder.observe(game)
            trail.note(game)
        trails.append(trail.record)
    assert trails[0] == trails[1]


@pytest.mark.parametrize("name", GAMES)
def test_a_real_game_that_is_observed_is_the_same_game(name):
    module, trails = importlib.import_module(name), []
    for observed in (False, True):
        random.seed(7)
        rng, trail = random.Random(3), Trail()
        game = make_game_of(module)
        encoders = [make_encoder(grows=True, board_size=tuple(game.board_size), **what) for what in ENCODERS.values()]
        for _ in range(40):
            if not game.playing:
                game = make_game_of(module)
            play(game, rng.choice([*ARROWS, None]))
            for encoder in encoders if observed else ():
                encoder.observe(game)
            trail.note(game)
        trails.append(trail.record)
    assert trails[0] == trails[1]


def test_observations_of_different_turns_are_different_arrays():
    game = make_game(Hero("a", (0, 0)), Piece("b", (5, 3)))
    for what in ENCODERS.values():
        game.agents[0].position = (0, 0)
        encoder = make_encoder("ab", **what)
        before = encoder.observe(game).inputs
        copy = before.copy()
        game.agents[0].position = (3, 2)
        encoder.observe(game)
        assert (before == copy).all()
