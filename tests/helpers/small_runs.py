"""Runs that train in a moment, and what two of them have in common."""

from __future__ import annotations

import re

from retro_gamer.commands.create import create_run
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.values import toml_value
from retro_gamer.runs.directory import RunDirectory

ALGORITHMS = {
    "dqn": {
        "train_every": 2,
        "batch_size": 16,
        "memory_capacity": 300,
        "n_step": 2,
        "average_steps": 100,
    },
    "dqn_uniform": {
        "algorithm": "dqn",
        "batch_size": 16,
        "memory_capacity": 300,
        "prioritize_experiences": False,
    },
    "q_learning": {"planning_steps": 3, "learning_rate": 0.1},
    "sarsa": {"learning_rate": 0.1},
    "expected_sarsa": {"learning_rate": 0.1},
    "double_q_learning": {"learning_rate": 0.1},
}


def make_run(path, game="forager", preprocessing=None, model=None, **training):
    settings = {
        "checkpoint_every": 10,
        "evaluate_every": 300,
        "evaluation_games": 2,
        "epsilon_decay_turns": 500,
        "training_episodes": 25,
        "max_turns_per_episode": 40,
        **training,
    }
    actions = ["KEY_LEFT", "KEY_RIGHT"] if game == "catch" else ["KEY_LEFT", "KEY_RIGHT", "KEY_UP", "KEY_DOWN"]
    config = RunConfig.from_dict(
        {
            "game": {"module": f"retro_gamer.games.{game}"},
            "metadata": {"actions": actions, "reward": "score" if game == "catch" else "reward"},
            "preprocessing": preprocessing or {"board": False, "egocentric_radius": 2, "radar": True},
            "model": {"hidden_sizes": [16], **(model or {})},
            "training": settings,
        }
    )
    run = RunDirectory(path)
    run.create(config.to_toml())
    return run


def make_self_play_run(path, game="tag", **settings):
    small = {
        "training_episodes": 26,
        "training_turns": 0,
        "hidden_sizes": [8],
        "memory_capacity": 500,
        "batch_size": 8,
        "max_turns_per_episode": 30,
        "save_steps": 100,
        "team_change": 200,
        "swap_steps": 60,
        **settings,
    }
    run = create_run(game, str(path)).run
    text = run.config_path.read_text("utf-8")
    for name, value in small.items():
        text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {toml_value(value)}", text, count=1)
    run.config_path.write_text(text, "utf-8")
    return run


def everything(run):
    """All that a training leaves behind, less the clock."""
    resume = run.load_resume()
    facts = {key: value for key, value in resume.facts.items() if key != "seconds"}
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in resume.arrays.items()}
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in run.read_metrics()]
    policies = {path.name: path.read_bytes() for path in run.checkpoints_path.iterdir()}
    log = [line.rpartition("total=")[0] for line in run.log_path.read_text("utf-8").splitlines()]
    return facts, arrays, rows, policies, log


def same(left, right):
    for one, other in zip(everything(left), everything(right)):
        assert one == other
