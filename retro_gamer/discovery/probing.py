"""Finding out about a game by playing it: which keys do something, what could be the reward, what is on the board."""

from __future__ import annotations

import random
import time
import traceback
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from retro_gamer.discovery.key_handlers import where_keys_are_handled
from retro_gamer.environment.chance import seed_everything
from retro_gamer.environment.characters import board_size_of, check_characters, shown_characters
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.new_games import Parts, first_difference, parts_of
from retro_gamer.environment.player import keyboard_driven
from retro_gamer.environment.runner import LARGEST, advice_in_turn, state_number
from retro_gamer.errors import ConfigError, GameError
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.loading import make_game

ARROWS = ("KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN")
OTHER_KEYS = (" ", "KEY_ENTER", "KEY_TAB", *"wasdqezxcrfvijklhmnbopgtuy", *"0123456789")
ACTIONS_FLAG = "--actions KEY_LEFT,KEY_RIGHT"
NAME_THE_KEYS = f"Say which keys it uses, for example:\n  {ACTIONS_FLAG}"
NO_KEY_ACTS = "No key that was tried changes this game."
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
    players: List[
        Any
    ]  # the characters that listen to keys in a new game; where none does, those that come later
    mean_turns: float  # of a random game
    turns: int  # played
    ended: int  # games that came to an end in them
    huge: Set[str]  # numeric state values beyond what can be counted one by one


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
    first = game = new_game(factory)
    keys = game.input_source
    state_before = first_state = dict(game.state)
    if reward in first_state:
        state_number(game, reward)
    characters: Dict[str, None] = {}
    changed = {name: 0 for name, value in state_before.items() if is_number(value)}
    n_agents, filled, games, ended, played = 0, 0.0, 1, 0, 0
    players = keyboard_driven(first)
    huge: Set[str] = set()
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
        step(game, key)
        played += 1
        board_size_of(game)
        if reward in first_state:
            state_number(game, reward, game.turn_number)
        for name, value in game.state.items():
            if is_number(value) and value != state_before.get(name):
                changed[name] = changed.get(name, 0) + 1
                if abs(value) >= LARGEST:
                    huge.add(name)
        state_before = dict(game.state)
        shown = [agent for agent in game.agents if getattr(agent, "display", True)]
        n_agents = max(n_agents, len(shown))
        if played % 10 == 1:
            cells = shown_characters(game)
            check_characters(game, cells.values())
            characters.update(dict.fromkeys(character for character in cells.values() if character.strip()))
            filled += len(cells) / (game.board_size[0] * game.board_size[1])
        players = players or keyboard_driven(game)
        if not game.playing:
            ended += 1
            game = new_game(factory)
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
        players,
        played / games,
        played,
        ended,
        huge,
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
    found, untried = _keys_that_act(factory, ARROWS, deadline, clock)
    if (
        found and not set(found) & set(ARROWS) and not untried
    ):  # such as a menu: behind it are the game's own keys
        behind, untried = _keys_that_act(factory, found, deadline, clock)
        found += [key for key in behind if key not in found]
    slow = (
        f"This game is slow, so these keys were not tried: {', '.join(map(repr, untried))}. "
        if untried
        else ""
    )
    if not found:
        raise ConfigError(f"{NO_KEY_ACTS} {slow}".rstrip() + f"\n{say_where_keys_are(factory)}")
    if slow:
        say(f"{slow}If it uses one of them, name all of its keys, for example:\n  {ACTIONS_FLAG}")
    return found


def _keys_that_act(
    factory: Callable[[], Any], usual: Sequence[str], deadline: float, clock: Callable[[], float]
) -> Tuple[List[str], List[str]]:
    """The keys that change the game in situations to which random presses of `usual` lead, and those not tried."""
    nothing = [_outcome(factory, None, moment, usual) for moment in range(MOMENTS)]
    again = [_outcome(factory, None, moment, usual) for moment in range(MOMENTS)]
    if nothing != again:
        different = (first_difference(one.parts, other.parts) for one, other in zip(nothing, again))
        raise ConfigError(
            "The keys of this game cannot be found out by trying them, because it never plays the same way twice: after the "
            f"same seed and the same keys, {next(filter(None, different), 'whether it is over')} is another. Either it "
            "draws from something else than Python's random or NumPy's global generator, such as the time, secrets or a "
            "generator of its own; or it keeps something from one game to the next, such as a list in a class or at the top "
            f"of the file. {NAME_THE_KEYS}"
        )
    found: Dict[Tuple[Any, ...], str] = {}
    keys = (*ARROWS, *OTHER_KEYS)
    for tried, key in enumerate(keys):
        if key not in ARROWS and clock() >= deadline:
            return list(found.values()), list(keys[tried:])
        outcomes = [_outcome(factory, key, moment, usual) for moment in range(MOMENTS)]
        going_on = [with_key.playing for with_key, without in zip(outcomes, nothing) if without.playing]
        always_ends = bool(going_on) and not any(going_on)
        if outcomes != nothing and not (always_ends and key not in ARROWS):
            found.setdefault(tuple(outcomes), key)
    return list(found.values()), []


def say_where_keys_are(factory: Callable[[], Any]) -> str:
    """Where a game listens to keys; and what to do, unless it is wrong there."""
    where = where_keys_are_handled(new_game(factory))
    return where if "did you mean" in where else f"{where}\n{NAME_THE_KEYS}"


def actions_that_act(factory: Callable[[], Any], actions: Sequence[str]) -> bool:
    """Does any of these keys change the game in any of several situations? Stops at the first that does."""
    for moment in range(MOMENTS):
        nothing = _outcome(factory, None, moment, actions)
        if any(_outcome(factory, key, moment, actions) != nothing for key in actions):
            return True
    return False


def changes_when_repeated(factory: Callable[[], Any], actions: Sequence[str]) -> str:
    """The name of a value that is another after the same seed and the same keys; empty for a game that can be repeated."""
    one, other = (_outcome(factory, None, MOMENTS - 1, actions) for _ in range(2))
    return "" if one == other else first_difference(one.parts, other.parts) or "whether it is over"


class _Outcome(NamedTuple):
    """What became of a key that was pressed."""

    playing: bool
    parts: Parts  # everything there is


def _outcome(factory: Callable[[], Any], key: Optional[str], moment: int, usual: Sequence[str]) -> _Outcome:
    """The game some turns after `key` is pressed in a situation that `moment` fixes, with random presses of `usual`."""
    seed_everything(moment)
    game = new_game(factory)
    chooser = random.Random(moment)
    for turn in range(3 * moment + TURNS_AFTER_KEY):
        if not game.playing:
            break
        pressed = None
        if turn < 3 * moment:
            pressed = chooser.choice([*usual, None])
        elif turn == 3 * moment:
            pressed = key
        game.input_source.press(pressed)
        try:
            step(game, pressed)
        except GameError as error:
            if isinstance(error.__cause__, SystemExit):
                return _Outcome(False, ())
            raise
    return _Outcome(bool(game.playing), parts_of(game))


def new_game(factory: Callable[[], Any]) -> Any:
    game = make_game(factory)
    with blamed("when it started"):
        game.input_source = KeyInput()
        game.start()
    return game


def step(game: Any, key: Optional[str]) -> None:
    """Play one turn of a game that is tried out."""
    with_key = f" with the key {key!r}" if key is not None else ""

    def advise(error: BaseException) -> str:
        known = advice_in_turn(error, game)
        if known or key is None or isinstance(error, EOFError):
            return known
        handles = any(frame.name == "handle_keystroke" for frame in traceback.extract_tb(error.__traceback__))
        return f"If this key is not one of the game's, name those that are: {ACTIONS_FLAG}" if handles else ""

    with blamed(f"in turn {getattr(game, 'turn_number', 0) + 1}{with_key}, while it was tried out", advise):
        game.step()
        bool(game.playing)
    if not isinstance(game.state, dict):
        raise GameError(f"The game's state is {game.state!r:.200}. It must be a dict, like {{'score': 0}}.")


def find_reward(numbers: Dict[str, int], state: Sequence[str]) -> Tuple[str, str]:
    """(reward, score): the state value to maximise, and another to report to people ("" for none).

    `numbers` says of each numeric value in how many turns it changed; `state` names the values of a new game.
    """
    late = [name for name in numbers if name not in state]
    numbers = {name: times for name, times in numbers.items() if name in state}
    if late and not numbers:
        raise ConfigError(
            f"A new game's state has no number that could grow. It has: {', '.join(state) or 'nothing'}. {late[0]} comes "
            f"only later: give the new Game that value from the start, such as  Game(agents, {{{late[0]!r}: 0}})"
        )
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


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def only_player(players: Sequence[Any]) -> str:
    """How to name the one character that the keys control; "" when there is none. Raises GameError for several."""
    if not players:
        return ""
    names = [getattr(player, "name", None) or type(player).__name__ for player in players]
    if len(set(names)) > 1:
        raise GameError(f"Several characters listen to keys: {', '.join(names)}.")
    return names[0]
