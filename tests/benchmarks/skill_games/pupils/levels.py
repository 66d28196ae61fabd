"""Each level the hero is taken away and another one (another class and name) comes. Coins are points; water ends it."""

import random

from retro.game import Game

W, H = 20, 12


class Hero:
    def __init__(self, position):
        self.position = position

    def handle_keystroke(self, key, game):
        dx, dy = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}.get(
            key.name, (0, 0)
        )
        to = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(to):
            self.position = to


class Knight(Hero):
    name, character = "knight", "K"


class Wizard(Hero):
    name, character = "wizard", "W"


class Dragon(Hero):
    name, character = "dragon", "D"


class Thing:
    def __init__(self, position, character):
        self.position, self.character = position, character


class Manager:
    display, name = False, "manager"
    kinds = [Knight, Wizard, Dragon]

    def set_up(self, game):
        for a in list(game.agents):
            if a is not self:
                game.remove_agent(a)
        cells = [(x, y) for x in range(W) for y in range(H)]
        random.shuffle(cells)
        self.hero = self.kinds[(game.state["level"] - 1) % 3](cells.pop())
        game.add_agent(self.hero)
        for _ in range(5):
            game.add_agent(Thing(cells.pop(), "$"))
        for _ in range(20):
            c = cells.pop()
            if abs(c[0] - self.hero.position[0]) + abs(c[1] - self.hero.position[1]) > 1:
                game.add_agent(Thing(c, "~"))

    def play_turn(self, game):
        for a in [a for a in game.agents if isinstance(a, Thing) and a.position == self.hero.position]:
            if a.character == "~":
                game.state["score"] -= 3
                game.end()
                return
            game.remove_agent(a)
            game.state["score"] += 1
        if not any(isinstance(a, Thing) and a.character == "$" for a in game.agents):
            game.state["level"] += 1
            self.set_up(game)


def create_game():
    m = Manager()
    game = Game([m], {"score": 0, "level": 1}, board_size=(W, H))
    m.set_up(game)
    return game
