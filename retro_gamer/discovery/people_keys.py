"""Keys that are for people, not for playing: they stop a game for a while, begin it again, or write a name."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Collection, Sequence

from retro_gamer.discovery.probing import is_number
from retro_gamer.discovery.trials import ARROWS, Situation, Trials, play_on
from retro_gamer.environment.characters import visible_cells
from retro_gamer.environment.new_games import parts_of
from retro_gamer.environment.player import keyboard_driven

PLACES = 4  # in which each is looked at again
MANY = 20  # letters: with so many, a name may be written
STAY = 6  # of these
BACK = "KEY_BACKSPACE"
TURNS_STILL = 10  # a game that is stopped stays as it is, whatever else is pressed


def for_people(factory: Callable[[], Any], keys: Sequence[str], trials: Trials, more: Sequence[str] = ()) -> dict[str, str]:
    """Of these keys, those that only stop the game or begin it again, with what they do; there are `more` keys."""
    found: dict[str, str] = {}
    for key in keys:
        places = _places(key, trials)
        if places and _begins_again(factory, key, places):
            found[key] = "begins again"
    for key in keys:
        places = _places(key, trials)
        others = [other for other in (*keys, *more) if other != key and other not in found]
        if key not in found and places and others and _stops(factory, key, others, places):
            found[key] = "stops the game until it is pressed again"
    return found


def _places(key: str, trials: Trials) -> list[Situation]:
    """Where the key did something, and was not pressed before."""
    tried = zip(trials.places, trials.of.get(key, ()))
    places = [place for place, trial in tried if trial.differs and key not in place[1]]
    return [] if key in ARROWS else places[-PLACES:]


def _stops(factory: Callable[[], Any], key: str, others: Sequence[str], places: Sequence[Situation]) -> bool:
    """Whether nothing that is shown changes any more after the key, though it would without; and the key undoes that."""
    while_still = [others[turn % len(others)] for turn in range(TURNS_STILL)]
    told = 0
    for place in places:
        without = _shown_after(factory, place, [None, *while_still])
        held = _shown_after(factory, place, [key, *while_still, key, *while_still])
        if len(held) < 2 * len(without):  # over before
            return False
        first, again = held[: len(without)], held[len(without) :]
        if len(set(first)) > 1 or len(set(again)) == 1:
            return False
        told += len(set(without)) > 1
    return told > 0


def _shown_after(factory: Callable[[], Any], place: Situation, presses: Sequence[str | None]) -> list[Any]:
    """What is shown after each of some turns that follow a situation."""
    shown: list[Any] = []

    def look(game: Any) -> None:
        cells = tuple((x, y, sign) for _, x, y, sign in visible_cells(game.agents, game.board_size))
        shown.append((cells, tuple(sorted((str(name), repr(value)) for name, value in game.state.items()))))

    play_on(factory, place[0], [*place[1], *presses], look)
    return shown[len(place[1]) :]


def _begins_again(factory: Callable[[], Any], key: str, places: Sequence[Situation]) -> bool:
    """Whether all numbers that the key changes are then as in a new game, and its character is where it was."""
    told = 0
    for place in places:
        new = [_numbers(play_on(factory, place[0], presses)[0]) for presses in ((), (None,))]
        without, pressed = (_numbers(play_on(factory, place[0], [*place[1], one])[0]) for one in (None, key))
        changed = [name for name, value in pressed[0].items() if value != without[0].get(name)]
        as_new = all(pressed[0][name] in [begun[0].get(name) for begun in new] for name in changed)
        if not as_new or pressed[1] not in [begun[1] for begun in new]:
            return False
        kinds = [begun[2] for begun in new]
        gone = pressed[2] in kinds and without[2] not in kinds
        told += bool(changed or gone) and without[1] not in [begun[1] for begun in new]
    return told > 0


def _numbers(game: Any) -> tuple[dict[str, Any], list[Any], list[str]]:
    """The numbers of its state, where the characters are that listen to keys, and of which kinds all are."""
    numbers = {str(name): value for name, value in game.state.items() if is_number(value)}
    places = [tuple(agent.position) for agent in keyboard_driven(game)]
    return numbers, places, sorted(type(agent).__name__ for agent in game.agents)


def only_written(factory: Callable[[], Any], keys: Sequence[str], trials: Trials, heard: Collection[str]) -> dict[str, str]:
    """Of these keys, the letters that do nothing but stand where another one would, as in a name, for a part of the game.

    Not those that the game was `heard` to ask for. Some stay, since a name may have to be written before the game goes on.
    Where only one did, greedy play wrote none in two trainings of three.
    """
    letters = [key for key in keys if len(key) == 1 and key.isalpha() and key not in heard]
    others = [key for key in keys if key not in letters and key != BACK]
    if len(letters) < MANY or not others:
        return {}

    @lru_cache(maxsize=None)
    def after(place: Situation, key: str) -> str:
        """The game when other keys were pressed after this one."""
        then = [others[turn % len(others)] for turn in range(TURNS_STILL)]
        return repr(parts_of(play_on(factory, place[0], [*place[1], key, *then])[0]))

    for first in letters:
        tried = trials.of.get(first, [])
        writing = [number for number, trial in enumerate(tried) if trial.differs][:PLACES]
        idle = any(not trial.differs and trial.ended is not None for trial in tried)
        same = [
            key
            for key in letters
            if idle
            and [trial.differs for trial in trials.of.get(key, ())] == [trial.differs for trial in tried]
            and all(trials.of[key][number].result != tried[number].result for number in writing)
            and all(
                _written_alike(after(place, first), after(place, key), (first, key))
                for place in (trials.places[number] for number in writing)
            )
        ]
        if len(same) >= MANY // 2:
            found = dict.fromkeys(same[STAY - 1 :], f"writes itself, as {first!r} does")
            return {**found, BACK: "takes back what was written"} if BACK in keys else found
    return {}


def _written_alike(one: str, two: str, keys: tuple[str, str]) -> bool:
    """Whether a game differs after one key and after the other only in that each is there itself."""
    pairs = {(left.lower(), right.lower()) for left, right in zip(one, two) if left != right}
    return len(one) == len(two) and pairs <= {keys}
