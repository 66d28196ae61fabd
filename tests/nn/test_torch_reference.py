"""What PyTorch 2.13 got for the same numbers. `data/make_torch_reference.py` says how; no PyTorch is needed here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nn_checks import OverImages, full_gradient

from retro_gamer.agents.dqn import td_targets
from retro_gamer.nn import (
    Adam,
    Conv2D,
    Dense,
    KernelGeometry,
    Parameter,
    QNetwork,
    ReLU,
    clip_by_global_norm,
    huber,
)

PATH = Path(__file__).resolve().parent.parent / "data" / "torch_reference.npz"
CLOSE = dict(rtol=1e-10, atol=1e-12)


@pytest.fixture(scope="module")
def torch():
    with np.load(str(PATH), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_the_file_is_small():
    assert PATH.stat().st_size < 100_000


def test_dueling_network_loss_and_gradients(torch):
    network = QNetwork(
        n_cells=6,
        n_symbols=4,
        n_features=2,
        hidden_sizes=(8, 7),
        n_actions=3,
        dueling=True,
        rng=np.random.default_rng(0),
        dtype=np.float64,
    )
    names = {
        "symbols": "weights_0",
        "symbols_bias": "bias_0",
        "dense_0_weights": "weights_1",
        "dense_0_bias": "bias_1",
        "dense_1_weights": "weights_2",
        "dense_1_bias": "bias_2",
    }
    network.set_state({ours: torch["mlp_" + theirs] for ours, theirs in names.items()})
    q = network.forward(network.encode(torch["mlp_cells"], torch["mlp_features"]))
    np.testing.assert_allclose(q, torch["mlp_q"], **CLOSE)
    rows = np.arange(len(q))
    errors = torch["mlp_targets"] - q[rows, torch["mlp_actions"]]
    loss, gradient_of_chosen = huber(errors, torch["mlp_importance"])
    assert loss == pytest.approx(float(torch["mlp_loss"]), rel=1e-12)
    gradient = np.zeros_like(q)
    gradient[rows, torch["mlp_actions"]] = gradient_of_chosen
    network.backward(gradient)
    for ours, parameter in network.named_parameters():
        np.testing.assert_allclose(full_gradient(parameter), torch["mlp_grad_" + names[ours]], **CLOSE)


def test_convolutions(torch):
    rng = np.random.default_rng(0)
    n_flat, n_outputs = torch["conv_weights_2"].shape
    size = torch["conv_image"].shape[1:3]
    first = Conv2D(3, 4, rng, KernelGeometry(*size), dtype=np.float64)
    second = Conv2D(4, 6, rng, KernelGeometry(*size, stride=2), dtype=np.float64)
    dense = Dense(n_flat, n_outputs, rng, dtype=np.float64)
    layers, learning = [OverImages(first), ReLU(), OverImages(second), ReLU()], [first, second, dense]
    for i, layer in enumerate(learning):
        layer.weights.value[...] = torch[f"conv_weights_{i}"]
        layer.bias.value[...] = torch[f"conv_bias_{i}"]
    y = torch["conv_image"]
    for layer in layers:
        y = layer.forward(y)
    np.testing.assert_allclose(dense.forward(y.reshape(len(y), -1)), torch["conv_output"], **CLOSE)
    gradient = dense.backward(torch["conv_output_gradient"]).reshape(y.shape)
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    np.testing.assert_allclose(gradient, torch["conv_grad_image"], **CLOSE)
    for i, layer in enumerate(learning):
        np.testing.assert_allclose(layer.weights.gradient, torch[f"conv_grad_weights_{i}"], **CLOSE)
        np.testing.assert_allclose(layer.bias.gradient, torch[f"conv_grad_bias_{i}"], **CLOSE)


def test_huber(torch):
    errors = torch["huber_errors"]
    for error, loss, slope in zip(errors, torch["huber_losses"], torch["huber_slopes"]):
        mine = huber(np.array([error]))
        assert mine[0] == pytest.approx(loss, rel=1e-12)
        assert mine[1][0] == pytest.approx(-slope, rel=1e-12)
    loss, gradient = huber(errors, torch["huber_importance"])
    assert loss == pytest.approx(float(torch["huber_weighted_mean"]), rel=1e-12)
    np.testing.assert_allclose(gradient, -torch["huber_weighted_gradient"], **CLOSE)


def test_adam(torch):
    parameter = Parameter(torch["adam_start"].copy())
    adam = Adam([parameter], 0.01)
    for gradient, value in zip(torch["adam_gradients"], torch["adam_values"]):
        parameter.gradient[...] = gradient
        adam.step()
        np.testing.assert_allclose(parameter.value, value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("limit", [1, 100])
def test_clipping(torch, limit):
    parameters = [Parameter(torch[f"clip_gradient_{i}"]) for i in range(3)]
    for i, parameter in enumerate(parameters):
        parameter.gradient = torch[f"clip_gradient_{i}"].copy()
    assert clip_by_global_norm(parameters, float(limit)) == pytest.approx(float(torch["clip_norm"]), rel=1e-12)
    for i, parameter in enumerate(parameters):
        # PyTorch divides by the norm plus 1e-6.
        np.testing.assert_allclose(parameter.gradient, torch[f"clip_{limit}_result_{i}"], rtol=1e-6)


def test_targets(torch):
    rewards, discounts = torch["target_rewards"], torch["target_gamma"] * (1 - torch["target_done"])
    next_target, next_online = torch["target_next_target"], torch["target_next_online"]
    np.testing.assert_allclose(td_targets(rewards, discounts, next_target, None), torch["target_dqn"], **CLOSE)
    np.testing.assert_allclose(td_targets(rewards, discounts, next_target, next_online), torch["target_double_dqn"], **CLOSE)
