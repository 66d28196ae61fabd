"""A start screen that waits for ENTER, then a game of catching."""

import random

from retro.game import Game

W, H = 24, 14


class Text:
    color = "white"

    def __init__(self, x, y, text):
        self.position, self.size, self.character = (x, y), (len(text), 1), [text]


class Menu:
    display, name = False, "menu"

    def __init__(self):
        self.texts = [Text(5, 4, "CATCH THE STARS"), Text(3, 7, "press ENTER to start")]

    def handle_keystroke(self, key, game):
        if key.name == "KEY_ENTER":
            for t in self.texts:
                game.remove_agent(t)
            game.remove_agent(self)
            game.add_agent(Basket())
            game.add_agent(Sky())


class Basket:
    name, character, color = "basket", "U", "yellow"
    position = (W // 2, H - 1)

    def handle_keystroke(self, key, game):
        x = self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if 0 <= x < W:
            self.position = (x, H - 1)


class Star:
    character, color = "*", "white"

    def __init__(self):
        self.position = (random.randrange(W), 0)

    def play_turn(self, game):
        x, y = self.position
        if y == H - 1:
            game.state[
                "score" if abs(x - game.get_agent_by_name("basket").position[0]) <= 1 else "missed"
            ] += 1
            game.remove_agent(self)
            if game.state["missed"] >= 5:
                game.end()
        else:
            self.position = (x, y + 1)


class Sky:
    display = False

    def play_turn(self, game):
        if game.turn_number % 12 == 0:
            game.add_agent(Star())


def create_game():
    menu = Menu()
    return Game([menu, *menu.texts], {"score": 0, "missed": 0}, board_size=(W, H))
