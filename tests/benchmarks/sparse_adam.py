"""Does row-sparse ("lazy") Adam learn as well as the plain one? Greedy skill after the same number of turns.

    python tests/benchmarks/sparse_adam.py [--seeds 5] [--json out.json]

The optimizer of this library updates only the first-layer rows that a batch uses; plain Adam also lets the momentum of
all other rows run on. Everything else is the same: seeds, games, settings. Needs nothing but this library.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import numpy as np  # noqa: E402

from retro_gamer.create import create_run  # noqa: E402
from retro_gamer.nn import Adam  # noqa: E402
from retro_gamer.training import Trainer  # noqa: E402
from retro_gamer.training.evaluation import evaluate  # noqa: E402

TESTS: Dict[str, Dict[str, Any]] = {
    "catch, whole board": {"game": "catch", "board": True, "epsilon_decay_turns": 5000, "learning_rate": 2e-4},
    "snake, window and radar": {"game": "snake", "epsilon_decay_turns": 10000},
}
TURNS = {"catch, whole board": [3000, 6000, 9000, 12000], "snake, window and radar": [8000, 16000, 24000]}
GAMES = 100  # of each evaluation


class PlainAdam(Adam):
    """Adam over all rows: the gradient of the rows that a batch does not use is zero, but their momentum runs on."""

    def step(self) -> None:
        for parameter in self.parameters:
            if parameter.rows is not None:
                gradient = np.zeros_like(parameter.value)
                gradient[parameter.rows] = parameter.gradient
                parameter.gradient, parameter.rows = gradient, None
        super().step()


def skills(flags: Dict[str, Any], turns: List[int], seed: int, optimizer: type) -> List[float]:
    """Mean return of greedy games after so many turns of training, then so many..."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"hidden_sizes": [64, 64], "checkpoint_every": 10**6, "evaluate_every": 0, "seed": seed, **flags}
        trainer = Trainer(create_run(settings.pop("game"), str(Path(folder, "run")), settings).run)
        agent: Any = trainer.agent
        agent.optimizer = optimizer(agent.online.parameters, agent.learning_rate)
        found = []
        for trainer.config.training.training_turns in turns:
            trainer.train()
            found.append(evaluate(trainer.evaluation_environment, agent, GAMES, seed=0).mean)
        assert type(agent.optimizer) is optimizer  # it would be made anew if a new character turned up
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: Dict[str, Dict[str, Any]] = {}
    for name, flags in TESTS.items():
        started, turns = time.time(), TURNS[name]
        results: Dict[str, List[List[float]]] = {"row-sparse": [], "plain": []}  # [seed][after so many turns]
        for seed in range(options.seeds):
            for kind, optimizer in (("row-sparse", Adam), ("plain", PlainAdam)):
                results[kind].append(skills(flags, turns, seed, optimizer))
        found[name] = {"turns": turns, **results}
        print(f"{name}: mean return of {GAMES} greedy games, {options.seeds} seeds ({time.time() - started:.0f} s)")
        print("    after turns     " + "".join(f"{turn:>20,}" for turn in turns))
        difference = np.subtract(results["row-sparse"], results["plain"])
        for kind, values in (*results.items(), ("difference", difference)):
            columns = np.transpose(values)  # [after so many turns][seed]
            cells = [f"{column.mean():.1f} +/- {column.std(ddof=1) / len(column)**0.5:.1f}" for column in columns]
            print(f"    {kind:16s}" + "".join(f"{cell:>20s}" for cell in cells))
        print("    (+/- one standard error over the seeds)\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
