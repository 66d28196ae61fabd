"""Who is played where nobody on the board listens to keys: a manager that nobody sees may, and moves a character."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, Callable, Dict, Sequence, Tuple

from retro_gamer.discovery.probing import name_of
from retro_gamer.discovery.trials import Situation, play_on

PLACES, TURNS_APART = 6, 4  # situations in which each key is pressed, and how many turns lie between them
OFTEN = 0.5  # of all presses: so often do keys move who is played
CLEARLY = 2  # times as often as anybody else, such as one that follows


def moved_by_keys(factory: Callable[[], Any], actions: Sequence[str]) -> str:
    """The name of the character that keys move in the turn in which they are pressed; "" for none.

    It stays on the board from turn to turn: what is drawn anew each turn, such as the tiles of a puzzle, is none.
    """
    moved: Counter[str] = Counter()
    pressed = 0
    for seed in range(PLACES):
        chooser = random.Random(seed)
        place = (seed, tuple(chooser.choice([*actions, None]) for _ in range(1 + TURNS_APART * seed)))
        without = _after(factory, place, None)
        for key in actions:
            after = _after(factory, place, key)
            pressed += 1
            moved.update(name for name in after if name in without and after[name] != without[name])
    first, second = [*moved.most_common(2), ("", 0), ("", 0)][:2]
    return first[0] if first[1] >= max(OFTEN * pressed, CLEARLY * second[1], 1) else ""


def _after(factory: Callable[[], Any], place: Situation, key: Any) -> Dict[str, Tuple[int, int]]:
    """Where the first character of each name is after a key, of those that were there before."""
    there: Dict[int, Any] = {}

    def look(game: Any) -> None:
        if game.turn_number == len(place[1]):
            there.update((id(agent), agent) for agent in game.agents if getattr(agent, "display", True))

    game = play_on(factory, place[0], [*place[1], key], look)[0]
    found: Dict[str, Tuple[int, int]] = {}
    for agent in game.agents:
        if id(agent) in there:
            x, y = agent.position
            found.setdefault(name_of(agent), (x, y))
    return found
