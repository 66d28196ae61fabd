"""The files of one run.

config.toml               the settings, written once by `create`
checkpoints/ep_0100.npz   a policy, after 100 games
checkpoints/best.npz      the policy that did best in a greedy evaluation
resume.npz                all that is needed to go on training as if never interrupted
training.log              one line a checkpoint, for people
metrics.csv               the same and more, for programs
.lock                     while a process trains here: which one
"""

from __future__ import annotations

import math
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, ContextManager, Iterable, Pattern, Sequence

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import CheckpointError, RunNotFoundError, command_line, printable
from retro_gamer.runs.archive import append, flush_to_disk, write_atomically
from retro_gamer.runs.checkpoint_file import Checkpoint, read_npz, write_npz
from retro_gamer.runs.lock import Lock
from retro_gamer.runs.metrics import METRICS as METRICS
from retro_gamer.runs.metrics import copy_in_place, cut_log, cut_metrics, read_table, to_row, to_text, to_values
from retro_gamer.runs.plain_files import check_own_file, check_own_folder, has_another_name, read_whole

RESUME_VERSION = 2  # of resume states, which hold more and change more often than checkpoints
# That can be read: with boards by their cells, and with Adam's means instead of its sums.
OLDEST_RESUME_VERSION = 1
MAX_RESUME_BYTES = 16 * 2**30
MAX_RESUME_FACTS_BYTES = 2**23  # with a line for every game since the last checkpoint
_OTHER_CHECKPOINT = re.compile(r"round_\d+")  # made by adversarial training
_CHECKPOINT_NAME = re.compile(r"ep_(\d+)\.npz")
_ORIGINAL_NAME = re.compile(r"ep_(\d+)\.pt")
_LEFT_BEHIND = re.compile(
    r"\.((ep|round)_\d+\.npz|best\.npz|resume\.npz|metrics\.csv|training\.log|config\.toml"
    r"|adversarial\.json)\.\d+\.tmp"
)


class RunDirectory:
    """Knows the names and formats of a run's files; every write is all or nothing."""

    def __init__(self, path: str | Path, policy: str = ""):
        self.name = str(Path(path))  # as it was given, for messages
        self.path = Path(os.path.abspath(path))  # wherever a game goes with os.chdir
        self.config_path = self.path / "config.toml"
        # The folder itself, if there is only one policy.
        self.checkpoints_path = self.path / "checkpoints" / policy
        self.best_path = self.checkpoints_path / "best.npz"
        self.resume_path = self.path / "resume.npz"
        self.log_path = self.path / "training.log"
        self.metrics_path = self.path / "metrics.csv"
        self.adversarial_path = self.path / "adversarial.json"
        self.lock_path = self.path / ".lock"
        self._lock = Lock(self.lock_path, self.name)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"RunDirectory({self.name!r})"

    def of(self, policy: str) -> RunDirectory:
        """The same run, with the checkpoints of one of its policies."""
        run = RunDirectory(self.path, policy)
        run.name = self.name
        return run

    def load_config(self) -> RunConfig:
        """The settings; raises RunNotFoundError when this is not a run directory."""
        if not self.config_path.is_file():
            what = "has no config.toml" if self.path.is_dir() else "does not exist"
            raise RunNotFoundError(
                f"There is no run at {self}: the folder {what}. Make one with\n"
                f"  {command_line('create', '--game', 'GAME', '--output', self)}\n(The folder is {self.path}.)"
            )
        return RunConfig.load(self.config_path)

    def create(self, config_text: str) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.config_path, lambda file: file.write(config_text.encode("utf-8")))

    def locked(self) -> ContextManager[None]:
        """A context in which no other process may change the run; raises RunBusyError when one does already."""
        if not self.path.is_dir():
            self.load_config()  # says what is missing
        self.check_places()
        return self._lock.hold()

    def check_places(self) -> None:
        """Raise CheckpointError where a file of the run would be written, or removed, outside its own folder."""
        for path in (self.log_path, self.metrics_path, self.resume_path, self.adversarial_path, self.lock_path):
            check_own_file(path)
        check_own_folder(self.path / "checkpoints")
        if (self.path / "checkpoints").is_dir():
            for path in (self.path / "checkpoints").iterdir():
                if path.is_dir():
                    check_own_folder(path)
        if has_another_name(self.lock_path):
            raise CheckpointError(f"{self.lock_path} is also found elsewhere (a hard link). Remove it, then try again.")
        for path in (self.log_path, self.metrics_path):  # these are added to, and not written anew
            if has_another_name(path):
                copy_in_place(path)

    # Checkpoints

    def checkpoints(self) -> list[tuple[int, Path]]:
        """(episode, path) of every numbered checkpoint, in the order of their numbers."""
        return self._numbered(_CHECKPOINT_NAME)

    def original_checkpoints(self) -> list[tuple[int, Path]]:
        """The same of the checkpoints of the original retro-gamer, which `torch_import` makes ours."""
        return self._numbered(_ORIGINAL_NAME)

    def _numbered(self, pattern: Pattern[str]) -> list[tuple[int, Path]]:
        if not self.checkpoints_path.is_dir():
            return []
        with os.scandir(self.checkpoints_path) as entries:
            matches = [(pattern.fullmatch(entry.name), entry.name) for entry in entries if entry.is_file()]
        return sorted((int(match.group(1)), self.checkpoints_path / name) for match, name in matches if match)

    def find_checkpoint(self, name: str | None = None) -> Path:
        """The file of a checkpoint: "ep_0500", "ep_0500.npz", "500", "best", "round_003"; None for the newest
        (the best where there is no other).

        Raises RunNotFoundError, with what there is, when it is not there.
        """
        checkpoints = self.checkpoints()
        if name is None:
            if not checkpoints and self.best_path.is_file():
                return self.best_path
            if not checkpoints:
                self._no_checkpoints()
            return checkpoints[-1][1]
        name = str(name)
        stem = name[: -len(".npz")] if name.endswith(".npz") else name
        if stem == "best" and self.best_path.is_file():
            return self.best_path
        if _OTHER_CHECKPOINT.fullmatch(stem) and (self.checkpoints_path / f"{stem}.npz").is_file():
            return self.checkpoints_path / f"{stem}.npz"
        digits = stem[len("ep_") :] if stem.startswith("ep_") else stem
        for episode, path in checkpoints:
            if len(digits) < 20 and digits.isdecimal() and int(digits) == episode:
                return path
        if not checkpoints:
            self._no_checkpoints()
        names = [path.stem for _, path in checkpoints] + (["best"] if self.best_path.is_file() else [])
        shown = ", ".join(names if len(names) <= 12 else [*names[:5], "...", *names[-6:]])
        raise RunNotFoundError(f"There is no checkpoint {name!r} in {self.checkpoints_path}. There are: {shown}.")

    def _no_checkpoints(self) -> None:
        self.load_config()
        if self.original_checkpoints():
            raise RunNotFoundError(
                f"{self.checkpoints_path} holds checkpoints of the original retro-gamer (.pt), which "
                f"need torch there. Make them ours, without it:  {command_line('import-torch', self)}"
            )
        raise RunNotFoundError(f"The run {self} has no checkpoint yet. Train it first:  {command_line('train', self)}")

    def save_policy(self, path: Path, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        for folder in (self.path / "checkpoints", self.checkpoints_path):
            check_own_folder(folder)
            folder.mkdir(exist_ok=True)  # but not the run, should it have been moved away meanwhile
        write_npz(path, facts, arrays)

    def checkpoint_path(self, episode: int) -> Path:
        return self.checkpoints_path / f"ep_{episode:04d}.npz"

    def thin_checkpoints(self, keep: int, every: int, loose: Sequence[int] = (), needed: Iterable[str] = ()) -> None:
        """Keep the newest checkpoint, those `needed` by name and, of all that are not `loose`, at most `keep`, evenly
        spread; remove the others."""
        paths = dict(self.checkpoints())
        staying = evenly_spread(set(paths) - set(loose), keep, every) | {max(paths, default=0)}
        staying.update(number for number, path in paths.items() if path.stem in set(needed))
        for number in set(paths) - staying:
            with suppress(OSError):  # Windows removes no file that a game is reading: then the next time
                paths[number].unlink()

    # The resume state

    def save_resume(self, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        for path in (self.log_path, self.metrics_path):
            # Lines of games before this state are never written again, those of later games are.
            flush_to_disk(path)
        write_npz(self.resume_path, {"resume": RESUME_VERSION, **facts}, arrays)

    def load_resume(self) -> Checkpoint | None:
        """The saved training state, or None when there is none yet; raises CheckpointError when it cannot be used."""
        if not self.resume_path.is_file():
            return None
        try:
            state = read_npz(self.resume_path, MAX_RESUME_BYTES, MAX_RESUME_FACTS_BYTES)
        except CheckpointError as error:
            raise self.cannot_resume(f"{error}") from None
        version = state.facts.get("resume", 0)
        if version not in range(OLDEST_RESUME_VERSION, RESUME_VERSION + 1):
            newer = isinstance(version, int) and version > RESUME_VERSION
            raise self.cannot_resume(
                f"{self.resume_path} was written by {'a newer' if newer else 'an older'} version of the library: it has "
                f"version {version!r:.100}, and this library reads version {RESUME_VERSION}."
            )
        return state

    def cannot_resume(self, why: str) -> CheckpointError:
        """The error for a resume state that cannot be used, with what can be done."""
        return CheckpointError(
            f"{why}\nThe policies in {self.checkpoints_path} are not affected. To train on from the newest of them, with an "
            f"empty memory, delete {self.resume_path} and train again."
        )

    # Logs

    def log(self, line: str) -> None:
        append(self.log_path, printable(line) + "\n")

    def add_metrics(self, values: dict[str, Any]) -> None:
        """Append a row to metrics.csv; missing values stay empty."""
        new = not self.metrics_path.is_file() or not self.metrics_path.stat().st_size
        append(self.metrics_path, to_text([to_row(values)], head=new))

    def read_metrics(self) -> list[dict[str, Any]]:
        """The rows of metrics.csv; empty values are left out, and rows that cannot be read."""
        if not self.metrics_path.is_file():
            return []
        return [to_values(row) for row in read_table(read_whole(self.metrics_path)).rows]

    def forget_after(self, episode: int) -> list[str]:
        """Drop log lines and metrics of later games, which will be played again; and a last line cut short.

        A file that another program changed is kept under another name; returns what a person should be told.
        """
        notices = [*cut_metrics(self.metrics_path, episode), *cut_log(self.log_path, episode)]
        for number, path in self.checkpoints():
            if number > episode:
                path.unlink()
        return notices

    def files_to_clean(self) -> list[Path]:
        """All that training made: everything but config.toml and files of other kinds."""
        found = [path for policy in self._policies() for _, path in policy.checkpoints()]
        found += sorted(
            path for path in self.checkpoints_path.glob("*.npz") if _OTHER_CHECKPOINT.fullmatch(path.stem) and path.is_file()
        )
        found += [
            path
            for path in (self.best_path, self.resume_path, self.log_path, self.metrics_path, self.adversarial_path)
            if path.is_file()
        ]
        return found + self.left_behind()

    def policies_trained(self) -> list[str]:
        """The names of the policies that have checkpoints; "" is that of a run without teams, or of all teams."""
        folders = self._policies()
        names = ["", *(folder.checkpoints_path.name for folder in folders[1:])]
        return [name for name, folder in zip(names, folders) if folder.checkpoints()]

    def _policies(self) -> list[RunDirectory]:
        return [self, *(self.of(path.name) for path in sorted(self.checkpoints_path.glob("*")) if path.is_dir())]

    def left_behind(self) -> list[Path]:
        """Halves of files that a kill during a save left behind."""
        folders = [self.path, *(policy.checkpoints_path for policy in self._policies())]
        return [
            path
            for folder in folders
            for path in sorted(folder.glob(".*.tmp"))
            if _LEFT_BEHIND.fullmatch(path.name) and not path.is_dir()
        ]

    def tidy_up(self, episode: int) -> list[str]:
        """Remove what a kill left behind: halves of files, and all of the games after `episode`, the last that counts.

        Returns what a person should be told.
        """
        for path in self.left_behind():
            path.unlink()
        return self.forget_after(episode)


def evenly_spread(numbers: Iterable[int], keep: int, every: int) -> set[int]:
    """Which checkpoints stay, at most `keep` of them: the newest and, over the whole run, one for every `width` games.

    The width is `every` times a power of two, so that what stays of many, stays when it is chosen in several steps:
    it does not matter how often, and when, old ones are removed.
    """
    numbers = sorted(numbers)
    if not numbers:
        return set()
    width = float(every)
    while width > 1:
        width /= 2
    while numbers[-1] > keep * width:
        width *= 2
    return set({math.ceil(number / width): number for number in numbers}.values())  # the last of each stretch
