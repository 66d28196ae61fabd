"""Where edges of the board join, it is seen as if it went on across them."""

from __future__ import annotations

import pytest
from observing import Hero, Piece, make_encoder, make_game, play
from small_runs import make_run

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.readings import radar_reading
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ME, OFF_BOARD, PLACE
from retro_gamer.environment.ways import BELOW, LEFT
from retro_gamer.errors import ConfigError
from retro_gamer.reporting.sight import inputs_in_words

AT, GOAL, WALL = 2, 3, 4  # the numbers of "A", "g" and "#"


class Wrapping(Hero):
    """Goes one cell to the left in each turn, and comes back on the right."""

    def play_turn(self, game):
        self.position = ((self.position[0] - 1) % game.board_size[0], self.position[1])


def seen(hero, *others, **what):
    encoder = make_encoder("Ag#", board_size=(7, 5), **what)
    game = make_game(hero, *others, board_size=(7, 5))
    return encoder, encoder.observe(game)


@pytest.mark.parametrize(
    "wrap, window",
    [
        ("", [OFF_BOARD, OFF_BOARD, OFF_BOARD, OFF_BOARD, AT, 0, OFF_BOARD, 0, 0]),
        ("x", [OFF_BOARD, OFF_BOARD, OFF_BOARD, GOAL, AT, 0, 0, 0, 0]),
        ("y", [OFF_BOARD, WALL, 0, OFF_BOARD, AT, 0, OFF_BOARD, 0, 0]),
        ("xy", [0, WALL, 0, GOAL, AT, 0, 0, 0, 0]),
    ],
)
def test_a_window_goes_on_across_edges_that_join(wrap, window):
    _, observation = seen(
        Hero("A", (0, 0)), Piece("g", (6, 0)), Piece("#", (0, 4)), egocentric_radius=1, wrap=wrap, radar=False
    )
    assert observation.cells.tolist() == window


def test_the_radar_and_the_walk_take_the_shorter_way_round():
    hero, goal = Hero("A", (1, 3)), Piece("g", (6, 0))
    for wrap, dx, dy in [("", 5, -3), ("x", -2, -3), ("xy", -2, 2)]:
        _, observation = seen(hero, goal, radar=True, wrap=wrap)
        assert observation.radar[2:4].tolist() == [radar_reading(dx), radar_reading(dy)]
    _, observation = seen(hero, goal, Piece("#", (1, 4)), radar=True, way_around=["#"], wrap="xy")
    assert observation.radar[2:4].tolist() == [LEFT, 3]  # 4 steps; the first cannot be down
    _, observation = seen(hero, goal, radar=True, way_around=["#"], wrap="xy")
    assert observation.radar[2] == LEFT + BELOW


def test_a_step_across_the_edge_is_a_step_and_the_place_is_the_real_one():
    encoder = make_encoder("A", board_size=(7, 5), own_symbol=True, last_step=True, place=True, wrap="x")
    hero = Wrapping("A", (1, 2))
    game = make_game(hero, board_size=(7, 5))
    encoder.observe(game)
    readings = []
    for _ in range(2):
        play(game, None)
        readings.append(encoder.observe(game).radar)
    step, place = (2 * (encoder.vocabulary[name] - FIRST_CHARACTER) for name in (ME, PLACE))
    assert hero.position == (6, 2)
    assert readings[0][step] == readings[1][step] == radar_reading(-1)
    assert readings[1][place : place + 2].tolist() == [7, 3]


def test_a_map_of_what_was_seen_has_edges(tmp_path):
    with pytest.raises(ConfigError, match="sight and wrap are both set"):
        make_run(tmp_path, preprocessing={"radar": True, "sight": 3, "wrap": "x"})


def test_a_report_says_so():
    encoder_settings = RunConfig().with_settings({"wrap": "x"}).preprocessing
    assert "what is across the edges" in inputs_in_words(encoder_settings, "", False)
