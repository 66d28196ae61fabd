"""A game of 10 x 10 cells, the size of MinAtar's (Young & Tian 2019): a convolution against a flat network.

    python examples/validation/pixel_game.py --turns 20000 --seeds 3

Meteors ('*') and gold ('$') fall, one cell a turn, into a valley with a cart ('A') at the bottom. A piece of gold that
falls on the cart is worth 1, a meteor ends the game, and so does turn 300. The same small patch of sky looks the same
above every column; a convolution learns that once, a flat network ten times.
"""

from __future__ import annotations

import tempfile
from random import random, randrange

from gridworlds import Clock, mean_and_interval, parse_arguments, print_table

from retro_gamer.commands.create import create_run
from retro_gamer.games import Game
from retro_gamer.training import Trainer, evaluate, random_play

SIZE, TURNS = 10, 300
METEORS, GOLD = 0.5, 0.3  # chance of a new one in each turn
STEPS = {"KEY_LEFT": -1, "KEY_RIGHT": 1}

SETTINGS = dict(
    actions=list(STEPS),
    reward="score",
    character_set=["A", "*", "$"],
    board=True,
    egocentric_radius=0,
    radar=False,
    hidden_sizes=[128],
    learning_rate=5e-4,
    learning_rate_min=0.0,
    learning_rate_decay=1.0,
    gamma=0.95,
    batch_size=64,
    memory_capacity=50000,
    learning_starts=1000,
    train_every=4,
    gradient_steps=1,
    target_update_freq=500,
    double=True,
    dueling=False,
    n_step=1,
    prioritize_experiences=False,
    epsilon=1.0,
    epsilon_min=0.02,
    reward_scale=1.0,
    evaluate_every=0,
    training_episodes=10**6,
)


class Cart:
    """Rolls one cell to the side for an arrow key."""

    name = "cart"
    character = "A"

    def __init__(self):
        self.position = (SIZE // 2, SIZE - 1)

    def handle_keystroke(self, keystroke, game):
        x = self.position[0] + STEPS.get(keystroke.name, 0)
        if 0 <= x < SIZE:
            self.position = (x, SIZE - 1)


class Falling:
    """A meteor or a piece of gold."""

    z = 1

    def __init__(self, character, x):
        self.character, self.position = character, (x, 0)


class Sky:
    """Not to be seen. Lets everything fall, counts what falls on the cart, and throws in something new."""

    display = False

    def play_turn(self, game):
        cart = game.get_agent_by_name("cart")
        for thing in [agent for agent in game.agents if isinstance(agent, Falling)]:
            x, y = thing.position
            if y + 1 == SIZE:
                game.remove_agent(thing)
                continue
            thing.position = (x, y + 1)
            if thing.position == cart.position:
                if thing.character == "*":
                    game.end()
                else:
                    game.state["score"] += 1
        for character, chance in (("*", METEORS), ("$", GOLD)):
            if random() < chance:
                game.add_agent(Falling(character, randrange(SIZE)))
        if game.turn_number >= TURNS:
            game.end()


def create_game():
    """A new game: an empty sky."""
    return Game([Cart(), Sky()], {"score": 0}, board_size=(SIZE, SIZE))


def main() -> None:
    options = parse_arguments(__doc__.splitlines()[0], turns=20000, seeds=3, games=100)
    rows, results = [], {True: [], False: []}
    for seed in range(options.seeds):
        for spatial in (True, False):
            clock = Clock()
            with tempfile.TemporaryDirectory() as folder:
                flags = {
                    **SETTINGS,
                    "spatial": spatial,
                    "seed": seed,
                    "training_turns": options.turns,
                    "epsilon_decay_turns": options.turns // 2,
                }
                trainer = Trainer(create_run(f"{__file__}:create_game", folder + "/run", flags).run)
                trainer.train()
                mean, half = mean_and_interval(
                    evaluate(trainer.evaluation_environment, trainer.agent, options.games, seed=0).returns
                )
                chance = random_play(trainer.evaluation_environment, options.games, seed=0).mean
            results[spatial].append(mean)
            rows.append(
                [
                    seed,
                    "convolution" if spatial else "flat",
                    options.turns,
                    f"{mean:.2f} +- {half:.2f}",
                    f"{chance:.2f}",
                    str(clock),
                ]
            )
            print(*rows[-1], sep="  ", flush=True)
    print_table(["seed", "network", "turns", f"gold in {options.games} greedy games", "random play", "time"], rows)
    worst, best = min(results[True]), max(results[False])
    print(
        f"The worst of the convolutions found {worst:.1f}, the best of the flat networks {best:.1f}: the convolution "
        f"{'wins on every seed' if worst > best else 'does not win on every seed'}."
    )


if __name__ == "__main__":
    main()
