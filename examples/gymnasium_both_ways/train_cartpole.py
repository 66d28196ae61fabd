"""A Gymnasium environment, trained here (needs gymnasium).

    python examples/gymnasium_both_ways/train_cartpole.py

Trains CartPole for a quarter of a minute, into runs/cartpole, and lets the policy act in the environment.
"""

from pathlib import Path

import gymnasium

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main

RUN = Path("runs/cartpole")

if not RUN.exists():
    main(["create", "--game", "gym:CartPole-v1", "--output", str(RUN)])
    main(["train", str(RUN), "--minutes", "0.25"])

ai, environment = TrainedPolicy(RUN), gymnasium.make("CartPole-v1")
observation, _ = environment.reset(seed=1)
turns, over = 0, False
while not over:
    observation, _, terminated, truncated, _ = environment.step(ai.predict(observation))
    turns, over = turns + 1, terminated or truncated
print("It balanced the pole for", turns, "turns.")
