"""Two processes at one run: the lock, and files that are replaced while they are read."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import time

import pytest
from end_to_end import (
    PATIENCE,
    child_environment,
    posix,
    run_command,
)
from small_runs import make_run

from retro_gamer import TrainedPolicy
from retro_gamer.errors import CheckpointError, RunBusyError
from retro_gamer.runs import archive
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer

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
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file() and path.name != ".lock"}
    holder = hold(run)
    try:
        for command in (["train", "run"], ["clean", "run", "--yes"]):
            result = run_command(*command, cwd=tmp_path)
            assert (result.returncode, result.stdout) == (1, "")
            said = rf"retro-gamer: Another process \(process {holder.pid} on \S+\) is changing run right now.*\n"
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
        subprocess.Popen([sys.executable, "-c", code, str(run), str(tmp_path / "count")], env=child_environment())
        for _ in range(4)
    ]
    assert [process.wait(PATIENCE) for process in processes] == [0] * 4
    assert (tmp_path / "count").read_text() == "120"


@posix
def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    run = make_run(tmp_path / "run")
    (tmp_path / "precious").write_text("mine")
    (run.path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(CheckpointError, match="is a link to another place"), run.locked():
        pass
    assert (tmp_path / "precious").read_text() == "mine"
