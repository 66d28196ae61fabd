"""Saving a training: checkpoints with a row and a line about them, and the state to resume from."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.learning import Learning
from retro_gamer.training.saving import Saver


class Checkpoints:
    """Saves what is learned in a run.

    The state to resume from is large: games and checkpoints may pass between two times it is written. After a kill the
    training goes on from the last one, and plays the same games again.
    """

    def __init__(self, run: RunDirectory, learning: Learning):
        self.run, self.learning, self.progress = run, learning, learning.progress
        self.saver = Saver(run, learning.progress.unwritten)
        self.state_saved = float("-inf")  # when, by time.monotonic

    def begin(self) -> None:
        """A kill before the first state begins again with the same games; raises OSError where nothing can be saved."""
        if not self.run.resume_path.is_file():
            self.run.save_resume(*self.state())

    def save(self, seconds_between_states: float) -> dict[str, Any]:
        """Save the checkpoint that is due, and a state to resume from if that is; returns the row of metrics.csv."""
        progress = self.progress
        self.learning.save_policy(self.saver.save_policy)
        row = self._row()
        self.saver.add_lines(row, self._line(row))
        progress.since_checkpoint = []
        progress.loose_checkpoints = [n for n in progress.loose_checkpoints if n != progress.episode]
        self.learning.after_checkpoint()
        if progress.loose_checkpoints or time.monotonic() - self.state_saved >= seconds_between_states:
            self.save_state()
        return row

    def save_in_between(self) -> None:
        """Save on a stop, also between two checkpoints: the next one will be as if there had been no stop.

        Raises OSError when that cannot be written for a long time.
        """
        progress = self.progress
        if progress.since_checkpoint:
            self.learning.save_policy(self.saver.save_policy)
            others = (n for n in progress.loose_checkpoints if n != progress.episode)
            progress.loose_checkpoints = [*others, progress.episode]
        self.saver.finish(self.save_state)

    def save_state(self) -> bool:
        """Write the state to resume from; says whether it could be written."""
        if not self.saver.save_resume(*self.state()):
            return False
        self.state_saved = time.monotonic()
        # Only now may checkpoints go: were they gone before, a kill would leave a run with neither the old nor the new.
        self.learning.remove_old_checkpoints()
        there = self._numbers()
        self.progress.loose_checkpoints = [n for n in self.progress.loose_checkpoints if n in there]
        return True

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """All that is needed to go on: facts and arrays."""
        arrays = self.learning.remember()
        return {**self.learning.facts(), **self.progress.to_facts()}, arrays

    def _numbers(self) -> set[int]:
        return {number for run in self.learning.runs() for number, _ in run.checkpoints()}

    def _row(self) -> dict[str, Any]:
        episodes = self.progress.since_checkpoint
        losses = [episode.mean_loss for episode in episodes if episode.mean_loss is not None]
        return {
            "episode": self.progress.episode,
            "turns": self.progress.turns,
            "seconds": round(self.progress.seconds, 2),
            "mean_return": float(np.mean([episode.episode_return for episode in episodes])),
            "mean_length": float(np.mean([episode.turns for episode in episodes])),
            "loss": float(np.mean(losses)) if losses else None,
            "epsilon": self.learning.epsilon,
            "learning_rate": self.learning.agent.learning_rate,
            **self.learning.columns(),
        }

    def _line(self, row: dict[str, Any]) -> str:
        progress = self.progress
        loss = f"{row['loss']:.4g}" if row["loss"] is not None else "-"
        first = progress.episode - len(progress.since_checkpoint) + 1
        return (
            f"[ep_{progress.episode:04d}]  ep={first:04d}-{progress.episode:04d}"
            f"  avg_reward={row['mean_return']:+.1f}  avg_steps={row['mean_length']:.0f}  epsilon={row['epsilon']:.3f}"
            f"  avg_loss={loss}{self.learning.details()}  turns={progress.turns}  total={progress.seconds:.0f}s"
        )
