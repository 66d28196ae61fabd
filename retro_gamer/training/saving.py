"""Writing a run's files so that a full disk, or a file open elsewhere, for a moment loses nothing."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Callable

import numpy as np

from retro_gamer.errors import explain_os_error
from retro_gamer.runs.directory import RunDirectory

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
