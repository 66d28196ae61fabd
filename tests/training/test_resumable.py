"""What must be resumed is in one dataclass: nothing that changes while a training learns is forgotten."""

from __future__ import annotations

import copy
from dataclasses import fields

import numpy as np
import pytest
from small_runs import make_run, make_self_play_run

from retro_gamer.errors import CheckpointError
from retro_gamer.selfplay.learned_policy import SelfPlayProgress
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.training import Trainer
from retro_gamer.training.resumable import EvaluatedProgress

KINDS = {
    "one agent": (make_run, Trainer, EvaluatedProgress),
    "self-play": (make_self_play_run, SelfPlayTrainer, SelfPlayProgress),
}
# What is remembered by its own state, or follows from the rest: agents, generators, opponents, games being played.
NOT_PLAIN = {
    "_agent",
    "_evaluations",
    "rng",
    "environment",
    "evaluation_environment",
    "vocabulary",
    "policies",
    "controller",
    "opponents",
    "game",
    "progress",
}


def plain(learning):
    """The plain values of what learns, and of its progress."""
    own = {name: value for name, value in vars(learning).items() if name not in NOT_PLAIN}
    return copy.deepcopy({**own, **vars(learning.progress)})


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_changes_is_a_field(tmp_path, kind):
    make, trainer_class, progress = KINDS[kind]
    trainer = trainer_class(make(tmp_path / "run", checkpoint_every=4))
    before = plain(trainer._learning)
    trainer.train(episodes=13)
    after = plain(trainer._learning)
    changed = {name for name in after if repr(after[name]) != repr(before[name])}
    names = {one.name for one in fields(progress)}
    assert changed <= names and {"episode", "turns", "seconds", "random"} <= changed


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_saved_checked_and_taken_over(tmp_path, kind):
    make, trainer_class, progress = KINDS[kind]
    run = make(tmp_path / "run", checkpoint_every=4)
    trainer = trainer_class(run)
    trainer.train(episodes=13)
    again = trainer_class(run)
    for one in fields(progress):
        assert repr(getattr(again.progress, one.name)) == repr(getattr(trainer.progress, one.name)), one.name
    facts, arrays = run.load_resume()
    for one in fields(progress):
        if one.metadata["optional"]:
            continue
        for bad in ({**facts, one.name: object}, {**facts, one.name: float("nan")}):
            with pytest.raises(CheckpointError, match=f"what it says of its {one.name} makes no sense"):
                progress.check(bad, run)
        with pytest.raises(CheckpointError, match=one.name):
            progress.check({name: value for name, value in facts.items() if name != one.name}, run)
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
