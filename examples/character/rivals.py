"""A trained policy as a character of a game, in one line; and a game of you against it.

    python examples/character/rivals.py

Trains the bundled snake for a minute, if there is no run yet. Then a snake of the policy's and an easier one eat on one
board. With a keyboard you would be the third: give the game a SnakeHead of your own. To play the same game as the policy,
one after the other, and see who got further:

    retro-gamer play runs/snake --human
"""

from pathlib import Path
from random import randrange

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.environment.keys import KeyInput
from retro_gamer.games.snake import HEIGHT, WIDTH, Apple, Game, SnakeHead

if not Path("runs/snake").exists():
    main(["create", "--game", "snake", "--output", "runs/snake"])
    main(["train", "runs/snake", "--minutes", "1"])

AISnake = TrainedPolicy("runs/snake").character(SnakeHead)
EasySnake = TrainedPolicy("runs/snake", epsilon=0.2).character(SnakeHead, name="easy snake")


def create_game():
    snakes = [AISnake((8, 4), "KEY_RIGHT"), EasySnake((WIDTH - 8, HEIGHT - 4), "KEY_LEFT")]
    apple = Apple()
    apple.position = (randrange(WIDTH), HEIGHT // 2)
    return Game([*snakes, apple], {"score": 0, "reward": 0, "energy": 150}, board_size=(WIDTH, HEIGHT), framerate=12)


if __name__ == "__main__":
    create_game().play(input_source=KeyInput())
