"""Numbers of the state that the board does not show are observed."""

from __future__ import annotations

import pytest

from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.discovery.state_numbers import MOST, changing_numbers, not_shown, says_which

GAME = """
from random import random, randint
from retro_gamer.games import Game
class Kettle:
    name, character, position = "kettle", "K", (4, 4)
    def handle_keystroke(self, key, game):
        if key.name == "KEY_UP": game.state["heat"] += 1.5
        if key.name == "KEY_LEFT" and self.position[0] > 0: self.position = (self.position[0] - 1, 4)
        if key.name == "KEY_RIGHT" and self.position[0] < 8: self.position = (self.position[0] + 1, 4)
    def play_turn(self, game):
        state = game.state
        state["heat"] *= 0.95
        state["turn"] += 1
        state["time"] -= 1
        state["x"] = self.position[0]
        state["double"] = 2 * self.position[0]
        if state["heat"] > 20: state["score"] += 1; state["points"] = state["score"]; state["boiled"] += 1
        if game.turn_number >= 60: game.end()
def create_game():
    return Game([Kettle()], {"score": 0, "heat": 15.0, "turn": 0, "time": 60, "boiled": 0, "still": 7, "x": 4,
                         "double": 8, "who": "me"},
                board_size=(9, 9))
"""


@pytest.fixture
def game(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kettle_game.py").write_text(GAME, encoding="utf-8")
    yield "kettle_game.py"
    import sys

    sys.modules.pop("kettle_game", None)


def test_a_number_that_the_board_does_not_show_is_observed(game):
    config, messages, notes = choose_settings(game)
    assert "heat" in config.preprocessing.observe_state
    assert not {"score", "turn", "time", "boiled", "still", "who"} & set(config.preprocessing.observe_state)
    assert "Also observed" in "\n".join(messages) and "preprocessing.observe_state" in notes


def test_what_the_board_shows_is_not(game):
    config, _, _ = choose_settings(game, {"board": True})
    assert config.preprocessing.observe_state == ["heat"]


def test_distances_are_told_by_the_radar(game, tmp_path):
    pot = 'class Pot:\n    character, position = "p", (2, 7)\n'
    source = GAME.replace("class Kettle", pot + "class Kettle").replace("[Kettle()]", "[Kettle(), Pot()]")
    (tmp_path / game).write_text(source.replace("= 2 * self.position[0]", "= (2 - self.position[0]) / 9"))
    assert choose_settings(game)[0].preprocessing.observe_state == ["heat"]


@pytest.mark.parametrize("goes", [True, False])
def test_who_never_goes_nearer_sees_distances_as_numbers_too(game, tmp_path, goes):
    pot = """class Pot:
    character, position = "p", (2, 7)
    def play_turn(self, game):
        self.position = (randint(0, 30), 7)
        game.state["double"] = 2 * (self.position[0] - game.get_agent_by_name("kettle").position[0])
"""
    source = GAME.replace("class Kettle", pot + "class Kettle").replace("[Kettle()]", "[Kettle(), Pot()]")
    source = source.replace("(9, 9)", "(31, 9)")
    if not goes:
        source = source.replace("self.position[0] - 1", "self.position[0]").replace("self.position[0] + 1", "4")
    (tmp_path / game).write_text(source)
    assert ("double" not in choose_settings(game)[0].preprocessing.observe_state) == goes


def test_what_is_no_number_at_times_is_not_observed(game):
    config, _, _ = choose_settings(game, {"board": True, "observe_state": []})
    assert not_shown(config, ["heat", "nowhere"]) == ["heat"]


@pytest.mark.parametrize(
    "turn, seen",
    [
        ('"hot" if state["heat"] > 10 and state["turn"] % 3 else ""', True),
        ('"abc"[state["turn"] // 20]', True),
        ("f\"heat: {state['heat']}\"", False),  # it is hardly ever the same
        ('"over" if game.turn_number >= 60 else "me"', False),
        ('"begun"', False),
        ('"cut" if self.position[0] < 1 or state["who"] == "cut" else "me"', True),  # each game goes on with it
        ('("12", "abc", "", "x")[randint(0, 3)]', False),  # digits are no word: training would refuse them
        ('(12, "abc", "", "x")[randint(0, 3)]', False),  # nor is a number
        ('("abc", "12")[state["turn"] == 3]', False),
    ],
)
def test_a_word_that_is_one_of_a_few_is_observed(game, tmp_path, turn, seen):
    (tmp_path / game).write_text(
        GAME.replace("        state = game.state\n", f"        state = game.state\n        state['who'] = {turn}\n")
    )
    assert ("who" in choose_settings(game)[0].preprocessing.observe_state) == seen


def test_that_games_begin_alike_says_nothing(game, tmp_path):
    noise = """class Noise:
    character = "~"
    def __init__(self): self.position = (0, 0)
    def play_turn(self, game):
        if game.turn_number > 12: self.position = (randint(0, 8), randint(0, 8))
        if game.turn_number > 40 and random() < 0.2: game.state["lives"] -= 1
"""
    source = GAME.replace("class Kettle", noise + "class Kettle").replace("[Kettle()]", "[Kettle(), Noise(), Noise()]")
    (tmp_path / game).write_text(source.replace('"still": 7', '"lives": 3'))
    config, _, _ = choose_settings(game, {"board": True, "observe_state": []})
    assert not_shown(config, ["lives"]) == ["lives"]


def test_that_it_stays_for_a_while_says_nothing(game, tmp_path):
    """Then the same is seen twice in a row, with the same number."""
    noise = """class Noise:
    character = "~"
    def __init__(self): self.position = (0, 0)
    def play_turn(self, game):
        if game.turn_number % 5 == 0: self.position = (randint(0, 8), randint(0, 8))
"""
    source = GAME.replace("class Kettle", noise + "class Kettle").replace("[Kettle()]", "[Kettle(), Noise(), Noise()]")
    source = source.replace('state["turn"] += 1', 'state["load"] = game.turn_number // 15 % 2')
    (tmp_path / game).write_text(source.replace('"still": 7', '"load": 0'))
    config, _, _ = choose_settings(game, {"board": True, "observe_state": []})
    assert not_shown(config, ["load"]) == ["load"]


def test_what_was_named_stays(game):
    assert choose_settings(game, {"observe_state": []})[0].preprocessing.observe_state == []
    assert choose_settings(game, {"observe_state": ["turn"]})[0].preprocessing.observe_state == ["turn"]


def test_a_table_has_no_numbers(game):
    assert choose_settings(game, {"algorithm": "q_learning"})[0].preprocessing.observe_state == []


def test_what_changes_and_does_not_only_count():
    wavers = [[3.0, 4.0, 2.0, 5.0], [3.0, 3.0, 1.0]]
    histories = {
        "score": [[0, 1, 1, 3], [0, 0, 2]],
        "points": [[5, 6, 6, 8], [5, 5, 7]],  # changes as the score does
        "turn": [[0, 1, 2, 3], [0, 1, 2]],
        "left": [[9, 8, 7, 6], [9, 8, 7]],
        "asked": [[0, 1, 1, 2], [0, 1, 2]],  # only ever grows
        "flying": [[0, 0, 1, 1], [0, 0, 0]],  # a switch
        "lives": [[3, 3, 2, 1], [3, 3, 2]],
        "speed": wavers,
        "same": [[value for value in game] for game in wavers],
        "late": [[1.0, 0.0], [2.0]],
        "still": [[7] * 4, [7] * 3],
        "wind": [[4] * 4, [2] * 3],  # drawn for each game
        "slope": [[1] * 4, [3] * 3],
        "goal": [[15, 15, 21, 21], [9, 12, 12]],  # drawn anew when it is met, by chance only ever larger
    }
    found = ["flying", "lives", "speed", "wind", "slope", "goal"]
    assert changing_numbers(histories, list(histories), ["score"]) == found


def test_a_tank_that_is_filled_now_and_then_and_ends_games_is_no_clock():
    falls = [float(n) for n in range(40, 0, -1)]
    tank, long = [*falls[:20], *falls], [*falls, *falls[:20]]
    histories = {"fuel": [tank], "hunger": [[-n for n in tank]], "energy": [long], "left": [[*falls, *range(0, -20, -1)]]}
    assert changing_numbers(histories, list(histories), []) == ["fuel", "hunger"]


def test_what_is_saved_up_and_spent_is_no_clock():
    saves = [float(n % 50) for n in range(120)]
    histories = {"sun": [saves], "clock": [[float(n) for n in range(120)]], "energy": [[-n for n in saves]]}
    assert changing_numbers(histories, list(histories), []) == ["sun"]


def test_a_number_that_jumps_among_a_few_says_which(game, tmp_path):
    (tmp_path / game).write_text(
        GAME.replace('state["turn"] += 1', 'state["who"] = (4, 0, 2)[randint(0, 2)]').replace('"me"', "0")
    )
    seen = choose_settings(game)[0].preprocessing.observe_state
    assert [name for name in seen if name.startswith("who")] == ["who", "who (which)"] and "heat (which)" not in seen
    assert choose_settings(game, {"observe_state": ["who (which)"]})[0].preprocessing.observe_state == ["who (which)"]
    assert says_which([[0, 3, 0, 2, 0, 1, 0]]) and not says_which([[3, 2, 1, 0]]) and not says_which([[0, 5, 0, 5]])


def test_there_is_a_limit():
    histories = {f"n{i}": [[0.0, float(i + 1), 0.0]] for i in range(40)}
    assert len(changing_numbers(histories, list(histories), [])) == MOST


def test_flags_are_observed_but_for_those_that_end_the_game():
    histories = {"has_key": [[False, True, True], [False]], "lost": [[False, False, True], [False]]}
    assert changing_numbers(histories, list(histories), []) == ["has_key"]
