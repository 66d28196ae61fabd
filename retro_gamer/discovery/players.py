"""Who is played: several people at one keyboard, each with keys and a score; or what keys move without listening to them."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any, Callable, NamedTuple, Sequence

from retro_gamer.config.values import toml_value
from retro_gamer.discovery.keys import MOMENTS
from retro_gamer.discovery.probing import is_number, step
from retro_gamer.discovery.trials import Situation, play_on
from retro_gamer.environment.characters import displayed
from retro_gamer.environment.new_games import errors_passed_over, new_game, vars_of
from retro_gamer.environment.player import keyboard_driven, name_of
from retro_gamer.hosting.randomness import seed_everything

# For `moved_by_keys`.
PLACES, TURNS_APART = 6, 4  # situations in which each key is pressed, and how many turns lie between them
LATER = 80  # turns: is it the same one then, or does that lie still, as a piece that fell?
OFTEN = 0.5  # of all presses: so often do keys move who is played
CLEARLY = 2  # times as often as anybody else, such as one that follows

GROUPS = (("w", "a", "s", "d"), ("KEY_UP", "KEY_LEFT", "KEY_DOWN", "KEY_RIGHT"), ("i", "j", "k", "l"))


class Player(NamedTuple):
    """A character that a person plays."""

    name: str
    keys: list[str]
    reward: str  # "" where the state has no number that is this player's own


def find_players(factory: Callable[[], Any], keys: Sequence[str]) -> list[Player]:
    """The players of a game, where there are several with keys of their own, of those given; else an empty list."""
    game = new_game(factory)
    names = list(map(name_of, keyboard_driven(game)))
    if len(set(names)) < 2 or len(set(names)) < len(names):
        return []
    moved = {key: _changed_by(factory, keys, key, len(names)) for key in keys}
    own = [_whole_groups([key for key in keys if moved[key] == {player}], moved) for player in range(len(names))]
    if any(len(keys_of_player) < 2 for keys_of_player in own):
        return []
    numbers = [str(key) for key, value in game.state.items() if is_number(value)]
    return [Player(*player) for player in zip(names, own, _rewards(names, numbers))]


def _changed_by(factory: Callable[[], Any], keys: Sequence[str], key: str, players: int) -> set[int]:
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
    with errors_passed_over():  # the earlier tests have said it all
        for pressed in [*(chooser.choice([*keys, None]) for _ in range(3 * moment)), key]:
            if game.playing:
                game.input_source.press(pressed)
                step(game, pressed)
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


def moved_by_keys(factory: Callable[[], Any], actions: Sequence[str]) -> str:
    """The name of the character that keys move in the turn in which they are pressed; "" for none.

    It stays on the board from turn to turn: what is drawn anew each turn, such as the tiles of a puzzle, is none. And it is
    always the first of its name.
    """
    moved: Counter[str] = Counter()
    pressed = 0
    for seed in range(PLACES):
        tried = _moved(factory, actions, seed, 1 + TURNS_APART * seed)
        pressed += len(tried)
        moved.update(name for first, _ in tried for name in first)
    first, second = [*moved.most_common(2), ("", 0), ("", 0)][:2]
    late = _moved(factory, actions, PLACES, LATER)
    if any(first[0] in all_moved and first[0] not in firsts for firsts, all_moved in late):
        return ""
    return first[0] if first[1] >= max(OFTEN * pressed, CLEARLY * second[1], 1) else ""


def _moved(factory: Callable[[], Any], actions: Sequence[str], seed: int, turns: int) -> list[tuple[set[str], set[str]]]:
    """For each key, pressed after some turns: of which names the first character moved, and of which any."""
    chooser, found = random.Random(seed), []
    place = (seed, tuple(chooser.choice([*actions, None]) for _ in range(turns)))
    without = _after(factory, place, None)
    for key in actions:
        after = _after(factory, place, key)
        both = [(name, at, without[name]) for name, at in after.items() if name in without]
        found.append(({n for n, a, w in both if a[0] != w[0]}, {n for n, a, w in both if a != w}))
    return found


def _after(factory: Callable[[], Any], place: Situation, key: Any) -> dict[str, list[tuple[int, int]]]:
    """Where the characters of each name are after a key, of those that were there before."""
    there: dict[int, Any] = {}

    def look(game: Any) -> None:
        if game.turn_number == len(place[1]):
            there.update((id(agent), agent) for agent in displayed(game.agents))

    game = play_on(factory, place[0], [*place[1], key], look)[0]
    found: dict[str, list[tuple[int, int]]] = {}
    for agent in game.agents:
        if id(agent) in there:
            x, y = agent.position
            found.setdefault(name_of(agent), []).append((x, y))
    return found
