"""The tiny game that the runs in torch_runs.zip were trained on, on retro-games' engine or on ours."""

from __future__ import annotations

import random

try:
    from retro.game import Game
except ImportError:
    from retro_gamer.games import Game

STEPS = {"KEY_RIGHT": (1, 0), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}
SIZE = (4, 3)


class Piece:
    def __init__(self, name, character, position):
        self.name, self.character, self.position = name, character, position

    def move(self, step, game):
        position = (self.position[0] + step[0], self.position[1] + step[1])
        if game.on_board(position):
            self.position = position


class Hunter(Piece):
    def handle_keystroke(self, keystroke, game):
        if keystroke.name in STEPS:
            self.move(STEPS[keystroke.name], game)

    def play_turn(self, game):
        gem = game.get_agent_by_name("gem")
        if self.position == gem.position:
            game.state["score"] += 1
            gem.position = anywhere()
        game.state["energy"] -= 1
        game.state["dx"], game.state["dy"] = (
            gem.position[0] - self.position[0],
            gem.position[1] - self.position[1],
        )
        if game.state["energy"] == 0:
            game.end()


class Ghost(Piece):
    def play_turn(self, game):
        self.move(random.choice([(0, 1), (0, -1), (1, 0), (-1, 0)]), game)


def anywhere():
    return random.randrange(SIZE[0]), random.randrange(SIZE[1])


def create_game():
    pieces = [Hunter("hunter", "@", (0, 0)), Piece("gem", "*", anywhere()), Ghost("ghost", "?", anywhere())]
    return Game(pieces, {"score": 0, "energy": 12, "dx": 0, "dy": 0}, board_size=SIZE)


def observe(game):
    """An observation function."""
    hunter, gem = game.get_agent_by_name("hunter"), game.get_agent_by_name("gem")
    return [*hunter.position, *gem.position, game.state["energy"] / 12]


PIECES = ("hunter", "gem", "ghost")


def situation(game):
    """All that a situation of the game consists of, as numbers."""
    state = game.state
    places = [number for name in PIECES for number in game.get_agent_by_name(name).position]
    return [*places, state["score"], state["energy"], state["dx"], state["dy"]]


def put_in(game, numbers):
    """Put a game in a situation."""
    numbers = [int(number) for number in numbers]
    for i, name in enumerate(PIECES):
        game.get_agent_by_name(name).position = numbers[2 * i], numbers[2 * i + 1]
    game.state.update(score=numbers[6], energy=numbers[7], dx=numbers[8], dy=numbers[9])
