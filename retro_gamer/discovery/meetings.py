"""What becomes of the character of the keys where it meets others: does it get there, and at what cost?"""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Dict, List, Tuple

from retro_gamer.discovery.probing import is_number

Pair = Tuple[int, int]
Shown = Dict[Pair, List[Tuple[Any, str]]]  # cell -> who shows what there
LEAST_STOPPED = 3  # times that it did not get on: once or twice may be chance
LEAST_COSTLY = 2
NEARLY_NEVER = 0.02  # of the times
FEW = 2  # of a kind in a turn, on average


class Met:
    """What became of going where one kind of character was."""

    def __init__(self) -> None:
        self.stopped = 0  # times that the character of the keys did not get there
        self.stepped = 0  # and that it did
        self.made_room = 0  # times that it went on, or was pushed, as the character came
        self.costly = 0  # times that the reward fell, or the game was over and brought nothing
        self.there = 0  # how many of the kind there were, turn by turn
        self.turns = 0  # in which there were any
        self.moved = 0  # and how many of them were somewhere else in the turn before

    @property
    def harms(self) -> bool:
        return self.costly >= LEAST_COSTLY and 2 * self.costly >= self.stopped + self.stepped

    @property
    def stops(self) -> bool:
        passed = self.stepped + self.made_room
        return self.stopped >= LEAST_STOPPED and passed < NEARLY_NEVER * self.stopped

    @property
    def are_few(self) -> bool:
        """Whether there are one or two, where there are any: what stops it may be a door, which opens later."""
        return self.there <= FEW * self.turns

    @property
    def stays(self) -> bool:
        return self.moved < NEARLY_NEVER * self.there


class Meetings:
    """What the character of the keys met, turn by turn."""

    def __init__(self, reward: str, place_of: Callable[[Pair], Pair]):
        self._reward, self._place_of = reward, place_of  # the cell of a position on the board
        self.kinds: dict[str, Met] = {}
        self._gains: Counter[float] = Counter()  # of the turns in which it met nothing
        self.begin()

    def begin(self) -> None:
        self._had: float | None = None
        self._last: Met | None = None  # what was met in the turn before

    def look(self, game: Any) -> float:
        """The reward of the turn that was played; to be asked once a turn, and before the first."""
        value = game.state.get(self._reward)
        had, self._had = self._had, value if is_number(value) else None
        return 0.0 if had is None or self._had is None else self._had - had

    def note(self, game: Any, before: Shown, after: Shown, step: Pair | None, to: Pair | None) -> None:
        """A turn: what showed where before and after it, the step that was made, and the cell it led to, or should have."""
        gain = self.look(game)
        self._note_places(before, after)
        met = self._note_step(before[to][-1], step, to) if to is not None and to in before else None
        # Some games see only in the next turn where the character went.
        cause, self._last = met or self._last, met
        if cause is None:
            self._gains[gain] += 1
            return
        usual = self._gains.most_common(1)[0][0] if self._gains else 0.0
        cause.costly += gain < min(0.0, usual) or (not game.playing and gain <= 0)

    def _note_places(self, before: Shown, after: Shown) -> None:
        places = {id(agent): cell for cell, there in before.items() for agent, _ in there}
        for cell, there in after.items():
            agent, shown = there[-1]
            met = self.kinds.setdefault(shown, Met())
            met.there += 1
            met.moved += places.get(id(agent), cell) != cell
        for shown in {there[-1][1] for there in after.values()}:
            self.kinds[shown].turns += 1

    def _note_step(self, shows: tuple[Any, str], step: Pair | None, to: Pair) -> Met | None:
        """What showed in the cell that the step led to; None if it was not met there after all."""
        agent, shown = shows
        met = self.kinds.setdefault(shown, Met())
        x, y = self._place_of(agent.position)
        if step in (None, (0, 0)):
            met.stopped += 1
        elif abs(x - to[0]) + abs(y - to[1]) == 1:
            met.made_room += 1
            return None
        else:
            met.stepped += 1
        return met
