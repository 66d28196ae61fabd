"""Policies of the original retro-gamer, imported: the same keys in the same situations, live against torch.

    python examples/validation/from_torch.py --torch-python PYTHON

PYTHON is one that has retro-gamer 0.4.0 with torch. There `retro.examples.snake` is trained for a few games, once with
its MLP and once with its spatial network; then both libraries look at the same 1,000 turns of random play.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SITUATIONS = 1000
ACTIONS = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]
CASES = {  # preprocessing, hidden sizes, games
    "MLP": ({}, [128, 64], 40),
    "MLP, state values": ({"observe_state": ["energy", "apple_dx", "apple_dy"]}, [32], 20),
    "spatial": ({"spatial": True}, [128, 64], 3),
    "spatial, state values": ({"spatial": True, "observe_state": ["energy"]}, [16, 8], 2),
}


def situations():
    """Games in 1,000 situations, the same ones every time.

    Not before the first turn: there retro-games still has the characters where they were when it first looked, in
    its cache, and this is what the original sees.
    """
    from retro.examples.snake import create_game
    from retro.input import ProgrammaticInput
    from retro.views.headless import HeadlessView

    turns, seed = 0, 0
    while True:
        seed += 1
        random.seed(seed)
        keys, chooser = ProgrammaticInput(), random.Random(seed)
        game = create_game()
        game.input_source, game.view = keys, HeadlessView()
        game.start()
        while game.playing:
            keys.press(chooser.choice([*ACTIONS, None]))
            game.step()
            yield game
            turns += 1
            if turns == SITUATIONS:
                return


def run_original(folder: Path) -> None:
    """In the Python that has torch: train there, and write down what it does."""
    import torch
    from retro.examples.snake import create_game

    from retro_gamer import DQNTrainer, GameMetadata, TrainedPolicy

    for name, (preprocessing, hidden_sizes, games) in CASES.items():
        run = folder / name
        run.mkdir()
        (run / "config.toml").write_text('[game]\nmodule = "retro.examples.snake"\n')
        random.seed(0)
        torch.manual_seed(0)
        metadata = GameMetadata(ACTIONS, "reward", spatial=preprocessing.get("spatial", False))
        trainer = DQNTrainer(
            create_game,
            metadata,
            run,
            preprocessing,
            hidden_sizes=hidden_sizes,
            training_episodes=games,
            max_turns_per_episode=100,
        )
        trainer.train(on_episode=lambda: None)
        policy, seen = TrainedPolicy(run), []
        policy._model.register_forward_hook(lambda model, inputs, output, seen=seen: seen.append(output[0].tolist()))
        keys = [policy.get_action(game) for game in situations()]
        (run / "expected.json").write_text(json.dumps([keys, seen]))


def compare(folder: Path) -> int:
    """Import the runs and say how often the keys differ; returns that."""
    import numpy as np

    from retro_gamer import TrainedPolicy
    from retro_gamer.original.torch_import import import_run
    from retro_gamer.runs.directory import RunDirectory

    total = 0
    print(
        "| network | situations | other keys | largest difference of a Q-value | largest Q-value |\n"
        "| --- | --- | --- | --- | --- |"
    )
    for name in CASES:
        import_run(RunDirectory(folder / name))
        keys, expected = json.loads((folder / name / "expected.json").read_text())
        policy = TrainedPolicy(folder / name)
        found = [(policy.get_action(game), list(policy.q_values(game).values())) for game in situations()]
        different = sum(key != ours for key, (ours, _) in zip(keys, found))
        distance = np.abs(np.array([values for _, values in found]) - expected).max()
        print(f"| {name} | {len(found)} | {different} | {distance:.1e} | {np.abs(expected).max():.2f} |")
        total += different
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch-python", metavar="PYTHON", help="a Python with retro-gamer 0.4.0")
    parser.add_argument("--original", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.original:
        run_original(Path(options.original))
        return 0
    if not options.torch_python:
        parser.error("--torch-python is needed: a Python with retro-gamer 0.4.0")
    # The import names are the same: ours must not be found there.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [options.torch_python, os.path.abspath(__file__), "--original", folder],
            check=True,
            cwd=folder,
            env=environment,
        )
        return int(compare(Path(folder)) > 0)


if __name__ == "__main__":
    sys.exit(main())
