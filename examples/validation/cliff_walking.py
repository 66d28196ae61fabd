"""Cliff Walking (Sutton & Barto 2018, example 6.6): Q-learning finds the best way, SARSA the safe one.

python examples/validation/cliff_walking.py --runs 100
"""

from __future__ import annotations

from functools import partial

import numpy as np
from gridworlds import (
    CliffWalking,
    Clock,
    greedy_game,
    learn_online,
    mean_and_interval,
    parse_arguments,
    print_curve,
    print_table,
    say_difference,
    write_csv,
)

from retro_gamer.agents import ExpectedSarsa, QLearning, Sarsa

EPSILON, LEARNING_RATE, GAMMA = 0.1, 0.5, 1.0  # the book's figure
AGENTS = {"Q-learning": QLearning, "SARSA": Sarsa, "Expected SARSA": ExpectedSarsa}
PUBLISHED = {
    "Q-learning": ("about -50", "-13"),
    "SARSA": ("about -25", "-17, the safe way"),
    "Expected SARSA": ("above SARSA (fig. 6.3)", "-15 or -17"),
}


def run(agent_class, runs: int, episodes: int, learning_rate: float = LEARNING_RATE):
    """(returns [runs, episodes] while learning, greedy returns [runs] afterwards)."""
    returns, greedy = [], []
    for seed in range(runs):
        make = partial(make_agent, agent_class, learning_rate)
        online, _, agent = learn_online(make, CliffWalking(), episodes, EPSILON, seed)
        returns.append(online)
        greedy.append(greedy_game(CliffWalking(), agent)[0])
    return np.array(returns), np.array(greedy)


def make_agent(agent_class, learning_rate: float, rng: np.random.Generator):
    return agent_class(n_actions=4, learning_rate=learning_rate, gamma=GAMMA, planning_steps=0, rng=rng)


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], runs=100, episodes=500, learning_rate=LEARNING_RATE)
    clock, rows, curves, late = Clock(), [], {}, {}
    for name, agent_class in AGENTS.items():
        returns, greedy = run(agent_class, options.runs, options.episodes, options.learning_rate)
        curves[name], late[name] = returns.mean(axis=0), returns[:, options.episodes // 2 :].mean(axis=1)
        mean, half = mean_and_interval(late[name])
        rows.append(
            [
                name,
                *PUBLISHED[name],
                f"{mean:.1f} +- {half:.1f}",
                f"{np.median(greedy):.0f}",
                f"{(greedy == -13).mean():.0%}",
            ]
        )
    print_table(["", "book: online", "book: greedy", "ours: online", "ours: greedy (median)", "of runs at -13"], rows)
    print(
        f"Online: mean return of games {options.episodes // 2 + 1} to {options.episodes}, epsilon {EPSILON}, "
        f"{options.runs} runs, 95% interval. {clock}."
    )
    print(say_difference("SARSA minus Q-learning, online", late["SARSA"], late["Q-learning"]))
    for name, curve in curves.items():
        print_curve(name, curve, (1, 10, 25, 50, 100, 200, 300, 400, 500))
    write_csv(options.csv, curves)


if __name__ == "__main__":
    main()
