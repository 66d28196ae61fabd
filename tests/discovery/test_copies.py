"""A game that is slow to make is made once, and copies of it are tried out."""

from __future__ import annotations

import itertools
import threading

import pytest
from observing import Hero, Piece

from retro_gamer.discovery.choose_settings import _file_of
from retro_gamer.discovery.copies import is_copied, made_once
from retro_gamer.discovery.keys import find_actions
from retro_gamer.games import engine


def ticking(seconds):
    return itertools.count(step=seconds).__next__


def counted(make):
    """A factory that counts its games."""
    made = []

    def create_game():
        made.append(1)
        return make()

    return create_game, made


def two_pieces():
    return engine.Game([Hero("h", (2, 2)), Piece("p", (5, 5))], {"score": 0}, board_size=(9, 9))


def test_a_slow_game_is_made_once():
    create_game, made = counted(two_pieces)
    said = []
    copies = made_once(create_game, said.append, ticking(13.0))
    assert find_actions(copies) == find_actions(two_pieces) and len(made) == 1
    assert said == ["It takes 13 seconds to make this game: one was made, and copies of it were tried out."]
    one, other = copies(), copies()
    assert one is not other and not set(map(id, one.agents)) & set(map(id, other.agents))
    assert copies.__name__ == "create_game" and is_copied(copies) and not is_copied(create_game)


def test_a_game_that_is_quick_to_make_is_made_anew():
    said = []
    assert made_once(two_pieces, said.append, ticking(0.1)) is two_pieces and not said


class Follower(Piece):
    def play_turn(self, game):
        self.position = leader[-1].position  # of the last game that was made, not of this one


class Locked(Piece):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lock = threading.Lock()  # cannot be copied


leader = []


def with_a_leader_outside():
    leader.append(Hero("h", (2, 2)))
    return engine.Game([leader[-1], Follower("f", (0, 0))], {"score": 0}, board_size=(9, 9))


def locked():
    return engine.Game([Hero("h", (2, 2)), Locked("l", (0, 0))], {"score": 0}, board_size=(9, 9))


@pytest.mark.parametrize("create_game", [with_a_leader_outside, locked])
def test_a_game_whose_copy_would_play_differently_is_made_anew(create_game):
    said = []
    assert made_once(create_game, said.append, ticking(13.0)) is create_game and not said


def test_where_the_game_is_written_stays_known():
    copies = made_once(counted(two_pieces)[0], clock=ticking(13.0))
    assert _file_of(copies) == __file__
