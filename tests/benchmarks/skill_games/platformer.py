"""Platformer: the ground scrolls by with gaps and coins; jump. A coin is 5, a turn 0.1, a fall ends the game."""

from random import randrange

from retro_gamer.games import Game

WIDTH, HEIGHT, FLOOR = 24, 10, 8


class Runner:
    name, character = "runner", "R"

    def __init__(self):
        self.position, self.speed, self.height = (5, FLOOR - 1), 0.0, 0.0

    def handle_keystroke(self, key, game):
        if key == " " and self.height == 0:
            self.speed = 0.9

    def play_turn(self, game):
        track = game.get_agent_by_name("track")
        self.height += self.speed
        self.speed -= 0.3
        if self.height <= 0:
            self.height, self.speed = 0.0, 0.0
        y = max(0, FLOOR - 1 - round(self.height))
        self.position = (5, y)
        if self.height == 0 and not track.ground[5]:
            game.state["score"] -= 5
            game.end()
            return
        game.state["score"] += 0.1
        for coin in [agent for agent in game.agents if isinstance(agent, Coin) and agent.position == self.position]:
            game.remove_agent(coin)
            game.state["score"] += 5
        if game.turn_number >= 400:
            game.end()


class Track:
    name, display = "track", False

    def __init__(self):
        self.ground, self.run = [True] * WIDTH, 8

    def play_turn(self, game):
        self.run -= 1
        solid = self.ground[-1]
        if self.run <= 0:
            solid = not solid
            self.run = 5 + randrange(6) if solid else 1 + randrange(3)
        self.ground = [*self.ground[1:], solid]
        for agent in [agent for agent in game.agents if isinstance(agent, Tile)]:
            game.remove_agent(agent)
        for x, there in enumerate(self.ground):
            if there:
                game.add_agent(Tile((x, FLOOR)))
        if randrange(12) == 0:
            game.add_agent(Coin((WIDTH - 1, FLOOR - 1 - randrange(3))))


class Tile:
    character = "="

    def __init__(self, position):
        self.position = position


class Coin:
    character = "$"

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        x, y = self.position
        if x == 0:
            game.remove_agent(self)
        else:
            self.position = (x - 1, y)


def create_game():
    return Game([Track(), Runner()], {"score": 0.0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    runner, track = game.get_agent_by_name("runner"), game.get_agent_by_name("track")
    if runner.height > 0:
        return None
    if not track.ground[6]:
        return " "
    coins = [agent.position for agent in game.agents if isinstance(agent, Coin)]
    return " " if any(8 <= x <= 9 and y < FLOOR - 1 for x, y in coins) and all(track.ground[6:14]) else None
