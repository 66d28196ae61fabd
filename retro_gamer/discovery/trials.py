"""Pressing keys in situations of a game: what becomes of each, and whether that is more than without it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Collection, NamedTuple, Optional, Sequence, Tuple

from retro_gamer.discovery.probing import ACTIONS_FLAG, step
from retro_gamer.environment.new_games import Parts, new_game, parts_of
from retro_gamer.errors import GameError
from retro_gamer.hosting.randomness import seed_everything

TURNS_AFTER_KEY = 3
REPEATS = 10  # of each situation without a key, in a game that has been seen not to repeat itself
ARROWS = ("KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN")
UNUSED, MANY = "KEY_TAB", 3  # a key that hardly any game asks for; where so many do as it does, any key does
SEVERAL = 5  # letters or digits of which it shows signs, one at a time
NAME_THE_KEYS = f"Say which keys it uses, for example:\n  {ACTIONS_FLAG}"

Situation = Tuple[int, Tuple[Optional[str], ...]]  # a seed, and the keys pressed from the start


class Trial(NamedTuple):
    """What became of a key that was pressed in a situation."""

    differs: bool  # from pressing nothing
    ended: bool | None  # whether the game was over then; None where it is over without the key, too
    result: int  # equal for what came out equal
    error: GameError | None = None


class Outcome(NamedTuple):
    """What became of a game."""

    reached: bool  # the situation, in which the key is pressed
    playing: bool
    parts: Parts  # everything there is, some turns after the key and at once


class Trials:
    """All that was tried with each key."""

    def __init__(self, factory: Callable[[], Any], late: Callable[[], bool], records: Collection[str]):
        self.factory, self.late = factory, late
        self.records = records  # names of values that only say which keys were pressed
        self.of: dict[str, list[Trial]] = {}
        self.places: list[Situation] = []  # of each of those trials
        self.untried: list[str] = []
        self.any: dict[str, None] = {}  # keys that do what nearly any key does, somewhere
        # Names of values that are another after the same seed and the same keys.
        self.chance: set[str] = set()

    def go(self, situations: Sequence[Situation], keys: Sequence[str]) -> None:
        """Try keys in situations. When it is late, the first round leaves out keys, and a later one is given up."""
        nothing = self._without_key(situations)
        reached = [place for place, outcome in nothing.items() if outcome.reached]
        first = not self.of
        tried: dict[str, list[Trial]] = {}
        for number, key in enumerate(keys):
            if not (first and key in ARROWS) and self.late():
                if first:
                    self.of, self.untried = tried, list(keys[number:])
                return
            tried[key] = [self._try(key, place, nothing[place]) for place in reached]
        self._leave_out_what_any_key_does(tried)
        self.places += reached
        for key, trials in tried.items():
            self.of[key] = self.of.get(key, []) + trials

    def _leave_out_what_any_key_does(self, tried: dict[str, list[Trial]]) -> None:
        """Where UNUSED and others do the same, such as on a page that says "press any key", each is as good as none."""
        for number, unused in enumerate(tried.get(UNUSED, ())):
            same = [key for key, trials in tried.items() if trials[number][:3] == unused[:3]]
            if unused.differs and len(same) >= MANY:
                self.any.update(dict.fromkeys(same))
                for key in same:
                    tried[key][number] = unused._replace(differs=False)

    def _without_key(self, situations: Sequence[Situation]) -> dict[Situation, Outcome]:
        """What becomes of each situation without a key, but for those of which that is another every time."""
        nothing = {place: outcome_of(self.factory, None, place) for place in situations}
        for repeats in (1, REPEATS):
            for place, one in list(nothing.items()) * repeats:
                other = outcome_of(self.factory, None, place)
                if one == other:
                    continue
                if not (one.playing and other.playing):  # perhaps it was over earlier in one
                    self.chance.add("whether it is over")
                    if not one.playing:
                        nothing.pop(place, None)
                    continue
                parts, others = Counter(one.parts), Counter(other.parts)
                self.chance |= {name for name, _ in (parts - others) + (others - parts)} or {""}
            if not self.chance:
                break
        return nothing

    def never_twice(self) -> str:
        """What is another every time, and why that may be."""
        return (
            "it never plays the same way twice: after the same seed and the same keys, "
            f"{', '.join(sorted(self.chance - {''})[:3]) or 'the order of its characters'} is another. Either it draws from "
            "something else than Python's random or NumPy's global generator, such as the time, secrets or a generator of "
            "its own; or it keeps something from one game to the next, such as a list in a class or at the top of the file."
        )

    def _try(self, key: str, place: Situation, nothing: Outcome) -> Trial:
        try:
            outcome = outcome_of(self.factory, key, place)
        except GameError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise
            return Trial(False, None, 0, error)
        if self.chance and not outcome.playing:  # so may that be
            return Trial(False, None, 0)
        parts, other = self._parts_that_tell(outcome), self._parts_that_tell(nothing)
        return Trial(
            outcome.playing != nothing.playing or parts != other,
            not outcome.playing if nothing.playing else None,
            hash((outcome.playing, parts)),
        )

    def _parts_that_tell(self, outcome: Outcome) -> Parts:
        kept = [part for part in outcome.parts if part[0] not in self.records and part[0] not in self.chance]
        return tuple(sorted(kept) if self.chance else kept)

    def acting(self) -> list[str]:
        """The keys that change the game, in the order in which they are tried."""
        loud = [key for key in self.of if self.changes(key)]
        return [key for key in loud if key in ARROWS or not self._always_ends(key)]

    def changes(self, key: str) -> bool:
        """Whether it did anything anywhere, if only end the game."""
        return any(trial.differs for trial in self.of[key])

    def _always_ends(self, key: str) -> bool:
        ends = {trial.ended for trial in self.of[key]} - {None}
        return ends == {True}

    def distinct(self, keys: Sequence[str]) -> list[str]:
        """Of keys that do the same everywhere, the first."""
        firsts: dict[Any, str] = {}
        for key in keys:
            firsts.setdefault(tuple(trial.result for trial in self.of[key]), key)
        return list(firsts.values())

    def by_what_shows(self, keys: Sequence[str]) -> bool:
        """Do few of these keys change the game in any one situation: those, say, of which it shows a sign?"""
        changes = [[trial.differs for trial in self.of[key]] for key in keys]
        return len(keys) >= SEVERAL and 4 * sum(map(sum, changes)) <= len(keys) * len(changes[0])

    def errors(self) -> dict[str, GameError]:
        """The keys with which the game raises, and that do nothing where it does not, such as before somebody listens.

        Raises what happens only in some places with a key that does something in others.
        """
        found = {}
        for key, trials in self.of.items():
            raised = [trial.error for trial in trials if trial.error is not None]
            if raised and self.changes(key):
                raise raised[0]
            if raised:
                found[key] = raised[0]
        return found


def outcome_of(factory: Callable[[], Any], key: str | None, place: Situation) -> Outcome:
    """The game after `key` is pressed in a situation."""
    presses = place[1]
    parts: list[Parts] = []

    def look(game: Any) -> None:
        parts.append(parts_of(game) if len(parts) == len(presses) else ())

    game, turns, left = play_on(factory, place[0], [*presses, key, *[None] * (TURNS_AFTER_KEY - 1)], look)
    playing = not left and bool(game.playing)
    return Outcome(turns > len(presses), playing, () if left else sum(parts, parts_of(game)))


def play_on(
    factory: Callable[[], Any],
    seed: int,
    presses: Sequence[str | None],
    after_turn: Callable[[Any], Any] = lambda game: None,
) -> tuple[Any, int, bool]:
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
