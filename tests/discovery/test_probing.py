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
    return lambda: engine.Game([agent() for agent in agents], dict(state or {"score": 0}), board_size=board_size)


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
    of_100 = probe_game(snake.create_game, ARROWS, turns=100, say=said.append)
    assert probe == of_100._replace(players=probe.players, sides=probe.sides)
    assert len(said) == 1


def test_the_probe_is_the_same_every_time():
    one, other = (probe_game(snake.create_game, ARROWS, turns=300) for _ in range(2))
    assert one[:3] == other[:3]


def test_truth_values_are_noted_as_numbers():
    class Switch(Piece):
        def play_turn(self, game):
            game.state["on"] = not game.state["on"]

    create_game = factory_of(lambda: Switch("s", (0, 0)), state={"on": False, "text": "x"})
    assert probe_game(create_game, ["a"], turns=3).histories == {"on": [[0, 1, 0, 1]]}


def test_the_player_is_who_listens_in_most_turns():
    class Entry(Piece):
        def handle_keystroke(self, keystroke, game):
            game.remove_agent(self)
            game.add_agent(Hero("h", (2, 2)))

    probe = probe_game(factory_of(lambda: Entry("e", (0, 0))), ARROWS, turns=60)
    assert [type(player).__name__ for player in probe.players] == ["Hero"]


def test_where_nothing_ever_moves_nobody_is_the_player():
    class Dial(Piece):
        def handle_keystroke(self, keystroke, game):
            self.character = str(keystroke)

    alone = probe_game(factory_of(lambda: Dial("0", (0, 0))), "123", turns=20)
    beside = probe_game(factory_of(lambda: Dial("0", (0, 0)), lambda: Piece("?", (1, 1))), "123", turns=20)
    assert alone.players and not beside.players


@pytest.mark.parametrize("own, telling", [(("red", "green"), {"Hero"}), (("red", "blue"), set()), (("red",), set())])
def test_characters_in_several_colors(own, telling):
    class Chameleon(Hero):
        name = "Hero"

        def play_turn(self, game):
            self.color = own[game.turn_number % len(own)]

    def colored(piece, color):
        piece.color = color
        return piece

    def apple(color):
        return colored(Piece("o", (1, 1)), color)

    pieces = (
        lambda: Chameleon("h", (2, 2)),
        *[lambda: apple("red")] * 2,
        lambda: apple("green"),
        *(lambda color=color: colored(Piece("g", (3, 3)), color) for color in ("red", "blue")),
    )
    probe = probe_game(factory_of(*pieces), ARROWS, turns=50)
    seen = {"o": ["green", "red"]}
    assert probe.colored == ({**seen, "h": ["green", "red"]} if telling else seen) and probe.telling == telling


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


class Letter(Piece):
    """Falls, and listens."""

    def handle_keystroke(self, keystroke, game):
        game.state["score"] += keystroke == self.character

    def play_turn(self, game):
        x, y = self.position
        self.position = (x, y + 1)
        if y == 6:
            game.remove_agent(self)


class Maker:
    display, n = False, 0

    def play_turn(self, game):
        if game.turn_number % 3 == 1:
            game.add_agent(Letter("ab"[game.turn_number % 2], (4, 0)))


def test_of_those_that_come_and_go_none_is_the_player():
    probe = probe_game(lambda: engine.Game([Maker()], {"score": 0}, board_size=(9, 9)), ["a", "b"], turns=50)
    assert probe.players == []


def test_a_character_may_be_drawn_as_the_key_that_was_pressed():
    class Hand(Piece):
        def handle_keystroke(self, keystroke, game):
            self.character = keystroke

    probe = probe_game(lambda: engine.Game([Hand("?", (1, 1))], {"score": 0}, board_size=(3, 3)), ["r", "s"])
    assert {type(shown) for shown in probe.characters} == {str}
