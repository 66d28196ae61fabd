"""Tron: two light cycles, and walls of light wherever they have been. Who crashes first loses.

The board is 20 cells wide and 14 high. Blue ('A') is steered with w, a, s and d, red ('B') with the arrow
keys. Both go one cell forward every turn and leave a trail behind ('a' and 'b'). The edge of the board,
both trails and the other cycle are deadly. The state has two values:

- `reward_blue` and `reward_red`: running totals for two learners, 0 until the end. A crash is worth -1 to
  the cycle that crashed and 1 to the other. If both crash in the same turn it is a draw, and both stay 0.

The two start opposite each other: turn the board upside down, and each stands where the other stood. A game has 140 turns at
most, since each fills two cells.
"""

from __future__ import annotations

from random import choice, randint
from typing import Any

from retro_gamer.games import Game, Position

WIDTH = 20
HEIGHT = 14

RIGHT, UP, LEFT, DOWN = (1, 0), (0, -1), (-1, 0), (0, 1)
BLUE_KEYS = {"d": RIGHT, "w": UP, "a": LEFT, "s": DOWN}
RED_KEYS = {"KEY_RIGHT": RIGHT, "KEY_UP": UP, "KEY_LEFT": LEFT, "KEY_DOWN": DOWN}


class Cycle:
    """A light cycle, which you turn with four keys.

    A key only turns it. The cycle has no turn of its own: the referee moves both at the same time, so that it
    makes no difference which of them comes first in the list of agents.
    """

    def __init__(self, name: str, character: str, keys: dict[str, Position], position: Position, step: Position) -> None:
        self.name = name
        self.character = character
        self.color = f"bright_{name}_on_black"
        self.keys = keys
        self.position = position
        self.step = self.last_step = step

    def handle_keystroke(self, keystroke: Any, game: Game) -> None:
        """Turn. The key for the way back, into the cycle's own light, does nothing."""
        step = self.keys.get(keystroke.name or str(keystroke))
        if step is not None and step != (-self.last_step[0], -self.last_step[1]):
            self.step = step

    def ahead(self) -> Position:
        """The cell in front."""
        return (self.position[0] + self.step[0], self.position[1] + self.step[1])


class Trail:
    """The light that a cycle leaves behind. It stays where it is until the end of the game."""

    def __init__(self, cycle: Cycle) -> None:
        self.position = cycle.position
        self.character = cycle.character.lower()
        self.color = f"{cycle.name}_on_black"


class Referee:
    """The referee moves both cycles at once and sees who has crashed. Nobody sees the referee."""

    display = False

    def play_turn(self, game: Game) -> None:
        """Look at the cells ahead of both cycles, before either moves.

        A cycle crashes at the edge of the board and into anything that stands on the board now, which includes
        the other cycle: even if that one moves on, its light stays. Two cycles that want the same free cell
        both crash.
        """
        blue, red = (game.get_agent_by_name(name) for name in ("blue", "red"))
        head_on = blue.ahead() == red.ahead()
        crashed = [
            cycle for cycle in (blue, red) if head_on or not game.on_board(cycle.ahead()) or not game.is_empty(cycle.ahead())
        ]
        if crashed:
            self.judge(crashed, game)
            return
        for cycle in (blue, red):
            game.add_agent(Trail(cycle))
            cycle.position = cycle.ahead()
            cycle.last_step = cycle.step

    def judge(self, crashed: list[Cycle], game: Game) -> None:
        """The end: pay both sides, and say who has won."""
        game.end()
        if len(crashed) == 2:
            game.state["winner"] = "nobody"
            return
        loser = crashed[0].name
        winner = "red" if loser == "blue" else "blue"
        game.state["reward_" + winner] += 1
        game.state["reward_" + loser] -= 1
        game.state["winner"] = winner


def create_game() -> Game:
    """A new game: blue at a random place on the left side, and red opposite."""
    x, y = randint(2, WIDTH // 2 - 3), randint(2, HEIGHT - 3)
    step = choice([RIGHT, UP, DOWN])
    blue = Cycle("blue", "A", BLUE_KEYS, (x, y), step)
    red = Cycle("red", "B", RED_KEYS, (WIDTH - 1 - x, HEIGHT - 1 - y), (-step[0], -step[1]))
    state = {"reward_blue": 0, "reward_red": 0}
    return Game([blue, red, Referee()], state, board_size=(WIDTH, HEIGHT), framerate=6, show_state=["winner"])
