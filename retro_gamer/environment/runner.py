"""One game after another, turn by turn: keys in, state values out. Who looks at it, and why, is not known here."""

from __future__ import annotations

import linecache
import math
import re
import time
from typing import Any, Callable, Sequence

from retro_gamer.environment.characters import explain
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.new_games import refuse_used_games, share_characters
from retro_gamer.environment.observation import as_number
from retro_gamer.errors import GameError
from retro_gamer.hosting import interrupts, outside
from retro_gamer.hosting.blame import blame_game, blamed, game_location
from retro_gamer.hosting.loading import make_game
from retro_gamer.hosting.randomness import seed_everything

LARGEST = 2.0**53  # from here on a float cannot count one by one
ANOTHER_REWARD = 'reward = "NAME" in [metadata] of config.toml (with create: --reward NAME)'


class GameRunner:
    """Plays the games that `factory` makes, with `keys`. What they do wrong is raised as a GameError that names its
    line.
    """

    def __init__(self, factory: Callable[[], Any], keys: Sequence[str]):
        self.factory, self.keys = factory, keys
        self.game: Any = None  # the one being played; None before the first
        self.turn = 0  # of this game
        self._input = KeyInput()
        self._first_agents: list[Any] | None = None  # until the second game

    def reset(self, seed: int | None = None) -> None:
        """Start a new game. With a seed, it is always the same."""
        if seed is not None:
            seed_everything(seed)
        before, self.game = self.game, make_game(self.factory, first=self.game is None)
        self._compare_first_games(before)
        with blamed("when it started"):
            self.game.input_source = self._input
            self.game.start()
        self.turn = 0

    def _compare_first_games(self, before: Any) -> None:
        if before is None:
            self._first_agents = list(self.game.agents)
        elif self._first_agents is not None:
            if share_characters(before, self._first_agents, self.game):
                refuse_used_games(self.factory, self.keys)
                self.game = make_game(self.factory)
            self._first_agents = None

    def play_turn(self, keys: Sequence[str | None]) -> bool:
        """Play one turn with these keys, None for none; returns whether the game is over."""
        game = self.game
        self._input.pressed = keys
        self.turn += 1
        began = time.monotonic()
        try:  # as `with blamed(...)` does: a turn is short, and a context would be a tenth of some
            if outside.is_asked:
                outside.step(game)
            else:
                game.step()
            over = not game.playing
        except BaseException as error:
            blame_game(error, began, f"in turn {self.turn}", lambda error: advice_in_turn(error, game))
            raise
        if interrupts.signalled is not None:
            interrupts.came_through()
        return over

    def value(self, name: str) -> float:
        """A value of the game's state, now; raises GameError when it is missing or is not a number."""
        return state_number(self.game, name, self.turn)


def advice_in_turn(error: BaseException, game: Any) -> str:
    """What to try after an error in a turn of a game; empty where nothing is known to help."""
    if isinstance(error, SystemExit):
        return "A game ends with  game.end()"
    place = game_location(error)
    if place is None and isinstance(error, (TypeError, ValueError, AttributeError)):
        return str(explain(game, error))  # the engine tripped over what a character was left like
    if isinstance(error, KeyError) and error.args and isinstance(game.state, dict) and place is not None:
        key = error.args[0]
        if key not in game.state and _asks_state_for(key, linecache.getline(place[0], place[1])):
            return (
                f"The game's state has no {key!r}; it has: {', '.join(map(str, game.state)) or 'nothing'}. Give the new "
                f"Game that value from the start:  Game(agents, {{{key!r}: 0}})"
            )
    return ""


def _asks_state_for(key: Any, line: str) -> bool:
    """Whether a line may look for this key in a state, by its name or in a variable, and not for another in it."""
    names = [name.strip() for name in re.findall(r"state\s*\[([^]]*)", line)]
    return any(name in (f"'{key}'", f'"{key}"') or name[:1] not in ("'", '"') for name in names)


def state_number(game: Any, key: str, turn: int = 0) -> float:
    """A value of the game's state as a number; raises GameError when it is missing or is not one."""
    state = game.state
    if isinstance(state, dict) and key in state:
        value = state[key]
        kind = type(value)
        if (kind is int or kind is float) and -LARGEST < value < LARGEST:
            return float(value)  # nearly always
    when = f" after turn {turn}" if turn else ""
    if not isinstance(state, dict):
        raise GameError(f"The game's state is {state!r:.200}{when}. It must be a dict, like {{'score': 0}}.")
    if key not in state:
        raise GameError(
            f"The game's state has no value {key!r} to learn from{when}. It has: {', '.join(map(str, state)) or 'nothing'}. "
            f"Give the new Game that value from the start, or name another: {ANOTHER_REWARD}."
        )
    value = state[key]
    try:
        number = as_number(value)
    except OverflowError:
        number = math.inf
    except Exception:  # an object of the game's own may raise anything
        raise GameError(
            f"state[{key!r}] is {value!r:.200}{when}, which is not a number. The agent learns to make a number grow."
        ) from None
    if not math.isfinite(number):
        raise GameError(f"state[{key!r}] is {number}{when}. Look for a division by zero, or a number that doubles for ever.")
    if abs(number) >= LARGEST:
        raise GameError(
            f"state[{key!r}] is {number:.3g}{when}: it grows without end, and beside such a number a single point is "
            "nothing. Does it double every turn? Add to it instead, in steps of about 1."
        )
    return number
