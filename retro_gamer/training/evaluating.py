"""Evaluating while training: greedy games at regular intervals, and the best policy kept."""

from __future__ import annotations

import numpy as np

from retro_gamer.agents import Agent
from retro_gamer.config.settings import TrainingSettings
from retro_gamer.environment.base import Environment
from retro_gamer.training.evaluation import FIRST_TRAINING_EVALUATION_SEED, Evaluation, evaluate
from retro_gamer.training.limits import Limits
from retro_gamer.training.resumable import EvaluatedProgress


class GreedyEvaluations:
    """Greedy games on fixed seeds of their own."""

    def __init__(self, environment: Environment, settings: TrainingSettings, progress: EvaluatedProgress):
        self._environment, self._settings, self._progress = environment, settings, progress
        self.newest: Evaluation | None = None

    def is_due(self, last: bool) -> bool:
        """Whether one is due after a game; `last` is the last of the training."""
        return bool(self._settings.evaluate_every) and (last or self._progress.turns >= self._progress.next_evaluation)

    def make(self, agent: Agent, limits: Limits) -> bool:
        """Play the games; returns whether the agent is the best so far. After EvaluationStopped all is as before."""
        every, games, progress = (self._settings.evaluate_every, self._settings.evaluation_games, self._progress)

        def count(done: int) -> None:
            limits.pulse.next_game(f"measuring greedy game {done + 1} of {games}")

        limits.pulse.begin(f"measuring greedy game 1 of {games}")
        self.newest = evaluate(
            self._environment,
            agent,
            games,
            FIRST_TRAINING_EVALUATION_SEED,
            stopping=limits.no_time_to_measure,
            on_game=count,
            on_turn=limits.pulse.turn,
        )
        if progress.turns >= progress.next_evaluation:
            progress.next_evaluation = progress.turns - progress.turns % every + every
        progress.evaluated_return = self.newest.mean
        if progress.best_return is not None and self.newest.mean <= progress.best_return:
            return False
        progress.best_return = self.newest.mean
        return True

    def get_state(self) -> dict[str, np.ndarray]:
        """The newest one, for resume.npz: `evaluation_returns` and so on, each [games]; nothing when there is none."""
        if self.newest is None:
            return {}
        arrays = {"evaluation_returns": self.newest.returns, "evaluation_turns": self.newest.turns}
        if self.newest.scores is not None:
            arrays["evaluation_scores"] = self.newest.scores
        return arrays

    def set_state(self, arrays: dict[str, np.ndarray]) -> None:
        if "evaluation_returns" in arrays:
            returns, turns = arrays["evaluation_returns"], arrays["evaluation_turns"]
            self.newest = Evaluation(returns, turns, arrays.get("evaluation_scores"))
