"""Measures this library. Started by run.py, in a process of its own for every measurement."""

from __future__ import annotations

import importlib
import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any, Dict

from stopwatch import Stopwatch, median_call, peak_megabytes, random_choices, serve


def make_trainer(run: str) -> Any:
    from retro_gamer.runs.directory import RunDirectory
    from retro_gamer.training import Trainer

    return Trainer(RunDirectory(run))


def fill(trainer: Any, turns: int) -> None:
    """Fill the replay memory with random play, through the memory itself, without learning from it."""
    if not turns:
        return
    environment, agent = trainer.environment, trainer.agent
    actions = random_choices(range(len(environment.actions)))
    observation = environment.reset()
    for _, action in zip(range(turns), actions):
        next_observation, reward, terminated, truncated = environment.step(action)
        agent.replay.add(observation, action, reward, next_observation, terminated, truncated)
        agent.scale.add(reward)
        observation = environment.reset() if terminated or truncated else next_observation
    agent.replay.end_episode()


def train(options: Dict[str, Any]) -> None:
    """Turns a second of the training that `retro-gamer train` does, saving included; and the memory it took."""
    trainer = make_trainer(options["run"])
    fill(trainer, options["fill"])
    spent = {"wall": 0.0, "cpu": 0.0}  # on saving
    games, paused = 0, 0.0

    def extras() -> Dict[str, float]:
        nonlocal games
        found = {
            "megabytes": peak_megabytes(),
            "turns_per_game": watch.count / max(1, games),
            "saving_share": spent["wall"] / watch.wall_seconds,
            "saving_share_cpu": spent["cpu"] / watch.cpu_seconds,
        }
        spent.update(wall=0.0, cpu=0.0)
        games = 0
        return found

    watch = Stopwatch(options["seconds"], options["warm_up"], options.get("warm_up_count", 0), extras)

    def timed(save: Any) -> Any:
        def timed_save(*arguments: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            result = save(*arguments)
            if watch.running:
                spent["wall"] += time.perf_counter() - wall
                spent["cpu"] += time.process_time() - cpu
            return result

        return timed_save

    line, watching = make_watcher(options.get("watched", False))

    def on_episode(status: Any) -> None:
        nonlocal games, paused
        games += watch.running
        line.update(status)
        watch.tick(status.turns)
        trainer.checkpoints.state_saved += (
            watch.paused - paused
        )  # it saves every 20 seconds, and has not lived through the pause
        paused = watch.paused

    trainer.run.save_policy, trainer.run.save_resume = (
        timed(trainer.run.save_policy),
        timed(trainer.run.save_resume),
    )
    with watching:
        trainer.train(on_episode=on_episode, on_wait=line.wait)


def make_watcher(watched: bool) -> Any:
    """What `retro-gamer train` shows in a terminal of 120 x 50, with its signs of life; or, as with --quiet, nothing."""
    from retro_gamer.hosting.signs import shown_by, signs_of_life
    from retro_gamer.reporting.dashboard import Dashboard

    watching = ExitStack()
    if not watched:
        return Dashboard(quiet=True), watching
    import fcntl
    import pty
    import struct
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    subprocess.Popen(["cat"], stdin=controller, stdout=subprocess.DEVNULL)  # who looks at it, in a process of its own
    sys.stderr = open(terminal, "w", encoding="utf-8")
    line = Dashboard()
    watching.enter_context(signs_of_life())
    watching.enter_context(shown_by(line.still_working))
    return line, watching


def train_within_a_game(options: Dict[str, Any]) -> None:
    """Turns a second of training in the middle of a single long game."""
    from retro_gamer.training.loop import play_episode

    trainer = make_trainer(options["run"])
    fill(trainer, options["fill"])
    watch = Stopwatch(options["seconds"], options["warm_up"], extras=lambda: {"megabytes": peak_megabytes()})
    turn = -1

    def epsilon() -> float:  # asked before every turn
        nonlocal turn
        turn += 1
        watch.tick(turn)
        return trainer.epsilon

    while True:
        play_episode(trainer.environment, trainer.agent, epsilon)


def environment(options: Dict[str, Any]) -> None:
    """Turns a second of our environment alone, with random actions."""
    environment = make_trainer(options["run"]).environment
    watch, turn = Stopwatch(options["seconds"], options["warm_up"]), 0
    environment.reset()
    for action in random_choices(range(len(environment.actions))):
        step = environment.step(action)
        if step.terminated or step.truncated:
            environment.reset()
        turn += 1
        if turn % 10 == 0:
            watch.tick(turn)


def get_action(options: Dict[str, Any]) -> Dict[str, Any]:
    """Microseconds of one `get_action`, in a snake game that goes on with random keys."""
    from retro_gamer import TrainedPolicy

    trainer = make_trainer(options["run"])
    trainer.train(episodes=1)
    policy = TrainedPolicy(options["run"])
    game = trainer.environment
    game.reset()
    actions = random_choices(range(len(game.actions)))

    def play_on() -> None:
        if game.step(next(actions)).terminated:
            game.reset()

    return median_call(lambda: policy.get_action(game.game), play_on, options["seconds"])


def first_action(options: Dict[str, Any]) -> Dict[str, Any]:
    """Seconds from `import retro_gamer` to the first action, the game being there already; and from the start of Python."""
    if options.get("prepare"):
        trainer = make_trainer(options["run"])
        trainer.train(episodes=1)
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
    """Milliseconds to save a policy, and everything with a full replay; with and without waiting for the disk."""
    trainer = make_trainer(options["run"])
    trainer.train(episodes=20)
    fill(trainer, options["fill"])
    result: Dict[str, Any] = {}
    wait_for_disk = os.fsync
    checkpoints = trainer.checkpoints

    def save_policy() -> None:
        trainer.learning.save_policy(checkpoints.saver.save_policy)

    for name, call in (("policy", save_policy), ("resume", checkpoints.save_state)):
        for how, fsync in (("", wait_for_disk), ("_without_fsync", lambda file: None)):
            os.fsync = fsync
            walls, cpus = [], []
            for _ in range(options["times"]):
                wall, cpu = time.perf_counter(), time.process_time()
                call()
                walls.append(1e3 * (time.perf_counter() - wall))
                cpus.append(1e3 * (time.process_time() - cpu))
            result[name + how] = {"wall": sorted(walls)[len(walls) // 2], "cpu": sorted(cpus)[len(cpus) // 2]}
    result["megabytes"] = trainer.run.resume_path.stat().st_size / 2**20
    return result


def versions(options: Dict[str, Any]) -> Dict[str, Any]:
    import platform

    import numpy

    result = {"Python": platform.python_version(), "NumPy": numpy.__version__}
    try:
        blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        result["BLAS"] = f"{blas['name']} {blas['version']}"
    except (TypeError, KeyError):  # before NumPy 1.25
        result["BLAS"] = "unknown"
    return result


if __name__ == "__main__":
    serve([train, train_within_a_game, environment, get_action, first_action, save, versions])
