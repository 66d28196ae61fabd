"""Fruit catcher: apples (1) and pears (3) fall, bombs (-5) too; a basket three cells wide. 300 turns."""

from random import choice, randrange

from retro_gamer.games import Game

WIDTH, HEIGHT = 20, 14
WORTH = {"a": 1, "p": 3, "*": -5}


class Basket:
    name, character, size = "basket", ["UUU"], (3, 1)

    def __init__(self):
        self.position = (WIDTH // 2, HEIGHT - 1)

    def handle_keystroke(self, key, game):
        x, y = self.position
        x += {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if 0 <= x <= WIDTH - 3:
            self.position = (x, y)

    def play_turn(self, game):
        if game.turn_number % 4 == 0:
            game.add_agent(Falling((randrange(WIDTH), 0), choice("aap*")))
        if game.turn_number >= 300:
            game.end()


class Falling:
    def __init__(self, position, character):
        self.position, self.character = position, character

    def play_turn(self, game):
        x, y = self.position
        if y < HEIGHT - 2:
            self.position = (x, y + 1)
            return
        left = game.get_agent_by_name("basket").position[0]
        if left <= x <= left + 2:
            game.state["score"] += WORTH[self.character]
        game.remove_agent(self)


def create_game():
    return Game([Basket()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    left = game.get_agent_by_name("basket").position[0]
    falling = [agent for agent in game.agents if isinstance(agent, Falling)]

    def worth(place):
        total = 0.0
        for thing in falling:
            x, y = thing.position
            time, way = HEIGHT - 1 - y, max(place - x, x - place - 2, 0)
            if way <= 0 and time <= 2 or way < time and way == 0:
                total += WORTH[thing.character] / (1 + 0.3 * time)
            elif way < time and WORTH[thing.character] > 0:
                total += WORTH[thing.character] / (1 + 0.3 * time) * 0.5 / (1 + way)
        return total

    best = max((left, left - 1, left + 1), key=worth)
    return {left - 1: "KEY_LEFT", left + 1: "KEY_RIGHT"}.get(best)
