"""The files of one run.

    config.toml               the settings, written once by `create`
    checkpoints/ep_0100.npz   a policy, after so many games
    checkpoints/best.npz      the policy that did best in a greedy evaluation
    resume.npz                all that is needed to go on training as if never interrupted
    training.log              one line a checkpoint, for people
    metrics.csv               the same and more, for programs
"""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np

from retro_gamer.archive import load_arrays, save_arrays, write_atomically
from retro_gamer.config import RunConfig
from retro_gamer.errors import CheckpointError, RunNotFoundError

FORMAT_VERSION = 1
MAX_RESUME_BYTES = 16 * 2**30
METRICS = ("episode", "turns", "seconds", "mean_return", "mean_length", "loss", "epsilon", "learning_rate", "eval_return")
_CHECKPOINT_NAME = re.compile(r"ep_(\d+)\.npz")
_LEFT_BEHIND = re.compile(r"\.(ep_\d+\.npz|best\.npz|resume\.npz|metrics\.csv|training\.log|config\.toml)\.\d+\.tmp")


class Checkpoint(NamedTuple):
    """What a checkpoint holds: facts in words and numbers, and arrays."""

    facts: Dict[str, Any]
    arrays: Dict[str, np.ndarray]


class RunDirectory:
    """Knows the names and formats of a run's files; every write is all or nothing."""

    def __init__(self, path: Union[str, Path]):
        self.path = Path(path)
        self.config_path = self.path / "config.toml"
        self.checkpoints_path = self.path / "checkpoints"
        self.best_path = self.checkpoints_path / "best.npz"
        self.resume_path = self.path / "resume.npz"
        self.log_path = self.path / "training.log"
        self.metrics_path = self.path / "metrics.csv"

    def __str__(self) -> str:
        return str(self.path)

    def load_config(self) -> RunConfig:
        """The settings; raises RunNotFoundError when this is not a run directory."""
        if not self.config_path.is_file():
            what = "has no config.toml" if self.path.is_dir() else "does not exist"
            raise RunNotFoundError(f"There is no run at {self}: the folder {what}. Make one with\n"
                                   f"  retro-gamer create --game GAME --output {self}")
        return RunConfig.load(self.config_path)

    def create(self, config_text: str) -> None:
        """Make the folder with its config.toml."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.config_path, lambda file: file.write(config_text.encode("utf-8")))

    # Checkpoints

    def checkpoints(self) -> List[Tuple[int, Path]]:
        """(episode, path) of every numbered checkpoint, in the order of their numbers."""
        if not self.checkpoints_path.is_dir():
            return []
        found = []
        for path in self.checkpoints_path.iterdir():
            match = _CHECKPOINT_NAME.fullmatch(path.name)
            if match:
                found.append((int(match.group(1)), path))
        return sorted(found)

    def find_checkpoint(self, name: Optional[str] = None) -> Path:
        """The file of a checkpoint: "ep_0500", "ep_0500.npz", "500", "best"; None for the newest.

        Raises RunNotFoundError, with what there is, when it is not there.
        """
        checkpoints = self.checkpoints()
        if name is None:
            if not checkpoints:
                self._no_checkpoints()
            return checkpoints[-1][1]
        name = str(name)
        stem = name[:-len(".npz")] if name.endswith(".npz") else name
        if stem == "best" and self.best_path.is_file():
            return self.best_path
        digits = stem[len("ep_"):] if stem.startswith("ep_") else stem
        for episode, path in checkpoints:
            if digits.isdecimal() and int(digits) == episode:
                return path
        if not checkpoints:
            self._no_checkpoints()
        names = [path.stem for _, path in checkpoints] + (["best"] if self.best_path.is_file() else [])
        shown = ", ".join(names if len(names) <= 12 else [*names[:5], "...", *names[-6:]])
        raise RunNotFoundError(f"There is no checkpoint {name!r} in {self.checkpoints_path}. There are: {shown}.")

    def _no_checkpoints(self) -> None:
        self.load_config()
        if any(self.checkpoints_path.glob("*.pt")):
            raise RunNotFoundError(f"{self.checkpoints_path} holds checkpoints of the original retro-gamer (.pt), which "
                                   f"need torch. Train here again with:  retro-gamer train {self}")
        raise RunNotFoundError(f"The run {self} has no checkpoint yet. Train it first:  retro-gamer train {self}")

    def save_policy(self, path: Path, facts: Dict[str, Any], arrays: Dict[str, np.ndarray]) -> None:
        self.checkpoints_path.mkdir(parents=True, exist_ok=True)
        save_arrays(path, {"facts": _facts_to_array(facts), **arrays})

    def checkpoint_path(self, episode: int) -> Path:
        return self.checkpoints_path / f"ep_{episode:04d}.npz"

    # The resume state

    def save_resume(self, facts: Dict[str, Any], arrays: Dict[str, np.ndarray]) -> None:
        save_arrays(self.resume_path, {"facts": _facts_to_array(facts), **arrays})

    def load_resume(self) -> Optional[Checkpoint]:
        """The saved training state, or None when there is none yet."""
        if not self.resume_path.is_file():
            return None
        return load_checkpoint(self.resume_path, MAX_RESUME_BYTES)

    # Logs

    def log(self, line: str) -> None:
        with open(self.log_path, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def add_metrics(self, row: Dict[str, Any]) -> None:
        """Append a row to metrics.csv; missing values stay empty."""
        new = not self.metrics_path.is_file() or not self.metrics_path.stat().st_size
        text = ",".join(_csv_value(row.get(name)) for name in METRICS) + "\n"
        with open(self.metrics_path, "a", encoding="utf-8", newline="") as file:
            file.write((",".join(METRICS) + "\n" if new else "") + text)

    def read_metrics(self) -> List[Dict[str, float]]:
        """The rows of metrics.csv; empty values are left out, and rows that were cut short."""
        if not self.metrics_path.is_file():
            return []
        head, *rows = _whole_lines(self.metrics_path) or [""]
        names, found = head.strip().split(","), []
        for row in rows:
            values = row.strip().split(",")
            if len(values) == len(names) and _row_episode(row) >= 0:
                found.append({name: float(value) for name, value in zip(names, values) if value})
        return found

    def forget_after(self, episode: int) -> None:
        """Drop log lines and metrics of later games, which will be played again; and a last line cut short."""
        if self.metrics_path.is_file():
            lines = _whole_lines(self.metrics_path)
            kept = [row for row in lines[1:] if 0 <= _row_episode(row) <= episode]
            _rewrite(self.metrics_path, lines[:1] + kept)
        if self.log_path.is_file():
            _rewrite(self.log_path, [line for line in _whole_lines(self.log_path) if _log_episode(line) <= episode])
        for number, path in self.checkpoints():
            if number > episode:
                path.unlink()

    def files_to_clean(self) -> List[Path]:
        """All that training made: everything but config.toml and files of other kinds."""
        found = [path for _, path in self.checkpoints()]
        found += [path for path in (self.best_path, self.resume_path, self.log_path, self.metrics_path)
                  if path.is_file()]
        for folder in (self.path, self.checkpoints_path):  # what a kill during a save left behind
            found += sorted(path for path in folder.glob(".*.tmp") if _LEFT_BEHIND.fullmatch(path.name))
        return found


def load_checkpoint(path: Path, max_bytes: Optional[int] = None) -> Checkpoint:
    """Read a checkpoint or a resume state; raises CheckpointError when it is damaged or too new."""
    arrays = load_arrays(path) if max_bytes is None else load_arrays(path, max_bytes)
    facts = _facts_from_array(arrays.pop("facts", None), path)
    version = facts.get("format")
    if version != FORMAT_VERSION:
        raise CheckpointError(f"{path} has format {version!r}; this version of the library reads format {FORMAT_VERSION}. "
                              "Use the version of the library that wrote it, or train again.")
    return Checkpoint(facts, arrays)


def _facts_to_array(facts: Dict[str, Any]) -> np.ndarray:
    return np.frombuffer(json.dumps({"format": FORMAT_VERSION, **facts}).encode("utf-8"), np.uint8)


def _facts_from_array(array: Optional[np.ndarray], path: Path) -> Dict[str, Any]:
    if array is not None and array.dtype == np.uint8 and array.ndim == 1:
        try:
            facts = json.loads(array.tobytes().decode("utf-8"))
            if isinstance(facts, dict):
                return facts
        except (ValueError, RecursionError):
            pass
    raise CheckpointError(f"{path} is not a checkpoint of this library: it does not say what it holds.")


def _whole_lines(path: Path) -> List[str]:
    """The lines of a text file, without a last one that was cut short."""
    return [line + "\n" for line in path.read_bytes().decode("utf-8", errors="replace").split("\n")[:-1]]


def _rewrite(path: Path, lines: List[str]) -> None:
    content = "".join(lines).encode("utf-8")
    if content != path.read_bytes():
        write_atomically(path, lambda file: file.write(content))


def _row_episode(row: str) -> int:
    """The number of the game in a row of metrics.csv; -1 if the row does not consist of numbers."""
    try:
        return int([float(value or 0) for value in row.strip().split(",")][0])
    except (ValueError, OverflowError):
        return -1


def _csv_value(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _log_episode(line: str) -> int:
    match = re.match(r"\[ep_(\d+)\]", line)
    return int(match.group(1)) if match else 0


