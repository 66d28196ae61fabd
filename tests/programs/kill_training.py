"""Kills training with SIGKILL at many moments, inside saves too, and looks after each kill whether anything is broken.

python tests/programs/kill_training.py --kills 200
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "helpers"), str(TESTS.parent)]

from end_to_end import PATIENCE, child_environment, wait_for  # noqa: E402
from small_runs import make_run, same  # noqa: E402

from retro_gamer.runs.directory import METRICS  # noqa: E402
from retro_gamer.runs.policy_file import build_policy, read_policy  # noqa: E402
from retro_gamer.training import Trainer  # noqa: E402

EVERY = 3  # games between checkpoints
RUNS = {  # name -> (seconds between resume states, settings)
    "dqn": (0.0, {"memory_capacity": 3000, "batch_size": 16, "n_step": 2}),
    "sarsa": (0.0, {"algorithm": "sarsa", "learning_rate": 0.1}),
    "dqn, states are rare": (
        0.3,
        {"memory_capacity": 1000, "batch_size": 16, "prioritize_experiences": False},
    ),
    "double_q_learning, few kept": (
        0.05,
        {"algorithm": "double_q_learning", "learning_rate": 0.1, "keep_checkpoints": 5, "planning_steps": 2},
    ),
}

# Trains until it is killed, and tells what is on the disk.
CHILD = """
import os, sys, time
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import trainer

fsync = os.fsync
os.fsync = lambda file: (time.sleep(0.003), fsync(file))  # a slow disk: half a file can be met with
trainer.SECONDS_BETWEEN_RESUME_STATES = float(sys.argv[2])
run = RunDirectory(sys.argv[1])
save_resume, save_policy = run.save_resume, run.save_policy

def resume(facts, arrays):
    save_resume(facts, arrays)
    print("state", facts["episode"], flush=True)

def policy(path, facts, arrays):
    save_policy(path, facts, arrays)
    if path.name != "best.npz":
        print("policy", facts["episode"], flush=True)

run.save_resume, run.save_policy = resume, policy
with run.locked():
    training = trainer.Trainer(run)
    print("start", training.episode, flush=True)
    training.train(episodes=10**6)
"""


def kill_again_and_again(folder, kills, seed=0, say=lambda text: None):
    """Make runs in a folder and kill their training so many times; returns counts. Raises AssertionError."""
    rng = random.Random(seed)
    counts = {
        "kills": 0,
        "kills inside a save": 0,
        "in the middle of resume.npz": 0,
        "in the middle of a checkpoint": 0,
        "in the middle of metrics.csv or training.log": 0,
        "checkpoints read": 0,
        "games played again": 0,
    }
    names = list(RUNS)[:kills]
    runs = {name: _new_run(Path(folder) / name, name) for name in names}
    for number in range(kills):
        name = names[number % len(names)]
        left, progress = _live_and_die(runs[name], RUNS[name][0], rng, inside_a_save=number % 5 < 3)
        counts["kills"] += 1
        counts["kills inside a save"] += bool(left)
        for what, pattern in (
            ("in the middle of resume.npz", "resume"),
            ("in the middle of a checkpoint", "ep_|best"),
            ("in the middle of metrics.csv or training.log", "metrics|training"),
        ):
            counts[what] += any(re.match(rf"\.({pattern})", path.name) for path in left)
        counts["checkpoints read"] += _look_for_damage(runs[name], progress)
        newest = max((number for number, _ in runs[name].checkpoints()), default=0)
        counts["games played again"] += max(0, newest - _saved(runs[name]))
        say(f"{number + 1}/{kills} {name}: {progress}, half a file: {[path.name for path in left]}")
    for name, run in runs.items():  # after all that: to the last bit what it would have been
        # Far enough that what was killed after its last state has been played again: best.npz may be from then.
        best = read_policy(run, "best")[1].facts["episode"] if run.best_path.is_file() else 0
        goal = max(Trainer(run).episode, best) + 5
        whole = _new_run(Path(folder) / f"{name}, in one go", name)
        for each in (run, whole):
            text = each.config_path.read_text("utf-8")
            each.config_path.write_text(re.sub(r"training_episodes = \d+", f"training_episodes = {goal}", text), "utf-8")
            trainer = Trainer(each)
            trainer.train()
            assert trainer.episode == goal and not each.left_behind()
        same(whole, run)
        say(f"{name}: {goal} games, the same as in one go")
    counts["games in the end"] = sum(run.load_resume().facts["episode"] for run in runs.values())
    return counts


def _new_run(path, name):
    return make_run(
        path,
        **{
            "checkpoint_every": EVERY,
            "max_turns_per_episode": 30,
            "training_episodes": 10**6,
            "keep_checkpoints": 30,
            **RUNS[name][1],
        },
    )


def _live_and_die(run, seconds, rng, inside_a_save):
    """Train for a moment and be killed; returns the halves of files that are left, and what was said to be saved."""
    before = {path for path in run.left_behind()}
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(run), str(seconds)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=child_environment(),
    )
    try:
        if inside_a_save or rng.random() < 0.7:
            assert process.stdout.readline().startswith("start"), "training does not go on"
        else:  # perhaps before it has begun, or while it tidies up
            _wait_for_start(run, process)
        time.sleep(rng.choice([0.0, 0.2, 1.0]) * rng.random())
        if inside_a_save:
            part = rng.choice([".resume", ".ep_", "."])
            deadline = time.monotonic() + PATIENCE
            while not _stands_in_a_save(process, run, part, before, 0.004 * rng.random()):
                assert process.poll() is None and time.monotonic() < deadline, "it never saves"
    finally:
        process.kill()
        said = process.communicate()[0].splitlines()
    progress = {"state": 0}
    for line in said:
        what, _, episode = line.partition(" ")
        if episode.isdecimal():
            progress[what] = int(episode)
    return [path for path in run.left_behind() if path not in before], progress


def _wait_for_start(run, process):
    lock = run.path / ".lock"
    wait_for(lambda: lock.exists() and f"process {process.pid} " in lock.read_text(), process)


def _stands_in_a_save(process, run, part, before, seconds):
    """Stop the process where it is; when that is not in the middle of a save, it goes on."""
    if not _being_written(run, part, before):
        return False
    time.sleep(seconds)
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)  # until it does stand still
    if _being_written(run, part, before):
        return True
    process.send_signal(signal.SIGCONT)
    return False


def _being_written(run, part, before):
    for folder in (run.path, run.checkpoints_path):
        if folder.is_dir():
            for name in os.listdir(str(folder)):
                if name.startswith(part) and name.endswith(".tmp") and folder / name not in before:
                    return True
    return False


def _look_for_damage(run, progress):
    """Raise AssertionError, or an error of the library, when a kill broke something; returns how many it read."""
    paths = run.checkpoints()
    for name in [path.stem for _, path in paths] + (["best"] if run.best_path.is_file() else []):
        path, policy = read_policy(run, name)
        build_policy(policy, path)
        assert name == "best" or policy.facts["episode"] == int(name[3:])
    newest = paths[-1][0] if paths else 0
    assert newest >= progress.get("policy", 0), "a policy that was saved is gone"
    saved = _saved(run)
    assert saved >= progress["state"], "a state that was saved is gone"
    assert newest >= saved - saved % EVERY, "the state is of a later game than the policy that was due before it"
    _check_rows(run.metrics_path, lambda row: row.split(",")[0], ",".join(METRICS), len(METRICS))
    _check_rows(run.log_path, lambda row: re.match(r"\[ep_(\d+)\] .* total=\d+s$", row).group(1))
    return len(paths)


def _saved(run):
    """The game after which training would go on."""
    state = run.load_resume()
    return state.facts["episode"] if state is not None else 0


def _check_rows(path, number, head=None, n_values=None):
    """Every row is whole, and there is exactly one for each checkpoint up to the newest."""
    if not path.is_file():
        return
    text = path.read_bytes().decode("utf-8")
    assert text.endswith("\n"), f"{path} ends in a torn row"
    rows = text.splitlines()
    if head is not None:
        assert rows.pop(0) == head
        assert all(len(row.split(",")) == n_values for row in rows)
    numbers = [int(number(row)) for row in rows]
    assert numbers == list(range(EVERY, EVERY * len(numbers) + 1, EVERY)), f"{path}: doubled or missing rows: {numbers}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps(
                kill_again_and_again(folder, options.kills, options.seed, lambda text: print(text, flush=True)),
                indent=1,
            )
        )
