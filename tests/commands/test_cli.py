"""The command line as a new user types it: help, wrong use, create."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from retro_gamer.config.run_config import RunConfig
from retro_gamer.runs.directory import RunDirectory

COMMANDS = ("create", "init", "train", "play", "evaluate", "info", "clean")


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
        (["trian"], "retro-gamer: There is no command 'trian'. Did you mean train?\n"),
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
