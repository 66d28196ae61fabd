"""Shooter: invaders come down, one after the other; the ship at the bottom moves and fires. One that lands ends the game."""

from random import randrange

from retro_gamer.games import Game

WIDTH, HEIGHT, EVERY = 14, 14, 6


class Ship:
    name, character = "ship", "A"

    def __init__(self):
        self.position, self.ready = (WIDTH // 2, HEIGHT - 1), 0

    def handle_keystroke(self, key, game):
        x, y = self.position
        if key.name == "KEY_LEFT" and x > 0:
            self.position = (x - 1, y)
        elif key.name == "KEY_RIGHT" and x < WIDTH - 1:
            self.position = (x + 1, y)
        elif key == " " and game.turn_number >= self.ready:
            self.ready = game.turn_number + 3
            game.add_agent(Shot((x, y - 1)))

    def play_turn(self, game):
        if game.turn_number % EVERY == 0:
            game.add_agent(Invader((randrange(WIDTH), 0)))
        if game.turn_number >= 600:
            game.end()


class Shot:
    character = "|"

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        for _ in range(2):
            x, y = self.position
            hit = [agent for agent in game.agents if isinstance(agent, Invader) and agent.position == (x, y)]
            if hit:
                game.remove_agent(hit[0])
                game.state["score"] += 1
            if hit or y == 0:
                game.remove_agent(self)
                return
            self.position = (x, y - 1)


class Invader:
    character = "w"

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        x, y = self.position
        if game.turn_number % 3 == 0:
            if y == HEIGHT - 1:
                game.state["score"] -= 5
                game.end()
                return
            self.position = (x, y + 1)


def create_game():
    return Game([Ship()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    ship = game.get_agent_by_name("ship")
    invaders = [agent for agent in game.agents if isinstance(agent, Invader)]
    if not invaders:
        return None
    x = max(invaders, key=lambda invader: invader.position[1]).position[0]
    here = ship.position[0]
    return "KEY_LEFT" if x < here else "KEY_RIGHT" if x > here else " "
