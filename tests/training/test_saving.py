"""A state is saved by the clock, and what cannot be written for a moment is neither lost nor the end of a training."""

from __future__ import annotations

import errno
import io
import itertools
import os
import time
from types import SimpleNamespace

import pytest
from small_runs import make_run, make_self_play_run, same

from retro_gamer.reporting.progress import ProgressLine
from retro_gamer.runs import archive, directory
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.training import Trainer, checkpoints, limits
from retro_gamer.training import trainer as trainer_module

CLOCKS = (trainer_module, checkpoints, limits)  # who looks at the time

# By the clock


@pytest.mark.parametrize("seconds, games", [(0.0, [0, *range(1, 26), 25]), (1e9, [0, 10, 25])])
def test_states_are_written_at_the_end_of_games_when_it_is_time(tmp_path, monkeypatch, seconds, games):
    run, saved, save = make_run(tmp_path), [], RunDirectory.save_resume
    monkeypatch.setattr(trainer_module, "SECONDS_BETWEEN_RESUME_STATES", seconds)
    monkeypatch.setattr(RunDirectory, "save_resume", lambda *a: (save(*a), saved.append(a[1]["episode"])) and None)
    Trainer(run).train()
    assert saved == games


def test_a_state_between_checkpoints_leaves_no_trace(tmp_path, monkeypatch):
    """Dropped after game 17, when the last state was written at its end: the rest is as if never interrupted."""
    whole, pieces = make_run(tmp_path / "whole"), make_run(tmp_path / "pieces")
    Trainer(whole).train()
    monkeypatch.setattr(trainer_module, "SECONDS_BETWEEN_RESUME_STATES", 0.0)

    class Killed(BaseException):
        pass

    def kill(status):
        if status.episode == 18:
            raise Killed

    trainer = Trainer(pieces)
    trainer.train(on_episode=lambda status: trainer.stop() if status.episode == 5 else None)
    with pytest.raises(Killed):
        Trainer(pieces).train(on_episode=kill)
    again = Trainer(pieces)
    assert again.episode == 17 and pieces.checkpoints()[-1][0] == 10
    again.train()
    same(whole, pieces)


# What cannot be written for a moment


class Disk:
    """Refuses to write files whose names begin with `name`, while it is `broken`."""

    def __init__(self, monkeypatch, name):
        self.name, self.broken, self.refused = name, False, 0
        for module, function in (
            (archive, "write_atomically"),
            (directory, "write_atomically"),
            (directory, "append"),
        ):
            real = getattr(module, function)
            monkeypatch.setattr(module, function, lambda path, *a, real=real: self.write(real, path, *a))
        monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN_TRIES", 0.0)

    def write(self, real, path, *arguments):
        if self.broken and path.name.startswith(self.name):
            self.refused += 1
            raise OSError(errno.EACCES, "Permission denied", str(path))
        return real(path, *arguments)


FILES = ["metrics.csv", "training.log", "ep_", "best", "resume", ""]


@pytest.mark.parametrize("name", FILES)
def test_what_cannot_be_written_for_a_moment_is_written_later(tmp_path, monkeypatch, name):
    whole, run = (
        make_run(tmp_path / "whole", checkpoint_every=4),
        make_run(tmp_path / "run", checkpoint_every=4),
    )
    Trainer(whole).train()
    disk, told = Disk(monkeypatch, name), []
    monkeypatch.setattr(trainer_module, "SECONDS_BETWEEN_RESUME_STATES", 0.0)

    def break_for_a_while(status):
        disk.broken = 7 <= status.episode < 15

    Trainer(run).train(on_episode=break_for_a_while, on_notice=told.append)
    same(whole, run)
    assert disk.refused >= 1
    refusals = [text for text in told if "tries it again" in text]
    assert len(refusals) == len(set(refusals)) >= 1  # each file once
    assert len(refusals) == sum("can be written again" in text for text in told)


@pytest.mark.parametrize("name", ["metrics.csv", "training.log"])
def test_rows_that_wait_are_in_the_state_and_outlive_the_process(tmp_path, monkeypatch, name):
    whole, run = (
        make_run(tmp_path / "whole", checkpoint_every=4),
        make_run(tmp_path / "run", checkpoint_every=4),
    )
    Trainer(whole).train()
    disk, trainer = Disk(monkeypatch, name), Trainer(run)
    monkeypatch.setattr(checkpoints, "SECONDS_OF_PATIENCE", 0.0)  # a spreadsheet may keep it open for ever

    def break_and_stop(status):
        disk.broken = status.episode >= 7
        if status.episode == 17:
            trainer.stop()

    trainer.train(on_episode=break_and_stop)
    assert len(run.load_resume().facts["unwritten"]) == 3
    disk.broken = False
    Trainer(run).train()
    same(whole, run)


def test_a_training_that_can_save_nothing_ends_when_its_patience_does(tmp_path, monkeypatch):
    run, told = make_run(tmp_path), []
    disk = Disk(monkeypatch, "resume")
    seconds = itertools.count()
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: next(seconds), sleep=lambda seconds: None))

    def break_for_good(status):
        disk.broken = status.episode >= 7

    with pytest.raises(PermissionError):
        Trainer(run).train(on_episode=break_for_good, on_notice=told.append)
    assert len(told) == 1 and 20 < disk.refused < 40


def test_lines_that_are_none_are_refused(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=3)
    state = run.load_resume()
    for unwritten in (1, [1], [["metrics", "text"]], [["log", {}]], [["other", "x"]], [["log"]]):
        run.save_resume({**state.facts, "unwritten": unwritten}, state.arrays)
        with pytest.raises(Exception, match="what it says of its unwritten makes no sense"):
            Trainer(run)


# Minutes that end inside a game


class Seconds:
    """A clock that goes on by a second at every look."""

    def __init__(self):
        self.monotonic = itertools.count().__next__
        self.perf_counter = time.perf_counter


LONG = {"max_turns_per_episode": 1000, "evaluate_every": 0, "training_episodes": 3}


@pytest.mark.parametrize("make, kind", [(make_run, Trainer), (make_self_play_run, SelfPlayTrainer)])
def test_a_game_is_cut_short_when_the_minutes_are_over_and_goes_on_exactly(tmp_path, monkeypatch, make, kind):
    ended, told = [], []
    for name in ("in one process", "in two"):
        run = make(tmp_path / name, **LONG)
        trainer = kind(run)
        clock = Seconds()
        with monkeypatch.context() as patch:
            for module in CLOCKS:
                patch.setattr(module, "time", clock)
            trainer.train(minutes=0.2, on_episode=ended.append, on_notice=told.append)
        assert 9 < trainer.turns < 20 and not trainer.stopping
        assert run.checkpoints() or kind is SelfPlayTrainer
        if name == "in two":
            trainer = kind(run)
        trainer.train(episodes=2)
    assert {status.deadline for status in ended} == {12}
    assert len(told) == 2 and all(f"game {trainer.episode - 2}: it was cut short after" in text for text in told)
    runs = [RunDirectory(tmp_path / name) for name in ("in one process", "in two")]
    states = [run.load_resume() for run in runs]
    for state in states:
        del state.facts["seconds"]
    assert states[0].facts == states[1].facts
    for name, array in states[0].arrays.items():
        assert array.tobytes() == states[1].arrays[name].tobytes(), name


def test_an_evaluation_ends_with_the_minutes_and_is_made_up_for(tmp_path, monkeypatch):
    whole, run = make_run(tmp_path / "whole"), make_run(tmp_path / "run")
    Trainer(whole).train()
    trainer, step, clock = Trainer(run), None, SimpleNamespace(now=0.0)
    step = trainer.evaluation_environment.step

    def late_step(action):
        clock.now = 10**6
        return step(action)

    trainer.evaluation_environment.step = late_step
    with monkeypatch.context() as patch:
        clock.monotonic, clock.perf_counter = lambda: clock.now, time.perf_counter
        for module in CLOCKS:
            patch.setattr(module, "time", clock)
        trainer.train(minutes=1)
    assert trainer.evaluation is None and trainer.episode < 25
    Trainer(run).train()
    same(whole, run)


def test_the_progress_line_counts_down_to_the_end_of_the_minutes(tmp_path, monkeypatch):
    run, stream = make_run(tmp_path), io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setenv("COLUMNS", "300")
    line = ProgressLine(stream, interval=0.0)
    Trainer(run).train(episodes=20, minutes=0.95, on_episode=lambda status: line.update(status))
    assert "0:0" in stream.getvalue()  # 20 games take no minute
    line.update(SimpleNamespace(**{**STATUS, "deadline": time.monotonic() + 65.5}))
    assert stream.getvalue().rstrip().endswith("1:05 left")


STATUS = {
    "episode": 40,
    "turns": 10,
    "goal_episodes": 10**9,
    "goal_turns": 0,
    "last": SimpleNamespace(episode_return=1.0),
    "epsilon": 0.5,
    "evaluation": None,
    "standing": "",
}


def test_os_errors_are_put_in_words(tmp_path, monkeypatch):
    told = []
    run = make_run(tmp_path, checkpoint_every=4)
    disk = Disk(monkeypatch, "metrics")
    Trainer(run).train(on_episode=lambda status: setattr(disk, "broken", status.episode < 9), on_notice=told.append)
    name = os.path.join(str(run), "metrics.csv")
    assert told[0].startswith(f"{name} may not be opened or written (Permission denied).")
    assert told[0].endswith("The training goes on, and tries it again.")
    assert told[1] == f"{name} can be written again."
