"""A slow game: it waits two milliseconds a turn, as beginners' games do. Water flowers before they wilt."""

from random import randrange
from time import sleep

from retro_gamer.games import Game

SIDE = 6
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


class Gardener:
    name, character = "gardener", "G"

    def __init__(self):
        self.position = (0, 0)

    def handle_keystroke(self, key, game):
        dx, dy = STEPS.get(key.name, (0, 0))
        there = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(there):
            self.position = there

    def play_turn(self, game):
        sleep(0.002)
        flower = game.get_agent_by_name("flower")
        if flower.position == self.position:
            game.state["score"] += 1
            flower.position = (randrange(SIDE), randrange(SIDE))
            self.since = 0
        self.since = getattr(self, "since", 0) + 1
        if self.since > 25 or game.turn_number >= 150:
            game.end()


class Flower:
    name, character = "flower", "f"

    def __init__(self):
        self.position = (randrange(SIDE), randrange(SIDE))


def create_game():
    return Game([Gardener(), Flower()], {"score": 0}, board_size=(SIDE, SIDE))


def by_hand(game):
    (x, y), (fx, fy) = game.get_agent_by_name("gardener").position, game.get_agent_by_name("flower").position
    if fx != x:
        return "KEY_LEFT" if fx < x else "KEY_RIGHT"
    return "KEY_UP" if fy < y else "KEY_DOWN" if fy > y else None
