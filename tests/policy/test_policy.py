"""TrainedPolicy and PolicyInput, as a game author meets them; and checkpoints that must not be trusted."""

from __future__ import annotations

import random
import shutil
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest
from costs import counted_calls, peak_memory
from end_to_end import ARROWS, TINY, run_command, run_python

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.errors import (
    CheckpointError,
    ConfigError,
    ObservationError,
    RetroGamerError,
    RunNotFoundError,
)
from retro_gamer.games import engine, forager, snake
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription

KEYS = [*ARROWS.split(","), None]


@pytest.fixture
def game():
    random.seed(4)
    game = snake.create_game()
    game.start()
    return game


def actions_of(ai, game, n=60):
    return [ai.get_action(game) for _ in range(n)]


# Choosing


def test_get_action_is_the_key_of_the_highest_value(workshop, game):
    ai = TrainedPolicy("runs/board")
    values = ai.q_values(game)
    assert list(values) == ai.actions == KEYS
    assert all(type(value) is float for value in values.values())
    assert set(actions_of(ai, game)) == {max(values, key=values.get)}


def test_a_table_plays_too(workshop):
    ai = TrainedPolicy("runs/forager")
    random.seed(0)
    game = forager.create_game()
    values = ai.q_values(game)
    assert list(values) == KEYS and ai.get_action(game) == max(values, key=values.get)


def test_epsilon_makes_an_easier_opponent(workshop, game):
    best = TrainedPolicy("runs/board").get_action(game)
    assert set(actions_of(TrainedPolicy("runs/board", epsilon=1), game)) == set(KEYS)
    sometimes = actions_of(TrainedPolicy("runs/board", epsilon=0.25), game, 400)
    assert 0.7 < sometimes.count(best) / 400 < 0.9


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, float("nan"), "high", None])
def test_epsilon_must_be_a_share(workshop, epsilon):
    with pytest.raises(ConfigError, match="it is the share of random keys, a number from 0 to 1"):
        TrainedPolicy("runs/board", epsilon=epsilon)


@pytest.mark.parametrize("settings", [{}, {"epsilon": 1.0}, {"checkpoint": "ep_7", "if_missing": "random"}])
def test_the_games_own_chance_is_untouched(workshop, game, settings):
    ai = TrainedPolicy("runs/board", **settings)
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tobytes(), np.random.get_state()[2]
    actions_of(ai, game, 20)
    ai.q_values(game)
    PolicyInput(ai, game).collect()
    ai.reload()
    assert (random.getstate(), np.random.get_state()[1].tobytes(), np.random.get_state()[2]) == before


def test_policy_input_gives_one_key_or_none(workshop, game):
    ai = TrainedPolicy("runs/board", epsilon=1.0)
    collected = [PolicyInput(ai, game).collect() for _ in range(60)]
    assert {type(keys) for keys in collected} == {set}
    assert {key.name for keys in collected for key in keys} == set(ARROWS.split(","))
    assert set() in collected


def test_a_whole_board_policy_says_why_it_cannot_play_on_another_size(workshop):
    small = engine.Game([snake.SnakeHead((1, 1), "KEY_UP")], {}, board_size=(10, 10))
    with pytest.raises(ObservationError, match="The board is 10x10, but this agent sees a whole board of 32x16"):
        TrainedPolicy("runs/board").get_action(small)
    small.add_agent(snake.Apple())
    main(["create", "--game", "snake", "--output", "runs/window", *TINY, "--max-turns-per-episode", "3"])
    main(["train", "runs/window", "--episodes", "10"])
    assert TrainedPolicy("runs/window").get_action(small) in KEYS


# Finding


def test_missing_runs_and_checkpoints(workshop):
    with pytest.raises(FileNotFoundError, match="There is no run at runs.nowhere: the folder does not exist") as caught:
        TrainedPolicy("runs/nowhere")
    assert str(Path("runs/nowhere").absolute()) in str(caught.value)
    with pytest.raises(RunNotFoundError, match=r"no checkpoint 'ep_7' .* There are: ep_0250, ep_0500, best\."):
        TrainedPolicy("runs/snake", checkpoint="ep_7")
    shutil.rmtree("runs/board/checkpoints")
    with pytest.raises(RunNotFoundError, match="has no checkpoint yet. Train it first:  retro-gamer train runs.board"):
        TrainedPolicy("runs/board")


def test_checkpoints_by_name(workshop):
    names = {
        name: TrainedPolicy(Path("runs/snake"), checkpoint=name).checkpoint
        for name in ("ep_0250", "ep_0500.npz", "best", 250, None)
    }
    assert names == {
        "ep_0250": "ep_0250",
        "ep_0500.npz": "ep_0500",
        "best": "best",
        250: "ep_0250",
        None: "ep_0500",
    }
    assert repr(TrainedPolicy("runs/snake", "best")).endswith("checkpoint='best')")


def test_random_until_there_is_a_checkpoint(workshop, game):
    ai = TrainedPolicy("runs/new", if_missing="random")
    assert ai.checkpoint is None and ai.actions == [None] and ai.get_action(game) is None
    main(["create", "--game", "snake", "--output", "runs/new", *TINY, "--max-turns-per-episode", "3"])
    assert ai.reload() is False
    assert set(actions_of(ai, game)) == set(KEYS)  # the config.toml says which keys there are
    assert ai.q_values(game) == dict.fromkeys(KEYS, 0.0)
    main(["train", "runs/new", "--episodes", "10"])
    assert ai.reload() is True and ai.checkpoint == "ep_0010"
    assert len(set(actions_of(ai, game))) == 1
    with pytest.raises(ConfigError, match='it can be "random", or left out'):
        TrainedPolicy("runs/new", if_missing="zero")


def test_reload(workshop, game):
    ai, fixed = TrainedPolicy("runs/board"), TrainedPolicy("runs/board", checkpoint="ep_0006")
    before = ai.q_values(game)
    assert ai.reload() is False
    main(["train", "runs/board", "--episodes", "4"])
    assert ai.q_values(game) == before  # not by itself, in the middle of a game
    assert fixed.reload() is False or fixed.checkpoint == "ep_0006"
    assert ai.reload() is True and ai.checkpoint == "ep_0010"
    assert ai.q_values(game) != before


def test_a_failed_reload_leaves_the_old_policy_playing(workshop, game):
    ai = TrainedPolicy("runs/board")
    before = ai.q_values(game)
    Path("runs/board/checkpoints/ep_0099.npz").write_bytes(b"half a file")
    for _ in range(2):
        with pytest.raises(CheckpointError, match="ep_0099.npz is damaged"):
            ai.reload()
        assert ai.q_values(game) == before and ai.checkpoint == "ep_0006"
    Path("runs/board/checkpoints/ep_0099.npz").unlink()
    assert ai.reload() is False


# Other people's code

RECORDING_GAME = """
from pathlib import Path
Path(__file__).with_name("imported.txt").open("a").write("game\\n")
from retro_gamer.games.forager import create_game
"""
SEEING = """
from pathlib import Path
Path(__file__).with_name("imported.txt").open("a").write("seeing\\n")

def observe(game):
    agent = game.get_agent_by_name("forager") if "forager" in game.agents_by_name else game.agents[0]
    return [agent.position[0], agent.position[1], 1.0]
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A run whose game and observation function are in a folder of their own, away from the current one."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "recording_game.py").write_text(RECORDING_GAME)
    (home / "seeing.py").write_text(SEEING)
    for name, flags in (("plain", []), ("custom", ["--observation-function", "seeing:observe"])):
        made = run_command(
            "create",
            "--game",
            "recording_game.py",
            "--output",
            tmp_path / name,
            *TINY,
            "--actions",
            ARROWS,
            "--max-turns-per-episode",
            "5",
            *flags,
            cwd=home,
        )
        assert made.returncode == 0, made.stderr
        trained = run_command("train", tmp_path / name, "--episodes", "10", cwd=home)
        assert trained.returncode == 0, trained.stderr
    (home / "imported.txt").unlink()
    return tmp_path


PLAY = """
from retro_gamer import TrainedPolicy
from retro_gamer.games.forager import create_game
ai = TrainedPolicy({name!r}, trusted={trusted})
game = create_game()
game.start()
print(ai.get_action(game))
"""


def test_loading_imports_no_game_code(elsewhere):
    assert run_python("-c", PLAY.format(name="plain", trusted=False), cwd=elsewhere).returncode == 0
    assert not (elsewhere / "home/imported.txt").exists()
    shutil.rmtree(str(elsewhere / "home"))  # and so the game may be gone
    result = run_python("-c", PLAY.format(name="plain", trusted=True), cwd=elsewhere)
    assert result.returncode == 0 and result.stdout.strip() in map(str, KEYS), result.stderr


def test_an_observation_function_is_imported_unless_forbidden(elsewhere):
    result = run_python("-c", PLAY.format(name="custom", trusted=False), cwd=elsewhere)
    assert "ConfigError: The run custom names an observation_function, seeing:observe" in result.stderr
    assert not (elsewhere / "home/imported.txt").exists()
    result = run_python("-c", PLAY.format(name="custom", trusted=True), cwd=elsewhere)
    assert result.returncode == 0, result.stderr
    assert (elsewhere / "home/imported.txt").read_text() == "seeing\n"


def test_a_checkpoint_cannot_bring_its_own_observation_function(workshop):
    path = change_facts("runs/board", observation_function="os:system")
    with pytest.raises(CheckpointError, match="ep_0006.npz was trained with observation_function = 'os:system', but"):
        TrainedPolicy("runs/board")
    assert main(["play", "runs/board"]) == 1
    assert path.name == "ep_0006.npz"


def test_importing_the_library_costs_nothing(tmp_path):
    code = """
import sys, retro_gamer
assert "TrainedPolicy" in dir(retro_gamer)
heavy = {"numpy", "retro", "blessed", "gymnasium", "tomllib", "tomli"} & set(sys.modules)
assert not heavy, heavy
from retro_gamer import TrainedPolicy, PolicyInput
assert not {"retro", "blessed", "gymnasium", "retro_gamer.training"} & set(sys.modules)
try:
    retro_gamer.TrainedPolice
except AttributeError as error:
    print(error)
"""
    result = run_python("-c", code, cwd=tmp_path)
    assert result.stdout == "module 'retro_gamer' has no attribute 'TrainedPolice'\n", result.stderr


# Changed settings and damaged files


def edit_config(run, old, new):
    path = Path(run, "config.toml")
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_changed_actions_are_refused(workshop, capsys):
    edit_config("runs/board", '["KEY_RIGHT", "KEY_UP"', '["KEY_UP", "KEY_RIGHT"')
    with pytest.raises(CheckpointError, match=r"trained with the keys \['KEY_RIGHT', 'KEY_UP', .* Put the old keys back"):
        TrainedPolicy("runs/board")
    for command in ("play", "evaluate"):
        assert main([command, "runs/board"]) == 1
        assert "was trained with the keys KEY_RIGHT, KEY_UP, KEY_LEFT, KEY_DOWN, but now" in capsys.readouterr().err
    assert main(["train", "runs/board"]) == 2
    assert "each output of the network" in capsys.readouterr().err


def test_settings_that_only_concern_training_may_change(workshop, game):
    before = TrainedPolicy("runs/board").q_values(game)
    edit_config("runs/board", "gamma = 0.97", "gamma = 0.5")
    edit_config("runs/board", "hidden_sizes = [8]", "hidden_sizes = [99]")  # the checkpoint knows its own
    assert TrainedPolicy("runs/board").q_values(game) == before


def test_a_damaged_config_is_named(workshop):
    Path("runs/board/config.toml").write_text("[game\n")
    with pytest.raises(ConfigError, match="config.toml cannot be read"):
        TrainedPolicy("runs/board")


def newest(run):
    return RunDirectory(run).find_checkpoint()


def change_facts(run, **changes):
    path = newest(run)
    facts, arrays = load_checkpoint(path)
    facts.update(changes)
    RunDirectory(run).save_policy(path, {name: value for name, value in facts.items() if value is not ...}, arrays)
    return path


def change_arrays(run, **changes):
    path = newest(run)
    facts, arrays = load_checkpoint(path)
    for name, change in changes.items():
        name = name.replace("__", "/")
        new = change(arrays.pop(name))
        if new is not None:
            arrays[name] = new
    RunDirectory(run).save_policy(path, facts, arrays)


def refused(run, match):
    """The policy is refused with little work and little memory; and the command line says so in a sentence."""
    with pytest.raises(CheckpointError, match=match) as caught, counted_calls() as work, peak_memory() as memory:
        TrainedPolicy(run)
    assert str(newest(run)) in str(caught.value)
    assert work.calls < 20_000 and memory.peak < 30 * 2**20
    assert isinstance(caught.value, (RetroGamerError, ValueError))


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_truncated(workshop, keep):
    path = newest("runs/board")
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    refused("runs/board", "is damaged or is not a checkpoint")


def test_not_a_checkpoint_at_all(workshop):
    path = newest("runs/board")
    np.savez(str(path), weights=np.ones(3))
    refused("runs/board", "is not a checkpoint of this library: it does not say what it holds")
    np.savez(str(path), facts=np.array([{"a": 1}], dtype=object))
    refused("runs/board", "holds object, not plain numbers|damaged")
    change = {"facts": np.frombuffer(b'{"format": 99}', np.uint8)}
    np.savez(str(path), **change)
    refused("runs/board", "has format 99; this version of the library reads format 1")


def poison(array):
    array[0] = np.nan
    return array


@pytest.mark.parametrize(
    "change, match",
    [
        (
            {"network__symbols": poison},
            "symbols contains numbers that are infinite or not numbers at all. The training",
        ),
        (
            {"network__dense_0_bias": lambda a: a + np.float32(np.inf)},
            "dense_0_bias contains numbers that are infinite",
        ),
        (
            {"network__symbols": lambda a: a[:-1]},
            r"symbols has shape \(\d+, 8\) and type float32, but shape \(\d+, 8\)",
        ),
        ({"network__symbols": lambda a: a.astype(np.float64)}, "symbols has shape .* and type float64, but"),
        ({"network__dense_0_weights": lambda a: None}, "dense_0_weights is missing"),
        ({"scale": lambda a: None}, "reward scale is missing or is not a positive number"),
        ({"scale": lambda a: a * 0}, "reward scale is missing or is not a positive number"),
        ({"scale": lambda a: a * np.nan}, "reward scale is missing or is not a positive number"),
    ],
)
def test_weights_that_cannot_be(workshop, change, match):
    change_arrays("runs/board", **change)
    refused("runs/board", match)


@pytest.mark.parametrize(
    "change, match",
    [
        ({"values_0": poison}, "its table"),
        ({"values_0": lambda a: a[:, :-1]}, "its table"),
        ({"values_0": lambda a: a[:-1]}, "its table"),
        ({"values_0": lambda a: None}, "its table"),
    ],
)
def test_tables_that_cannot_be(workshop, change, match):
    change_arrays("runs/forager", **change)
    refused("runs/forager", match)


def test_a_table_runs_no_code(workshop):
    code = b"[\"__import__('pathlib').Path('harm.txt').touch()\"]"
    facts, arrays = load_checkpoint(newest("runs/forager"))
    name = "states" if "states" in arrays else "states_0"
    change_arrays("runs/forager", **{name: lambda a: np.frombuffer(code, np.uint8), "values_0": lambda a: a[:1]})
    refused("runs/forager", "its table is damaged")
    assert not Path("harm.txt").exists()


NAMES = {field.name: field.type for field in fields(PolicyDescription) if field.default is MISSING}


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("value", [..., None, "text", {"a": 1}], ids=["missing", "none", "text", "object"])
def test_facts_missing_or_of_another_kind(workshop, name, value):
    if isinstance(value, str) and NAMES[name] == "str":
        value = 7
    change_facts("runs/board", **{name: value})
    refused("runs/board", f"does not say what its {name} is; it is damaged, or from another program")


@pytest.mark.parametrize(
    "facts, match",
    [
        ({"hidden_sizes": [65536, 65536]}, "symbols has shape"),
        ({"hidden_sizes": [65536] * 33}, "hidden_sizes are not sizes"),
        ({"hidden_sizes": []}, "hidden_sizes are not sizes"),
        ({"hidden_sizes": [-1]}, "hidden_sizes are not sizes"),
        ({"hidden_sizes": [True]}, "hidden_sizes are not sizes"),
        (
            {"n_symbols": 256, "n_cells": 4096**2, "board_size": [4096, 4096], "board_shape": [4096, 4096]},
            "symbols has shape",
        ),
        ({"n_symbols": 256, "n_cells": 4096**2}, "sizes do not fit together"),
        ({"n_symbols": 256, "n_cells": 10**30}, "sizes are out of range"),
        ({"n_cells": -512}, "sizes are out of range"),
        ({"n_symbols": 257}, "sizes are out of range"),
        ({"n_symbols": 3}, "characters are more than its network has room for"),
        ({"n_features": 10**6}, "symbols has shape"),
        ({"n_features": 10**9}, "sizes are out of range"),
        ({"egocentric_radius": 10**6, "board": False}, "egocentric_radius is out of range"),
        (
            {"egocentric_radius": 64, "board": False, "n_cells": 129**2, "board_shape": [129, 129]},
            "symbols has shape",
        ),
        ({"board_size": [32, 16, 2]}, "board_size is not a size"),
        ({"board_size": []}, "board_size is missing"),
        ({"board_shape": [10**9, 10**9]}, "board_shape is not a size"),
        ({"spatial": True}, "symbols has shape"),
        ({"spatial": True, "convolutions": [[1024, 16, 1]] * 8}, "symbols has shape"),
        ({"convolutions": [[1024, 16, 1]] * 9}, "convolutions are not convolutions"),
        ({"convolutions": [[1025, 3, 1]]}, "convolutions are not convolutions"),
        ({"convolutions": [[32, 17, 1]]}, "convolutions are not convolutions"),
        ({"convolutions": [[32, 3, 0]]}, "convolutions are not convolutions"),
        ({"convolutions": [[32, 3]]}, "convolutions are not convolutions"),
        ({"convolutions": [[32, 3, 1.0]]}, "convolutions are not convolutions"),
        ({"convolutions": []}, "convolutions are not convolutions"),
        ({"convolutions": None}, "convolutions are not convolutions"),
        ({"dueling": False}, "dense_0_weights has shape"),
        ({"actions": []}, "actions are not keys"),
        ({"actions": [1, 2]}, "actions are not keys"),
        ({"actions": ["a"] * 2000}, "actions are not keys"),
        ({"actions": ["KEY_UP", None]}, "was trained with the keys"),
        ({"algorithm": "magic"}, "algorithm is unknown"),
        ({"algorithm": "sarsa"}, "its table is damaged"),
        ({"characters": ["x" * 100]}, "characters are not characters"),
        ({"characters": [7]}, "characters are not characters"),
        ({"observe_state": [7]}, "observe_state is not a list of names"),
    ],
)
def test_absurd_facts(workshop, facts, match):
    change_facts("runs/board", **facts)
    refused("runs/board", match)


@pytest.mark.parametrize(
    "run, facts",
    [
        (
            "board",
            {"egocentric_radius": 1},
        ),  # both the whole board and a window: there is no network for that
        ("board", {"radar": True}),
        ("board", {"board": False}),
        ("board", {"observe_state": ["energy"]}),  # without a number for it
        ("forager", {"n_features": 3}),
        ("forager", {"observe_state": ["reward", "reward"], "n_features": 1}),
        ("forager", {"n_symbols": 1, "characters": []}),
        ("forager", {"gym": "CartPole-v1"}),
    ],
)
def test_facts_that_do_not_fit_each_other_are_refused_before_anything_is_seen(workshop, run, facts):
    change_facts(f"runs/{run}", **facts)
    refused(f"runs/{run}", "(fit together|has room for)")


def test_a_function_that_returns_more_than_it_did_is_told(workshop, monkeypatch, capsys):
    """`evaluate` looks with the same care as TrainedPolicy: the network has a fixed number of inputs."""
    Path("watching.py").write_text(
        "from retro_gamer.games.snake import create_game\n\ndef observe(game):\n    return [0.0] * 3\n"
    )
    flags = ["--observation-function", "watching:observe", "--actions", ARROWS, *TINY]
    assert main(["create", "--game", "watching.py", "--output", "runs/watching", *flags]) == 0
    assert main(["train", "runs/watching", "--episodes", "1"]) == 0
    monkeypatch.setattr(sys.modules["watching"], "observe", lambda game: [0.0] * 4)
    capsys.readouterr()
    assert main(["evaluate", "runs/watching", "--games", "1"]) == 1
    assert "it had 3 numbers, now it has 4" in capsys.readouterr().err


def test_nothing_but_a_network_is_made_to_play(workshop, monkeypatch):
    """No memory, no optimizer, and no second network: a policy does not learn."""
    from retro_gamer.agents import dqn, greedy

    for name in ("ReplayMemory", "Adam", "QNetwork", "DQNAgent"):
        monkeypatch.setattr(dqn, name, lambda *_, name=name, **__: pytest.fail(f"{name} was made"))
    policy = TrainedPolicy("runs/board")
    assert isinstance(policy._agent, greedy.GreedyNetwork)
    assert isinstance(TrainedPolicy("runs/forager")._agent, greedy.GreedyTable)


def test_the_command_line_says_it_in_a_sentence(workshop, capsys):
    change_arrays("runs/board", network__symbols=poison)
    for command in ("play", "evaluate"):
        assert main([command, "runs/board"]) == 1
        error = capsys.readouterr().err
        assert error.startswith("retro-gamer: ") and "Use an earlier checkpoint" in error and "Traceback" not in error
