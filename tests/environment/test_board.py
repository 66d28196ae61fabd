"""The whole board as numbers: boards made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from boards import A, B, C, cells
from observing import (
    OFF,
    Hero,
    Piece,
    make_encoder,
    make_game,
)

from retro_gamer.environment.observation import Observation
from retro_gamer.errors import ObservationError, RetroGamerError


def test_board_cells_are_rows_of_symbol_numbers():
    game = make_game(Piece("a", (1, 0)), Piece("b", (5, 3)), Piece("a", (0, 2)))
    assert cells(make_encoder("ab", board=True), game) == [
        0,
        A,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        A,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        B,
    ]


def test_an_observation_is_bytes_and_float32():
    seen = make_encoder("a", board=True, observe_state=["score"]).observe(make_game(Piece("a", (1, 0)), state={"score": 3}))
    assert isinstance(seen, Observation)
    assert (seen.cells.dtype, seen.cells.shape) == (np.uint8, (24,))
    assert (seen.features.dtype, seen.features.tolist()) == (np.float32, [3.0])


def test_the_shape_says_how_an_observation_is_made():
    encoder = make_encoder("a", board=True, observe_state=["score", "pair"])
    encoder.observe(make_game(state={"score": 3, "pair": (1, 2)}))
    assert encoder.shape == (24, 8, 3, (4, 6))
    assert make_encoder("a", egocentric_radius=2).shape == (25, 8, 0, (5, 5))
    assert make_encoder("a", egocentric_radius=1, radar=True).shape == (9 + 2 * 14, 16, 0, (3, 3))
    assert make_encoder("a", radar=True).shape == (28, 16, 0, (0, 0))


def test_the_highest_z_shows():
    game = make_game(Piece("a", (1, 1), z=1), Piece("b", (1, 1), z=2), Piece("c", (1, 1)))
    assert cells(make_encoder("abc", board=True), game)[7] == B


def test_of_equal_z_the_first_shows():
    game = make_game(Piece("a", (1, 1)), Piece("b", (1, 1)), Piece("c", (0, 0), z=3))
    assert cells(make_encoder("abc", board=True), game)[7] == A


def test_a_negative_z_lies_below():
    game = make_game(Piece("a", (1, 1), z=-1), Piece("b", (1, 1)))
    assert cells(make_encoder("ab", board=True), game)[7] == B


def test_a_missing_and_an_empty_z_are_zero():
    game = make_game(Piece("a", (1, 1)), Piece("b", (1, 1)), Piece("c", (0, 0), z=1))
    game.agents[0].z = None
    assert cells(make_encoder("abc", board=True), game)[7] == A


def test_what_is_not_displayed_is_not_seen():
    game = make_game(Piece("a", (1, 1), display=False), Piece("b", (1, 1)), Piece("c", (0, 0), display=False))
    for what in (dict(board=True), dict(board=True, radar=True)):
        assert set(cells(make_encoder("abc", **what), game)[:24]) == {0, B}


def test_what_is_off_the_board_is_not_seen():
    game = make_game(Piece("a", (0, 0)), Piece("b", (0, 0)))
    for position in ((-1, 0), (6, 0), (0, -1), (0, 4)):
        game.agents[1].position = position
        assert cells(make_encoder("ab", board=True), game) == [A] + [0] * 23


def test_a_large_character_covers_its_cells():
    game = make_game(Piece("a", (1, 1), size=(2, 2)), Piece(["bc", "b"], (4, 2), size=(2, 2)))
    assert cells(make_encoder("abc", board=True), game) == [
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        A,
        A,
        0,
        0,
        0,
        0,
        A,
        A,
        0,
        B,
        C,
        0,
        0,
        0,
        0,
        B,
        0,
    ]


def test_a_large_character_that_hangs_over_the_edge_shows_the_rest():
    game = make_game(Piece("a", (1, 1), size=(2, 2)))
    game.agents[0].position = (5, 3)
    assert cells(make_encoder("a", board=True), game) == [0] * 23 + [A]


def test_a_blank_part_of_a_character_hides_what_is_below():
    game = make_game(Piece([" a"], (0, 0), size=(2, 1), z=1), Piece("b", (0, 0)))
    assert cells(make_encoder("ab", board=True), game)[:2] == [0, A]


def test_an_empty_character_is_nothing():
    assert set(cells(make_encoder("a", board=True), make_game(Piece("", (1, 1))))) == {0}


def test_another_board_size_is_refused_readably():
    encoder = make_encoder("a", board=True)
    with pytest.raises(
        ObservationError,
        match=r"The board is 3x2, but this agent sees a whole board of 6x4.*egocentric_radius",
    ):
        encoder.observe(make_game(Piece("a", (0, 0)), board_size=(3, 2)))


def test_numpy_positions_count():
    game = make_game(Hero("a", (np.int64(1), np.int64(0))), Piece("b", (np.int32(2), np.int32(3))))
    assert cells(make_encoder("ab", board=True), game)[1] == A
    assert cells(make_encoder("ab", egocentric_radius=1, radar=True), game)[:9] == [
        OFF,
        OFF,
        OFF,
        0,
        A,
        0,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(
    "position, shown",
    [
        ((1.5, 2), "(1.5, 2)"),
        ((1.0, 2), "(1.0, 2)"),
        (None, "None"),
        ((1, 2, 3), "(1, 2, 3)"),
        (("1", "2"), "('1', '2')"),
    ],
)
@pytest.mark.parametrize(
    "what", [dict(board=True), dict(egocentric_radius=1), dict(radar=True)], ids=["board", "window", "radar"]
)
def test_a_bad_position_is_named(position, shown, what):
    game = make_game(Hero("a", (0, 0)), Piece("b", (1, 1), name="ghost"))
    game.agents[1].position = position
    with pytest.raises(ObservationError, match="'ghost' has position .*pair of whole numbers") as caught:
        make_encoder("ab", **what).observe(game)
    assert shown in str(caught.value)


@pytest.mark.parametrize("character", ["ab", None, 5, ["ab"]])
def test_a_character_that_is_not_one_character_is_named(character):
    game = make_game(Piece("b", (1, 1), name="ghost"))
    game.agents[0].character = character
    with pytest.raises(ObservationError, match="'ghost' is drawn as .*must be one character") as caught:
        make_encoder(grows=True, board=True).observe(game)
    assert repr(character) in str(caught.value)


def test_whatever_else_is_wrong_with_a_character_is_still_our_error():
    game = make_game(Piece(["ab"], (1, 1), size=(2, 1)))
    game.agents[0].character = [5]
    with pytest.raises(RetroGamerError, match="cannot be read"):
        make_encoder("ab", board=True).observe(game)
