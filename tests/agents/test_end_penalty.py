"""A penalty that ends the game counts no more than so many usual gains."""

import numpy as np
import pytest

from retro_gamer.agents.agent import Transition
from retro_gamer.agents.dqn import DQNAgent
from retro_gamer.agents.scales import EndPenalty
from retro_gamer.config.settings import ModelSettings, TrainingSettings
from retro_gamer.environment.observation import Observation, ObservationShape

SHAPE = ObservationShape(n_cells=0, n_symbols=1, n_features=1, board_shape=(0, 0))


def test_only_a_penalty_that_ends_the_game_is_limited_and_only_once_there_was_a_gain():
    penalty = EndPenalty(1.0)
    assert penalty.counted(-10.0, True) == -10.0  # nothing to compare with
    assert penalty.counted(2.0, False) == 2.0
    assert penalty.counted(-10.0, True) == pytest.approx(-2.0)
    assert penalty.counted(-10.0, False) == -10.0 and penalty.counted(-1.0, True) == -1.0
    assert penalty.counted(50.0, True) == 50.0


def test_without_a_limit_all_counts_and_nothing_is_saved():
    penalty = EndPenalty(0.0)
    penalty.counted(1.0, False)
    assert penalty.counted(-10.0, True) == -10.0 and penalty.get_state() == {}


def agent():
    training = TrainingSettings(end_penalty_limit=2.0, n_step=1, reward_scale=1.0)
    return DQNAgent(SHAPE, 2, ModelSettings(hidden_sizes=(4,)), training, np.random.default_rng(0))


def seen(number):
    return Observation(np.zeros(0, np.uint8), np.array([number], np.float32))


def test_the_agent_remembers_what_counts_and_a_resumed_one_goes_on_with_it():
    first, resumed = agent(), agent()
    first.learn(Transition(seen(0), 0, 3.0, seen(1), False, False))
    resumed.set_state({name: np.copy(value) for name, value in first.get_state().items()})
    for one in (first, resumed):
        one.learn(Transition(seen(1), 1, -100.0, seen(2), True, False))
        assert one.replay.reward_sums.min() == pytest.approx(-6.0)
