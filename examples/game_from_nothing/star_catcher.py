"""A game from nothing in under 60 lines: catch the stars with the arrow keys. docs/tutorial/first-hour.md goes on from here.

python examples/game_from_nothing/star_catcher.py        # play it (needs retro-games)
retro-gamer create --game examples/game_from_nothing/star_catcher.py --output runs/stars
"""

from random import randrange

from retro_gamer.games import Game

WIDTH, HEIGHT = 16, 12


class Ship:
    name, character, color = "ship", "A", "green"

    def __init__(self):
        self.position = (WIDTH // 2, HEIGHT - 1)

    def handle_keystroke(self, key, game):
        x, y = self.position
        if key.name == "KEY_LEFT" and x > 0:
            self.position = (x - 1, y)
        if key.name == "KEY_RIGHT" and x < WIDTH - 1:
            self.position = (x + 1, y)


class Star:
    name, character, color = "star", "*", "yellow"

    def __init__(self):
        self.position = (randrange(WIDTH), 0)

    def play_turn(self, game):
        x, y = self.position
        if y < HEIGHT - 1:
            self.position = (x, y + 1)
            return
        caught = [a for a in game.agents if isinstance(a, Ship) and a.position == (x, y)]
        if caught:
            game.state["score"] += 1
        else:
            game.state["missed"] += 1
        self.position = (randrange(WIDTH), 0)
        if game.state["missed"] == 3 or game.state["score"] == 30:
            game.end()


def create_game():
    return Game([Ship(), Star()], {"score": 0, "missed": 0}, board_size=(WIDTH, HEIGHT))


if __name__ == "__main__":
    create_game().play()
