"""Which keys do something in a game: each is pressed in many situations, and compared with pressing nothing there."""

from __future__ import annotations

import random
import time
from typing import Any, Callable, Collection, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from retro_gamer.discovery.key_handlers import where_keys_are_handled
from retro_gamer.discovery.probing import ACTIONS_FLAG, SECONDS, new_game, step
from retro_gamer.environment.chance import seed_everything
from retro_gamer.environment.new_games import Parts, first_difference, parts_of
from retro_gamer.environment.player import keyboard_driven
from retro_gamer.errors import ConfigError, GameError

ARROWS = ("KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN")
LETTERS = "wasdqezxcrfvijklhmnbopgtuy"
DIGITS = "0123456789"
OTHER_KEYS = (" ", "KEY_ENTER", "KEY_TAB", *LETTERS, *DIGITS)
UNUSUAL_KEYS = ("KEY_TAB", "z", "b", "7", "o")
# Keys for four directions; of each two axes.
GROUPS = (("w", "s", "a", "d"), ("h", "l", "j", "k"), ("i", "k", "j", "l"))
NAME_THE_KEYS = f"Say which keys it uses, for example:\n  {ACTIONS_FLAG}"
NO_KEY_ACTS = "No key that was tried changes this game."
MOMENTS = 6  # situations in which each key is tried, in a round
ROUNDS = 3  # each with the keys found in those before: a menu may open another
DEEP_MOMENTS, DEEP_TURNS, LONGEST_HOLD = 3, 200, 10  # long games, in which keys are held: they get far
TURNS_AFTER_KEY = 3
MANY_LETTERS = 20  # where this many change the game, it listens to every letter
SEVERAL = 5  # letters or digits of which it shows signs, one at a time

Situation = Tuple[int, Tuple[Optional[str], ...]]  # a seed, and the keys pressed from the start


class Trial(NamedTuple):
    """What became of a key that was pressed in a situation."""

    differs: bool  # from pressing nothing
    ended: Optional[bool]  # whether the game was over then; None where it is over without the key, too
    result: int  # equal for what came out equal
    error: Optional[GameError] = None


class _Outcome(NamedTuple):
    reached: bool  # the situation, in which the key is pressed
    playing: bool
    parts: Parts  # everything there is


class Trials:
    """All that was tried with each key."""

    def __init__(self, factory: Callable[[], Any], late: Callable[[], bool], records: Collection[str]):
        self.factory, self.late = factory, late
        self.records = records  # names of values that only say which keys were pressed
        self.of: Dict[str, List[Trial]] = {}
        self.places: List[Situation] = []  # of each of those trials
        self.untried: List[str] = []

    def go(self, situations: Sequence[Situation], keys: Sequence[str]) -> None:
        """Try keys in situations. When it is late, the first round leaves out keys, and a later one is given up."""
        nothing = _repeated(self.factory, situations)
        reached = [place for place, outcome in nothing.items() if outcome.reached]
        first = not self.of
        tried: Dict[str, List[Trial]] = {}
        for number, key in enumerate(keys):
            if not (first and key in ARROWS) and self.late():
                if first:
                    self.of, self.untried = tried, list(keys[number:])
                return
            tried[key] = [self._try(key, place, nothing[place]) for place in reached]
        self.places += reached
        for key, trials in tried.items():
            self.of[key] = self.of.get(key, []) + trials

    def _try(self, key: str, place: Situation, nothing: _Outcome) -> Trial:
        try:
            outcome = _outcome(self.factory, key, place)
        except GameError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise
            return Trial(False, None, 0, error)
        parts, other = self._without_records(outcome), self._without_records(nothing)
        return Trial(
            outcome.playing != nothing.playing or parts != other,
            not outcome.playing if nothing.playing else None,
            hash((outcome.playing, parts)),
        )

    def _without_records(self, outcome: _Outcome) -> Parts:
        return tuple(part for part in outcome.parts if part[0] not in self.records)

    def acting(self) -> List[str]:
        """The keys that change the game, in the order in which they are tried."""
        loud = [key for key, trials in self.of.items() if any(trial.differs for trial in trials)]
        return [key for key in loud if key in ARROWS or not self._always_ends(key)]

    def _always_ends(self, key: str) -> bool:
        ends = {trial.ended for trial in self.of[key]} - {None}
        return ends == {True}

    def distinct(self, keys: Sequence[str]) -> List[str]:
        """Of keys that do the same everywhere, the first."""
        firsts: Dict[Any, str] = {}
        for key in keys:
            firsts.setdefault(tuple(trial.result for trial in self.of[key]), key)
        return list(firsts.values())

    def by_what_shows(self, keys: Sequence[str]) -> bool:
        """Do few of these keys change the game in any one situation: those, say, of which it shows a sign?"""
        changes = [[trial.differs for trial in self.of[key]] for key in keys]
        return len(keys) >= SEVERAL and 4 * sum(map(sum, changes)) <= len(keys) * len(changes[0])

    def errors(self) -> Dict[str, GameError]:
        """The keys with which the game raises wherever they are pressed. Raises what only happens in some places."""
        found = {}
        for key, trials in self.of.items():
            raised = [trial.error for trial in trials if trial.error is not None]
            if raised and len(raised) < len(trials):
                raise raised[0]
            if raised:
                found[key] = raised[0]
        return found


def _records_of_keys(factory: Callable[[], Any]) -> Set[str]:
    """The names of values that only say which keys were pressed: they are another with each of some unusual keys."""
    values: Dict[str, Set[str]] = {}
    pressed = 0
    for key in UNUSUAL_KEYS:
        try:
            parts = dict(_outcome(factory, key, (0, ())).parts)
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
) -> List[str]:
    """The keys that change the game: each is pressed in several situations and compared with pressing nothing.

    Situations are reached with the keys found so far. A key that does the same as one before it everywhere, that only
    ends the game, or with which it raises, is left out. When SECONDS are up on `clock` before all have been tried, `say`
    is told which were not. Raises ConfigError when no key does anything.
    """
    deadline = clock() + SECONDS
    trials = Trials(factory, lambda: clock() >= deadline, _records_of_keys(factory))
    keys = (*ARROWS, *OTHER_KEYS)
    pressed: List[str] = [key for key in ARROWS if not _raises_at_once(factory, key)]
    trials.go(_moments(pressed), keys)
    errors = trials.errors()
    found = trials.distinct(trials.acting())
    for _ in range(ROUNDS - 1):
        if set(found) <= set(pressed) or trials.untried:
            break
        pressed = found
        trials.go(_moments(pressed), keys)
        found = trials.distinct(trials.acting())
    slow = (
        f"This game is slow, so these keys were not tried: {', '.join(map(repr, trials.untried))}. "
        if trials.untried
        else ""
    )
    if not found:
        if errors:
            raise next(iter(errors.values()))
        raise ConfigError(f"{NO_KEY_ACTS} {slow}".rstrip() + f"\n{say_where_keys_are(factory)}")
    if not slow:
        found += _found_far_into_games(factory, trials, found)
    if errors:
        say(_left_out(errors))
    if slow:
        say(f"{slow}If it uses one of them, name all of its keys, for example:\n  {ACTIONS_FLAG}")
    return _completed(found, trials)


def _raises_at_once(factory: Callable[[], Any], key: str) -> bool:
    try:
        _outcome(factory, key, (0, ()))
    except GameError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise
        _outcome(factory, None, (0, ()))  # or it raises without any key
        return True
    return False


def _left_out(errors: Dict[str, GameError]) -> str:
    names, why = list(map(repr, errors)), str(next(iter(errors.values()))).splitlines()
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return (
        f"Left out, because the game raises an error when they are pressed: {', '.join(names[:4])}{more}. "
        f"With the first of them:\n  " + "\n  ".join(why[:3])
    )


def _moments(usual: Sequence[str]) -> List[Situation]:
    """Situations to which random presses lead."""
    situations = []
    for moment in range(MOMENTS):
        chooser = random.Random(moment)
        situations.append((moment, tuple(chooser.choice([*usual, None]) for _ in range(3 * moment))))
    return situations


def _found_far_into_games(factory: Callable[[], Any], trials: Trials, found: Sequence[str]) -> List[str]:
    """Of the keys that might well be the game's and did nothing so far, those that do something later."""
    later: List[str] = []
    beyond: List[Situation] = []  # where a key that was found here leads
    for _ in range(ROUNDS):
        acting = {*trials.acting(), *trials.errors(), *later}
        arrows = ARROWS if set(found) & set(ARROWS) else ()
        letters = [key for group in GROUPS if set(group) & set(found) for key in group]
        idle = [key for key in dict.fromkeys((*arrows, *letters)) if key not in acting]
        places = _far_moments(factory, [*found, *later], edges=bool(idle))
        idle += [key for key in (" ", "KEY_ENTER") if key not in acting]
        far = Trials(factory, trials.late, trials.records)
        if idle and not trials.late():
            far.go([*places, *beyond], idle)
        new = far.distinct(far.acting())
        if not new:
            break
        later += new
        beyond = [
            (seed, (*presses, *[key] * TURNS_AFTER_KEY))
            for key in new
            for (seed, presses), trial in zip(far.places, far.of[key])
            if trial.differs
        ]
    return later


def _far_moments(factory: Callable[[], Any], usual: Sequence[str], edges: bool) -> List[Situation]:
    """Situations late in games in which keys are held for several turns; and those in which a character is at an edge of
    where it came: there, a corridor may turn."""
    situations = []
    for seed in range(MOMENTS, MOMENTS + DEEP_MOMENTS):
        chooser = random.Random(seed)
        presses: List[Optional[str]] = []
        while len(presses) < DEEP_TURNS:
            presses += [chooser.choice([*usual, None])] * chooser.randint(1, LONGEST_HOLD)
        places = _places(factory, seed, presses[:DEEP_TURNS])
        ends = [len(places) - TURNS_AFTER_KEY - 1]
        if edges and places:
            ends += [
                1 + _last_furthest([sign * place[axis] for place in places])
                for axis in (0, 1)
                for sign in (1, -1)
            ]
        situations += [(seed, tuple(presses[: max(0, end)])) for end in ends]
    return list(dict.fromkeys(situations))


def _places(factory: Callable[[], Any], seed: int, presses: Sequence[Optional[str]]) -> List[Tuple[int, int]]:
    """Where the character that listens to keys is after each turn."""
    places: List[Tuple[int, int]] = []
    _played(factory, seed, presses, lambda game: places.append(_place(game)))
    return places


def _last_furthest(values: Sequence[int]) -> int:
    return len(values) - 1 - list(reversed(values)).index(max(values))


def _place(game: Any) -> Tuple[int, int]:
    """Where the character is that listens to keys; always the same where there is none."""
    for agent in keyboard_driven(game):
        x, y = agent.position
        return x, y
    return 0, 0


def _completed(found: Sequence[str], trials: Trials) -> List[str]:
    """The keys found, and those that belong to them: at a wall, say, one of four did nothing wherever it was tried."""
    keys, acting = set(found), trials.acting()
    if len(keys & set(ARROWS)) == 3:
        keys |= set(ARROWS)
    anything = trials.of.get("KEY_TAB")  # what any key does, such as open a menu, says nothing of letters
    letters = [key for key in acting if key in LETTERS and trials.of[key] != anything]
    many = len(letters) >= MANY_LETTERS and len(trials.distinct(letters)) > 2
    if many or trials.by_what_shows(letters):
        keys |= set(LETTERS)
    else:
        keys |= set(_other_directions(keys))
    digits = [key for key in acting if key in DIGITS]
    if len(trials.distinct(digits)) > 1:
        last = "" if trials.by_what_shows(digits) else max(digits)
        keys |= {key for key in DIGITS if not last or min("1", min(digits)) <= key <= last}
    return [key for key in (*ARROWS, *OTHER_KEYS) if key in keys and key not in trials.errors()]


def _other_directions(found: Collection[str]) -> List[str]:
    """What is missing in the group of which most keys were found: two, not both of one axis."""
    axes = [set(group[start : start + 2]) for group in GROUPS for start in (0, 2)]
    shared = [set(group) & set(found) for group in GROUPS]
    most = max(map(len, shared))
    if most < 2:
        return []
    whole = [group for group, keys in zip(GROUPS, shared) if len(keys) == most and keys not in axes]
    return [key for group in whole for key in group]


def _repeated(factory: Callable[[], Any], situations: Sequence[Situation]) -> Dict[Situation, _Outcome]:
    """What becomes of each situation without a key; raises ConfigError where that is another every time."""
    nothing = {place: _outcome(factory, None, place) for place in situations}
    for place, one in nothing.items():
        other = _outcome(factory, None, place)
        if one == other:
            continue
        different = first_difference(one.parts, other.parts)
        raise ConfigError(
            "The keys of this game cannot be found out by trying them, because it never plays the same way twice: after the "
            f"same seed and the same keys, {different or 'whether it is over'} is another. Either it "
            "draws from something else than Python's random or NumPy's global generator, such as the time, secrets or a "
            "generator of its own; or it keeps something from one game to the next, such as a list in a class or at the top "
            f"of the file. {NAME_THE_KEYS}"
        )
    return nothing


def say_where_keys_are(factory: Callable[[], Any]) -> str:
    """Where a game listens to keys; and what to do, unless it is wrong there."""
    where = where_keys_are_handled(new_game(factory))
    return where if "did you mean" in where else f"{where}\n{NAME_THE_KEYS}"


def actions_that_act(factory: Callable[[], Any], actions: Sequence[str]) -> bool:
    """Does any of these keys change the game in any of several situations? Stops at the first that does."""
    for place in _moments(actions):
        nothing = _outcome(factory, None, place)
        if any(_outcome(factory, key, place) != nothing for key in actions):
            return True
    return False


def changes_when_repeated(factory: Callable[[], Any], actions: Sequence[str]) -> str:
    """The name of a value that is another after the same seed and the same keys; empty for a game that can be repeated."""
    one, other = (_outcome(factory, None, _moments(actions)[-1]) for _ in range(2))
    if one == other:
        return ""
    return (first_difference(one.parts, other.parts)) or "whether it is over"


def _outcome(factory: Callable[[], Any], key: Optional[str], place: Situation) -> _Outcome:
    """The game some turns after `key` is pressed in a situation."""
    presses = place[1]
    game, turns, left = _played(factory, place[0], [*presses, key, *[None] * (TURNS_AFTER_KEY - 1)])
    reached = turns > len(presses)
    return _Outcome(reached, False, ()) if left else _Outcome(reached, bool(game.playing), parts_of(game))


def _played(
    factory: Callable[[], Any],
    seed: int,
    presses: Sequence[Optional[str]],
    after_turn: Callable[[Any], Any] = lambda game: None,
) -> Tuple[Any, int, bool]:
    """A game in which these keys were pressed, how many of them, and whether the last one left the program."""
    seed_everything(seed)
    game = new_game(factory)
    for turn, pressed in enumerate(presses):
        if not game.playing:
            return game, turn, False
        game.input_source.press(pressed)
        try:
            step(game, pressed)
        except GameError as error:
            if isinstance(error.__cause__, SystemExit):
                return game, turn + 1, True
            raise
        after_turn(game)
    return game, len(presses), False
