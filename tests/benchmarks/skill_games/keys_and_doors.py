"""Keys and doors: fetch the key, open the door, leave by the exit. 1 for the key, 2 for the door, 10 for the exit."""

from collections import deque
from random import randrange, sample

from retro_gamer.games import Game

WIDTH, HEIGHT, WALL = 13, 9, 6
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


class Thing:
    def __init__(self, position, character, name=None):
        self.position, self.character = position, character
        if name:
            self.name = name


class Hero(Thing):
    def __init__(self, position):
        super().__init__(position, "@", "hero")

    def handle_keystroke(self, key, game):
        step = STEPS.get(key.name)
        if step is None:
            return
        there = (self.position[0] + step[0], self.position[1] + step[1])
        if not game.on_board(there):
            return
        things = [agent.character for agent in game.agents if agent.position == there and agent is not self]
        if "#" in things or ("D" in things and not game.state["keys"]):
            return
        self.position = there

    def play_turn(self, game):
        for thing in [agent for agent in game.agents if agent.position == self.position and agent is not self]:
            if thing.character == "k":
                game.remove_agent(thing)
                game.state["keys"] += 1
                game.state["score"] += 1
            elif thing.character == "D":
                game.remove_agent(thing)
                game.state["keys"] -= 1
                game.state["score"] += 2
            elif thing.character == "E":
                game.state["score"] += 10
                game.end()
        if game.turn_number >= 200:
            game.end()


def create_game():
    left = [(x, y) for x in range(WALL) for y in range(HEIGHT)]
    right = [(x, y) for x in range(WALL + 1, WIDTH) for y in range(HEIGHT)]
    hero, key = sample(left, 2)
    gap = randrange(HEIGHT)
    agents = [Hero(hero), Thing(key, "k"), Thing((WALL, gap), "D", "door"), Thing(sample(right, 1)[0], "E")]
    agents += [Thing((WALL, y), "#") for y in range(HEIGHT) if y != gap]
    return Game(agents, {"score": 0, "keys": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    hero = game.get_agent_by_name("hero")
    shown = {agent.position: agent.character for agent in game.agents}
    wanted = "k" if "k" in shown.values() else "D" if "D" in shown.values() else "E"
    queue, seen = deque([(hero.position, None)]), {hero.position}
    while queue:
        place, first = queue.popleft()
        if shown.get(place) == wanted and first:
            return first
        for key, (dx, dy) in STEPS.items():
            there = (place[0] + dx, place[1] + dy)
            if game.on_board(there) and there not in seen and shown.get(there) != "#":
                seen.add(there)
                queue.append((there, first or key))
    return None
