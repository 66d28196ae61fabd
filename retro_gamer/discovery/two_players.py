"""A game for several people at one keyboard: each has keys and a score of their own."""

from __future__ import annotations

import random
import re
from typing import Any, Callable, NamedTuple, Sequence

from retro_gamer.config.values import toml_value
from retro_gamer.discovery.keys import MOMENTS
from retro_gamer.discovery.probing import is_number, step
from retro_gamer.environment.new_games import new_game, vars_of
from retro_gamer.environment.player import keyboard_driven
from retro_gamer.errors import GameError
from retro_gamer.hosting.randomness import seed_everything

GROUPS = (("w", "a", "s", "d"), ("KEY_UP", "KEY_LEFT", "KEY_DOWN", "KEY_RIGHT"), ("i", "j", "k", "l"))


class Player(NamedTuple):
    """A character that a person plays."""

    name: str
    keys: list[str]
    reward: str  # "" where the state has no number that is this player's own


def find_players(factory: Callable[[], Any], keys: Sequence[str]) -> list[Player]:
    """The players of a game, where there are several with keys of their own, of those given; else an empty list."""
    game = new_game(factory)
    names = [getattr(agent, "name", None) or type(agent).__name__ for agent in keyboard_driven(game)]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        return []
    moved = {key: _moved_by(factory, keys, key, len(names)) for key in keys}
    own = [_whole_groups([key for key in keys if moved[key] == {player}], moved) for player in range(len(names))]
    if any(len(keys_of_player) < 2 for keys_of_player in own):
        return []
    numbers = [str(key) for key, value in game.state.items() if is_number(value)]
    return [Player(*player) for player in zip(names, own, _rewards(names, numbers))]


def _moved_by(factory: Callable[[], Any], keys: Sequence[str], key: str, players: int) -> set[int]:
    """Which players the key changes in the turn in which it is pressed, in any of several situations."""
    moved: set[int] = set()
    for moment in range(MOMENTS):
        with_key, without = (_held(factory, keys, pressed, moment, players) for pressed in (key, None))
        moved |= {player for player, (one, other) in enumerate(zip(with_key, without)) if one != other}
    return moved


def _held(factory: Callable[[], Any], keys: Sequence[str], key: str | None, moment: int, players: int) -> list[str]:
    """What each player's character holds after a key is pressed in a situation that `moment` fixes."""
    seed_everything(moment)
    game = new_game(factory)
    drivers, chooser = keyboard_driven(game)[:players], random.Random(moment)
    try:
        for pressed in [*(chooser.choice([*keys, None]) for _ in range(3 * moment)), key]:
            if game.playing:
                game.input_source.press(pressed)
                step(game, pressed)
    except GameError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise
        # Otherwise the earlier tests have said it all.
    return [repr(sorted((name, repr(value)) for name, value in vars_of(driver).items())) for driver in drivers]


def _whole_groups(keys: list[str], moved: dict[str, set[int]]) -> list[str]:
    """Three of w, a, s, d mean all four, unless the other player has the fourth: at a wall one may do nothing."""
    whole = list(keys)
    for group in GROUPS:
        missing = [key for key in group if key not in keys]
        if len(missing) <= 1 and not any(moved.get(key) for key in missing):
            whole = [*group, *(key for key in whole if key not in group)]
    return whole


def _rewards(names: Sequence[str], numbers: Sequence[str]) -> list[str]:
    """For each player the number that bears a part of the name; or one after the other, where there are as many."""
    owned: list[str] = []
    for name in names:
        words = re.findall(r"[a-z]+|\d+", name.lower())
        others = {word for other in names if other != name for word in re.findall(r"[a-z]+|\d+", other.lower())}
        own = [word for word in words if word not in others]
        fitting = [number for number in numbers if set(own) & set(re.findall(r"[a-z]+|\d+", number.lower()))]
        owned.append(fitting[0] if len(fitting) == 1 else "")
    if all(owned) and len(set(owned)) == len(owned):
        return owned
    alike = [number for number in numbers if re.search(r"score|point|reward|win|kill|goal|coin|gold", number.lower())]
    return alike if len(alike) == len(names) else [""] * len(names)


def teams_to_paste(players: Sequence[Player]) -> str:
    """[[tool.retro-gamer.teams]] for a game's pyproject.toml."""
    lines = []
    for number, player in enumerate(players, 1):
        folder = re.sub(r"[^A-Za-z0-9_-]+", "_", player.name).strip("_") or f"team_{number}"
        lines += [
            "[[tool.retro-gamer.teams]]",
            f"name = {toml_value(folder)}",
            f"reward = {toml_value(player.reward)}",
            f"members = [{{ character = {toml_value(player.name)}, actions = {toml_value(player.keys)} }}]",
            "",
        ]
    return "\n".join(lines)
