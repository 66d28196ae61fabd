"""The small worlds of Sutton & Barto (2018) that the scripts here learn, and what the scripts share."""

from __future__ import annotations

import argparse
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from retro_gamer.environment.base import Environment, Step
from retro_gamer.training import play_episode

UP, RIGHT, DOWN, LEFT = range(4)
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))  # (x, y), y counted from the top
Cell = Tuple[int, int]


class Gridworld(Environment):
    """Cells (x, y) to walk through, from `start` to `goal`. Who walks against a wall stays where he is."""

    width, height = 1, 1
    start: Cell = (0, 0)
    goal: Cell = (0, 0)
    walls: Sequence[Cell] = ()

    def __init__(self, max_turns: int = 10**9):
        self.actions = ["up", "right", "down", "left"]
        self.max_turns = max_turns

    def reset(self, seed: Optional[int] = None) -> Cell:
        self.position, self.turn = self.start, 0
        return self.position

    def move(self, action: int) -> Cell:
        x, y = self.position[0] + MOVES[action][0], self.position[1] + MOVES[action][1]
        inside = 0 <= x < self.width and 0 <= y < self.height and (x, y) not in self.walls
        return (x, y) if inside else self.position

    def step(self, action: int) -> Step:
        self.turn += 1
        self.position = self.move(action)
        return self.outcome(-1.0)

    def outcome(self, reward: float) -> Step:
        over = self.position == self.goal
        return Step(self.position, reward, over, not over and self.turn >= self.max_turns)


class CliffWalking(Gridworld):
    """Example 6.6: -1 a step; the cliff along the lower edge costs 100 and leads back to the start."""

    width, height, start, goal = 12, 4, (0, 3), (11, 3)

    def step(self, action: int) -> Step:
        self.turn += 1
        self.position = x, y = self.move(action)
        if y == 3 and 0 < x < 11:
            self.position = self.start
            return self.outcome(-100.0)
        return self.outcome(-1.0)


class WindyGridworld(Gridworld):
    """Example 6.5: -1 a step; in the columns in the middle a wind pushes upwards by one or two cells."""

    width, height, start, goal = 10, 7, (0, 3), (7, 3)
    wind = (0, 0, 0, 1, 1, 1, 2, 2, 1, 0)

    def step(self, action: int) -> Step:
        self.turn += 1
        wind = self.wind[self.position[0]]  # of the cell that is left
        dx, dy = MOVES[action]
        x, y = self.position[0] + dx, self.position[1] + dy - wind
        self.position = min(max(x, 0), self.width - 1), min(max(y, 0), self.height - 1)
        return self.outcome(-1.0)


class DynaMaze(Gridworld):
    """Example 8.1: nothing for a step, 1 for the goal; the shortest way has 14 steps."""

    width, height, start, goal = 9, 6, (0, 2), (8, 0)
    walls = frozenset([(2, 1), (2, 2), (2, 3), (5, 4), (7, 0), (7, 1), (7, 2)])

    def step(self, action: int) -> Step:
        self.turn += 1
        self.position = self.move(action)
        return self.outcome(1.0 if self.position == self.goal else 0.0)


class MaximizationBias(Environment):
    """Example 6.7. In A, action 1 (right) ends the game with 0, action 0 (left) leads to B with 0; every action in B
    ends the game with a reward drawn from a normal distribution of mean -0.1 and variance 1: left is a mistake.

    In A only the first two actions exist; the others count as right and are never offered: see `ActionsOfA`.
    """

    ACTIONS_IN_B = 10

    def __init__(self, rng: np.random.Generator):
        self.actions = [str(i) for i in range(self.ACTIONS_IN_B)]
        self.rng = rng
        self.went_left = False

    def reset(self, seed: Optional[int] = None) -> str:
        self.position, self.went_left = "A", False
        return "A"

    def step(self, action: int) -> Step:
        if self.position == "A":
            self.went_left = action == 0
            if self.went_left:
                self.position = "B"
                return Step("B", 0.0, False, False)
            return Step("end", 0.0, True, False)
        return Step("end", self.rng.normal(-0.1, 1.0), True, False)


def learn_online(
    make_agent: Callable[[np.random.Generator], Any],
    environment: Environment,
    episodes: int,
    epsilon: float,
    seed: int,
) -> Tuple[np.ndarray, np.ndarray, Any]:
    """Train one agent; returns (return of each game, turns of each game, the agent)."""
    agent = make_agent(np.random.default_rng(seed))
    played = [play_episode(environment, agent, lambda: epsilon) for _ in range(episodes)]
    return (
        np.array([game.episode_return for game in played]),
        np.array([game.turns for game in played]),
        agent,
    )


def greedy_game(environment: Environment, agent: Any, limit: int = 1000) -> Tuple[float, int]:
    """(return, turns) of a game played without exploring; it is given up after `limit` turns."""
    observation, total = environment.reset(), 0.0
    for turn in range(1, limit + 1):
        observation, reward, terminated, truncated = environment.step(agent.act(observation, 0.0))
        total += reward
        if terminated or truncated:
            return total, turn
    return total, limit


def mean_and_interval(values: Sequence[float]) -> Tuple[float, float]:
    """The mean, and how far its 95% interval reaches to either side (normal approximation)."""
    values = np.asarray(values, float)
    return float(values.mean()), float(1.96 * values.std(ddof=1) / len(values) ** 0.5)


def say_difference(name: str, a: Sequence[float], b: Sequence[float]) -> str:
    """Whether two sets of independent runs differ beyond doubt, in a sentence."""
    (mean_a, half_a), (mean_b, half_b) = mean_and_interval(a), mean_and_interval(b)
    difference, half = mean_a - mean_b, (half_a**2 + half_b**2) ** 0.5
    verdict = "beyond doubt" if abs(difference) > 2 * half else "clear" if abs(difference) > half else "NOT clear"
    return f"{name}: {difference:+.3g} +- {half:.2g} (95% interval of the difference): {verdict}."


def parse_arguments(description: str, **defaults: Any) -> argparse.Namespace:
    """Command line options --name value for each default, and --csv FILE for the curves."""
    parser = argparse.ArgumentParser(description=description)
    for name, default in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default, help=f"default {default}")
    parser.add_argument("--csv", metavar="FILE", help="write the full curves to a file")
    return parser.parse_args()


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for number, row in enumerate(table):
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def write_csv(path: Optional[str], curves: Dict[str, np.ndarray], index: str = "episode") -> None:
    """Curves [points] by name as columns of a csv file."""
    if not path:
        return
    columns = [np.arange(1, 1 + max(map(len, curves.values()))), *curves.values()]
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join([index, *curves]) + "\n")
        for row in zip(*columns):
            file.write(",".join(f"{value:.6g}" for value in row) + "\n")
    print(f"Curves written to {path}.")


def print_curve(name: str, curve: np.ndarray, points: Sequence[int]) -> None:
    """A few points of a curve, by episode counted from 1."""
    print(f"  {name}: " + "  ".join(f"{point}: {curve[point - 1]:.4g}" for point in points if point <= len(curve)))


class Clock:
    """Wall-clock seconds since it was made."""

    def __init__(self) -> None:
        self.start = time.perf_counter()

    def __str__(self) -> str:
        return f"{time.perf_counter() - self.start:.0f} s"


__all__: List[str] = [name for name in dir() if not name.startswith("_")]
