"""Files from strangers: the first mutants of fuzz_files.py and those that once found something; settings and game
descriptions made up by hypothesis."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from pathlib import Path

import fuzz_files
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retro_gamer import TrainedPolicy
from retro_gamer.agents.states import decode_states
from retro_gamer.commands.create import create_run
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import all_settings
from retro_gamer.config.values import read_toml, toml_value
from retro_gamer.errors import CheckpointError, ConfigError, RetroGamerError
from retro_gamer.original.metadata import GameMetadata
from retro_gamer.runs import archive
from retro_gamer.runs.archive import load_arrays, save_arrays

QUICK = settings(max_examples=150)
posix = pytest.mark.skipif(os.name != "posix", reason="has no links and pipes for everyone")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "runs"
    folder.mkdir()
    fuzz_files.make_runs(folder)
    return folder


@pytest.mark.parametrize(
    "numbers",
    [
        fuzz_files.FOUND,
        range(0, 50),
        range(50, 300),
        range(10**6, 10**6 + 150),
        pytest.param(range(2 * 10**6, 2 * 10**6 + 200), marks=posix),
        range(3 * 10**6, 3 * 10**6 + 150),
    ],
    ids=["found", "0-49", "50-299", "self-play", "heavy", "torch"],
)
def test_damaged_files_play_or_are_refused(runs, numbers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # weights of 1e38 overflow
        outcomes = [fuzz_files.outcome(number, runs, runs.parent / "scratch") for number in numbers]
    assert set(outcomes) == {"plays", "refused"} or len(outcomes) < 100


def test_every_form_of_run_plays_undamaged(runs, tmp_path):
    for name in fuzz_files.RUNS:
        for kind in ("checkpoint", "resume", "config"):
            if (name, kind) == ("custom", "config"):
                with pytest.raises(ConfigError, match="trusted=False"):
                    fuzz_files.use(runs / name, name, kind)
            elif kind == "resume":
                shutil.copytree(str(runs / name), str(tmp_path / name))
                fuzz_files.use(tmp_path / name, name, kind)
            else:
                fuzz_files.use(runs / name, name, kind)


@pytest.mark.parametrize("name", sorted(fuzz_files.TEAM_RUNS))
def test_every_form_of_self_play_plays_undamaged(runs, tmp_path, name):
    for kind in ("checkpoint", "config"):
        fuzz_files.use(runs / name, name, kind)
    shutil.copytree(str(runs / name), str(tmp_path / name))
    fuzz_files.use(tmp_path / name, name, "resume")
    (tmp_path / name / "resume.npz").unlink()
    fuzz_files.use(tmp_path / name, name, "newest")


@pytest.mark.parametrize("name", sorted(fuzz_files.RUNS))
def test_a_checkpoint_cut_anywhere_is_refused(runs, tmp_path, name):
    whole = fuzz_files.file_of(runs / name, "checkpoint").read_bytes()
    path = tmp_path / "cut.npz"
    # Every byte of the ends, where the zip file's own structure is, and a sample of what lies between.
    for length in [
        *range(0, 300),
        *range(300, len(whole) - 2000, 997),
        *range(max(300, len(whole) - 400), len(whole)),
    ]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_arrays(path)


@pytest.mark.parametrize("name", ["board", "window", "table"])
def test_a_checkpoint_of_a_big_endian_machine_plays_the_same(runs, tmp_path, name):
    shutil.copytree(str(runs / name), str(tmp_path / name))
    for kind in ("checkpoint", "resume"):
        path = fuzz_files.file_of(tmp_path / name, kind)
        arrays = load_arrays(path)
        save_arrays(path, {key: value.astype(value.dtype.newbyteorder(">"), "F") for key, value in arrays.items()})
        again = load_arrays(path)
        assert all((again[key] == value).all() and again[key].dtype == value.dtype for key, value in arrays.items())
    game = fuzz_files.GAMES[fuzz_files.RUNS[name][0]].create_game()
    game.start()
    assert TrainedPolicy(tmp_path / name).q_values(game) == TrainedPolicy(runs / name).q_values(game)
    fuzz_files.use(tmp_path / name, name, "resume")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100000,
        "(" * 60 + ")" * 60,
        "-" * 9000 + "1",
        "1+1",
        "9" * 5000,
        "[1]",
        "f()",
        "a",
        "(1",
        "1)",
        "1,2",
        "",
        "((),",
        "--1",
    ],
)
def test_states_that_python_should_not_read(text):
    with pytest.raises((ValueError, SyntaxError)):
        decode_states(np.frombuffer(json.dumps([text]).encode(), np.uint8))


def test_compressed_arrays_may_not_unpack_to_much(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_PACKED_BYTES", 10**6)
    rng = np.random.default_rng(0)
    np.savez_compressed(str(tmp_path / "a.npz"), **{f"x{i}": rng.integers(0, 3, 2**18, np.uint8) for i in range(5)})
    with pytest.raises(CheckpointError, match="its compressed arrays would unpack to 1 MB"):
        load_arrays(tmp_path / "a.npz")


# Settings and descriptions

NAMES = [field.name for _, field in all_settings()]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.dates(),
    st.lists(st.integers(), max_size=4),
    st.lists(st.text(max_size=3), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["dqn", "sarsa", "auto", "a:b", "KEY_UP", ["KEY_UP"], ["KEY_UP", "a"], [8], 1, 0.5]),
)


@given(
    st.dictionaries(
        st.sampled_from(["game", "metadata", "preprocessing", "model", "training", "x"]),
        st.one_of(st.dictionaries(st.sampled_from([*NAMES, "x"]), VALUES, max_size=6), VALUES),
        max_size=6,
    )
)
@QUICK
def test_any_settings_are_right_or_refused(data):
    try:
        config = RunConfig.from_dict(data)
    except ConfigError as error:
        assert "problem" in str(error)
    else:
        assert RunConfig.from_dict(config.to_dict()) == config


def as_toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(str(key))} = {as_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return '"none"' if value is None else toml_value(value)


@given(st.dictionaries(st.sampled_from([*NAMES, "x", "name"]), VALUES, max_size=5), st.text(max_size=8))
@QUICK
def test_any_description_of_a_game_is_right_or_refused(tmp_path, section, junk):
    """[tool.retro-gamer] in the pyproject.toml beside a game."""
    path = tmp_path / "pyproject.toml"
    try:
        lines = [f"{name} = {as_toml(value)}" for name, value in section.items()]
        text = "\n".join(["[tool.retro-gamer]", *lines, junk if len(junk) == 3 else ""])
        path.write_bytes(text.encode("utf-8"))
    except (ConfigError, UnicodeEncodeError):  # lone surrogates: no such file can be
        return
    try:
        GameMetadata.from_dict(read_toml(path)["tool"]["retro-gamer"]).validate()
    except (RetroGamerError, KeyError):
        pass


@given(
    st.dictionaries(
        st.sampled_from([name for name in NAMES if name not in ("module", "path", "factory", "gym")]),
        VALUES,
        max_size=3,
    )
)
@settings(QUICK, max_examples=40)
def test_any_flags_of_create_make_a_run_or_are_refused(tmp_path, flags):
    flags = {"actions": ["KEY_LEFT"], "reward": "score", **flags}
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    try:
        made = create_run("catch", str(folder), flags)
    except RetroGamerError:
        assert not folder.exists()
    else:
        assert RunConfig.load(made.run.config_path) == made.config


def test_a_thousand_problems_make_a_message_that_can_be_read():
    data = {
        "game": {"module": "m"},
        "metadata": {"actions": ["KEY_" + "X" * 500] * 2000, "reward": "r"},
        "training": {"y" * 500 + str(n): n for n in range(2000)},
    }
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict(data)
    assert len(str(caught.value)) < 100_000
    del data["training"]
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict(data)
    assert len(str(caught.value)) < 100_000


@given(st.binary(max_size=200))
@QUICK
def test_any_bytes_are_toml_or_refused(tmp_path, content):
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    try:
        RunConfig.load(path)
    except ConfigError:
        pass


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 60000 + " = 1",
        "x = " + "[" * 100000,
        "x = " + "{a=" * 50000,
        "#" * 300000,
        "\n".join(f"k{n} = 1" for n in range(20000)),
    ],
    ids=["dots", "lists", "tables", "long", "many"],
)
def test_a_config_that_would_take_for_ever(tmp_path, text):
    Path(tmp_path, "config.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        RunConfig.load(tmp_path / "config.toml")
    assert len(str(caught.value)) < 100_000
