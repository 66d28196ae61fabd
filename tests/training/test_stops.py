"""Stops by Ctrl-C, SIGTERM, a closed window and the end of the minutes lose nothing: real processes, real signals."""

from __future__ import annotations

import itertools
import random
import signal

import pytest
from end_to_end import (
    PATIENCE,
    PseudoTerminal,
    posix,
    wait_for,
)
from small_runs import ALGORITHMS, make_run, make_self_play_run, same

from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.training import Trainer


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
    runs = [make_self_play_run(tmp_path / name, game, algorithm=algorithm) for name in ("whole", "pieces")]
    SelfPlayTrainer(runs[0]).train()
    for stop in (3, 4, 11, 17, 18, 99):
        trainer = SelfPlayTrainer(runs[1])
        trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
        random.random()
    assert trainer.episode == 26
    left, right = (
        {path.relative_to(run.path): path.read_bytes() for path in run.checkpoints_path.rglob("*.npz")} for run in runs
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
        while not self.stopping:
            time.sleep(0.001)
    if self.episode == stop_at and how == "minutes":
        over = self.limits.cut_at - 1.0  # the minutes are over, and this game may still be finished
        time.monotonic = lambda: over
    return play(self)

trainer.Trainer._play_game = play_and_wait
session.FINAL_GAMES = 1
sys.exit(train_run(RunDirectory(sys.argv[1]), minutes=30))
"""


@posix
@pytest.mark.parametrize("name", ALGORITHMS)
def test_stopped_by_ctrl_c_by_sigterm_and_by_the_end_of_its_minutes_it_is_the_same_to_the_last_bit(tmp_path, started, name):
    settings = {"algorithm": name, **ALGORITHMS[name], "training_episodes": 23}
    whole, pieces = make_run(tmp_path / "whole", **settings), make_run(tmp_path / "pieces", **settings)
    Trainer(whole).train()
    for stop_at, how in ((2, "SIGINT"), (7, "SIGTERM"), (14, "minutes")):
        (tmp_path / "waiting").unlink() if (tmp_path / "waiting").exists() else None
        what = "signal" if how.startswith("SIG") else how
        process = started(pieces, stop_at, what, cwd=tmp_path, code=SITTING)
        if how.startswith("SIG"):
            wait_for((tmp_path / "waiting").exists, process)
            process.send_signal(getattr(signal, how))
        out, error = process.communicate(timeout=PATIENCE)
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
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and f"Stopped after game {run.load_resume().facts['episode']}" in out


@posix
def test_sigterm_leaves_the_terminal_as_it_was(workshop):
    terminal = PseudoTerminal(["-m", "retro_gamer", "play", "runs/board", "--fps", "0.02"], workshop)  # 50 seconds a turn
    terminal.wait_for("turn 0 ")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.finish() == 128 + signal.SIGTERM
    assert terminal.close()
    assert terminal.output.rstrip().endswith("\x1b[?1049l") and "\x1b[?25h" in terminal.output
