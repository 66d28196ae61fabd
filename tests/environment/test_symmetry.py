"""A remembered turn, as in a mirror or turned: what would have been seen, had the game been so."""

from __future__ import annotations

import random

import numpy as np
import pytest
from observing import Hero, Piece, make_encoder, make_game

from retro_gamer.environment.symmetry import Symmetry, turned, turns_of
from retro_gamer.errors import ConfigError
from retro_gamer.nn.sparse.lists import NO_MORE, SymbolLists

SIDE = 9  # cells of the board
FOUR_WAYS = ("left", "right", "up", "down", "")
SIGHTS = {
    "window": {"egocentric_radius": 2},
    "board": {"board": True},
    "radar": {"radar": True},
    "far": {"egocentric_radius": 1, "far": True},
    "room": {"room": True, "free_characters": ["."]},
    "ways": {"radar": True, "way_around": ["#"]},
    "steps": {"own_symbol": True, "last_step": True, "steps_of": ["o"]},
    "rhythm": {"radar": True, "rhythm_of": ["o"]},
    "place": {"egocentric_radius": 2, "place": True},
    "wrap": {"egocentric_radius": 2, "radar": True, "wrap": "xy"},
    "all": {
        **{"egocentric_radius": 2, "far": True, "radar": True, "own_symbol": True, "last_step": True},
        **{"room": True, "way_around": ["#"], "steps_of": ["o"], "rhythm_of": ["o"], "place": True},
    },
}


def two_turns(seed):
    """Where everything is before and after a turn: character, [(x, y), (x, y)]."""
    chance = random.Random(seed)
    cells = [(x, y) for x in range(SIDE) for y in range(SIDE)]
    chance.shuffle(cells)
    places = [[cells.pop()] for _ in range(16)]
    for place in places:
        x, y = place[0]
        to = [cell for cell in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)) if cell in cells]
        place.append(chance.choice(to) if to and chance.random() < 0.7 else (x, y))
        if place[1] in cells:
            cells.remove(place[1])
    return list(zip("Ao.g" + "#" * 12, places))


def looks(what, things, turn):
    """What an encoder sees of a game that is turned so, before and after the turn."""

    def place_of(position):
        x, y = turned((2 * position[0] + 1 - SIDE, 2 * position[1] + 1 - SIDE), turn)
        return (x + SIDE - 1) // 2, (y + SIDE - 1) // 2

    encoder = make_encoder("Ao.g#", board_size=(SIDE, SIDE), **what)
    agents = [(Hero if shown == "A" else Piece)(shown, place_of(places[0])) for shown, places in things]
    game = make_game(*agents, board_size=(SIDE, SIDE))
    seen = [encoder.observe(game)]
    for agent, (_, places) in zip(agents, things):
        agent.position = place_of(places[1])
    game.turn_number += 1
    return encoder, [*seen, encoder.observe(game)]


def is_telling(things):
    """Of equally near things either may be seen; here none are."""
    for turn in (0, 1):
        x, y = things[0][1][turn]
        distances = [abs(places[turn][0] - x) + abs(places[turn][1] - y) for _, places in things[1:]]
        if len(set(distances)) < len(distances):
            return False
    return True


class OneTurn:
    """In the place of a source of chance: always the same turn."""

    def __init__(self, number, of=8):
        self.number, self.of = number, of

    def random(self, size):
        return np.full(size, (self.number + 0.5) / self.of)


@pytest.mark.parametrize("listed", [True, False], ids=["lists", "cells"])
@pytest.mark.parametrize("what", SIGHTS.values(), ids=SIGHTS)
def test_what_was_seen_is_turned_to_what_would_be_seen_of_the_turned_game(what, listed):
    for seed in range(60):
        things = two_turns(seed)
        if what.get("far") or what.get("radar"):
            things = things[:6]
            if not is_telling(things):
                continue
        encoder, seen = looks(what, things, (False, 1, 1))
        symmetry = Symmetry(encoder, "all", FOUR_WAYS, 5)
        cells = np.stack([observation.inputs for observation in seen])
        boards = cells
        if listed:
            numbers = np.full((2, 1 + max(len(observation.symbols) for observation in seen)), NO_MORE, np.int32)
            for row, observation in zip(numbers, seen):
                row[: len(observation.symbols)] = observation.symbols
            boards = SymbolLists(numbers, len(cells[0]))
        for number, turn in enumerate(turns_of("all")):
            after, _ = symmetry.turned(boards, np.array([4]), OneTurn(number), 1.0)
            after = after.cells() if listed else after
            would_be = np.stack([observation.inputs for observation in looks(what, things, turn)[1]])
            assert (after == would_be).all(), (seed, turn)


@pytest.mark.parametrize(
    "symmetry, n_turns, swapped",
    [("x", 2, {(1, 0)}), ("y", 2, {(3, 2)}), ("xy", 4, {(1, 0), (3, 2)}), ("all", 8, {(1, 0), (3, 2), (2, 0), (3, 0)})],
)
def test_actions_lead_where_they_would(symmetry, n_turns, swapped):
    encoder = make_encoder("A", egocentric_radius=1)
    made = Symmetry(encoder, symmetry, FOUR_WAYS, 6)  # and the last is pressing no key
    turns = [
        made.turned(np.zeros((12, 9), np.uint8), np.arange(6), OneTurn(number, n_turns), 1.0)[1].tolist()
        for number in range(n_turns)
    ]
    assert turns[0] == [0, 1, 2, 3, 4, 5] and len(set(map(tuple, turns))) == n_turns
    assert all(sorted(row) == [0, 1, 2, 3, 4, 5] and row[4:] == [4, 5] for row in turns)
    for now, before in swapped:
        assert any(row[before] == now for row in turns)


def test_two_keys_of_a_side_stay_two():
    made = Symmetry(make_encoder("A", egocentric_radius=1), "x", ["left", "left", "right", "right"], 5)
    assert made.turned(np.zeros((10, 9), np.uint8), np.arange(5), OneTurn(1, 2), 1.0)[1].tolist() == [2, 3, 0, 1, 4]


def test_new_characters_are_turned_too():
    encoder = make_encoder("A", grows=True, egocentric_radius=1)
    hero = Hero("A", (2, 2))
    symmetry = Symmetry(encoder, "x", ["left", "right"], 3)
    for character in "abcdefghijk":
        encoder.observe(make_game(hero, Piece(character, (1, 2))))
        cells = encoder.observe(make_game(hero, Piece(character, (3, 2)))).inputs
        mirrored, _ = symmetry.turned(np.stack([cells, cells]), np.array([0]), OneTurn(1, 2), 1.0)
        assert mirrored[0].tolist() == encoder.observe(make_game(hero, Piece(character, (1, 2)))).inputs.tolist()


@pytest.mark.parametrize(
    "ways", [["left"], ["left", ""], ["left", "right", "right"], ["up", "down"] * 3, ["a", "d"], ["up", "down"], []]
)
def test_a_side_without_the_other_is_refused(ways):
    with pytest.raises(ConfigError, match="as many must lead to one side as to the other"):
        Symmetry(make_encoder("A", egocentric_radius=1), "x", ways, 3)


def test_without_sides_there_is_no_symmetry():
    for encoder in (None, make_encoder("A", kinds=True)):
        with pytest.raises(ConfigError, match="no left and right"):
            Symmetry(encoder, "x", ["left", "right"], 3)


def mirrored(what, board_size, hero, thing):
    """What is seen of a game, in a mirror; and what would be seen of the mirrored game."""
    encoder = make_encoder("Ao", board_size=board_size, **what)
    seen = [
        encoder.observe(make_game(Hero("A", (x, 3)), Piece("o", (to, 2)), board_size=board_size)).inputs
        for x, to in ((hero, thing), (board_size[0] - 1 - hero, board_size[0] - 1 - thing))
    ]
    after, _ = Symmetry(encoder, "x", ["left", "right"], 3).turned(
        np.stack([seen[0]] * 2), np.array([0]), OneTurn(1, 2), 1.0
    )
    return after[0].tolist(), seen[1].tolist(), encoder.shape.n_symbols


def test_the_place_in_a_mirror_is_one_of_the_cells_that_are_seen():
    after, would_be, _ = mirrored({"egocentric_radius": 2, "place": True, "cell_size": [2, 1]}, (12, 8), 4, 6)
    assert after == would_be


@pytest.mark.parametrize("hero", [3, 40, 70])
def test_the_place_in_a_mirror_is_a_symbol_on_a_wide_board_too(hero):
    after, would_be, n_symbols = mirrored({"egocentric_radius": 2, "place": True}, (80, 8), hero, 6)
    assert max(after) < n_symbols and (after == would_be or hero > 62)  # columns from 63 on are not told apart


@pytest.mark.parametrize("width", [9, 10])
@pytest.mark.parametrize("thing", [0, 2, 6])
def test_a_board_whose_edges_join_is_mirrored_around_the_player(width, thing):
    after, would_be, _ = mirrored({"board": True, "radar": True, "wrap": "x"}, (width, 8), 4, thing)
    assert after == would_be


@pytest.mark.parametrize(
    "what", [{"board": True}, {"egocentric_radius": 1, "place": True}, {"board": True, "radar": True, "wrap": "y"}]
)
def test_a_board_that_is_not_square_is_not_turned(what):
    with pytest.raises(ConfigError, match="not square"):
        Symmetry(make_encoder("A", **what), "all", FOUR_WAYS, 5)
    Symmetry(make_encoder("A", **what), "xy", FOUR_WAYS, 5)


def test_only_a_share_is_turned():
    made = Symmetry(make_encoder("A", egocentric_radius=1), "x", ["left", "right"], 3)
    actions = np.zeros(10000, int)
    for share in (0.5, 0.1):
        after = made.turned(np.zeros((20000, 9), np.uint8), actions, np.random.default_rng(0), share)[1]
        assert abs((after == 1).mean() - share / 2) < 0.02  # of two turns, one leaves all as it is
