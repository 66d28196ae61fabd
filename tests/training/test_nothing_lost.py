"""Whatever stops a training, nothing that was saved is lost: real processes, real signals, real full disks."""

from __future__ import annotations

import errno
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from end_to_end import (
    PseudoTerminal,
    child_environment,
    run_command,
    run_python,
    wait_for,
)
from small_runs import ALGORITHMS, make_run, same

from retro_gamer import TrainedPolicy
from retro_gamer.commands.create import create_run
from retro_gamer.config.settings import all_settings
from retro_gamer.config.values import toml_value
from retro_gamer.errors import CheckpointError, ConfigError, RunBusyError, explain_os_error
from retro_gamer.nn import SymbolLists
from retro_gamer.runs import archive
from retro_gamer.runs.compatibility import MEANINGLESS_AFTER
from retro_gamer.runs.directory import RunDirectory, evenly_spread
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.selfplay.trainer import SelfPlayTrainer
from retro_gamer.training import Trainer

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


def edit(run, *changes):
    text = run.config_path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    run.config_path.write_text(text, "utf-8")


# Old checkpoints thin out


def test_what_stays_is_evenly_spread():
    assert evenly_spread(range(100, 3100, 100), 20, 100) == set(range(200, 3100, 200))
    assert evenly_spread(range(100, 3000, 100), 20, 100) == {*range(200, 2900, 200), 2900}
    assert evenly_spread([50, 100, 150, 200], 50, 100) == {50, 100, 150, 200}  # few are not thinned at all
    assert evenly_spread([], 5, 100) == set() and evenly_spread([7, 300, 999], 1, 10) == {999}


@pytest.mark.parametrize("seed", range(20))
def test_it_does_not_matter_how_often_old_checkpoints_are_removed(seed):
    rng = random.Random(seed)
    every, keep = rng.choice([1, 7, 100]), rng.choice([1, 2, 5, 50])
    numbers = list(itertools.accumulate(rng.choice([1, every, every, every]) for _ in range(400)))
    kept = set()
    for number in numbers:
        kept.add(number)
        if rng.random() < 0.3:
            kept = evenly_spread(kept, keep, every)
            assert number in kept and len(kept) <= keep
    assert evenly_spread(kept, keep, every) == evenly_spread(numbers, keep, every)
    if numbers[-1] > 4 * keep * every and keep > 2:
        assert len(kept) >= keep // 2


def test_old_checkpoints_go_but_the_best_and_the_newest_stay(tmp_path):
    run = make_run(tmp_path, checkpoint_every=2, keep_checkpoints=4, training_episodes=30)
    Trainer(run).train()
    assert [episode for episode, _ in run.checkpoints()] == [8, 16, 24, 30]
    assert run.best_path.is_file() and [row["episode"] for row in run.read_metrics()] == [*range(2, 31, 2)]


@pytest.mark.parametrize("stops", [[1, 2, 3, 9, 29], [7, 8, 9, 10, 11, 12, 13], range(1, 30)])
def test_a_training_in_pieces_keeps_the_same_checkpoints(tmp_path, stops):
    settings = {"checkpoint_every": 2, "keep_checkpoints": 3, "training_episodes": 30, "evaluate_every": 100}
    whole, pieces = make_run(tmp_path / "whole", **settings), make_run(tmp_path / "pieces", **settings)
    Trainer(whole).train()
    for stop in [*stops, 99, 99]:
        trainer = Trainer(pieces)
        trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
        newest = trainer.episode  # what the newest resume state knows, a policy knows too
        assert pieces.checkpoints()[-1][0] == newest
        assert len(pieces.checkpoints()) <= 4
    same(whole, pieces)


def test_two_stops_between_two_checkpoints_leave_one_policy(tmp_path):
    run = make_run(tmp_path)
    for stop in (3, 5):
        trainer = Trainer(run)
        trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
        assert [episode for episode, _ in run.checkpoints()] == [stop]


# Stops


def test_a_stop_does_not_wait_for_an_evaluation_and_it_is_made_up_for(tmp_path):
    whole, pieces = make_run(tmp_path / "whole"), make_run(tmp_path / "pieces")
    Trainer(whole).train()
    stopped_in = []
    for turn in (1, 30, 61, 1, 10**9, 10**9):  # of the next evaluation
        trainer = Trainer(pieces)
        step, turns = trainer.evaluation_environment.step, itertools.count(1)

        def counted_step(action, step=step, turns=turns, turn=turn, trainer=trainer):
            if next(turns) == turn:
                trainer.stop()
                stopped_in.append(trainer.episode)
            return step(action)

        trainer.evaluation_environment.step = counted_step
        before = trainer.evaluation
        trainer.train()
        assert not trainer.stopping or trainer.evaluation is before
    assert len(stopped_in) == 4
    same(whole, pieces)


def test_a_stop_in_the_last_evaluation_leaves_it_to_the_next_sitting(tmp_path):
    whole, pieces = make_run(tmp_path / "whole"), make_run(tmp_path / "pieces")
    Trainer(whole).train()
    trainer = Trainer(pieces)
    trainer.train(on_episode=lambda status: trainer.stop() if status.episode == 25 else None)
    again = Trainer(pieces)
    assert (again.episode, again.is_complete()) == (25, False)
    again.train()
    assert again.is_complete()
    same(whole, pieces)


@pytest.mark.parametrize("game, algorithm", [("tag", "dqn"), ("tron", "dqn"), ("tag", "q_learning")])
def test_self_play_in_pieces_equals_self_play_in_one_go(tmp_path, game, algorithm):
    small = {
        "training_episodes": 26,
        "training_turns": 0,
        "hidden_sizes": [8],
        "memory_capacity": 500,
        "batch_size": 8,
        "max_turns_per_episode": 30,
        "save_steps": 100,
        "team_change": 200,
        "swap_steps": 60,
        "algorithm": algorithm,
    }
    runs = [create_run(game, str(tmp_path / name)).run for name in ("whole", "pieces")]
    for run in runs:
        text = run.config_path.read_text("utf-8")
        for name, value in small.items():
            text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {toml_value(value)}", text, count=1)
        run.config_path.write_text(text, "utf-8")
    SelfPlayTrainer(runs[0]).train()
    for stop in (3, 4, 11, 17, 18, 99):
        trainer = SelfPlayTrainer(runs[1])
        trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
        random.random()
    assert trainer.episode == 26
    left, right = (
        {path.relative_to(run.path): path.read_bytes() for path in run.checkpoints_path.rglob("*.npz")}
        for run in runs
    )
    assert len(left) >= 3 and left == right
    for one, other in zip(*(everything_of_self_play(run) for run in runs)):
        assert one == other


def everything_of_self_play(run):
    state = run.load_resume()
    yield {name: value for name, value in state.facts.items() if name != "seconds"}
    yield {name: array.tobytes() for name, array in state.arrays.items()}
    yield [{name: value for name, value in row.items() if name != "seconds"} for row in run.read_metrics()]


# Trains in this process, until a signal or the end of --minutes; waits at the start of a game for as long as told.
SITTING = """
import sys, time
from pathlib import Path
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.commands import train as session
from retro_gamer.training import trainer
from retro_gamer.commands.train import train_run

stop_at, how = int(sys.argv[2]), sys.argv[3]
play = trainer.Trainer._play_game

def play_and_wait(self):
    if self.episode == stop_at and how == "signal":
        Path("waiting").touch()
        deadline = time.monotonic() + 30
        while not self.stopping and time.monotonic() < deadline:
            time.sleep(0.001)
    if self.episode == stop_at and how == "minutes":
        clock = time.monotonic()
        time.monotonic = lambda: clock + 3600.0
    return play(self)

trainer.Trainer._play_game = play_and_wait
session.FINAL_GAMES = 1
sys.exit(train_run(RunDirectory(sys.argv[1]), minutes=30))
"""


@posix
@pytest.mark.parametrize("name", ALGORITHMS)
def test_stopped_by_ctrl_c_by_sigterm_and_by_the_end_of_its_minutes_it_is_the_same_to_the_last_bit(
    tmp_path, name
):
    settings = {"algorithm": name, **ALGORITHMS[name], "training_episodes": 23}
    whole, pieces = make_run(tmp_path / "whole", **settings), make_run(tmp_path / "pieces", **settings)
    Trainer(whole).train()
    for stop_at, how in ((2, "SIGINT"), (7, "SIGTERM"), (14, "minutes")):
        (tmp_path / "waiting").unlink() if (tmp_path / "waiting").exists() else None
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                SITTING,
                str(pieces),
                str(stop_at),
                "signal" if how.startswith("SIG") else how,
            ],
            cwd=str(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=child_environment(),
        )
        if how.startswith("SIG"):
            wait_for((tmp_path / "waiting").exists, process)
            process.send_signal(getattr(signal, how))
        out, error = process.communicate(timeout=60)
        assert process.returncode == 0, error
        episode = pieces.load_resume().facts["episode"]
        assert episode == stop_at + 1 and ("Stopped after game" in out) == how.startswith("SIG")
    Trainer(pieces).train()
    same(whole, pieces)


@posix
def test_a_closed_terminal_window_is_a_stop(tmp_path, started):
    run = make_run(tmp_path / "run", checkpoint_every=50, training_episodes=10**6)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored, and should be
    try:
        process = started("train", "run", cwd=tmp_path)
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for(lambda: len(run.read_metrics()) >= 1, process)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and f"Stopped after game {run.load_resume().facts['episode']}" in out


@posix
def test_sigterm_leaves_the_terminal_as_it_was(workshop):
    terminal = PseudoTerminal(
        ["-m", "retro_gamer", "play", "runs/board", "--fps", "0.02"], workshop
    )  # 50 seconds a turn
    terminal.wait_for("turn 0 ")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.finish() == 128 + signal.SIGTERM
    assert terminal.close()
    assert terminal.output.rstrip().endswith("\x1b[?1049l") and "\x1b[?25h" in terminal.output


# Going on without, or with another, resume state


def test_a_run_without_its_resume_state_remembers_how_good_its_best_was(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train()
    best = read_policy(run, "best")[1]
    run.save_policy(run.best_path, {**best.facts, "evaluation": 1000.0}, best.arrays)
    saved = run.best_path.read_bytes()
    run.resume_path.unlink()
    trainer = Trainer(run)
    assert trainer.best_return == 1000.0
    trainer.train(episodes=20)
    assert trainer.evaluation is not None and run.best_path.read_bytes() == saved
    run.best_path.write_bytes(saved[:1000])  # a damaged one is replaced
    run.resume_path.unlink()
    Trainer(run).train(episodes=20)
    assert read_policy(run, "best")[1].facts["evaluation"] < 1000


@pytest.mark.parametrize("version, said", [(0, "an older version"), (99, "a newer version")])
def test_resume_states_of_other_versions_are_named_and_policies_are_still_good(tmp_path, version, said):
    run = make_run(tmp_path)
    trainer = Trainer(run)
    trainer.train(episodes=12)
    state = run.load_resume()
    run.save_resume({**state.facts, "resume": version}, state.arrays)
    with pytest.raises(
        CheckpointError, match=rf"(?s)resume.npz was written by {said} .*version {version},.*delete .*resum"
    ):
        Trainer(run)
    run.resume_path.unlink()
    assert Trainer(run).episode == 12


def test_resume_states_of_version_1_are_read(tmp_path):
    """They have boards by their cells, and Adam's means: the same training, but for the last bits of what was divided."""
    run = make_run(tmp_path, "snake", {"board": True})
    Trainer(run).train(episodes=12)
    facts, arrays = run.load_resume()
    lists = arrays.pop("agent/replay/lists")
    n_cells = facts["policy"]["n_cells"]
    arrays["agent/replay/cells"] = SymbolLists(lists, n_cells).cells()
    for i, (b1, b2) in enumerate([(0.9, 0.999)] * 2):
        arrays[f"agent/optimizer/mean_{i}"] = arrays.pop(f"agent/optimizer/sum_{i}") * np.float32(1 - b1)
        arrays[f"agent/optimizer/square_{i}"] = arrays.pop(f"agent/optimizer/square_sum_{i}") * np.float32(
            1 - b2
        )
    new = Trainer(run)
    run.save_resume({**facts, "resume": 1}, arrays)
    old = Trainer(run)
    for name, array in new.agent.get_state().items():
        np.testing.assert_allclose(old.agent.get_state()[name], array, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts, arrays: facts.pop("random"),
        lambda facts, arrays: facts.pop("policy"),
        lambda facts, arrays: arrays.pop("agent/replay/actions"),
        lambda facts, arrays: facts.update(policy=3),
        lambda facts, arrays: arrays.update({"agent/network/symbols": np.zeros((3, 3), np.float32)}),
    ],
)
def test_a_resume_state_that_lacks_something_is_refused_in_words(tmp_path, change):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    facts, arrays = run.load_resume()
    change(facts, arrays)
    run.save_resume(facts, arrays)
    with pytest.raises(CheckpointError, match="resume.npz"):
        Trainer(run)


def test_making_a_trainer_changes_no_file(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    run.log("[ep_0099]  from later")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    Trainer(run)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


# Two at once


HOLDER = """
import sys, time
from retro_gamer.runs.directory import RunDirectory
with RunDirectory(sys.argv[1]).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(run):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=child_environment(),
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_two_trainings_of_one_run_the_second_is_refused_and_clean_too(tmp_path):
    run = make_run(tmp_path / "run")
    Trainer(run).train(episodes=12)
    before = {
        path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file() and path.name != ".lock"
    }
    holder = hold(run)
    try:
        for command in (["train", "run"], ["clean", "run", "--yes"]):
            result = run_command(*command, cwd=tmp_path)
            assert (result.returncode, result.stdout) == (1, "")
            said = (
                rf"retro-gamer: Another process \(process {holder.pid} on \S+\) is changing run right now.*\n"
            )
            assert re.fullmatch(said, result.stderr)
        with pytest.raises(RunBusyError):
            Trainer(run).train(episodes=1)
        assert run_command("play", "run", cwd=tmp_path).returncode == 0  # looking on is allowed
        assert before == {path: path.read_bytes() for path in before}
    finally:
        holder.communicate("")
    assert not (run.path / ".lock").exists() or os.name == "nt"
    assert run_command("train", "run", "--episodes", "1", cwd=tmp_path).returncode == 0


def test_the_lock_of_a_killed_process_is_taken_over_whoever_has_its_number_now(tmp_path):
    run = make_run(tmp_path / "run")
    holder = hold(run)
    holder.kill()
    holder.communicate()
    lock = run.path / ".lock"
    assert f"process {holder.pid} " in lock.read_text("utf-8")
    Trainer(run).train(episodes=1)
    for text in (f"process {os.getpid()} on here\n", "process 1 on another machine\n", "", "\0\xff" * 500):
        lock.write_text(text, "latin-1")  # process numbers are used again
        Trainer(run).train(episodes=1)
    assert not lock.exists() or os.name == "nt"


def test_a_policy_that_is_replaced_while_a_game_looks_for_it(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run")
    trainer = Trainer(run)
    trainer.train(on_episode=lambda status: trainer.stop() if status.episode == 13 else None)
    find, loose = RunDirectory.find_checkpoint, run.find_checkpoint()

    def find_and_lose(self, name=None):
        path = find(self, name)
        if loose.exists():
            Trainer(run).train(episodes=10)  # until the next checkpoint: what was found is gone
        return path

    monkeypatch.setattr(RunDirectory, "find_checkpoint", find_and_lose)
    policy = TrainedPolicy(run.path)
    assert not loose.exists() and policy.checkpoint == "ep_0023"
    policy.reload()
    assert not policy.reload()


@pytest.mark.parametrize("failures", [1, 3, 5])
def test_windows_replaces_no_file_that_is_read_so_saving_waits_a_moment(tmp_path, monkeypatch, failures):
    replace, waited = os.replace, []

    def busy(*paths):
        if len(waited) < failures:
            raise PermissionError(errno.EACCES, "in use")
        replace(*paths)

    monkeypatch.setattr(archive, "WINDOWS", True)
    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(time, "sleep", waited.append)
    path = tmp_path / "file"
    path.write_bytes(b"old")
    if failures > 4:
        with pytest.raises(PermissionError):
            archive.write_atomically(path, lambda file: file.write(b"new"))
    else:
        archive.write_atomically(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == (b"old" if failures > 4 else b"new") and len(list(tmp_path.iterdir())) == 1


def test_who_holds_the_lock_may_take_it_again(tmp_path):
    run = make_run(tmp_path / "run")
    with run.locked(), run.locked():
        Trainer(run).train(episodes=1)
        with pytest.raises(RunBusyError), RunDirectory(run.path).locked():
            pass
    with RunDirectory(run.path).locked():
        pass


@posix
def test_a_lock_is_never_held_by_two(tmp_path):
    """Four processes add one to a number thirty times each, each time reading, waiting and writing."""
    run = make_run(tmp_path / "run")
    (tmp_path / "count").write_text("0")
    code = """
import sys, time
from pathlib import Path
from retro_gamer.errors import RunBusyError
from retro_gamer.runs.directory import RunDirectory
run, count, done = RunDirectory(sys.argv[1]), Path(sys.argv[2]), 0
while done < 30:
    try:
        with run.locked():
            number = int(count.read_text())
            time.sleep(0.0001)
            count.write_text(str(number + 1))
            done += 1
    except RunBusyError:
        pass
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(run), str(tmp_path / "count")], env=child_environment()
        )
        for _ in range(4)
    ]
    assert [process.wait(120) for process in processes] == [0] * 4
    assert (tmp_path / "count").read_text() == "120"


@posix
def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    run = make_run(tmp_path / "run")
    (tmp_path / "precious").write_text("mine")
    (run.path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError), run.locked():
        pass
    assert (tmp_path / "precious").read_text() == "mine"


# Kills


@posix
def test_a_few_kills(tmp_path):
    """The short form of tests/programs/kill_training.py."""
    from kill_training import kill_again_and_again

    counts = kill_again_and_again(tmp_path, kills=5, seed=3)
    assert counts["kills"] == 5 and counts["kills inside a save"] >= 1


def test_what_a_kill_left_behind_is_swept_up(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    left = [run.path / ".resume.npz.4242.tmp", run.checkpoints_path / ".ep_0300.npz.4242.tmp"]
    for path in [*left, run.path / ".notes.txt.1.tmp"]:
        path.write_bytes(b"half")
    Trainer(run).train(episodes=1)
    assert not any(path.exists() for path in left) and (run.path / ".notes.txt.1.tmp").exists()


# Disks


def snapshot(run):
    return {path.name: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def whole(run):
    """Everything in a run can be read, and training goes on from it."""
    for _, path in run.checkpoints():
        read_policy(run, path.stem)
    episodes = [row["episode"] for row in run.read_metrics()]
    assert episodes == sorted(set(episodes))
    assert not run.left_behind()
    trainer = Trainer(run)
    trainer.train(episodes=2)
    return trainer


LIMITED = """
import resource, sys
resource.setrlimit(getattr(resource, sys.argv[1]), (int(sys.argv[2]), int(sys.argv[2])))
from retro_gamer.cli import main
sys.exit(main(sys.argv[3:]))
"""


@posix
@pytest.mark.parametrize("size", [10, 3000, 60_000, 120_000])
def test_a_full_disk(tmp_path, size):
    """No file may be longer than so many bytes: the metrics, a checkpoint or the resume state does not fit."""
    run = make_run(tmp_path / "run", memory_capacity=20000, checkpoint_every=5, training_episodes=10**6)
    Trainer(run).train(episodes=20)
    before = snapshot(run)
    result = run_python("-c", LIMITED, "RLIMIT_FSIZE", str(size), "train", "run", cwd=tmp_path)
    assert result.returncode == 1
    assert re.fullmatch(
        r"retro-gamer: There is no room for run/\S+: the disk is full, or your share of it is\. Make room, "
        r"then go on\. What was saved before is intact\.\n",
        result.stderr,
    ), result.stderr
    after = snapshot(run)
    assert after["resume.npz"] == before["resume.npz"] and after["ep_0020.npz"] == before["ep_0020.npz"]
    assert whole(run).episode == 22


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2000k", "tmpfs", str(disk)], stderr=subprocess.PIPE
    )
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    try:
        run = make_run(disk / "run", memory_capacity=20000, checkpoint_every=5, training_episodes=10**6)
        Trainer(run).train(episodes=20)
        before = snapshot(run)
        result = run_command("train", str(run), cwd=tmp_path)
        assert result.returncode == 1
        assert re.fullmatch(r"retro-gamer: There is no room for \S+: the disk is full.*\n", result.stderr), (
            result.stderr
        )
        after = snapshot(run)
        assert all(after[name] == before[name] for name in before if name.startswith("ep_"))
        moved = RunDirectory(shutil.copytree(str(run), str(tmp_path / "elsewhere")))  # made room
        assert whole(moved).episode >= 22
    finally:
        subprocess.run(["umount", "-l", str(disk)])


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no users")
def test_a_folder_that_may_not_be_written(tmp_path):
    run = make_run(tmp_path / "run")
    Trainer(run).train(episodes=12)
    before = snapshot(run)
    if os.geteuid() == 0:  # who may write anywhere
        made = subprocess.run(
            f"mount --bind {run} {run} && mount -o remount,ro,bind {run}", shell=True, stderr=subprocess.PIPE
        )
        if made.returncode:
            subprocess.run(["umount", str(run)], stderr=subprocess.PIPE)
            pytest.skip("nothing may be mounted here")
    else:
        run.path.chmod(0o555)
    try:
        for command in (["train", "run"], ["clean", "run", "--yes"]):
            result = run_command(*command, cwd=tmp_path)
            assert result.returncode == 1
            assert re.fullmatch(
                r"retro-gamer: run\S+ may not be opened or written .*Is the folder write-protected.*\n",
                result.stderr,
            ), result.stderr
        assert run_command("play", "run", cwd=tmp_path).returncode == 0
    finally:
        subprocess.run(["umount", str(run)]) if os.geteuid() == 0 else run.path.chmod(0o755)
    assert snapshot(run) == before
    assert whole(run).episode == 14


@posix
@pytest.mark.parametrize("files", [3, 4, 5])
def test_too_many_open_files(tmp_path, files):
    """A limit on open files that is reached once everything is imported."""
    run = make_run(tmp_path / "run", checkpoint_every=5)
    Trainer(run).train(episodes=5)
    before = snapshot(run)
    code = LIMITED.replace(
        "resource.setrlimit",
        """
import retro_gamer.commands.create, retro_gamer.commands.train, retro_gamer.games.forager
import retro_gamer.training.trainer as t
play = t.Trainer._play_game
def limited(self):
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    return play(self)
t.Trainer._play_game = limited
(lambda *limits: None)""".replace("FILES", str(files)),
    )
    result = run_python("-c", code, "RLIMIT_NOFILE", "0", "train", "run", cwd=tmp_path)
    if files > 4:
        assert result.returncode == 0, result.stderr
        return
    assert result.returncode == 1 and re.fullmatch(
        r"retro-gamer: run/\S+ could not be opened: too many files are open already.*\n", result.stderr
    ), result.stderr
    assert all(snapshot(run)[name] == content for name, content in before.items())
    assert whole(run).episode == 7


@posix
@pytest.mark.parametrize("what", ["removed", "moved"])
def test_a_folder_that_vanishes(tmp_path, started, what):
    run = make_run(tmp_path / "run", checkpoint_every=50, training_episodes=10**6)
    process = started("train", "run", cwd=tmp_path)
    wait_for(lambda: len(run.read_metrics()) >= 2, process)
    while True:  # not in the middle of a save: its half would move along
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        if not run.left_behind():
            break
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
    run.path.rename(tmp_path / "moved")
    process.send_signal(signal.SIGCONT)
    if what == "removed":
        shutil.rmtree(str(tmp_path / "moved"))
    _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert re.fullmatch(
        r"retro-gamer: run/\S+ is not there\. Was its folder moved, renamed or deleted meanwhile.*\n", error
    )
    assert not run.path.exists()
    if what == "moved":
        whole(RunDirectory(tmp_path / "moved"))


def test_only_the_checkpoints_folder_vanishes(tmp_path):
    run = make_run(tmp_path / "run", training_episodes=40)
    trainer = Trainer(run)
    trainer.train(
        on_episode=lambda status: shutil.rmtree(str(run.checkpoints_path)) if status.episode == 15 else None
    )
    assert [episode for episode, _ in run.checkpoints()] == [20, 30, 40]
    whole(run)


def test_a_clock_set_back_changes_nothing(tmp_path, monkeypatch):
    usual, odd = make_run(tmp_path / "usual"), make_run(tmp_path / "odd")
    Trainer(usual).train()
    now = itertools.count(10**9, -3600)
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    trainer = Trainer(odd)
    trainer.train(minutes=5, on_episode=lambda status: trainer.stop() if status.episode == 13 else None)
    for age, (_, path) in enumerate(odd.checkpoints()):
        os.utime(str(path), (10**9 - age * 86400,) * 2)  # the newest by number is the oldest by date
    assert odd.find_checkpoint().name == "ep_0013.npz"
    Trainer(odd).train()
    same(usual, odd)
    assert all(0 <= row["seconds"] < 600 for row in odd.read_metrics())


@pytest.mark.parametrize(
    "code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE, errno.ENOENT, errno.EIO]
)
def test_what_the_system_says_is_put_in_words(code):
    text = explain_os_error(OSError(code, os.strerror(code), "runs/snake/resume.npz"))
    assert (
        "runs/snake/resume.npz" in text
        and text.endswith("What was saved before is intact.")
        and "None" not in text
    )


# A changed configuration

USUAL = {"egocentric_radius": 2, "radar": True, "board": False}
REFUSED = {  # setting -> changes that touch it
    "actions": [{"actions": ["KEY_LEFT", "KEY_RIGHT", "KEY_UP", "KEY_DOWN", "x"]}, {"actions": ["KEY_LEFT"]}],
    "reward": [{"reward": "score"}],
    "player": [{"player": "forager"}],
    "board_size": [{"board_size": [12, 13]}],
    "observation_function": [
        {"observation_function": "seen:observe", "egocentric_radius": 0, "radar": False}
    ],
    "spatial": [{"spatial": True}],
    "board": [{"board": True, "egocentric_radius": 0}],
    "egocentric_radius": [{"egocentric_radius": 3}],
    "radar": [{"radar": False}],
    "observe_state": [{"observe_state": ["score"]}],
    "hidden_sizes": [{"hidden_sizes": [24]}, {"hidden_sizes": [16, 16]}],
    "dueling": [{"dueling": True}],
    "algorithm": [{"algorithm": "sarsa"}],
    "gym": [{"gym": "CartPole-v1"}],
}
TAKEN_OVER = {  # setting -> other values
    "module": ["retro_gamer.games"],
    "path": ["."],
    "factory": ["retro_gamer.games.forager:create_game"],
    "score": ["score"],
    "character_set": [["?", "!"]],
    "extras_size": [3],
    "seed": [77],
    "training_episodes": [400],
    "training_turns": [5000],
    "max_turns_per_episode": [20],
    "learning_rate": [0.02],
    "learning_rate_decay": [0.9],
    "learning_rate_min": [0.001],
    "gamma": [0.5],
    "epsilon": [0.5],
    "epsilon_min": [0.2],
    "epsilon_decay_turns": [10, 0],
    "epsilon_decay": [0.9],
    "batch_size": [8],
    "memory_capacity": [150, 299, 301, 1000],
    "learning_starts": [5],
    "train_every": [3],
    "gradient_steps": [2],
    "target_update_freq": [33],
    "double": [False],
    "n_step": [3],
    "prioritize_experiences": [False],
    "priority_alpha": [0.3],
    "priority_beta": [0.9],
    "reward_scale": [0.5],
    "planning_steps": [2],
    "exploration_turns": [5],
    "checkpoint_every": [3],
    "keep_checkpoints": [2],
    "evaluate_every": [50, 0],
    "evaluation_games": [1],
}


@pytest.fixture(scope="module")
def half_trained(tmp_path_factory):
    """A run of each kind, DQN and a table, stopped in the middle, its memory gone round."""
    runs = {}
    for name in ("dqn", "q_learning"):
        runs[name] = make_run(
            tmp_path_factory.mktemp(name), algorithm=name, batch_size=16, memory_capacity=300
        )
        Trainer(runs[name]).train(episodes=12)
    return runs


def changed(run, folder, changes):
    """A copy of a run with some settings changed."""
    config = run.load_config()
    for name, value in changes.items():
        section = next(section for section in vars(config).values() if hasattr(section, name))
        assert getattr(section, name) != value, f"{name} is not changed"
        setattr(section, name, value)
    copy = RunDirectory(shutil.copytree(str(run), str(folder)))
    copy.config_path.write_text(config.to_toml(), "utf-8")
    return copy


def test_every_setting_is_either_taken_over_or_refused():
    names = [setting.name for section, setting in all_settings() if section != "self_play"]
    assert sorted(names) == sorted([*REFUSED, *TAKEN_OVER])
    assert set(MEANINGLESS_AFTER) == {
        *REFUSED,
        "n_features",
        "own_characters",
        "policies",
        "teams",
    }  # self-play: elsewhere


@pytest.mark.parametrize(
    "name, changes", [(name, changes) for name, several in REFUSED.items() for changes in several]
)
def test_what_makes_the_weights_meaningless_is_refused_with_was_now_why(
    tmp_path, monkeypatch, half_trained, name, changes
):
    if name == "gym":
        pytest.importorskip("gymnasium")
    (tmp_path / "seen.py").write_text("def observe(game):\n    return [1.0]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    run = half_trained["dqn"]
    if name == "board_size":  # it matters where the board is seen
        run = make_run(tmp_path / "board", preprocessing={"board": True})
        Trainer(run).train(episodes=1)
    run = changed(run, tmp_path / "run", changes)
    before = snapshot(run)
    for without_state in (False, True):
        if without_state:
            run.resume_path.unlink()
            before.pop("resume.npz")
        with pytest.raises(
            ConfigError,
            match=rf"(?s)cannot go on.*\n  {name}\n    was: [^\n]+\n    now: [^\n]+\n    why: "
            rf"[^\n]+\n.*Put the old values back.*retro-gamer clean",
        ) as caught:
            Trainer(run)
        assert toml_value(next(iter(changes.values()))).strip('"[]') or not caught
        assert snapshot(run) == before


@pytest.mark.parametrize(
    "name, value", [(name, value) for name, values in TAKEN_OVER.items() for value in values]
)
@pytest.mark.parametrize("algorithm", ["dqn", "q_learning"])
def test_what_may_change_between_two_sittings_does(tmp_path, half_trained, algorithm, name, value):
    run = changed(
        half_trained[algorithm],
        tmp_path / "run",
        {name: value}
        if name != "module"
        else {"module": value, "factory": "retro_gamer.games.forager:create_game"},
    )
    trainer = Trainer(run)
    assert trainer.episode == 12
    values = trainer.agent.q_values(trainer.environment.reset(seed=1))
    before = Trainer(half_trained[algorithm])
    np.testing.assert_allclose(values, before.agent.q_values(before.environment.reset(seed=1)), rtol=1e-5)
    trainer.train(episodes=8)
    assert trainer.episode == 20 and Trainer(run).episode == 20
    replay = getattr(trainer.agent, "replay", None)
    if replay is not None:
        assert replay.capacity == trainer.config.training.memory_capacity
        assert np.isfinite(trainer.agent.q_values(trainer.environment.reset(seed=1))).all()
        if name == "reward_scale":
            assert trainer.agent.scale.value == value


@pytest.mark.parametrize("prioritized", [False, True])
@pytest.mark.parametrize(
    "capacity, turns", [(50, 30), (50, 50), (50, 51), (50, 400), (20, 30), (80, 400), (13, 400)]
)
def test_a_memory_of_another_capacity_keeps_the_newest_that_it_has_room_for(prioritized, capacity, turns):
    from retro_gamer.environment.observation import Observation
    from retro_gamer.replay import ReplayMemory

    def memory(capacity, prioritized):
        return ReplayMemory(
            capacity, 0, 1, n_step=2, gamma=0.9, rng=np.random.default_rng(0), prioritized=prioritized
        )

    def seen(number):
        return Observation(np.zeros(0, np.uint8), np.array([number], np.float32))

    def transitions(of, n=4000):
        batch = of.sample(n)
        return {
            (
                batch.features[i, 0],
                batch.features[n + i, 0],
                float(batch.returns[i]),
                float(batch.discounts[i]),
            )
            for i in range(n)
        }

    old = memory(50, True)
    for turn in range(turns):
        old.add(seen(turn), 0, float(turn), seen(turn + 1), False, turn % 7 == 6)
    old.end_episode()
    new = memory(capacity, prioritized)
    new.set_state(old.get_state())
    kept, all_of_them = transitions(new), transitions(old)
    assert kept <= all_of_them and len(new) <= capacity
    newest = sorted(all_of_them)[-len(kept) :]
    assert sorted(kept) == newest and len(kept) >= min(len(all_of_them), int(0.7 * capacity) - 2)
    for turn in range(turns, turns + 3 * capacity):  # and it goes on as ever
        new.add(seen(turn), 0, float(turn), seen(turn + 1), False, turn % 7 == 6)
        for first, last, reward, _ in transitions(new, 50):
            assert 1 <= last - first <= 2 and (last - first == 1) == (reward == first)


def test_characters_added_to_the_settings_grow_the_network_and_nothing_is_forgotten(tmp_path):
    """More than the network has room for: what it knows stays, and it learns on."""
    run = make_run(tmp_path)
    trainer = Trainer(run)
    trainer.train(episodes=12)
    new = [chr(ord("α") + i) for i in range(20)]
    edit(run, ("character_set = []", f"character_set = {toml_value(new)}"))
    for without_state in (False, True):
        if without_state:
            run.resume_path.unlink()
        again = Trainer(run)
        assert again.vocabulary.characters == [*trainer.vocabulary.characters, *new]
        assert again.environment.shape.n_symbols == 32 > again.agent.online.shape["n_symbols"] == 16
        policy = trainer.agent.get_policy()
        assert all(np.array_equal(policy[name], value) for name, value in again.agent.get_policy().items())
    again.train(episodes=1)
    assert again.agent.online.shape["n_symbols"] == 32
    assert Trainer(run).agent.online.shape["n_symbols"] == 32
