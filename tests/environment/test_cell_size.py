"""Where a step is several columns or rows of the board, a cell of the game's own grid is seen as one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observing import Hero, Piece, make_encoder, make_game, play
from small_runs import make_run

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.observation import NO_FEATURES
from retro_gamer.environment.readings import grid_size, radar_reading
from retro_gamer.environment.rooms import NONE
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ME, OFF_BOARD, PLACE, ROOM_ACROSS
from retro_gamer.environment.ways import ABOVE
from retro_gamer.errors import ConfigError
from retro_gamer.reporting.sight import inputs_in_words
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.trainer import Trainer

AT, GOAL, WALL = 2, 3, 4  # the numbers of "A", "g" and "#"


class Wide(Hero):
    """Goes two columns to the right in each turn."""

    def play_turn(self, game):
        self.position = (self.position[0] + 2, self.position[1])


def seen(hero, *others, **what):
    encoder = make_encoder("Ag#", board_size=(13, 4), cell_size=[2, 1], **what)
    return encoder, encoder.observe(make_game(hero, *others, board_size=(13, 4)))


def test_an_observation_is_that_of_the_same_game_on_single_cells():
    """Whatever is seen: the game drawn two columns wide looks as the one that is drawn in single cells."""
    what = dict(egocentric_radius=2, radar=True, far=True, room=True, free_characters=["g"], place=True, way_around=["#"])
    places = [("g", (5, 0)), ("#", (1, 2)), ("#", (2, 3)), ("#", (3, 2))]
    single = make_encoder("Ag#", board_size=(7, 4), **what)
    game = make_game(Hero("A", (2, 2)), *(Piece(shown, place) for shown, place in places), board_size=(7, 4))
    _, wide = seen(Hero("A", (4, 2)), *(Piece(shown, (2 * x, y)) for shown, (x, y) in places), **what)
    one = single.observe(game)
    assert wide.inputs.tolist() == one.inputs.tolist()
    assert len(wide.features) == len(NO_FEATURES)


def test_a_wall_of_every_second_column_is_a_wall():
    walls = [Piece("#", place) for place in [(2, 1), (4, 0), (6, 1)]]
    encoder, observation = seen(Hero("A", (4, 1)), Piece("g", (4, 3)), *walls, room=True, radar=True, way_around=["#"])
    across = 2 * (encoder.vocabulary[ROOM_ACROSS] - FIRST_CHARACTER)
    assert observation.radar[across : across + 2].tolist() == [NONE, NONE]


def test_what_is_in_the_cell_of_the_player_is_seen():
    """A marker stands beside what it marks."""
    _, observation = seen(Hero("A", (4, 1)), Piece("g", (5, 1)), Piece("#", (7, 1)), egocentric_radius=1)
    assert observation.cells.tolist() == [0, 0, 0, 0, GOAL, WALL, 0, 0, 0]
    _, observation = seen(Hero("A", (12, 0)), egocentric_radius=1)
    assert observation.cells.tolist() == [OFF_BOARD] * 3 + [0, AT, OFF_BOARD] + [0, 0, OFF_BOARD]


def test_steps_and_places_are_counted_in_cells():
    encoder = make_encoder("A", board_size=(13, 4), own_symbol=True, last_step=True, place=True, cell_size=[2, 1])
    game = make_game(Wide("A", (4, 1)), board_size=(13, 4))
    encoder.observe(game)
    play(game, None)
    readings = encoder.observe(game).radar
    step, place = (2 * (encoder.vocabulary[name] - FIRST_CHARACTER) for name in (ME, PLACE))
    assert readings[step : step + 2].tolist() == [radar_reading(1), radar_reading(0)]
    assert readings[place : place + 2].tolist() == [4, 2]


def test_edges_join_in_cells():
    encoder = make_encoder("Ag", board_size=(12, 4), egocentric_radius=1, radar=True, cell_size=[2, 1], wrap="xy")
    observation = encoder.observe(make_game(Hero("A", (0, 0)), Piece("g", (10, 3)), board_size=(12, 4)))
    assert observation.cells.tolist() == [GOAL, 0, 0, 0, AT, 0, 0, 0, 0]
    assert observation.radar[2:4].tolist() == [radar_reading(-1), radar_reading(-1)]
    walking = make_encoder("Ag#", board_size=(12, 4), radar=True, way_around=["#"], cell_size=[2, 1], wrap="xy")
    observation = walking.observe(make_game(Hero("A", (0, 0)), Piece("g", (0, 3)), board_size=(12, 4)))
    assert observation.radar[2:4].tolist() == [ABOVE, 1]


def test_a_board_that_does_not_divide_has_a_narrow_last_cell():
    assert grid_size((13, 4), [2, 1]) == (7, 4) and grid_size((13, 4), []) == (13, 4)


@pytest.mark.parametrize(
    "preprocessing, message",
    [
        ({"cell_size": [2]}, "cell_size = .2. *\n.*a width and a height"),
        ({"cell_size": [2, 1], "board": True, "egocentric_radius": 0}, "board and cell_size are both set"),
    ],
)
def test_what_is_no_cell_size_is_refused(tmp_path, preprocessing, message):
    with pytest.raises(ConfigError, match=message):
        make_run(tmp_path, preprocessing={"board": False, "egocentric_radius": 3, **preprocessing})


def test_a_report_says_so():
    seen_so = RunConfig().with_settings({"board": False, "cell_size": [2, 1]}).preprocessing
    assert "cells of 2 x 1 as one" in inputs_in_words(seen_so, "", False)


def test_a_policy_that_says_it_sees_the_whole_board_in_cells_makes_no_sense(tmp_path):
    run = make_run(tmp_path / "run", preprocessing={"board": True}, training_episodes=1)
    Trainer(run).train()
    description = read_policy(run)[1].description
    assert description.makes_sense and not replace(description, cell_size=(2, 1)).makes_sense
