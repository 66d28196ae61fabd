"""Flappy bird: space flaps. A pipe passed is a point."""

import random

from retro.game import Game

W, H, GAP = 30, 15, 5


class Bird:
    name, character, color = "bird", ">", "yellow"

    def __init__(self):
        self.position, self.y, self.v = (6, H // 2), H / 2, 0.0

    def handle_keystroke(self, key, game):
        if key == " ":
            self.v = -1.2

    def play_turn(self, game):
        self.v = min(1.2, self.v + 0.25)
        self.y += self.v
        if not 0 <= round(self.y) < H:
            self.y = min(max(self.y, 0), H - 1)
            game.end()
        self.position = (6, round(self.y))


class Pipe:
    character, color = "#", "green"

    def __init__(self, x, y):
        self.position = (x, y)


class Pipes:
    display = False

    def __init__(self):
        self.columns = []

    def play_turn(self, game):
        if game.turn_number % 12 == 1:
            gap = random.randint(1, H - GAP - 1)
            column = [Pipe(W - 1, y) for y in range(H) if not gap <= y < gap + GAP]
            for p in column:
                game.add_agent(p)
            self.columns.append(column)
        for column in list(self.columns):
            x = column[0].position[0] - 1
            if x < 0:
                self.columns.remove(column)
                for p in column:
                    game.remove_agent(p)
                continue
            for p in column:
                p.position = (x, p.position[1])
            if x == 5:
                game.state["score"] += 1
            bird = game.get_agent_by_name("bird")
            if x == 6 and any(p.position == bird.position for p in column):
                game.end()


def create_game():
    return Game([Bird(), Pipes()], {"score": 0}, board_size=(W, H))
