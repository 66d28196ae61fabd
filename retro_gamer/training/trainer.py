"""Trains in a run directory: plays game after game, evaluates, saves, stops and goes on."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import Any, Callable, NamedTuple

from retro_gamer.agents import Agent
from retro_gamer.errors import RetroGamerError, TrainingDivergedError
from retro_gamer.hosting.randomness import OwnRandomness, as_everybody
from retro_gamer.nn import threads
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.checkpoints import Checkpoints
from retro_gamer.training.evaluation import Evaluation, EvaluationStopped
from retro_gamer.training.learning import Learning
from retro_gamer.training.limits import NEVER, Limits
from retro_gamer.training.loop import Episode
from retro_gamer.training.single_agent import SingleAgent

SECONDS_BETWEEN_RESUME_STATES = 20.0


class Status(NamedTuple):
    episode: int
    turns: int
    goal_episodes: int
    goal_turns: int  # 0: no such goal
    last: Episode
    epsilon: float
    evaluation: Evaluation | None  # the newest
    standing: str = ""  # in self-play: who learns, and how the ratings are
    deadline: float = NEVER  # of time.monotonic: when the minutes are over


class TrainingLoop:
    """One training run, game after game. What is learned in them is `learning`, and how far it has come is `progress`.

    `stop()` may be called at any time, from a signal handler too: the game being played is finished, everything
    is saved, and `train` returns. Making one changes no file; where other processes may train
    in the same folder does so inside `run.locked()`.
    """

    def __init__(self, run: RunDirectory, factory: Callable[[], Any] | None = None):
        self.run, self.limits, self.randomness = run, Limits(), OwnRandomness()
        with self.randomness:
            self._learning = self._make(run, factory)
        self.config, self.progress = self._learning.config, self._learning.progress
        self.checkpoints = Checkpoints(run, self._learning)

    def _make(self, run: RunDirectory, factory: Callable[[], Any] | None) -> Learning:
        """What is learned; `factory` makes a new game, instead of the one that the run names."""
        raise NotImplementedError

    def stop(self) -> None:
        self.limits.stopping = True

    def is_complete(self) -> bool:
        """Whether the configured number of games or turns has been reached, and all is saved."""
        training = self.config.training
        return self._has_reached(training.training_episodes, training.training_turns) and not (
            self.progress.since_checkpoint and self._learning.checkpoint_is_due(last=True)
        )

    def _has_reached(self, episodes: int, turns: int) -> bool:
        return self.episode >= episodes or 0 < turns <= self.turns

    def train(
        self,
        episodes: int | None = None,
        minutes: float | None = None,
        on_episode: Callable[[Status], None] = lambda status: None,
        on_checkpoint: Callable[[dict[str, Any]], None] = lambda row: None,
        on_notice: Callable[[str], None] = lambda text: None,
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Train to the configured goal; or, whatever that is, for `episodes` more games, or for `minutes`.

        With both, whichever comes first ends it. After training_turns the learning rate stays where it fell to.

        `on_wait` is told a few times a second what goes on within a game that lasts longer than a second.
        A game that goes on after the last minute is cut short there, as it is at max_turns_per_episode.

        Raises RunBusyError when another process is at it.
        """
        training = self.config.training
        goal, goal_turns = training.training_episodes, training.training_turns
        if episodes is not None or minutes is not None:
            goal, goal_turns = self.episode + episodes if episodes is not None else sys.maxsize, 0
        on_episode, on_checkpoint = as_everybody(on_episode), as_everybody(on_checkpoint)
        on_notice, on_wait = as_everybody(on_notice), as_everybody(on_wait)
        self.limits.begin(minutes if minutes is not None else NEVER, on_wait)
        with self.run.locked(), self.randomness:
            self._begin(on_notice)
            with suppress(EvaluationStopped):
                if self.progress.since_checkpoint:  # a stop may have left something to do
                    self._finish_game(self._has_reached(goal, goal_turns), on_checkpoint)
                self.limits.count()
                while not self._has_reached(goal, goal_turns) and not self.limits.are_reached():
                    episode = self._next_game()
                    for notice in self._notices():
                        on_notice(notice)
                    on_episode(self._status(goal, goal_turns, episode))
                    self._finish_game(self._has_reached(goal, goal_turns), on_checkpoint)
            self.checkpoints.save_in_between()

    def _begin(self, on_notice: Callable[[str], None]) -> None:
        """Sweep up what a kill left behind, and see that there is something to resume from."""
        self._began = time.monotonic()
        self.checkpoints.saver.tell = on_notice
        if threads.NOTICE:
            on_notice(threads.NOTICE)
        for run in self._learning.runs():
            for notice in run.tidy_up(self.episode):
                on_notice(notice)
        self.checkpoints.begin()

    def _next_game(self) -> Episode:
        progress, started = self.progress, time.perf_counter()
        self.limits.pulse.begin(f"game {progress.episode + 1}")
        try:
            episode = self._play_game()
        except TrainingDivergedError:
            raise  # and save nothing of it
        except RetroGamerError as error:
            self.checkpoints.save_in_between()
            raise type(error)(
                f"{error}\n(Game {progress.episode + 1} of the training. What was learned before is saved.)"
            ) from error
        progress.episode += 1
        progress.turns += episode.turns
        progress.seconds += time.perf_counter() - started
        progress.since_checkpoint.append(episode)
        return episode

    def _play_game(self) -> Episode:
        return self._learning.play(self.limits)

    def _finish_game(self, last: bool, on_checkpoint: Callable[[dict[str, Any]], None]) -> None:
        """Evaluate and save what is due after a game; a stop puts it off until the training goes on."""
        checkpoints, started = self.checkpoints, time.perf_counter()
        try:
            self._learning.between_games(last, self.limits, checkpoints.saver.save_policy)
        except RetroGamerError as error:
            checkpoints.save_in_between()
            raise type(error)(
                f"{error}\n(In a greedy evaluation after game {self.episode} of the training. What was "
                "learned before is saved.)"
            ) from error
        self.progress.seconds += time.perf_counter() - started
        if self._learning.checkpoint_is_due(last):
            on_checkpoint(checkpoints.save(SECONDS_BETWEEN_RESUME_STATES))
        elif time.monotonic() - max(self._began, checkpoints.state_saved) >= SECONDS_BETWEEN_RESUME_STATES:
            checkpoints.save_state()
        checkpoints.saver.retry()

    def _notices(self) -> list[str]:
        told = self._learning.notices()
        if self.limits.was_cut:
            told.append(
                f"The time was up in the middle of game {self.episode}: it was cut short after "
                f"{self.progress.since_checkpoint[-1].turns} turns, as games are at max_turns_per_episode."
            )
        return told

    def _status(self, goal: int, goal_turns: int, last: Episode) -> Status:
        return Status(
            self.episode,
            self.turns,
            goal,
            goal_turns,
            last,
            self.epsilon,
            self.evaluation,
            self._learning.standing(),
            self.limits.deadline,
        )

    # Where it stands

    @property
    def stopping(self) -> bool:
        """Whether someone asked for a stop. A loop that was stopped is set going again by setting it to False."""
        return self.limits.stopping

    @stopping.setter
    def stopping(self, value: bool) -> None:
        self.limits.stopping = value

    @property
    def episode(self) -> int:
        return self.progress.episode

    @property
    def turns(self) -> int:
        return self.progress.turns

    @property
    def seconds(self) -> float:
        return self.progress.seconds

    @property
    def resumed(self) -> bool:
        return self.episode > 0

    @property
    def epsilon(self) -> float:
        return self._learning.epsilon

    @property
    def agent(self) -> Agent:
        return self._learning.agent

    @property
    def evaluation(self) -> Evaluation | None:
        return self._learning.evaluation


class Trainer(TrainingLoop):
    def _make(self, run: RunDirectory, factory: Callable[[], Any] | None) -> SingleAgent:
        self.learning = SingleAgent(run, factory)
        self.rng, self.vocabulary = self.learning.rng, self.learning.vocabulary
        self.environment = self.learning.environment
        self.evaluation_environment = self.learning.evaluation_environment
        return self.learning

    @property
    def best_return(self) -> float | None:
        """The mean return of the best greedy evaluation so far."""
        return self.learning.progress.best_return
