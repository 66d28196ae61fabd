"""With a symmetry, what was played on one side teaches for the other, and a training goes on to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import make_run, same

from retro_gamer.agents.agent import Transition
from retro_gamer.environment.observation import NO_FEATURES, Observation
from retro_gamer.errors import ConfigError
from retro_gamer.training import Trainer
from retro_gamer.training.single_agent import SingleAgent

ALL = {"symmetry": "all", "action_ways": ["left", "right", "up", "down"]}
CELL_OF = {"left": 3, "right": 5, "up": 1, "down": 7}  # of a window of radius 1
SOMETHING = 3


def seen_at(way):
    cells = np.zeros(9, np.uint8)
    cells[CELL_OF[way]] = SOMETHING
    return Observation(cells, NO_FEATURES)


def taught_on_the_left(tmp_path, **training):
    """An agent that only ever saw something on its left, where going left pays and nothing else does."""
    window = {"board": False, "egocentric_radius": 1, "radar": False}
    run = make_run(tmp_path, preprocessing=window, batch_size=16, memory_capacity=300, learning_rate=0.01, **training)
    agent = SingleAgent(run).agent
    for turn in range(600):
        action = turn % 5
        agent.learn(Transition(seen_at("left"), action, float(action == 0), seen_at("left"), True, False))
    return agent


def test_what_pays_on_one_side_pays_on_every_side(tmp_path):
    agent = taught_on_the_left(tmp_path, **ALL)
    assert [agent.q_values(seen_at(way)).argmax() for way in CELL_OF] == [0, 1, 2, 3]


def test_without_a_symmetry_it_is_known_on_one_side_only(tmp_path):
    agent = taught_on_the_left(tmp_path)
    assert [agent.q_values(seen_at(way)).argmax() for way in CELL_OF] == [0, 0, 0, 0]


@pytest.mark.parametrize("radius", [2, 0], ids=["window", "board"])
def test_a_stopped_training_goes_on_to_the_bit(tmp_path, radius):
    seen = {"board": not radius, "egocentric_radius": radius, "radar": True}
    runs = [
        make_run(tmp_path / name, preprocessing=seen, train_every=2, batch_size=16, memory_capacity=300, **ALL)
        for name in ("whole", "stopped")
    ]
    Trainer(runs[0]).train()
    for stop_after in (11, 99):
        trainer = Trainer(runs[1])
        trainer.train(on_episode=lambda status, t=trainer, n=stop_after: t.stop() if status.episode >= n else None)
    same(*runs)


def test_ways_that_do_not_fit_the_keys_are_told(tmp_path):
    run = make_run(tmp_path, symmetry="x", action_ways=["left"])
    with pytest.raises(ConfigError, match="action_ways"):
        Trainer(run)
