"""`create` finds out whether all that moves goes several columns or rows at a time."""

from __future__ import annotations

import random

import pytest

from retro_gamer import games
from retro_gamer.discovery.ground import look_at_ground
from retro_gamer.discovery.probing import probe_game

ARROWS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


class Walker:
    name, character = "walker", "W"

    def __init__(self, position, wide, high):
        self.position, self.wide, self.high = position, wide, high

    def handle_keystroke(self, keystroke, game):
        dx, dy = ARROWS[keystroke.name]
        ahead = self.position[0] + dx * self.wide, self.position[1] + dy * self.high
        if game.on_board(ahead) and not any(one.position == ahead for one in game.agents if one.character == "#"):
            self.position = ahead


class Falling:
    character = "*"

    def __init__(self, column):
        self.position = (column, 0)

    def play_turn(self, game):
        x, y = self.position
        self.position = (x, y + 1) if y + 1 < game.board_size[1] else (x, 0)


class Wall:
    character = "#"

    def __init__(self, position):
        self.position = position


def cell_size(*agents):
    def factory():
        random.seed(0)
        return games.Game([agent() for agent in agents], {"score": 0}, board_size=(20, 12))

    return probe_game(factory, list(ARROWS), turns=300).cell_size


@pytest.mark.parametrize("wide, high, found", [(1, 1, []), (2, 1, [2, 1]), (1, 3, [1, 3]), (4, 2, [4, 2])])
def test_a_step_is_a_cell(wide, high, found):
    assert cell_size(lambda: Walker((8, 6), wide, high)) == found


def test_what_moves_between_its_steps_counts():
    """A basket that goes three columns at a time, and fruit that falls in any column: the columns matter."""
    assert cell_size(lambda: Walker((9, 11), 3, 1), lambda: Falling(4), lambda: Falling(11)) == []
    assert cell_size(lambda: Walker((9, 11), 3, 1), lambda: Falling(6), lambda: Falling(12)) == [3, 1]


def test_nothing_that_moves_is_no_grid():
    assert cell_size(lambda: Wall((3, 3))) == []


def test_where_another_is_between_two_steps_there_is_no_cell():
    """A hand that goes two columns and two rows at a time, below each card: it would hide the card."""
    cards = [lambda at=(x, y): Wall(at) for x in range(0, 20, 2) for y in range(1, 12, 2)]
    assert cell_size(lambda: Walker((8, 6), 2, 2), *cards) == []
    assert cell_size(lambda: Walker((8, 6), 2, 2), lambda: Wall((19, 11))) == [2, 2]  # such as a frame: seldom


def test_what_comes_and_goes_is_not_hidden_in_a_cell():
    """Guests who wait on floors three rows apart, in whose cells is the floor, too."""

    class Guest(Wall):
        character = "p"

        def play_turn(self, game):
            self.position = (12, 3 * (game.turn_number // 7 % 4))

    floors = [lambda y=y: Wall((12, y)) for y in (1, 4, 7, 10)]
    assert cell_size(lambda: Walker((8, 6), 1, 3), lambda: Guest((12, 0))) == [1, 3]
    assert cell_size(lambda: Walker((8, 6), 1, 3), *floors, lambda: Guest((12, 0))) == []


def test_the_ground_is_looked_at_in_cells():
    """A walker of two columns a step, between walls of every second column: it goes by cells, and they stop it."""

    def factory():
        walls = [Wall((x, 5)) for x in range(0, 20, 2) if x != 8]
        return games.Game([Walker((8, 6), 2, 1), *walls], {"score": 0}, board_size=(20, 12))

    ground = look_at_ground(factory, list(ARROWS), reward="score", cell_size=[2, 1])
    assert ground.walks and ground.barriers == ["#"] and ground.stays
    assert not look_at_ground(factory, list(ARROWS), reward="score").walks
