"""Old checkpoints thin out evenly, whatever stops the training."""

from __future__ import annotations

import itertools
import random

import pytest
from small_runs import make_run, same

from retro_gamer.runs.directory import evenly_spread
from retro_gamer.training import Trainer


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
