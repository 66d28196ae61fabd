"""A run as its files are, for tests that nothing of it is lost."""

from __future__ import annotations

from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training import Trainer


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
