"""The layers one by one: slow obvious twins for the forward passes, finite differences for the backward ones."""

from __future__ import annotations

import numpy as np
import pytest
from nn_checks import (
    assert_same_gradient,
    check_first_rows,
    check_layer,
    each_form,
    force_form,
    full_gradient,
    lists_of,
    numeric_gradient,
    one_hot_input,
    random_cells,
    randomize,
)

from retro_gamer.nn import (
    Adam,
    CompactInput,
    Dense,
    Dueling,
    OneHotDense,
    Parameter,
    ReLU,
    SparseInput,
    SymbolDense,
    he_normal,
    huber,
)
from retro_gamer.nn.layers import add_up, pack
from retro_gamer.nn.sparse.lists import symbol_numbers


class TestDense:
    def test_forward_is_a_sum_of_products(self):
        rng = np.random.default_rng(0)
        layer = Dense(3, 2, rng, dtype=np.float64)
        randomize(layer, rng)
        x = rng.normal(size=(4, 3))
        y = layer.forward(x)
        for sample in range(4):
            for o in range(2):
                expected = layer.bias.value[o] + sum(x[sample, i] * layer.weights.value[i, o] for i in range(3))
                assert y[sample, o] == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("batch, n_inputs, n_outputs", [(1, 1, 1), (4, 3, 5), (7, 6, 2)])
    def test_gradients(self, batch, n_inputs, n_outputs):
        rng = np.random.default_rng(1)
        check_layer(Dense(n_inputs, n_outputs, rng, dtype=np.float64), rng.normal(size=(batch, n_inputs)), rng)

    def test_backward_on_the_first_rows(self):
        rng = np.random.default_rng(2)
        check_first_rows(Dense(4, 3, rng, dtype=np.float64), rng.normal(size=(6, 4)), 2, rng)

    def test_starts_with_zero_bias_and_scaled_weights(self):
        plain = Dense(40, 30, np.random.default_rng(3))
        scaled = Dense(40, 30, np.random.default_rng(3), scale=0.25)
        assert plain.weights.value.dtype == np.float32
        assert not plain.bias.value.any()
        np.testing.assert_array_equal(scaled.weights.value, plain.weights.value * np.float32(0.25))
        assert repr(plain) == "Dense(40, 30)"

    def test_backward_replaces_the_gradient_of_the_step_before(self):
        rng = np.random.default_rng(4)
        layer = Dense(3, 2, rng, dtype=np.float64)
        x, gradient = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
        layer.forward(x)
        layer.backward(gradient)
        once = layer.weights.gradient.copy(), layer.bias.gradient.copy()
        layer.backward(gradient)
        np.testing.assert_array_equal(layer.weights.gradient, once[0])
        np.testing.assert_array_equal(layer.bias.gradient, once[1])


class TestReLU:
    def test_forward(self):
        np.testing.assert_array_equal(ReLU().forward(np.array([[-2.0, 0.0, 3.0]])), [[0.0, 0.0, 3.0]])

    def test_gradient(self):
        rng = np.random.default_rng(5)
        check_layer(ReLU(), rng.normal(size=(5, 4)), rng)

    def test_nothing_passes_back_at_zero_and_below(self):
        layer = ReLU()
        layer.forward(np.array([[-1.0, 0.0, 1e-30]]))
        np.testing.assert_array_equal(layer.backward(np.array([[5.0, 5.0, 5.0]])), [[0.0, 0.0, 5.0]])

    def test_backward_on_the_first_rows(self):
        rng = np.random.default_rng(6)
        check_first_rows(ReLU(), rng.normal(size=(6, 4)), 3, rng)


class TestDueling:
    def test_forward_by_hand(self):
        # V = 10, A = (1, 2, 6), mean A = 3: Q = (8, 9, 13); the mean of Q is V
        np.testing.assert_allclose(Dueling(3, np.float64).forward(np.array([[10.0, 1.0, 2.0, 6.0]])), [[8.0, 9.0, 13.0]])

    @pytest.mark.parametrize("n_actions", [1, 2, 5])
    def test_gradient(self, n_actions):
        rng = np.random.default_rng(13)
        check_layer(Dueling(n_actions, np.float64), rng.normal(size=(4, 1 + n_actions)), rng)
        check_first_rows(Dueling(n_actions, np.float64), rng.normal(size=(4, 1 + n_actions)), 2, rng)


@pytest.mark.parametrize(
    "make",
    [lambda rng: Dense(4, 3, rng, dtype=np.float64), lambda rng: ReLU(), lambda rng: Dueling(3, np.float64)],
    ids=["dense", "relu", "dueling"],
)
def test_apply_is_forward_and_remembers_nothing(make):
    rng = np.random.default_rng(16)
    layer, x = make(rng), rng.normal(size=(5, 4))
    y, gradient = layer.forward(x.copy()), rng.normal(size=(5, 3 if not isinstance(layer, ReLU) else 4))
    expected = layer.backward(gradient.copy())
    layer.forward(x.copy())
    for row in x:
        np.testing.assert_allclose(layer.apply(row.copy()), make(np.random.default_rng(16)).forward(row[None].copy())[0])
    np.testing.assert_allclose(layer.apply(x.copy()), y)
    np.testing.assert_array_equal(layer.backward(gradient.copy()), expected)


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (5, 4)])
def test_add_up(shape):
    rows, out = np.random.default_rng(26).normal(size=shape), np.ones(shape[1])
    add_up(rows, out)
    np.testing.assert_allclose(out, rows.sum(axis=0), rtol=1e-12)


def test_few_symbols_are_added_up_and_many_are_multiplied():
    rng = np.random.default_rng(25)
    encoder = SymbolDense(500, 3, 0, 4, rng)
    nothing = np.zeros((64, 0), np.float32)
    for filled, kind in ((0.004, SparseInput), (0.5, CompactInput), (0.0, CompactInput)):
        assert type(encoder.encode(random_cells(rng, 64, 500, 3, filled), nothing)) is kind


SYMBOL_CASES = [  # batch, n_cells, n_symbols, n_features, filled
    (4, 6, 3, 2, 0.5),
    (3, 5, 4, 0, 0.3),
    (5, 7, 2, 1, 1.0),
    (4, 6, 3, 2, 0.0),
    (3, 4, 3, 0, 0.0),
    (3, 0, 3, 4, 0.0),
    (3, 4, 1, 2, 0.0),
    (1, 9, 5, 3, 0.4),
    (6, 1, 4, 1, 0.7),
    (2, 3, 256, 1, 1.0),
    (20, 30, 6, 3, 0.2),
]


def build_symbols(case, rng, n_outputs=3):
    batch, n_cells, n_symbols, n_features, filled = case
    layer = SymbolDense(n_cells, n_symbols, n_features, n_outputs, rng, dtype=np.float64)
    layer.bias.value[...] = rng.normal(size=n_outputs)
    return (
        layer,
        random_cells(rng, batch, n_cells, n_symbols, filled),
        rng.normal(size=(batch, n_features)),
    )


@each_form
class TestSymbols:
    @pytest.fixture(autouse=True)
    def set_form(self, form, monkeypatch):
        force_form(form, monkeypatch)

    @pytest.mark.parametrize("case", SYMBOL_CASES)
    def test_encoding_is_the_one_hot_input_without_its_empty_columns(self, case):
        layer, cells, features = build_symbols(case, np.random.default_rng(14))
        x = layer.encode(cells, features)
        dense = one_hot_input(cells, features, case[2])
        assert dense.shape[1] == layer.n_rows
        rows, transposed = x.transposed_times(np.eye(len(cells)))
        rows = np.arange(layer.n_rows) if rows is None else rows
        filled = np.zeros_like(dense)
        filled[:, rows] = transposed.T
        np.testing.assert_array_equal(filled, dense)
        symbol_rows = [row for row in rows if row >= case[3]]
        assert all(dense[:, row].any() for row in symbol_rows), "a column is empty"
        assert list(rows) == sorted(set(rows))

    @pytest.mark.parametrize("case", SYMBOL_CASES)
    def test_forward_is_the_dense_product(self, case):
        layer, cells, features = build_symbols(case, np.random.default_rng(15))
        expected = one_hot_input(cells, features, case[2]) @ layer.table.value + layer.bias.value
        np.testing.assert_allclose(layer.forward(layer.encode(cells, features)), expected, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("case", SYMBOL_CASES)
    def test_apply_is_forward(self, case):
        layer, cells, features = build_symbols(case, np.random.default_rng(16))
        expected = layer.forward(layer.encode(cells, features))
        for i in range(len(cells)):
            y = layer.apply(symbol_numbers(cells[i]), features[i])
            np.testing.assert_allclose(y, expected[i], rtol=1e-12, atol=1e-12)
        assert layer.bias.value is not layer.apply(symbol_numbers(cells[0]), features[0])

    def test_apply_leaves_the_weights_alone(self):
        for case in SYMBOL_CASES:
            layer, cells, features = build_symbols(case, np.random.default_rng(17))
            table, bias = layer.table.value.copy(), layer.bias.value.copy()
            layer.apply(symbol_numbers(cells[0]), features[0])
            np.testing.assert_array_equal(layer.table.value, table)
            np.testing.assert_array_equal(layer.bias.value, bias)

    @pytest.mark.parametrize("case", SYMBOL_CASES)
    def test_gradients(self, case):
        rng = np.random.default_rng(18)
        layer, cells, features = build_symbols(case, rng, n_outputs=2)
        c = rng.normal(size=(len(cells), 2))
        x = layer.encode(cells, features)

        def loss():
            return float((layer.forward(x) * c).sum())

        layer.forward(x)
        assert layer.backward(c.copy()) is None
        table_gradient, bias_gradient = full_gradient(layer.table), layer.bias.gradient.copy()
        np.testing.assert_allclose(table_gradient, one_hot_input(cells, features, case[2]).T @ c, rtol=1e-12, atol=1e-12)
        assert_same_gradient(bias_gradient, numeric_gradient(loss, layer.bias.value))
        some = rng.permutation(table_gradient.size)[:300]
        assert_same_gradient(table_gradient.ravel()[some], numeric_gradient(loss, layer.table.value, some))

    @pytest.mark.parametrize("case", [case for case in SYMBOL_CASES if case[0] > 2])
    def test_backward_on_the_first_rows(self, case):
        rng = np.random.default_rng(19)
        layer, cells, features = build_symbols(case, rng)
        c = rng.normal(size=(2, 3))
        layer.forward(layer.encode(cells, features))
        layer.backward(c)
        partly, partly_bias = full_gradient(layer.table), layer.bias.gradient.copy()
        layer.forward(layer.encode(cells[:2], features[:2]))
        layer.backward(c)
        np.testing.assert_allclose(partly, full_gradient(layer.table), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(partly_bias, layer.bias.gradient, rtol=1e-12)

    def test_the_form_is_the_one_to_be_tested(self, form):
        layer, cells, features = build_symbols((20, 30, 6, 3, 0.2), np.random.default_rng(28))
        kind = {"sparse": SparseInput, "compact": CompactInput}[form]
        assert type(layer.encode(cells, features)) is type(layer.encode(lists_of(cells), features)) is kind

    def test_rows_in_which_adam_runs_on(self, form):
        """Those of the boards with a gradient, where rows are added up; of the whole batch, where they are multiplied."""
        layer, cells, features = build_symbols((20, 30, 6, 3, 0.2), np.random.default_rng(27))
        layer.forward(layer.encode(cells, features))
        layer.backward(np.ones((7, 3)))
        n = {"sparse": 7, "compact": 20}[form]
        assert layer.table.rows.tolist() == one_hot_input(cells[:n], features[:n], 6).any(axis=0).nonzero()[0].tolist()

    def test_first_and_after_split_a_batch(self):
        layer, cells, features = build_symbols((6, 5, 3, 2, 0.5), np.random.default_rng(20))
        x = layer.encode(cells, features)
        whole = layer.forward(x)
        np.testing.assert_allclose(layer.forward(x.first(4)), whole[:4], rtol=1e-12)
        np.testing.assert_allclose(layer.forward(x.after(4)), whole[4:], rtol=1e-12)

    def test_an_encoding_outlives_the_next_one(self):
        rng = np.random.default_rng(21)
        layer, cells, features = build_symbols((6, 5, 3, 2, 0.5), rng)
        x = layer.encode(cells, features)
        before = layer.forward(x)
        layer.encode(random_cells(rng, 9, 5, 3, 0.9), rng.normal(size=(9, 2)))
        np.testing.assert_array_equal(layer.forward(x), before)

    def test_large_boards_do_not_overflow_the_small_cell_type(self):
        layer = SymbolDense(600, 200, 1, 1, np.random.default_rng(0))
        cells = np.zeros((1, 600), np.uint8)
        cells[0, 599] = 199
        assert symbol_numbers(cells[0]).tolist() == [600 * 199 - 1]
        x = layer.encode(cells, np.ones((1, 1), np.float32))
        assert x.transposed_times(np.ones((1, 1)))[0].tolist() == [0, 600 * 199]

    def test_what_stands_for_no_symbol_stays_zero(self):
        rng = np.random.default_rng(24)
        layer, cells, features = build_symbols((20, 30, 6, 3, 0.2), rng)
        adam = Adam([layer.table], 0.1)
        for _ in range(3):
            layer.forward(layer.encode(cells, features))
            layer.backward(rng.normal(size=(20, 3)))
            adam.step()
        assert layer.table.value.any(axis=1).all() and not layer._table[-1].any()

    def test_an_unknown_symbol_is_an_error(self):
        layer, cells, features = build_symbols((2, 4, 3, 0, 1.0), np.random.default_rng(22))
        cells[...] = 3
        with pytest.raises(IndexError):
            layer.encode(cells, features)
        with pytest.raises(IndexError):
            layer.encode(lists_of(cells), features)
        with pytest.raises(IndexError):
            layer.apply(symbol_numbers(cells[0]), features[0])

    def test_first_weights_suit_the_number_of_cells_and_not_of_rows(self):
        layer = SymbolDense(90, 20, 10, 64, np.random.default_rng(23))
        assert layer.table.value.std() == pytest.approx((2 / 100) ** 0.5, rel=0.02)
        assert repr(layer) == "SymbolDense(1720, 64)"

    @pytest.mark.parametrize("case", SYMBOL_CASES)
    def test_it_is_the_plain_one_hot_layer(self, case):
        """The twin that has no trick: the same weights from the same generator, outputs and gradients."""
        rng = np.random.default_rng(29)
        batch, n_cells, n_symbols, n_features, filled = case
        layer, plain = (
            kind(n_cells, n_symbols, n_features, 3, np.random.default_rng(30), 0.5, np.float64)
            for kind in (SymbolDense, OneHotDense)
        )
        cells, features = (
            random_cells(rng, batch, n_cells, n_symbols, filled),
            rng.normal(size=(batch, n_features)),
        )
        np.testing.assert_array_equal(layer.table.value, plain.table.value)
        x = plain.encode(cells, features)
        np.testing.assert_array_equal(x, one_hot_input(cells, features, n_symbols))
        expected = plain.forward(x)
        for boards in (cells, lists_of(cells)):
            np.testing.assert_allclose(layer.forward(layer.encode(boards, features)), expected, atol=1e-12)
        for one_layer in (layer, plain):
            y = [one_layer.apply(symbol_numbers(board), numbers) for board, numbers in zip(cells, features)]
            np.testing.assert_allclose(y, expected, atol=1e-12)
        gradient = rng.normal(size=(batch, 3))[: max(1, batch // 2)]
        layer.backward(gradient.copy())
        plain.backward(gradient.copy())
        np.testing.assert_allclose(full_gradient(layer.table), plain.table.gradient, atol=1e-12)
        np.testing.assert_allclose(layer.bias.gradient, plain.bias.gradient, atol=1e-12)


def test_the_example_of_the_one_hot_layer(monkeypatch):
    """What its docstring shows of a board of 3 x 3 cells."""
    cells, features = np.array([[0, 1, 0, 0, 0, 2, 0, 0, 1]], np.uint8), np.array([[0.5]])
    plain = OneHotDense(9, 3, 1, 2, np.random.default_rng(31), dtype=np.float64)
    shown = "0.5   0 1 0  0 0 0  0 0 1    0 0 0  0 0 1  0 0 0"
    assert plain.encode(cells, features)[0].tolist() == [float(number) for number in shown.split()]
    assert shown in OneHotDense.__doc__
    weights = plain.table.value
    np.testing.assert_allclose(
        plain.forward(plain.encode(cells, features))[0],
        0.5 * weights[0] + weights[2] + weights[9] + weights[15] + plain.bias.value,
    )
    assert symbol_numbers(cells[0]).tolist() == lists_of(cells).numbers[0].tolist() == [1, 14, 8]
    layer = SymbolDense(9, 3, 1, 2, np.random.default_rng(31), dtype=np.float64)
    force_form("sparse", monkeypatch)
    assert layer.encode(cells, features).rows_of_board.tolist() == [[2], [15], [9]]
    force_form("compact", monkeypatch)
    values, rows = layer.encode(cells, features)
    assert values.tolist() == [[0.5, 1, 1, 1]] and rows.tolist() == [0, 2, 9, 15]


class TestParameters:
    @pytest.mark.parametrize("fan_in", [1, 8, 200])
    def test_he_normal_has_mean_zero_and_variance_two_over_fan_in(self, fan_in):
        weights = he_normal(np.random.default_rng(24), (200, 500), fan_in, np.float64)
        sigma = (2 / fan_in) ** 0.5
        assert abs(weights.mean()) < 4 * sigma / 100_000**0.5
        assert weights.std() == pytest.approx(sigma, rel=0.01)
        assert (np.abs(weights) < sigma).mean() == pytest.approx(0.6827, abs=0.005)  # normal, not uniform

    def test_he_normal_type_seed_and_no_inputs(self):
        first = he_normal(np.random.default_rng(25), (3, 4), 3)
        assert first.dtype == np.float32
        np.testing.assert_array_equal(first, he_normal(np.random.default_rng(25), (3, 4), 3))
        assert not np.array_equal(first, he_normal(np.random.default_rng(26), (3, 4), 3))
        assert he_normal(np.random.default_rng(25), (0, 4), 0).shape == (0, 4)

    def test_packed_parameters_are_views_of_one(self):
        values = [
            np.arange(6.0).reshape(2, 3),
            np.array([10.0, 11.0]),
            np.zeros((0, 3)),
            np.full((1, 2, 2), 7.0),
        ]
        parameters = [Parameter(value.copy()) for value in values]
        packed = pack(parameters)
        assert packed.rows is None
        np.testing.assert_array_equal(packed.value, np.concatenate([value.ravel() for value in values]))
        for parameter, value in zip(parameters, values):
            np.testing.assert_array_equal(parameter.value, value)
            assert parameter.gradient.shape == value.shape
        packed.value *= 2
        packed.gradient[...] = np.arange(12)
        np.testing.assert_array_equal(parameters[0].value, values[0] * 2)
        np.testing.assert_array_equal(parameters[3].value, values[3] * 2)
        np.testing.assert_array_equal(parameters[1].gradient, [6, 7])
        np.testing.assert_array_equal(parameters[3].gradient.ravel(), [8, 9, 10, 11])
        assert repr(parameters[0]) == "Parameter(shape=(2, 3))"


class TestHuber:
    @pytest.mark.parametrize(
        "error, loss, gradient",
        [
            (0.0, 0.0, 0.0),
            (0.5, 0.125, 0.5),
            (-0.5, 0.125, -0.5),
            (1.0, 0.5, 1.0),
            (-1.0, 0.5, -1.0),
            (1.5, 1.0, 1.0),
            (-3.0, 2.5, -1.0),
            (100.0, 99.5, 1.0),
        ],
    )
    def test_by_hand(self, error, loss, gradient):
        assert huber(np.array([error])) == (
            loss,
            [-gradient],
        )  # of the prediction: the error is target - prediction

    def test_is_a_mean_over_the_batch_not_over_the_weights(self):
        loss, gradient = huber(np.array([0.5, -2.0]), np.array([1.0, 0.1]))
        assert loss == pytest.approx((0.125 + 0.15) / 2)
        np.testing.assert_allclose(gradient, [-0.25, 0.05])

    @pytest.mark.parametrize("weighted", [False, True])
    def test_gradient(self, weighted):
        rng = np.random.default_rng(27)
        errors = rng.normal(size=40) * 2
        weights = rng.random(40) if weighted else None
        _, gradient = huber(errors, weights)
        assert_same_gradient(-gradient, numeric_gradient(lambda: huber(errors, weights)[0], errors))

    def test_leaves_its_input_and_the_type_alone(self):
        errors, weights = np.float32([3, -4]), np.float32([0.5, 1])
        loss, gradient = huber(errors, weights)
        assert isinstance(loss, float) and gradient.dtype == np.float32
        np.testing.assert_array_equal(errors, [3, -4])
        np.testing.assert_array_equal(weights, [0.5, 1])
