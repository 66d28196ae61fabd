"""Kills, full disks, folders that vanish: what was saved is still there."""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
from end_to_end import (
    PATIENCE,
    posix,
    run_command,
    run_python,
    wait_for,
)
from losing import snapshot, whole
from small_runs import make_run, same

from retro_gamer.errors import explain_os_error
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer


@posix
def test_a_few_kills(tmp_path):
    """The short form of tests/programs/kill_training.py."""
    from kill_training import kill_again_and_again

    counts = kill_again_and_again(tmp_path, kills=5, seed=3)
    assert counts["kills"] == 5 and counts["kills inside a save"] >= 3


def test_what_a_kill_left_behind_is_swept_up(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    left = [run.path / ".resume.npz.4242.tmp", run.checkpoints_path / ".ep_0300.npz.4242.tmp"]
    for path in [*left, run.path / ".notes.txt.1.tmp"]:
        path.write_bytes(b"half")
    Trainer(run).train(episodes=1)
    assert not any(path.exists() for path in left) and (run.path / ".notes.txt.1.tmp").exists()


# Disks


LIMITED = """
import resource, sys
resource.setrlimit(getattr(resource, sys.argv[1]), (int(sys.argv[2]), int(sys.argv[2])))
from retro_gamer.cli import main
from retro_gamer.training import checkpoints
checkpoints.SECONDS_OF_PATIENCE = 0.0
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
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2000k", "tmpfs", str(disk)], stderr=subprocess.PIPE)
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    try:
        run = make_run(disk / "run", memory_capacity=20000, checkpoint_every=5, training_episodes=10**6)
        Trainer(run).train(episodes=20)
        before = snapshot(run)
        result = run_python("-c", LIMITED, "RLIMIT_CORE", "0", "train", str(run), cwd=tmp_path)
        assert result.returncode == 1
        assert re.search(r"\Aretro-gamer: There is no room for \S+: the disk is full.*\n\Z", result.stderr), result.stderr
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
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert re.fullmatch(r"retro-gamer: run/\S+ is not there\. Was its folder moved, renamed or deleted meanwhile.*\n", error)
    assert not run.path.exists()
    if what == "moved":
        whole(RunDirectory(tmp_path / "moved"))


def test_only_the_checkpoints_folder_vanishes(tmp_path):
    run = make_run(tmp_path / "run", training_episodes=40)
    trainer = Trainer(run)
    trainer.train(on_episode=lambda status: shutil.rmtree(str(run.checkpoints_path)) if status.episode == 15 else None)
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


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE, errno.ENOENT, errno.EIO])
def test_what_the_system_says_is_put_in_words(code):
    text = explain_os_error(OSError(code, os.strerror(code), "runs/snake/resume.npz"))
    assert "runs/snake/resume.npz" in text and text.endswith("What was saved before is intact.") and "None" not in text
