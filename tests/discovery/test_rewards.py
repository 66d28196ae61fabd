"""The number that should grow is found in a game's state."""

from __future__ import annotations

import pytest

from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.discovery.rewards import find_reward, growth_of, kept_by_characters
from retro_gamer.errors import ConfigError

GROWS, FALLS, STILL = [[0, 1, 1, 3], [0, 0, 2]], [[3, 3, 2, 1], [3, 2, 2]], [[0, 0, 0], [0, 0]]
TURNS, CLOCK = [[0, 1, 2, 3], [0, 1, 2]], [[99, 98, 97, 96]]
WAVERS = [[20, 22, 19, 21, 23], [20, 19, 22]]


@pytest.mark.parametrize(
    "numbers, expected",
    [
        ({"score": STILL}, ("score", "")),
        ({"score": STILL, "reward": GROWS}, ("reward", "score")),
        ({"points": GROWS, "lives": FALLS}, ("points", "")),
        ({"score": STILL, "points": GROWS}, ("score", "points")),
        ({"gold": GROWS, "lives": STILL}, ("gold", "")),
        ({"gold": GROWS, "hp": FALLS}, ("gold", "")),
        ({"gold": STILL, "hp": FALLS}, ("gold", "")),
        ({"gold": STILL}, ("gold", "")),
        ({"fish": STILL}, ("fish", "")),
        ({"cherries": GROWS, "time": CLOCK, "energy": FALLS}, ("cherries", "")),
        ({"x": GROWS, "turn": TURNS}, ("x", "")),
        ({"coins": GROWS, "level": GROWS}, ("coins", "")),
        ({"fish": GROWS, "temperature": WAVERS}, ("fish", "")),
        ({"fish": GROWS, "missed": GROWS}, ("fish", "")),
        ({"metres": TURNS, "lives": FALLS}, ("metres", "")),
        ({"my_score": GROWS, "enemy_score": GROWS}, ("my_score", "")),
        ({"enemy_reward": GROWS}, ("enemy_reward", "")),
        ({"coins": GROWS, "wind": WAVERS, "start": STILL, "hitpoints": STILL}, ("coins", "")),
        ({"balance": FALLS}, ("balance", "")),
        ({"Punkte": FALLS, "Zeit": GROWS}, ("Punkte", "")),
        ({"punten": FALLS, "combo": GROWS}, ("punten", "")),
        ({"Level": GROWS, "HP": FALLS, "XP": GROWS}, ("XP", "")),
        ({"boxes": WAVERS, "moves": GROWS, "level": STILL}, ("boxes", "")),
        ({"fish": STILL, "worms": FALLS}, ("fish", "")),
        ({"fish": STILL, "turns": TURNS}, ("fish", "")),
        ({"myCoins": STILL, "fuel": FALLS}, ("myCoins", "")),
        ({"floor": GROWS, "lives": FALLS}, ("floor", "")),
        ({"days": TURNS, "hour": GROWS, "hunger": GROWS, "health": FALLS}, ("days", "")),
        ({"money": [[9, 4, 7, 2], [9, 3]], "rice": WAVERS, "tea": WAVERS}, ("money", "")),
        ({"strokes": GROWS, "hole": STILL, "power": WAVERS}, ("hole", "")),
        ({"pairs": GROWS, "tries": [[0, 5, 9]]}, ("pairs", "")),
        ({"cookies": [[0, 1, 2, 3, 1]], "ovens": GROWS, "price": GROWS}, ("cookies", "")),
        ({"cherries": GROWS, "record": GROWS}, ("cherries", "")),
        ({"crashed_enemies": GROWS}, ("crashed_enemies", "")),
        ({"chips": [[9, 4, 7, 2]], "hand": [[0, 3, 9, 1, 8]]}, ("chips", "")),
        ({"siege": STILL, "niederlagen": GROWS}, ("siege", "")),
        ({"geloest": STILL, "zuege": GROWS}, ("geloest", "")),
        ({"ham": GROWS, "misses": GROWS}, ("ham", "")),
        ({"ham": GROWS, "Münzen": GROWS}, ("Münzen", "")),
        ({"ham": GROWS, "muenzen": GROWS}, ("muenzen", "")),
        ({"ham": GROWS, "goldmuenzen": GROWS}, ("goldmuenzen", "")),
        ({"ham": GROWS, "schrittzaehler": GROWS}, ("ham", "")),
        ({"ham": GROWS, "strafpunkte": GROWS}, ("ham", "")),
        ({"Level": STILL}, ("Level", "")),
        ({"geschlagen": STILL, "zuege": GROWS}, ("geschlagen", "")),
        ({"geschafft": STILL, "gefressen": GROWS}, ("geschafft", "")),
        ({"age": TURNS, "food": [[7, 5, 9, 0]], "fun": [[7, 6, 8, 2]]}, ("age", "")),
        ({"age": TURNS, "food": [[7, 5, 9, 0]]}, ("food", "")),
        ({"gold": [[9, 4, 9, 2], [9, 3]], "farms": STILL}, ("gold", "")),
        ({"mine": STILL, "theirs": GROWS}, ("mine", "")),
        ({"ich": STILL, "er": GROWS}, ("ich", "")),
        ({"nous": STILL, "eux": GROWS}, ("nous", "")),
    ],
)
def test_the_reward_is_what_is_most_like_a_score(numbers, expected):
    choice = find_reward(numbers, dict.fromkeys(numbers, 0))
    assert (choice.reward, choice.score) == expected and choice.why


@pytest.mark.parametrize(
    "numbers, flag", [({}, "won"), ({"hp": FALLS, "turn": TURNS}, "Gewonnen"), ({"moves": GROWS}, "isSolved")]
)
def test_a_flag_says_whether_the_game_is_won(numbers, flag):
    choice = find_reward(numbers, {**dict.fromkeys(numbers, 0), flag: False, "lost": False})
    assert choice.reward == flag and "is won" in choice.why


def test_the_reason_is_given():
    why = find_reward({"fish": GROWS, "hp": FALLS, "turn": TURNS}, {"fish": 0, "hp": 9, "turn": 0}).why
    assert why == "because it grows with play; hp falls; turn is less like a score"


@pytest.mark.parametrize(
    "numbers, state, expected",
    [
        ({"ham": GROWS, "eggs": GROWS}, {"ham": 0, "eggs": 0}, "Its numbers are: ham, eggs."),
        ({"width": [[9, 9]]}, {"width": 9}, "Its numbers are: width."),
        # Air, which a game has most of at first.
        (
            {"eggs": STILL, "load": STILL, "air": [[9, 7, 6, 9, 7]]},
            dict(eggs=0, load=0, air=9),
            "Its numbers are: eggs, load, air.",
        ),
        ({"missed": GROWS}, {"missed": 0}, "Its numbers are: missed."),
        ({}, {"score": "0 points"}, "None of its values is a number: score = '0 points'."),
        ({}, {"lost": False}, "None of its values is a number: lost = False."),
        ({}, {}, "It is empty."),
        ({}, {"score": "0"}, "Give it one, without quotes:  Game(agents, {'score': 0})"),
        (
            {"last": GROWS, "score": GROWS},
            {"who": ""},
            "score comes only later: give the new Game that value from the start",
        ),
    ],
)
def test_otherwise_the_user_is_asked(numbers, state, expected):
    with pytest.raises(ConfigError) as caught:
        find_reward(numbers, state)
    text = str(caught.value)
    assert expected in text and any(said in text for said in ("--reward NAME", "from the start", "game.state['score'] += 1"))


def test_of_several_it_is_the_one_that_play_earns():
    played, idle = {"escaped": GROWS, "shot": GROWS}, {"escaped": GROWS, "shot": STILL}
    choice = find_reward(played, dict.fromkeys(played, 0), lambda: idle)
    assert (choice.reward, choice.why) == (
        "shot",
        "because it grows more with play than when nobody plays; escaped is less like a score",
    )


def test_of_several_it_is_the_one_that_grows_most():
    played = {"ham": GROWS, "eggs": [[10 * value for value in game] for game in GROWS]}
    choice = find_reward(played, dict.fromkeys(played, 0), lambda: {"ham": STILL, "eggs": STILL})
    assert (choice.reward, choice.why) == (
        "eggs",
        "because it grows most with play; ham is less like a score",
    )


def test_what_grows_as_much_when_nobody_plays_is_less_than_what_is_named_like_a_score():
    played = {"out": GROWS, "saved": STILL}
    choice = find_reward(played, {"out": 0, "saved": 0}, lambda: played)
    assert choice.reward == "saved"
    choice = find_reward(played, {"out": 0, "saved": 0}, lambda: {"out": STILL, "saved": STILL})
    assert choice.reward == "out"


def test_what_goes_by_itself_is_no_score():
    played = {"apples": GROWS, "apples_caught": [[0, 1, 1, 1], [0, 0, 1]]}
    idle = {"apples": GROWS, "apples_caught": [[0, 1, 1, 2], [0, 0, 0]]}
    assert find_reward(played, dict.fromkeys(played, 0), lambda: idle).reward == "apples_caught"


def test_of_several_that_play_earns_it_is_the_one_that_nothing_else_does():
    played, idle = {"healed": GROWS, "infected": GROWS}, {"healed": STILL, "infected": [[0, 1, 1, 1]]}
    choice = find_reward(played, dict.fromkeys(played, 0), lambda: idle)
    assert (choice.reward, choice.why[:31]) == ("healed", "because it only grows with play")


def test_moves_that_only_keys_make_are_no_score():
    assert find_reward({"moves": GROWS}, {"moves": 0}, lambda: {"moves": GROWS}).reward == "moves"
    with pytest.raises(ConfigError, match="Its numbers are: moves"):
        find_reward({"moves": GROWS}, {"moves": 0}, lambda: {"moves": STILL})


def test_it_says_who_keeps_a_score_for_itself():
    class Player:
        lives = 3

        def __init__(self):
            self.points = 0

    said = kept_by_characters([Player()])
    assert said.startswith(" Player keeps points for itself")
    with pytest.raises(ConfigError, match="keeps points for itself"):
        find_reward({}, {}, elsewhere=said)


def test_what_ends_the_game_is_less_like_a_score():
    played = {
        "alarm": [[0, 1, 2, 3]] * 4 + [[0]],
        "eggs": [[0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 2], [0] * 4],
    }
    assert growth_of(played["alarm"]).ends and not growth_of(played["eggs"]).ends
    choice = find_reward(played, {"alarm": 0, "eggs": 0}, lambda: {"alarm": STILL, "eggs": STILL})
    assert choice.reward == "eggs"


def test_of_two_sides_the_user_is_told():
    played, idle = (
        {"points_left": GROWS, "points_right": GROWS},
        {"points_left": STILL, "points_right": GROWS},
    )
    choice = find_reward(played, dict.fromkeys(played, 0), lambda: idle)
    assert choice.reward == "points_left"
    assert "If points_left and points_right are those of two players, name the reward and the keys of one" in choice.why


def test_what_counts_turns():
    assert growth_of(TURNS).turns_counted and growth_of(CLOCK).turns_counted
    assert not growth_of(WAVERS).turns_counted and not growth_of(STILL).turns_counted


FAR = """
from retro_gamer.games import Game
class Diver:
    name, character, position = "diver", "D", (0, 0)
    def handle_keystroke(self, key, game):
        x = self.position[0] + {"KEY_RIGHT": 1, "KEY_LEFT": -1}.get(key.name, 0)
        self.position = (max(0, min(30, x)), 0)
    def play_turn(self, game):
        if self.position[0] == 14: game.state["shells"] += 1
        if game.turn_number >= 60: game.end()
def create_game():
    return Game([Diver()], {"pearls": 0, "shells": 0}, board_size=(31, 1))
"""


def test_where_random_play_gets_nowhere_keys_are_held(tmp_path):
    (tmp_path / "far_game.py").write_text(FAR, encoding="utf-8")
    config, _, notes = choose_settings(str(tmp_path / "far_game.py"))
    assert config.metadata.reward == "shells" and "grows" in notes["metadata.reward"]
