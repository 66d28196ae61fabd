"""Frogger: cross six lanes of traffic. 1 for a step to a row never reached, 20 for the other side, then again from below."""

from random import randrange

from retro_gamer.games import Game

WIDTH, HEIGHT = 16, 8
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


class Frog:
    name, character = "frog", "F"

    def __init__(self):
        self.begin()

    def begin(self):
        self.position, self.farthest = (WIDTH // 2, HEIGHT - 1), HEIGHT - 1

    def handle_keystroke(self, key, game):
        dx, dy = STEPS.get(key.name, (0, 0))
        there = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(there):
            self.position = there

    def play_turn(self, game):
        if self.position[1] < self.farthest:
            self.farthest = self.position[1]
            game.state["score"] += 1
        if self.position[1] == 0:
            game.state["score"] += 20
            self.begin()
        if game.turn_number >= 500:
            game.end()


class Truck:
    character = "T"

    def __init__(self, position, direction, period):
        self.position, self.direction, self.period = position, direction, period

    def play_turn(self, game):
        frog = game.get_agent_by_name("frog")
        if self.position == frog.position:
            game.end()
        if game.turn_number % self.period == 0:
            x, y = self.position
            self.position = ((x + self.direction) % WIDTH, y)
            if self.position == frog.position:
                game.end()


def create_game():
    trucks = []
    for lane in range(1, HEIGHT - 1):
        offset = randrange(WIDTH)
        for number in range(3):
            place = ((offset + number * (5 + lane % 2)) % WIDTH, lane)
            trucks.append(Truck(place, 1 if lane % 2 else -1, 1 + lane % 3))
    return Game([Frog(), *trucks], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    x, y = game.get_agent_by_name("frog").position
    trucks = [agent for agent in game.agents if isinstance(agent, Truck)]

    def is_safe(place):
        for truck in trucks:
            tx, ty = truck.position
            moves = (game.turn_number + 1) % truck.period == 0
            if (tx, ty) == place or (moves and ((tx + truck.direction) % WIDTH, ty) == place):
                return False
        return True

    for key, place in (
        ("KEY_UP", (x, y - 1)),
        (None, (x, y)),
        ("KEY_LEFT", (x - 1, y)),
        ("KEY_RIGHT", (x + 1, y)),
    ):
        if game.on_board(place) and is_safe(place):
            return key
    return "KEY_DOWN"
