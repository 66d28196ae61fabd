"""Dodge rocks in Pyxel: the arrow keys move your ship (green); what was trained flies the other. Who lasts longer?

retro-gamer create --game rocks.py:Rocks --output runs/rocks
retro-gamer train runs/rocks --minutes 1
python rocks.py runs/rocks
"""

import random
import sys


class Rocks:
    """The rules, without a window: rocks fall over nine columns, and a ship below moves a column a turn."""

    actions = ["left", "stay", "right"]
    COLUMNS, ROWS = 9, 12

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        self.ships, self.rocks, self.turns = [4], [], 0
        return self.seen_by(0), {}

    def seen_by(self, ship):
        """Where the ship is, and how near the lowest rock is in each column from three to its left to three to its right."""
        x = self.ships[ship]
        near = {}
        for column, row in self.rocks:
            near[column] = max(near.get(column, 0), (row + 1) / self.ROWS)
        walls = range(self.COLUMNS)
        return [x / 8, *(near.get(column, 0) if column in walls else 1 for column in range(x - 3, x + 4))]

    def turn(self, moves):
        """Every ship makes its move, and the rocks fall; returns for each ship whether it was hit."""
        steps = {"left": -1, "stay": 0, "right": 1}
        self.ships = [min(8, max(0, x + steps[move])) for x, move in zip(self.ships, moves)]
        self.rocks = [(column, row + 1) for column, row in self.rocks if row + 1 < self.ROWS]
        new = self.random.sample(range(self.COLUMNS), self.random.choice([0, 1, 1, 2]))
        self.rocks += [(column, 0) for column in new]
        self.turns += 1
        return [(x, self.ROWS - 1) in self.rocks for x in self.ships]

    def step(self, action):
        """One turn of training, with one ship."""
        (hit,) = self.turn([action])
        return self.seen_by(0), 0 if hit else 1, hit, self.turns >= 300, {}


SIZE, FRAMES_PER_TURN = 12, 5


class Window:
    """Pyxel's window: two ships among the same rocks."""

    def __init__(self, run):
        import pyxel

        from retro_gamer import TrainedPolicy

        self.pyxel, self.ai, self.wins = pyxel, TrainedPolicy(run), [0, 0]
        self.begin()
        pyxel.init(Rocks.COLUMNS * SIZE, Rocks.ROWS * SIZE + 10, title="Rocks", fps=30)
        pyxel.run(self.update, self.draw)

    def begin(self):
        self.game, self.frames = Rocks(), 0
        self.game.reset()
        self.game.ships = [2, 6]

    def update(self):
        pyxel = self.pyxel
        self.frames += 1
        if self.frames % FRAMES_PER_TURN:
            return
        mine = "left" if pyxel.btn(pyxel.KEY_LEFT) else "right" if pyxel.btn(pyxel.KEY_RIGHT) else "stay"
        hit = self.game.turn([mine, self.ai.predict(self.game.seen_by(1))])
        if any(hit):
            self.wins = [count + (not lost) for count, lost in zip(self.wins, hit)]
            self.begin()

    def draw(self):
        pyxel = self.pyxel
        pyxel.cls(1)
        for column, row in self.game.rocks:
            pyxel.circ(column * SIZE + 6, row * SIZE + 6, 5, 13)
        for x, color in zip(self.game.ships, (11, 8)):
            bottom = Rocks.ROWS * SIZE - 2
            pyxel.tri(x * SIZE + 1, bottom, x * SIZE + 11, bottom, x * SIZE + 6, bottom - 10, color)
        pyxel.text(4, Rocks.ROWS * SIZE + 2, f"YOU {self.wins[0]} : {self.wins[1]} AI", 7)


if __name__ == "__main__":
    Window(sys.argv[1] if len(sys.argv) > 1 else "runs/rocks")
