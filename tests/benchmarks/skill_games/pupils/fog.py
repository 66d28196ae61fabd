"""A dungeon in the fog: only what is within three cells is shown. Gold 10, the stairs 50, an orc ends it."""

import random

from retro.game import Game

W, H = 30, 16


class Thing:
    def __init__(self, position, character):
        self.position, self.character = position, character


class Hero:
    name, character, color = "hero", "@", "white"

    def __init__(self, position):
        self.position = position

    def handle_keystroke(self, key, game):
        dx, dy = {"a": (-1, 0), "d": (1, 0), "w": (0, -1), "s": (0, 1)}.get(str(key), (0, 0))
        to = (self.position[0] + dx, self.position[1] + dy)
        if to not in game.walls:
            self.position = to

    def play_turn(self, game):
        for a in list(game.agents):
            if a is self or not hasattr(a, "character"):
                continue
            if a.position == self.position:
                if a.character == "$":
                    game.state["gold"] += 10
                    game.remove_agent(a)
                elif a.character == ">":
                    game.state["gold"] += 50
                    game.end()
                elif a.character == "o":
                    game.state["hp"] -= 1
                    if game.state["hp"] <= 0:
                        game.end()
            a.display = max(abs(a.position[0] - self.position[0]), abs(a.position[1] - self.position[1])) <= 3


class Orc(Thing):
    def play_turn(self, game):
        if game.turn_number % 3 == 0:
            dx, dy = random.choice([(1, 0), (-1, 0), (0, 1), (0, -1)])
            to = (self.position[0] + dx, self.position[1] + dy)
            if to not in game.walls:
                self.position = to


def create_game():
    walls = {(x, y) for x in range(W) for y in range(H) if x in (0, W - 1) or y in (0, H - 1)}
    for x in (10, 20):
        walls |= {(x, y) for y in range(H)} - {
            (x, y0 + k) for y0 in [random.randrange(2, H - 4)] for k in (0, 1)
        }
    walls |= {(x, 8) for x in range(W)} - {
        (x0, 8) for x0 in (random.randrange(2, 9), random.randrange(12, 19), random.randrange(22, 28))
    }
    empty = [(x, y) for x in range(W) for y in range(H) if (x, y) not in walls]
    random.shuffle(empty)
    agents = (
        [Hero(empty.pop())] + [Thing(w, "#") for w in walls] + [Thing(empty.pop(), "$") for _ in range(8)]
    )
    agents += [Orc(empty.pop(), "o") for _ in range(5)] + [Thing(empty.pop(), ">")]
    game = Game(agents, {"gold": 0, "hp": 3}, board_size=(W, H))
    game.walls = walls
    return game
