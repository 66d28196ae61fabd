"""Measures retro-gamer 0.4.0. Runs in a Python of its own: its import name is the same as ours."""

from __future__ import annotations

import importlib
import os
import random
import time
from typing import Any, Dict

from stopwatch import Stopwatch, median_call, peak_megabytes, random_choices, serve


def make_trainer(run: str) -> Any:
    """As its own command `train` makes it."""
    from pathlib import Path

    import torch

    from retro_gamer import DQNTrainer, GameMetadata
    from retro_gamer.cli import _load_config, _load_factory

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    random.seed(0)
    torch.manual_seed(0)
    config = _load_config(Path(run))
    metadata = GameMetadata.from_dict(config["metadata"])
    preprocessing = config.get("preprocessing", {})
    metadata.spatial = preprocessing.get("spatial", False)
    return DQNTrainer(
        _load_factory(config["game"]),
        metadata,
        run,
        preprocessing=preprocessing,
        **config["model"],
        **config["training"],
    )


def fill(trainer: Any, turns: int) -> None:
    """Fill the memory with random play. `push` looks through all priorities, which takes minutes: go round it."""
    from retro_gamer.memory import Experience, PrioritizedReplayMemory

    env, memory = trainer.env, trainer.memory
    actions = random_choices(range(trainer.metadata.n_actions))
    state = env.reset()
    for _, action in zip(range(turns), actions):
        next_state, reward, done = env.step(trainer._idx_to_key(action))
        if isinstance(memory, PrioritizedReplayMemory):
            memory.memory.append(Experience(state, action, reward, next_state, done))
            memory.priorities.append(1.0)
        else:
            memory.push(state, action, reward, next_state, done)
        state = env.reset() if done else next_state


def train(options: Dict[str, Any]) -> None:
    """Turns a second of its training, saving included; and the memory it took."""
    trainer = make_trainer(options["run"])
    fill(trainer, options["fill"])
    games = 0

    def extras() -> Dict[str, float]:
        nonlocal games
        played, games = games, 0
        return {"megabytes": peak_megabytes(), "turns_per_game": watch.count / max(1, played)}

    watch = Stopwatch(options["seconds"], options["warm_up"], extras=extras)

    def on_episode() -> None:
        nonlocal games
        games += watch.running
        watch.tick(trainer.total_steps)

    trainer.train(on_episode=on_episode)


def train_within_a_game(options: Dict[str, Any]) -> None:
    """Turns a second of training in the middle of a single long game."""
    trainer = make_trainer(options["run"])
    fill(trainer, options["fill"])
    watch = Stopwatch(options["seconds"], options["warm_up"], extras=lambda: {"megabytes": peak_megabytes()})
    turn, act = -1, trainer._select_action

    def watched_act(state: Any) -> int:
        nonlocal turn
        turn += 1
        watch.tick(turn)
        return act(state)

    trainer._select_action = watched_act
    trainer.train(on_episode=lambda: None)


def environment(options: Dict[str, Any]) -> None:
    """Turns a second of its environment alone, with random actions."""
    env = make_trainer(options["run"]).env
    watch, turn = Stopwatch(options["seconds"], options["warm_up"]), 0
    env.reset()
    for key in random_choices([*env.metadata.actions, None]):
        if env.step(key)[2]:
            env.reset()
        turn += 1
        if turn % 10 == 0:
            watch.tick(turn)


def get_action(options: Dict[str, Any]) -> Dict[str, Any]:
    """Microseconds of one `get_action`, in a snake game that goes on with random keys."""
    from retro_gamer import TrainedPolicy

    trainer = make_trainer(options["run"])
    trainer._save_checkpoint("ep_0100.pt", 100)
    policy, env = TrainedPolicy(options["run"]), trainer.env
    env.reset()
    keys = random_choices([*env.metadata.actions, None])

    def play_on() -> None:
        if env.step(next(keys))[2]:
            env.reset()

    return median_call(lambda: policy.get_action(env.game), play_on, options["seconds"])


def first_action(options: Dict[str, Any]) -> Dict[str, Any]:
    """Seconds from `import retro_gamer` to the first action, the game being there already; and from the start of Python."""
    if options.get("prepare"):
        make_trainer(options["run"])._save_checkpoint("ep_0100.pt", 100)
        return {}
    random.seed(0)
    game = importlib.import_module("retro.examples.snake").create_game()
    started, cpu_started = time.perf_counter(), time.process_time()
    from retro_gamer import TrainedPolicy

    TrainedPolicy(options["run"]).get_action(game)
    return {
        "wall": time.perf_counter() - started,
        "cpu": time.process_time() - cpu_started,
        "from_start_of_python": time.time() - options["started"],
    }


def save(options: Dict[str, Any]) -> Dict[str, Any]:
    """Milliseconds to save its checkpoint, policy and optimizer. It saves no replay, and does not wait for the disk."""
    trainer = make_trainer(options["run"])
    walls, cpus = [], []
    for i in range(options["times"]):
        wall, cpu = time.perf_counter(), time.process_time()
        trainer._save_checkpoint(f"ep_{i:04d}.pt", i)
        walls.append(1e3 * (time.perf_counter() - wall))
        cpus.append(1e3 * (time.process_time() - cpu))
    return {"policy": {"wall": sorted(walls)[len(walls) // 2], "cpu": sorted(cpus)[len(cpus) // 2]}}


def versions(options: Dict[str, Any]) -> Dict[str, Any]:
    import platform
    from importlib.metadata import version

    import torch

    return {
        "Python": platform.python_version(),
        "NumPy": version("numpy"),
        "torch": torch.__version__,
        "retro-gamer": version("retro-gamer"),
        "stable-baselines3": version("stable-baselines3"),
    }


if __name__ == "__main__":
    serve([train, train_within_a_game, environment, get_action, first_action, save, versions])
