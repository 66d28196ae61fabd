"""Wolves: two wolves hunt a sheep. One alone can do little; together they can drive it into a corner.

The meadow is 14 cells wide and 7 high. The sheep ('S') is steered with i, j, k and l, one wolf (a red 'W')
with w, a, s and d, the other (a yellow one) with the arrow keys. All go one cell a turn, the sheep first. The wolves catch
it by standing on its cell. The state has two values:

- `reward_sheep` and `reward_wolves`: running totals for two learners, the two wolves being one team. Every turn
  is worth 0.0075 to the sheep; being caught costs it 1 and ends the game. What one side gets, the other pays.

After 100 turns the sheep has won, with 0.75; a sheep that is caught ends below 0.
"""

from __future__ import annotations

from random import randint
from typing import Any

from retro_gamer.games import Game, Position

WIDTH = 14  # room for the name of the winner below
HEIGHT = 7
TURNS = 100
TURN_REWARD = 0.0075  # to the sheep, for every turn
CATCH_REWARD = 1  # to the wolves

SHEEP_KEYS = {"l": (1, 0), "i": (0, -1), "j": (-1, 0), "k": (0, 1)}
FIRST_WOLF_KEYS = {"d": (1, 0), "w": (0, -1), "a": (-1, 0), "s": (0, 1)}
SECOND_WOLF_KEYS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


class Animal:
    """The sheep or a wolf, which goes one cell for a key, and stays in place without one."""

    def __init__(self, name: str, character: str, color: str, keys: dict[str, Position], position: Position) -> None:
        self.name = name
        self.character = character
        self.color = color
        self.keys = keys
        self.position = position
        self.step = (0, 0)

    def handle_keystroke(self, keystroke: Any, game: Game) -> None:
        """Remember which way to go this turn."""
        self.step = self.keys.get(keystroke.name or str(keystroke), self.step)

    def play_turn(self, game: Game) -> None:
        """Take the step, unless the meadow ends there or another of its kind is in the way."""
        ahead = (self.position[0] + self.step[0], self.position[1] + self.step[1])
        self.step = (0, 0)
        if game.on_board(ahead) and game.playing and not self.blocked(ahead, game):
            self.position = ahead
        wolves = [game.get_agent_by_name(name).position for name in ("first wolf", "second wolf")]
        if game.get_agent_by_name("sheep").position in wolves:
            game.end()

    def blocked(self, ahead: Position, game: Game) -> bool:
        """Is this a wolf about to step on the other wolf?"""
        others = game.get_agents_by_position().get(ahead, ())
        return self.name != "sheep" and any(other.name != "sheep" and other is not self for other in others)


class Clock:
    """The clock plays last, pays both sides for the turn, and ends the game after the last. Nobody sees it."""

    display = False

    def play_turn(self, game: Game) -> None:
        """Pay for the turn, and for the catch if this is how the game has ended."""
        reward = TURN_REWARD
        if not game.playing:
            reward -= CATCH_REWARD
            game.state["winner"] = "wolves"
        elif game.turn_number >= TURNS:
            game.end()
            game.state["winner"] = "sheep"
        # Rounded, because sums of such fractions are not exact: 0.1 + 0.2 is 0.30000000000000004.
        game.state["reward_sheep"] = round(game.state["reward_sheep"] + reward, 4)
        game.state["reward_wolves"] = -game.state["reward_sheep"]


def create_game() -> Game:
    """A new game: the wolves side by side at the top of the meadow, the sheep at a random place below."""
    column = randint(1, WIDTH - 3)
    sheep = Animal("sheep", "S", "bright_white_on_black", SHEEP_KEYS, (randint(0, WIDTH - 1), randint(3, HEIGHT - 1)))
    first = Animal("first wolf", "W", "bright_red_on_black", FIRST_WOLF_KEYS, (column, 0))
    second = Animal("second wolf", "W", "bright_yellow_on_black", SECOND_WOLF_KEYS, (column + 1, 0))
    state = {"reward_sheep": 0.0, "reward_wolves": 0.0}
    return Game([sheep, first, second, Clock()], state, board_size=(WIDTH, HEIGHT), framerate=5, show_state=["winner"])
