"""Maximisation bias (Sutton & Barto 2018, example 6.7): Q-learning is taken in by luck, Double Q-learning is not.

python examples/validation/maximization_bias.py --runs 10000
"""

from __future__ import annotations

import numpy as np
from gridworlds import (
    Clock,
    MaximizationBias,
    mean_and_interval,
    parse_arguments,
    print_curve,
    print_table,
    say_difference,
    write_csv,
)

from retro_gamer.agents import DoubleQLearning, ExpectedSarsa, QLearning
from retro_gamer.training import play_episode

EPSILON, LEARNING_RATE, GAMMA, EPISODES = 0.1, 0.1, 1.0, 300  # the book's figure


class TwoActionsInA:
    """Lets an agent choose between the two actions that A has: the others are never offered there."""

    def _choose(self, state, epsilon):
        if state != "A":
            return super()._choose(state, epsilon)
        left, right = self._row_to_follow("A")[:2]
        if self._draws.next() < epsilon or left == right:
            return self._draws.below(2)
        return int(right > left)


class BiasedQ(TwoActionsInA, QLearning):
    pass


class UnbiasedQ(TwoActionsInA, DoubleQLearning):
    pass


class AveragingSarsa(TwoActionsInA, ExpectedSarsa):
    pass


AGENTS = {"Q-learning": BiasedQ, "Double Q-learning": UnbiasedQ, "Expected SARSA": AveragingSarsa}


def lefts(agent_class, runs: int, episodes: int) -> np.ndarray:
    """Whether each game of each run began with the mistake, left [runs, episodes]."""
    went_left = np.zeros((runs, episodes), bool)
    for run in range(runs):
        rng = np.random.default_rng(run)
        environment = MaximizationBias(rng)
        agent = agent_class(
            n_actions=len(environment.actions),
            learning_rate=LEARNING_RATE,
            gamma=GAMMA,
            planning_steps=0,
            rng=rng,
        )
        for episode in range(episodes):
            play_episode(environment, agent, lambda: EPSILON)
            went_left[run, episode] = environment.went_left
    return went_left


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], runs=2000, episodes=EPISODES)
    clock = Clock()
    found = {name: lefts(agent_class, options.runs, options.episodes) for name, agent_class in AGENTS.items()}
    late = {name: 100 * games[:, -50:].mean(axis=1) for name, games in found.items()}
    curves = {name: 100 * games.mean(axis=0) for name, games in found.items()}
    book = {
        "Q-learning": ("above 75", "about 10"),
        "Double Q-learning": ("50, at the start", "nearly 5"),
        "Expected SARSA": ("-", "-"),
    }
    rows = []
    for name in AGENTS:
        mean, half = mean_and_interval(late[name])
        rows.append([name, book[name][0], f"{curves[name].max():.1f}", book[name][1], f"{mean:.1f} +- {half:.1f}"])
    print_table(["% left from A", "book: most", "ours: most", f"book: game {EPISODES}", "ours: last 50 games"], rows)
    print(f"{options.runs} runs, 95% intervals; 5% is the least possible at epsilon {EPSILON}. {clock}.")
    half_way = {name: 100 * games[:, 20:100].mean(axis=1) for name, games in found.items()}
    print(
        say_difference(
            "Q-learning minus Double Q-learning, games 21 to 100",
            half_way["Q-learning"],
            half_way["Double Q-learning"],
        )
    )
    print(say_difference("Q-learning minus Double Q-learning, last 50 games", late["Q-learning"], late["Double Q-learning"]))
    for name, curve in curves.items():
        print_curve(name, curve, (1, 5, 10, 25, 50, 100, 150, 200, 300))
    write_csv(options.csv, curves)


if __name__ == "__main__":
    main()
