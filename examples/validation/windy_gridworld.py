"""Windy Gridworld (Sutton & Barto 2018, example 6.5): SARSA learns to let the wind carry it.

python examples/validation/windy_gridworld.py --runs 200
"""

from __future__ import annotations

import numpy as np
from gridworlds import (
    Clock,
    WindyGridworld,
    greedy_game,
    mean_and_interval,
    parse_arguments,
    print_table,
    write_csv,
)

from retro_gamer.agents import Sarsa
from retro_gamer.training import play_episode

EPSILON, LEARNING_RATE, TURNS = 0.1, 0.5, 8000  # the book's figure
COOLING_TURNS = 40000


def episodes_by_turn(seed: int, turns: int):
    """(number of games finished by each turn [turns], the agent): the book's figure, of one run."""
    environment = WindyGridworld()
    agent = Sarsa(n_actions=4, learning_rate=LEARNING_RATE, gamma=1.0, planning_steps=0, rng=np.random.default_rng(seed))
    finished, played = np.zeros(turns, int), 0
    while played < turns:
        played += play_episode(environment, agent, lambda: EPSILON).turns
        if played <= turns:
            finished[played - 1] = 1
    return finished.cumsum(), agent


def cool_down(agent: Sarsa, turns: int) -> None:
    """Train on while exploration and learning rate fall to 0, without which SARSA need not settle on the best way."""
    environment, played = WindyGridworld(), 0
    while played < turns:
        remaining = 1 - played / turns
        agent.learning_rate = LEARNING_RATE * remaining
        played += play_episode(environment, agent, lambda remaining=remaining: EPSILON * remaining).turns


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], runs=200, turns=TURNS)
    clock = Clock()
    runs = [episodes_by_turn(seed, options.turns) for seed in range(options.runs)]
    curves = np.array([curve for curve, _ in runs])
    greedy = np.array([greedy_game(WindyGridworld(), agent)[1] for _, agent in runs])
    for _, agent in runs:
        cool_down(agent, COOLING_TURNS)
    cooled = np.array([greedy_game(WindyGridworld(), agent)[1] for _, agent in runs])
    last = min(1000, options.turns // 4)
    lengths = last / (curves[:, -1] - curves[:, -1 - last])
    mean, half = mean_and_interval(lengths)
    total, total_half = mean_and_interval(curves[:, -1])
    print_table(
        ["", "book", "ours"],
        [
            [
                f"games finished in {options.turns} turns",
                "about 170 (one run)",
                f"{total:.0f} +- {total_half:.0f}",
            ],
            [
                f"turns a game at epsilon {EPSILON}, last {last} turns",
                "about 17",
                f"{mean:.1f} +- {half:.1f}",
            ],
            [
                "runs whose greedy game then has 15 turns, the shortest",
                "the one",
                f"{(greedy == 15).mean():.0%}",
            ],
            [
                f"the same after {COOLING_TURNS} turns in which epsilon and learning rate fall to 0",
                "-",
                f"{(cooled == 15).mean():.0%} (mean {cooled.mean():.2f} turns)",
            ],
        ],
    )
    print(f"{options.runs} runs, 95% intervals. {clock}.")
    mean_curve = curves.mean(axis=0)
    print(
        "  games finished by turn: "
        + "  ".join(f"{turn}: {mean_curve[turn - 1]:.0f}" for turn in range(1000, min(options.turns, 8000) + 1, 1000))
    )
    write_csv(options.csv, {"games_finished": mean_curve}, index="turn")


if __name__ == "__main__":
    main()
