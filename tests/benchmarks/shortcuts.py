"""Do the shortcuts that change the arithmetic learn as well as the plain way? Greedy skill after the same turns.

    python tests/benchmarks/shortcuts.py [--shortcuts bundles,adam] [--games catch,snake] [--seeds 5] [--json out.json]

    bundles     learning steps are made eight at a time, from batches drawn together; plainly, one at a time
    adam        the optimizer updates only the first-layer rows that a batch gives a gradient; plainly, the momentum of
                all other rows runs on

Everything else is the same: seeds, games, settings. Needs nothing but this library (and retro-games for its games).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import numpy as np  # noqa: E402

from retro_gamer.commands.create import create_run  # noqa: E402
from retro_gamer.nn import Adam  # noqa: E402
from retro_gamer.training import Trainer  # noqa: E402
from retro_gamer.training.evaluation import evaluate  # noqa: E402

SMALL = {"hidden_sizes": [64, 64]}
TESTS: Dict[str, Dict[str, Any]] = {
    "catch": {
        "game": "catch",
        "board": True,
        "epsilon_decay_turns": 5000,
        "learning_rate": 2e-4,
        **SMALL,
    },  # whole board
    "snake": {"game": "snake", "epsilon_decay_turns": 10000, **SMALL},  # window and radar, as by default
    "retro-snake": {"game": "retro.examples.snake"},  # all settings as by default
    "nav": {"game": "retro.examples.nav"},
}
TURNS = {
    "catch": [3000, 6000, 9000, 12000],
    "snake": [8000, 16000, 24000],
    "retro-snake": [50_000, 100_000],
    "nav": [50_000, 100_000],
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


def plain_adam(agent: Any) -> None:
    agent.optimizer = PlainAdam(agent.online.parameters, agent.learning_rate)


def one_at_a_time(agent: Any) -> None:
    agent.train_every, agent.gradient_steps = 4, 1


PLAIN: Dict[str, Callable[[Any], None]] = {"bundles": one_at_a_time, "adam": plain_adam}


def skills(flags: Dict[str, Any], turns: List[int], seed: int, change: Callable[[Any], None]) -> List[float]:
    """Mean return of greedy games after so many turns of training, then so many..."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"checkpoint_every": 10**6, "evaluate_every": 0, "seed": seed, **flags}
        trainer = Trainer(create_run(settings.pop("game"), str(Path(folder, "run")), settings).run)
        agent: Any = trainer.agent
        change(agent)
        optimizer, found = type(agent.optimizer), []
        for trainer.config.training.training_turns in turns:
            trainer.train()
            found.append(evaluate(trainer.evaluation_environment, agent, GAMES, seed=0).mean)
        assert type(agent.optimizer) is optimizer  # it would be made anew if a new character turned up
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shortcuts", default=",".join(PLAIN))
    parser.add_argument("--games", default="catch,snake")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: Dict[str, Dict[str, Any]] = {}
    for game in options.games.split(","):
        started, turns, flags = time.time(), TURNS[game], TESTS[game]
        kinds: Dict[str, Callable[[Any], None]] = {"ours": lambda agent: None}
        kinds.update((f"without {name}", PLAIN[name]) for name in options.shortcuts.split(","))
        results: Dict[str, List[List[float]]] = {kind: [] for kind in kinds}  # [seed][after so many turns]
        for seed in range(options.seeds):
            for kind, change in kinds.items():
                results[kind].append(skills(flags, turns, seed, change))
                print(f"  seed {seed}, {kind}: {results[kind][-1]}", file=sys.stderr, flush=True)
        found[game] = {"turns": turns, **results}
        print(f"{game}: mean return of {GAMES} greedy games, {options.seeds} seeds ({time.time() - started:.0f} s)")
        print("    after turns             " + "".join(f"{turn:>20,}" for turn in turns))
        ours = np.array(results["ours"])
        differences = {f"ours - {kind}": ours - values for kind, values in results.items() if kind != "ours"}
        for kind, values in (*results.items(), *differences.items()):
            columns = np.transpose(values)  # [after so many turns][seed]
            cells = [f"{column.mean():.1f} +/- {column.std(ddof=1) / len(column) ** 0.5:.1f}" for column in columns]
            print(f"    {kind:24s}" + "".join(f"{cell:>20s}" for cell in cells))
        print("    (+/- one standard error over the seeds)\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
