"""Snake: eat apples, grow, and run into nothing.

The board is 32 cells wide and 16 high. The state has three values:

- `score`: the apples eaten so far.
- `reward`: a running total for a learner: 1 for a step towards the apple, -1 for a step away from it, 50 for
  an apple, -10 for the end of the snake.
- `energy`: the turns left to find the next apple. An apple fills it up again to 150; at 0 the snake starves.

A snake that fills the whole board has won: 511 apples.
"""

from __future__ import annotations

from collections import deque
from random import choice, randint
from typing import Any

from retro_gamer.games import Game, Position

WIDTH = 32
HEIGHT = 16
FULL_ENERGY = 150
APPLE_REWARD = 50
DEATH_REWARD = -10

# For each key: the step it stands for, and how the head looks when it goes that way.
DIRECTIONS = {"KEY_RIGHT": ((1, 0), ">"), "KEY_UP": ((0, -1), "^"), "KEY_LEFT": ((-1, 0), "<"), "KEY_DOWN": ((0, 1), "v")}


class SnakeHead:
    """The head of the snake, which you steer with the arrow keys.

    An arrow key only turns the head. Every turn, key or no key, the head then goes one cell forward and the
    body follows.
    """

    name = "snake head"
    color = "bright_green_on_black"

    def __init__(self, position: Position, key: str) -> None:
        self.position = position
        self.step, self.character = DIRECTIONS[key]
        self.body: deque[SnakeSegment] = deque()  # the segments, from the neck to the tail

    def handle_keystroke(self, keystroke: Any, game: Game) -> None:
        """Turn the head. (A long snake that turns right round bites its own neck!)"""
        if keystroke.name in DIRECTIONS:
            self.step, self.character = DIRECTIONS[keystroke.name]

    def play_turn(self, game: Game) -> None:
        """Look at the cell ahead. If it is free or has the apple on it, go there; if not, the game is over.

        Being hungry costs one energy per turn, and a snake without energy dies. The tail makes room only
        after the head has moved, so the cell of the tail is not free yet.
        """
        apple = game.get_agent_by_name("apple")
        ahead = (self.position[0] + self.step[0], self.position[1] + self.step[1])
        eats = ahead == apple.position
        if not game.on_board(ahead) or not (eats or game.is_empty(ahead)):
            self.die(game)
            return
        game.state["reward"] += distance(self.position, apple.position) - distance(ahead, apple.position)
        game.state["energy"] -= 1
        if eats:
            self.grow_into(ahead, game)
            game.state["score"] += 1
            game.state["reward"] += APPLE_REWARD
            game.state["energy"] = FULL_ENERGY
            apple.relocate(game)
        else:
            self.move_to(ahead)
            if game.state["energy"] <= 0:
                self.die(game)

    def move_to(self, position: Position) -> None:
        """Move the head, and let the last segment jump to the front, right behind it.

        All segments look alike, so this is the same picture as moving every segment up by one.
        """
        if self.body:
            tail = self.body.pop()
            tail.position = self.position
            self.body.appendleft(tail)
        self.position = position

    def grow_into(self, position: Position, game: Game) -> None:
        """Move the head and put a new segment where it was; the others stay, so the snake is one longer."""
        neck = SnakeSegment(self.position)
        self.position = position
        self.body.appendleft(neck)
        game.add_agent(neck)

    def die(self, game: Game) -> None:
        """The end of this snake."""
        game.state["reward"] += DEATH_REWARD
        game.end()


class SnakeSegment:
    """A piece of the snake's body. It has no turn of its own: the head tells it where to be."""

    character = "*"
    color = "green_on_black"

    def __init__(self, position: Position) -> None:
        self.position = position


class Apple:
    """The apple lies still until it is eaten. Then it turns up somewhere else."""

    name = "apple"
    character = "@"
    color = "bright_red_on_black"
    position = (0, 0)

    def relocate(self, game: Game) -> None:
        """Move to a random free cell. If there is none, the snake has won.

        Picking from a list of the free cells takes no longer when there are few of them left, unlike trying
        random cells until one is free.
        """
        width, height = game.board_size
        taken = {agent.position for agent in game.agents if agent is not self}
        free = [(x, y) for y in range(height) for x in range(width) if (x, y) not in taken]
        if free:
            self.position = choice(free)
        else:
            game.remove_agent(self)
            game.state["message"] = "You win!"
            game.end()


def distance(here: Position, there: Position) -> int:
    """How many steps it is from one cell to another, without diagonals."""
    return abs(here[0] - there[0]) + abs(here[1] - there[1])


def create_game() -> Game:
    """A new game, with the head and the apple at random places."""
    head = SnakeHead((randint(1, WIDTH - 2), randint(1, HEIGHT - 2)), choice(list(DIRECTIONS)))
    apple = Apple()
    state = {"score": 0, "reward": 0, "energy": FULL_ENERGY}
    game = Game([head, apple], state, board_size=(WIDTH, HEIGHT), framerate=12)
    apple.relocate(game)
    return game
