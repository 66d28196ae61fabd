"""The published results of examples/validation in short forms: an algorithm with a wrong sign fails here."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from retro_gamer.agents import DoubleQLearning, ExpectedSarsa, QLearning, Sarsa
from retro_gamer.training import Trainer, evaluate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "examples" / "validation"))

import cliff_walking  # noqa: E402
import dyna_maze  # noqa: E402
import maximization_bias  # noqa: E402
import windy_gridworld  # noqa: E402
from gridworlds import CliffWalking, DynaMaze, WindyGridworld, greedy_game, learn_online  # noqa: E402


def test_the_worlds_are_those_of_the_book():
    cliff = CliffWalking()
    assert cliff.reset() == (0, 3)
    assert cliff.step(1) == ((0, 3), -100.0, False, False)  # into the cliff, back to the start
    steps = [cliff.step(action) for action in [0] + [1] * 11 + [2]]
    assert sum(step.reward for step in steps) == -13 and steps[-1].terminated
    windy = WindyGridworld()
    windy.reset()
    steps = [windy.step(action) for action in [1] * 9 + [2] * 4 + [3] * 2]  # the 15 steps of figure 6.3
    assert steps[-1].terminated and not any(step.terminated for step in steps[:-1])
    maze = DynaMaze()
    maze.reset()
    steps = [maze.step(action) for action in [0] * 2 + [1] * 0 + [2] * 2]
    assert steps[-1].observation == (0, 2)
    assert shortest(DynaMaze) == 14 and shortest(WindyGridworld) == 15 and shortest(CliffWalking) == 13


def shortest(world) -> int:
    """The number of steps from start to goal, by breadth-first search."""
    environment = world()
    environment.reset()
    reached, n = {environment.start}, 0
    while environment.goal not in reached:
        new = set()
        for cell in reached:
            for action in range(4):
                environment.position = cell
                new.add(environment.step(action).observation)
        reached, n = reached | new, n + 1
    return n


def test_q_learning_finds_the_edge_of_the_cliff_and_sarsa_keeps_away():
    online, greedy = {}, {}
    for agent_class in (QLearning, Sarsa, ExpectedSarsa):
        returns, greedy[agent_class] = cliff_walking.run(agent_class, runs=8, episodes=400)
        online[agent_class] = returns[:, 200:].mean()
    assert online[QLearning] == pytest.approx(-50, abs=8)  # the book's figure
    assert online[Sarsa] == pytest.approx(-25, abs=5)
    assert online[ExpectedSarsa] > online[QLearning] + 15
    assert (greedy[QLearning] == -13).mean() >= 0.9
    assert np.median(greedy[Sarsa]) < -13 and np.median(greedy[ExpectedSarsa]) < -13


@pytest.mark.parametrize("agent_class", [QLearning, Sarsa, ExpectedSarsa, DoubleQLearning])
def test_every_algorithm_learns_to_walk_along_a_cliff(agent_class):
    make = partial(cliff_walking.make_agent, agent_class, 0.5)
    returns, _, agent = learn_online(make, CliffWalking(), 400, 0.1, seed=1)
    assert returns[:10].mean() < -100 < returns[-100:].mean()
    assert greedy_game(CliffWalking(), agent)[0] >= -25


def test_sarsa_lets_the_wind_carry_it():
    runs = [windy_gridworld.episodes_by_turn(seed, 8000) for seed in range(4)]
    assert np.mean([curve[-1] for curve, _ in runs]) == pytest.approx(162, abs=20)  # the book: about 170, one run
    for _, agent in runs:
        windy_gridworld.cool_down(agent, 20000)
    assert sorted(greedy_game(WindyGridworld(), agent)[1] for _, agent in runs)[:3] == [15, 15, 15]


def test_double_q_learning_is_not_taken_in_by_luck():
    runs = 150
    q = maximization_bias.lefts(maximization_bias.BiasedQ, runs, 300).mean(axis=0)
    double = maximization_bias.lefts(maximization_bias.UnbiasedQ, runs, 300).mean(axis=0)
    assert q[5:40].max() > 0.8  # the book's curve climbs above 75%
    assert double[20:].max() < 0.5
    assert q[20:100].mean() > double[20:100].mean() + 0.4
    assert double[-50:].mean() == pytest.approx(0.05, abs=0.03)  # the least that epsilon allows


def test_planning_saves_games():
    needed = [dyna_maze.first_good_game(dyna_maze.run(steps, runs=5, episodes=50)[0]).mean() for steps in (0, 5, 50)]
    assert needed[0] > 15 and 3 < needed[1] < 9 and needed[2] < 4.5  # the book: about 25, 5 and 3


@pytest.mark.parametrize("prefix, turns, least", [("FrozenLake-v1", 60_000, 0.70), ("CliffWalking", 20_000, -13.0)])
def test_toy_text_is_solved(prefix, turns, least):
    pytest.importorskip("gymnasium")
    import toy_text

    task = next(task for task in toy_text.TASKS if task.name.startswith(prefix))
    name = toy_text.newest(task.name)
    limit = 100
    environment = toy_text.GymEnvironment(name, tabular=True, max_turns=limit)
    agent = toy_text.train(environment, task, turns, seed=0)
    env = environment.env
    policy = {state: agent.act(state, 0.0) for state in range(len(env.unwrapped.P))}
    best, ours = toy_text.exact_value(env, limit), toy_text.exact_value(env, limit, policy)
    assert least <= ours <= best + 1e-9
    games = evaluate(environment, agent, 200, seed=0).returns
    assert games.mean() == pytest.approx(ours, abs=4 * games.std() / 200**0.5 + 1e-9)  # exact_value is right, too


def test_a_network_learns_to_balance_a_pole(tmp_path):
    pytest.importorskip("gymnasium")
    import cartpole

    settings = {
        **cartpole.SETTINGS,
        "hidden_sizes": [64, 64],
        "training_turns": 8000,
        "epsilon_decay_turns": 3000,
        "evaluate_every": 1000,
        "evaluation_games": 5,
    }
    trainer = Trainer(cartpole.create_run("gym:CartPole-v1", str(tmp_path / "run"), settings).run)
    trainer.train()
    assert trainer.best_return > 90  # random play: 22


def test_a_convolution_learns_more_from_as_many_turns(tmp_path, monkeypatch):
    import pixel_game

    monkeypatch.setitem(sys.modules, "pixel_game", pixel_game)  # the module whose numbers are changed is the one played
    for name, value in (("METEORS", 0.3), ("GOLD", 0.5), ("TURNS", 100)):  # an easier sky
        monkeypatch.setattr(pixel_game, name, value)
    found = {}
    for spatial in (True, False):
        flags = {
            **pixel_game.SETTINGS,
            "spatial": spatial,
            "training_turns": 8000,
            "epsilon_decay_turns": 4000,
            "learning_rate": 1e-3,
            "learning_starts": 200,
            "batch_size": 32,
            "target_update_freq": 200,
        }
        run = pixel_game.create_run(f"{pixel_game.__file__}:create_game", str(tmp_path / str(spatial)), flags).run
        trainer = Trainer(run)
        trainer.train()
        found[spatial] = evaluate(trainer.evaluation_environment, trainer.agent, 30, seed=0).mean
    assert found[True] > 2 * found[False] and found[True] > 5, found
