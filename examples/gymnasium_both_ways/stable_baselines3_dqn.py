"""Another library learns one of our games: Stable-Baselines3's DQN on a retro game wrapped for Gymnasium.

pip install stable-baselines3 gymnasium
python examples/gymnasium_both_ways/stable_baselines3_dqn.py --game forager --turns 30000
"""

from __future__ import annotations

import argparse

import gymnasium
import numpy as np
from stable_baselines3 import DQN
from stable_baselines3.common.monitor import Monitor

GAME = "retro_gamer.policy.gymnasium_env:retro_gamer/Game-v0"


def play(model: DQN, env: gymnasium.Env, games: int) -> np.ndarray:
    """The total rewards of greedy games [games]."""
    returns = np.zeros(games)
    for game in range(games):
        observation, _ = env.reset(seed=game)
        over = False
        while not over:
            action, _ = model.predict(observation, deterministic=True)
            observation, reward, terminated, truncated, _ = env.step(int(action))
            returns[game] += reward
            over = terminated or truncated
    return returns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--game", default="forager", help="as for retro-gamer create --game")
    parser.add_argument("--turns", type=int, default=30000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    env = Monitor(gymnasium.make(GAME, game=options.game))
    # The symbols of a MultiDiscrete observation become one-hot inside Stable-Baselines3.
    model = DQN(
        "MlpPolicy",
        env,
        learning_rate=5e-4,
        buffer_size=20000,
        learning_starts=1000,
        target_update_interval=500,
        exploration_fraction=0.5,
        exploration_final_eps=0.05,
        policy_kwargs={"net_arch": [128, 64]},
        seed=options.seed,
    )
    test_env = gymnasium.make(GAME, game=options.game, render_mode="ansi")
    before = play(model, test_env, 20)
    model.learn(options.turns)
    after = play(model, test_env, 20)
    print(test_env.render())
    print(
        f"{options.game}: mean reward of 20 greedy games {before.mean():.2f} before and {after.mean():.2f} after "
        f"{options.turns} turns."
    )


if __name__ == "__main__":
    main()
