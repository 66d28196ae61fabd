"""Stacker, a small tetris: blocks two or three wide fall; a full row is 10 and goes; a stack to the top ends the game."""

from random import choice

from retro_gamer.games import Game

WIDTH, HEIGHT = 6, 10


class Brick:
    character = "#"

    def __init__(self, position):
        self.position = position


class Block:
    name = "block"

    def __init__(self):
        self.filled = set()
        self.begin()

    def begin(self):
        self.width = choice((1, 2, 2, 3))
        self.size, self.character, self.position = (self.width, 1), ["B" * self.width], (2, 0)

    def cells(self, position):
        return {(position[0] + i, position[1]) for i in range(self.width)}

    def fits(self, position):
        return all(0 <= x < WIDTH and y < HEIGHT for x, y in self.cells(position)) and not (
            self.cells(position) & self.filled
        )

    def handle_keystroke(self, key, game):
        x, y = self.position
        there = (x + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0), y)
        if self.fits(there):
            self.position = there

    def play_turn(self, game):
        x, y = self.position
        if self.fits((x, y + 1)):
            self.position = (x, y + 1)
            return
        self.filled |= self.cells((x, y))
        rows = [row for row in range(HEIGHT) if all((column, row) in self.filled for column in range(WIDTH))]
        for row in rows:
            game.state["score"] += 10
            self.filled = {(cx, cy + (cy < row)) for cx, cy in self.filled if cy != row}
        game.state["score"] += 0.2
        for brick in [agent for agent in game.agents if isinstance(agent, Brick)]:
            game.remove_agent(brick)
        for cell in sorted(self.filled):
            game.add_agent(Brick(cell))
        self.begin()
        if not self.fits(self.position) or game.turn_number >= 600:
            game.end()


def create_game():
    return Game([Block()], {"score": 0.0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    block = game.get_agent_by_name("block")

    def landing(x):
        y = block.position[1]
        while block.fits((x, y + 1)):
            y += 1
        below = sum((x + i, y + 1) not in block.filled and y + 1 < HEIGHT for i in range(block.width))
        return (y - 3 * below, -abs(x - block.position[0]))

    places = [x for x in range(WIDTH - block.width + 1) if block.fits((x, block.position[1]))]
    aim = max(places, key=landing)
    here = block.position[0]
    return "KEY_LEFT" if aim < here else "KEY_RIGHT" if aim > here else None
