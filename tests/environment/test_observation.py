"""Games as numbers: boards made by hand, a slow twin on real games, the vocabulary, the original's helpers."""

from __future__ import annotations

import importlib
import random
from types import SimpleNamespace

import numpy as np
import pytest
from observing import (
    ARROWS,
    OFF,
    STEPS,
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

from retro_gamer.environment.observation import (
    Encoder,
    Observation,
    custom_observation,
    radar_reading,
    shown_characters,
)
from retro_gamer.environment.player import player_finder
from retro_gamer.environment.vocabulary import MAX_CHARACTERS, Vocabulary
from retro_gamer.errors import ObservationError, RetroGamerError
from retro_gamer.games.screen import board_lines
from retro_gamer.original.observation import (
    FlatEncoder,
    egocentric_board,
    encode_board,
    encode_observation,
    encode_state,
)

A, B, C = 2, 3, 4  # the first three symbols


def cells(encoder, game, agent=None):
    return encoder.observe(game, agent).cells.tolist()


# The whole board


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
    seen = make_encoder("a", board=True, observe_state=["score"]).observe(
        make_game(Piece("a", (1, 0)), state={"score": 3})
    )
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


# The window


def test_the_window_is_centred_on_the_player():
    game = make_game(Hero("a", (2, 1)), Piece("b", (3, 1)), Piece("c", (1, 3)), Piece("b", (5, 1)))
    assert cells(make_encoder("abc", egocentric_radius=2), game) == [
        OFF,
        OFF,
        OFF,
        OFF,
        OFF,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        A,
        B,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        C,
        0,
        0,
        0,
    ]


def test_beyond_the_edge_is_a_symbol_of_its_own():
    assert cells(make_encoder("a", egocentric_radius=1), make_game(Hero("a", (5, 3)))) == [
        0,
        0,
        OFF,
        0,
        A,
        OFF,
        OFF,
        OFF,
        OFF,
    ]


def test_a_window_larger_than_the_board():
    game = make_game(Hero("a", (0, 0)), Piece("b", (1, 0)), board_size=(2, 1))
    seen = np.array(cells(make_encoder("ab", board_size=(2, 1), egocentric_radius=3), game)).reshape(7, 7)
    assert seen[3, 3:5].tolist() == [A, B] and (seen == OFF).sum() == 47


def test_the_player_can_be_named():
    game = make_game(Hero("a", (0, 0)), Piece("b", (3, 2), name="ghost"))
    assert cells(make_encoder("ab", egocentric_radius=1, player="ghost"), game) == [0, 0, 0, 0, B, 0, 0, 0, 0]
    assert cells(make_encoder("ab", egocentric_radius=1, player="Piece"), game) == [0, 0, 0, 0, B, 0, 0, 0, 0]
    assert cells(make_encoder("ab", egocentric_radius=1), game)[4] == A


def test_who_is_not_displayed_is_not_the_player():
    game = make_game(Hero("a", (0, 0), display=False), Hero("b", (3, 2)))
    assert cells(make_encoder("ab", egocentric_radius=1), game) == [0, 0, 0, 0, B, 0, 0, 0, 0]


def test_it_can_be_seen_from_any_character():
    game = make_game(Hero("a", (0, 0)), Piece("b", (3, 2)))
    assert cells(make_encoder("ab", egocentric_radius=1), game, game.agents[1]) == [0, 0, 0, 0, B, 0, 0, 0, 0]


def test_a_player_that_is_gone_is_remembered_where_it_was():
    game = make_game(Hero("a", (4, 1)), Piece("b", (5, 1)))
    encoder = make_encoder("ab", egocentric_radius=1)
    assert cells(encoder, game) == [0, 0, 0, 0, A, B, 0, 0, 0]
    game.remove_agent(game.agents[0])
    assert cells(encoder, game) == [0, 0, 0, 0, 0, B, 0, 0, 0]


def test_a_player_off_the_board_is_remembered_where_it_was():
    game = make_game(Hero("a", (4, 1)))
    encoder = make_encoder("ab", egocentric_radius=1)
    encoder.observe(game)
    game.agents[0].position = (-1, 1)
    assert cells(encoder, game) == [0] * 9


def test_without_any_player_it_is_seen_from_the_middle():
    game = make_game(Piece("b", (3, 2)))
    assert cells(make_encoder("ab", egocentric_radius=1), game) == [0, 0, 0, 0, B, 0, 0, 0, 0]


def test_a_player_that_comes_back_is_found_again():
    game = make_game(Hero("a", (4, 1)))
    encoder = make_encoder("ab", egocentric_radius=1)
    encoder.observe(game)
    game.remove_agent(game.agents[0])
    encoder.observe(game)
    game.add_agent(Hero("a", (0, 0)))
    assert cells(encoder, game) == [OFF, OFF, OFF, OFF, A, 0, OFF, 0, 0]


def test_the_window_works_on_boards_of_any_size():
    encoder = make_encoder("ab", egocentric_radius=1)
    for size in ((6, 4), (3, 2), (100, 50), (1, 1)):
        seen = cells(encoder, make_game(Hero("a", (0, 0)), board_size=size))
        assert seen[4] == A and seen[:4] == [OFF] * 4


def test_a_crowd_is_seen_as_when_it_is_painted():
    """With more characters than cells the window is filled another way."""
    rng = random.Random(1)
    for _ in range(40):
        size = (rng.randint(4, 12), rng.randint(4, 12))
        crowd = []
        for _ in range(rng.randint(26, 80)):
            position = (rng.randrange(size[0]), rng.randrange(size[1]))
            extra = rng.choice([{}, {}, {"z": rng.randint(-2, 2)}, {"display": False}, {"size": (1, 1)}])
            crowd.append(Piece(rng.choice("abc"), position, **extra))
        for _ in range(4):
            crowd.append(
                Piece(
                    ["ab", "c"],
                    (rng.randrange(size[0] - 1), rng.randrange(size[1] - 1)),
                    size=(2, 2),
                    z=rng.randint(0, 1),
                )
            )
        hero = Hero("d", (rng.randrange(size[0]), rng.randrange(size[1])))
        crowd.insert(rng.randrange(len(crowd)), hero)
        game = make_game(*crowd, board_size=size)
        for agent in rng.sample(game.agents, 10):  # some have moved since, even off the board
            agent.position = (rng.randint(-2, size[0] + 1), rng.randint(-2, size[1] + 1))
        encoder = make_encoder("abcd", board_size=size, egocentric_radius=2)
        assert len(game.agents) > 25
        center = hero.position if game.on_board(hero.position) else (size[0] // 2, size[1] // 2)
        assert cells(encoder, game) == slow_observation(game, encoder, hero, center)


def test_a_crowd_is_seen_where_it_is_now():
    """The engine keeps an answer of get_agents_by_position that may be from before the last move."""

    class Asker(Hero):
        def handle_keystroke(self, keystroke, game):
            game.is_empty((0, 0))  # fills the engine's cache
            super().handle_keystroke(keystroke, game)

    for game_class in game_classes():
        game = make_game(Asker("a", (2, 2)), *[Piece("b", (0, 0)) for _ in range(20)], game_class=game_class)
        encoder = make_encoder("ab", egocentric_radius=1)
        play(game, "KEY_RIGHT")
        assert game.agents[0].position == (3, 2)
        assert cells(encoder, game) == [0, 0, 0, 0, A, 0, 0, 0, 0]


# The radar


@pytest.mark.parametrize(
    "distance, reading",
    [
        (0, 5),
        (1, 6),
        (2, 7),
        (3, 7),
        (4, 8),
        (7, 8),
        (8, 9),
        (399, 9),
        (-1, 4),
        (-2, 3),
        (-3, 3),
        (-4, 2),
        (-7, 2),
        (-8, 1),
        (-1000, 1),
    ],
)
def test_a_reading_is_a_rough_distance(distance, reading):
    assert radar_reading(distance) == reading


def test_the_radar_reads_the_nearest_of_each_kind():
    game = make_game(
        Hero("a", (2, 2)), Piece("b", (9, 2)), Piece("b", (1, 0)), Piece("c", (2, 15)), board_size=(20, 20)
    )
    encoder = make_encoder("abc", board_size=(20, 20), radar=True)
    assert cells(encoder, game) == [0, 0, 4, 3, 5, 9] + [0] * 22


def test_the_radar_does_not_see_the_player_but_others_that_look_like_it():
    game = make_game(Hero("a", (2, 2)), Piece("a", (2, 1)))
    assert cells(make_encoder("a", radar=True), game)[:2] == [5, 4]


def test_the_radar_sees_what_is_hidden_below():
    game = make_game(Hero("a", (2, 2), z=9), Piece("b", (2, 2)), Piece("c", (3, 2), z=-1), Piece("b", (3, 2)))
    assert cells(make_encoder("abc", radar=True), game)[2:6] == [5, 5, 6, 5]


def test_the_radar_does_not_see_what_is_not_displayed_or_off_the_board():
    game = make_game(Hero("a", (2, 2)), Piece("b", (2, 1), display=False), Piece("c", (0, 0)))
    game.agents[2].position = (2, -1)
    assert set(cells(make_encoder("abc", radar=True), game)) == {0}


def test_of_equally_near_ones_the_radar_takes_the_first_in_the_list():
    game = make_game(Hero("a", (2, 2)), Piece("b", (3, 2)), Piece("b", (1, 2)), Piece("b", (2, 1)))
    assert cells(make_encoder("ab", radar=True), game)[2:4] == [6, 5]
    game.agents[1:] = game.agents[:0:-1]
    assert cells(make_encoder("ab", radar=True), game)[2:4] == [5, 4]


def test_the_radar_measures_to_every_cell_of_a_large_character():
    game = make_game(Hero("a", (5, 0)), Piece("b", (0, 0), size=(4, 1)))
    assert cells(make_encoder("ab", radar=True), game)[2:4] == [3, 5]


def test_the_readings_follow_the_picture():
    game = make_game(Hero("a", (0, 0)), Piece("b", (1, 0)))
    assert (
        cells(make_encoder("ab", board=True, radar=True), game) == [A, B] + [0] * 22 + [0, 0, 6, 5] + [0] * 24
    )
    assert (
        cells(make_encoder("ab", egocentric_radius=1, radar=True), game)
        == [OFF, OFF, OFF, OFF, A, B, OFF, 0, 0] + [0, 0, 6, 5] + [0] * 24
    )


# State values


def test_state_values_are_numbers_in_their_order_and_tuples_are_flattened():
    game = make_game(state={"score": 2, "place": (3, 4.5), "won": True, "other": "text"})
    assert make_encoder(observe_state=["place", "won", "score"]).observe(game).features.tolist() == [
        3,
        4.5,
        1,
        2,
    ]


def test_nothing_but_state_values_can_be_observed():
    seen = make_encoder(observe_state=["score"]).observe(make_game(state={"score": 2}))
    assert seen.cells.size == 0 and seen.features.tolist() == [2]


@pytest.mark.parametrize(
    "state, expected",
    [
        ({"score": 1}, "observe_state names 'energy', but the game's state has no such value. It has: score"),
        ({}, "It has: nothing"),
        ({"energy": "full"}, "whose value is 'full': not a number"),
        ({"energy": "5"}, "whose value is '5': not a number"),
        ({"energy": None}, "whose value is None"),
        ({"energy": (1, "x")}, "whose value is (1, 'x')"),
        ({"energy": 10**400}, "too large"),
        ({"energy": 1e300}, "contains inf"),
        ({"energy": float("nan")}, "contains nan"),
    ],
)
def test_a_state_value_that_cannot_be_observed_is_explained(state, expected):
    with pytest.raises(ObservationError) as caught:
        make_encoder(observe_state=["energy"]).observe(make_game(state=state))
    assert expected in str(caught.value)


def test_state_values_that_change_their_length_are_refused():
    game = make_game(state={"place": (1, 2)})
    encoder = make_encoder(observe_state=["place"])
    encoder.observe(game)
    game.state["place"] = (1, 2, 3)
    with pytest.raises(ObservationError, match="it had 2 numbers, now it has 3"):
        encoder.observe(game)


# The vocabulary


def test_symbols_are_numbered_from_two_in_the_order_of_their_coming():
    vocabulary = Vocabulary("ba", grows=True)
    assert [vocabulary[character] for character in "abcab "] == [3, 2, 4, 3, 2, 0]
    assert vocabulary.characters == ["b", "a", "c"]


def test_blanks_are_nothing_and_no_character():
    vocabulary = Vocabulary([" ", "a", "a", ""], grows=True)
    assert (vocabulary[" "], vocabulary[""], vocabulary.characters) == (0, 0, ["a"])


def test_a_frozen_vocabulary_takes_the_unknown_for_nothing():
    vocabulary = Vocabulary("a")
    assert (
        vocabulary["z"] == 0
        and vocabulary["zz"] == 0
        and vocabulary.characters == ["a"]
        and "z" not in vocabulary
    )
    game = make_game(Hero("a", (0, 0)), Piece("z", (1, 0)))
    assert cells(make_encoder("a", board=True), game)[:2] == [A, 0]
    assert set(cells(make_encoder("a", radar=True), game)) == {0}


@pytest.mark.parametrize(
    "n_characters, n_symbols",
    [(0, 8), (5, 8), (6, 8), (7, 16), (14, 16), (15, 24), (31, 40), (254, 256), (300, 256)],
)
def test_room_for_symbols_comes_in_steps_of_eight(n_characters, n_symbols):
    vocabulary = Vocabulary(grows=True)
    for i in range(n_characters):
        vocabulary[chr(0x4E00 + i)]
    assert vocabulary.n_symbols == n_symbols
    assert max(vocabulary.values()) < n_symbols and len(vocabulary.characters) == min(
        n_characters, MAX_CHARACTERS
    )


def test_the_readings_of_a_radar_have_room_too():
    """They go up to 9, however few the characters."""
    game = make_game(Hero("a", (0, 0)), Piece("b", (31, 15)), board_size=(32, 16))
    for grows in (False, True):
        encoder = make_encoder("ab", grows=grows, radar=True, board_size=(32, 16))
        assert max(cells(encoder, game)) == 9 and encoder.shape.n_symbols == 16


def test_more_characters_than_numbers_are_nothing():
    vocabulary = Vocabulary([chr(0x4E00 + i) for i in range(254)], grows=True)
    assert vocabulary[chr(0x4E00 + 253)] == 255 and vocabulary["z"] == 0
    game = make_game(Hero("z", (0, 0)), Piece(chr(0x4E00), (1, 0)))
    encoder = make_encoder([chr(0x4E00 + i) for i in range(254)], grows=True, board=True, radar=True)
    assert cells(encoder, game)[:2] == [0, A] and encoder.shape.n_cells == 24 + 2 * 254


@pytest.mark.parametrize("character", ["ab", ["a"], 5])
def test_a_growing_vocabulary_takes_single_characters_only(character):
    with pytest.raises((ObservationError, TypeError)):
        Vocabulary(grows=True)[character]


def test_a_new_character_in_the_middle_of_a_game_gets_the_next_number():
    game = make_game(Hero("a", (0, 0)))
    encoder = make_encoder("a", grows=True, board=True)
    encoder.observe(game)
    game.add_agent(Piece("z", (1, 0)))
    assert cells(encoder, game)[:2] == [A, B] and encoder.vocabulary.characters == ["a", "z"]


@pytest.mark.parametrize(
    "what, n_cells_before, n_cells_after",
    [
        (dict(board=True), 24, 24),
        (dict(egocentric_radius=1), 9, 9),
        (dict(radar=True), 28, 44),
        (dict(board=True, radar=True), 52, 68),
        (dict(egocentric_radius=1, radar=True), 37, 53),
    ],
)
def test_the_fifteenth_character_makes_room_for_more(what, n_cells_before, n_cells_after):
    characters = "abcdefghijklmn"
    game = make_game(Hero("a", (0, 0)))
    encoder = make_encoder(characters, grows=True, **what)
    assert (len(cells(encoder, game)), encoder.shape.n_symbols) == (n_cells_before, 16)
    game.add_agent(Piece("z", (1, 0)))
    seen = cells(encoder, game)
    assert len(seen) == n_cells_after == encoder.shape.n_cells and encoder.shape.n_symbols == 24
    if what.get("radar"):
        assert (
            seen[-(44 - 28) :] == [6, 5] + [0] * 14
        )  # character 15, of number 16, comes first in the new room
    else:
        assert 16 in seen


def test_two_encoders_share_a_vocabulary():
    vocabulary = Vocabulary(grows=True)
    one, other = (
        Encoder(
            vocabulary,
            board_size=(6, 4),
            board=True,
            egocentric_radius=0,
            radar=False,
            observe_state=(),
            find_player=player_finder(),
        )
        for _ in range(2)
    )
    one.observe(make_game(*[Piece(chr(97 + i), (i % 6, i // 6)) for i in range(20)]))
    assert other.shape.n_symbols == 24 == one.shape.n_symbols


# A slow twin, on real games


GAMES = [
    pytest.param(name, id=name)
    for name in ("retro_gamer.games.snake", "retro_gamer.games.catch", "retro_gamer.games.forager")
] + [
    pytest.param(f"retro.examples.{name}", id=name + " of retro", marks=needs_retro)
    for name in ("snake", "nav", "beast")
]
ENCODERS = {
    "board": dict(board=True),
    "window": dict(egocentric_radius=4),
    "small window": dict(egocentric_radius=1),
    "radar": dict(radar=True),
    "window and radar": dict(egocentric_radius=3, radar=True),
    "board and radar": dict(board=True, radar=True),
}


def towards_food(game, rng):
    """A key that gets a snake or a forager something to eat, mostly, so that long snakes are seen too."""
    player = player_finder()(game)
    food = next(
        (agent for agent in game.agents if getattr(agent, "name", None) in ("apple", "Apple", "food")), None
    )
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
        assert {
            place: character for place, character in shown_characters(game).items() if character != " "
        } == {
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
                    FlatEncoder("hgk", (8, 8), False).encode(game) if encoder is None else encoder.observe(
                        game
                    )
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
        encoders = [
            make_encoder(grows=True, board_size=tuple(game.board_size), **what) for what in ENCODERS.values()
        ]
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
        before = encoder.observe(game).cells
        copy = before.copy()
        game.agents[0].position = (3, 2)
        encoder.observe(game)
        assert (before == copy).all()


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


@pytest.mark.parametrize(
    "position, expected", [((2, 0), ["   ", "@  ", "#b "]), ((-1, 5), ["   ", "   ", "   "])]
)
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
        assert (
            (encoded[:-2] == expected).all()
            and encoded[-2:].tolist() == [0, 0]
            and encoded.dtype == np.float32
        )


def test_the_flat_board_names_a_bad_position():
    game = make_game(Piece("b", (1, 1), name="ghost"))
    game.agents[0].position = (1.5, 1)
    for characters in ("b", "b "):
        with pytest.raises(ObservationError, match="'ghost' has position"):
            FlatEncoder(characters, (6, 4), False).encode(game)
