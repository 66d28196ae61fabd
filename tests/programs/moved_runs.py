"""Runs that move between Pythons: trained under one, played and trained on under another.

    python moved_runs.py make FOLDER     # trains runs in FOLDER, and notes how they play and what a longer training gives
    python moved_runs.py check FOLDER    # under another Python and NumPy: the same play, and the training goes on

`.ci/run` lets its oldest and its newest environment do this for each other.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "helpers"))

from end_to_end import ARROWS, TINY  # noqa: E402

from retro_gamer.cli import main
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.player import load_player

RUNS = {
    "network": ["--game", "snake", "--max-turns-per-episode", "20"],
    "convolution": ["--game", "catch", "--board", "--spatial"],
    "table": [
        "--game",
        "forager",
        "--algorithm",
        "double_q_learning",
        "--planning-steps",
        "2",
        "--actions",
        ARROWS,
    ],
}
GAMES = 15


def make(folder: Path) -> None:
    for name, flags in RUNS.items():
        run = folder / name
        assert main(["create", "--output", str(run), *TINY, *flags]) == 0
        train(run)
        (folder / f"{name}.json").write_text(json.dumps(play(run)), "utf-8")
        shutil.copytree(str(run), str(folder / f"{name} trained on"))
        train(folder / f"{name} trained on")


def check(folder: Path) -> None:
    for name in RUNS:
        run, trained_on = folder / name, folder / f"{name} trained on"
        there, here = json.loads((folder / f"{name}.json").read_text("utf-8")), play(run)
        assert here["actions"] == there["actions"] and len(here["actions"]) > 20
        np.testing.assert_allclose(here["q_values"], there["q_values"], rtol=1e-4, atol=1e-5)
        train(run)
        assert [row["episode"] for row in RunDirectory(run).read_metrics()][-1] == 2 * GAMES
        ours, theirs = (load_checkpoint(RunDirectory(path).checkpoint_path(2 * GAMES)) for path in (run, trained_on))
        assert ours.facts == theirs.facts
        for array in theirs.arrays:  # the same games were played, so the weights are the same but for rounding
            np.testing.assert_allclose(ours.arrays[array], theirs.arrays[array], rtol=1e-2, atol=1e-4)
        print(f"{name}: plays the same {len(here['actions'])} turns, trained on from game {GAMES} to {2 * GAMES}")


def train(run: Path) -> None:
    assert main(["train", str(run), "--episodes", str(GAMES)]) == 0


def play(run: Path) -> dict:
    """Every key and every value of three greedy games."""
    player = load_player(RunDirectory(run))
    actions, q_values = [], []
    for seed in range(3):
        observation, over = player.environment.reset(seed), False
        while not over:
            q_values.append([float(value) for value in player.agent.q_values(observation)])
            actions.append(player.agent.act(observation, 0.0))
            observation, _, terminated, truncated = player.environment.step(actions[-1])
            over = terminated or truncated
    return {"actions": actions, "q_values": q_values}


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](Path(sys.argv[2]))
