"""What a character sees around it: the window, the radar, and state values."""

from __future__ import annotations

import random

import numpy as np
import pytest
from boards import A, B, C, cells
from observing import (
    OFF,
    Hero,
    Piece,
    game_classes,
    make_encoder,
    make_game,
    play,
    slow_observation,
)

from retro_gamer.environment.readings import radar_reading
from retro_gamer.errors import ObservationError

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
    game = make_game(Hero("a", (2, 2)), Piece("b", (9, 2)), Piece("b", (1, 0)), Piece("c", (2, 15)), board_size=(20, 20))
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
    assert cells(make_encoder("ab", board=True, radar=True), game) == [A, B] + [0] * 22 + [0, 0, 6, 5] + [0] * 24
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


def test_a_word_is_told_by_its_sign():
    seen = [
        make_encoder(observe_state=["goto", "n"]).observe(make_game(state={"goto": word, "n": 7})).features.tolist()
        for word in ("", "left", "right", "left")
    ]
    assert seen[1] == seen[3] != seen[2] != seen[0] == [0] * 8 + [7] and {*seen[1][:8]} == {0, 1}


def test_each_number_has_a_name():
    state = {"place": (3, 4), "lives": 2, "goto": "left"}
    encoder = make_encoder(observe_state=["place", "lives", "goto"])
    encoder.n_features = 11  # as where a policy knows it
    encoder.observe(make_game(state=state))
    assert encoder.feature_names == ["place 1", "place 2", "lives", *(f"goto {n}" for n in range(1, 9))]


def test_which_number_it_is_is_told_as_a_word_is():
    seen = [
        make_encoder(observe_state=["house (which)", "house"]).observe(make_game(state={"house": n})).features.tolist()
        for n in (1, 2, 1)
    ]
    assert seen[0] == seen[2] != seen[1] and seen[1][8:] == [2] and {*seen[0][:8], *seen[1][:8]} == {0, 1}


def test_state_values_that_change_their_length_are_refused():
    game = make_game(state={"place": (1, 2)})
    encoder = make_encoder(observe_state=["place"])
    encoder.observe(game)
    game.state["place"] = (1, 2, 3)
    with pytest.raises(ObservationError, match="it had 2 numbers, now it has 3"):
        encoder.observe(game)
