"""Lunar lander: space burns fuel. Softly on the ground is 100 points, hard is -100; fuel left counts too."""

import random

from retro.game import Game

H = 24


class Lander:
    name, character, color = "lander", "A", "white"

    def __init__(self):
        self.h, self.v = random.uniform(15, 22), random.uniform(-1, 0.2)
        self.position = (5, H - 1 - round(self.h))
        self.burn = False

    def handle_keystroke(self, key, game):
        if key == " " and game.state["fuel"] > 0:
            game.state["fuel"] -= 1
            self.burn = True

    def play_turn(self, game):
        self.v += -0.06 + (0.15 if self.burn else 0)
        self.burn = False
        self.h += self.v * 0.5
        game.state["speed"] = round(self.v, 2)
        game.state["height"] = round(self.h, 1)
        if self.h >= H - 1:
            self.h, self.v = H - 1, min(self.v, 0)
        if self.h <= 0:
            game.state["score"] += (100 + game.state["fuel"]) if self.v > -0.5 else -100
            self.h = 0
            game.end()
        self.position = (5, H - 1 - round(self.h))


def create_game():
    return Game([Lander()], {"score": 0, "fuel": 60, "speed": 0.0, "height": 20.0}, board_size=(11, H))
