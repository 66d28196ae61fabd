"""Catch: move the basket under the falling fruit.

The board is 10 cells wide and 12 high. Fruit ('o') starts in a random column of the top row and falls one
cell a turn; the basket ('===') is three cells wide and moves along the bottom row. A game is 10 pieces of
fruit. The state has two values:

- `score`: a running total: 1 for each piece caught, -1 for each one missed.
- `fruit`: the pieces still to come, with the one that is falling.

The best score is 10, since the basket can always be there in time, and the worst -10.
"""

from __future__ import annotations

from random import randint
from typing import Any

from retro_gamer.games import Game, Position

WIDTH = 10
HEIGHT = 12
FRUIT = 10
BASKET_WIDTH = 3

STEPS = {"KEY_LEFT": -1, "KEY_RIGHT": 1}


class Basket:
    """The basket moves one cell to the side for each arrow key, and stops at the walls."""

    name = "basket"
    character = "="
    color = "bright_yellow_on_black"
    size = (BASKET_WIDTH, 1)  # three cells wide; position is the leftmost one

    def __init__(self, position: Position) -> None:
        self.position = position

    def handle_keystroke(self, keystroke: Any, game: Game) -> None:
        """Move, if the key is one of ours and the wall is not in the way."""
        x, y = self.position
        x += STEPS.get(keystroke.name, 0)
        if 0 <= x <= WIDTH - BASKET_WIDTH:
            self.position = (x, y)

    def is_under(self, x: int) -> bool:
        """Is some part of the basket in this column?"""
        return self.position[0] <= x < self.position[0] + BASKET_WIDTH


class Fruit:
    """A piece of fruit falls one cell a turn. In the bottom row it is caught or lost, and the next falls."""

    name = "fruit"
    character = "o"
    color = "bright_red_on_black"
    z = 1  # drawn on top of the basket

    def __init__(self, position: Position) -> None:
        self.position = position

    def play_turn(self, game: Game) -> None:
        """Fall. At the bottom, count this piece and begin again at the top, unless it was the last one."""
        x, y = self.position
        self.position = (x, y + 1)
        if y + 1 < HEIGHT - 1:
            return
        game.state["score"] += 1 if game.get_agent_by_name("basket").is_under(x) else -1
        game.state["fruit"] -= 1
        if game.state["fruit"] > 0:
            self.position = random_top_cell()
        else:
            game.end()


def random_top_cell() -> Position:
    """Where a piece of fruit starts."""
    return (randint(0, WIDTH - 1), 0)


def create_game() -> Game:
    """A new game, with the basket in the middle."""
    basket = Basket(((WIDTH - BASKET_WIDTH) // 2, HEIGHT - 1))
    state = {"score": 0, "fruit": FRUIT}
    return Game([basket, Fruit(random_top_cell())], state, board_size=(WIDTH, HEIGHT), framerate=8)
