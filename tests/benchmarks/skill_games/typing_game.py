"""Typing: letters fall; press one to remove the lowest of its kind. 1 for a hit, -1 for a miss; one that lands ends it."""

from random import choice, randrange
from string import ascii_lowercase

from retro_gamer.games import Game

WIDTH, HEIGHT = 16, 12


class Typist:
    name, display = "typist", False

    def handle_keystroke(self, key, game):
        if str(key) not in ascii_lowercase or len(str(key)) != 1:
            return
        letters = [agent for agent in game.agents if isinstance(agent, Letter) and agent.character == key]
        if letters:
            game.remove_agent(max(letters, key=lambda letter: letter.position[1]))
            game.state["score"] += 1
        else:
            game.state["score"] -= 1

    def play_turn(self, game):
        if game.turn_number % 4 == 1:
            game.add_agent(Letter((randrange(WIDTH), 0), choice(ascii_lowercase)))
        if game.turn_number >= 400:
            game.end()


class Letter:
    def __init__(self, position, character):
        self.position, self.character = position, character

    def play_turn(self, game):
        x, y = self.position
        if game.turn_number % 3 == 0:
            if y == HEIGHT - 1:
                game.end()
            else:
                self.position = (x, y + 1)


def create_game():
    return Game([Typist()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    letters = [agent for agent in game.agents if isinstance(agent, Letter)]
    return max(letters, key=lambda letter: letter.position[1]).character if letters else None
