"""One sitting of training from the command line: progress, Ctrl-C, and what to do next."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

from retro_gamer.commands.what_next import what_next
from retro_gamer.errors import command_line
from retro_gamer.hosting.interrupts import raise_through
from retro_gamer.hosting.patience import telling_when_slow
from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.counting import Counting
from retro_gamer.reporting.dashboard import Dashboard
from retro_gamer.reporting.findings import describe
from retro_gamer.reporting.progress import ProgressLine, format_time
from retro_gamer.reporting.training_doctor import (
    examine_metrics,
    examine_play,
    is_worth_using,
    verdict,
    watch_greedy_games,
)
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation, evaluate, random_play
from retro_gamer.training.player import Player
from retro_gamer.training.trainer import Trainer

FINAL_GAMES = 30


def train_run(run: RunDirectory, episodes: Optional[int] = None, minutes: Optional[float] = None) -> int:
    """Train a run, show how it goes, and say how well it plays; returns the exit status."""
    trainer: Trainer
    line = Dashboard()
    with run.locked():
        with supervised(line.say), telling_when_slow("Getting ready, which takes a while", line.say):
            if run.load_config().teams:
                from retro_gamer.selfplay.trainer import SelfPlayTrainer

                trainer = SelfPlayTrainer(run)
            else:
                trainer = Trainer(run)
        line.remember(run.read_metrics())
        finished = _train(trainer, line, episodes, minutes)
    if not finished:
        return 0
    print(
        f"Trained {trainer.episode} games ({trainer.turns:,} turns) in {format_time(trainer.seconds)}.",
        flush=True,
    )
    _say_if_still_exploring(trainer)
    worth_using = True
    try:
        worth_using = _say_how_well(trainer)
    except KeyboardInterrupt:
        print()  # everything is saved: whoever does not want to wait for this may go
    print("\n" + what_next(run, trainer.config, trainer.is_complete(), worth_using))
    return 0


def _train(trainer: Trainer, line: ProgressLine, episodes: Optional[int], minutes: Optional[float]) -> bool:
    """Train and show how it goes; says whether it came to its end, and was not stopped or complete before."""
    run = trainer.run
    if trainer.resumed:
        print(f"Going on after game {trainer.episode} ({trainer.turns:,} turns).")
    if episodes is None and trainer.is_complete():
        print(
            f"This training is complete: {trainer.episode} games, {trainer.turns:,} turns. Train on with\n"
            f"  {command_line('train', run, '--episodes', 500)}\n"
            f"or raise training_turns or training_episodes in {run.config_path}."
        )
        return False
    if not trainer.resumed and run.original_checkpoints():
        print(
            "This starts afresh. To go on from the checkpoints of the original retro-gamer that are here, stop it and "
            f"run\n  {command_line('import-torch', run)}",
            flush=True,
        )
    with supervised(line.say), stop_on_signals(trainer.stop, line):
        try:
            trainer.train(episodes, minutes, on_episode=line.update, on_notice=line.say)
        finally:
            line.clear()
    if trainer.stopping:
        print(
            f"Stopped after game {trainer.episode} ({trainer.turns:,} turns) and saved. Go on with:\n"
            f"  {command_line('train', run)}"
        )
    return not trainer.stopping


@contextmanager
def stop_on_signals(stop: Callable[[], None], line: ProgressLine) -> Iterator[None]:
    """While inside, Ctrl-C, SIGTERM and the closing of the terminal call `stop`; a second Ctrl-C does not wait for it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    asked = False

    def handle(number: int, frame: Any) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            raise_through(KeyboardInterrupt())
        asked = True
        stop()
        _write_now(
            line.blank() + "Stopping after this game...\n"
            "(Ctrl-C again stops at once and loses the last seconds of training, up to 20.)\n"
        )

    numbers = [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
    ]
    numbers = [
        number for number in numbers if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGINT
    ]
    before = [signal.signal(number, handle) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)


def _write_now(text: str) -> None:
    """To stderr from a signal handler, where print may not be used: it may have been interrupted itself."""
    try:
        os.write(sys.stderr.fileno(), text.encode("ascii"))
    except (OSError, ValueError, AttributeError):  # there is no such file
        pass


def _say_if_still_exploring(trainer: Trainer) -> None:
    training = trainer.config.training
    if trainer.is_complete() and trainer.turns < training.epsilon_decay_turns:
        print(
            f"It ended after its {training.training_episodes:,} games while it still explored: {trainer.epsilon:.0%} of its "
            f"actions were random. These fall over {training.epsilon_decay_turns:,} turns; raise training_episodes in "
            f"{trainer.run.config_path} to get there, or lower epsilon_decay_turns."
        )


def _say_how_well(trainer: Trainer) -> bool:
    """Say how good it is beside random play, and what may be wrong when it is no better; whether it is worth using."""
    if trainer.config.teams:
        from retro_gamer.commands.evaluate_teams import evaluate_teams

        print(f"{trainer.describe_teams()}\n", flush=True)  # type: ignore[attr-defined]
        with supervised():
            text = evaluate_teams(trainer.run, None, FINAL_GAMES, seed=0, as_json=False)
        print(text)
        return True
    environment = trainer.evaluation_environment
    with supervised(), Counting("measuring game", 2 * FINAL_GAMES) as count:
        greedy = evaluate(environment, trainer.agent, FINAL_GAMES, seed=0, on_game=count)
        chance = random_play(environment, FINAL_GAMES, seed=0, on_game=lambda done: count(FINAL_GAMES + done))
    print(f"Over {FINAL_GAMES} games: {verdict(greedy, chance)}")
    if greedy.scores is not None and chance.scores is not None:
        name = trainer.config.metadata.score
        print(f"That is a {name} of {greedy.scores.mean():.1f} (random play: {chance.scores.mean():.1f}).")
    if is_worth_using(greedy, chance):
        return True
    _say_what_may_be_wrong(trainer, greedy, chance)
    return False


def _say_what_may_be_wrong(trainer: Trainer, greedy: Evaluation, chance: Evaluation) -> None:
    """The first thing that is wrong with the training, with its causes; `doctor` tells more."""
    config, run = trainer.config, trainer.run
    findings = examine_metrics(run.read_metrics(), config)
    if not findings:
        player = Player(trainer.evaluation_environment, trainer.agent, {}, "the newest", config)
        with supervised():
            findings = examine_play(watch_greedy_games(player, 5, config.training.gamma), greedy, chance)
    if findings:
        print("\n" + describe(findings[:1]))
    print(f"\nFind out more about what may be wrong:  {command_line('doctor', run)}")
