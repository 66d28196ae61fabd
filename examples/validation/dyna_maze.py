"""The Dyna maze (Sutton & Barto 2018, example 8.1): thinking over what happened saves many games.

python examples/validation/dyna_maze.py --runs 30
"""

from __future__ import annotations

import numpy as np
from gridworlds import (
    Clock,
    DynaMaze,
    greedy_game,
    learn_online,
    mean_and_interval,
    parse_arguments,
    print_curve,
    print_table,
    say_difference,
    write_csv,
)

from retro_gamer.agents import QLearning

EPSILON, LEARNING_RATE, GAMMA, EPISODES = 0.1, 0.1, 0.95, 50  # the book's figure
PLANNING_STEPS = (0, 5, 50)
NEARLY_OPTIMAL = 20  # turns of a game at epsilon 0.1, of which the shortest way has 14


def run(planning_steps: int, runs: int, episodes: int):
    """(turns of each game [runs, episodes], turns of a greedy game at the end [runs])."""
    turns, greedy = [], []
    for seed in range(runs):
        _, lengths, agent = learn_online(
            lambda rng: QLearning(
                n_actions=4, learning_rate=LEARNING_RATE, gamma=GAMMA, planning_steps=planning_steps, rng=rng
            ),
            DynaMaze(),
            episodes,
            EPSILON,
            seed,
        )
        turns.append(lengths)
        greedy.append(greedy_game(DynaMaze(), agent)[1])
    return np.array(turns), np.array(greedy)


def first_good_game(turns: np.ndarray) -> np.ndarray:
    """The number of the first game of each run that needed at most NEARLY_OPTIMAL turns [runs]."""
    good = turns <= NEARLY_OPTIMAL
    return np.where(good.any(axis=1), good.argmax(axis=1) + 1, turns.shape[1] + 1)


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], runs=100, episodes=EPISODES)
    clock, rows, curves, first = Clock(), [], {}, {}
    book = {0: "about 25", 5: "about 5", 50: "about 3"}
    for planning_steps in PLANNING_STEPS:
        turns, greedy = run(planning_steps, options.runs, options.episodes)
        curves[f"n={planning_steps}"], first[planning_steps] = turns.mean(axis=0), first_good_game(turns)
        settled = next((i + 1 for i, mean in enumerate(turns.mean(axis=0)) if mean <= NEARLY_OPTIMAL), "never")
        mean, half = mean_and_interval(first[planning_steps])
        rows.append(
            [
                planning_steps,
                book[planning_steps],
                settled,
                f"{mean:.1f} +- {half:.1f}",
                f"{turns[:, 1].mean():.0f}",
                f"{(greedy == 14).mean():.0%}",
            ]
        )
    print_table(
        [
            "planning steps",
            "book: games to (near) optimum",
            f"ours: mean curve below {NEARLY_OPTIMAL} turns",
            "ours: first such game of a run",
            "turns of game 2",
            "greedy at 14 in the end",
        ],
        rows,
    )
    print(f"{options.runs} runs of {options.episodes} games, 95% intervals. {clock}.")
    print(say_difference("Games needed with 0 minus 5 planning steps", first[0], first[5]))
    print(say_difference("Games needed with 5 minus 50 planning steps", first[5], first[50]))
    for name, curve in curves.items():
        print_curve(name, curve, (1, 2, 3, 4, 5, 10, 20, 30, 40, 50))
    write_csv(options.csv, curves)


if __name__ == "__main__":
    main()
