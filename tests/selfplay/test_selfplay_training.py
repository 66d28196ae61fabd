"""Self-play training: in pieces, stopped and killed as in one go; new characters; what is refused."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest
from end_to_end import child_environment, posix
from selfplay_runs import make

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.games import wolves
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play import SelfPlayTrainer


def state_of(run):
    """Everything that a training leaves, apart from what the clock says."""
    resume = load_checkpoint(run.resume_path)
    facts = {key: value for key, value in resume.facts.items() if key != "seconds"}
    files = sorted(str(path.relative_to(run.path)) for path in run.checkpoints_path.rglob("*.npz"))
    policies = [load_checkpoint(run.path / name) for name in files]
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in run.read_metrics()]
    arrays = {f"{i}/{key}": value for i, policy in enumerate(policies) for key, value in policy.arrays.items()}
    return facts, rows, files, [policy.facts for policy in policies], {**resume.arrays, **arrays}


def assert_same(one, other):
    assert one[:4] == other[:4]
    assert one[4].keys() == other[4].keys()
    for name in one[4]:
        assert np.array_equal(one[4][name], other[4][name]), name


@pytest.mark.parametrize("game", ["tron", "tag", "wolves"])
def test_training_in_pieces_is_training_in_one_go(tmp_path, game):
    whole, pieces = make(tmp_path / "a", game), make(tmp_path / "b", game)
    SelfPlayTrainer(whole).train(episodes=40)
    for episodes in (3, 11, 19, 7):
        SelfPlayTrainer(pieces).train(episodes=episodes)
    one, other = state_of(whole), state_of(pieces)
    # A goal reached in between leaves a checkpoint and a row of its own; weights, memories, ratings and ghosts are the same.
    for name in ("rating", "learner_steps"):
        assert [policy[name] for policy in one[0]["policies"]] == [policy[name] for policy in other[0]["policies"]]
    assert one[0]["controller"] == other[0]["controller"] and one[0]["clocks"] == other[0]["clocks"]
    for name, array in load_checkpoint(whole.resume_path).arrays.items():
        assert np.array_equal(array, load_checkpoint(pieces.resume_path).arrays[name]), name


WALKERS = """
import random
from retro_gamer.games import Game


class Walker:
    def __init__(self, name, character, keys, position, size=None):
        self.name, self.character, self.keys, self.position, self.size = name, character, keys, position, size

    def handle_keystroke(self, keystroke, game):
        if str(keystroke) in self.keys:
            step = 1 if self.keys.index(str(keystroke)) else -1
            self.position = (max(0, min(8, self.position[0] + step)), self.position[1])


class Newcomer:
    def __init__(self, character):
        self.character, self.position = character, (4, 2)


class Referee:
    display = False

    def play_turn(self, game):
        if game.turn_number == 10:
            if random.random() < 0.6:
                game.add_agent(Newcomer(random.choice("cdefghijklmnopqrstuvwxyz")))
            won = random.choice([1, -1])
            game.state["a"] += won
            game.state["b"] -= won
            game.end()


def create_game():
    both = [Walker("A", {look_a!r}, "xy", (1, 1), {size}), Walker("B", {look_b!r}, "vw", (6, 3), {size})]
    return Game([*both, Referee()], {{"a": 0, "b": 0}}, board_size=(10, 5))
"""


WALKERS_TEAMS = """
[tool.retro-gamer]
character_set = ["A", "B"]

[[tool.retro-gamer.teams]]
name = "A"
reward = "a"
members = [{ character = "A", actions = ["x", "y"] }]

[[tool.retro-gamer.teams]]
name = "B"
reward = "b"
members = [{ character = "B", actions = ["v", "w"] }]

[tool.retro-gamer.self_play]
"""


@pytest.fixture
def walkers(tmp_path, monkeypatch):
    """Writes a game of two teams, and makes runs of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(self_play="", change=("", ""), look_a="A", look_b="B", size=None):
        game = WALKERS.format(look_a=look_a, look_b=look_b, size=size).replace(*change)
        (tmp_path / "walkers.py").write_text(game, "utf-8")
        (tmp_path / "pyproject.toml").write_text(WALKERS_TEAMS + self_play, "utf-8")
        return [
            "create",
            "--game",
            "walkers.py",
            "--hidden-sizes",
            "8",
            "--batch-size",
            "8",
            "--memory-capacity",
            "500",
            "--save-steps",
            "100",
            "--team-change",
            "200",
            "--output",
        ]

    yield write
    sys.modules.pop("walkers", None)


def test_new_characters_leave_a_resume_exact(walkers):
    create = walkers("swap_steps = 50")
    assert main([*create, "whole"]) == 0
    whole = RunDirectory("whole")
    SelfPlayTrainer(whole).train(episodes=48)
    assert SelfPlayTrainer(whole).self_play.vocabulary.n_symbols > 16  # the networks have grown, and more than once
    for stop in range(1, 48, 3):
        name = f"stopped_{stop}"
        assert main([*create, name]) == 0
        SelfPlayTrainer(RunDirectory(name)).train(episodes=stop)
        SelfPlayTrainer(RunDirectory(name)).train(episodes=48 - stop)
        arrays = load_checkpoint(RunDirectory(name).resume_path).arrays
        for key, array in load_checkpoint(whole.resume_path).arrays.items():
            assert np.array_equal(array, arrays[key]), (stop, key)


def test_characters_of_several_cells_can_be_symmetric(walkers):
    assert main([*walkers("shared_policy = true", look_a=["Aa", "aA"], look_b=["Bb", "bB"], size=(2, 2)), "run"]) == 0
    trainer = SelfPlayTrainer(RunDirectory("run"))
    assert trainer.self_play.game.own_characters == [["A", "a"], ["B", "b"]]
    trainer.train(episodes=3)
    assert TrainedPolicy("run", team="B").checkpoint == "ep_0003"


@pytest.mark.parametrize("command", ["create", "train"])
def test_an_error_while_the_board_is_looked_at_names_the_games_line(walkers, capsys, command):
    broken = (
        "class Newcomer:",
        """    @property
    def character(self):
        return {0: self.shown}[int(BROKEN)]

    @character.setter
    def character(self, value):
        self.shown = value


BROKEN = False


class Newcomer:""",
    )
    create = walkers(change=broken)
    if command == "train":
        assert main([*create, "run"]) == 0
        sys.modules["walkers"].BROKEN = True
        status = main(["train", "run"])
    else:
        path = "walkers.py"
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("BROKEN = False", "BROKEN = True")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        status = main([*create, "run"])
    error = capsys.readouterr().err
    assert status == 1 and "KeyError" in error and "walkers.py, line" in error, error


def test_two_members_that_are_one_character_are_refused(walkers, capsys):
    create = walkers(change=('"B", ', '"second", '))
    with open("pyproject.toml", encoding="utf-8") as file:
        text = file.read().replace('character = "B"', 'character = "Walker"')
    with open("pyproject.toml", "w", encoding="utf-8") as file:
        file.write(text)
    assert main([*create, "run"]) == 2
    assert "The members 'A' and 'Walker' are one and the same character." in capsys.readouterr().err


def test_what_teams_make_useless_is_refused(walkers, capsys):
    assert main([*walkers(), "run", "--reward", "a", "--actions", "x"]) == 2
    assert "actions, reward: the game has teams" in capsys.readouterr().err


def test_swap_steps_of_a_description_are_those_of_all_teams(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    text = Path(wolves.__file__).with_name("pyproject.toml").read_text("utf-8")
    Path("pyproject.toml").write_text(
        text + "\n[tool.retro-gamer.self_play]\nswap_steps = 777\n"
        if "self_play]" not in text
        else text.replace("self_play]", "self_play]\nswap_steps = 777"),
        "utf-8",
    )
    Path("pack.py").write_text("from retro_gamer.games.wolves import create_game\n", "utf-8")
    assert main(["create", "--game", "pack.py", "--output", "run"]) == 0
    config = RunDirectory("run").load_config()
    assert config.self_play.swap_steps == 777 and [team.swap_steps for team in config.teams] == [0, 0]


def train_and_stop(run, episode):
    trainer = SelfPlayTrainer(run)
    trainer.train(episodes=40 - trainer.episode, on_episode=lambda status: episode <= status.episode and trainer.stop())
    return trainer.episode


@pytest.mark.parametrize("game", ["tron", "wolves"])
def test_stopping_anywhere_changes_nothing(tmp_path, game):
    whole, pieces = make(tmp_path / "a", game), make(tmp_path / "b", game)
    SelfPlayTrainer(whole).train(episodes=40)
    for stop_after in (2, 9, 10, 24):
        assert train_and_stop(pieces, stop_after) == stop_after
    trainer = SelfPlayTrainer(pieces)
    trainer.train(episodes=40 - trainer.episode)
    assert_same(state_of(whole), state_of(pieces))


CHILD = """
import sys
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.training import trainer
trainer.SECONDS_BETWEEN_RESUME_STATES = 0.0
run = RunDirectory(sys.argv[1])
with run.locked():
    SelfPlayTrainer(run).train(episodes=10**6, on_episode=lambda status: print(status.episode, flush=True))
"""


def train_and_kill(run, games):
    """Kill a training somewhere after so many games, by its own count, so that it has begun and goes on."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(run)], stdout=subprocess.PIPE, env=child_environment())
    for _ in range(games):
        assert process.stdout.readline(), "training does not go on"
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@posix
def test_killed_anywhere_it_goes_on_as_if_never_killed(tmp_path):
    whole, killed = make(tmp_path / "a", "tag"), make(tmp_path / "b", "tag")
    reached = []
    for games in (1, 13, 28, 47):
        train_and_kill(killed, games)
        reached.append(SelfPlayTrainer(killed).episode)
    assert 0 < reached[-1] and reached == sorted(reached)
    goal = reached[-1] + 100
    for run in (whole, killed):
        trainer = SelfPlayTrainer(run)
        trainer.train(episodes=goal - trainer.episode)
    assert_same(state_of(whole), state_of(killed))
    assert not killed.left_behind()
