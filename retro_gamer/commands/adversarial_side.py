"""What `adversarial` runs in a process of its own, for one of its two sides: there a game is imported anew."""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import retro_gamer
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.hosting.supervision import supervised
from retro_gamer.policy.trained_policy import TrainedPolicy
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import random_play

SECONDS_FOR_A_GAME = 20.0  # that a training may finish when its parent has ended
NOT_PLAYED_AGAINST = 3  # an exit status

TRAIN = """
import sys
from retro_gamer.commands import train
from retro_gamer.commands.adversarial_side import end_with_parent
from retro_gamer.cli import main
train.FINAL_GAMES = 0  # nobody reads how well it plays now: that is in the table of all rounds
end_with_parent()
sys.exit(main(sys.argv[1:]))
"""
CHECK = """
import sys
from retro_gamer.commands.adversarial_side import NOT_PLAYED_AGAINST, end_with_parent, plays_against
end_with_parent()
sys.exit(0 if plays_against(*sys.argv[1:]) else NOT_PLAYED_AGAINST)
"""


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
