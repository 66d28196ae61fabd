"""Uniform and prioritized samplers: frequencies, weights, state."""

from __future__ import annotations

import numpy as np
import pytest
from replaying import check_tree

from retro_gamer.replay import (
    PrioritizedSampler,
    UniformSampler,
)


class TestUniformSampler:
    def test_every_complete_one_is_equally_likely(self):
        sampler = UniformSampler(50, np.random.default_rng(0))
        complete = [0, 3, 4, 7, 30, 41]
        for index in complete:
            sampler.add(index)
        indices, weights = sampler.sample(120_000)
        counts = np.bincount(indices, minlength=50)
        assert counts[complete].sum() == 120_000
        np.testing.assert_allclose(counts[complete] / 120_000, 1 / 6, rtol=0.02)
        assert weights.dtype == np.float32 and (weights == 1).all() and weights.shape == (120_000,)

    def test_removed_ones_never_come_back(self):
        sampler = UniformSampler(10, np.random.default_rng(1))
        for index in range(10):
            sampler.add(index)
        for index in (0, 5, 9, 5):
            sampler.remove(index)
        assert set(sampler.sample(5000)[0].tolist()) == {1, 2, 3, 4, 6, 7, 8}
        sampler.add(5)
        assert 5 in sampler.sample(1000)[0]

    def test_drawing_from_nothing_is_an_error_and_not_an_endless_loop(self):
        sampler = UniformSampler(10, np.random.default_rng(2))
        for _ in range(2):
            with pytest.raises(ValueError, match="nothing can be drawn"):
                sampler.sample(3)
            sampler.add(4)
            assert sampler.sample(3)[0].tolist() == [4, 4, 4]
            sampler.remove(4)

    def test_state_into_a_new_sampler(self):
        sampler, other = (UniformSampler(30, np.random.default_rng(3)) for _ in range(2))
        for index in (2, 5, 11, 20):
            sampler.add(index)
        sampler.remove(20)
        other.add(29)
        state = sampler.get_state()
        sampler.add(7)
        assert not state["complete"][7], "a state is a copy"
        other.set_state(state)
        other.add(7)
        np.testing.assert_array_equal(sampler.sample(500)[0], other.sample(500)[0])


def filled_sampler(errors, alpha=0.6, beta=0.4, seed=0):
    """One transition at every other index, with the given TD errors."""
    sampler = PrioritizedSampler(2 * len(errors), np.random.default_rng(seed), alpha, beta)
    indices = np.arange(len(errors)) * 2
    for index in indices:
        sampler.add(int(index))
    sampler.update(indices, np.array(errors, np.float32))
    return sampler, indices


class TestPrioritizedSampler:
    ERRORS = [0.1, -0.2, 0.5, -1.0, 2.0, 4.0, 0.05]

    @pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
    def test_frequencies_are_those_of_the_formula(self, alpha):
        sampler, indices = filled_sampler(self.ERRORS, alpha=alpha)
        counts = np.zeros(14)
        for _ in range(1000):
            counts += np.bincount(sampler.sample(200)[0], minlength=14)
        priorities = (np.abs(self.ERRORS) + 1e-6) ** alpha
        assert counts[1::2].sum() == 0
        np.testing.assert_allclose(counts[::2] / counts.sum(), priorities / priorities.sum(), rtol=1e-2)

    def test_small_errors_are_drawn_equally_often(self):
        sampler = PrioritizedSampler(7, np.random.default_rng(0), 0.6, 0.0, smallest=0.5)
        for index in range(7):
            sampler.add(index)
        sampler.update(np.arange(7), np.array(self.ERRORS, np.float32))
        indices, weights = sampler.sample(200_000)
        priorities = np.maximum(np.abs(self.ERRORS), 0.5) ** 0.6
        np.testing.assert_allclose(np.bincount(indices) / 200_000, priorities / priorities.sum(), rtol=1e-2)
        assert (weights == 1).all()

    def test_each_row_of_a_batch_has_a_part_of_the_whole(self):
        """Four equal priorities and a batch of four: every transition exactly once, whatever the luck."""
        sampler, indices = filled_sampler([1.0] * 4)
        for _ in range(50):
            assert sampler.sample(4)[0].tolist() == indices.tolist()

    @pytest.mark.parametrize("alpha, beta", [(0.6, 0.4), (1.0, 1.0), (0.5, 0.0), (0.0, 0.7)])
    def test_importance_weights_by_hand(self, alpha, beta):
        sampler, _ = filled_sampler(self.ERRORS, alpha, beta)
        priorities = (np.abs(self.ERRORS) + 1e-6) ** alpha
        probabilities = priorities / priorities.sum()
        n = len(self.ERRORS)
        for batch in (1, 3, 32):
            indices, weights = sampler.sample(batch)
            expected = [(1 / (n * probabilities[index // 2])) ** beta for index in indices]
            np.testing.assert_allclose(weights, np.array(expected) / max(expected), rtol=1e-5)
            assert weights.dtype == np.float32 and weights.max() == 1

    def test_fully_corrected_weights_make_the_mean_unbiased(self):
        """With beta 1 the weighted mean of anything is its plain mean over the memory."""
        sampler, _ = filled_sampler(self.ERRORS, 0.8, 1.0)
        thing = np.random.default_rng(1).normal(size=7) + 3
        indices, weights = sampler.sample(200_000)
        assert np.average(thing[indices // 2], weights=weights) == pytest.approx(thing.mean(), rel=1e-2)

    def test_new_ones_get_the_largest_priority_so_far(self):
        sampler = PrioritizedSampler(4, np.random.default_rng(2), 0.5, 0.4)
        sampler.add(0)
        assert sampler.get_state()["priorities"].tolist() == [1, 0, 0, 0]
        sampler.update(np.array([0]), np.array([0.01]))  # 1 stays the largest
        sampler.add(1)
        assert sampler.get_state()["priorities"][1] == 1
        sampler.update(np.array([0, 1]), np.array([-9.0, 0.0]))
        sampler.add(2)
        state = sampler.get_state()
        np.testing.assert_allclose(state["priorities"], [3, 1e-3, 3, 0], rtol=1e-6)
        assert state["largest"] == state["priorities"][2]
        sampler.update(np.array([0, 1, 2]), np.array([1.0, 1.0, 1.0]))
        sampler.add(3)
        assert sampler.get_state()["priorities"][3] == pytest.approx(3)

    def test_an_error_of_zero_can_still_be_drawn(self):
        sampler, _ = filled_sampler([0.0, 0.0])
        assert set(sampler.sample(100)[0].tolist()) == {0, 2}

    def test_removed_ones_never_come_back_and_do_not_count(self):
        sampler, _ = filled_sampler(self.ERRORS, 1.0, 1.0)
        for index in (10, 3, 10):  # 3 was never there, 10 only once
            sampler.remove(index)
        left = np.delete(np.abs(self.ERRORS), 5)
        indices, weights = sampler.sample(2000)
        assert set(indices.tolist()) == {0, 2, 4, 6, 8, 12}
        expected = {index: left.sum() / (6 * abs(self.ERRORS[index // 2])) for index in set(indices.tolist())}
        np.testing.assert_allclose(weights, [expected[index] / max(expected.values()) for index in indices], rtol=1e-3)
        assert sampler.count == 6

    def test_bad_errors_are_refused(self):
        sampler, _ = filled_sampler(self.ERRORS)
        for bad in (np.nan, np.inf):
            with pytest.raises(ValueError, match="priorities must be finite"):
                sampler.update(np.array([0]), np.array([bad]))

    def test_drawing_from_nothing_is_an_error(self):
        with pytest.raises(ValueError, match="nothing can be drawn"):
            PrioritizedSampler(10, np.random.default_rng(0), 0.6, 0.4).sample(3)

    def test_state_into_a_new_sampler(self):
        sampler, indices = filled_sampler(self.ERRORS, seed=4)
        sampler.remove(6)
        state = sampler.get_state()
        other = PrioritizedSampler(14, np.random.default_rng(5), 0.6, 0.4)
        other.add(1)
        other.set_state(state)
        assert other.count == sampler.count == 6
        other.rng.bit_generator.state = sampler.rng.bit_generator.state
        for step in range(5):
            (mine, my_weights), (theirs, their_weights) = sampler.sample(16), other.sample(16)
            np.testing.assert_array_equal(mine, theirs)
            np.testing.assert_array_equal(my_weights, their_weights)
            for one in (sampler, other):
                one.update(mine, np.linspace(-1, step, 16))
                one.add(2 * step + 1)
        check_tree(other._tree)
