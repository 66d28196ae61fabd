"""How the cost grows: turns a second against board size, fullness, batch, hidden size and replay size.

    python tests/benchmarks/scaling.py [--output docs/scaling.svg] [--seconds 2] [--json out.json]

Needs this library and matplotlib (pip install matplotlib). Boards are synthetic: random symbols in random
cells, made beforehand, so that nothing but the agent is measured: one `act` (epsilon 0.05) and one `learn` a turn, a
learning step every 4 turns. What is not varied stays at 32x16 cells, 5% of them occupied, 6 kinds of characters, batch
64, [128, 64], prioritized replay of 50,000. One thread, CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
PACKAGE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PACKAGE))

import numpy as np  # noqa: E402

from retro_gamer.agents import Transition, make_agent  # noqa: E402
from retro_gamer.config.run_config import RunConfig  # noqa: E402
from retro_gamer.environment.observation import NO_FEATURES, Observation, ObservationShape  # noqa: E402

USUAL: Dict[str, Any] = {
    "cells": 512,
    "occupied": 0.05,
    "batch": 64,
    "hidden": 128,
    "replay": 50000,
    "spatial": False,
}
QUESTIONS: Dict[str, Tuple[str, List[Any]]] = {
    "cells": ("cells of the board", [64, 128, 256, 512, 1024, 2048, 4096, 8192]),
    "occupied": ("share of occupied cells", [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]),
    "batch": ("batch size", [16, 32, 64, 128, 256, 512]),
    "hidden": ("neurons in the first hidden layer", [32, 64, 128, 256, 512, 1024]),
    "replay": ("turns remembered", [1000, 10000, 50000, 200000, 500000]),
}
CHARACTERS = 6
ACTIONS = 5
GAME_TURNS = 100


def random_observations(number: int, cells: int, occupied: float, rng: np.random.Generator) -> List[Observation]:
    """Boards that change a little from one to the next, like those of a game."""
    board = np.where(rng.random(cells) < occupied, rng.integers(2, 2 + CHARACTERS, cells), 0).astype(np.uint8)
    if not board.any():
        board[0] = 2
    observations = []
    for _ in range(number):
        moved = rng.integers(cells, size=2)
        board[moved] = board[moved[::-1]]
        observations.append(Observation(board.copy(), NO_FEATURES))
    return observations


def turns_per_second(
    cells: int, occupied: float, batch: int, hidden: int, replay: int, spatial: bool, seconds: float
) -> float:
    rng = np.random.default_rng(0)
    sizes = {"batch_size": batch, "memory_capacity": replay, "hidden_sizes": [hidden, hidden // 2]}
    config = RunConfig().with_settings({**sizes, "spatial": spatial})
    height = 2 ** int(np.log2(cells) / 2)
    shape = ObservationShape(cells, 16, 0, (height, cells // height))
    agent: Any = make_agent(config, shape, ACTIONS, rng)
    observations = random_observations(2000, cells, occupied, rng)
    rewards = rng.normal(size=len(observations))

    def turn(number: int, learn: bool) -> None:
        i = number % (len(observations) - 1)
        over = number % GAME_TURNS == GAME_TURNS - 1
        if learn:
            action = agent.act(observations[i], 0.05)
            agent.learn(Transition(observations[i], action, rewards[i], observations[i + 1], over, False))
        else:
            agent.replay.add(observations[i], number % ACTIONS, rewards[i], observations[i + 1], over, False)
        if over:
            agent.end_episode()

    number = 0
    while number < replay:
        turn(number, learn=False)
        number += 1
    rates = []
    for _part in range(4):  # the first is the warm-up
        started, first = time.process_time(), number
        while time.process_time() < started + seconds / 4:
            for _ in range(agent.train_every):
                turn(number, learn=True)
                number += 1
        rates.append((number - first) / (time.process_time() - started))
    return float(np.median(rates[1:]))


def draw(found: Dict[str, Dict[str, List[float]]], output: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "retro_gamer"  # the same picture for the same numbers
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(11, 6.2))
    for axis, (name, curves) in zip(axes.flat, found.items()):
        for label, (xs, ys) in curves.items():
            axis.plot(xs, ys, "o-", markersize=4, label=label)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(xs, [f"{x // 1000}k" if x >= 10_000 else str(x) for x in xs], fontsize=7)
        axis.minorticks_off()
        axis.set_xlabel(QUESTIONS[name][0])
        axis.set_ylabel("turns/s")
        axis.set_ylim(bottom=10, top=30000)
        axis.grid(alpha=0.3, which="both")
    axes.flat[0].legend()
    axes.flat[-1].axis("off")
    axes.flat[-1].text(
        0,
        0.5,
        "One act and one learn a turn, no game.\nNot varied: 32x16 cells, 5% occupied,\n"
        "batch 64, [128, 64], prioritized replay\nof 50,000, a learning step every 4 turns.\n"
        "One thread, CPU time.",
        va="center",
    )
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None} if output.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=PACKAGE / "docs" / "scaling.svg")
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU seconds for each point")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: Dict[str, Dict[str, Any]] = {}
    for name, (title, values) in QUESTIONS.items():
        found[name] = {}
        for label, spatial in (("MLP", False), ("spatial", True)):
            if spatial and name == "replay":
                continue
            rates = [
                turns_per_second(**{**USUAL, name: value, "spatial": spatial}, seconds=options.seconds) for value in values
            ]
            found[name][label] = (values, rates)
            shown = (f"{value}: {rate:.0f}/s" for value, rate in zip(values, rates))
            print(f"{title}, {label}: " + "  ".join(shown), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    draw(found, options.output)
    print("wrote", options.output)


if __name__ == "__main__":
    main()
