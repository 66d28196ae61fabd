"""A student's game that nobody can steer, with two numbers that could both be the goal."""

from retro_gamer.games import Game


class Boat:
    character = "B"

    def __init__(self):
        self.position = (0, 0)

    def play_turn(self, game):
        self.position = (self.position[0] + 1, 0)
        game.state["distance"] += 1
        game.state["fuel"] -= 1
        if self.position[0] == 9:
            game.end()


def new_boat_trip():
    return Game([Boat()], {"distance": 0, "fuel": 10}, board_size=(10, 1))
