"""Adversarial training: two runs that train against each other in turn."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from end_to_end import PATIENCE, child_environment, wait_for
from selfplay_runs import TINY

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.errors import RunBusyError
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory

# Adversarial training

GAMES = """
import os
from retro_gamer import TrainedPolicy
from retro_gamer.games import Game

{opponent} = TrainedPolicy("runs/{opponent}", if_missing="random")

class Mover:
    def __init__(self, name, x, policy=None):
        self.name, self.position, self.character, self.policy = name, (x, 0), name[0], policy
        if policy is None:
            self.handle_keystroke = self.go
    def go(self, keystroke, game):
        self.move(keystroke.name)
    def move(self, key):
        x = self.position[0] + dict(KEY_LEFT=-1, KEY_RIGHT=1).get(key, 0)
        self.position = (min(7, max(0, x)), 0)
    def play_turn(self, game):
        if self.policy is not None:
            self.move(self.policy.get_action(game))
        if self.name == "{me}":
            near = game.get_agent_by_name("player").position == game.get_agent_by_name("enemy").position
            game.state["reward"] += near if self.name == "enemy" else 1 - near
            if game.turn_number >= 8:
                game.end()

def create_game():
    mine = Mover("{me}", 2)
    other = Mover("{opponent}", 5, {opponent})
    return Game([other, mine], {{"reward": 0}}, board_size=(8, 1))
"""


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A player and an enemy, each trained in a game in which the other is a character."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for me, opponent in (("player", "enemy"), ("enemy", "player")):
        (tmp_path / f"{me}_game.py").write_text(GAMES.format(me=me, opponent=opponent), "utf-8")
        assert (
            main(
                [
                    "create",
                    "--game",
                    f"{me}_game.py",
                    "--output",
                    f"runs/{me}",
                    "--actions",
                    "KEY_LEFT,KEY_RIGHT",
                    "--reward",
                    "reward",
                    "--hidden-sizes",
                    "8",
                    "--batch-size",
                    "8",
                    "--memory-capacity",
                    "200",
                    "--player",
                    me,
                ]
            )
            == 0
        )
    yield tmp_path
    for name in ("player_game", "enemy_game"):
        sys.modules.pop(name, None)


def test_adversarial_training_takes_turns_and_ends_with_a_table(pair, capfd):
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "2", "--episodes", "5", "--games", "3"]) == 0
    said = capfd.readouterr().out
    assert (
        "Round 1: runs/player trains for 5 games.\nRound 1: runs/player has played 5 games" in said
        and "Round 2: runs/enemy has played 10 games" in said
    )
    table = [line.split() for line in said.splitlines() if line.startswith("round_")]
    assert [row[0] for row in table] == ["round_001", "round_002"] and all(len(row) == 3 for row in table)
    for me in ("player", "enemy"):
        folder = pair / "runs" / me / "checkpoints"
        assert load_checkpoint(folder / "round_002.npz").facts["episode"] == 10
        assert TrainedPolicy(folder.parent, checkpoint="round_001").checkpoint == "round_001"
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "3", "--episodes", "5", "--games", "2"]) == 0
    said = capfd.readouterr().out  # two rounds are there already
    assert "Round 2" not in said and "Round 3: runs/enemy has played 15 games" in said


def test_adversarial_training_goes_on_where_it_was_stopped(pair, capfd):
    assert main(["train", "runs/player", "--episodes", "3"]) == 0  # as if killed in the middle of round 1 ...
    (pair / "runs/player/adversarial.json").write_text("{}", "utf-8")
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "5", "--games", "2"]) == 0
    assert "runs/player has played 5 games" in capfd.readouterr().out
    assert not (pair / "runs/player/checkpoints/round_000.npz").exists()


def test_adversarial_training_after_a_kill_goes_on_from_the_resume_state(pair, capfd):
    assert main(["train", "runs/player", "--episodes", "4"]) == 0
    state = (pair / "runs/player/resume.npz").read_bytes()
    assert main(["train", "runs/player", "--episodes", "5"]) == 0
    (pair / "runs/player/resume.npz").write_bytes(state)  # the newest state is older than the newest policy
    (pair / "runs/player/adversarial.json").write_text("{}", "utf-8")
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "10", "--games", "2"]) == 0
    said = capfd.readouterr().out
    assert "runs/player has played 10 games" in said and "round_001" in said and "Stopped" not in said


def test_adversarial_training_is_for_two_ordinary_runs(pair, capfd):
    assert main(["create", "--game", "tag", "--output", "runs/tag", *TINY]) == 0
    for arguments, message in (
        (["runs/player", "runs/../runs/player"], "are one run"),
        (["runs/player", "runs/tag"], "runs/tag is a self-play run"),
    ):
        assert main(["adversarial", *arguments]) == 2
        assert message in capfd.readouterr().err
    assert not (pair / "runs/player/checkpoints").exists()


def test_a_side_that_was_changed_stops_the_rounds_as_wrong_use(pair, capfd):
    assert main(["train", "runs/enemy", "--episodes", "2"]) == 0
    path = pair / "runs/enemy/config.toml"
    path.write_text(path.read_text("utf-8").replace("hidden_sizes = [8]", "hidden_sizes = [9]"), "utf-8")
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "2"]) == 2
    error = capfd.readouterr().err
    assert "hidden_sizes" in error and "cannot go on" in error and "the same command goes on" not in error


def test_what_was_trained_before_is_round_zero(pair, capfd):
    assert main(["train", "runs/enemy", "--episodes", "4"]) == 0
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "2", "--games", "2"]) == 0
    assert "runs/enemy has played 6 games" in capfd.readouterr().out
    assert load_checkpoint(pair / "runs/enemy/checkpoints/round_000.npz").facts["episode"] == 4


@pytest.mark.skipif(os.name != "posix", reason="signals of a terminal")
def test_ctrl_c_stops_adversarial_training_and_the_same_command_goes_on(pair):
    command = [
        sys.executable,
        "-m",
        "retro_gamer",
        "adversarial",
        "runs/player",
        "runs/enemy",
        "--rounds",
        "1",
        "--games",
        "2",
    ]
    process = subprocess.Popen([*command, "--episodes", "1000000"], stdout=subprocess.PIPE, env=child_environment())
    player = RunDirectory("runs/player")
    try:
        wait_for(player.checkpoints, process)
    finally:
        process.send_signal(signal.SIGINT)
    assert b"Stopped, and saved" in process.communicate(timeout=PATIENCE)[0] and process.returncode == 0
    played = player.checkpoints()[-1][0]
    assert played > 0 and not list(player.checkpoints_path.glob("round_*"))
    done = subprocess.run(
        [*command, "--episodes", str(played + 3)],
        stdout=subprocess.PIPE,
        env=child_environment(),
        timeout=PATIENCE,
    )
    assert f"runs/player has played {played + 3} games".encode() in done.stdout and done.returncode == 0


def test_a_failing_side_stops_the_rounds_with_its_message(pair, capfd):
    (pair / "enemy_game.py").write_text("raise RuntimeError('no enemy today')", "utf-8")
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "2"]) == 1
    error = capfd.readouterr().err
    assert "no enemy today" in error and "exit status" in error and "Traceback" not in error
    assert (pair / "runs/player/checkpoints/round_001.npz").is_file()


def test_the_pages_alternation_as_printed(pair):
    for _ in range(2):
        for me in ("player", "enemy"):
            done = subprocess.run(
                [sys.executable, "-m", "retro_gamer", "train", f"runs/{me}", "--episodes", "2"],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                env=child_environment(),
            )
            assert done.returncode == 0, done.stderr
    assert RunDirectory("runs/player").find_checkpoint().stem == "ep_0004"
    shutil.rmtree("runs/enemy/checkpoints")
    assert TrainedPolicy("runs/enemy", if_missing="random").checkpoint is None


def test_runs_that_have_nothing_to_do_with_each_other_are_named_before_training(pair, capfd):
    for name in ("catch", "forager"):
        assert main(["create", "--game", name, "--output", f"runs/{name}", "--hidden-sizes", "8"]) == 0
    arguments = ["--rounds", "1", "--episodes", "2", "--games", "2"]
    capfd.readouterr()
    assert main(["adversarial", "runs/catch", "runs/forager", *arguments]) == 0
    said = capfd.readouterr().out
    assert said.startswith("In a trial game of runs/catch no policy of runs/forager was loaded")
    assert "Round 1" in said
    assert main(["adversarial", "runs/player", "runs/enemy", *arguments]) == 0
    assert "trial game" not in capfd.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="signals of a terminal")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGHUP", "SIGTERM"])
def test_the_child_ends_with_its_parent_and_saves(pair, name):
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored, and should be
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "retro_gamer", "adversarial", "runs/player", "runs/enemy"]
            + ["--rounds", "1", "--episodes", "1000000"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    player = RunDirectory("runs/player")
    try:
        wait_for(player.checkpoints, process)
    finally:
        process.send_signal(getattr(signal, name))
    process.communicate(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with player.locked():  # nobody trains there any more
                break
        except RunBusyError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert player.load_resume().facts["episode"] == player.checkpoints()[-1][0] > 0
