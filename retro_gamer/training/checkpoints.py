"""Saving a training: checkpoints with a row and a line about them, and the state to resume from."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Callable

import numpy as np

from retro_gamer.errors import explain_os_error
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.learning import Learning

SECONDS_BETWEEN_TRIES = 5.0
SECONDS_OF_PATIENCE = 30.0  # before a training that can save nothing ends with the error


class Saver:
    """Writes the files of a run. What cannot be written now is said, kept, and tried again.

    Rows and lines may wait for as long as a spreadsheet has their file open: the state to resume from holds them.
    """

    def __init__(self, run: RunDirectory, unwritten: list[list[Any]]):
        self.run = run
        self.tell: Callable[[str], None] = lambda text: None
        self._lines = unwritten  # [metrics or log, what to add] that are not in their files yet
        self._policies: dict[Path, Callable[[], None]] = {}  # how to write those that are not
        self._failing: dict[Path, float] = {}  # since when, by time.monotonic
        self._next_try = 0.0

    def add_lines(self, row: dict[str, Any], line: str) -> None:
        self._lines += [["metrics", row], ["log", line]]
        self._write_lines()

    def _write_lines(self) -> None:
        ways: dict[str, tuple[Path, Callable[[Any], None]]] = {
            "metrics": (self.run.metrics_path, self.run.add_metrics),
            "log": (self.run.log_path, self.run.log),
        }
        stuck: set[str] = set()
        left = []
        for kind, content in self._lines:
            path, add = ways[kind]
            if kind in stuck or not self._written(path, partial(add, content), may_wait=True):
                stuck.add(kind)
                left.append([kind, content])
        self._lines[:] = left

    def save_policy(self, run: RunDirectory, path: Path, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """A checkpoint of `run`, which is this run or one of its teams."""
        self._policies.pop(path, None)
        if not self._written(path, lambda: run.save_policy(path, facts, arrays)):
            kept = {name: np.array(array) for name, array in arrays.items()}  # the agent goes on learning
            self._policies[path] = lambda: run.save_policy(path, facts, kept)

    def save_resume(self, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> bool:
        """The state to resume from; says whether it is in its file."""
        return self._written(self.run.resume_path, lambda: self.run.save_resume(facts, arrays))

    def retry(self) -> None:
        """Try again, now and then, what could not be written."""
        if (self._lines or self._policies) and time.monotonic() >= self._next_try:
            self._write_all()

    def finish(self, save_resume: Callable[[], bool]) -> None:
        """Write everything, the state to resume from last; raises OSError when that takes too much patience."""
        while True:
            self._write_all()
            if save_resume() and not self._policies:
                return
            time.sleep(1.0)

    def _write_all(self) -> None:
        self._write_lines()
        for path, write in list(self._policies.items()):
            if self._written(path, write):
                del self._policies[path]

    def _written(self, path: Path, write: Callable[[], None], may_wait: bool = False) -> bool:
        try:
            write()
        except OSError as error:
            now = time.monotonic()
            out_of_patience = now - self._failing.get(path, now) >= SECONDS_OF_PATIENCE
            if not self.run.path.is_dir() or (out_of_patience and not may_wait):
                raise
            if path not in self._failing:
                self.tell(f"{explain_os_error(error)} The training goes on, and tries it again.")
                self._failing[path] = now
            self._next_try = now + SECONDS_BETWEEN_TRIES
            return False
        if path in self._failing:
            del self._failing[path]
            self.tell(f"{path} can be written again.")
        return True


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
