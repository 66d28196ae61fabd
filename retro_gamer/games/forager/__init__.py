"""Forager: find food in a small garden and keep away from the thorns.

The garden is 4 cells wide and 4 high, so the forager ('F') and the food ('o') can stand in only
15 x 14 = 210 different ways: few enough to learn each of them by heart, in a table.

The state has two values:

- `score`: the pieces of food found so far.
- `reward`: a running total for a learner: 1 for food, -1 for the thorns, and -0.01 for every turn, so
  that a short way is worth more than a long one.

The game ends in the thorns ('x') or after 50 turns. A forager that always takes a shortest way finds
17.5 pieces in an average game.
"""

from __future__ import annotations

from random import choice
from typing import Any

from retro_gamer.games import Game, Position

WIDTH = 4
HEIGHT = 4
THORNS = (2, 1)
GARDEN = [(x, y) for y in range(HEIGHT) for x in range(WIDTH) if (x, y) != THORNS]
TURNS = 50
FOOD_REWARD = 1
THORNS_REWARD = -1
TURN_REWARD = -0.01

STEPS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


class Forager:
    """The forager goes one cell for an arrow key, and stays where it is without one."""

    name = "forager"
    character = "F"
    color = "bright_yellow_on_black"
    z = 1  # drawn on top of whatever it steps on

    def __init__(self, position: Position) -> None:
        self.position = position
        self.step: Position | None = None

    def handle_keystroke(self, keystroke: Any, game: Game) -> None:
        """Remember which way to go this turn."""
        if keystroke.name in STEPS:
            self.step = STEPS[keystroke.name]

    def play_turn(self, game: Game) -> None:
        """Take the step, unless the garden ends there, and see what is in the new cell."""
        if self.step is not None:
            ahead = (self.position[0] + self.step[0], self.position[1] + self.step[1])
            if game.on_board(ahead):
                self.position = ahead
            self.step = None
        reward = TURN_REWARD
        food = game.get_agent_by_name("food")
        if self.position == THORNS:
            reward += THORNS_REWARD
            game.end()
        elif self.position == food.position:
            reward += FOOD_REWARD
            game.state["score"] += 1
            food.position = free_cell(self.position)
        # Rounded, because sums of hundredths are not exact: 0.1 + 0.2 is 0.30000000000000004.
        game.state["reward"] = round(game.state["reward"] + reward, 2)
        if game.turn_number >= TURNS:
            game.end()


class Food:
    """Food lies where it is until the forager finds it; then new food grows elsewhere."""

    name = "food"
    character = "o"
    color = "bright_green_on_black"

    def __init__(self, position: Position) -> None:
        self.position = position


class Thorns:
    """Thorns do nothing. Stepping into them is the mistake."""

    name = "thorns"
    character = "x"
    color = "red_on_black"
    position = THORNS


def free_cell(*taken: Position) -> Position:
    """A random cell that is neither the thorns nor one of those given."""
    return choice([cell for cell in GARDEN if cell not in taken])


def create_game() -> Game:
    """A new game, with the forager and the food at random places."""
    forager = Forager(free_cell())
    food = Food(free_cell(forager.position))
    state = {"score": 0, "reward": 0.0}
    return Game([forager, food, Thorns()], state, board_size=(WIDTH, HEIGHT), framerate=4)
