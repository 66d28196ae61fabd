"""Who is played where nobody on the board listens to keys: a manager that nobody sees may, and moves a character."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, Callable, Sequence

from retro_gamer.discovery.probing import name_of
from retro_gamer.discovery.trials import Situation, play_on

PLACES, TURNS_APART = 6, 4  # situations in which each key is pressed, and how many turns lie between them
LATER = 80  # turns: is it the same one then, or does that lie still, as a piece that fell?
OFTEN = 0.5  # of all presses: so often do keys move who is played
CLEARLY = 2  # times as often as anybody else, such as one that follows


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
            there.update((id(agent), agent) for agent in game.agents if getattr(agent, "display", True))

    game = play_on(factory, place[0], [*place[1], key], look)[0]
    found: dict[str, list[tuple[int, int]]] = {}
    for agent in game.agents:
        if id(agent) in there:
            x, y = agent.position
            found.setdefault(name_of(agent), []).append((x, y))
    return found
