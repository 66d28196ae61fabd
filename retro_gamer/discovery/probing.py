"""Finding out about a game by playing it: which keys do something, what could be the reward, what is on the board."""

from __future__ import annotations

import random
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from retro_gamer.environment.characters import board_size_of, check_characters, shown_characters
from retro_gamer.environment.game import seed_everything, state_number
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.player import keyboard_driven
from retro_gamer.errors import ConfigError, GameError
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.loading import make_game

ARROWS = ("KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN")
OTHER_KEYS = (" ", "KEY_ENTER", "KEY_TAB", *"wasdqezxcrfvijklhmnbopgtuy", *"0123456789")
ACTIONS_FLAG = "--actions KEY_LEFT,KEY_RIGHT"
NAME_THE_KEYS = f"Say which keys it uses, for example:\n  {ACTIONS_FLAG}"
SECONDS = 30.0  # for trying keys, and for random games: a hundred times what most games need
MOMENTS = 6  # situations in which each key is tried
TURNS_AFTER_KEY = 3


class Probe(NamedTuple):
    """What random play of a game showed."""

    board_size: Tuple[int, int]
    characters: List[str]  # in the order in which they appeared
    numbers: Dict[str, int]  # numeric state values -> in how many turns they changed
    n_agents: int  # on the board, the most in any turn
    filled: float  # share of the board's cells that hold something, on average
    players: List[Any]  # the characters that listen to keys, in a new game
    mean_turns: float  # of a random game


def probe_game(
    factory: Callable[[], Any],
    actions: Sequence[str],
    turns: int = 1000,
    reward: str = "",
    say: Callable[[str], None] = lambda message: None,
    clock: Callable[[], float] = time.monotonic,
) -> Probe:
    """Play at random for `turns` turns. `reward` must stay a number, if it is there at all.

    When SECONDS are up on `clock` before, it is told to `say` how many turns were played.
    """
    seed_everything(0)
    chooser = random.Random(0)
    first = game = _new_game(factory)
    keys = game.input_source
    state_before = first_state = dict(game.state)
    if reward in first_state:
        state_number(game, reward)
    characters: Dict[str, None] = {}
    changed = {name: 0 for name, value in state_before.items() if _is_number(value)}
    n_agents, filled, games, played = 0, 0.0, 1, 0
    deadline = clock() + SECONDS
    while played < turns:
        if clock() >= deadline:
            say(
                f"This game is slow: only {played} turns of random play were looked at, not {turns}. What appears later "
                "is not known: see that character_set names every character."
            )
            break
        key = chooser.choice([*actions, None])
        keys.press(key)
        _step(game, key)
        played += 1
        board_size_of(game)
        if reward in first_state:
            state_number(game, reward, game.turn_number)
        for name, value in game.state.items():
            if _is_number(value) and value != state_before.get(name):
                changed[name] = changed.get(name, 0) + 1
        state_before = dict(game.state)
        shown = [agent for agent in game.agents if getattr(agent, "display", True)]
        n_agents = max(n_agents, len(shown))
        if played % 10 == 1:
            cells = shown_characters(game)
            check_characters(game, cells.values())
            characters.update(dict.fromkeys(character for character in cells.values() if character.strip()))
            filled += len(cells) / (game.board_size[0] * game.board_size[1])
        if not game.playing:
            game = _new_game(factory)
            keys = game.input_source
            state_before = dict(game.state)
            games += 1
    samples = -(-played // 10) or 1
    return Probe(
        (int(first.board_size[0]), int(first.board_size[1])),
        list(characters),
        changed,
        n_agents,
        filled / samples,
        keyboard_driven(first),
        played / games,
    )


def find_actions(
    factory: Callable[[], Any],
    say: Callable[[str], None] = lambda message: None,
    clock: Callable[[], float] = time.monotonic,
) -> List[str]:
    """The keys that change the game: each is pressed in several situations and compared with pressing nothing.

    A key that does the same as one before it, or that only ends the game, is left out. When SECONDS are up on `clock`
    before all have been tried, `say` is told which were not. Raises ConfigError when no key does anything.
    """
    deadline = clock() + SECONDS
    nothing = [_outcome(factory, None, moment) for moment in range(MOMENTS)]
    if nothing != [_outcome(factory, None, moment) for moment in range(MOMENTS)]:
        raise ConfigError(
            "The keys of this game cannot be found out by trying them, because it never plays the same way twice: it draws "
            "from something else than Python's or NumPy's global generators, such as the time or a generator of its own, or "
            f"it keeps something from one game to the next. {NAME_THE_KEYS}"
        )
    found: Dict[Tuple[Any, ...], str] = {}
    untried = ""
    keys = (*ARROWS, *OTHER_KEYS)
    for tried, key in enumerate(keys):
        if key not in ARROWS and clock() >= deadline:
            untried = (
                f"This game is slow, so these keys were not tried: {', '.join(map(repr, keys[tried:]))}. "
            )
            break
        outcomes = [_outcome(factory, key, moment) for moment in range(MOMENTS)]
        different = [
            (with_key, without) for with_key, without in zip(outcomes, nothing) if with_key != without
        ]
        going_on = [with_key[0] for with_key, without in zip(outcomes, nothing) if without[0]]
        always_ends = bool(going_on) and not any(going_on)
        if different and not (always_ends and key not in ARROWS):
            found.setdefault(tuple(outcomes), key)
    if not found:
        raise ConfigError(f"No key that was tried changes this game. {untried}{NAME_THE_KEYS}")
    if untried:
        say(f"{untried}If it uses one of them, name all of its keys, for example:\n  {ACTIONS_FLAG}")
    return list(found.values())


def _outcome(factory: Callable[[], Any], key: Optional[str], moment: int) -> Tuple[bool, str]:
    """(still playing, everything there is) some turns after `key` is pressed in a situation that `moment` fixes."""
    seed_everything(moment)
    game = _new_game(factory)
    chooser = random.Random(moment)
    for turn in range(3 * moment + TURNS_AFTER_KEY):
        if not game.playing:
            break
        pressed = None
        if turn < 3 * moment:
            pressed = chooser.choice([*ARROWS, None])
        elif turn == 3 * moment:
            pressed = key
        game.input_source.press(pressed)
        try:
            _step(game, pressed, f"If this key is not one of the game's, name those that are: {ACTIONS_FLAG}")
        except GameError as error:
            if isinstance(error.__cause__, SystemExit):
                return False, "left"
            raise
    return bool(game.playing), _snapshot(game)


def _snapshot(game: Any) -> str:
    agents = [
        (
            type(agent).__name__,
            sorted((name, value) for name, value in vars(agent).items() if _is_plain(value)),
        )
        for agent in game.agents
    ]
    return repr((sorted((str(key), repr(value)) for key, value in game.state.items()), agents))


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, float, str, np.generic))


def _new_game(factory: Callable[[], Any]) -> Any:
    game = make_game(factory)
    with blamed("when it started"):
        game.input_source = KeyInput()
        game.start()
    return game


def _step(game: Any, key: Optional[str], advice: str = "") -> None:
    with_key = f" with the key {key!r}" if key is not None else ""

    def advise(error: BaseException) -> str:
        return "A game ends with  game.end()" if isinstance(error, SystemExit) else advice

    with blamed(f"in turn {getattr(game, 'turn_number', 0) + 1}{with_key}, while it was tried out", advise):
        game.step()
        bool(game.playing)
    if not isinstance(game.state, dict):
        raise GameError(f"The game's state is {game.state!r:.200}. It must be a dict, like {{'score': 0}}.")


def find_reward(numbers: Dict[str, int], state: Sequence[str]) -> Tuple[str, str]:
    """(reward, score): the state value to maximise, and another to report to people ("" for none)."""
    usual = [name for name in ("reward", "score", "points") if name in numbers]
    if usual:
        return usual[0], usual[1] if len(usual) > 1 else ""
    changing = [name for name, times in numbers.items() if times]
    if len(changing) == 1:
        return changing[0], ""
    found = (
        f"Its numbers are: {', '.join(numbers)}."
        if numbers
        else f"Its values are: {', '.join(state) or 'none'}."
    )
    raise ConfigError(
        f"Which value of the game's state should grow? {found} Say it with  --reward NAME ; the change of that value from "
        "one turn to the next is the reward. If the game has none, let it keep one, such as state['score']."
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def only_player(players: Sequence[Any]) -> str:
    """How to name the one character that the keys control; "" when there is none. Raises GameError for several."""
    if not players:
        return ""
    names = [getattr(player, "name", None) or type(player).__name__ for player in players]
    if len(set(names)) > 1:
        raise GameError(f"Several characters listen to keys: {', '.join(names)}.")
    return names[0]
