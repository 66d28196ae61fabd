"""Racing: the road winds; steer to stay on it and past slower cars. A point a turn; off the road or into a car ends it."""

from random import choice, randrange

from retro_gamer.games import Game

WIDTH, HEIGHT, ROAD = 21, 14, 7


class Car:
    name, character = "car", "^"

    def __init__(self):
        self.position = (WIDTH // 2, HEIGHT - 2)

    def handle_keystroke(self, key, game):
        x, y = self.position
        x += {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if 0 <= x < WIDTH:
            self.position = (x, y)


class Road:
    name, display = "road", False

    def __init__(self):
        self.left = [WIDTH // 2 - ROAD // 2] * HEIGHT  # of each row, from the top
        self.drift = 0

    def play_turn(self, game):
        if randrange(6) == 0:
            self.drift = choice((-1, 0, 1))
        newest = min(max(self.left[0] + self.drift * randrange(2), 1), WIDTH - ROAD - 2)
        self.left = [newest, *self.left[:-1]]
        for agent in [agent for agent in game.agents if isinstance(agent, Verge)]:
            game.remove_agent(agent)
        for y, left in enumerate(self.left):
            game.add_agent(Verge((left - 1, y)))
            game.add_agent(Verge((left + ROAD, y)))
        if randrange(5) == 0:
            game.add_agent(Slow((newest + randrange(ROAD), 0)))
        car = game.get_agent_by_name("car")
        x, y = car.position
        crashed = any(isinstance(agent, Slow) and agent.position == (x, y) for agent in game.agents)
        if crashed or not self.left[y] <= x < self.left[y] + ROAD:
            game.end()
        game.state["score"] += 1
        if game.turn_number >= 400:
            game.end()


class Verge:
    character = "#"

    def __init__(self, position):
        self.position = position


class Slow:
    character = "o"

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        x, y = self.position
        if y == HEIGHT - 1:
            game.remove_agent(self)
        else:
            self.position = (x, y + 1)


def create_game():
    return Game([Car(), Road()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    x, y = game.get_agent_by_name("car").position
    left = game.get_agent_by_name("road").left
    cars = {agent.position for agent in game.agents if isinstance(agent, Slow)}

    def worth(column):
        room = 0.0
        for ahead in range(1, 6):
            row = y - ahead
            if (column, row) in cars or (column, row + 1) in cars or not left[row] <= column < left[row] + ROAD:
                break
            room += 1
        return room - 0.1 * abs(column - (left[y - 3] + ROAD // 2))

    best = max((x, x - 1, x + 1), key=worth)
    return {x - 1: "KEY_LEFT", x + 1: "KEY_RIGHT"}.get(best)
