"""`play`, `evaluate`, `info` and `clean` as a new user types them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from end_to_end import (
    PATIENCE,
    PseudoTerminal,
    checkpoint_names,
    needs_terminal,
    run_command,
    run_here,
)

from retro_gamer.commands.watching import explain_values


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
    value = r"([ >]) ?(?:KEY_)?(RIGHT|UP|LEFT|DOWN|none|no key) +(-?\d+\.\d\d)"
    first_values = re.findall(value, shown)[:5]
    assert len({key for _, key, _ in first_values}) == 5
    assert [value for mark, _, value in first_values if mark == ">"] == [max(first_values, key=lambda v: float(v[2]))[2]]
    drawn = [re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", part) for part in re.split(r"\x1b\[\d+;1H", shown)]
    assert max(len(line.rstrip("\r\n")) for line in drawn) <= columns


@needs_terminal
@pytest.mark.parametrize("leave", ["q", "\x1b"])
def test_keys_pause_play_and_step_it_and_leave(workshop, leave):
    terminal = PseudoTerminal(
        ["-m", "retro_gamer", "play", "runs/board", "--fps", "0.02", "--seed", "1"], workshop
    )  # 50 seconds a turn: what goes on before goes on by keys
    terminal.wait_for("turn 0 ")
    terminal.wait_for("space: pause  q: leave  up, down: speed (0.02 turns/s)")
    os.write(terminal.controller, b"\x1b[A")
    terminal.wait_for("speed (0.03 turns/s)")
    os.write(terminal.controller, b"\x1b[B\x1b[B")
    terminal.wait_for("speed (0.0133 turns/s)")
    os.write(terminal.controller, b"\x1b[C ")  # a step means nothing while it plays
    terminal.wait_for("PAUSED  space: go on  q: leave  right: one turn")
    assert "turn 1 " not in terminal.output
    os.write(terminal.controller, b"\x1b[C\x1b[C")
    terminal.wait_for("turn 2 ")
    assert "turn 3 " not in terminal.output
    os.write(terminal.controller, leave.encode())
    assert terminal.finish() == 0
    assert terminal.close()
    assert re.search(r"ep_0006: 2 turns, reward -?\d+, score \d+ \(stopped\)\s*$", terminal.output)


@needs_terminal
def test_keys_work_while_an_environment_draws_itself(tmp_path):
    (tmp_path / "drawn_walk.py").write_text(
        "class Walk:\n    actions = ['left', 'right']\n    def reset(self):\n        return 0, {}\n"
        "    def step(self, action):\n        return 0, 1.0, False, False, {}\n"
        "    def render(self):\n        return 'a picture'\n"
    )
    create = ["create", "--game", "drawn_walk.py:Walk", "--output", "run", "--algorithm", "q_learning"]
    create += ["--max-turns-per-episode", "9"]
    for arguments in (create, ["train", "run", "--episodes", "1", "--quiet"]):
        assert run_here(*arguments, cwd=tmp_path).returncode == 0
    terminal = PseudoTerminal(["-m", "retro_gamer", "play", "run", "--fps", "0.02"], tmp_path)
    terminal.wait_for("a picture")
    terminal.wait_for("turn 1  reward 1 ")
    terminal.wait_for("space: pause  q: leave")
    os.write(terminal.controller, b" ")
    terminal.wait_for("PAUSED  space: go on")
    os.write(terminal.controller, b"\x1b[C")
    terminal.wait_for("turn 2  reward 2")
    os.write(terminal.controller, b"q")
    assert terminal.finish() == 0 and terminal.close()
    assert re.search(r"ep_0001: 2 turns, reward 2 \(stopped\)\s*$", terminal.output)


@pytest.mark.parametrize("columns", [30, 60, 100])
def test_the_values_of_a_team_fit_into_the_window(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    keys = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN", None]
    lines = explain_values(np.array([-0.25, 0.5, -1.0, 2.0, 0.0]), keys, "runner: ").split("\n")
    assert max(map(len, lines)) <= columns - 2 and lines[0].startswith("runner:  RIGHT -0.25")
    assert all(line.startswith(" " * 8) for line in lines[1:]) and ">DOWN 2.00" in "".join(lines)


@needs_terminal
def test_play_explains_beside_the_board(workshop):
    terminal = PseudoTerminal(
        ["-m", "retro_gamer", "play", "runs/snake", "--fps", "0.02", "--seed", "1", "--explain"],
        workshop,
        100,
        30,
    )
    terminal.wait_for("It sees:")
    terminal.press_ctrl_c()
    assert terminal.finish() == 0 and terminal.close()
    for words in ("It presses KEY_", "ahead by", "#", "What mattered, and by how much:", "·"):
        assert words in terminal.output


@needs_terminal
def test_ctrl_c_ends_play(workshop):
    terminal = PseudoTerminal(
        ["-m", "retro_gamer", "play", "runs/board", "--fps", "0.02", "--seed", "1"], workshop
    )  # 50 seconds a turn; with another seed an apple may be eaten in the first
    terminal.wait_for("turn 0 ")
    terminal.press_ctrl_c()
    assert terminal.finish() == 0
    assert terminal.close()
    assert re.search(r"\x1b\[\?1049l.*ep_0006: \d+ turns, reward -?\d+, score 0 \(stopped\)", terminal.output, re.S)


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
        json.loads(command("evaluate", "runs/snake", "--games", "1", "--json", "--checkpoint", "best")[1])["checkpoint"]
        == "best"
    )


def test_evaluate_two_runs(workshop, command):
    shutil.copytree("runs/board", "runs/other")
    status, out, _ = command("evaluate", "runs/board", "runs/other", "--games", "5")
    assert status == 0 and "5 greedy games each, with seeds 0 to 4" in out
    assert "Difference +0.00 (95% interval +0.00 to +0.00). Every game ended the same for both: they play alike." in out
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
    assert "max_turns_per_episode = 4" in out and "hidden_sizes = [8]" in out and "n_step" not in out
    assert "gamma = 0.99" in out  # which create sets for a snake
    assert max(map(len, out.splitlines())) < 100 and "\xa0" not in out
    command("train", "runs/snake", "--episodes", "3")
    assert "Trained      503 games" in command("info", "runs/snake")[1]
    command("create", "--game", "catch", "--output", "new")
    assert "Checkpoints  none yet; train with:  retro-gamer train new" in command("info", "new")[1]


@pytest.mark.parametrize(
    "flags, named",
    [
        ([], ["Settings     priority_beta = 0.0, priority_min = 0.3"]),  # which create sets where luck gains often
        (["--priority-beta", "0.4"], []),
        (["--algorithm", "sarsa"], []),
        (["--priority-min", "0", "--gamma", "0.9", "--learning-rate", "0.0005"], ["Settings     gamma = 0.9"]),
    ],
)
def test_info_names_the_settings_that_are_not_those_of_a_new_run(command, tmp_path, flags, named):
    run = str(tmp_path / "new")
    assert command("create", "--game", "catch", "--output", run, "--symmetry", "", *flags)[0] == 0
    assert [line for line in command("info", run)[1].splitlines() if line.startswith("Settings")] == named


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
        timeout=PATIENCE,
    )
    assert result.stderr == b"" and result.stdout.count(b"\n") == 1
