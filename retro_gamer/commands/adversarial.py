"""Two runs that train against each other in turn: in the games of each the other's policy is a character."""

from __future__ import annotations

import _thread
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

import retro_gamer
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, RetroGamerError, command_line
from retro_gamer.hosting.interrupts import handled
from retro_gamer.hosting.patience import telling_when_slow
from retro_gamer.hosting.signs import shown_by, silently
from retro_gamer.hosting.supervision import supervised
from retro_gamer.policy.trained_policy import TrainedPolicy, pin_checkpoint
from retro_gamer.reporting.progress import Counting
from retro_gamer.runs.archive import write_atomically
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.plain_files import read_whole
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.evaluation import evaluate, random_play
from retro_gamer.training.player import load_player

SECONDS_FOR_A_GAME = 20.0  # that a training may finish when its parent has ended
NOT_PLAYED_AGAINST = 3  # an exit status

TRAIN = """
import sys
from retro_gamer.commands import train
from retro_gamer.commands.adversarial import end_with_parent
from retro_gamer.cli import main
train.FINAL_GAMES = 0  # nobody reads how well it plays now: that is in the table of all rounds
end_with_parent()
sys.exit(main(sys.argv[1:]))
"""
CHECK = """
import sys
from retro_gamer.commands.adversarial import NOT_PLAYED_AGAINST, end_with_parent, plays_against
end_with_parent()
sys.exit(0 if plays_against(*sys.argv[1:]) else NOT_PLAYED_AGAINST)
"""


class Alternation:
    """Rounds of training: first one run, then the other, each turn in a process of its own.

    A new process imports the game anew, and with it the newest policy of the other side. After each turn the policy is
    kept as checkpoints/round_001.npz and so on: what is there says where to go on after a stop.
    """

    def __init__(self, first: RunDirectory, second: RunDirectory, episodes: int, quiet: bool = False):
        self.runs, self.episodes, self.quiet = (first, second), episodes, quiet
        if first.path.resolve() == second.path.resolve():
            raise ConfigError(f"{first} and {second} are one run. Two runs train against each other: make another one.")
        for run in self.runs:
            if run.load_config().teams:
                raise ConfigError(
                    f"{run} is a self-play run: its teams train against each other already, with\n"
                    f"  {command_line('train', run)}"
                )
        self._child: subprocess.Popen[Any] | None = None
        self.stopping = False

    def play_rounds(self, rounds: int) -> bool:
        """Train until there have been so many rounds; returns whether they are complete, and not stopped before."""
        with handled(("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"), self._stop):
            if not any(round_path(run, 1).is_file() for run in self.runs):
                with nullcontext() if self.quiet else telling_when_slow("Trying out both games"):
                    self._say_if_unrelated()
            for number in range(1, rounds + 1):
                for run in self.runs:
                    if not self._train(run, number):
                        return False
        return True

    def _say_if_unrelated(self) -> None:
        first, second = self.runs
        for run, other in ((first, second), (second, first)):
            if self._run_child(CHECK, str(run), str(other), quiet=True) != NOT_PLAYED_AGAINST:
                return  # it does, or its training will say what is wrong
        print(
            f"In a trial game of {first} no policy of {second} was loaded, and in one of {second} none of {first}: they "
            "will train side by side, and not against each other. In each game, let a character ask the other's policy:\n"
            f'  ai = TrainedPolicy({str(second)!r}, if_missing="random")',
            flush=True,
        )

    def _train(self, run: RunDirectory, number: int) -> bool:
        """What is left of a run's turn in a round; returns whether it is complete."""
        run.check_places()
        kept = round_path(run, number)
        if kept.is_file():
            return True
        before = round_path(run, number - 1)
        if number == 1 and not before.is_file() and run.checkpoints() and not run.adversarial_path.is_file():
            _keep(run, before)  # it had been trained before the first round
        start = read_policy(run, before.stem)[1].facts["episode"] if before.is_file() else 0
        self._mark_begun(run)
        left = start + self.episodes - _episode(run)
        if left > 0 and not self.stopping:
            if not self.quiet:  # and no silence while the new process begins
                print(f"Round {number}: {run} trains for {left} games.", flush=True)
            self._run_training(run, left)
        if self.stopping or _episode(run) < start + self.episodes:
            return False
        _keep(run, kept)
        print(f"Round {number}: {run} has played {_episode(run)} games.", flush=True)
        return True

    def _mark_begun(self, run: RunDirectory) -> None:
        if not run.adversarial_path.is_file():
            other = self.runs[1] if run is self.runs[0] else self.runs[0]
            text = json.dumps({"opponent": str(other.path)})
            write_atomically(run.adversarial_path, lambda file: file.write(text.encode("utf-8")))

    def _run_training(self, run: RunDirectory, episodes: int) -> None:
        arguments = ["train", str(run), "--episodes", str(episodes), *["--quiet"] * self.quiet]
        status = self._run_child(TRAIN, *arguments)
        if status == 2 and not self.stopping:
            raise ConfigError(f"The training of {run} cannot go on; why stands above. Earlier rounds are saved.")
        if status and not self.stopping:
            raise RetroGamerError(
                f"The training of {run} ended with exit status {status}; what it said stands above. "
                "Earlier rounds are saved: the same command goes on from there."
            )

    def _run_child(self, code: str, *arguments: str, quiet: bool = False) -> int:
        """Returns the exit status. However this process ends, the other learns of it by a pipe."""
        self._child = subprocess.Popen(
            command_of(code, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if quiet else None,
            start_new_session=os.name == "posix",  # so that Ctrl-C reaches it once, from here
        )
        if self.stopping:  # asked for while the child was started
            self._stop_child()
        with shown_by(silently) if not quiet else nullcontext():  # it shows signs of life itself
            status = self._child.wait()
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child = None
        return status

    def _stop(self, number: int, frame: Any) -> None:
        self.stopping = True
        self._stop_child()

    def _stop_child(self) -> None:
        if self._child is not None and os.name == "posix":  # elsewhere the terminal sends Ctrl-C to both
            with suppress(ProcessLookupError):  # it has just ended
                self._child.send_signal(signal.SIGINT)


def round_path(run: RunDirectory, number: int) -> Path:
    """The policy that a run had at the end of a round; 0 is before the first."""
    return run.checkpoints_path / f"round_{number:03d}.npz"


def _keep(run: RunDirectory, path: Path) -> None:
    newest = read_whole(run.find_checkpoint())
    write_atomically(path, lambda file: file.write(newest))


def _episode(run: RunDirectory) -> int:
    """How many games a run has been trained for: as many as it goes on from."""
    resume = run.load_resume()
    if resume is not None:
        episode = resume.facts.get("episode")
        return episode if isinstance(episode, int) else 0  # damaged: the training will say so
    checkpoints = run.checkpoints()
    return checkpoints[-1][0] if checkpoints else 0


class CrossTable:
    """The mean reward of every round of one run against every round of the other, in the first run's game."""

    def __init__(self, first: RunDirectory, second: RunDirectory, games: int, seed: int, quiet: bool = False):
        self.first, self.second, self.games = first, second, games
        self.rows = [path.stem for path in sorted(first.checkpoints_path.glob("round_*.npz"))]
        self.columns = [path.stem for path in sorted(second.checkpoints_path.glob("round_*.npz"))]
        players = [load_player(first, name) for name in self.rows]
        self.rewards = np.zeros((len(self.rows), len(self.columns)))
        with Counting("measuring game", games * self.rewards.size, quiet=quiet) as count:
            for j, column in enumerate(self.columns):
                with pin_checkpoint(second.path, column):
                    for i, player in enumerate(players):
                        result = evaluate(player.environment, player.agent, games, seed, on_game=count, on_turn=count.turn)
                        self.rewards[i, j] = result.mean
                        count.next_part()

    def to_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "columns": self.columns, "rewards": self.rewards.tolist(), "games": self.games}

    def __str__(self) -> str:
        lines: list[str] = [
            f"Mean reward of {self.first} over {self.games} games, after each of its rounds (down), against "
            f"{self.second} after each of its own (across):",
            "",
            f"{'':10}" + "".join(f"{name.replace('round_', ''):>9}" for name in self.columns),
        ]
        lines += [f"{name:10}" + "".join(f"{reward:9.2f}" for reward in row) for name, row in zip(self.rows, self.rewards)]
        return "\n".join(lines)


# In the child process, in which one of the two sides is trained: there a game is imported anew.


def command_of(code: str, *arguments: str) -> list[str]:
    """A child process that runs this code, from wherever the library is. Its standard input is a pipe from its parent."""
    package = str(Path(retro_gamer.__file__).resolve().parent.parent)
    return [sys.executable, "-c", f"import sys; sys.path.insert(1, {package!r})\n{code}", *arguments]


def end_with_parent() -> None:
    """Stop as Ctrl-C does when the pipe from the parent closes, which it does however the parent ends."""
    with suppress(RuntimeError):  # no thread can be started
        threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    with suppress(OSError):
        while os.read(0, 1):
            pass
    for _ in range(2):  # the second one does not wait for the game
        _thread.interrupt_main()
        time.sleep(SECONDS_FOR_A_GAME)
    os._exit(1)  # a game that does not come back


def plays_against(run: str, other: str) -> bool:
    """Whether a game of one run loads the policy of the other: to be asked in a new process."""
    directory, loaded = RunDirectory(run), _note_what_is_loaded()
    config = directory.load_config()
    with supervised(lambda text: None):
        environment = make_environment(config, Vocabulary(config.metadata.character_set, grows=True))
        random_play(environment, 1, seed=0)
    return RunDirectory(other).path.resolve() in loaded


def _note_what_is_loaded() -> set[Path]:
    loaded: set[Path] = set()
    load = TrainedPolicy._load

    def load_and_note(policy: TrainedPolicy) -> None:
        loaded.add(policy._run.path.resolve())
        load(policy)

    setattr(TrainedPolicy, "_load", load_and_note)  # noqa: B010
    return loaded
