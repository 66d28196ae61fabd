"""What is saved and evaluated is an average of the newest weights, and nothing else in a training notices."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer.training import Trainer
from retro_gamer.training.evaluation import evaluate
from retro_gamer.training.player import load_player

SMALL = {
    "train_every": 1,
    "batch_size": 16,
    "memory_capacity": 300,
    "training_episodes": 12,
    "evaluate_every": 0,
}


def weights(network):
    return np.concatenate([parameter.value.ravel() for parameter in network.parameters])


def trained(path, average_steps, watch=lambda agent: None):
    """The trainer of a training that is over; `watch` sees the agent after each of its learning steps."""
    trainer = Trainer(make_run(path, average_steps=average_steps, **SMALL))
    agent = trainer.agent
    original = agent._learning_steps

    def steps(n):
        loss = original(n)
        watch(agent)
        return loss

    agent._learning_steps = steps
    trainer.train()
    return trainer


def test_it_is_the_average_over_about_so_many_steps(tmp_path):
    """Or over the last quarter of all, once that is more."""
    window, expected, scale = 50, None, None

    def slowly(agent):
        nonlocal expected, scale
        newest, t = weights(agent.online).astype(float), agent.optimizer.t
        if agent.scale.value != scale:  # the last layer has just been multiplied by the new scale
            expected, scale = None, agent.scale.value
        if expected is None:
            expected = weights(agent.average).astype(float)
            return
        if t % 32 == 0 or t < 32:
            expected = expected + (newest - expected) * min(1.0, 32 / min(t, max(window, t // 4)))
        assert np.allclose(weights(agent.average), expected, atol=1e-5)

    agent = trained(tmp_path, window, slowly).agent
    assert agent.optimizer.t > 6 * window
    assert not np.allclose(weights(agent.average), weights(agent.online), atol=1e-4)


def test_learning_does_not_notice_the_average(tmp_path):
    plain, averaged = (trained(tmp_path / str(steps), steps).agent for steps in (0, 100))
    assert (weights(plain.online) == weights(averaged.online)).all()


@pytest.mark.parametrize("average_steps", [0, 100])
def test_what_is_evaluated_is_what_is_saved(tmp_path, average_steps):
    trainer = trained(tmp_path, average_steps)
    player, agent = load_player(trainer.run), trainer.agent
    assert (weights(player.agent.network) == weights(agent.average or agent.online)).all()
    here, saved = (
        evaluate(trainer.evaluation_environment, agent, 3, seed=0),
        evaluate(player.environment, player.agent, 3, seed=0),
    )
    assert here.returns.tolist() == saved.returns.tolist()
    assert agent.greedy.network is agent.online  # and training goes on with the newest weights


def test_a_larger_network_keeps_its_average(tmp_path):
    agent = trained(tmp_path, 100).agent
    before = agent.saved.get_policy()
    agent.grow(agent._environment.shape._replace(n_symbols=agent.n_symbols + 3))
    assert agent.saved.network is agent.average and agent.newest.network is agent.online
    after = agent.saved.get_policy()
    assert all((after[name] == values).all() for name, values in before.items() if values.shape == after[name].shape)
    assert np.count_nonzero(after["network/symbols"]) == np.count_nonzero(before["network/symbols"])
