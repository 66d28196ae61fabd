"""The mistakes that pupils make: each is named, with its line where there is one, and with what to do."""

from __future__ import annotations

import linecache
import os
import sys
import textwrap
import threading
import zipfile
from pathlib import Path

import pytest
from calling import from_the_library
from observing import Hero, Piece

from retro_gamer.cli import main
from retro_gamer.commands.create import create_run
from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.new_games import refuse_used_games
from retro_gamer.environment.runner import LARGEST, advice_in_turn
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, GameError
from retro_gamer.games import engine
from retro_gamer.hosting import patience
from retro_gamer.hosting.loading import load_factory, parse_game
from retro_gamer.hosting.patience import describe, telling_when_slow
from retro_gamer.hosting.supervision import supervised

PLAYER = """
from random import randint
from retro_gamer.games import Game
class Player:
    name, character = "player", "P"
    def __init__(self): self.position = (5, 5)
    def handle_keystroke(self, key, game):
        x, y = self.position
        if key.name == "{left}" and x > 0: self.position = (x - 1, y)
        if key.name == "{right}" and x < 9: self.position = (x + 1, y)
    def play_turn(self, game):
        {turn}
class Apple:
    name, character = "apple", "o"
    def __init__(self): self.position = (randint(0, 9), 0)
    def play_turn(self, game):
        x, y = self.position
        self.position = (x, y + 1) if y < 9 else (randint(0, 9), 0)
"""
MAKE = "def create_game():\n    return Game([Player(), Apple()], {state}, board_size=(10, 10))\n"
COUNT = 'game.state["score"] += self.position[0] == 5'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    forget_games()


def forget_games():
    """The next game may have the name of one that was imported."""
    here = str(Path.cwd())
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(here):
            del sys.modules[name]
    linecache.clearcache()


def write(name, make=MAKE, turn=COUNT, left="KEY_LEFT", right="KEY_RIGHT", state='{"score": 0}'):
    source = PLAYER.format(turn=turn, left=left, right=right) + make.replace("{state}", state)
    Path(f"{name}.py").write_text(source)
    return f"{name}.py"


def said(game, **flags):
    return "\n".join(choose_settings(game, flags)[1])


def refused(game, **flags):
    with pytest.raises((GameError, ConfigError)) as caught, supervised():
        choose_settings(game, flags)
    return str(caught.value)


# Games that are not new


ONE_GAME = "game = Game([Player(), Apple()], {state}, board_size=(10, 10))\ndef create_game(): return game\n"
SHARED = "player, apple = Player(), Apple()\ndef create_game(): return Game([player, apple], {state}, board_size=(10, 10))\n"
ONE_SHARED = "player = Player()\ndef create_game(): return Game([player, Apple()], {state}, board_size=(10, 10))\n"
PUT_BACK = (
    "player, apple = Player(), Apple()\ndef create_game():\n    player.__init__(); apple.__init__()\n"
    "    return Game([player, apple], {state}, board_size=(10, 10))\n"
)


@pytest.mark.parametrize("flags", [{}, {"actions": ["KEY_LEFT", "KEY_RIGHT"]}], ids=["found", "named"])
@pytest.mark.parametrize(
    "make, what",
    [
        (ONE_GAME, "the same game"),
        (SHARED, "the same characters (Apple, Player)"),
        (ONE_SHARED, "the same characters (Player)"),
    ],
    ids=["game", "characters", "one character"],
)
def test_what_was_played_before_is_no_new_game(make, what, flags):
    text = refused(write("used", make), **flags)
    assert what in text and "used.py, line" in text and "Make the game and all its characters inside" in text


def test_characters_that_are_put_back_are_as_good_as_new():
    assert "Seen from player" in said(write("put_back", PUT_BACK))


@pytest.mark.parametrize("make", [ONE_GAME, SHARED], ids=["game", "characters"])
def test_a_training_finds_them_too(make):
    game = write("used_later", MAKE)
    config, _, _ = choose_settings(game, {"max_turns_per_episode": 20})
    Path(game).write_text(
        PLAYER.format(turn=COUNT, left="KEY_LEFT", right="KEY_RIGHT") + make.replace("{state}", '{"score": 0}')
    )
    forget_games()
    environment = make_environment(config, Vocabulary([], grows=True))
    environment.reset(0)
    for _ in range(20):
        environment.step(0)
    with pytest.raises(GameError, match="Make the game and all its characters inside"):
        environment.reset(1)


def test_looking_for_them_draws_nothing():
    import random

    import numpy as np

    random.seed(5), np.random.seed(5)
    refuse_used_games(lambda: engine.Game([Hero("h", (2, 2))], {"score": 0}, board_size=(9, 9)), ["KEY_UP"])
    one = random.random(), np.random.rand()
    random.seed(5), np.random.seed(5)
    assert one == (random.random(), np.random.rand())


def test_what_differs_between_two_games_is_named():
    count = "n = [0]\ndef create_game():\n    n[0] += 1\n    game = Game([Player()], {state}, board_size=(10, 10))\n"
    text = said(write("counting", count + "    game.state['round'] = n[0]\n    return game\n"))
    assert "never plays the same way twice" in text and "state['round'] is another" in text


def test_what_a_class_keeps_is_told_where_keys_are_named():
    kept = MAKE + "Player.trail = []\n"
    game = write("keeping", kept, turn='self.trail.append(1); game.state["score"] = len(self.trail)')
    text = said(game, actions=["KEY_LEFT"])
    assert "state['score'] is another" in text and "such as a list in a class" in text
    assert "is another" not in said(write("forgetting"), actions=["KEY_LEFT"])


# Errors in a turn


def test_a_missing_state_value_is_no_matter_of_keys():
    text = refused(write("missing", turn='game.state["score"] += 1', state="{}"))
    assert "KeyError" in text and "{'score': 0}" in text and "not one of the game's" not in text


@pytest.mark.parametrize("asked, told", [("game.state[self.name]", True), ('{"a": 1}["b"]', False)])
def test_a_key_error_in_a_line_with_the_state_is_of_the_state_or_not(asked, told):
    text = refused(write("summing", turn=f'game.state["score"] += {asked}'))
    assert "KeyError" in text and ("The game's state has no 'player'" in text) == told
    assert told or "Give the new Game that value" not in text


def test_a_question_to_nobody_is_no_matter_of_keys():
    text = refused(write("asking", turn='input("Go on?")'))
    assert "EOFError" in text and "input() gets no answer" in text and "not one of the game's" not in text


def test_other_errors_in_a_turn_are_no_matter_of_keys_either():
    text = refused(write("dividing", turn="1 / (self.position[0] - 6)"))
    assert "ZeroDivisionError" in text and "not one of the game's" not in text


def test_an_error_over_a_key_is():
    Path("strict.py").write_text(
        PLAYER.format(turn=COUNT, left="KEY_LEFT", right="KEY_RIGHT").replace(
            "x, y = self.position\n        if key",
            'x, y = self.position\n        {"KEY_LEFT": 1}[key.name]\n        if key',
            1,
        )
        + MAKE.replace("{state}", '{"score": 0}')
    )
    text = said("strict.py")
    assert "KeyError" in text and "strict.py, line" in text and "Left out" in text
    text = refused("strict.py", actions=["KEY_LEFT", "KEY_RIGHT"])
    assert "KeyError" in text and "If this key is not one of the game's" in text


def test_a_key_error_elsewhere_gets_no_advice_about_the_state():
    game = engine.Game([Hero("h", (2, 2))], {"score": 0}, board_size=(9, 9))
    try:
        {"a": 1}["b"]
    except KeyError as error:
        assert advice_in_turn(error, game) == ""


# The reward


def test_a_reward_that_never_changes_is_told():
    text = said(write("still", turn="pass"))
    assert "state['score'] never changed" in text and "still.py" in text
    assert "never changed" not in said(write("moving"))


def test_a_reward_that_doubles_is_refused():
    text = refused(write("doubling", turn='game.state["score"] = 2 * game.state["score"] + 1'))
    assert "state['score'] grows without end" in text and "double every turn" in text


@pytest.mark.parametrize("value", [2**53, -(2**60), 1e16, 2.0**53])
def test_numbers_beside_which_a_point_is_nothing(value):
    game = engine.Game([Hero("h", (2, 2))], {"score": 0}, board_size=(9, 9))
    from retro_gamer.config.settings import MetadataSettings

    environment = RetroEnvironment(lambda: game, MetadataSettings(actions=["a"], reward="score"), None, lambda game: [0.0])
    environment.reset()
    game.state["score"] = LARGEST - 1
    environment.play_turn(None)
    game.state["score"] = value
    with pytest.raises(GameError, match="grows without end"):
        environment.play_turn(None)


def test_a_reward_that_comes_later_is_refused_at_once():
    text = refused(write("late", turn='game.state["level"] = 1', state='{"who": "me"}'))
    assert "no number that could grow" in text and "{'level': 0}" in text


def test_no_game_that_is_over_within_the_trial_has_no_length():
    text = said(write("long"))
    assert "no random game was over within the 1000 turns" in text and "random games last" not in text
    assert "random games last" in said("catch")


# Keys


def test_a_key_by_a_wrong_name_is_corrected():
    text = refused(write("wrong", left="LEFT", right="RIGHT"))
    assert "compares with 'LEFT'" in text and "did you mean 'KEY_LEFT'?" in text and "wrong.py, line 7" in text
    assert "--actions" not in text  # that would be of no use


def test_keys_that_are_named_and_do_nothing_are_told():
    text = said(write("wrong_too", left="LEFT", right="RIGHT"), actions=["KEY_LEFT", "KEY_RIGHT"])
    assert "no key does anything" in text and "did you mean 'KEY_LEFT'?" in text
    assert "no key does" not in said(write("right"), actions=["KEY_LEFT"])


def test_nobody_listens():
    make = "del Player.handle_keystroke\n" + MAKE
    assert "No character of a new game has a method handle_keystroke" in refused(write("deaf", make))


MENU = """
class Menu:
    display, name = False, "menu"
    def handle_keystroke(self, key, game):
        if key.name == "KEY_ENTER": game.remove_agent(self); game.add_agent(Player())
def create_game(): return Game([Menu()], {state}, board_size=(10, 10))
"""


def test_a_player_behind_a_menu_is_found_and_trained():
    config, messages, _ = choose_settings(write("menu", MENU), {})
    assert config.metadata.actions == ["KEY_RIGHT", "KEY_LEFT", "KEY_ENTER"] and config.metadata.player == "player"
    make_environment(config, Vocabulary([], grows=True)).reset(0)  # which was refused


def test_a_player_that_never_comes_is_refused():
    config, _, _ = choose_settings(write("menu_again", MENU), {})
    config = config.with_settings({"actions": ["KEY_LEFT"]})
    with pytest.raises(ConfigError, match="no character on the board has handle_keystroke"):
        make_environment(config, Vocabulary([], grows=True))


# Two players


DUEL = """
from random import randint
from retro_gamer.games import Game
class Player:
    def __init__(self, name, position, keys, score):
        self.name, self.character, self.position, self.keys, self.score = name, name[0], position, keys, score
    def handle_keystroke(self, key, game):
        k = key.name or str(key)
        if k in self.keys:
            dx, dy = [(0, -1), (-1, 0), (0, 1), (1, 0)][self.keys.index(k)]
            to = (self.position[0] + dx, self.position[1] + dy)
            if game.on_board(to): self.position = to
    def play_turn(self, game):
        if game.turn_number % 5 == 0: game.state[self.score] += randint(0, 1)
def create_game():
    return Game([Player("{one}", (0, 5), list("wasd"), "{s1}"),
                 Player("{two}", (15, 5), ["KEY_UP", "KEY_LEFT", "KEY_DOWN", "KEY_RIGHT"], "{s2}")],
                {state}, board_size=(16, 10))
"""


def duel(one, two, s1, s2):
    state = "{%r: 0, %r: 0}" % (s1, s2) if s1 != s2 else "{%r: 0}" % s1
    text = DUEL.replace("{one}", one).replace("{two}", two).replace("{s1}", s1).replace("{s2}", s2)
    Path("duel.py").write_text(text.replace("{state}", state))
    return "duel.py"


@pytest.mark.parametrize(
    "one, two, s1, s2",
    [
        ("Player 1", "Player 2", "score1", "score2"),
        ("Red", "Blue", "red_points", "blue_points"),
        ("A", "B", "score", "score_b"),
    ],
)
def test_two_players_are_offered_teams_that_work(one, two, s1, s2):
    game = duel(one, two, s1, s2)
    text = refused(game)
    assert (
        f'name = "{one.replace(" ", "_")}"\nreward = "{s1}"' in text
        and f'name = "{two.replace(" ", "_")}"\nreward = "{s2}"' in text
    )
    start = text.index("[[tool")
    Path("pyproject.toml").write_text(text[start : text.index("and create again")])
    config, _, _ = choose_settings(game, {})
    assert [team.members[0].actions for team in config.teams] == [
        ["w", "a", "s", "d"],
        ["KEY_UP", "KEY_LEFT", "KEY_DOWN", "KEY_RIGHT"],
    ]


def test_one_of_two_players_can_be_trained():
    config, _, _ = choose_settings(
        duel("Player 1", "Player 2", "score1", "score2"),
        {"player": "Player 1", "actions": list("wasd"), "reward": "score1"},
    )
    assert config.metadata.player == "Player 1"


def test_with_one_score_for_both_it_is_only_told():
    assert "Several people play this game" in said(duel("A", "B", "score", "score"))


# A file beside a folder of the same name; the name of a bundled game


def test_the_file_that_was_named_is_loaded_beside_a_folder_of_its_name():
    Path("twin").mkdir()
    Path("twin/__init__.py").write_text("raise RuntimeError('the folder')")
    config, _, _ = choose_settings(write("twin"), {})
    assert config.game.path == os.path.abspath("twin.py")
    make_environment(config, Vocabulary([], grows=True)).reset(0)
    forget_games()
    assert "the folder" in refused("twin")


def test_of_a_bundled_game_and_a_file_of_its_name_it_is_said_which(capsys):
    from retro_gamer.cli import main

    write("snake")
    assert main(["create", "--game", "snake", "--output", "r"]) == 0
    out = capsys.readouterr().out
    assert "the game snake that comes with retro-gamer" in out and "create --game snake.py --output r_own" in out
    assert main(["create", "--game", "snake.py", "--output", "mine"]) == 0
    assert "comes with" not in capsys.readouterr().out


def test_a_factory_with_arguments():
    text = refused(write("arguments", MAKE.replace("create_game()", "create_game(level, lives=3)")))
    assert "create_game() cannot be called without level" in text and "arguments.py, line" in text
    assert "def create_game(level=1)" in text
    assert "Seen from" in said(write("defaults", MAKE.replace("create_game()", "create_game(level=1, *more, **others)")))


@pytest.mark.parametrize("how", ["async", "yield"])
def test_a_factory_of_another_kind(how):
    make = "async " + MAKE if how == "async" else MAKE.replace("return", "yield")
    assert "Begin it with  def, not async def, and end it with  return game" in refused(write("kind", make))


# Slow games


def test_a_slow_game_is_told_once_with_the_line_that_sleeps(tmp_path, monkeypatch):
    path = tmp_path / "sleepy.py"
    path.write_text("def rest(event):\n    event.wait(60)  # sleep\n")
    space = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    heard, told = [], threading.Event()

    def say(line):
        heard.append(line)
        told.set()

    monkeypatch.setattr(patience, "SECONDS_BEFORE_A_WORD", 0.5)
    with telling_when_slow("Trying it out", say):
        from_the_library(space["rest"], told)  # until it is said
    assert len(heard) == 1 and heard[0].startswith("Trying it out. The game sleeps in ")
    assert f"{path}, line 2, in rest" in heard[0]
    told.clear()
    with telling_when_slow("Trying it out", say):
        told.wait(60)
    assert heard[1] == "Trying it out."  # this program called the library, and is no game


def test_nothing_is_said_of_what_is_over_soon():
    heard = []
    with telling_when_slow("Trying it out", heard.append):
        pass
    assert not heard


def test_a_game_that_is_busy_here_and_there_has_no_line():
    from collections import Counter

    assert describe(Counter({("a.py", 1, "f"): 3, ("a.py", 2, "f"): 3, None: 2})) == ""
    assert describe(Counter({None: 5, ("a.py", 1, "f"): 1})) == ""
    assert "spends most of its time in a.py, line 1" in describe(Counter({("a.py", 1, "f"): 3}))


def test_pieces_without_a_dict_can_be_tried():
    class Slotted:
        __slots__ = ("position",)
        character = "s"

        def __init__(self):
            self.position = (1, 1)

    refuse_used_games(lambda: engine.Game([Slotted(), Piece("p", (0, 0))], {"score": 0}, board_size=(9, 9)), ["a"])


def test_what_is_kept_at_the_top_of_the_file_is_told():
    turn = "global points; points += 1; game.state['score'] = points"
    for reset, told in (("", True), ("    global points; points = 0\n", False)):
        make = "points = 0\n" + MAKE.replace("():\n", "():\n" + reset)
        assert ("A new game finds points as" in said(write(f"kept{told}", make, turn=turn))) == told


def test_a_game_that_main_plays_is_made_by_main():
    make = MAKE.replace("create_game", "main").replace("return Game", "game = Game") + (
        "    game.play()\n    open('result.txt', 'w').write(str(game.state['score']))\n"
    )
    game = write("main_plays", make)
    assert "each game is made by main(), as far as play()" in said(game)
    assert load_factory(parse_game(game))() is not load_factory(parse_game(game))()
    assert not Path("result.txt").exists()


def test_a_game_without_any_function_is_made_as_when_its_file_is_started(capsys):
    """Its names are those of the file, and an error in it is told with its line."""
    start = MAKE.replace("def create_game():", "if __name__ == '__main__':").replace("return Game", "game = Game")
    game = write("script", start + "    game.play()\n    open('result.txt', 'w').write('over')\n")
    assert "made by the lines of its file, as far as play()" in said(game)
    factory = load_factory(parse_game(game))
    assert factory() is not factory() and not Path("result.txt").exists()
    assert main(["create", "--game", game, "--output", "runs/script"]) == 0
    assert main(["train", "runs/script", "--episodes", "3"]) == 0
    assert main(["evaluate", "runs/script", "--games", "2"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    broken = refused(write("broken_script", start.replace("game = Game", "game = Gome") + "    game.play()\n"))
    assert "Gome" in broken and "broken_script.py" in broken
    nothing = refused(write("no_game_script", "print('.play(')\nif __name__ == '__main__':\n    x = 3\n"))
    assert "__main__() returned NoneType" in nothing
    assert "no_game_script.py, line" in nothing and "come to a line that calls game.play()" in nothing


def test_what_main_keeps_from_game_to_game_is_told_and_a_script_keeps_nothing():
    start = MAKE.replace("create_game", "main").replace("return Game", "Game").rstrip() + ".play()\n"
    turn = "global points; points += 1; game.state['score'] = points"
    text = said(write("keeps", "points = 0\n" + start, turn=turn))
    assert "finds points as the last one left it" in text and "anew in main()" in text
    text = said(write("script_keeps", f"points = 0\n{start}if __name__ == '__main__':\n    main()\n", turn=turn))
    assert "made by the lines of its file" in text and "left it" not in text


def test_a_game_in_a_zip_file_may_be_a_script(folder, monkeypatch):
    start = MAKE.replace("def create_game():", "if __name__ == '__main__':").replace("return Game", "Game")
    for name, make, expected in (
        ("zipped_script", start.rstrip() + ".play()\n", "made by the lines of its file"),
        ("zipped_helper", "def helper(game): game.play()\n", "has no function create_game()"),
    ):
        source = Path(write(name, make))
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.write(source)
        source.unlink()
        monkeypatch.syspath_prepend(str(folder / f"{name}.zip"))
        assert expected in (said(name) if name == "zipped_script" else refused(name))


def test_a_main_that_plays_nothing_makes_no_game():
    text = refused(write("main_of_none", "def main():\n    return 3\n"))
    assert "main() returned int, not a Game" in text and "main_of_none.py, line" in text


def test_what_is_kept_in_a_class_is_told():
    turn = "Player.points += 1; game.state['score'] = Player.points"
    make = "Player.points = 0\n" + MAKE
    assert "A new game finds Player.points as the last one left it" in said(write("in_class", make, turn=turn))


def test_a_file_that_is_not_found_is_beside_the_game():
    make = MAKE.replace("    return", '    open("level.txt")\n    return')
    assert "open(Path(__file__).parent / 'level.txt')" in refused(write("reads", make))


def test_a_cursor_among_fields_that_listen_is_the_player():
    fields = """
class Field:
    character = "#"
    def __init__(self, x): self.position = (x, 0)
    def handle_keystroke(self, key, game):
        if key.name == "KEY_ENTER" and game.agents[0].position[0] == self.position[0] and self.character == "#":
            self.character = "."; game.state["score"] += 1
"""
    make = fields + MAKE.replace("Apple()", "*map(Field, range(10))")
    assert "Seen from player" in said(write("fields", make, turn="pass"))


def test_a_game_with_a_clock_plays_the_same_twice_and_is_told(tmp_path):
    """A cannon that loads for a second: its key is found, and no word says that each game is another."""
    (tmp_path / "cannon.py").write_text(
        textwrap.dedent(
            """
            from time import monotonic as now
            from retro_gamer.games import Game

            class Cannon:
                name, character, position, shot = "cannon", "C", (2, 2), -1

                def handle_keystroke(self, keystroke, game):
                    if keystroke == " " and now() - self.shot > 1:
                        self.shot = now()
                        game.state["score"] += 1

                def play_turn(self, game):
                    if now() - game.began > 20:
                        game.end()

            def create_game():
                game = Game([Cannon()], {"score": 0}, board_size=(5, 5), framerate=10)
                game.began = now()
                return game
            """
        )
    )
    made = create_run(str(tmp_path / "cannon.py"), str(tmp_path / "run"), {})
    assert made.config.metadata.actions == [" "] and made.config.metadata.reward == "score"
    told = "\n".join(made.messages)
    assert "It reads the clock" in told and "never plays the same way twice" not in told
    assert "It reads the clock" not in "\n".join(create_run("catch", str(tmp_path / "another"), {}).messages)
    assert not made.config.metadata.turn_based
