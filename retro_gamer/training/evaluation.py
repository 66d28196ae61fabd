"""How well a policy plays: greedy games on seeds of their own, apart from training."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Callable, NamedTuple, Sequence

import numpy as np

from retro_gamer.agents.agent import Actor, Agent
from retro_gamer.environment.base import Environment
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.training.loop import Episode, play_episode

# Training's own evaluations draw their games from here on, far from the seeds that people name.
FIRST_TRAINING_EVALUATION_SEED = 2**31


class Evaluation(NamedTuple):
    """The results of a number of games."""

    returns: np.ndarray  # [games]
    turns: np.ndarray  # [games]
    scores: np.ndarray | None  # [games], where the game has a score apart from the reward

    def __repr__(self) -> str:
        low, high = bootstrap_interval(self.returns)
        return f"Evaluation({len(self.returns)} games, mean {self.mean:.2f}, 95% interval {low:.2f} to {high:.2f})"

    @classmethod
    def of(cls, parts: Sequence[Evaluation]) -> Evaluation:
        """The games of several evaluations in one."""
        scores = [part.scores for part in parts if part.scores is not None]
        return cls(
            np.concatenate([part.returns for part in parts]),
            np.concatenate([part.turns for part in parts]),
            np.concatenate(scores) if scores else None,
        )

    def first(self, games: int) -> Evaluation:
        """As if no more had been played."""
        scores = None if self.scores is None else self.scores[:games]
        return Evaluation(self.returns[:games], self.turns[:games], scores)

    @property
    def mean(self) -> float:
        return float(self.returns.mean())

    def _repr_html_(self) -> str:
        low, high = bootstrap_interval(self.returns)
        cells = [
            ("games", f"{len(self.returns)}"),
            ("mean reward", f"{self.mean:.2f} (95% interval {low:.2f} to {high:.2f})"),
            ("best, worst", f"{self.returns.max():.2f}, {self.returns.min():.2f}"),
            ("mean turns", f"{self.turns.mean():.1f}"),
        ]
        if self.scores is not None:
            cells.append(("mean score", f"{self.scores.mean():.2f}"))
        rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in cells)
        return f"<table>{rows}</table>"

    def summary(self) -> dict[str, Any]:
        """Mean, 95% interval, median, best and worst return, and the mean number of turns."""
        low, high = bootstrap_interval(self.returns)
        result = {
            "games": len(self.returns),
            "mean": self.mean,
            "ci95": [low, high],
            "median": float(np.median(self.returns)),
            "best": float(self.returns.max()),
            "worst": float(self.returns.min()),
            "mean_turns": float(self.turns.mean()),
        }
        if self.scores is not None:
            result["mean_score"] = float(self.scores.mean())
            result["score_ci95"] = list(bootstrap_interval(self.scores))
        return result


class EvaluationStopped(Exception):
    """An evaluation was stopped before its end."""


def evaluate(
    environment: Environment,
    agent: Actor,
    games: int,
    seed: int,
    stopping: Callable[[], bool] = lambda: False,
    on_game: Callable[[int], None] = lambda done: None,
    on_turn: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Play `games` games with seeds seed, seed + 1, ... and learn nothing from them; an agent plays as it is saved.

    `stopping()` is asked before each turn; once it is true, EvaluationStopped is raised. `on_game(done)` is called after
    each game, `on_turn()` before each turn.
    """

    def epsilon_of_turn() -> float:
        if stopping():
            raise EvaluationStopped
        on_turn()
        return 0.0

    episodes = []
    with OwnRandomness(), agent.as_saved() if isinstance(agent, Agent) else nullcontext():
        for i in range(games):
            episodes.append(play_episode(environment, agent, epsilon_of_turn, learn=False, seed=seed + i))
            on_game(i + 1)
    return _collect(episodes)


class RandomAgent(Agent):
    """Presses any key, or none."""

    def __init__(self, n_actions: int, seed: int):
        self.n_actions, self.rng = n_actions, np.random.default_rng(seed)

    def act(self, observation: Any, epsilon: float) -> int:
        return int(self.rng.integers(self.n_actions))


def random_play(environment: Environment, games: int, seed: int) -> Evaluation:
    """The same games, played by pressing keys at random."""
    return evaluate(environment, RandomAgent(len(environment.actions), seed), games, seed)


def _collect(episodes: list[Episode]) -> Evaluation:
    scores = [episode.score for episode in episodes if episode.score is not None]
    return Evaluation(
        np.array([episode.episode_return for episode in episodes]),
        np.array([episode.turns for episode in episodes]),
        np.array(scores) if scores else None,
    )


def bootstrap_interval(values: np.ndarray, resamples: int = 2000) -> tuple[float, float]:
    """The 95% interval of the mean: how far it would move if other games had been drawn (Efron 1979)."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (resamples, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
