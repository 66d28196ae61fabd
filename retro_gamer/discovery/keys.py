"""Which keys do something in a game: each is pressed in many situations, and compared with pressing nothing there."""

from __future__ import annotations

import random
import time
from typing import Any, Callable, Collection, Sequence

from retro_gamer.discovery.heard import TURNS, keys_at_hand, keys_heard, where_keys_are_handled
from retro_gamer.discovery.people_keys import for_people, only_written
from retro_gamer.discovery.probing import ACTIONS_FLAG, SECONDS
from retro_gamer.discovery.trials import (
    ARROWS,
    NAME_THE_KEYS,
    TURNS_AFTER_KEY,
    UNUSED,
    Situation,
    Trials,
    outcome_of,
    play_on,
)
from retro_gamer.environment.new_games import first_difference, new_game
from retro_gamer.environment.player import keyboard_driven
from retro_gamer.errors import ConfigError, GameError

LETTERS = "wasdqezxcrfvijklhmnbopgtuy"
DIGITS = "0123456789"
OTHER_KEYS = (" ", "KEY_ENTER", "KEY_TAB", *LETTERS, *DIGITS)
UNUSUAL_KEYS = ("KEY_TAB", "z", "b", "7", "o")
# Keys for four directions; of each two axes.
GROUPS = (("w", "s", "a", "d"), ("h", "l", "j", "k"), ("i", "k", "j", "l"))
NO_KEY_ACTS = "No key that was tried changes this game."
TURNS_HELD = 20  # that a key is held, to see whether the game raises
ENOUGH_TURNS = 1000  # that there is time for: in slower games less is tried
# Situations in which each key is tried, in a round; each so many presses after the last.
MOMENTS, PRESSES = 6, 3
ROUNDS = 3  # each with the keys found in those before: a menu may open another
DEEP_MOMENTS, DEEP_TURNS, LONGEST_HOLD = 3, 200, 10  # long games, in which keys are held: they get far
MANY_LETTERS = 20  # where this many change the game, it listens to every letter


def _records_of_keys(factory: Callable[[], Any]) -> set[str]:
    """The names of values that only say which keys were pressed: they are another with each of some unusual keys."""
    values: dict[str, set[str]] = {}
    pressed = 0
    for key in UNUSUAL_KEYS:
        try:
            parts = dict(outcome_of(factory, key, (0, ())).parts)
        except GameError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise
            continue
        pressed += 1
        for name, value in parts.items():
            values.setdefault(name, set()).add(value)
    return {name for name, different in values.items() if len(different) == pressed >= 3}


def find_actions(
    factory: Callable[[], Any],
    say: Callable[[str], None] = lambda message: None,
    clock: Callable[[], float] = time.monotonic,
) -> list[str]:
    """The keys that change the game: each is pressed in several situations and compared with pressing nothing.

    Situations are reached with the keys found so far. A key that does the same as one before it everywhere, that only
    ends the game, or with which it raises, is left out. When SECONDS are up on `clock` before all have been tried, `say`
    is told which were not. Raises ConfigError when no key does anything.
    """
    affordable, now = _affordable_turns(factory, clock)
    deadline = now + SECONDS
    trials = Trials(factory, lambda: clock() >= deadline, _records_of_keys(factory))
    held = TURNS_HELD if affordable >= ENOUGH_TURNS else 1
    pressed: list[str] = [key for key in ARROWS if not _raises_soon(factory, key, held)]
    heard = keys_heard(factory, [*pressed, *"wasd"], min(TURNS, affordable // 4))
    likely = [key for key in heard if key in OTHER_KEYS]
    at_hand = keys_at_hand(new_game(factory))
    keys = tuple(dict.fromkeys((*ARROWS, *likely, *OTHER_KEYS, *heard, *at_hand)))
    moments = max(n for n in range(1, MOMENTS + 1) if n == 1 or _turns_of_arrows(n) <= affordable // 2)
    found, errors = _in_rounds(trials, pressed, keys, moments)
    slow = (
        f"This game is slow, so these keys were not tried: {', '.join(map(repr, trials.untried))}. "
        if trials.untried
        else ""
    )
    if trials.chance and "KEY_TAB" in found:  # then chance is all that was seen
        found = [key for key in found if key in heard]
    if slow:  # nothing comes of them where there was time to try them, such as beside a wall
        found += [key for key in heard if key in trials.of and not trials.changes(key) and key not in errors]
    if not (found or errors or slow or trials.chance):
        found = _found_far_into_games(factory, trials, [], [], [*at_hand, *heard], say)
    found = found or list(trials.any)[:1]
    if not found:
        raise _no_key_acts(factory, trials, errors, slow)
    unfit: dict[str, str] = {}
    if not slow:
        unfit = for_people(factory, found, trials)
        found = [key for key in found if key not in unfit]
        heard = keys_heard(factory, found)
        unfit.update(only_written(factory, found, trials, heard))
        for why in dict.fromkeys(unfit.values()):
            say(f"Left out, because it only {why}: {', '.join(repr(key) for key in unfit if unfit[key] == why)}.")
        found = [key for key in found if key not in unfit]
        heard = [key for key in heard if key not in errors and key not in unfit]
        found += _found_far_into_games(factory, trials, found, heard, at_hand, say)
    if errors:
        say(_left_out(errors))
    if trials.chance:
        say(f"Name the keys with {ACTIONS_FLAG} if some are missing or too many, because {trials.never_twice()}")
    if slow:
        say(f"{slow}If it uses one of them, name all of its keys, for example:\n  {ACTIONS_FLAG}")
    whole = [key for key in _completed(found, trials, heard, at_hand) if key not in unfit]
    return sorted(whole, key=[*ARROWS, *OTHER_KEYS, *whole].index)


def _in_rounds(
    trials: Trials, pressed: Sequence[str], keys: Sequence[str], moments: int
) -> tuple[list[str], dict[str, GameError]]:
    """The keys that act, and those with which the game raises: tried again where the keys found before lead to."""
    trials.go(_moments(pressed, moments), keys)
    errors = trials.errors()
    found = trials.distinct(trials.acting())
    for _ in range(ROUNDS - 1):
        if set(found) <= set(pressed) or trials.untried:
            break
        pressed = found
        trials.go(_moments(pressed, moments), keys)
        found = trials.distinct(trials.acting())
    return found, errors


def _no_key_acts(factory: Callable[[], Any], trials: Trials, errors: dict[str, GameError], slow: str) -> Exception:
    if errors:
        return next(iter(errors.values()))
    if trials.chance:
        why = trials.never_twice()
        return ConfigError(f"The keys of this game cannot be found out by trying them, because {why} {NAME_THE_KEYS}")
    return ConfigError(f"{NO_KEY_ACTS} {slow}".rstrip() + f"\n{say_where_keys_are(factory)}")


def _affordable_turns(factory: Callable[[], Any], clock: Callable[[], float]) -> tuple[int, float]:
    """How many turns can be played in SECONDS, by the first of them; and the time."""
    began = clock()
    played = max(1, play_on(factory, 0, [None] * TURNS_AFTER_KEY)[1])
    now = clock()
    return int(SECONDS * played / max(now - began, 1e-6)), now


def _turns_of_arrows(moments: int) -> int:
    """The turns that are played to try the arrows in so many situations, and no key, twice."""
    return (len(ARROWS) + 2) * sum(PRESSES * moment + TURNS_AFTER_KEY for moment in range(moments))


def _raises_soon(factory: Callable[[], Any], key: str, turns: int) -> bool:
    """Whether the game raises when the key is held from its start, and not without it."""
    try:
        play_on(factory, 0, [key] * turns)
    except GameError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise
        play_on(factory, 0, [None] * turns)  # or it raises without any key
        return True
    return False


def _left_out(errors: dict[str, GameError]) -> str:
    names, why = list(map(repr, errors)), str(next(iter(errors.values()))).splitlines()
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return (
        f"Left out, because the game raises an error when they are pressed: {', '.join(names[:4])}{more}. "
        f"With the first of them:\n  " + "\n  ".join(why[:3])
    )


def _moments(usual: Sequence[str], moments: int = MOMENTS) -> list[Situation]:
    """Situations to which random presses lead."""
    situations = []
    for moment in range(moments):
        chooser = random.Random(moment)
        situations.append((moment, tuple(chooser.choice([*usual, None]) for _ in range(PRESSES * moment))))
    return situations


def _found_far_into_games(
    factory: Callable[[], Any],
    trials: Trials,
    found: Sequence[str],
    heard: Sequence[str],
    at_hand: Sequence[str],
    say: Callable[[str], None],
) -> list[str]:
    """Of the keys that might well be the game's and did nothing so far, those that do something later; and those that it
    compares with what is pressed, though nothing came of them anywhere."""
    later: list[str] = []
    beyond: list[Situation] = []  # where a key that was found here leads
    ending: set[str] = set()  # keys that do something, if only end the game
    same = [key for key in heard if key not in found and key in trials.acting()]  # as one that was found
    for _ in range(ROUNDS):
        acting = {*trials.acting(), *trials.errors(), *later}
        arrows = ARROWS if set(found) & set(ARROWS) else ()
        letters = [key for group in GROUPS if set(group) & set(found) for key in group]
        idle = [key for key in dict.fromkeys((*arrows, *letters)) if key not in acting]
        places = _far_moments(factory, [*found, *later], edges=bool(idle))
        others = dict.fromkeys((" ", "KEY_ENTER", *heard, *(key for key in at_hand if key in OTHER_KEYS)))
        idle = list(dict.fromkeys([*idle, *(key for key in others if key not in acting)]))
        far = Trials(factory, trials.late, trials.records)
        if (idle or same) and not trials.late():
            far.go([*places, *beyond], [*(found if same else ()), *same, *idle, UNUSED])
        new = far.distinct([key for key in far.acting() if key in idle])
        if same and same[-1] in far.of:  # else it became late before
            new += [key for key in far.distinct([*found, *same]) if key not in found]
        unfit = for_people(factory, new, far, [*found, *later])
        ending |= set(unfit)
        new = [key for key in new if key not in unfit]
        ending |= {key for key in idle if key in far.of and far.changes(key)}
        same = [key for key in same if key not in new]
        later += new
        if not new:
            break
        beyond = [
            (seed, (*presses, *[key] * TURNS_AFTER_KEY))
            for key in new
            for (seed, presses), trial in zip(far.places, far.of[key])
            if trial.differs
        ]
    done = {*found, *later, *ending, *trials.errors(), *(key for key in trials.of if trials.changes(key))}
    believed = [key for key in heard if key not in done]
    if believed:
        names = ", ".join(map(repr, believed))
        say(f"The game asks for {names}, too, though nothing came of it where it was tried: taken for keys.")
    return [*later, *believed]


def _far_moments(factory: Callable[[], Any], usual: Sequence[str], edges: bool) -> list[Situation]:
    """Situations late in games in which keys are held for several turns; and those in which a character is at an edge of
    where it came: there, a corridor may turn."""
    situations = []
    for seed in range(MOMENTS, MOMENTS + DEEP_MOMENTS):
        chooser = random.Random(seed)
        presses: list[str | None] = []
        while len(presses) < DEEP_TURNS:
            presses += [chooser.choice([*usual, None])] * chooser.randint(1, LONGEST_HOLD)
        places = _places(factory, seed, presses[:DEEP_TURNS])
        last = len(places) - TURNS_AFTER_KEY - 1
        ends = [last, last // 2, last // 4]
        if edges and places:
            ends += [1 + _last_furthest([sign * place[axis] for place in places]) for axis in (0, 1) for sign in (1, -1)]
        situations += [(seed, tuple(presses[: max(0, end)])) for end in ends]
    return list(dict.fromkeys(situations))


def _places(factory: Callable[[], Any], seed: int, presses: Sequence[str | None]) -> list[tuple[int, int]]:
    """Where the character that listens to keys is after each turn."""
    places: list[tuple[int, int]] = []
    play_on(factory, seed, presses, lambda game: places.append(_place(game)))
    return places


def _last_furthest(values: Sequence[int]) -> int:
    return len(values) - 1 - list(reversed(values)).index(max(values))


def _place(game: Any) -> tuple[int, int]:
    """Where the character is that listens to keys; always the same where there is none."""
    for agent in keyboard_driven(game):
        x, y = agent.position
        return x, y
    return 0, 0


def _completed(found: Sequence[str], trials: Trials, heard: Sequence[str], at_hand: Sequence[str]) -> list[str]:
    """The keys found, and those that belong to them: at a wall, say, one of four did nothing wherever it was tried.

    Where a game was heard to ask for keys of four directions, it was heard to ask for all that it uses.
    """
    keys, acting = set(found), trials.acting()
    if len(keys & set(ARROWS)) == 3 and not set(ARROWS) & set(heard):
        keys |= set(ARROWS)
    letters = [key for key in acting if key in LETTERS]
    many = len(letters) >= MANY_LETTERS and len(trials.distinct(letters)) > 2
    if many or trials.by_what_shows(letters):
        keys |= set(LETTERS)
    else:
        known = {*heard, *at_hand}
        fit = known if keys & set(LETTERS) <= known else set(LETTERS)  # z, q, s and d may be what is written
        keys |= set(_other_directions(keys, heard)) & fit
    digits = [key for key in acting if key in DIGITS]
    if keys & set(DIGITS) and len(trials.distinct(digits)) > 1:  # not where they do what arrows do
        last = "" if trials.by_what_shows(digits) else max(digits)
        known = {*heard, *at_hand} if last else set(at_hand)
        able = (digits if last else known) if set(digits) <= known else DIGITS  # 2, 4, 6 and 8 may be what is written
        keys |= {key for key in DIGITS if key in able and (not last or min("1", min(digits)) <= key <= last)}
    return [key for key in dict.fromkeys((*found, *ARROWS, *OTHER_KEYS)) if key in keys and key not in trials.errors()]


def _other_directions(found: Collection[str], heard: Collection[str]) -> list[str]:
    """What is missing in the group of which most keys were found: two, not both of one axis."""
    axes = [set(group[start : start + 2]) for group in GROUPS for start in (0, 2)]
    shared = [set(group) & set(found) for group in GROUPS]
    most = max(map(len, shared))
    if most < 2:
        return []
    whole = [group for group, keys in zip(GROUPS, shared) if len(keys) == most and keys not in axes]
    return [key for group in whole if not set(group) & set(heard) for key in group]


def say_where_keys_are(factory: Callable[[], Any]) -> str:
    """Where a game listens to keys; and what to do, unless it is wrong there."""
    where = where_keys_are_handled(new_game(factory))
    return where if "did you mean" in where else f"{where}\n{NAME_THE_KEYS}"


def actions_that_act(factory: Callable[[], Any], actions: Sequence[str]) -> bool:
    """Does any of these keys change the game in any of several situations? Stops at the first that does."""
    for place in _moments(actions):
        nothing = outcome_of(factory, None, place)
        if any(outcome_of(factory, key, place) != nothing for key in actions):
            return True
    return False


def changes_when_repeated(factory: Callable[[], Any], actions: Sequence[str]) -> str:
    """The name of a value that is another after the same seed and the same keys; empty for a game that can be repeated."""
    one, other = (outcome_of(factory, None, _moments(actions)[-1]) for _ in range(2))
    if one == other:
        return ""
    return (first_difference(one.parts, other.parts)) or "whether it is over"
