"""A student's game with a space bar, and a key that ends it. It says nothing to the trainer about itself."""

import random

from retro_gamer.games import Game


class Ship:
    name = "ship"
    character = "A"

    def __init__(self):
        self.position = (4, 5)

    def handle_keystroke(self, keystroke, game):
        x, y = self.position
        if keystroke.name == "KEY_LEFT" and x > 0:
            self.position = (x - 1, y)
        elif keystroke.name == "KEY_RIGHT" and x < 8:
            self.position = (x + 1, y)
        elif keystroke == " ":
            game.add_agent(Shot((x, y - 1)))
        elif keystroke == "q":
            game.end()


class Shot:
    character = "|"

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        x, y = self.position
        alien = game.get_agent_by_name("alien")
        if (x, y - 1) == alien.position:
            game.state["score"] += 1
            alien.position = (random.randint(0, 8), 0)
        if y == 0:
            game.remove_agent(self)
        else:
            self.position = (x, y - 1)


class Alien:
    name = "alien"
    character = "M"

    def __init__(self):
        self.position = (random.randint(0, 8), 0)


def create_game():
    return Game([Ship(), Alien()], {"score": 0, "level": 1}, board_size=(9, 6))
