"""Does a game know left from right, and above from below? Watched in random play: most games do not."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Sequence

from retro_gamer.discovery.travels import MOST_WATCHED, Move, way_of
from retro_gamer.environment.readings import shortest

FEWEST_STEPS, MOSTLY = 5, 0.6  # of the steps that come with a key: then it leads that way
FEWEST = 20  # moves of a kind along an axis, or changes of a value: fewer tell nothing
FEWEST_SEEN = 3  # of a kind: fewer may appear in line by chance
BOTH = 0.2  # of these, at least, go each way, or come with keys that lead there
LONG, TURNS = 6, 0.1  # who moved so often along an axis went the rarer way in so many of these moves
# Signs of which one is the other in the mirror, or turned: where both are on the board, they show sides.
PAIRS = {
    "x": "<> () [] {} /\\ «» ←→ ◀▶ ◄► └┘ ┌┐ ╚╝ ╔╗",
    "y": "^v /\\ ↑↓ ▲▼ └┌ ┘┐ ╚╔ ╝╗",
    "all": "-| ─│ ═║ <^ <v >^ >v ←↑ →↑",
}


class Sides:
    """Watches which ways keys lead, and which ways all that moves goes."""

    def __init__(self) -> None:
        self._games: list[list[str | None]] = []  # the keys of each
        self._is_crowd = False  # not all of them are watched
        self._steps: dict[tuple[str, str | None], Counter[tuple[int, int]]] = {}  # of (name, key)
        # By number, of each that moved: its class and character, its name, and how often it went each way.
        self._moved: dict[int, tuple[str, str, Counter[str]]] = {}
        self._appeared: dict[tuple[str, str], list[tuple[int, int]]] = {}  # where, those of a (class, name)

    def begin(self) -> None:
        self._games.append([])

    def note(self, key: str | None, moves: Iterable[Move], game: Any) -> None:
        """After a turn with this key, who moved. What falls out and is at the top again went on down."""
        self._games[-1].append(key)
        self._is_crowd |= len(game.agents) > MOST_WATCHED
        for who, name, number, step in moves:
            kind = type(who).__name__
            if step is None:
                self._appeared.setdefault((kind, name), []).append(tuple(who.position))
                continue
            self._steps.setdefault((name, key), Counter())[step] += 1
            ways = self._moved.setdefault(number, (kind + str(who.character), name, Counter()))[2]
            ways.update(_ways_of([*map(shortest, step, game.board_size)]))

    def symmetry(
        self,
        player: str,
        actions: Sequence[str],
        shown: Iterable[str],
        values: Iterable[Sequence[Sequence[float]]],
        cell: Sequence[int],
    ) -> tuple[str, list[str]]:
        """The `symmetry` of a game, "" for none, and where each action leads.

        `shown` are the characters on the board; `values` of the reward and of what is observed, each game by game and turn
        by turn, must not depend on the side; `cell` is the size (width, height) of a cell of the game's grid.
        """
        steps = [_usual(self._steps.get((player, key), Counter())) for key in actions]
        ways = [way_of(*step) for step in steps]
        led = {key: way for key, way in zip(actions, ways) if way}
        counts = [self._drift(player, led), *(self._changes(led, of_games, up) for of_games in values for up in (1, -1))]
        kinds, axes, shown = self._kinds(player), "", set(shown)
        for number, (axis, one, other) in enumerate((("x", "left", "right"), ("y", "up", "down"))):
            leads = ways.count(one) == ways.count(other) > 0
            alike = all(_is_even(count, one, other) for count in counts)
            alike &= not (self._is_crowd or self._appears_in_line(number, player))
            if leads and alike and all(_goes_both(kind, one, other) for kind in kinds) and not _has_sides(shown, axis):
                axes += axis
        lengths = {abs(x) / cell[0] + abs(y) / cell[1] for (x, y), way in zip(steps, ways) if way}
        if axes == "xy" and len(lengths) == 1 and not _has_sides(shown, "all"):
            if all(_is_even(_along(kind), "x", "y") for kind in kinds):
                axes = "all"
        return axes, ways if axes else []

    def _appears_in_line(self, axis: int, player: str) -> bool:
        """Whether all of a class always appear in one column (axis 0) or row (1), as monsters do where a road begins."""
        lines: dict[str, list[int]] = {}
        for (kind, name), places in self._appeared.items():
            if name != player:
                lines.setdefault(kind, []).extend(place[axis] for place in places)
        return any(len(line) >= FEWEST_SEEN and len(set(line)) == 1 for line in lines.values())

    def _drift(self, player: str, led: dict[str, str]) -> Counter[str]:
        """How often the player went each way without a key that leads somewhere."""
        drift: Counter[str] = Counter()
        for (name, key), steps in self._steps.items():
            if name == player and key not in led:
                for step, n in steps.items():
                    drift.update(dict.fromkeys(_ways_of(step), n))
        return drift

    def _kinds(self, player: str) -> Iterable[list[Counter[str]]]:
        """Of each kind, how often each that is not the player went each way."""
        kinds: dict[str, list[Counter[str]]] = {}
        for kind, name, ways in self._moved.values():
            if name != player:
                kinds.setdefault(kind, []).append(ways)
        return kinds.values()

    def _changes(self, led: dict[str, str], values: Sequence[Sequence[float]], up: int) -> Counter[str]:
        """How often a value grew (`up` 1) or fell (-1) in turns with a key that leads each way."""
        changes: Counter[str] = Counter()
        for keys, of_game in zip(self._games, values):
            late = len(keys) + 1 - len(of_game)
            for key, before, after in zip(keys[late:], of_game, of_game[1:]):
                changes[led.get(key or "", "")] += (after - before) * up > 0
        return changes


def _usual(steps: Counter[tuple[int, int]]) -> tuple[int, int]:
    """The step that mostly comes; (0, 0) for none."""
    step, n = (steps.most_common(1) or [((0, 0), 0)])[0]
    return step if n >= max(FEWEST_STEPS, MOSTLY * sum(steps.values())) else (0, 0)


def _ways_of(step: Sequence[int]) -> list[str]:
    """The one or two ways of a step."""
    dx, dy = step
    return [way for way in (way_of(dx, 0), way_of(0, dy)) if way]


def _is_even(counts: Counter[str], one: str, other: str) -> bool:
    """Whether neither of two is rare, or both are too few to tell."""
    both = counts[one] + counts[other]
    return both < FEWEST or min(counts[one], counts[other]) >= BOTH * both


def _goes_both(kind: list[Counter[str]], one: str, other: str) -> bool:
    """Whether a kind goes both ways, and each of them, too: cars of lanes do not turn round."""
    long = [ways for ways in kind if ways[one] + ways[other] >= LONG]
    moves, turned = sum(ways[one] + ways[other] for ways in long), sum(min(ways[one], ways[other]) for ways in long)
    return _is_even(sum(kind, Counter()), one, other) and (moves < FEWEST or turned >= TURNS * moves)


def _along(kind: list[Counter[str]]) -> Counter[str]:
    ways: Counter[str] = sum(kind, Counter())
    return Counter(x=ways["left"] + ways["right"], y=ways["up"] + ways["down"])


def _has_sides(shown: set[str], symmetry: str) -> bool:
    return any(shown.issuperset(pair) for pair in PAIRS[symmetry].split())
