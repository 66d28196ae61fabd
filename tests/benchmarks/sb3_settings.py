"""Settings of Stable-Baselines3 that several benchmarks train with."""

from __future__ import annotations

from typing import Any, Dict

# rl-zoo3, hyperparams/dqn.yml
CARTPOLE_DQN: Dict[str, Any] = dict(
    learning_rate=2.3e-3,
    batch_size=64,
    buffer_size=100_000,
    learning_starts=1000,
    gamma=0.99,
    target_update_interval=10,
    train_freq=256,
    gradient_steps=128,
    exploration_fraction=0.16,
    exploration_final_eps=0.04,
    policy_kwargs={"net_arch": [256, 256]},
)
