"""Makes tests/data/older_torch_runs.zip: runs that scripts trained with several versions of the original retro-gamer.

Run by hand, with a Python that has PyTorch and retro-games, once for each version (its source unpacked beside):

    PYTHONPATH=retro_gamer-0.1.1:tests/data python tests/data/make_older_torch_runs.py 0.1.1

In the file, for each version and run: the run directory as DQNTrainer leaves it in a script, without a section [game];
and expected.json, situations of torch_game with the Q-values there.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch_game

from retro_gamer import DQNTrainer, GameMetadata

ACTIONS = list(torch_game.STEPS)
RUNS = {
    "flat": (dict(character_set=["*", "@"]), dict(observe_state=["energy", "dx", "dy"])),
    "boardless": ({}, dict(board=False, observe_state=["dx", "dy"])),
    "plain": (dict(character_set=["*", "@", "?"]), None),
    "window": (
        dict(character_set=["*", "@", "?"]),
        dict(egocentric=True, egocentric_player="hunter", egocentric_radius=2),
    ),
    "custom": (dict(observation_function="torch_game:observe"), dict(board=False)),
}


def main(version: str) -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    first = version.startswith("0.1.")
    target = Path(__file__).resolve().parent / "older_torch_runs.zip"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, (metadata, preprocessing) in RUNS.items():
            if name == ("custom" if first else "window"):
                continue  # the first versions had no observation functions, the others have no windows
            path = Path(version, name)
            described = GameMetadata(ACTIONS, "score", **metadata)
            trainer = DQNTrainer(
                torch_game.create_game,
                described,
                path,
                preprocessing,
                hidden_sizes=[5],
                batch_size=8,
                training_episodes=3,
            )
            trainer.train(on_episode=lambda: None)
            trainer.env.reset()  # before the first turn it may see characters where they were before
            rows, observation = [], trainer.env.step(None)[0]
            for _ in range(8):
                with torch.no_grad():
                    values = trainer.model(torch.as_tensor(observation, dtype=torch.float32)[None])[0]
                rows.append([list(map(int, torch_game.situation(trainer.env.game))), values.tolist()])
                observation = trainer.env.step(random.choice([*ACTIONS, None]))[0]
            (path / "expected.json").write_text(json.dumps(rows))
        with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(path for path in Path().rglob("*") if path.is_file()):
                archive.write(path)


if __name__ == "__main__":
    main(sys.argv[1])
