"""A frame with texts that change all the time (score, clock) around a small field of coins and mines."""

import random

from retro.game import Game

W, H = 26, 14


class Text:
    color = "cyan"

    def __init__(self, name, x, y, width, make):
        self.name, self.position, self.size, self.make, self.character = (
            name,
            (x, y),
            (width, 1),
            make,
            [" " * width],
        )

    def play_turn(self, game):
        self.character = [self.make(game).ljust(self.size[0])]


class Thing:
    def __init__(self, position, character):
        self.position, self.character = position, character


class Robot:
    name, character = "robot", "R"
    position = (12, 7)

    def handle_keystroke(self, key, game):
        dx, dy = {"h": (-1, 0), "l": (1, 0), "k": (0, -1), "j": (0, 1)}.get(str(key), (0, 0))
        x, y = self.position[0] + dx, self.position[1] + dy
        if 0 < x < W - 1 and 0 < y < H - 1:
            self.position = (x, y)

    def play_turn(self, game):
        game.state["time"] -= 1
        if game.state["time"] <= 0:
            game.end()
        for a in [a for a in game.agents if isinstance(a, Thing) and a.position == self.position]:
            game.state["points"] += 1 if a.character == "o" else -5
            a.position = (random.randint(1, W - 2), random.randint(1, H - 2))


def create_game():
    frame = [Thing((x, y), "+") for x in range(W) for y in (0, H - 1)] + [
        Thing((x, y), "+") for y in range(1, H - 1) for x in (0, W - 1)
    ]
    texts = [
        Text("t1", 2, 0, 12, lambda g: f"POINTS {g.state['points']}"),
        Text("t2", 2, H - 1, 20, lambda g: f"Time: {g.state['time']} h/j/k/l"),
        Text("t3", 15, 0, 9, lambda g: "-\\|/"[g.turn_number % 4] * 3 + " GO!"),
    ]
    things = [Thing((random.randint(1, W - 2), random.randint(1, H - 2)), c) for c in "ooooxxxxxxxx"]
    return Game([*texts, Robot(), *things, *frame], {"points": 0, "time": 300}, board_size=(W, H))
