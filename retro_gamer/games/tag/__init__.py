"""Tag: a chaser and a runner in a yard with walls to run around.

The yard is 14 cells wide and 10 high. The runner ('R') is steered with the arrow keys, the chaser ('C') with
w, a, s and d. Both go one cell a turn, but the runner is out of breath: one step in ten, by chance, it stays
where it is. The runner goes first, so a chaser right behind it needs such a moment, or a corner, or a good
guess. The state has two values:

- `reward_runner` and `reward_chaser`: running totals for two learners. Every turn is worth 0.01 to the runner;
  being caught costs it 1 and ends the game. What one side gets, the other pays.

After 75 turns the runner has won, with 0.75; a runner that is caught ends below 0.
"""

from __future__ import annotations

from random import choice, random
from typing import Any

from retro_gamer.games import Game, Position

YARD = (
    "..............",
    "..............",
    "..###....###..",
    "..#........#..",
    "......##......",
    "......##......",
    "..#........#..",
    "..###....###..",
    "..............",
    "..............",
)
WIDTH = len(YARD[0])
HEIGHT = len(YARD)
FREE = [(x, y) for y in range(HEIGHT) for x in range(WIDTH) if YARD[y][x] == "."]

TURNS = 75
TURN_REWARD = 0.01  # to the runner, for every turn
CATCH_REWARD = 1  # to the chaser
STUMBLE = 1 / 10  # how probable it is that the runner's step comes to nothing
START_DISTANCE = 8  # cells between the two in the beginning, at least

CHASER_KEYS = {"d": (1, 0), "w": (0, -1), "a": (-1, 0), "s": (0, 1)}
RUNNER_KEYS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


class Player:
    """The chaser or the runner, who goes one cell for a key, and stays in place without one."""

    z = 1

    def __init__(
        self, name: str, character: str, color: str, keys: dict[str, Position], position: Position, stumble: float = 0.0
    ) -> None:
        self.name = name
        self.character = character
        self.color = color
        self.keys = keys
        self.position = position
        self.stumble = stumble
        self.step = (0, 0)

    def handle_keystroke(self, keystroke: Any, game: Game) -> None:
        """Remember which way to go this turn."""
        self.step = self.keys.get(keystroke.name or str(keystroke), self.step)

    def play_turn(self, game: Game) -> None:
        """Take the step, unless a wall or the end of the yard is there."""
        ahead = (self.position[0] + self.step[0], self.position[1] + self.step[1])
        self.step = (0, 0)
        if ahead in FREE and game.playing and random() >= self.stumble:
            self.position = ahead
        if game.get_agent_by_name("chaser").position == game.get_agent_by_name("runner").position:
            game.end()


class Wall:
    """Walls stand in the way."""

    character = "#"
    color = "white_on_black"

    def __init__(self, position: Position) -> None:
        self.position = position


class Clock:
    """The clock plays last, pays both sides for the turn, and ends the game after the last. Nobody sees it."""

    display = False

    def play_turn(self, game: Game) -> None:
        """Pay for the turn, and for the catch if this is how the game has ended."""
        reward = TURN_REWARD
        if not game.playing:
            reward -= CATCH_REWARD
            game.state["winner"] = "chaser"
        elif game.turn_number >= TURNS:
            game.end()
            game.state["winner"] = "runner"
        # Rounded, because sums of hundredths are not exact: 0.1 + 0.2 is 0.30000000000000004.
        game.state["reward_runner"] = round(game.state["reward_runner"] + reward, 2)
        game.state["reward_chaser"] = -game.state["reward_runner"]


def create_game() -> Game:
    """A new game, with both at random places, not too near each other."""
    position = choice(FREE)
    far = [cell for cell in FREE if abs(cell[0] - position[0]) + abs(cell[1] - position[1]) >= START_DISTANCE]
    runner = Player("runner", "R", "bright_green_on_black", RUNNER_KEYS, position, STUMBLE)
    chaser = Player("chaser", "C", "bright_red_on_black", CHASER_KEYS, choice(far))
    walls = [Wall((x, y)) for y in range(HEIGHT) for x in range(WIDTH) if YARD[y][x] == "#"]
    state = {"reward_runner": 0.0, "reward_chaser": 0.0}
    return Game([runner, chaser, *walls, Clock()], state, board_size=(WIDTH, HEIGHT), framerate=6, show_state=["winner"])
