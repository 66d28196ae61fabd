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
    "catch, whole board": {"game": "catch", "board": True, "training_turns": 20000, "epsilon_decay_turns": 8000},
    "snake, window and radar": {"game": "snake", "training_turns": 30000, "epsilon_decay_turns": 12000},
}
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


def skill(flags: Dict[str, Any], seed: int, optimizer: type) -> float:
    """Mean return of greedy games after a short training."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"hidden_sizes": [64, 64], "checkpoint_every": 10**6, "evaluate_every": 0, "seed": seed, **flags}
        run = create_run(settings.pop("game"), str(Path(folder, "run")), settings).run
        trainer = Trainer(run)
        agent: Any = trainer.agent
        agent.optimizer = optimizer(agent.online.parameters, agent.learning_rate)
        trainer.train()
        assert type(agent.optimizer) is optimizer  # it would be made anew if a new character turned up
        return evaluate(trainer.evaluation_environment, agent, GAMES, seed=0).mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: Dict[str, Dict[str, List[float]]] = {}
    for name, flags in TESTS.items():
        found[name] = {"row-sparse": [], "plain": []}
        started = time.time()
        for seed in range(options.seeds):
            for kind, optimizer in (("row-sparse", Adam), ("plain", PlainAdam)):
                found[name][kind].append(skill(flags, seed, optimizer))
        print(f"{name}, {flags['training_turns']:,} turns, {GAMES} greedy games, {options.seeds} seeds ({time.time() - started:.0f} s)")
        for kind, values in found[name].items():
            print(f"    {kind:10s}  mean {np.mean(values):7.2f}   standard error {np.std(values, ddof=1) / len(values)**0.5:.2f}   "
                  "seeds " + " ".join(f"{value:.2f}" for value in values))
        difference = np.subtract(found[name]["row-sparse"], found[name]["plain"])
        print(f"    difference  mean {difference.mean():7.2f}   standard error "
              f"{difference.std(ddof=1) / len(difference)**0.5:.2f}\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
