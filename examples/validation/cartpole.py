"""CartPole-v1 with the settings that Stable-Baselines3 publishes for its DQN: 500 is the most a game can give.

    pip install gymnasium
    python examples/validation/cartpole.py --seeds 5

Settings: https://github.com/DLR-RM/rl-baselines3-zoo, hyperparams/dqn.yml. From the command line the same is

    retro-gamer create --game gym:CartPole-v1 --output runs/cartpole --training-turns 50000 \\
      --training-episodes 100000 --learning-rate 0.0023 --learning-rate-decay 1 --batch-size 64 \\
      --memory-capacity 100000 --learning-starts 1000 --gamma 0.99 --target-update-freq 10 --train-every 256 \\
      --gradient-steps 128 --epsilon-decay-turns 8000 --epsilon-min 0.04 --hidden-sizes 256,256 --no-double \\
      --no-prioritize-experiences --n-step 1 --reward-scale 1 --evaluate-every 2000 --evaluation-games 20 \\
      --average-steps 0
    retro-gamer train runs/cartpole
    retro-gamer evaluate runs/cartpole --games 20 --checkpoint best
"""

from __future__ import annotations

import tempfile

import numpy as np
from gridworlds import Clock, parse_arguments, print_table

from retro_gamer.commands.create import create_run
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer, evaluate
from retro_gamer.training.player import load_player

SETTINGS = dict(
    training_episodes=100_000,
    learning_rate=2.3e-3,
    learning_rate_min=0.0,
    learning_rate_decay=1.0,
    batch_size=64,
    memory_capacity=100_000,
    learning_starts=1000,
    gamma=0.99,
    target_update_freq=10,
    train_every=256,
    gradient_steps=128,
    epsilon=1.0,
    epsilon_decay_turns=8000,
    epsilon_min=0.04,
    hidden_sizes=[256, 256],
    dueling=False,
    double=False,
    prioritize_experiences=False,
    n_step=1,
    reward_scale=1.0,
    evaluate_every=2000,
    evaluation_games=20,
    average_steps=0,
)
GAMES, FIRST_SEED = 20, 0  # apart from the seeds of training's own evaluations


def train(folder: str, seed: int, turns: int):
    """(mean of the last policy, of the best by training's own evaluations, share of those at 500 in the last half)."""
    create_run("gym:CartPole-v1", folder, {**SETTINGS, "seed": seed, "training_turns": turns})
    trainer = Trainer(RunDirectory(folder))
    seen = []
    trainer.train(on_episode=lambda status: seen.append((status.turns, status.evaluation)))
    evaluations = {id(evaluation): evaluation.mean for played, evaluation in seen if evaluation and played > turns / 2}
    last = evaluate(trainer.evaluation_environment, trainer.agent, GAMES, FIRST_SEED).mean
    best = load_player(RunDirectory(folder), "best")
    return (
        last,
        evaluate(best.environment, best.agent, GAMES, FIRST_SEED).mean,
        np.mean([mean == 500 for mean in evaluations.values()]),
    )


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], seeds=5, first_seed=0, turns=50_000)
    rows, good = [], [0, 0]
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            last, best, share = train(folder + "/run", seed, options.turns)
        good = [good[0] + (last == 500), good[1] + (best == 500)]
        rows.append([seed, "500.0", f"{last:.1f}", f"{best:.1f}", f"{share:.0%}", str(clock)])
        print(*rows[-1], sep="  ", flush=True)
    print_table(
        [
            "seed",
            "published",
            f"last policy, {GAMES} games",
            f"best.npz, {GAMES} games",
            "evaluations at 500 in the last half",
            "time",
        ],
        rows,
    )
    print(f"500.0 in {good[1]} of {options.seeds} seeds with best.npz, in {good[0]} with the last policy.")


if __name__ == "__main__":
    main()
