"""An observation of one's own: a function that says what the agent sees, here a short tuple for a table.

    python examples/own_observation/number_game.py

The target is hidden on a line of 20 cells; the agent only knows whether it is to its left, to its right, or here. A table
with three rows is enough.
"""

import sys
from pathlib import Path
from random import randrange

from retro_gamer.games import Game

LENGTH = 20


class Seeker:
    name, character = "seeker", "S"

    def __init__(self):
        self.position = (randrange(LENGTH), 0)

    def handle_keystroke(self, key, game):
        x = self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if 0 <= x < LENGTH:
            self.position = (x, 0)

    def play_turn(self, game):
        if self.position[0] == game.get_agent_by_name("target").position[0]:
            game.state["score"] += 1
            game.get_agent_by_name("target").position = (randrange(LENGTH), 0)
        if game.turn_number >= 100:
            game.end()


class Target:
    name, display = "target", False

    def __init__(self):
        self.position = (randrange(LENGTH), 0)


def create_game():
    return Game([Seeker(), Target()], {"score": 0}, board_size=(LENGTH, 1))


def observe(game):
    here, there = (game.get_agent_by_name(name).position[0] for name in ("seeker", "target"))
    return ((there > here) - (there < here),)


if __name__ == "__main__":
    from retro_gamer.cli import main

    run = Path("runs/seeker")
    if not run.exists():
        create = ["create", "--game", __file__, "--output", str(run), "--algorithm", "q_learning"]
        main([*create, "--observation-function", "number_game:observe", "--training-turns", "10000"])
    sys.exit(main(["train", str(run)]))
