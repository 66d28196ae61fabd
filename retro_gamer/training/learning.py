"""What the trainer knows of that which learns, one agent or the policies of teams; and the schedules that it follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict

import numpy as np

from retro_gamer.agents import Agent
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import TrainingSettings
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation
from retro_gamer.training.limits import Limits
from retro_gamer.training.loop import Episode
from retro_gamer.training.resumable import Progress

# How a policy is saved: the run (of its team), the file, facts and arrays.
SavePolicy = Callable[[RunDirectory, Path, Dict[str, Any], Dict[str, np.ndarray]], None]


class Learning:
    """What is learned in a training. It is made from a run's files, and goes on from where they were left.

    All that changes while it learns is in `progress`, in the arrays of `remember`, or follows from these.
    """

    config: RunConfig
    progress: Progress
    rng: np.random.Generator

    @property
    def evaluation(self) -> Evaluation | None:
        """The newest greedy evaluation; None where ratings take its place."""
        return None

    @property
    def agent(self) -> Agent:
        """Who learns now."""
        raise NotImplementedError

    @property
    def epsilon(self) -> float:
        """The share of random actions at this point."""
        raise NotImplementedError

    def play(self, limits: Limits) -> Episode:
        """Play the next game, and learn from it."""
        raise NotImplementedError

    def between_games(self, last: bool, limits: Limits, save: SavePolicy) -> None:
        """What is due after a game, `last` or not; raises EvaluationStopped when the limits leave no time for it."""

    def checkpoint_is_due(self, last: bool) -> bool:
        raise NotImplementedError

    def save_policy(self, save: SavePolicy) -> None:
        """Save a checkpoint of the policy that learns now."""
        raise NotImplementedError

    def after_checkpoint(self) -> None:
        """A checkpoint that was due has been saved."""

    def remember(self) -> dict[str, np.ndarray]:
        """Bring `progress` up to date; returns the arrays to save beside it."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """What the resume state says of the policies, besides `progress`."""
        raise NotImplementedError

    def runs(self) -> list[RunDirectory]:
        """The folders of checkpoints, one for each policy."""
        raise NotImplementedError

    def remove_old_checkpoints(self) -> None:
        raise NotImplementedError

    def notices(self) -> list[str]:
        """What a person should be told now."""
        return []

    def standing(self) -> str:
        """Who learns, and how it goes, if that is more than the progress line shows."""
        return ""

    def columns(self) -> dict[str, Any]:
        """More values for a row of metrics.csv."""
        return {}

    def details(self) -> str:
        """More words for a line of training.log."""
        return ""


def linear(turn: int, start: float, end: float, turns: int) -> float:
    """From start to end in equal steps over a number of turns, then end."""
    return end + (start - end) * max(0.0, 1.0 - turn / turns)


def exponential_epsilon(episode: int, start: float, end: float, decay: float) -> float:
    """start * decay^episode, but never below end."""
    return max(end, start * decay**episode)


def epsilon_at(training: TrainingSettings, turn: int, episode: int) -> float:
    """The exploration rate after this many turns and games, as configured."""
    if training.epsilon_decay_turns:
        return linear(turn, training.epsilon, training.epsilon_min, training.epsilon_decay_turns)
    return exponential_epsilon(episode, training.epsilon, training.epsilon_min, training.epsilon_decay)


def learning_rate_at(training: TrainingSettings, turn: int, episode: int) -> float:
    """The learning rate after this many turns and games, as configured."""
    rate = training.learning_rate
    if training.training_turns and 0 < training.learning_rate_min < rate:
        rate = linear(turn, rate, training.learning_rate_min, training.training_turns)
    return rate * training.learning_rate_decay**episode
