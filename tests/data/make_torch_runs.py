"""Makes tests/data/torch_runs.zip: runs trained with retro-gamer 0.4.0, and what it then does in 1,000 situations.

Run by hand, once, with a Python that has retro-gamer 0.4.0 and PyTorch (2.13, on the CPU):

    python tests/data/make_torch_runs.py

In the file: mlp/ (trained, with the state of its optimizer), spatial/ and custom/ (an observation function), each a run
directory as the original leaves it; and expected.npz: `situations` [1000, 10] of torch_game (x and y of hunter, gem and
ghost; score, energy, dx, dy) met in random play, and for each run the Q-values [1000, n_actions].

The weights of spatial/ are rounded, and its optimizer never took a step, so that the file stays small.
"""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tomli_w
import torch
import torch_game
from retro.input import ProgrammaticInput
from retro.views.headless import HeadlessView

from retro_gamer import DQNTrainer, GameMetadata, TrainedPolicy

ACTIONS = list(torch_game.STEPS)
RUNS = {
    # The character ? is not in the set: the original sees nothing there.
    "mlp": (
        dict(character_set=["*", "@"], board_size=torch_game.SIZE),
        dict(observe_state=["energy", "dx", "dy"]),
        dict(hidden_sizes=[12, 7], batch_size=8, training_episodes=120, learning_rate=0.005),
    ),
    "spatial": (
        dict(spatial=True),
        dict(observe_state=["energy"]),
        dict(hidden_sizes=[5], training_episodes=2, exploration_turns=60),
    ),
    "custom": (
        dict(observation_function="torch_game:observe"),
        dict(board=False),
        dict(hidden_sizes=[6], batch_size=8, training_episodes=100, learning_rate=0.005),
    ),
}


def train(folder: Path, metadata, preprocessing, settings) -> None:
    folder.mkdir()
    config = {
        "game": {"module": "torch_game"},
        "metadata": {"actions": ACTIONS, "reward": "score"},
        "training": settings,
    }
    (folder / "config.toml").write_text(tomli_w.dumps(config))
    described = GameMetadata(ACTIONS, "score", **metadata)
    trainer = DQNTrainer(torch_game.create_game, described, folder, preprocessing, **settings)
    if trainer.metadata.spatial:
        with torch.no_grad():
            for parameter in trainer.model.parameters():
                parameter.copy_((parameter * 32).round() / 32)
    trainer.train(on_episode=lambda: None)


def situations(n: int):
    """Situations of random play: numbers, and the game that is in them."""
    while n:
        game, keys = torch_game.create_game(), ProgrammaticInput()
        game.input_source, game.view = keys, HeadlessView()
        game.start()
        while game.playing and n:
            keys.press(random.choice([*ACTIONS, None]))
            game.step()
            yield torch_game.situation(game), game
            n -= 1


def q_values(policy: TrainedPolicy, game) -> np.ndarray:
    seen = []
    handle = policy._model.register_forward_hook(lambda model, inputs, output: seen.append(output))
    key = policy.get_action(game)
    handle.remove()
    values = seen[0][0].numpy()
    assert [*ACTIONS, None][values.argmax()] == key
    return values


def main() -> None:
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    target = Path(__file__).parent / "torch_runs.zip"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, arguments in RUNS.items():
            train(Path(name), *arguments)
        policies = {name: TrainedPolicy(name) for name in RUNS}
        expected = {name: [] for name in ("situations", *RUNS)}
        for numbers, game in situations(1000):
            expected["situations"].append(numbers)
            for name, policy in policies.items():
                expected[name].append(q_values(policy, game))
        content = io.BytesIO()
        np.savez(
            content,
            **{name: np.array(rows, np.int8 if name == "situations" else np.float32) for name, rows in expected.items()},
        )
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(path for path in Path().rglob("*") if path.is_file()):
                archive.write(path)
            archive.writestr("expected.npz", content.getvalue())
    for name, rows in expected.items():
        if name != "situations":
            top = np.sort(np.array(rows), axis=1)
            print(name, np.bincount(np.argmax(rows, axis=1)), "smallest gap", (top[:, -1] - top[:, -2]).min())
    print(target.stat().st_size, "bytes")


if __name__ == "__main__":
    sys.exit(main())
