"""Pellets and ghosts: eat pellets (1) in a walled garden with two ghosts that mostly give chase; all eaten is 20."""

from random import choice, random

from retro_gamer.games import Game

MAP = (
    "###############",
    "#......#......#",
    "#.##.#...#.##.#",
    "#.#..#.#.#..#.#",
    "#...#.....#...#",
    "#.#...#.#...#.#",
    "#.##.#...#.##.#",
    "#......#......#",
    "###############",
)
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}
WALLS = {(x, y) for y, row in enumerate(MAP) for x, cell in enumerate(row) if cell == "#"}


class Wall:
    character = "#"

    def __init__(self, position):
        self.position = position


class Pellet(Wall):
    character = "."


class Eater:
    name, character = "eater", "C"

    def __init__(self):
        self.position = (7, 4)

    def handle_keystroke(self, key, game):
        dx, dy = STEPS.get(key.name, (0, 0))
        there = (self.position[0] + dx, self.position[1] + dy)
        if there not in WALLS:
            self.position = there

    def play_turn(self, game):
        for pellet in [agent for agent in game.agents if isinstance(agent, Pellet) and agent.position == self.position]:
            game.remove_agent(pellet)
            game.state["score"] += 1
        if not any(isinstance(agent, Pellet) for agent in game.agents):
            game.state["score"] += 20
            game.end()
        if game.turn_number >= 500:
            game.end()


class Ghost:
    character = "G"

    def __init__(self, position):
        self.position = position

    def play_turn(self, game):
        eater = game.get_agent_by_name("eater")
        if self.position == eater.position:
            game.end()
        if game.turn_number % 2 == 0:
            x, y = self.position
            free = [(x + dx, y + dy) for dx, dy in STEPS.values() if (x + dx, y + dy) not in WALLS]
            ex, ey = eater.position
            self.position = (
                min(free, key=lambda cell: abs(cell[0] - ex) + abs(cell[1] - ey)) if random() < 0.6 else choice(free)
            )
            if self.position == eater.position:
                game.end()


def create_game():
    pellets = [Pellet((x, y)) for y, row in enumerate(MAP) for x, cell in enumerate(row) if cell == "." and (x, y) != (7, 4)]
    agents = [Eater(), *map(Wall, sorted(WALLS)), *pellets, Ghost((1, 1)), Ghost((13, 7))]
    return Game(agents, {"score": 0}, board_size=(15, 9))


def by_hand(game):
    from collections import deque

    eater = game.get_agent_by_name("eater")
    ghosts = [agent.position for agent in game.agents if isinstance(agent, Ghost)]
    near = {
        (x + dx, y + dy) for x, y in ghosts for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2) if abs(dx) + abs(dy) <= 2
    }
    pellets = {agent.position for agent in game.agents if isinstance(agent, Pellet)}
    for blocked in (near, set(ghosts)):
        queue, seen = deque([(eater.position, None)]), {eater.position}
        while queue:
            place, first = queue.popleft()
            if place in pellets and first:
                return first
            for key, (dx, dy) in STEPS.items():
                there = (place[0] + dx, place[1] + dy)
                if there not in seen and there not in WALLS and there not in blocked:
                    seen.add(there)
                    queue.append((there, first or key))
    return None
