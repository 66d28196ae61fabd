"""`train` as a new user types it: goals, minutes, the progress line, stops."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from end_to_end import (
    PATIENCE,
    TINY,
    PseudoTerminal,
    checkpoint_names,
    needs_terminal,
    run_command,
    wait_for,
)

from retro_gamer.cli import main
from retro_gamer.commands import train
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation

# train


def test_train_in_an_empty_folder_makes_the_bundled_run(empty, command, monkeypatch):
    monkeypatch.setattr(train, "FINAL_GAMES", 30)  # as it is outside of tests
    status, out, error = command("train", "runs/catch", "--episodes", "2")
    assert (status, error) == (0, "")
    run = os.path.join("runs", "catch")
    assert out.startswith(f"There is no run at {run} yet: making one for the bundled game catch.\n")
    assert "Trained 2 games (" in out and "Over 30 games: It " in out
    assert f"Train on:      retro-gamer train {run}\n" in out
    assert f"Watch it:      retro-gamer play {run}\nMeasure it:    retro-gamer evaluate {run}\n" in out
    assert "Watch it:" in out
    assert checkpoint_names(run)[-1] == "ep_0002.npz"
    status, out, _ = command("train", "runs/catch", "--episodes", "1")
    assert status == 0 and out.startswith("Going on after game 2 (") and "Trained 3 games" in out


def test_train_does_not_make_other_runs(empty, command):
    status, _, error = command("train", "runs/chess")
    assert status == 1 and "There is no run at" in error and "retro-gamer create --game GAME --output" in error
    assert not any(empty.iterdir())


def test_train_to_the_goal_and_on(workshop, command):
    status, out, _ = command("train", "runs/snake")
    assert status == 0 and "This training is complete: 500 games" in out and "--episodes 500" in out
    assert "Train on:   " not in command("train", "runs/snake", "--episodes", "1")[1]
    config = Path("runs/snake/config.toml")
    config.write_text(config.read_text("utf-8").replace("training_episodes = 500", "training_episodes = 505"), "utf-8")
    before = config.read_bytes()
    status, out, _ = command("train", "runs/snake")
    assert "Going on after game 501" in out and "Trained 505 games" in out
    assert config.read_bytes() == before  # training never rewrites it


def test_minutes_end_a_training(empty, command, clock):
    command("create", "--game", "catch", "--output", "run", *TINY)
    clock.step = 1.0
    status, out, _ = command("train", "run", "--minutes", "1")
    trained = re.search(r"Trained (\d+) games", out)
    assert status == 0 and trained and 1 <= int(trained[1]) <= 60
    assert "Train on:" in out and len(checkpoint_names("run")) >= 1


def test_minutes_go_on_past_the_goal(empty, command, clock):
    command("create", "--game", "catch", "--output", "run", "--training-episodes", "1", *TINY)
    clock.step, played = 0.02, 1
    for _ in range(2):  # one that is complete goes on, too
        status, out, _ = command("train", "run", "--minutes", "1")
        trained = re.search(r"Trained (\d+) games", out)
        assert status == 0 and trained and int(trained[1]) > played
        assert "This training is complete" not in out
        played = int(trained[1])
    assert f"Trained {played} games" in command("train", "run")[1]  # no more, without minutes
    assert "This training is complete" in command("train", "run")[1]


def test_train_draws_nothing_where_nobody_is_looking(workshop):
    result = run_command("train", "runs/forager", "--episodes", "3", "--quiet", cwd=workshop)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\r" not in result.stdout and "turns/s" not in result.stdout
    assert result.stdout.count("\n") < 20


# The progress line sees an eighth of a second go by with each game, however fast the machine is.
EIGHTHS = """
import functools, itertools, sys
from retro_gamer import cli
from retro_gamer.commands import train
train.Dashboard = functools.partial(train.Dashboard, interval=0.2, clock=itertools.count(step=0.125).__next__)
sys.exit(cli.main(sys.argv[1:]))
"""


@needs_terminal
def test_one_progress_line_in_a_terminal(workshop):
    terminal = PseudoTerminal(["-c", EIGHTHS, "train", "runs/snake", "--episodes", "40"], workshop, rows=12)  # small
    assert terminal.finish() == 0
    terminal.close()
    live = terminal.output.split("Trained ")[0].replace("\r\n", "\n")
    assert live.count("\n") == 1, live  # after "Going on after ..."
    frames = [frame for frame in live.split("\r") if frame.startswith("game ")]
    assert [frame.split()[1] for frame in frames] == [str(game) for game in range(501, 541, 2)]
    assert all(len(frame) <= 79 for frame in frames)
    pattern = (
        r"game 539  ([\d,]+ turns  )?([\d,]+ turns/s  )?reward -?[\d.]+  greedy (score|reward) -?[\d.]+  "
        r"(epsilon \d\.\d\d  )?0:00 left *$"
    )
    assert re.match(pattern, frames[-1]), frames[-1]
    assert live.endswith("\r" + " " * max(map(len, frames)) + "\r") or live.endswith(" \r")  # wiped away


@needs_terminal
def test_the_dashboard_is_drawn_in_a_terminal_and_not_spelled_out(workshop):
    terminal = PseudoTerminal(["-c", EIGHTHS, "train", "runs/snake", "--episodes", "10"], workshop, columns=100, rows=40)
    assert terminal.finish() == 0
    terminal.close()
    assert "\x1b[K" in terminal.output and "training reward" in terminal.output and "█" in terminal.output
    assert "\\x1b" not in terminal.output


# Stopping


@pytest.fixture
def long_run(empty):
    """A run that would train for long."""
    assert (
        main(
            [
                "create",
                "--game",
                "snake",
                "--output",
                "run",
                *TINY,
                "--checkpoint-every",
                "50",
                "--max-turns-per-episode",
                "30",
            ]
        )
        == 0
    )
    return empty


def counted(run):
    return len(RunDirectory(run).read_metrics())


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_saves_and_exits_well(long_run, started, name):
    process = started("train", "run", cwd=long_run)
    wait_for(lambda: counted("run") >= 2, process)
    process.send_signal(getattr(signal, name))
    out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert error == (
        "Stopping after this game...\n"
        "(Ctrl-C again stops at once and loses this game and up to 20 seconds of training before it.)\n"
    )
    stopped = re.search(r"Stopped after game (\d+) \(([\d,]+) turns\) and saved. Go on with:\n  retro-gamer train run", out)
    assert stopped, out
    newest = RunDirectory("run").checkpoints()[-1][0]
    assert newest == int(stopped.group(1))
    result = run_command("train", "run", "--episodes", "5", cwd=long_run)
    assert result.stdout.startswith(f"Going on after game {newest} ({stopped.group(2)} turns).\n"), result.stderr
    assert f"Trained {newest + 5} games" in result.stdout


SLOW_GAME = """
import time
from pathlib import Path
from retro_gamer.games import Game

class Player:
    name, character, position = "player", "@", (0, 0)
    def handle_keystroke(self, keystroke, game): pass
    def play_turn(self, game):
        game.state["score"] += 1
        if game.turn_number >= 4:
            if Path("slow").exists():
                Path("sleeping").touch()
                __import__("threading").Event().wait(86400)
            game.end()

def create_game():
    return Game([Player()], {"score": 0}, board_size=(4, 4))
"""


PATIENT = """
import sys
from retro_gamer import cli
from retro_gamer.hosting import blame
blame.SECONDS_OF_A_LONG_TURN = float("inf")  # before the game is blamed for the wait
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_second_interrupt_does_not_wait_for_the_game(empty, started):
    Path("slow_game.py").write_text(SLOW_GAME)
    made = run_command(
        "create",
        "--game",
        "slow_game.py",
        "--output",
        "run",
        *TINY,
        "--actions",
        "a",
        "--checkpoint-every",
        "10",
        cwd=empty,
    )
    assert made.returncode == 0, made.stderr
    assert run_command("train", "run", "--episodes", "30", cwd=empty).returncode == 0
    Path("slow").touch()
    process = started("train", "run", cwd=empty, code=PATIENT)
    wait_for(Path("sleeping").exists, process)
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == "Stopping after this game...\n"
    assert process.stderr.readline().startswith("(Ctrl-C again stops at once")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and error == "\nStopped.\n"
    Path("slow").unlink()
    result = run_command("train", "run", "--episodes", "2", cwd=empty)
    assert "Going on after game 30" in result.stdout and result.returncode == 0, result.stderr
    assert not list(empty.rglob("*.tmp"))


def test_an_interrupt_while_the_result_is_measured(workshop, command, monkeypatch):
    def interrupted(trainer, seconds, quiet):
        raise KeyboardInterrupt

    monkeypatch.setattr("retro_gamer.commands.train._say_how_well", interrupted)
    status, out, error = command("train", "runs/forager", "--episodes", "2")
    assert status == 0 and "Trained 32 games" in out and "Watch it:" in out and "Traceback" not in error


@needs_terminal
def test_ctrl_c_in_a_terminal_leaves_no_half_line(long_run):
    terminal = PseudoTerminal(["-m", "retro_gamer", "train", "run"], long_run, rows=12)
    terminal.wait_for("game ")
    wait_for(lambda: counted("run") >= 1, terminal.process)
    terminal.press_ctrl_c()
    assert terminal.finish() == 0
    terminal.close()
    assert re.search(r"\r +\rStopping after this game", terminal.output)
    assert "Stopped after game" in terminal.output and "Traceback" not in terminal.output


@pytest.mark.parametrize("decay, said", [("5000", True), ("10", False)])
def test_a_training_whose_games_end_before_its_exploration_says_so(tmp_path, capsys, decay, said):
    run = str(tmp_path / "run")
    flags = ["--algorithm", "q_learning", "--training-episodes", "5", "--epsilon-decay-turns", decay]
    assert main(["create", "--game", "forager", "--output", run, *flags]) == 0
    assert main(["train", run]) == 0
    assert ("its 5 games while it still explored" in capsys.readouterr().out) is said


# The verdict


def test_a_training_that_learned_nothing_says_why_and_offers_no_script(tmp_path, capsys):
    (tmp_path / "flat_game.py").write_text(
        "from retro_gamer.games import Game\n"
        "class Player:\n"
        "    name, character, position = 'player', 'P', (2, 2)\n"
        "    def handle_keystroke(self, key, game):\n"
        "        self.position = (3, 2) if key.name == 'KEY_RIGHT' else (1, 2)\n"
        "    def play_turn(self, game):\n"
        "        if game.turn_number > 20: game.end()\n"
        "def create_game(): return Game([Player()], {'score': 0}, board_size=(5, 5))\n"
    )
    run = str(tmp_path / "run")
    flags = ["--actions", "KEY_LEFT,KEY_RIGHT", "--reward", "score", *TINY]
    assert main(["create", "--game", str(tmp_path / "flat_game.py"), "--output", run, *flags]) == 0
    assert main(["train", run, "--episodes", "5"]) == 0
    out = capsys.readouterr().out
    assert "no better than random play" in out and "The reward never changed" in out and "  1. " in out
    assert "play_it.py" not in out and "retro-gamer doctor" in out


@pytest.mark.parametrize("better", [True, False])
def test_a_training_that_got_worse_says_so(workshop, command, monkeypatch, better):
    """The best policy of the training plays the same games; one that only had luck does not count."""
    from retro_gamer.commands import train

    def measure(environment, agent, *_):
        mean = 9.0 if better and agent == "best" else 2.0
        return Evaluation(mean + np.sin(np.arange(30)), np.full(30, 9), None)

    best = SimpleNamespace(facts={"evaluation": 1000.0, "episode": 1}, environment=None, agent="best")
    monkeypatch.setattr(train, "_measure", measure)
    monkeypatch.setattr(train, "load_player", lambda run, name: best)
    status, out, _ = command("train", "runs/forager", "--episodes", "1")
    assert status == 0
    assert ("It got worse. An earlier policy, best.npz, brings 9" in " ".join(out.split())) is better


@pytest.mark.parametrize("turns, said", [(1, "How well it plays takes longer to find out"), (100, "Over ")])
def test_limited_minutes_are_not_spent_on_measuring(workshop, command, monkeypatch, turns, said):
    from retro_gamer.commands import train

    seconds = iter(range(10**6))  # one for each turn of a measured game
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(train, "SECONDS_TO_MEASURE", turns)
    status, out, _ = command("train", "runs/forager", "--episodes", "2", "--minutes", "10")
    assert status == 0 and said in out and "Over 30 games" not in out
    assert next(seconds) < 2 * turns + 10
