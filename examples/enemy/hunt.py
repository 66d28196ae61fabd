"""An enemy that learns: train the hunter against a player that runs at random, then put it into the game.

    python examples/enemy/hunt.py

`create_enemy_training_game` is the variant that the hunter is trained in: there it has the keys, and the reward is its
own. `create_game` is the real game, in which you would be the player; the trained hunter hunts by itself.
"""

import sys
from pathlib import Path
from random import choice, randrange

from retro_gamer import TrainedPolicy
from retro_gamer.environment.keys import make_keystroke
from retro_gamer.games import Game

SIDE = 10
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


class Walker:
    def __init__(self):
        self.position = (randrange(SIDE), randrange(SIDE))

    def handle_keystroke(self, key, game):
        dx, dy = STEPS.get(key.name, (0, 0))
        there = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(there):
            self.position = there


class Hunter(Walker):
    name, character = "hunter", "H"

    def play_turn(self, game):
        if game.get_agent_by_name("player").position == self.position:
            game.state["caught"] += 10
            game.end()
        elif game.turn_number >= 60:
            game.end()


class Stroller:
    """Stands in for a player: it walks about at random, and listens to no keys."""

    name, character = "player", "P"

    def __init__(self):
        self.position = (randrange(SIDE), randrange(SIDE))

    def play_turn(self, game):
        dx, dy = choice(list(STEPS.values()))
        there = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(there):
            self.position = there


class TrainedHunter(Hunter):
    ai = None

    def handle_keystroke(self, key, game):
        pass  # the keyboard is the player's

    def play_turn(self, game):
        key = self.ai.get_action(game, agent=self)
        if key is not None:
            super().handle_keystroke(make_keystroke(key), game)
        super().play_turn(game)


def create_enemy_training_game():
    return Game([Hunter(), Stroller()], {"caught": 0}, board_size=(SIDE, SIDE))


def create_game():
    if TrainedHunter.ai is None:
        TrainedHunter.ai = TrainedPolicy("runs/hunter")  # loaded once
    return Game([TrainedHunter(), Stroller()], {"caught": 0}, board_size=(SIDE, SIDE))


def main():
    from retro_gamer.cli import main as retro_gamer

    if not Path("runs/hunter").exists():
        game = f"{__file__}:create_enemy_training_game"
        retro_gamer(
            [
                "create",
                "--game",
                game,
                "--output",
                "runs/hunter",
                "--actions",
                ",".join(STEPS),
                "--reward",
                "caught",
            ]
        )
        retro_gamer(["train", "runs/hunter", "--minutes", "0.2"])
    caught = 0
    for _ in range(20):
        game = create_game()
        game.input_source = Nobody()
        game.start()
        while game.playing:
            game.step()
        caught += game.state["caught"] > 0
    print("The hunter caught", caught, "of 20 players.")


class Nobody:
    """No keys."""

    def collect(self):
        return set()


if __name__ == "__main__":
    sys.exit(main())
