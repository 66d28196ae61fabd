"""Numbers of any size are brought to one that a network learns from; those of an ordinary size stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from retro_gamer.agents.agent import Transition
from retro_gamer.agents.dqn import DQNAgent
from retro_gamer.agents.scales import FeatureScale
from retro_gamer.config.settings import ModelSettings, TrainingSettings
from retro_gamer.environment.observation import NO_CELLS, Observation, ObservationShape


def scaled(*batches):
    scale = FeatureScale(np.shape(batches[0])[1])
    for batch in batches:
        scale.update(np.array(batch))
    return scale


@pytest.mark.parametrize("size", [1 / 64, 0.1, 1.0, 64.0, 0.0])
def test_ordinary_numbers_stay_as_they_are_bit_for_bit(size):
    features = np.array([[size, -size], [0, size / 3]], np.float32)
    scale = scaled(features)
    assert not scale.active and scale.apply(features) is features and scale.get_policy() == {}


@pytest.mark.parametrize("size", [1e-30, 1e-4, 0.01, 65, 1e4, 1e6, 1e9, 1e30])
def test_others_are_brought_near_one_by_a_power_of_two(size):
    features = np.array([[0, 1], [size, 1]], np.float32)
    scale = scaled(features)
    greatest = scale.apply(features)[1]
    assert 0.5 <= greatest[0] <= 2 and greatest[1] == 1
    assert np.log2(scale.scale[0]) % 1 == 0 and scale.apply(features).dtype == np.float32


@pytest.mark.parametrize("middle, half", [(1000, 1), (1e6, 3), (-5e4, 5), (100, 0.1)])
def test_what_varies_little_around_a_large_number_is_centred(middle, half):
    features = np.array([[middle - half], [middle + half]], np.float32)
    assert np.abs(scaled(features).apply(features)).max() <= 64
    assert np.diff(scaled(features).apply(features), axis=0) >= 1 / 32


def test_a_picture_of_bytes_is_scaled_too():
    picture = np.array([[0, 255], [255, 3]], np.uint8)
    assert scaled(picture).apply(picture).max() == 255 / 256


def test_what_grows_later_is_scaled_anew():
    scale = scaled([[1.0]], [[1e6]])
    assert 0.5 <= scale.apply(np.array([[1e6]]))[0, 0] <= 2


def agent(seed=0, capacity=500):
    training = TrainingSettings(
        learning_rate=0.01,
        gamma=0.0,
        batch_size=16,
        memory_capacity=capacity,
        train_every=1,
        target_update_freq=50,
    )
    shape = ObservationShape(0, 1, 2, (0, 0))
    return DQNAgent(shape, 2, ModelSettings(hidden_sizes=[16]), training, np.random.default_rng(seed))


def teach(learner, size, turns, chance):
    """The reward is 1 for the action whose number is that of the feature that is not zero."""
    for _ in range(turns):
        lit, action = int(chance.integers(2)), int(chance.integers(2))
        seen = np.zeros(2, np.float32)
        seen[lit] = size
        observation = Observation(NO_CELLS, seen)
        learner.learn(Transition(observation, action, float(action == lit), observation, True, False))


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e6])
def test_a_network_learns_from_numbers_of_any_size(size):
    learner = agent()
    teach(learner, size, 400, np.random.default_rng(1))
    for lit in (0, 1):
        assert learner.act(Observation(NO_CELLS, np.eye(2, dtype=np.float32)[lit] * np.float32(size)), 0) == lit


def test_a_training_goes_on_exactly_and_a_policy_keeps_its_scale():
    whole, first, second = agent(), agent(), agent(seed=5)
    chance = np.random.default_rng(1)
    teach(whole, 1e6, 300, chance)
    chance = np.random.default_rng(1)
    teach(first, 1e6, 150, chance)
    second.set_state(first.get_state())
    second.rng.bit_generator.state = first.rng.bit_generator.state
    teach(second, 1e6, 150, chance)
    assert {k: v.tobytes() for k, v in second.get_state().items()} == {k: v.tobytes() for k, v in whole.get_state().items()}
    player = agent(seed=9)
    player.set_policy(whole.get_policy())
    seen = Observation(NO_CELLS, np.array([1e6, 0], np.float32))
    assert (player.q_values(seen) == whole.q_values(seen)).all()


def test_a_state_or_policy_from_before_there_was_a_scale_plays_and_learns_without():
    old = agent()
    old.feature_scale.adapts = False
    teach(old, 1e3, 100, np.random.default_rng(1))
    state = {name: value for name, value in old.get_state().items() if not name.startswith("feature_")}
    for take_over in ("set_state", "start_from"):
        new = agent(seed=3)
        getattr(new, take_over)(state)
        teach(new, 1e3, 100, np.random.default_rng(2))
        assert not new.feature_scale.active


def test_bytes_are_remembered_as_bytes_and_an_older_memory_of_floats_is_taken_over():
    kept = agent().replay
    kept.add(
        Observation(NO_CELLS, np.array([3, 255], np.float32)),
        0,
        1.0,
        Observation(NO_CELLS, np.ones(2)),
        True,
        False,
    )
    from retro_gamer.replay import ReplayMemory

    memory = ReplayMemory(10, 0, 2, n_step=1, gamma=0.9, rng=np.random.default_rng(0), prioritized=False,
                          feature_type="uint8")  # fmt: skip
    memory.set_state(kept.get_state())
    assert memory.features.dtype == np.uint8 and memory.features[0].tolist() == [3, 255]


@pytest.mark.parametrize(
    "arrays",
    [
        {"feature_scale": np.ones(2, np.float32)},
        {"feature_scale": np.ones(3, np.float32), "feature_centre": np.zeros(3, np.float32)},
        {"feature_scale": np.ones(2), "feature_centre": np.zeros(2)},
        {"feature_scale": np.array([1, 0], np.float32), "feature_centre": np.zeros(2, np.float32)},
        {"feature_scale": np.ones(2, np.float32), "feature_centre": np.array([0, np.nan], np.float32)},
    ],
)
def test_a_damaged_scale_is_refused(arrays):
    with pytest.raises(ValueError):
        FeatureScale(2).set_policy(arrays)
