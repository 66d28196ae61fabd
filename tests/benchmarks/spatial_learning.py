"""How well a spatial network plays after so many turns: that of whichever `retro_gamer` this Python imports.

    PYTHONPATH=. python tests/benchmarks/spatial_learning.py --board 10 10 --turns 5000 10000 --seed 0
    /path/to/peers/bin/python tests/benchmarks/spatial_learning.py --board 10 10 --turns 5000 10000 --seed 0

The game is retro.examples.snake, on a board of any size. Both learn with the original's settings and from the same share of
random actions, which falls with the turns. Printed: the mean return of 100 greedy games of at most 300 turns, and its
standard error.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from random import choice, randint
from typing import Any, List

import numpy as np
import retro.examples.snake as snake
from retro.game import Game

from retro_gamer import DQNTrainer, GameMetadata

GAMES, MAX_TURNS = 100, 300
DIRECTIONS = {">": (1, 0), "^": (0, -1), "<": (-1, 0), "v": (0, 1)}
OWN = dict(double=False, dueling=False, reward_scale=1.0, evaluate_every=0)  # what only our trainer knows


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", type=int, nargs=2, default=[32, 16])
    parser.add_argument("--turns", type=int, nargs="+", default=[5000, 10000])
    parser.add_argument("--exploration", type=int, default=6000, help="turns until epsilon has fallen from 1 to 0.05")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--flat", action="store_true", help="without convolutions")
    return parser.parse_args()


options = parse_arguments()


def create_game() -> Any:
    """What `snake.create_game` does, on the board asked for."""
    head, apple = snake.SnakeHead(), snake.Apple()
    width, height = options.board
    game = Game(
        [head, apple],
        {"score": 0, "reward": 0, "energy": 150, "apple_dx": 0.0, "apple_dy": 0.0},
        board_size=(width, height),
    )
    head.position = (randint(1, width - 2), randint(1, height - 2))
    head.character = choice(list(DIRECTIONS))
    head.direction = DIRECTIONS[head.character]
    apple.relocate(game)
    return game


class Ours:
    def __init__(self, folder: str, metadata: GameMetadata, **settings: Any):
        self.trainer = DQNTrainer(
            create_game,
            metadata,
            folder,
            seed=options.seed,
            epsilon_decay_turns=options.exploration,
            **OWN,
            **settings,
        )
        self.inner = self.trainer.trainer
        self.inner.checkpoints.save_state = lambda: True  # saves nothing that anybody needs here

    def after_game(self) -> int:
        return self.inner.turns

    def greedy_returns(self) -> np.ndarray:
        from retro_gamer.training import evaluate

        environment = self.inner.evaluation_environment
        environment.max_turns = MAX_TURNS
        return evaluate(environment, self.inner.agent, GAMES, seed=0).returns


class Original:
    def __init__(self, folder: str, metadata: GameMetadata, **settings: Any):
        import torch

        torch.manual_seed(options.seed)
        torch.set_num_threads(1)
        self.to_tensor = torch.as_tensor
        self.trainer = DQNTrainer(create_game, metadata, folder, preprocessing=dict(spatial=metadata.spatial), **settings)

    def after_game(self) -> int:
        turns = self.trainer.total_steps
        self.trainer.epsilon = max(0.05, 1 - 0.95 * turns / options.exploration)  # of itself it would fall with the games
        return turns

    def greedy_returns(self) -> np.ndarray:
        trainer, returns = self.trainer, []
        kept, epsilon, trainer.epsilon = (random.getstate(), np.random.get_state()), trainer.epsilon, 0.0
        for game in range(GAMES):
            random.seed(game)
            observation, done, turn, total = trainer.env.reset(), False, 0, 0.0
            while not done and turn < MAX_TURNS:
                action = trainer._select_action(self.to_tensor(observation, dtype=self.to_tensor(0.0).dtype))
                observation, reward, done = trainer.env.step(trainer._idx_to_key(action))
                turn, total = turn + 1, total + reward
            returns.append(total)
        random.setstate(kept[0])
        np.random.set_state(kept[1])
        trainer.epsilon = epsilon
        return np.array(returns)


class Over(Exception):
    """Enough turns."""


def main() -> None:
    random.seed(options.seed)
    np.random.seed(options.seed)
    side = Original if hasattr(DQNTrainer, "_train_step") else Ours
    metadata = GameMetadata(
        actions=["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"],
        reward="reward",
        spatial=not options.flat,
        character_set=["*", "<", ">", "@", "^", "v"],
        board_size=tuple(options.board),
    )
    goals: List[int] = sorted(options.turns)
    with tempfile.TemporaryDirectory() as folder:
        learner = side(folder, metadata, training_episodes=10**9, learning_rate=1e-4, learning_rate_decay=1.0)

        def on_episode() -> None:
            turns = learner.after_game()
            if turns >= goals[0]:
                returns = learner.greedy_returns()
                print(
                    f"{side.__name__}, seed {options.seed}, {turns} turns: return {returns.mean():.1f} +/- "
                    f"{returns.std() / GAMES**0.5:.1f}",
                    flush=True,
                )
                del goals[0]
                if not goals:
                    raise Over

        try:
            learner.trainer.train(on_episode=on_episode)
        except Over:
            pass


if __name__ == "__main__":
    main()
