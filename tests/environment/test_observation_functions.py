"""Custom observation functions, and the helpers of the original retro-gamer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from boards import positions_of
from observing import (
    Piece,
    make_game,
)

from retro_gamer.environment.observation import custom_observation
from retro_gamer.errors import ObservationError
from retro_gamer.games.screen import board_lines
from retro_gamer.original.observation import (
    FlatEncoder,
    egocentric_board,
    encode_board,
    encode_observation,
    encode_state,
)

# Custom observation functions


def test_a_table_takes_what_it_is_given():
    for value in [(1, "a", (2,)), "text", 5, frozenset([1])]:
        assert custom_observation(value, None, tabular=True) is value


@pytest.mark.parametrize(
    "value", [[1, 2.5, True], (1, 2.5, 1), np.array([1, 2.5, 1]), np.array([1, 2.5, 1], np.float16), range(3)]
)
def test_a_network_takes_a_list_or_array_of_numbers(value):
    seen = custom_observation(value, None, tabular=False)
    assert seen.features.dtype == np.float32 and seen.features.tolist() == [float(number) for number in value]
    assert seen.cells.size == 0


def test_what_a_network_is_given_is_copied():
    array = np.zeros(3, np.float32)
    seen = custom_observation(array, 3, tabular=False)
    array[0] = 7
    assert seen.features[0] == 0


@pytest.mark.parametrize(
    "value, expected",
    [
        (["a"], "which a network cannot read"),
        (["1", "2"], "which a network cannot read"),
        ("text", "which a network cannot read"),
        ({"x": 1}, "which a network cannot read"),
        ([1, None], "which a network cannot read"),
        (None, "which a network cannot read"),
        ([[1], [2, 3]], "which a network cannot read"),
        ([10**400], "which a network cannot read"),
        ([1j], "which a network cannot read"),
        ([[1, 2], [3, 4]], "numbers of shape (2, 2)"),
        (5, "numbers of shape ()"),
        (np.zeros((1, 3)), "numpy.ravel"),
        ([1, float("nan")], "contains nan"),
        ([float("-inf")], "contains -inf"),
        ([1e300], "contains inf"),
    ],
)
@pytest.mark.filterwarnings("ignore:Creating an ndarray from ragged")
def test_what_a_network_cannot_read_is_explained(value, expected):
    with pytest.raises(ObservationError) as caught:
        custom_observation(value, None, tabular=False)
    assert expected in str(caught.value)


def test_a_long_wrong_value_is_shown_in_part():
    with pytest.raises(ObservationError) as caught:
        custom_observation(["x" * 5000], None, tabular=False)
    assert len(str(caught.value)) < 500


def test_an_observation_that_changes_its_length_is_refused():
    with pytest.raises(ObservationError, match="it had 3 numbers, now it has 2"):
        custom_observation([1, 2], 3, tabular=False)


# The helpers of the original retro-gamer. The expected values were computed with its version 0.4.0.


LINES = [list("a@ "), list(" #b")]


@pytest.mark.parametrize(
    "character_set, expected",
    [
        (["@", "#", "b"], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
        ([" ", "a", "@"], [0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        (["a", "#", "a"], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    ],
)
def test_encode_board_as_the_original(character_set, expected):
    encoded = encode_board(LINES, character_set)
    assert (encoded.shape, encoded.dtype) == ((2, 3, 3), np.float32)
    assert encoded.ravel().tolist() == expected


def test_encode_board_of_nothing():
    assert encode_board([], ["a"]).shape == (0, 0, 1)
    assert encode_board(LINES, []).shape == (2, 3, 0)


def test_encode_state_as_the_original():
    encoded = encode_state({"a": 1, "b": (2, 3.5), "c": [True, 0.5]}, ["b", "z", "c", "a"])
    assert encoded.dtype == np.float32 and encoded.tolist() == [2, 3.5, 0, 1, 0.5, 1]
    assert encode_state({}, []).shape == (0,)


@pytest.mark.parametrize("position, expected", [((2, 0), ["   ", "@  ", "#b "]), ((-1, 5), ["   ", "   ", "   "])])
def test_egocentric_board_as_the_original(position, expected):
    assert egocentric_board(LINES, position, 1) == [list(row) for row in expected]


@pytest.mark.parametrize(
    "spatial, expected",
    [(False, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4]), (True, [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4])],
)
def test_encode_observation_as_the_original(spatial, expected):
    metadata = SimpleNamespace(character_set=["@", "b"], spatial=spatial)
    encoded = encode_observation(LINES, {"a": 4}, metadata, ["a"])
    assert encoded.dtype == np.float32 and encoded.tolist() == expected
    assert encode_observation(LINES, {"a": 4}, metadata, ["a"], board=False).tolist() == [4]
    assert encode_observation(LINES, {"a": 4}, metadata, []).tolist() == expected[:-1]


def test_encode_observation_needs_the_characters():
    with pytest.raises(ValueError, match="character_set must be set"):
        encode_observation(LINES, {}, SimpleNamespace(character_set=None, spatial=False), [])


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize(
    "characters",
    [
        list("><^v*@"),
        list("@ *"),
        list(" @"),
        list("@*@"),
        ["x"],
        [chr(0x4E00 + i) for i in range(300)] + ["@"],
    ],
    ids=["all", "blank inside", "blank first", "twice", "none there", "more than 254"],
)
def test_the_flat_board_is_that_of_the_drawn_board(characters, spatial):
    for game in positions_of("retro_gamer.games.snake", 40):
        board = encode_board(board_lines(game), characters)
        expected = (board.transpose(2, 0, 1) if spatial else board).ravel()
        encoded = FlatEncoder(characters, tuple(game.board_size), spatial).encode(game, 2)
        assert (encoded[:-2] == expected).all() and encoded[-2:].tolist() == [0, 0] and encoded.dtype == np.float32


def test_the_flat_board_names_a_bad_position():
    game = make_game(Piece("b", (1, 1), name="ghost"))
    game.agents[0].position = (1.5, 1)
    for characters in ("b", "b "):
        with pytest.raises(ObservationError, match="'ghost' has position"):
            FlatEncoder(characters, (6, 4), False).encode(game)
