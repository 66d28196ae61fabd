"""Finding out about a game by playing it."""

from __future__ import annotations

import itertools

import pytest
from observing import ARROWS, Hero, Piece

from retro_gamer.discovery.probing import (
    SECONDS,
    only_player,
    probe_game,
)
from retro_gamer.errors import GameError, ObservationError
from retro_gamer.games import catch, engine, snake


def factory_of(*agents, state=None, board_size=(9, 9)):
    """A factory of games with fresh agents: each given as a function that makes one."""
    return lambda: engine.Game(
        [agent() for agent in agents], dict(state or {"score": 0}), board_size=board_size
    )


# The probe


def test_what_random_play_shows():
    probe = probe_game(catch.create_game, ["KEY_LEFT", "KEY_RIGHT"], turns=330)
    assert probe.board_size == (10, 12) and probe.n_agents == 2 and sorted(probe.characters) == ["=", "o"]
    assert set(probe.histories) == {"score", "fruit"}
    assert len(probe.histories["score"]) == 4 and probe.mean_turns == 330 / 4  # the fourth has just begun
    assert [player.name for player in probe.players] == ["basket"]


def ticking(step):
    """A clock that shows 0 at first, and `step` seconds more at each look: before each turn."""
    return itertools.count(step=step).__next__


def test_how_many_turns_of_a_slow_game_were_looked_at_is_said():
    clock = ticking(SECONDS / 100.5)
    said = []
    probe = probe_game(snake.create_game, ARROWS, say=said.append, clock=clock)
    assert len(said) == 1 and "only 100 turns of random play were looked at, not 1000" in said[0]
    assert probe == probe_game(snake.create_game, ARROWS, turns=100, say=said.append)._replace(
        players=probe.players
    )
    assert len(said) == 1


def test_the_probe_is_the_same_every_time():
    one, other = (probe_game(snake.create_game, ARROWS, turns=300) for _ in range(2))
    assert one[:3] == other[:3]


def test_truth_values_are_not_numbers_that_grow():
    class Switch(Piece):
        def play_turn(self, game):
            game.state["on"] = not game.state["on"]

    assert (
        probe_game(
            factory_of(lambda: Switch("s", (0, 0)), state={"on": False, "text": "x"}), ["a"], turns=20
        ).histories
        == {}
    )


def test_a_game_that_raises_while_it_is_probed_is_blamed():
    class Fragile(Piece):
        def play_turn(self, game):
            if game.turn_number == 7:
                raise RuntimeError("broken")

    with pytest.raises(
        GameError,
        match=r"The game raised RuntimeError in turn 7 with the key 'a'.*broken\n.*test_probing.py, line",
    ):
        probe_game(factory_of(lambda: Fragile("f", (0, 0))), ["a", "a", "a", "a", "a", "a", "a"], turns=20)


def test_a_character_that_is_none_is_named():
    class Changing(Piece):
        def play_turn(self, game):
            self.character = 7

    with pytest.raises(ObservationError, match="'ghost' is drawn as 7"):
        probe_game(factory_of(lambda: Changing("f", (0, 0), name="ghost")), ["a"], turns=20)


# The player


def test_only_player():
    assert only_player([]) == ""
    assert only_player([Hero("h", (0, 0), name="hero")]) == "hero"
    assert only_player([Hero("h", (0, 0)), Hero("h", (1, 0))]) == "Hero"
    with pytest.raises(GameError, match="Several characters listen to keys: one, Hero."):
        only_player([Hero("h", (0, 0), name="one"), Hero("h", (1, 0))])
