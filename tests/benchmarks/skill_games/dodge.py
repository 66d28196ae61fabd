"""Dodge: rocks fly in from the right at three speeds; a point for each turn survived."""

from random import randrange

from retro_gamer.games import Game

WIDTH, HEIGHT = 20, 11


class Craft:
    name, character = "craft", ">"

    def __init__(self):
        self.position = (2, HEIGHT // 2)

    def handle_keystroke(self, key, game):
        x, y = self.position
        y += {"KEY_UP": -1, "KEY_DOWN": 1}.get(key.name, 0)
        if 0 <= y < HEIGHT:
            self.position = (x, y)

    def play_turn(self, game):
        game.state["score"] += 1
        game.add_agent(Rock((WIDTH - 1, randrange(HEIGHT)), 1 + randrange(3)))
        if game.turn_number >= 500:
            game.end()


class Rock:
    character = "o"

    def __init__(self, position, speed):
        self.position, self.speed = position, speed

    def play_turn(self, game):
        for _ in range(self.speed):
            x, y = self.position
            if self.position == game.get_agent_by_name("craft").position:
                game.end()
                return
            if x == 0:
                game.remove_agent(self)
                return
            self.position = (x - 1, y)


def create_game():
    return Game([Craft()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    x, y = game.get_agent_by_name("craft").position
    rocks = [agent for agent in game.agents if isinstance(agent, Rock)]

    def safety(row):
        if not 0 <= row < HEIGHT:
            return -1.0
        times = [(rock.position[0] - x) / rock.speed for rock in rocks if rock.position[1] == row and rock.position[0] >= x]
        return min([*times, 20.0]) + 0.01 * min(row, HEIGHT - 1 - row)

    best = max((y, y - 1, y + 1), key=safety)
    return {y - 1: "KEY_UP", y + 1: "KEY_DOWN"}.get(best)
