"""Whack a mole: nine holes, keys 1 to 9; a mole shows for five turns. 1 for a hit, -1 for a miss, 300 turns."""

from random import randrange

from retro_gamer.games import Game


class Hole:
    def __init__(self, number):
        self.position, self.character = (1 + 2 * (number % 3), 1 + 2 * (number // 3)), "o"
        self.name, self.until = f"hole {number}", 0

    def play_turn(self, game):
        self.character = "M" if game.turn_number < self.until else "o"


class Mallet:
    name, display = "mallet", False

    def handle_keystroke(self, key, game):
        if str(key) in "123456789" and len(str(key)) == 1:
            hole = game.get_agent_by_name(f"hole {int(str(key)) - 1}")
            game.state["score"] += 1 if hole.character == "M" else -1
            hole.until, hole.character = 0, "o"

    def play_turn(self, game):
        if game.turn_number % 3 == 0:
            game.get_agent_by_name(f"hole {randrange(9)}").until = game.turn_number + 5
        if game.turn_number >= 300:
            game.end()


def create_game():
    return Game([Mallet(), *map(Hole, range(9))], {"score": 0}, board_size=(7, 7))


def by_hand(game):
    for number in range(9):
        if game.get_agent_by_name(f"hole {number}").character == "M":
            return str(number + 1)
    return None
