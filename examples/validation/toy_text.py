"""Gymnasium's toy text environments, learned with a table and compared with the exact optimum.

    pip install gymnasium
    python examples/validation/toy_text.py --seeds 3

The optimum comes from value iteration (Sutton & Barto 2018, section 4.4) over the transition table `env.unwrapped.P`,
with the turn limit: once for a player who knows how many turns are left, whom nobody can beat, and once for a policy
that does not, as ours. The learner never sees that table.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from gridworlds import Clock, mean_and_interval, parse_arguments, print_table

from retro_gamer.agents import QLearning
from retro_gamer.environment.gym import GymEnvironment
from retro_gamer.training import evaluate, play_episode


class Task(NamedTuple):
    """An environment and how long, and how, it is learned."""

    name: str
    turns: int
    gamma: float
    epsilon: Tuple[float, float]  # from, to; it falls evenly
    learning_rate: Tuple[float, float]  # from, to; by equal factors


TASKS = [
    Task("FrozenLake-v1", 300_000, 0.99, (1.0, 0.5), (0.2, 0.005)),
    Task("FrozenLake8x8-v1", 2_000_000, 0.995, (1.0, 0.3), (0.2, 0.003)),
    Task("Taxi", 400_000, 0.99, (1.0, 0.1), (0.5, 0.2)),
    Task("CliffWalking", 50_000, 1.0, (1.0, 0.1), (0.5, 0.5)),
]


def newest(name: str) -> str:
    """The registered version of an environment given without one: gymnasium 1.4 has Taxi-v4, older ones Taxi-v3."""
    import gymnasium

    found = [key for key in gymnasium.registry if key.startswith(name + "-v") or key == name]
    return max(found, key=lambda key: (len(key), key))


def train(environment: GymEnvironment, task: Task, turns: int, seed: int) -> QLearning:
    agent = QLearning(
        n_actions=len(environment.actions),
        learning_rate=1.0,
        gamma=task.gamma,
        planning_steps=0,
        rng=np.random.default_rng(seed),
    )
    environment.reset(seed)  # seeds the games that follow, too
    played = 0
    while played < turns:
        share = played / turns
        agent.learning_rate = task.learning_rate[0] * (task.learning_rate[1] / task.learning_rate[0]) ** share
        epsilon = task.epsilon[0] + share * (task.epsilon[1] - task.epsilon[0])
        played += play_episode(environment, agent, lambda epsilon=epsilon: epsilon).turns
    return agent


def exact_value(env: Any, limit: int, policy: Optional[Dict[int, int]] = None) -> float:
    """The expected return of a game of at most `limit` turns: of the best possible play, or of a policy."""
    table = env.unwrapped.P
    values = np.zeros(len(table))
    for _ in range(limit):  # values[s]: with one turn more to go each time
        q: List[List[float]] = [
            [sum(p * (reward + (0 if over else values[s2])) for p, s2, reward, over in table[s][a]) for a in table[s]]
            for s in range(len(table))
        ]
        values = np.array([max(row) if policy is None else row[policy[s]] for s, row in enumerate(q)])
    start = getattr(env.unwrapped, "initial_state_distrib", None)
    return float(values @ start) if start is not None else float(values[36])


def best_policy(env: Any, limit: int) -> float:
    """The expected return of the best policy that value iteration finds, over several discounts."""
    table, found = env.unwrapped.P, []
    for gamma in (0.9, 0.98, 0.99, 0.995, 0.998, 0.999):
        values = np.zeros(len(table))
        for _ in range(2 * limit):
            q = [
                [
                    sum(p * (reward + (0 if over else gamma * values[s2])) for p, s2, reward, over in table[s][a])
                    for a in table[s]
                ]
                for s in range(len(table))
            ]
            values = np.array([max(row) for row in q])
        found.append(exact_value(env, limit, {state: int(np.argmax(row)) for state, row in enumerate(q)}))
    return max(found)


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], seeds=3, games=1000, only="")
    rows = []
    for task in TASKS:
        if options.only and not task.name.startswith(options.only):
            continue
        name = newest(task.name)
        limit = GymEnvironment(name, tabular=True).env.spec.max_episode_steps or 200
        environment = GymEnvironment(name, tabular=True, max_turns=limit)
        best, best_stationary = exact_value(environment.env, limit), best_policy(environment.env, limit)
        for seed in range(options.seeds):
            clock = Clock()
            agent = train(environment, task, task.turns, seed)
            seconds = str(clock)
            states = range(len(environment.env.unwrapped.P))
            exact = exact_value(environment.env, limit, {state: agent.act(state, 0.0) for state in states})
            mean, half = mean_and_interval(evaluate(environment, agent, options.games, seed=1000).returns)
            rows.append(
                [
                    name,
                    seed,
                    task.turns,
                    f"{best:.4f}",
                    f"{best_stationary:.4f}",
                    f"{exact:.4f}",
                    f"{mean:.3f} +- {half:.3f}",
                    seconds,
                ]
            )
            print(*rows[-1], sep="  ", flush=True)
    print_table(
        [
            "environment",
            "seed",
            "turns of training",
            "optimum",
            "without a clock",
            "ours, exact",
            f"ours, {options.games} games",
            "training",
        ],
        rows,
    )


if __name__ == "__main__":
    main()
