"""Adam and clipping, each against the formula written out; the row-sparse forms against the plain ones."""

from __future__ import annotations

import numpy as np
import pytest

from retro_gamer.nn import Adam, Parameter, clip_by_global_norm


def parameter(value, gradient, rows=None):
    result = Parameter(np.array(value, np.float64))
    result.gradient = np.array(gradient, np.float64)
    result.rows = None if rows is None else np.array(rows)
    return result


class SlowAdam:
    """Kingma & Ba 2015, algorithm 1, as printed, for one array; `rows` limits a step to some of its rows."""

    def __init__(self, value, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.value, self.numbers = np.array(value, np.float64), (learning_rate, beta1, beta2, epsilon)
        self.m, self.v, self.t = np.zeros_like(self.value), np.zeros_like(self.value), 0

    def step(self, gradient, rows=None):
        learning_rate, beta1, beta2, epsilon = self.numbers
        self.t += 1
        for k, row in enumerate(range(len(self.value)) if rows is None else rows):
            g = gradient[k]
            self.m[row] = beta1 * self.m[row] + (1 - beta1) * g
            self.v[row] = beta2 * self.v[row] + (1 - beta2) * g**2
            m_hat, v_hat = self.m[row] / (1 - beta1**self.t), self.v[row] / (1 - beta2**self.t)
            self.value[row] -= learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)


class TestClip:
    def test_by_hand(self):
        parameters = [parameter([0.0], [3.0]), parameter([[0.0, 0.0]], [[0.0, -4.0]])]
        assert clip_by_global_norm(parameters, 1.0) == pytest.approx(5.0)
        np.testing.assert_allclose(parameters[0].gradient, [0.6])
        np.testing.assert_allclose(parameters[1].gradient, [[0.0, -0.8]])

    @pytest.mark.parametrize("max_norm", [5.0, 5.1, 100.0])
    def test_leaves_what_is_within_the_limit(self, max_norm):
        parameters = [parameter([0.0], [3.0]), parameter([0.0], [4.0])]
        assert clip_by_global_norm(parameters, max_norm) == 5.0
        assert (parameters[0].gradient[0], parameters[1].gradient[0]) == (3.0, 4.0)

    def test_a_little_above_the_limit_counts_too(self):
        one = parameter([0.0, 0.0], [3.0, 4.0])
        clip_by_global_norm([one], 4.99)
        np.testing.assert_allclose(np.linalg.norm(one.gradient), 4.99)

    def test_nothing_to_clip(self):
        assert clip_by_global_norm([parameter([0.0, 0.0], [0.0, 0.0])], 1.0) == 0.0
        assert clip_by_global_norm([parameter(np.zeros((3, 2)), np.zeros((0, 2)), rows=[])], 1.0) == 0.0

    def test_the_norm_afterwards_is_the_limit(self):
        rng = np.random.default_rng(0)
        parameters = [
            parameter(np.zeros((4, 3)), rng.normal(size=(4, 3))),
            parameter(np.zeros((50, 2)), rng.normal(size=(5, 2)), rows=range(5)),
        ]
        before = np.concatenate([one.gradient.ravel() for one in parameters])
        assert clip_by_global_norm(parameters, 0.5) == pytest.approx(np.linalg.norm(before))
        after = np.concatenate([one.gradient.ravel() for one in parameters])
        np.testing.assert_allclose(after, before * 0.5 / np.linalg.norm(before))

    def test_in_place_so_that_the_layers_see_it(self):
        one = Parameter(np.zeros(2, np.float32))
        view = one.gradient
        one.gradient[...] = 30, 40
        clip_by_global_norm([one], 10.0)
        np.testing.assert_allclose(view, [6, 8])
        assert one.gradient is view and view.dtype == np.float32


class TestAdam:
    @pytest.mark.parametrize("options", [{}, dict(beta1=0.8, beta2=0.9), dict(epsilon=0.1), dict(beta1=0.0)])
    def test_is_the_printed_algorithm(self, options):
        rng = np.random.default_rng(1)
        one = parameter(rng.normal(size=(4, 3)), np.zeros((4, 3)))
        adam, slow = Adam([one], 0.01, **options), SlowAdam(one.value, 0.01, **options)
        for _ in range(30):
            one.gradient = rng.normal(size=(4, 3)) * 10.0 ** rng.integers(-3, 3)
            adam.step()
            slow.step(one.gradient)
            np.testing.assert_allclose(one.value, slow.value, rtol=1e-10)

    @pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
    def test_the_first_step_has_the_size_of_the_learning_rate(self, scale):
        one = parameter([1.0, 1.0], [scale, -scale])
        Adam([one], 0.01).step()
        np.testing.assert_allclose(one.value, [0.99, 1.01], rtol=1e-5)

    def test_a_gradient_of_zero_changes_nothing_at_first(self):
        one = parameter([1.0, 2.0], [0.0, 0.0])
        Adam([one], 0.01).step()
        np.testing.assert_array_equal(one.value, [1.0, 2.0])

    def test_a_new_learning_rate_counts_at_once(self):
        one, half = parameter([1.0], [1.0]), parameter([1.0], [1.0])
        adam, adam_half = Adam([one], 0.01), Adam([half], 0.02)
        adam_half.learning_rate = 0.005
        adam.step()
        adam_half.step()
        assert (1 - one.value) == pytest.approx(2 * (1 - half.value))

    def test_in_place(self):
        one = Parameter(np.ones((2, 2), np.float32))
        value, gradient = one.value, one.gradient
        gradient[...] = 1
        Adam([one], 0.5).step()
        assert one.value is value and value.dtype == np.float32
        np.testing.assert_allclose(value, 0.5, rtol=1e-5)
        np.testing.assert_array_equal(gradient, 1)

    def test_all_rows_always_touched_is_plain_adam(self):
        rng = np.random.default_rng(2)
        start = rng.normal(size=(6, 3))
        plain, sparse = parameter(start, np.zeros((6, 3))), parameter(start, np.zeros((6, 3)))
        adam, adam_sparse = Adam([plain], 0.01), Adam([sparse], 0.01)
        for _ in range(25):
            plain.gradient = rng.normal(size=(6, 3))
            sparse.rows = rng.permutation(6)
            sparse.gradient = plain.gradient[sparse.rows]
            adam.step()
            adam_sparse.step()
            np.testing.assert_allclose(sparse.value, plain.value, rtol=1e-12)

    def test_rows_follow_the_lazy_form_and_others_stay(self):
        rng = np.random.default_rng(3)
        one = parameter(rng.normal(size=(8, 3)), np.zeros((8, 3)))
        adam, slow = Adam([one], 0.01), SlowAdam(one.value, 0.01)
        for _ in range(40):
            one.rows = np.sort(rng.permutation(8)[: rng.integers(0, 9)])
            one.gradient = rng.normal(size=(len(one.rows), 3))
            before, state = one.value.copy(), adam.get_state()
            adam.step()
            slow.step(one.gradient, one.rows)
            others = np.setdiff1d(np.arange(8), one.rows)
            np.testing.assert_array_equal(one.value[others], before[others])
            np.testing.assert_array_equal(adam.sums[0][others], state["sum_0"][others])
            np.testing.assert_array_equal(adam.square_sums[0][others], state["square_sum_0"][others])
            np.testing.assert_allclose(one.value, slow.value, rtol=1e-10)

    @pytest.mark.parametrize("rows", [None, [1, 2]])
    def test_means_that_fade_away_become_zero_before_they_are_subnormal(self, rows):
        """A neuron that never fires again: its means shrink by a tenth each step, and would end as tiny numbers."""
        one = Parameter(np.ones((4, 3), np.float32))
        one.rows = None if rows is None else np.array(rows)
        adam, touched = Adam([one], 0.01), slice(None) if rows is None else rows
        one.gradient = np.full((4 if rows is None else 2, 3), 1e-15, np.float32)
        adam.step()
        one.gradient = np.zeros_like(one.gradient)
        seen = []
        for _ in range(1000):
            adam.step()
            seen.append(np.abs(adam.sums[0][touched]).max())
            assert seen[-1] == 0 or seen[-1] > np.finfo(np.float32).tiny
        assert 1e-17 < seen[0] and seen[-1] == 0 and not adam.square_sums[0].any()

    def test_several_parameters_share_only_the_step_count(self):
        rng = np.random.default_rng(4)
        shapes = [(3, 2), (7,), (1, 2, 2)]
        ones = [parameter(rng.normal(size=shape), np.zeros(shape)) for shape in shapes]
        adam, slow = Adam(ones, 0.02), [SlowAdam(one.value, 0.02) for one in ones]
        for _ in range(10):
            for one, twin in zip(ones, slow):
                one.gradient[...] = rng.normal(size=one.gradient.shape)
                twin.step(one.gradient)
            adam.step()
        for one, twin in zip(ones, slow):
            np.testing.assert_allclose(one.value, twin.value, rtol=1e-10)

    def test_state_into_a_new_optimizer(self):
        rng = np.random.default_rng(5)
        ones = [
            parameter(rng.normal(size=(5, 2)), np.zeros((5, 2))),
            parameter(rng.normal(size=3), np.zeros(3)),
        ]
        adam = Adam(ones, 0.01)

        def run(parameters, optimizer, seed):
            steps = np.random.default_rng(seed)
            for _ in range(7):
                parameters[0].rows = np.sort(steps.permutation(5)[:3])
                parameters[0].gradient, parameters[1].gradient = (
                    steps.normal(size=(3, 2)),
                    steps.normal(size=3),
                )
                optimizer.step()

        run(ones, adam, 6)
        state = adam.get_state()
        again = [parameter(one.value, np.zeros_like(one.value)) for one in ones]
        restored = Adam(again, 0.01)
        restored.set_state(state)
        run(ones, adam, 7)
        assert int(state["t"]) == 7, "a state is a copy"
        run(again, restored, 7)
        for one, twin in zip(ones, again):
            np.testing.assert_array_equal(one.value, twin.value)
        for name, array in restored.get_state().items():
            np.testing.assert_array_equal(array, adam.get_state()[name])
        assert not np.array_equal(state["sum_0"], adam.sums[0])

    def test_a_state_with_means_instead_of_sums(self):
        """As they were saved before version 1.0 was out."""
        rng = np.random.default_rng(9)
        one, twin = parameter(np.ones((2, 3)), np.zeros((2, 3))), parameter(np.ones((2, 3)), np.zeros((2, 3)))
        adam, again = Adam([one], 0.01), Adam([twin], 0.01)
        again.set_state({"t": np.array(3), "mean_0": rng.normal(size=(2, 3)), "square_0": rng.random((2, 3))})
        state = again.get_state()
        adam.set_state({"t": state["t"], "sum_0": state["sum_0"], "square_sum_0": state["square_sum_0"]})
        slow = SlowAdam(one.value, 0.01)
        slow.t, slow.m, slow.v = 3, state["sum_0"] * (1 - 0.9), state["square_sum_0"] * (1 - 0.999)
        for _ in range(3):
            one.gradient[...] = twin.gradient[...] = rng.normal(size=(2, 3))
            slow.step(one.gradient)
            adam.step()
            again.step()
            np.testing.assert_array_equal(one.value, twin.value)
            np.testing.assert_allclose(one.value, slow.value, rtol=1e-10)

    def test_single_precision_stays_close_for_a_thousand_steps(self):
        rng = np.random.default_rng(8)
        start = rng.normal(size=(4, 3))
        one = Parameter(start.astype(np.float32))
        adam, slow = Adam([one], 1e-3), SlowAdam(start, 1e-3)
        for _ in range(1000):
            gradient = rng.normal(size=(4, 3)).astype(np.float32)
            one.gradient[...] = gradient
            adam.step()
            slow.step(gradient.astype(np.float64))
        np.testing.assert_allclose(one.value, slow.value, rtol=1e-3, atol=1e-5)
