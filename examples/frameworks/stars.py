"""Catch stars in Pygame Zero: the arrow keys move your basket (green); what was trained moves the other.

retro-gamer create --game stars.py:Stars --output runs/stars
retro-gamer train runs/stars --minutes 1
python stars.py runs/stars
"""

import random
import sys


class Stars:
    """The rules, without a window: two stars fall over nine columns, and a basket moves a column a turn."""

    actions = ["left", "stay", "right"]
    COLUMNS, ROWS = 9, 9

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        self.baskets, self.turns = [4], 0
        self.stars = [self.new_star(self.ROWS), self.new_star(self.ROWS // 2)]
        return self.seen_by(0), {}

    def new_star(self, height):
        return [self.random.randrange(self.COLUMNS), height]

    def seen_by(self, basket):
        """How far each star is to the right of a basket, and how high; the lowest star first."""
        x = self.baskets[basket]
        return [[(column - x) / 8, height / 9] for column, height in sorted(self.stars, key=lambda star: star[1])]

    def turn(self, moves):
        """Every basket makes its move, and the stars fall; returns how many stars each basket caught."""
        steps = {"left": -1, "stay": 0, "right": 1}
        self.baskets = [min(8, max(0, x + steps[move])) for x, move in zip(self.baskets, moves)]
        caught = [0] * len(moves)
        for i, star in enumerate(self.stars):
            star[1] -= 1
            if star[1] == 0:
                caught = [count + (x == star[0]) for count, x in zip(caught, self.baskets)]
                self.stars[i] = self.new_star(self.ROWS)
        return caught

    def step(self, action):
        """One turn of training, with one basket."""
        self.turns += 1
        (caught,) = self.turn([action])
        return self.seen_by(0), caught, False, self.turns >= 100, {}


# From here on the window. Pygame Zero looks for WIDTH, HEIGHT, update and draw in this file.
WIDTH, HEIGHT, SIZE = 450, 500, 50
FRAMES_PER_TURN = 12


def update():
    window.frames += 1
    if window.frames % FRAMES_PER_TURN == 0:
        mine = "left" if keyboard.left else "right" if keyboard.right else "stay"  # noqa: F821
        caught = window.game.turn([mine, window.ai.predict(window.game.seen_by(1))])
        window.score = [had + more for had, more in zip(window.score, caught)]


def draw():
    screen.fill("navy")  # noqa: F821
    part = window.frames % FRAMES_PER_TURN / FRAMES_PER_TURN
    for column, height in window.game.stars:
        screen.draw.filled_circle((column * SIZE + 25, (9 - height + part) * SIZE), 12, "gold")  # noqa: F821
    for x, color, y in zip(window.game.baskets, ("green", "tomato"), (450, 460)):
        screen.draw.filled_rect(Rect((x * SIZE + 4, y), (SIZE - 8, 20)), color)  # noqa: F821
    screen.draw.text(f"you {window.score[0]} : {window.score[1]} AI", (150, 10), fontsize=40)  # noqa: F821


class Window:
    """What is on the screen: the game with two baskets, and who moves the second."""

    def __init__(self, run):
        from retro_gamer import TrainedPolicy

        self.ai, self.game, self.score, self.frames = TrainedPolicy(run), Stars(), [0, 0], 0
        self.game.reset()
        self.game.baskets = [2, 6]


if __name__ == "__main__":
    import pgzrun

    window = Window(sys.argv[1] if len(sys.argv) > 1 else "runs/stars")
    pgzrun.go()
