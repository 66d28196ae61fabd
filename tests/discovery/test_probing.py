"""Finding out about a game by playing it."""

from __future__ import annotations

import importlib
import itertools
import random
import time

import pytest
from observing import ARROWS, HAVE_RETRO, Hero, Piece, needs_retro

from retro_gamer.discovery import probing
from retro_gamer.discovery.probing import (
    OTHER_KEYS,
    SECONDS,
    find_actions,
    find_reward,
    only_player,
    probe_game,
)
from retro_gamer.errors import ConfigError, GameError, ObservationError
from retro_gamer.games import catch, engine, forager, snake


def factory_of(*agents, state=None, board_size=(9, 9)):
    """A factory of games with fresh agents: each given as a function that makes one."""
    return lambda: engine.Game(
        [agent() for agent in agents], dict(state or {"score": 0}), board_size=board_size
    )


class Listener(Piece):
    """Calls a function with each key that is in its list."""

    def __init__(self, keys, function):
        super().__init__("L", (4, 4))
        self.keys, self.function = set(keys), function

    def handle_keystroke(self, keystroke, game):
        if (keystroke.name or str(keystroke)) in self.keys:
            self.function(self, game)


def listening(keys, function):
    return factory_of(lambda: Listener(keys, function), lambda: Hero("h", (2, 2)))


# Keys


@pytest.mark.parametrize(
    "create_game, actions",
    [
        (snake.create_game, ARROWS),
        (forager.create_game, ARROWS),
        (catch.create_game, ("KEY_RIGHT", "KEY_LEFT")),
    ],
    ids=["snake", "forager", "catch"],
)
def test_the_keys_of_the_bundled_games(create_game, actions):
    assert find_actions(create_game) == list(actions)


@needs_retro
@pytest.mark.parametrize("name, actions", [("snake", ARROWS), ("nav", ("KEY_RIGHT", "KEY_LEFT"))])
def test_the_keys_of_the_examples(name, actions):
    assert find_actions(importlib.import_module(f"retro.examples.{name}").create_game) == list(actions)


@needs_retro
def test_the_keys_of_an_example_with_many_characters(monkeypatch):
    monkeypatch.setattr(probing, "OTHER_KEYS", (" ", "w", "q"))
    assert find_actions(importlib.import_module("retro.examples.beast").create_game) == list(ARROWS)


def score(agent, game):
    game.state["score"] += 1


def test_a_space_bar_is_found():
    assert find_actions(listening([" "], score)) == [*ARROWS, " "]


def test_a_digit_is_found():
    assert find_actions(listening("7", score)) == [*ARROWS, "7"]


def test_of_two_keys_that_do_the_same_the_first_is_taken():
    assert find_actions(listening([" ", "KEY_ENTER", "x"], score)) == [*ARROWS, " "]


def test_a_key_that_ends_the_game_is_left_out():
    assert find_actions(listening("q", lambda agent, game: game.end())) == list(ARROWS)


def test_a_key_that_leaves_the_program_is_left_out():
    def leave(agent, game):
        raise SystemExit

    assert find_actions(listening("q", leave)) == list(ARROWS)


class ShortLived(Hero):
    def play_turn(self, game):
        if game.turn_number == 12:
            game.end()


def test_a_key_that_ends_the_game_is_left_out_of_short_games_too():
    create_game = factory_of(
        lambda: Listener("q", lambda agent, game: game.end()), lambda: ShortLived("h", (2, 2))
    )
    assert find_actions(create_game) == list(ARROWS)


def test_an_arrow_that_may_end_the_game_is_a_key_of_the_game():
    class Cliff(Piece):
        def handle_keystroke(self, keystroke, game):
            if keystroke.name == "KEY_UP":
                game.end()
            elif keystroke.name == "KEY_DOWN":
                game.state["score"] += 1

    assert find_actions(factory_of(lambda: Cliff("c", (0, 0)))) == ["KEY_UP", "KEY_DOWN"]


def test_what_a_key_changes_need_not_be_on_the_board():
    class Planner(Piece):
        def handle_keystroke(self, keystroke, game):
            if keystroke.name == "KEY_UP":
                self.plans = self.plans + [keystroke.name]

        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.plans = []

    assert find_actions(factory_of(lambda: Planner("p", (0, 0)))) == ["KEY_UP"]


def test_a_game_without_keys_asks_for_them():
    with pytest.raises(
        ConfigError, match="No key that was tried changes this game(.|\n)*--actions KEY_LEFT,KEY_RIGHT"
    ):
        find_actions(factory_of(lambda: Piece("p", (0, 0))))


@pytest.mark.parametrize(
    "draw",
    [random.Random().random, time.perf_counter_ns, itertools.count().__next__],
    ids=["own generator", "clock", "counter"],
)
def test_a_game_that_never_plays_the_same_way_asks_for_its_keys(draw):
    class Moody(Hero):
        def play_turn(self, game):
            game.state["score"] = draw()

    with pytest.raises(
        ConfigError, match="never plays the same way twice(.|\n)*--actions KEY_LEFT,KEY_RIGHT"
    ):
        find_actions(factory_of(lambda: Moody("m", (0, 0))))


def test_numpys_generator_is_seeded_too():
    np = pytest.importorskip("numpy")

    class Moody(Hero):
        def play_turn(self, game):
            game.state["score"] = float(np.random.rand())

    assert find_actions(factory_of(lambda: Moody("m", (4, 4)))) == list(ARROWS)


def test_a_game_that_raises_for_keys_not_its_own_is_named_with_the_key():
    class Strict(Piece):
        def handle_keystroke(self, keystroke, game):
            self.position = {"KEY_LEFT": (0, 0), "KEY_RIGHT": (1, 0)}[keystroke.name]

    with pytest.raises(GameError) as caught:
        find_actions(factory_of(lambda: Strict("s", (0, 0)), board_size=(2, 2)))
    text = str(caught.value)
    assert (
        "The game raised" in text
        and "with the key" in text
        and "--actions" in text
        and "test_probing.py, line" in text
    )


def ticking(step):
    """A clock that shows 0 at first, and `step` seconds more at each look: before each key, before each turn."""
    return itertools.count(step=step).__next__


@pytest.mark.parametrize("tried", [0, 1, 5])
def test_which_keys_of_a_slow_game_were_not_tried_is_said(tried):
    clock = ticking(SECONDS / (tried + 0.5))
    said = []
    assert (
        find_actions(listening(OTHER_KEYS, score), said.append, clock) == [*ARROWS, *OTHER_KEYS[:tried]][:5]
    )
    (untried,) = said
    assert ", ".join(map(repr, OTHER_KEYS[tried:])) + "." in untried
    assert not any(f" {key!r}" in untried for key in (*ARROWS, *OTHER_KEYS[:tried]))
    assert "This game is slow" in untried and "--actions KEY_LEFT,KEY_RIGHT" in untried


def test_a_slow_game_without_a_key_that_works_says_which_were_not_tried():
    clock = ticking(SECONDS)
    with pytest.raises(ConfigError, match="No key that was tried(.|\n)*were not tried: ' ', 'KEY_ENTER', "):
        find_actions(factory_of(lambda: Piece("p", (0, 0))), clock=clock)


def test_the_keys_that_are_found_do_not_depend_on_the_machine():
    said = []
    clock = ticking(SECONDS / (len(OTHER_KEYS) + 1))  # a machine that is just fast enough
    assert find_actions(listening("9", score), said.append, clock) == [*ARROWS, "9"] and not said


# The reward


@pytest.mark.parametrize(
    "numbers, expected",
    [
        ({"score": 3}, ("score", "")),
        ({"score": 0, "reward": 9}, ("reward", "score")),
        ({"points": 1, "lives": 2}, ("points", "")),
        ({"score": 0, "points": 1}, ("score", "points")),
        ({"gold": 5, "lives": 0}, ("gold", "")),
        ({"score": 0}, ("score", "")),
    ],
)
def test_the_reward_is_the_usual_name_or_the_only_number_that_changes(numbers, expected):
    assert find_reward(numbers, list(numbers)) == expected


@pytest.mark.parametrize(
    "numbers, state, expected",
    [
        ({"gold": 5, "fuel": 9}, ["gold", "fuel"], "Its numbers are: gold, fuel."),
        ({"gold": 0}, ["gold"], "Its numbers are: gold."),
        ({}, ["message"], "Its values are: message."),
        ({}, [], "Its values are: none."),
    ],
)
def test_otherwise_the_user_is_asked(numbers, state, expected):
    with pytest.raises(ConfigError) as caught:
        find_reward(numbers, state)
    assert expected in str(caught.value) and "--reward NAME" in str(caught.value)


# The probe


def test_what_random_play_shows():
    probe = probe_game(catch.create_game, ["KEY_LEFT", "KEY_RIGHT"], turns=330)
    assert probe.board_size == (10, 12) and probe.n_agents == 2 and sorted(probe.characters) == ["=", "o"]
    assert (
        probe.numbers == {"score": 30, "fruit": 30} and probe.mean_turns == 330 / 4
    )  # the fourth has just begun
    assert [player.name for player in probe.players] == ["basket"] and 0.02 < probe.filled < 0.04


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
    assert one[:5] == other[:5]


def test_truth_values_are_not_numbers_that_grow():
    class Switch(Piece):
        def play_turn(self, game):
            game.state["on"] = not game.state["on"]

    assert (
        probe_game(
            factory_of(lambda: Switch("s", (0, 0)), state={"on": False, "text": "x"}), ["a"], turns=20
        ).numbers
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


def test_probing_needs_no_retro_games():
    assert HAVE_RETRO or find_actions(snake.create_game) == list(ARROWS)
