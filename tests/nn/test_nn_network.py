"""The whole Q-network: its gradients, its fast path, how it grows, and how it is stored."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from nn_checks import (
    assert_same_gradient,
    each_form,
    force_form,
    full_gradient,
    lists_of,
    numeric_gradient,
    one_hot_input,
)

from retro_gamer.nn import (
    Adam,
    Conv2D,
    Dense,
    QNetwork,
    ReLU,
    SymbolConv2D,
    clip_by_global_norm,
    huber,
)
from retro_gamer.nn.network import parameter_shapes
from retro_gamer.nn.sparse import Convolution
from retro_gamer.nn.sparse.front import CONV_FILTERS, conv_stride
from retro_gamer.nn.sparse.lists import symbol_numbers

# n_cells counts the cells of board_shape and the readings beyond it, as a radar gives them.
KINDS = {
    "plain": dict(n_cells=6, n_symbols=4, n_features=2, hidden_sizes=(5, 4), n_actions=3),
    "one hidden layer": dict(n_cells=6, n_symbols=4, n_features=2, hidden_sizes=(5,), n_actions=3),
    "no features": dict(n_cells=6, n_symbols=4, n_features=0, hidden_sizes=(5, 4), n_actions=3),
    "features only": dict(n_cells=0, n_symbols=1, n_features=4, hidden_sizes=(5, 4), n_actions=3),
    "dueling": dict(n_cells=6, n_symbols=4, n_features=2, hidden_sizes=(5, 4), n_actions=3, dueling=True),
    "board and radar": dict(n_cells=10, n_symbols=3, n_features=1, hidden_sizes=(5,), n_actions=2, board_shape=(2, 4)),
    "spatial": dict(
        n_cells=12,
        n_symbols=3,
        n_features=2,
        hidden_sizes=(4, 3),
        n_actions=3,
        board_shape=(3, 4),
        spatial=True,
    ),
    "spatial, nothing else": dict(
        n_cells=12,
        n_symbols=3,
        n_features=0,
        hidden_sizes=(4,),
        n_actions=3,
        board_shape=(4, 3),
        spatial=True,
        dueling=True,
    ),
    "spatial and radar": dict(
        n_cells=15,
        n_symbols=3,
        n_features=0,
        hidden_sizes=(4, 3),
        n_actions=3,
        board_shape=(3, 4),
        spatial=True,
        dueling=True,
    ),
    "large spatial": dict(
        n_cells=28,
        n_symbols=3,
        n_features=1,
        hidden_sizes=(4,),
        n_actions=2,
        board_shape=(2, 13),
        spatial=True,
    ),
    "own convolutions": dict(
        n_cells=21,
        n_symbols=4,
        n_features=1,
        hidden_sizes=(4,),
        n_actions=2,
        board_shape=(4, 5),
        spatial=True,
        convolutions=(Convolution(3, 2, 3), Convolution(2, 3, 1), Convolution(5, 4, 2)),
    ),
}
pytestmark = each_form  # how the first layer multiplies
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def set_form(form, monkeypatch):
    force_form(form, monkeypatch)


def build(kind, seed=0, dtype=np.float64, **changes):
    """A network with large random weights and biases, so that nothing can hide behind a zero."""
    rng = np.random.default_rng(seed)
    network = QNetwork(**{**KINDS[kind], **changes}, rng=rng, dtype=dtype)
    state = network.get_state()
    network.set_state({name: rng.normal(size=array.shape) * 0.5 for name, array in state.items()})
    return network


def observations(network, batch, seed=1):
    rng, shape = np.random.default_rng(seed), network.shape
    cells = rng.integers(0, shape["n_symbols"], (batch, shape["n_cells"])).astype(np.uint8)
    return cells, rng.normal(size=(batch, shape["n_features"])).astype(network.dtype)


def slow_q_values(network, cells, features):
    """Layer after layer with the arrays of get_state: the one-hot product, and the convolutions as a sum of shifts."""
    shape, state = network.shape, network.get_state()
    n_image = shape["board_shape"][0] * shape["board_shape"][1] if shape["spatial"] else 0
    y = one_hot_input(cells[:, n_image:], features, shape["n_symbols"]) @ state["symbols"] + state["symbols_bias"]
    if shape["spatial"]:
        height, width = shape["board_shape"]
        board = cells[:, :n_image].reshape(len(cells), height, width)
        image = np.stack([board == symbol for symbol in range(1, shape["n_symbols"])], axis=-1).astype(float)
        for i, (filters, kernel, stride) in enumerate(shape["convolutions"]):
            _, rows, columns, channels = image.shape
            weights = state[f"conv_{i}_weights"].reshape(kernel, kernel, channels, filters)
            pad = ((kernel - 1) // 2, kernel // 2)
            padded = np.pad(image, ((0, 0), pad, pad, (0, 0)))
            total = sum(
                padded[:, a : a + rows, b : b + columns] @ weights[a, b] for a in range(kernel) for b in range(kernel)
            )
            image = np.maximum((total + state[f"conv_{i}_bias"])[:, ::stride, ::stride], 0)
        y = y + image.reshape(len(cells), -1) @ state["join_weights"] + state["join_bias"]
    for i in range(len(shape["hidden_sizes"])):
        y = np.maximum(y, 0) @ state[f"dense_{i}_weights"] + state[f"dense_{i}_bias"]
    if shape["dueling"]:
        y = y[:, :1] + (y[:, 1:] - y[:, 1:].mean(axis=1, keepdims=True))
    return y


@each_kind
def test_forward_is_the_slow_one(kind):
    network = build(kind)
    cells, features = observations(network, 7)
    q = network.forward(network.encode(cells, features))
    assert q.shape == (7, network.shape["n_actions"])
    np.testing.assert_allclose(q, slow_q_values(network, cells, features), rtol=1e-10, atol=1e-10)


@each_kind
@pytest.mark.parametrize("filled", [0, 0.2, 1])
def test_lists_of_symbols_give_the_same_numbers_as_cells(kind, filled):
    """To the last bit, forward and backward, for all boards of a batch and for its parts."""
    network, rng = build(kind), np.random.default_rng(18)
    cells, features = observations(network, 9)
    cells *= (rng.random(cells.shape) < filled) & (np.arange(9) < 7)[:, None]  # the last two are empty
    lists = lists_of(cells)
    np.testing.assert_array_equal(lists.cells(), cells)
    found = []
    for x in (network.encode(cells, features), network.encode(lists, features)):
        parts = [network.forward(x.first(4)), network.forward(x.after(4)), network.forward(x)]
        network.backward(np.ones((5, network.shape["n_actions"]), network.dtype))
        found.append(parts + [full_gradient(parameter).copy() for parameter in network.parameters])
    for of_cells, of_lists in zip(*found):
        np.testing.assert_array_equal(of_lists, of_cells)


@each_kind
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_of_the_dqn_loss(kind, weighted):
    """The weighted Huber loss of the actions taken, with errors on both sides of its threshold."""
    network, rng = build(kind), np.random.default_rng(2)
    batch, rows = 4, np.arange(4)
    x = network.encode(*observations(network, batch))
    actions = rng.integers(0, network.shape["n_actions"], batch)
    targets = network.forward(x)[rows, actions] - np.array([0.3, -0.7, 2.0, -3.0])
    weights = rng.random(batch) if weighted else None

    def loss():
        return huber(targets - network.forward(x)[rows, actions], weights)[0]

    q = network.forward(x)
    gradient = np.zeros_like(q)
    gradient[rows, actions] = huber(targets - q[rows, actions], weights)[1]
    network.backward(gradient)
    full = [full_gradient(parameter).copy() for parameter in network.parameters]
    for parameter, analytic in zip(network.parameters, full):
        some = rng.permutation(analytic.size)[:150]
        assert_same_gradient(analytic.ravel()[some], numeric_gradient(loss, parameter.value, some))
    assert all(gradient.any() for gradient in full)


@each_kind
def test_gradient_of_every_array(kind):
    """As above, but array by array, with the linear loss sum(c * Q), so that none is left out."""
    network, rng = build(kind, seed=3), np.random.default_rng(4)
    x = network.encode(*observations(network, 3))
    c = rng.normal(size=(3, network.shape["n_actions"]))
    network.forward(x)
    network.backward(c.copy())
    named = dict(network.named_parameters())
    gradients = {name: full_gradient(parameter).copy() for name, parameter in named.items()}

    def loss():
        return float((network.forward(x) * c).sum())

    for name, parameter in named.items():
        some = rng.permutation(parameter.value.size)[:25]
        numeric = numeric_gradient(loss, parameter.value, some)
        assert_same_gradient(gradients[name].ravel()[some], numeric)


@each_kind
def test_backward_on_the_first_rows(kind):
    """One forward pass of s and s' and a backward of s alone is what two separate passes give."""
    network = build(kind)
    cells, features = observations(network, 9)
    x = network.encode(cells, features)
    whole = network.forward(x)
    c = np.random.default_rng(5).normal(size=(4, network.shape["n_actions"]))
    network.backward(c.copy())
    together = [full_gradient(parameter).copy() for parameter in network.parameters]
    for first in (network.encode(cells[:4], features[:4]), x.first(4)):
        np.testing.assert_allclose(network.forward(first), whole[:4], rtol=1e-10, atol=1e-12)
        network.backward(c.copy())
        for mine, parameter in zip(together, network.parameters):
            np.testing.assert_allclose(mine, full_gradient(parameter), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(network.forward(x.after(4)), whole[4:], rtol=1e-10, atol=1e-12)


@each_kind
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_q_values_is_forward_of_one(kind, dtype, tolerance):
    network = build(kind, dtype=dtype)
    cells, features = observations(network, 12)
    cells[0] = 0
    before = network.get_state()
    q = network.forward(network.encode(cells, features)).copy()
    for i in range(len(cells)):
        mine = network.q_values(symbol_numbers(cells[i]), features[i])
        assert mine.shape == (network.shape["n_actions"],) and mine.dtype == dtype
        np.testing.assert_allclose(mine, q[i], rtol=tolerance, atol=tolerance)
    for name, array in network.get_state().items():
        np.testing.assert_array_equal(array, before[name])


@each_kind
def test_q_values_does_not_disturb_a_forward_that_waits_for_its_backward(kind):
    network = build(kind)
    x = network.encode(*observations(network, 5))
    c = np.random.default_rng(6).normal(size=network.forward(x).shape)
    network.backward(c.copy())
    expected = [full_gradient(parameter).copy() for parameter in network.parameters]
    network.forward(x)
    cells, features = observations(network, 1, seed=9)
    network.q_values(symbol_numbers(cells[0]), features[0])
    network.backward(c.copy())
    for parameter, gradient in zip(network.parameters, expected):
        np.testing.assert_array_equal(full_gradient(parameter), gradient)


@each_kind
def test_the_packed_parameters_are_the_layers_own(kind):
    network = build(kind)
    named = dict(network.named_parameters())
    for parameter in network.parameters:
        parameter.value[...] = 0.5
        parameter.gradient[...] = 0.25
    for name, parameter in named.items():
        assert (parameter.value == 0.5).all() and (parameter.gradient == 0.25).all(), name
    assert sum(parameter.value.size for parameter in network.parameters) == sum(
        parameter.value.size for parameter in named.values()
    )


@each_kind
def test_training_packed_is_training_every_array_on_its_own(kind):
    """Clipping and Adam see one large array and a table; the slow twin gives them every array separately."""
    network, twin = build(kind), build(kind)
    separate = [parameter for _, parameter in twin.named_parameters() if parameter.value.size]
    optimizer, twin_optimizer = Adam(network.parameters, 0.01), Adam(separate, 0.01)
    for step in range(5):
        cells, features = observations(network, 4, seed=step)
        c = np.random.default_rng(step).normal(size=(4, network.shape["n_actions"]))
        for net, parameters, adam in (
            (network, network.parameters, optimizer),
            (twin, separate, twin_optimizer),
        ):
            net.forward(net.encode(cells, features))
            net.backward(c.copy())
            clip_by_global_norm(parameters, 1.0)
            adam.step()
    start = build(kind).get_state()
    for name, array in network.get_state().items():
        np.testing.assert_allclose(array, twin.get_state()[name], rtol=1e-9, atol=1e-12)
        assert array.size == 0 or not np.array_equal(array, start[name]), name


def test_it_learns_a_table_of_values():
    """Twelve boards, two actions, random values: a few hundred steps are enough to know them by heart."""
    rng = np.random.default_rng(7)
    network = QNetwork(n_cells=8, n_symbols=3, n_features=0, hidden_sizes=(32,), n_actions=2, rng=rng, dueling=True)
    cells = rng.integers(0, 3, (12, 8)).astype(np.uint8)
    features, values = np.zeros((12, 0), np.float32), rng.normal(size=(12, 2)).astype(np.float32)
    optimizer = Adam(network.parameters, 0.01)
    for _ in range(300):
        q = network.forward(network.encode(cells, features))
        loss, gradient = huber((values - q).ravel())
        network.backward(gradient.reshape(12, 2))
        optimizer.step()
    assert loss < 1e-3


class TestConstruction:
    SIZES = list(
        itertools.product(
            [(0, 0), (3, 5), (12, 12), (13, 4), (20, 31)],
            [0, 3],
            [1, 2, 5],
            [0, 4],
            [(6,), (8, 7, 3)],
            [False, True],
            [False, True],
        )
    )

    def test_parameter_shapes_are_the_real_ones(self):
        for board_shape, extra, n_symbols, n_features, hidden_sizes, spatial, dueling in self.SIZES:
            n_cells = board_shape[0] * board_shape[1] + extra
            if (spatial and n_cells == extra) or n_cells + n_features == 0:
                continue
            sizes = dict(
                n_cells=n_cells,
                n_symbols=n_symbols,
                n_features=n_features,
                hidden_sizes=hidden_sizes,
                n_actions=4,
                board_shape=board_shape,
                spatial=spatial,
                dueling=dueling,
            )
            network = QNetwork(**sizes, rng=np.random.default_rng(0))
            real = {name: array.shape for name, array in network.get_state().items()}
            assert parameter_shapes(**sizes) == real, sizes

    @pytest.mark.parametrize("shape, stride", [((12, 12), 1), ((13, 1), 2), ((1, 13), 2), ((3, 4), 1)])
    def test_large_boards_are_passed_in_steps_of_two(self, shape, stride):
        assert conv_stride(*shape) == stride
        network = QNetwork(
            n_cells=shape[0] * shape[1],
            n_symbols=3,
            n_features=0,
            hidden_sizes=(4,),
            n_actions=2,
            board_shape=shape,
            spatial=True,
            rng=np.random.default_rng(0),
        )
        layers = [layer for layer in network.front.layers if isinstance(layer, (Conv2D, SymbolConv2D))]
        assert [(layer.geometry.kernel, layer.geometry.stride) for layer in layers] == [(3, stride), (2, 2)]
        assert network.shape["convolutions"] == ((CONV_FILTERS[0], 3, stride), (CONV_FILTERS[1], 2, 2))

    def test_parameter_shapes_of_own_convolutions(self):
        network = build("own convolutions")
        real = {name: array.shape for name, array in network.get_state().items()}
        assert parameter_shapes(**KINDS["own convolutions"], dueling=False) == real
        assert real["conv_0_weights"] == (2 * 2 * 3, 3) and real["join_weights"] == (
            5,
            4,
        )  # 4 x 5 cells, 2 x 2, 1 x 1

    def test_the_order_of_the_layers(self):
        network = build("spatial")
        assert repr(network) == (
            "QNetwork([SymbolDense(2, 4), SymbolConv2D(2, 16, kernel=3, stride=1), ReLU(), Conv2D(16, 32, kernel=2, "
            "stride=2), ReLU(), Flatten(), Dense(128, 4), ReLU(), Dense(4, 3), ReLU(), Dense(3, 3)])"
        )
        assert [type(layer) for layer in build("plain").layers] == [ReLU, Dense, ReLU, Dense]

    @each_kind
    def test_the_same_seed_gives_the_same_network(self, kind):
        first, second, other = (QNetwork(**KINDS[kind], rng=np.random.default_rng(seed)) for seed in (8, 8, 9))
        cells, features = observations(first, 5)
        q = [network.forward(network.encode(cells, features)) for network in (first, second, other)]
        assert q[0].dtype == np.float32
        np.testing.assert_array_equal(q[0], q[1])
        for name, array in first.get_state().items():
            np.testing.assert_array_equal(array, second.get_state()[name])
            if array.size and "bias" not in name:
                assert not np.array_equal(array, other.get_state()[name]), name

    @pytest.mark.parametrize("spatial", [False, True])
    def test_first_weights(self, spatial):
        """Variance 2 / fan-in in all layers, a tenth of the size in the last; 1 / (3 fan-in) in all if spatial; no bias."""
        network = QNetwork(
            n_cells=100 + 30,
            n_symbols=6,
            n_features=20,
            hidden_sizes=(200, 150),
            n_actions=60,
            board_shape=(10, 10),
            spatial=spatial,
            rng=np.random.default_rng(10),
        )
        state = network.get_state()
        fan_ins = {"symbols": 50 if spatial else 150, "dense_0_weights": 200, "dense_1_weights": 150}
        if spatial:
            fan_ins.update(conv_0_weights=9 * 5, conv_1_weights=64, join_weights=800)
        assert set(fan_ins) == {name for name in state if not name.endswith("bias")}
        for name, fan_in in fan_ins.items():
            scale = 6**-0.5 if spatial else 0.1 if name == "dense_1_weights" else 1
            assert state[name].std() == pytest.approx(scale * (2 / fan_in) ** 0.5, rel=0.06), name
        assert not any(array.any() for name, array in state.items() if name.endswith("bias"))

    def test_unknown_symbols_are_an_error(self):
        for kind in ("plain", "spatial", "spatial and radar"):
            network = build(kind)
            cells, features = observations(network, 2)
            cells[0, -1] = network.shape["n_symbols"]
            with pytest.raises(IndexError):
                network.forward(network.encode(cells, features))
            with pytest.raises(IndexError):
                network.q_values(symbol_numbers(cells[0]), features[0])


class TestState:
    @each_kind
    def test_round_trip_into_a_new_network(self, kind):
        network = build(kind)
        other = QNetwork(**KINDS[kind], rng=np.random.default_rng(11), dtype=np.float64)
        state = network.get_state()
        other.set_state(state)
        cells, features = observations(network, 6)
        q = network.forward(network.encode(cells, features))
        np.testing.assert_array_equal(other.forward(other.encode(cells, features)), q)
        for name, array in other.get_state().items():
            np.testing.assert_array_equal(array, state[name])
            assert array.dtype == np.float64

    @each_kind
    def test_a_state_is_a_copy(self, kind):
        network = build(kind)
        state = network.get_state()
        before = {name: array.copy() for name, array in state.items()}
        for parameter in network.parameters:
            parameter.value += 1
        for name in state:
            np.testing.assert_array_equal(state[name], before[name])
        network.set_state(state)
        for array in state.values():
            array[...] = 99
        for name, array in network.get_state().items():
            np.testing.assert_array_equal(array, before[name])

    def test_a_missing_name_is_an_error(self):
        network = build("plain")
        state = network.get_state()
        del state["dense_1_bias"]
        with pytest.raises(KeyError, match="dense_1_bias"):
            network.set_state(state)

    @each_kind
    def test_copy_from(self, kind):
        network, other = build(kind, seed=12), build(kind, seed=13)
        other.copy_from(network)
        cells, features = observations(network, 6)
        q = network.forward(network.encode(cells, features)).copy()
        np.testing.assert_array_equal(other.forward(other.encode(cells, features)), q)
        for parameter in network.parameters:
            parameter.value += 1  # a copy, not a second name
        np.testing.assert_array_equal(other.forward(other.encode(cells, features)), q)

    @each_kind
    @pytest.mark.parametrize("factor", [0.1, 3.0])
    def test_scale_output(self, kind, factor):
        network = build(kind)
        cells, features = observations(network, 6)
        before = network.forward(network.encode(cells, features)).copy()
        state = network.get_state()
        network.scale_output(factor)
        np.testing.assert_allclose(network.forward(network.encode(cells, features)), before * factor, rtol=1e-10)
        np.testing.assert_allclose(network.q_values(symbol_numbers(cells[0]), features[0]), before[0] * factor, rtol=1e-10)
        changed = {name for name, array in network.get_state().items() if not np.array_equal(array, state[name])}
        last = len(network.shape["hidden_sizes"]) - 1
        assert changed == {f"dense_{last}_weights", f"dense_{last}_bias"}


GROWTHS = [  # kind, more readings, more symbols
    ("plain", 0, 2),
    ("plain", 0, 0),
    ("no features", 0, 1),
    ("dueling", 0, 3),
    ("board and radar", 0, 2),
    ("board and radar", 2, 1),
    ("board and radar", 3, 0),
    ("spatial", 0, 2),
    ("spatial, nothing else", 0, 1),
    ("spatial and radar", 0, 1),
    ("spatial and radar", 2, 2),
    ("large spatial", 1, 1),
    ("spatial", 4, 1),
    ("features only", 3, 2),
    ("spatial, nothing else", 2, 0),
    ("own convolutions", 0, 1),
    ("own convolutions", 2, 2),
]


class TestGrow:
    def grown(self, network, more_cells, more_symbols, rng):
        return network.grow(network.shape["n_cells"] + more_cells, network.shape["n_symbols"] + more_symbols, rng)

    @pytest.mark.parametrize("kind, more_cells, more_symbols", GROWTHS)
    @pytest.mark.parametrize("with_rng", [False, True])
    def test_old_inputs_have_their_old_values(self, kind, more_cells, more_symbols, with_rng):
        network = build(kind)
        cells, features = observations(network, 9)
        q = network.forward(network.encode(cells, features)).copy()
        bigger = self.grown(network, more_cells, more_symbols, np.random.default_rng(14) if with_rng else None)
        assert bigger.shape == {
            **network.shape,
            "n_cells": network.shape["n_cells"] + more_cells,
            "n_symbols": network.shape["n_symbols"] + more_symbols,
        }
        assert bigger.dtype == network.dtype
        wider = np.concatenate([cells, np.zeros((9, more_cells), np.uint8)], axis=1)
        np.testing.assert_allclose(bigger.forward(bigger.encode(wider, features)), q, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(bigger.q_values(symbol_numbers(wider[0]), features[0]), q[0], rtol=1e-10, atol=1e-10)
        np.testing.assert_array_equal(network.forward(network.encode(cells, features)), q)  # unchanged itself

    @pytest.mark.parametrize("kind, more_cells, more_symbols", GROWTHS)
    def test_the_new_places(self, kind, more_cells, more_symbols):
        """Zero without a generator, random with one; the old places are the same in both."""
        network = build(kind)
        empty = self.grown(network, more_cells, more_symbols, None).get_state()
        filled = self.grown(network, more_cells, more_symbols, np.random.default_rng(15)).get_state()
        n_old = n_new = 0
        for name, old in network.get_state().items():
            new = empty[name] == 0
            n_old, n_new = n_old + int((~new).sum()), n_new + int(new.sum())
            np.testing.assert_array_equal(np.sort(empty[name][~new].ravel()), np.sort(old.ravel()))
            np.testing.assert_array_equal(filled[name][~new], empty[name][~new])
            assert (filled[name][new] != 0).all()
        assert n_old == sum(array.size for array in network.get_state().values())
        assert n_old + n_new == sum(array.size for array in empty.values())

    def test_a_new_symbol_and_a_new_reading_matter(self):
        network = build("board and radar")
        bigger = self.grown(network, 2, 1, np.random.default_rng(16))
        cells, features = observations(network, 1)
        wider = np.concatenate([cells, np.zeros((1, 2), np.uint8)], axis=1)
        q = bigger.q_values(symbol_numbers(wider[0]), features[0])
        new_symbol, new_reading = wider[0].copy(), wider[0].copy()
        new_symbol[0] = network.shape["n_symbols"]
        new_reading[-1] = 1
        assert not np.allclose(bigger.q_values(symbol_numbers(new_symbol), features[0]), q)
        assert not np.allclose(bigger.q_values(symbol_numbers(new_reading), features[0]), q)

    @pytest.mark.parametrize("kind", ["plain", "spatial and radar"])
    def test_the_same_seed_grows_the_same_network(self, kind):
        first, second, other = (
            self.grown(build(kind), 2, 2, np.random.default_rng(seed)).get_state() for seed in (20, 20, 21)
        )
        for name, array in first.items():
            np.testing.assert_array_equal(array, second[name])
        assert any(not np.array_equal(array, other[name]) for name, array in first.items())

    def test_growing_twice_is_growing_once(self):
        for kind in ("board and radar", "spatial and radar"):
            network = build(kind)
            twice = self.grown(self.grown(network, 1, 1, None), 2, 3, None).get_state()
            for name, array in self.grown(network, 3, 4, None).get_state().items():
                np.testing.assert_array_equal(array, twice[name])

    @pytest.mark.parametrize("spatial", [False, True])
    def test_from_a_vocabulary_with_nothing_in_it(self, spatial):
        network = build("spatial" if spatial else "plain", n_symbols=1)
        cells, features = observations(network, 3)
        q = network.forward(network.encode(cells, features)).copy()
        bigger = self.grown(network, 2, 3, np.random.default_rng(17))
        wider = np.concatenate([cells, np.zeros((3, 2), np.uint8)], axis=1)
        np.testing.assert_allclose(bigger.forward(bigger.encode(wider, features)), q, rtol=1e-10)

    def test_the_grown_network_learns_in_all_its_places(self):
        bigger = self.grown(build("spatial and radar"), 2, 2, np.random.default_rng(18))
        x = bigger.encode(*observations(bigger, 40))
        c = np.random.default_rng(19).normal(size=bigger.forward(x).shape)
        bigger.backward(c)
        before = bigger.get_state()
        Adam(bigger.parameters, 0.1).step()
        for name, array in bigger.get_state().items():
            assert (array != before[name]).mean() > 0.5, name
