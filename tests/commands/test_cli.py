"""The command line as a new user types it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from end_to_end import (
    ARROWS,
    HAVE_GYM,
    HAVE_RETRO,
    TINY,
    PseudoTerminal,
    checkpoint_names,
    run_command,
    run_python,
    wait_for,
)

from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.runs.directory import RunDirectory

COMMANDS = ("create", "init", "train", "play", "evaluate", "info", "clean")
needs_retro = pytest.mark.skipif(not HAVE_RETRO, reason="retro-games is not installed")
needs_terminal = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


@pytest.fixture
def command(capsys):
    """Runs a command in this process: (exit status, stdout, stderr)."""

    def run(*arguments):
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = stop.code
        return (status, *capsys.readouterr())

    return run


# Help and wrong use


def test_every_command_has_help_with_an_example(command):
    status, out, _ = command("--help")
    assert status == 0 and all(re.search(rf"^    {name} ", out, re.M) for name in COMMANDS)
    assert "Example:  retro-gamer train runs/snake\n" in out
    for name in COMMANDS:
        status, out, _ = command(name, "--help")
        assert status == 0 and f"\nExample:  retro-gamer {name} " in out
        assert max(map(len, out.splitlines())) <= 100


def test_every_setting_is_a_flag(command):
    _, out, _ = command("create", "--help")
    for section, values in RunConfig().to_dict().items():
        assert section == "game" or all("--" + name.replace("_", "-") in out for name in values)


def test_version(command):
    import retro_gamer

    assert command("--version") == (0, f"retro-gamer-numpy {retro_gamer.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "retro-gamer: the following arguments are required: COMMAND"),
        (["trian"], "retro-gamer: argument COMMAND: invalid choice: 'trian'"),
        (["train"], "retro-gamer train: the following arguments are required: DIR"),
        (
            ["train", "runs/x", "--episodes", "0"],
            "argument --episodes: '0' is not a whole number of 1 or more",
        ),
        (["train", "runs/x", "--minutes", "soon"], "argument --minutes: 'soon' is not a number above 0"),
        (
            ["train", "runs/x", "--episodes", "-3"],
            "argument --episodes: '-3' is not a whole number of 1 or more",
        ),
        (["train", "runs/x", "--chekpoint", "best"], "There is no --chekpoint here"),
        (["play", "runs/x", "--fps", "0"], "argument --fps: '0' is not a number above 0"),
        (["play", "runs/x", "--explian"], "There is no --explian here. Did you mean --explain?"),
        (["create", "--game", "snake"], "the following arguments are required: --output"),
        (
            ["create", "--game", "snake", "--output", "x", "--lerning-rate", "1"],
            "Did you mean --learning-rate?",
        ),
        (
            ["create", "--game", "snake", "--output", "x", "--radar=perhaps"],
            "'perhaps' is neither true nor false",
        ),
        (
            ["create", "--game", "snake", "--output", "x", "--hidden-sizes", "8,big"],
            "'big' is not a whole number",
        ),
    ],
)
def test_wrong_use_is_status_2_with_an_example(empty, command, arguments, said):
    status, out, error = command(*arguments)
    assert (status, out) == (2, "") and said in error and "\nExample:  retro-gamer " in error
    assert len(error.splitlines()) <= 4 and not any(empty.iterdir())


def test_debug_shows_the_traceback(empty, command):
    for arguments in (["--debug", "info", "nowhere"], ["info", "nowhere", "--debug"]):
        status, _, error = command(*arguments)
        assert status == 1 and "Traceback" in error and "retro-gamer: There is no run at nowhere" in error
    assert "Traceback" not in command("info", "nowhere")[2]


# create


def test_create_says_what_it_found_and_what_comes_next(empty, command):
    status, out, error = command("create", "--game", "snake", "--output", "runs/snake")
    assert (status, error) == (0, "")
    assert "Read the description of the game in" in out and "Board 32x16, characters > ^ < v * @" in out
    config = os.path.join("runs", "snake", "config.toml")
    assert out.endswith(f"Made {config}. Next:\n  retro-gamer train {os.path.join('runs', 'snake')}\n")
    text = Path(config).read_text("utf-8")
    assert all(
        before.startswith("# ")
        for before, line in zip(text.splitlines(), text.splitlines()[1:])
        if " = " in line and not line.startswith("#")
    )
    assert command("create", "--game", "snake", "--output", "runs/snake")[0] == 2  # and not twice
    assert Path(config).read_text("utf-8") == text


def test_init_is_create_in_other_words(empty, command):
    assert (
        command("init", "catch", "one", "--seed", "5")[0]
        == command("create", "--game", "catch", "--output", "two", "--seed", "5")[0]
        == 0
    )
    assert Path("one/config.toml").read_text("utf-8") == Path("two/config.toml").read_text("utf-8")


def test_settings_as_flags(empty, command):
    status, _, error = command(
        "create",
        "--game",
        "snake",
        "--output",
        "run",
        "--training-episodes",
        "300",
        "--hidden-sizes",
        "128,64",
        "--seed",
        "5",
        "--actions",
        "KEY_LEFT,KEY_RIGHT,a",
        "--dueling",
        "--no-double",
        "--radar=false",
        "--prioritize-experiences",
        "no",
        "--reward-scale",
        "auto",
        "--learning-rate",
        "2e-4",
        "--gamma",
        "1",
        "--observe-state",
        "energy",
        "--reward",
        "score",
    )
    assert status == 0, error
    config = RunDirectory("run").load_config()
    assert (config.training.training_episodes, config.model.hidden_sizes, config.training.seed) == (
        300,
        [128, 64],
        5,
    )
    assert config.metadata.actions == ["KEY_LEFT", "KEY_RIGHT", "a"] and config.metadata.reward == "score"
    assert (config.model.dueling, config.training.double, config.preprocessing.radar) == (True, False, False)
    assert config.training.prioritize_experiences is False and config.training.reward_scale == "auto"
    assert (config.training.learning_rate, config.training.gamma) == (2e-4, 1.0)
    assert config.preprocessing.observe_state == ["energy"]


# train


def test_train_in_an_empty_folder_makes_the_bundled_run(empty, command):
    status, out, error = command("train", "runs/catch", "--episodes", "2")
    assert (status, error) == (0, "")
    run = os.path.join("runs", "catch")
    assert out.startswith(f"There is no run at {run} yet: making one for the bundled game catch.\n")
    assert (
        "Trained 2 games (" in out
        and "Over 30 games it reaches a reward of" in out
        and "(random play: " in out
    )
    assert f"Train on:      retro-gamer train {run}\n" in out
    assert f"Watch it:      retro-gamer play {run}\nMeasure it:    retro-gamer evaluate {run}\n" in out
    assert f"  ai = TrainedPolicy({run!r})\n" in out
    assert checkpoint_names(run)[-1] == "ep_0002.npz"
    status, out, _ = command("train", "runs/catch", "--episodes", "1")
    assert status == 0 and out.startswith("Going on after game 2 (") and "Trained 3 games" in out


def test_train_does_not_make_other_runs(empty, command):
    status, _, error = command("train", "runs/chess")
    assert (
        status == 1 and "There is no run at" in error and "retro-gamer create --game GAME --output" in error
    )
    assert not any(empty.iterdir())


def test_train_to_the_goal_and_on(workshop, command):
    status, out, _ = command("train", "runs/snake")
    assert status == 0 and "This training is complete: 500 games" in out and "--episodes 500" in out
    assert "Train on:" not in command("train", "runs/snake", "--episodes", "1")[1]
    config = Path("runs/snake/config.toml")
    config.write_text(
        config.read_text("utf-8").replace("training_episodes = 500", "training_episodes = 505"), "utf-8"
    )
    before = config.read_bytes()
    status, out, _ = command("train", "runs/snake")
    assert "Going on after game 501" in out and "Trained 505 games" in out
    assert config.read_bytes() == before  # training never rewrites it


def test_minutes_end_a_training(empty, command):
    command("create", "--game", "catch", "--output", "run", *TINY)
    started = time.monotonic()
    status, out, _ = command("train", "run", "--minutes", "0.01")
    assert status == 0 and "Trained" in out and time.monotonic() - started < 10
    assert "Train on:" in out and len(checkpoint_names("run")) >= 1


def test_train_is_quiet_where_nobody_is_looking(workshop):
    result = run_command("train", "runs/forager", "--episodes", "3", cwd=workshop)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\r" not in result.stdout and "turns/s" not in result.stdout
    assert result.stdout.count("\n") < 15


@needs_terminal
def test_one_progress_line_in_a_terminal(workshop):
    terminal = PseudoTerminal(["-m", "retro_gamer", "train", "runs/snake", "--episodes", "900"], workshop)
    assert terminal.finish() == 0
    terminal.close()
    live = terminal.output.split("Trained ")[0].replace("\r\n", "\n")
    assert live.count("\n") == 1, live  # after "Going on after ..."
    frames = [frame for frame in live.split("\r") if frame.startswith("game ")]
    assert len(frames) >= 2 and all(len(frame) <= 79 for frame in frames)
    pattern = (
        r"game \d+  ([\d,]+ turns  )?([\d,]+ turns/s  )?reward -?[\d.]+  greedy (score|reward) -?[\d.]+  "
        r"(epsilon \d\.\d\d  )?"
    )
    assert re.match(pattern, frames[-1]), frames[-1]
    assert re.search(r"\d:\d\d left *$", frames[-1])
    assert live.endswith("\r" + " " * max(map(len, frames)) + "\r") or live.endswith(" \r")  # wiped away


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
    out, error = process.communicate(timeout=30)
    assert process.returncode == 0
    assert error == (
        "Stopping after this game...\n"
        "(Ctrl-C again stops at once and loses the last seconds of training, up to 20.)\n"
    )
    stopped = re.search(
        r"Stopped after game (\d+) \(([\d,]+) turns\) and saved. Go on with:\n  retro-gamer train run", out
    )
    assert stopped, out
    newest = RunDirectory("run").checkpoints()[-1][0]
    assert newest == int(stopped.group(1))
    result = run_command("train", "run", "--episodes", "5", cwd=long_run)
    assert result.stdout.startswith(f"Going on after game {newest} ({stopped.group(2)} turns).\n"), (
        result.stderr
    )
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
                time.sleep(20)
            game.end()

def create_game():
    return Game([Player()], {"score": 0}, board_size=(4, 4))
"""


PATIENT = """
import sys
from retro_gamer import cli
from retro_gamer.hosting import blame
blame.SECONDS_OF_A_LONG_TURN = 60  # before the game is blamed for the wait
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
    interrupted = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=15)
    assert time.monotonic() - interrupted < 10
    assert process.returncode == 130 and error == "\nStopped.\n"
    Path("slow").unlink()
    result = run_command("train", "run", "--episodes", "2", cwd=empty)
    assert "Going on after game 30" in result.stdout and result.returncode == 0, result.stderr
    assert not list(empty.rglob("*.tmp"))


def test_an_interrupt_while_the_result_is_measured(workshop, command, monkeypatch):
    def interrupted(trainer):
        raise KeyboardInterrupt

    monkeypatch.setattr("retro_gamer.commands.train._say_how_well", interrupted)
    status, out, error = command("train", "runs/forager", "--episodes", "2")
    assert status == 0 and "Trained 32 games" in out and "Watch it:" in out and "Traceback" not in error


@needs_terminal
def test_ctrl_c_in_a_terminal_leaves_no_half_line(long_run):
    terminal = PseudoTerminal(["-m", "retro_gamer", "train", "run"], long_run)
    terminal.wait_for("game ")
    wait_for(lambda: counted("run") >= 1, terminal.process)
    terminal.press_ctrl_c()
    assert terminal.finish() == 0
    terminal.close()
    assert re.search(r"\r +\rStopping after this game", terminal.output)
    assert "Stopped after game" in terminal.output and "Traceback" not in terminal.output


# play


def test_play_without_a_terminal_prints_text(workshop, command):
    status, out, error = command("play", "runs/board", "--seed", "3")
    assert (status, error) == (0, "") and "\x1b" not in out
    frames = out.split("\n\n")
    turns = int(re.search(r"ep_0006: (\d+) turns, reward -?\d+, score 0\n$", out).group(1))
    assert len(frames) == turns + 2 and "ep_0006  turn 0  reward 0" in frames[0]
    assert frames[0].startswith("┌────") and len(frames[0].splitlines()) == 22
    assert command("play", "runs/board", "--seed", "3")[1] == out  # the same seed shows the same game
    assert command("play", "runs/board", "--seed", "4")[1] != out
    best = command("play", "runs/snake", "--checkpoint", "best", "--seed", "1")[1]
    assert best.rstrip().splitlines()[-1].startswith("best: ")


def test_play_explain(workshop, command):
    _, out, _ = command("play", "runs/board", "--seed", "3", "--explain")
    assert out.count("It expects of each key:\n") == out.count("ep_0006  turn")
    best = re.findall(r">(\w+) (-?\d+\.\d\d)", out)
    keys = re.findall(r"turn [1-9]\d*  reward -?\d+  (?:KEY_)?(\(no key\)|\w+)", out)
    assert [{"none": "(no key)"}.get(key, key) for key, _ in best][: len(keys)] == keys
    for key in ("RIGHT", "UP", "LEFT", "DOWN", "none"):
        assert f"{key} " in out


@needs_terminal
@pytest.mark.parametrize("columns, rows", [(80, 24), (30, 9)])
def test_play_in_a_terminal(workshop, columns, rows):
    terminal = PseudoTerminal(
        ["-m", "retro_gamer", "play", "runs/board", "--fps", "1000", "--seed", "3", "--explain"],
        workshop,
        columns,
        rows,
    )
    assert terminal.finish() == 0
    assert terminal.close()
    assert terminal.output.startswith("\x1b[?1049h")
    shown, _, after = terminal.output.partition("\x1b[?1049l")
    assert re.fullmatch(r"ep_0006: \d+ turns, reward -?\d+, score 0\r\n", after)
    assert "┌" in shown and ("turn 1 " in shown or rows < 24)
    first_values = re.findall(r"([ >])(RIGHT|UP|LEFT|DOWN|none) (-?\d+\.\d\d)", shown)[:5]
    assert len({key for _, key, _ in first_values}) == 5
    assert [value for mark, _, value in first_values if mark == ">"] == [
        max(first_values, key=lambda v: float(v[2]))[2]
    ]
    drawn = [re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", part) for part in re.split(r"\x1b\[\d+;1H", shown)]
    assert max(len(line.rstrip("\r\n")) for line in drawn) <= columns


@needs_terminal
def test_ctrl_c_ends_play(workshop):
    terminal = PseudoTerminal(
        ["-m", "retro_gamer", "play", "runs/board", "--fps", "0.02", "--seed", "1"], workshop
    )  # 50 seconds a turn; with another seed an apple may be eaten in the first
    terminal.wait_for("turn 0 ")
    terminal.press_ctrl_c()
    assert terminal.finish() == 0
    assert terminal.close()
    assert re.search(
        r"\x1b\[\?1049l.*ep_0006: \d+ turns, reward -?\d+, score 0 \(stopped\)", terminal.output, re.S
    )


# evaluate, info, clean

JSON_KEYS = {"games", "mean", "ci95", "median", "best", "worst", "mean_turns", "random_mean", "checkpoint"}


def test_evaluate_one_run(workshop, command):
    status, out, error = command("evaluate", "runs/board", "--games", "5", "--seed", "7")
    assert (status, error) == (0, "")
    assert f"{os.path.join('runs', 'board')}, ep_0006: 5 greedy games with seeds 7 to 11\n" in out
    assert re.search(r"^ +mean +95% interval +median +best +worst +random$", out, re.M)
    assert [line.split()[0] for line in out.splitlines()[-3:]] == ["reward", "score", "turns"]
    assert max(map(len, out.splitlines())) < 80
    assert command("evaluate", "runs/board", "--games", "5", "--seed", "7")[1] == out


def test_evaluate_json(workshop, command):
    status, out, _ = command("evaluate", "runs/board", "--games", "4", "--json")
    data = json.loads(out)
    assert status == 0 and JSON_KEYS <= set(data) and out.count("\n") == 1
    assert (data["games"], data["checkpoint"]) == (4, "ep_0006")
    low, high = data["ci95"]
    assert data["worst"] <= low <= data["mean"] <= high <= data["best"] and data["mean_turns"] >= 1
    assert (
        json.loads(command("evaluate", "runs/snake", "--games", "1", "--json", "--checkpoint", "best")[1])[
            "checkpoint"
        ]
        == "best"
    )


def test_evaluate_two_runs(workshop, command):
    shutil.copytree("runs/board", "runs/other")
    status, out, _ = command("evaluate", "runs/board", "runs/other", "--games", "5")
    assert status == 0 and "5 greedy games each, with seeds 0 to 4" in out
    assert "Difference +0.00 (95% interval +0.00 to +0.00). The difference may be luck" in out
    data = json.loads(command("evaluate", "runs/board", "runs/other", "--games", "5", "--json")[1])
    assert set(data) == {"runs", "difference", "difference_ci95", "real"} and data["real"] is False
    assert [run["run"] for run in data["runs"]] == [
        os.path.join("runs", "board"),
        os.path.join("runs", "other"),
    ]


def test_info(workshop, command):
    status, out, _ = command("info", "runs/snake")
    assert status == 0
    assert re.search(r"^Checkpoints  2: ep_0250, ep_0500, best$", out, re.M)
    assert re.search(r"^Trained      500 games, [\d,]+ turns$", out, re.M)
    assert "max_turns_per_episode = 4" in out and "hidden_sizes = [8]" in out and "gamma" not in out
    assert max(map(len, out.splitlines())) < 100 and "\xa0" not in out
    command("train", "runs/snake", "--episodes", "3")
    assert "Trained      503 games" in command("info", "runs/snake")[1]
    command("create", "--game", "catch", "--output", "new")
    assert "Checkpoints  none yet; train with:  retro-gamer train new" in command("info", "new")[1]


def test_clean(workshop, command, monkeypatch):
    Path("runs/snake/notes.txt").write_text("mine")
    config = Path("runs/snake/config.toml").read_bytes()
    result = run_command("clean", "runs/snake", cwd=workshop)  # nobody there to answer
    assert result.returncode == 1 and "Nothing was removed." in result.stdout
    assert len(checkpoint_names("runs/snake")) == 3
    monkeypatch.setattr("builtins.input", lambda prompt: "y")
    status, out, _ = command("clean", "runs/snake")
    assert status == 0 and "This removes 6 files from" in out and "ep_0500.npz" in out
    assert sorted(path.name for path in Path("runs/snake").rglob("*") if path.is_file()) == [
        "config.toml",
        "notes.txt",
    ]
    assert Path("runs/snake/config.toml").read_bytes() == config
    said = f"There is nothing to clean in {os.path.join('runs', 'snake')}.\n"
    assert command("clean", "runs/snake", "--yes") == (0, said, "")
    assert command("clean", "runs/board", "-y")[0] == 0 and checkpoint_names("runs/board") == []
    assert "Trained 2 games" in command("train", "runs/board", "--episodes", "2")[1]


@needs_terminal
def test_output_that_nobody_reads_any_more(workshop):
    import subprocess

    from end_to_end import child_environment

    line = f"'{sys.executable}' -m retro_gamer play runs/board --seed 3 | head -n 1"
    result = subprocess.run(
        ["sh", "-c", line],
        cwd=str(workshop),
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    assert result.stderr == b"" and result.stdout.count(b"\n") == 1


# What the original's users bring along

ORIGINAL_CONFIG = """\
[game]
module = "{module}"
path = ""

[metadata]
actions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]
reward = "reward"
board_size = [32, 16]
character_set = ["*", "<", ">", "@", "^", "v"]
extras_size = 0

[preprocessing]
spatial = {spatial}
board = true
observe_state = {observe_state}

[model]
hidden_sizes = [128, 64]

[training]
learning_rate = 0.0001
learning_rate_decay = 0.9999
gamma = 0.99
epsilon = 1.0
epsilon_decay = 0.9997
epsilon_min = 0.05
batch_size = 64
memory_capacity = 50000
target_update_freq = 500
train_every = 4
training_episodes = 20000
prioritize_experiences = true
exploration_turns = 200
max_turns_per_episode = 2000
unknown_character_strategy = "ignore"
"""


@pytest.mark.parametrize("spatial, observe_state", [("false", '["energy"]'), ("true", "[]")])
def test_a_run_of_the_original_trains_unchanged(empty, command, spatial, observe_state):
    module = "retro.examples.snake" if HAVE_RETRO else "retro_gamer.games.snake"
    Path("old").mkdir()
    Path("old/config.toml").write_text(
        ORIGINAL_CONFIG.format(module=module, spatial=spatial, observe_state=observe_state)
    )
    before = Path("old/config.toml").read_bytes()
    for message in ("Trained 3 games", "Trained 5 games"):
        status, out, error = command("train", "old", "--episodes", "3" if "3" in message else "2")
        assert status == 0 and message in out, error
    assert Path("old/config.toml").read_bytes() == before
    assert command("evaluate", "old", "--games", "2")[0] == 0
    from retro_gamer import TrainedPolicy

    assert TrainedPolicy("old/").checkpoint == "ep_0005"


def test_checkpoints_of_the_original_are_named_for_what_they_are(empty, command):
    Path("old/checkpoints").mkdir(parents=True)
    Path("old/config.toml").write_text(
        ORIGINAL_CONFIG.format(module="retro_gamer.games.snake", spatial="false", observe_state="[]")
    )
    Path("old/checkpoints/ep_0100.pt").write_bytes(b"")
    status, _, error = command("play", "old")
    assert status == 1 and "holds checkpoints of the original retro-gamer (.pt), which need torch" in error


SCRIPT = """
from {home} import create_game
from retro_gamer import DQNTrainer, GameEnvironment, GameMetadata

def new_game():
    return create_game()

if __name__ == "__main__":
    metadata = GameMetadata(actions=["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"], reward="reward", board_size=(32, 16))
    environment = GameEnvironment(new_game, metadata, board=True)
    metadata.character_set = environment.discover_character_set(100)
    observation = environment.reset()
    print(observation.shape == (metadata.obs_size,), environment.step("KEY_UP")[2], environment.step(None)[1])
    trainer = DQNTrainer(new_game, metadata, "runs/scripted", preprocessing={{"observe_state": ["energy"]}},
                         hidden_sizes=[8], training_episodes={episodes}, batch_size=8, checkpoint_every=2,
                         max_turns_per_episode=10, evaluate_every=0)
    rows, games = [], []
    trainer.train(on_checkpoint=rows.append, on_episode=lambda: games.append(1))
    print([sorted(row) for row in rows][:1], [row["episode"] for row in rows], len(games))
    trainer.load_checkpoint("runs/scripted/checkpoints/ep_0002.npz")
"""


def test_a_script_of_the_original(empty, command):
    home = "retro.examples.snake" if HAVE_RETRO else "retro_gamer.games.snake"
    folder = empty / "scripts"
    folder.mkdir()
    (folder / "teach.py").write_text(SCRIPT.format(home=home, episodes=5))
    result = run_python("scripts/teach.py", cwd=empty)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].startswith("True ")
    keys = ["avg_loss", "avg_reward", "avg_steps", "episode", "epsilon"]
    assert result.stdout.splitlines()[1] == f"[{keys}] [2, 4, 5] 5"
    # The commands find the game of a script again, though it was __main__ there.
    result = run_command("evaluate", "runs/scripted", "--games", "1", cwd=empty)
    assert result.returncode == 0, result.stderr
    # Going on with other settings than those in the folder is not done silently.
    (folder / "teach.py").write_text(SCRIPT.format(home=home, episodes=9))
    error = run_python("scripts/teach.py", cwd=empty).stderr
    assert "was made with other settings than these:\n  training_episodes: here 9, there 5\n" in error


# Tables, functions of one's own, Gymnasium


@pytest.mark.parametrize("algorithm", ["q_learning", "sarsa", "expected_sarsa", "double_q_learning"])
def test_tabular_runs(empty, command, algorithm):
    status, _, error = command(
        "create",
        "--game",
        "forager",
        "--output",
        "run",
        "--algorithm",
        algorithm,
        "--planning-steps",
        "2",
        "--max-turns-per-episode",
        "20",
        "--evaluate-every",
        "0",
    )
    assert status == 0, error
    assert "Trained 20 games" in command("train", "run", "--episodes", "20")[1]
    assert "Going on after game 20" in command("train", "run", "--episodes", "2")[1]
    assert command("evaluate", "run", "--games", "2")[0] == 0
    assert "It expects of each key" in command("play", "run", "--seed", "1", "--explain")[1]


SEEING = """
from retro_gamer.games.forager import create_game

def as_tuple(game):
    return tuple(game.get_agent_by_name("{name}").position)

def as_list(game):
    return [*as_tuple(game), 0.5]
"""


def test_observation_functions(empty):
    from retro_gamer.games import forager

    name = next(agent.name for agent in forager.create_game().agents if hasattr(agent, "handle_keystroke"))
    Path("seeing.py").write_text(SEEING.format(name=name))
    for function, algorithm in (("as_tuple", "q_learning"), ("as_list", "dqn")):
        for arguments, said in (
            (
                [
                    "create",
                    "--game",
                    "seeing.py",
                    "--output",
                    function,
                    "--observation-function",
                    f"seeing:{function}",
                    "--algorithm",
                    algorithm,
                    "--actions",
                    ARROWS,
                    *TINY,
                    "--max-turns-per-episode",
                    "10",
                ],
                "Made ",
            ),
            (["train", function, "--episodes", "4"], "Trained 4 games"),
            (["train", function, "--episodes", "2"], "Going on after game 4"),
            (["evaluate", function, "--games", "2"], "2 greedy games"),
            (["play", function], "ep_0006: "),
        ):
            result = run_command(*arguments, cwd=empty)
            assert result.returncode == 0 and said in result.stdout, result.stderr


@pytest.mark.skipif(not HAVE_GYM, reason="Gymnasium is not installed")
def test_gymnasium(empty, command):
    from retro_gamer import TrainedPolicy
    from retro_gamer.errors import ConfigError

    assert command("create", "--game", "gym:CartPole-v1", "--output", "cart", *TINY)[0] == 0
    assert "Trained 3 games" in command("train", "cart", "--episodes", "3")[1]
    status, out, _ = command("play", "cart", "--seed", "1")
    assert status == 0 and re.fullmatch(
        r"ep_0003: \d+ turns, reward \d+ \(it has no picture in text to show\)\n", out
    )
    assert command("play", "cart", "--seed", "1")[1] == out
    assert command("evaluate", "cart", "--games", "2")[0] == 0
    with pytest.raises(
        ConfigError, match="was trained on the Gymnasium environment CartPole-v1, not on a game"
    ):
        TrainedPolicy("cart")


@pytest.mark.skipif(HAVE_GYM, reason="Gymnasium is installed")
def test_without_gymnasium(empty, command):
    status, _, error = command("create", "--game", "gym:CartPole-v1", "--output", "cart")
    assert status == 2 and "Gymnasium is not installed. Install it with" in error


@needs_retro
@pytest.mark.parametrize("game", ["retro.examples.snake", "retro.examples.nav", "retro.examples.beast"])
def test_the_examples_of_retro_games(empty, command, game):
    status, out, error = command(
        "create", "--game", game, "--output", "run", *TINY, "--max-turns-per-episode", "10"
    )
    assert status == 0, error
    if game.endswith("snake"):  # which has no description
        assert f'Found by trying keys: actions = ["{ARROWS}"]'.replace(",", '", "') in out
        assert 'Found in the game\'s state: reward = "reward", score = "score"' in out
    status, out, error = command("train", "run", "--episodes", "3")
    assert status == 0 and "Trained 3 games" in out, error
