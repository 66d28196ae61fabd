"""Cat and mouse with turtle: you are the mouse (arrow keys), what was trained is the cat. How long do you last?

retro-gamer create --game cat.py:Cat --output runs/cat --algorithm q_learning
retro-gamer train runs/cat --minutes 1
python cat.py runs/cat
"""

import random
import sys
from functools import partial

STEPS = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1), "stay": (0, 0)}


class Cat:
    """The rules, without a window: a board of 9 x 9; the mouse moves, and then the cat. A table learns to be the cat."""

    actions = ["left", "right", "up", "down"]
    SIZE = 9

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        self.cat, self.turns = (0, 0), 0
        self.mouse = (self.random.randrange(2, self.SIZE), self.random.randrange(2, self.SIZE))
        return self.seen_by_the_cat(), {}

    def seen_by_the_cat(self):
        """How far the mouse is to the right, and how far up."""
        return (self.mouse[0] - self.cat[0], self.mouse[1] - self.cat[1])

    def moved(self, place, step):
        return tuple(min(self.SIZE - 1, max(0, at + by)) for at, by in zip(place, STEPS[step]))

    def turn(self, mouse, cat):
        """The mouse makes its step and then the cat; returns whether the mouse is caught."""
        self.turns += 1
        self.mouse = self.moved(self.mouse, mouse)
        if self.mouse != self.cat:
            self.cat = self.moved(self.cat, cat)
        return self.mouse == self.cat

    def step(self, action):
        """One turn of training, after a mouse that runs about at random."""
        caught = self.turn(self.random.choice(list(STEPS)), action)
        return self.seen_by_the_cat(), 10 if caught else -1, caught, self.turns >= 100, {}


SQUARE, MILLISECONDS_PER_TURN = 50, 250


class Window:
    """Turtle's window: a board, a cat and a mouse."""

    def __init__(self, run):
        import turtle

        from retro_gamer import TrainedPolicy

        self.ai, self.game, self.key = TrainedPolicy(run), Cat(), "stay"
        self.game.reset()
        self.turtle, self.screen = turtle, turtle.Screen()
        self.screen.setup(520, 560)
        self.screen.tracer(0)  # drawn when all is in its place
        self.figures = {"cat": self.figure("orange", 2), "mouse": self.figure("gray", 1)}
        self.pen = self.figure("black", 1)
        self.pen.hideturtle()
        for key in ("Left", "Right", "Up", "Down"):
            self.screen.onkeypress(partial(setattr, self, "key", key.lower()), key)
        self.screen.listen()
        self.turn()
        self.screen.mainloop()

    def figure(self, color, size):
        figure = self.turtle.Turtle("turtle")
        figure.penup()
        figure.color(color)
        figure.shapesize(size)
        return figure

    def turn(self):
        game, key, self.key = self.game, self.key, "stay"
        caught = game.turn(key, self.ai.predict(game.seen_by_the_cat()))
        for name, figure in self.figures.items():
            x, y = getattr(game, name)
            figure.goto((x - game.SIZE // 2) * SQUARE, (y - game.SIZE // 2) * SQUARE)
        self.pen.clear()
        self.pen.goto(0, 240)
        self.pen.write(f"turn {game.turns}" + ("   caught!" if caught else ""), align="center", font=("Arial", 18))
        self.screen.update()
        if caught:
            game.reset()
        self.screen.ontimer(self.turn, MILLISECONDS_PER_TURN * (4 if caught else 1))


if __name__ == "__main__":
    Window(sys.argv[1] if len(sys.argv) > 1 else "runs/cat")
