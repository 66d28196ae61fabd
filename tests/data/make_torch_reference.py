"""Computes tests/data/torch_reference.npz: what PyTorch gets for the computations that retro_gamer.nn does by hand.

Needs PyTorch (made with 2.13, on the CPU) and is run by hand, once:

    python tests/data/make_torch_reference.py

Everything is in float64, and nothing of retro_gamer is used here, so that no mistake can be made twice. Arrays are
stored the way retro_gamer.nn lays them out; this script turns them into PyTorch's layout and back:

    dense weights    ours [n_inputs, n_outputs]                      torch [n_outputs, n_inputs]
    images           ours [batch, height, width, channels]           torch [batch, channels, height, width]
    conv weights     ours [kernel * kernel * n_inputs, n_outputs]    torch [n_outputs, n_inputs, kernel, kernel]

Names in the file: mlp_*, conv_*, huber_*, adam_*, clip_*, target_*; *_grad_* are gradients by autograd.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(20240607)
saved = {}


def keep(name, value):
    saved[name] = np.array(value.detach().numpy() if isinstance(value, torch.Tensor) else value)
    return saved[name]


def leaf(name, value):
    """Keep the array, and return it as a tensor whose gradient is wanted."""
    return torch.tensor(keep(name, value), requires_grad=True)


def keep_gradients(prefix, tensors):
    for name, tensor in tensors.items():
        keep(f"{prefix}_grad_{name}", tensor.grad)


# A dueling multilayer perceptron on one-hot symbols and features, with a weighted Huber loss on the actions taken.
batch, n_cells, n_symbols, n_features, n_actions = 5, 6, 4, 2, 3
cells = keep("mlp_cells", rng.integers(0, n_symbols, (batch, n_cells)).astype(np.uint8))
features = keep("mlp_features", rng.normal(size=(batch, n_features)))
one_hot = np.concatenate([features, *[(cells == symbol) * 1.0 for symbol in range(1, n_symbols)]], axis=1)
sizes = [one_hot.shape[1], 8, 7, 1 + n_actions]
weights = {}
for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
    weights[f"weights_{i}"] = leaf(f"mlp_weights_{i}", rng.normal(size=(n_in, n_out)))
    weights[f"bias_{i}"] = leaf(f"mlp_bias_{i}", rng.normal(size=n_out))
y = torch.tensor(one_hot)
for i in range(3):
    y = F.linear(y, weights[f"weights_{i}"].T, weights[f"bias_{i}"])
    if i < 2:
        y = F.relu(y)
q = y[:, :1] + y[:, 1:] - y[:, 1:].mean(dim=1, keepdim=True)
keep("mlp_q", q)
actions = keep("mlp_actions", rng.integers(0, n_actions, batch))
chosen = q[torch.arange(batch), torch.tensor(actions)]
targets = keep("mlp_targets", chosen.detach().numpy() + np.array([0.3, -0.8, 2.5, -4.0, 0.0]))
importance = keep("mlp_importance", np.array([1.0, 0.25, 0.5, 0.7, 0.9]))
loss = (F.huber_loss(chosen, torch.tensor(targets), delta=1.0, reduction="none") * torch.tensor(importance)).mean()
loss.backward()
keep("mlp_loss", loss)
keep_gradients("mlp", weights)

# Two convolutions with zero padding, strides 1 and 2, and a dense layer on all that comes out.
batch, height, width, channels, filters = 2, 5, 7, 3, (4, 6)
image = leaf("conv_image", rng.normal(size=(batch, height, width, channels)))
tensors = {"image": image}
y, n_in = image.permute(0, 3, 1, 2), channels
for i, (n_out, stride) in enumerate(zip(filters, (1, 2))):
    rows = leaf(f"conv_weights_{i}", rng.normal(size=(9 * n_in, n_out)))
    bias = leaf(f"conv_bias_{i}", rng.normal(size=n_out))
    tensors[f"weights_{i}"], tensors[f"bias_{i}"] = rows, bias
    kernel = rows.reshape(3, 3, n_in, n_out).permute(3, 2, 0, 1)
    y = F.relu(F.conv2d(y, kernel, bias, stride=stride, padding=1))
    n_in = n_out
y = y.permute(0, 2, 3, 1).reshape(batch, -1)
tensors["weights_2"] = leaf("conv_weights_2", rng.normal(size=(y.shape[1], 2)))
tensors["bias_2"] = leaf("conv_bias_2", rng.normal(size=2))
y = F.linear(y, tensors["weights_2"].T, tensors["bias_2"])
keep("conv_output", y)
y.backward(torch.tensor(keep("conv_output_gradient", rng.normal(size=(batch, 2)))))
keep_gradients("conv", tensors)

# The Huber loss below, at and past its threshold of 1, each error alone and as a weighted mean.
errors = np.array([0.0, 0.25, -0.5, 0.999999, 1.0, -1.0, 1.000001, -1.5, 3.0, -100.0])
errors_tensor = leaf("huber_errors", errors)
each = F.huber_loss(errors_tensor, torch.zeros(len(errors)), delta=1.0, reduction="none")
each.sum().backward()
keep("huber_losses", each)
keep("huber_slopes", errors_tensor.grad)
importance = keep("huber_importance", rng.uniform(0.1, 1.0, len(errors)))
errors_tensor.grad = None
loss = (F.huber_loss(errors_tensor, torch.zeros(len(errors)), delta=1.0, reduction="none") * torch.tensor(importance)).mean()
loss.backward()
keep("huber_weighted_mean", loss)
keep("huber_weighted_gradient", errors_tensor.grad)

# Adam, 20 steps on given gradients.
value = leaf("adam_start", rng.normal(size=(4, 3)))
gradients = keep("adam_gradients", rng.normal(size=(20, 4, 3)) * np.array([1.0, 1e-3, 1e3]))
adam = torch.optim.Adam([value], lr=0.01, betas=(0.9, 0.999), eps=1e-8)
steps = []
for gradient in gradients:
    value.grad = torch.tensor(gradient)
    adam.step()
    steps.append(value.detach().numpy().copy())
keep("adam_values", np.array(steps))

# Clipping by the common norm of three arrays, which is above the limit 1 and below the limit 100.
arrays = [keep(f"clip_gradient_{i}", rng.normal(size=shape) * 2) for i, shape in enumerate([(3, 4), (5,), (2, 2)])]
for limit in (1.0, 100.0):
    tensors = [torch.zeros(array.shape, requires_grad=True) for array in arrays]
    for tensor, array in zip(tensors, arrays):
        tensor.grad = torch.tensor(array)
    keep("clip_norm", torch.nn.utils.clip_grad_norm_(tensors, limit))
    for i, tensor in enumerate(tensors):
        keep(f"clip_{limit:.0f}_result_{i}", tensor.grad)

# Targets: DQN (Mnih et al. 2015) and Double DQN (van Hasselt et al. 2016).
batch, n_actions, gamma = 8, 4, 0.97
rewards = torch.tensor(keep("target_rewards", rng.normal(size=batch)))
done = torch.tensor(keep("target_done", np.array([0, 1, 0, 0, 1, 0, 0, 0.0])))
next_target = torch.tensor(keep("target_next_target", rng.normal(size=(batch, n_actions))))
next_online = torch.tensor(keep("target_next_online", rng.normal(size=(batch, n_actions))))
keep("target_gamma", gamma)
keep("target_dqn", rewards + gamma * next_target.max(dim=1).values * (1 - done))
best = next_online.argmax(dim=1, keepdim=True)
keep("target_double_dqn", rewards + gamma * next_target.gather(1, best).squeeze(1) * (1 - done))

keep("torch_version", torch.__version__)
np.savez_compressed(Path(__file__).with_name("torch_reference.npz"), **saved)
