"""What is printed to be typed or pasted works as it stands."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from end_to_end import HAVE_GYM, TINY, run_command, run_python

from retro_gamer import errors
from retro_gamer.errors import command_line, install_command

GAME = """
from retro_gamer.games import Game
class Player:
    name, character, position = "player", "P", (2, 0)
    def handle_keystroke(self, key, game):
        self.position = (max(0, min(4, self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0))), 0)
    def play_turn(self, game):
        game.state["score"] += self.position[0] == 4
        if game.turn_number == 9: game.end()
def create_game():
    return Game([Player()], {"score": 0}, board_size=(5, 1))
"""
# Plays without a terminal.
HEADLESS = """
import retro_gamer.games as games
def play(game, input_source=None):
    game.input_source = input_source
    game.start()
    while game.playing: game.step()
    print("played", game.turn_number, sorted(game.state.items()))
games.Game.play = play
"""


# Nothing is learned in three games, and a script is only printed for what is worth using.
WORTH_USING = """
import sys
from retro_gamer import cli
from retro_gamer.commands import train
train.is_worth_using = lambda greedy, chance: True
sys.exit(cli.main(sys.argv[1:]))
"""


def script_in(output):
    """What a training printed below "Use it"."""
    return output[output.index("play_it.py:") :].partition("\n\n")[2]


def trained(folder, game, *flags):
    run = str(folder / "my runs" / "it's mine")
    made = run_command("create", "--game", game, "--output", run, *TINY, "--max-turns-per-episode", "20", *flags, cwd=folder)
    assert made.returncode == 0, made.stderr
    # The command that was printed, as a shell takes it.
    next_command = shlex.split(made.stdout.splitlines()[-1])
    assert next_command[:2] == ["retro-gamer", "train"]
    done = run_python("-c", WORTH_USING, *next_command[1:], "--episodes", "3", cwd=folder)
    assert done.returncode == 0, done.stderr
    return run, done.stdout


@pytest.mark.parametrize(
    "game", ["games here/my_game.py", "snake", "games here/my_game.py:create_game", "games here/has_main.py"]
)
def test_the_script_after_a_training_runs_from_anywhere(tmp_path, game):
    folder, elsewhere = tmp_path / "games here", tmp_path / "elsewhere"
    folder.mkdir(), elsewhere.mkdir()
    (folder / "my_game.py").write_text(GAME)
    (folder / "has_main.py").write_text(
        GAME.replace("create_game", "main").replace("return Game", "game = Game") + "    game.play()\n"
    )
    _, output = trained(tmp_path, game, "--actions", "KEY_LEFT,KEY_RIGHT")
    (elsewhere / "play_it.py").write_text(HEADLESS + script_in(output))
    done = run_python("play_it.py", cwd=elsewhere)
    assert done.returncode == 0 and done.stdout.startswith("played "), done.stderr


def test_the_script_of_a_self_play_run_names_a_team(tmp_path):
    _, output = trained(tmp_path, "tron")
    (tmp_path / "play_it.py").write_text(HEADLESS + script_in(output))
    done = run_python("play_it.py", cwd=tmp_path)
    assert "team=" in output and done.returncode == 0 and done.stdout.startswith("played "), done.stderr


@pytest.mark.skipif(not HAVE_GYM, reason="needs Gymnasium")
def test_the_script_of_a_gymnasium_run_plays_it(tmp_path):
    _, output = trained(tmp_path, "gym:CartPole-v1")
    (tmp_path / "play_it.py").write_text(script_in(output))
    done = run_python("play_it.py", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("reward "), done.stderr


def test_every_command_after_a_training_runs(tmp_path):
    (tmp_path / "my_game.py").write_text(GAME)
    run, output = trained(tmp_path, "my_game.py", "--actions", "KEY_LEFT,KEY_RIGHT")
    printed = [line.partition(":")[2] for line in output.splitlines() if "  retro-gamer " in line]
    commands = [shlex.split(line) for line in printed]
    assert [words[1] for words in commands] == ["train", "play", "evaluate", "report"]
    assert all(words[2:] == [run] for words in commands)


# Single commands


def test_names_are_quoted_where_the_shell_needs_it():
    assert command_line("train", "runs/snake") == "retro-gamer train runs/snake"
    assert shlex.split(command_line("train", "runs/my $game's")) == [
        "retro-gamer",
        "train",
        "runs/my $game's",
    ]
    assert shlex.split(command_line("train", "-x", "--episodes", 5))[2:] == [
        f".{os.sep}-x",
        "--episodes",
        "5",
    ]


@pytest.mark.parametrize(
    "name, shown", [("runs\\snake", "runs\\snake"), ("runs\\my game", '"runs\\my game"'), ("a&b", '"a&b"')]
)
def test_on_windows_with_double_quotes(monkeypatch, name, shown):
    monkeypatch.setattr(errors.os, "name", "nt")
    assert errors.quoted(name) == shown


def test_without_the_script_on_the_path_python_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    text = command_line("train", "runs/snake")
    words = shlex.split(text)
    assert words[1:] == ["-m", "retro_gamer", "train", "runs/snake"]
    assert subprocess.run([words[0], "-c", "pass"]).returncode == 0
    assert install_command("numpy").endswith("-m pip install numpy")


def test_python_goes_by_its_bare_name_where_that_finds_it(monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    assert errors.python_command() == os.path.basename(sys.executable)
