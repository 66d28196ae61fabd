"""Two phases: first gather four pieces of fuel, then the rocket flies and must pass gates. 1 a piece, 3 a gate."""

from random import randrange, sample

from retro_gamer.games import Game

WIDTH, HEIGHT = 12, 10
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


class Pilot:
    name, character = "pilot", "P"

    def __init__(self):
        self.position = (WIDTH // 2, HEIGHT // 2)

    def handle_keystroke(self, key, game):
        dx, dy = STEPS.get(key.name, (0, 0))
        if game.state["flying"]:
            dy = 0
        there = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(there):
            self.position = there

    def play_turn(self, game):
        for fuel in [agent for agent in game.agents if isinstance(agent, Fuel) and agent.position == self.position]:
            game.remove_agent(fuel)
            game.state["score"] += 1
        if not game.state["flying"] and not any(isinstance(agent, Fuel) for agent in game.agents):
            game.state["flying"] = 1
            self.position, self.character = (self.position[0], HEIGHT - 1), "A"
        if game.state["flying"] and game.turn_number % 7 == 0:
            gap = randrange(WIDTH - 2)
            for x in range(WIDTH):
                if not gap <= x < gap + 3:
                    game.add_agent(Gate((x, 0)))
            game.add_agent(Mark((gap + 1, 0)))
        if game.turn_number >= 400:
            game.end()


class Fuel:
    character = "f"

    def __init__(self, position):
        self.position = position


class Gate:
    character = "="

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        x, y = self.position
        if self.position == game.get_agent_by_name("pilot").position:
            game.state["score"] -= 3
            game.end()
        elif y == HEIGHT - 1:
            game.remove_agent(self)
        else:
            self.position = (x, y + 1)


class Mark(Gate):
    character = "."

    def play_turn(self, game):
        x, y = self.position
        if y == HEIGHT - 1:
            game.state["score"] += 3
            game.remove_agent(self)
        else:
            self.position = (x, y + 1)


def create_game():
    cells = [(x, y) for x in range(WIDTH) for y in range(HEIGHT) if (x, y) != (WIDTH // 2, HEIGHT // 2)]
    agents = [Pilot(), *(Fuel(cell) for cell in sample(cells, 4))]
    return Game(agents, {"score": 0, "flying": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    x, y = game.get_agent_by_name("pilot").position
    if game.state["flying"]:
        marks = [agent.position for agent in game.agents if isinstance(agent, Mark)]
        if not marks:
            return None
        aim = max(marks, key=lambda mark: mark[1])[0]
        return "KEY_LEFT" if aim < x else "KEY_RIGHT" if aim > x else None
    fuel = [agent.position for agent in game.agents if isinstance(agent, Fuel)]
    fx, fy = min(fuel, key=lambda cell: abs(cell[0] - x) + abs(cell[1] - y))
    if fx != x:
        return "KEY_LEFT" if fx < x else "KEY_RIGHT"
    return "KEY_UP" if fy < y else "KEY_DOWN"
