"""What the character of the keys can step on, what it costs, what is in its way, and what it leaves behind."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any, Callable, Sequence

from retro_gamer.discovery.meetings import Meetings, Met, Pair, Shown
from retro_gamer.discovery.probing import SECONDS, step
from retro_gamer.environment.characters import visible_cells
from retro_gamer.environment.new_games import new_game
from retro_gamer.environment.player import keyboard_driven
from retro_gamer.hosting.randomness import seed_everything

TURNS_TO_LOOK = 1000
NEW_TARGET_EVERY = 25  # turns
AT_RANDOM = 0.2  # of the keys: or it would run against the same wall for ever
LEAST_LEFT = 20  # times that something was left behind: a few may be chance
NEARLY_ALWAYS = 0.9  # of the steps after the first time in a game
LOOK_BACK_EVERY = 10  # turns: from one situation that is kept to the next
LEAST_GONE = 20  # times that something went out of sight
BEYOND = 0.02  # of what shows may be farther away than what is lit: it moved in the same turn, say
BESIDE = {(-1, 0), (1, 0), (0, -1), (0, 1)}
IF_IT_SHUTS_ITSELF_IN = "If it can shut itself in, as a snake can, set room = true: --room"


class Darkness:
    """Watches how far from a character things show, turn by turn."""

    def __init__(self) -> None:
        self._at: Counter[int] = Counter()  # distance -> how many things showed there
        self._gone: Counter[int] = Counter()  # times that what was as far as this went out of sight by a step
        self.begin()

    def begin(self) -> None:
        """A new game begins. What it shows before its first turn does not count: often that is all there is."""
        self._before: tuple[dict[Pair, Any], Pair] | None = None

    def note(self, shown: dict[Pair, list[tuple[Any, str]]], position: Pair) -> None:
        """What shows where after a turn, and where the character is."""
        there = {cell for cell, who in shown.items() if any(getattr(one, "size", None) is None for one, _ in who)}
        self._at.update(_distance(cell, position) for cell in there)
        if self._before is not None:
            cells, was_at = self._before
            for cell in cells:
                if cell not in there and _distance(cell, position) > _distance(cell, was_at):
                    self._gone[_distance(cell, was_at)] += 1
        self._before = dict.fromkeys(there), position

    @property
    def sight(self) -> int:
        """The distance within which nearly all that showed was, and at which things went out of sight; 0 for none."""
        within, enough = 0, (1 - BEYOND) * sum(self._at.values())
        for distance in sorted(self._at):
            within += self._at[distance]
            if within >= enough:
                return distance if self._gone[distance] >= LEAST_GONE else 0
        return 0


def _distance(cell: Pair, other: Pair) -> int:
    """In columns or rows, whichever are more."""
    return max(abs(cell[0] - other[0]), abs(cell[1] - other[1]))


class Ground:
    """What was seen of the ground, turn by turn, while there was exactly one character of the keys.

    free      the characters that it stepped on, and went on, and that mostly cost nothing
    left      those that it leaves behind wherever it goes, and never steps on
    barriers  those that stop or harm it, or that it leaves behind
    sight     how many cells around it show what is there; 0 where all show
    """

    def __init__(self, reward: str = "", cell_size: Sequence[int] = ()) -> None:
        self.cell_size = tuple(cell_size) or (1, 1)
        self._stepped_on: set[str] = set()
        # Character -> [times left, steps since the first time in a game].
        self._left: dict[str, list[int]] = {}
        self._meetings, self._darkness = Meetings(reward, self._place_of), Darkness()
        self._steps: Counter[Pair] = Counter()
        # (what shows where, where it is), now and then.
        self.situations: list[tuple[dict[Pair, str], Pair]] = []
        self.begin()

    def _place_of(self, position: Pair) -> Pair:
        """The cell of the game's grid in which this is."""
        return position[0] // self.cell_size[0], position[1] // self.cell_size[1]

    def begin(self) -> None:
        self.shown: Shown = {}
        self.position: Pair | None = None  # of the character, if there is one
        self._leaves: set[str] = set()  # what was left behind in this game
        self._meetings.begin()
        self._darkness.begin()

    def note(self, game: Any, expected: Pair | None = None) -> Pair | None:
        """Look at a game before its first turn, or after a turn; the step that the character made, if that is known.

        `expected` is the step that the pressed key usually makes.
        """
        before, was_at = self.shown, self.position
        players = keyboard_driven(game)
        sizes = [tuple(getattr(player, "size", None) or (1, 1)) for player in players]
        player = players[0] if sizes in ([(1, 1)], [self.cell_size]) else None
        self.shown, self.position = {}, self._place_of(player.position) if player is not None else None
        for agent, x, y, shown in visible_cells(game.agents, game.board_size):
            if agent is not player and shown.strip():
                self.shown.setdefault(self._place_of((x, y)), []).append((agent, shown))
        if was_at is None:
            self._meetings.look(game)
            return None
        moved = None if self.position is None else (self.position[0] - was_at[0], self.position[1] - was_at[1])
        went = moved if moved not in (None, (0, 0)) else expected
        to = (was_at[0] + went[0], was_at[1] + went[1]) if went in BESIDE else None
        self._meetings.note(game, before, self.shown, moved, to)
        if self.position is None or moved is None:
            return None
        self._darkness.note(self.shown, self.position)
        if self.position != was_at and game.playing:
            self._stepped(game, before, was_at, self.position)
        self._steps[moved] += 1
        if sum(self._steps.values()) % LOOK_BACK_EVERY == 0 and game.playing:
            self.situations.append(({cell: there[-1][1] for cell, there in self.shown.items()}, self.position))
        return moved

    def _stepped(self, game: Any, before: Shown, was_at: Pair, now_at: Pair) -> None:
        for agent, shown in before.get(now_at, ()):
            # What went on by one cell made room, such as the end of a snake: nobody stepped on it.
            x, y = self._place_of(agent.position)
            if abs(x - now_at[0]) + abs(y - now_at[1]) != 1 or not any(agent is other for other in game.agents):
                self._stepped_on.add(shown)
        left = {shown for _, shown in self.shown.get(was_at, ())}
        self._leaves |= left
        for shown in self._leaves:
            counts = self._left.setdefault(shown, [0, 0])
            counts[0] += shown in left
            counts[1] += 1

    @property
    def free(self) -> list[str]:
        return sorted(shown for shown in self._stepped_on if not self._met(shown).harms)

    @property
    def left(self) -> list[str]:
        return [
            shown
            for shown, (times, steps) in self._left.items()
            if times >= LEAST_LEFT and times >= NEARLY_ALWAYS * steps and shown not in self._stepped_on
        ]

    @property
    def barriers(self) -> list[str]:
        kinds = self._meetings.kinds.items()
        in_its_way = {shown for shown, met in kinds if met.harms or (met.stops and not met.are_few)}
        return sorted(in_its_way.union(self.left))

    @property
    def walks(self) -> bool:
        """Whether it goes by single cells, in all four ways."""
        steps = Counter({step: times for step, times in self._steps.items() if step != (0, 0)})
        by_cells = sum(steps[step] for step in BESIDE) >= NEARLY_ALWAYS * sum(steps.values())
        return by_cells and BESIDE <= set(steps)

    @property
    def stays(self) -> bool:
        """Whether some of the barriers stay where they are."""
        return bool(self.left) or any(self._met(shown).stays for shown in self.barriers)

    @property
    def sight(self) -> int:
        return self._darkness.sight

    def _met(self, shown: str) -> Met:
        return self._meetings.kinds.get(shown) or Met()


def look_at_ground(
    factory: Callable[[], Any],
    actions: Sequence[str],
    say: Callable[[str], None] = lambda message: None,
    clock: Callable[[], float] = time.monotonic,
    reward: str = "",
    cell_size: Sequence[int] = (),
) -> Ground:
    """Play towards one kind of character after the other, to see which it can step on. What keys do is learned meanwhile.

    When SECONDS are up on `clock` before TURNS_TO_LOOK, it is told to `say` how many turns were played.
    """
    seed_everything(0)
    chooser, ground, deadline = random.Random(0), Ground(reward, cell_size), clock() + SECONDS
    steps: dict[str | None, Counter[Pair]] = {key: Counter() for key in [*actions, None]}
    game: Any = None
    for turn in range(TURNS_TO_LOOK):
        if clock() >= deadline:
            say(
                f"This game is slow: only {turn} turns were played to see what its character steps on and leaves behind, "
                f"not {TURNS_TO_LOOK}. {IF_IT_SHUTS_ITSELF_IN}"
            )
            break
        if game is None or not game.playing:
            game = new_game(factory)
            ground.begin()
            ground.note(game)
        if turn % NEW_TARGET_EVERY == 0:
            kinds = sorted({shown for there in ground.shown.values() for _, shown in there})
            target = chooser.choice(kinds or [""])
        key = _key_towards(target, ground, steps)
        if key == "" or chooser.random() < AT_RANDOM:
            key = chooser.choice([*actions, None])
        game.input_source.press(key)
        step(game, key)
        moved = ground.note(game, steps[key].most_common(1)[0][0] if steps[key] else None)
        if moved is not None and moved != (0, 0):
            steps[key][moved] += 1
    return ground


def _key_towards(target: str, ground: Ground, steps: dict[str | None, Counter[Pair]]) -> str | None:
    """The key that leads nearest to a cell that shows this character; "" where that is not known."""
    cells = [cell for cell, there in ground.shown.items() if any(shown == target for _, shown in there)]
    if ground.position is None or not cells:
        return ""
    x, y = ground.position
    to_x, to_y = min(cells, key=lambda cell: abs(cell[0] - x) + abs(cell[1] - y))
    usual = {key: seen.most_common(1)[0][0] for key, seen in steps.items() if seen}
    if not usual:
        return ""
    return min(usual, key=lambda key: abs(x + usual[key][0] - to_x) + abs(y + usual[key][1] - to_y))
