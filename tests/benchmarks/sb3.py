"""Measures Stable-Baselines3's DQN, on the original's snake environment and on CartPole."""

from __future__ import annotations

import os
from typing import Any, Dict, Tuple

from sb3_settings import CARTPOLE_DQN
from stopwatch import Stopwatch, peak_megabytes, random_choices, serve


def learn(model: Any, options: Dict[str, Any]) -> None:
    """Steps a second of `model.learn`."""
    from stable_baselines3.common.callbacks import BaseCallback

    watch = Stopwatch(
        options["seconds"],
        options["warm_up"],
        options.get("warm_up_count", 0),
        lambda: {"megabytes": peak_megabytes()},
    )

    class Watch(BaseCallback):
        def _on_step(self) -> bool:
            watch.tick(self.num_timesteps)
            return True

    model.learn(10**9, callback=Watch())


def make_snake(run: str, max_turns: int) -> Any:
    """The original's environment, as Gymnasium has them."""
    import gymnasium
    import numpy as np
    from original import make_trainer

    env = make_trainer(run).env

    class Snake(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(0, 1, (env.metadata.obs_size,), np.float32)
        action_space = gymnasium.spaces.Discrete(env.metadata.n_actions)

        def reset(self, *, seed: Any = None, options: Any = None) -> Tuple[Any, Dict]:
            self.turn = 0
            return env.reset(), {}

        def step(self, action: int) -> Tuple[Any, float, bool, bool, Dict]:
            self.turn += 1
            keys = env.metadata.actions
            observation, reward, done = env.step(keys[action] if action < len(keys) else None)
            return observation, reward, done, not done and self.turn >= max_turns, {}

    return Snake()


def fill(model: Any, env: Any, turns: int) -> None:
    """Fill its replay buffer with random play."""
    import numpy as np

    observation = env.reset()[0]
    for _, action in zip(range(turns), random_choices(range(int(env.action_space.n)))):
        next_observation, reward, terminated, truncated, _ = env.step(action)
        model.replay_buffer.add(
            observation[None],
            next_observation[None],
            np.array([action]),
            np.array([reward]),
            np.array([terminated]),
            [{}],
        )
        observation = env.reset()[0] if terminated or truncated else next_observation


def snake(options: Dict[str, Any]) -> None:
    """Its DQN with the settings of our config.toml, without prioritization, which it does not have."""
    import torch
    from stable_baselines3 import DQN

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    env = make_snake(options["run"], 2000)
    model = DQN(
        "MlpPolicy",
        env,
        learning_rate=1e-4,
        buffer_size=options["fill"],
        learning_starts=0,
        batch_size=64,
        gamma=0.99,
        train_freq=4 * options.get("steps", 1),
        gradient_steps=options.get("steps", 1),
        target_update_interval=500,
        exploration_initial_eps=0.05,
        exploration_final_eps=0.05,
        max_grad_norm=10,
        policy_kwargs={"net_arch": [128, 64]},
        seed=0,
    )
    fill(model, env, options["fill"])
    learn(model, options)


def cartpole(options: Dict[str, Any]) -> None:
    """Its DQN on CartPole-v1 with the settings of its zoo (rl-zoo3, hyperparams/dqn.yml)."""
    import gymnasium
    import torch
    from stable_baselines3 import DQN

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    model = DQN(
        "MlpPolicy",
        gymnasium.make("CartPole-v1"),
        **{**CARTPOLE_DQN, "exploration_initial_eps": 0.04},  # as late in its training
        seed=0,
    )
    learn(model, options)


if __name__ == "__main__":
    serve([snake, cartpole])
