"""How the things of a game move in random play: which way they come, and whether the player shoots."""

from __future__ import annotations

from collections import Counter
from math import gcd
from statistics import median
from typing import Any, Callable, NamedTuple

from retro_gamer.environment.characters import displayed, visible_cells
from retro_gamer.environment.flow import WAYS
from retro_gamer.environment.memories import reference
from retro_gamer.environment.player import keyboard_driven, name_of
from retro_gamer.environment.readings import LONGEST_RHYTHM

FEWEST = 3  # characters of a kind that have to be seen moving
SAME_WAY = 0.95  # of their moves
TOGETHER = 0.2  # of the turns have to show several of a kind at once
ABREAST = 0.5  # of the cells of a kind that comes: with more than this share abreast, they are walls or gates
FEWEST_MADE = 8  # of a kind have to be made by a key, and gone later
MADE = 0.9  # of a kind have to appear with one and the same key
BESIDE = 2  # cells from the player: what mostly appears there is thrown by the player, and comes from nowhere
MUZZLE = 4  # cells from the player, in line with it: what appears there and flies straight away was shot
FEWEST_STEPS, LONGEST_STEP = 10, 3  # a ball makes so many steps in each of two ways, and none longer
FEWEST_MOVES = 20  # fewer do not tell how far all go
SHARED = 0.25  # of the times, another is in the same cell of a grid, but elsewhere: then it hides too much
FEWEST_BEATS = 6  # different turns in which something moves have to fit its rhythm
PERIODS = range(2, 1 + LONGEST_RHYTHM)  # of a rhythm, in turns
MOST_WATCHED = 500  # characters: more would cost more than the game


class Kind:
    """How the characters of one class moved."""

    def __init__(self) -> None:
        self.ways: dict[str, int] = {}  # the way, or "" for all others -> in how many moves
        self.seen = self.thrown = 0  # how many there were, and of these how many appeared beside the player
        self.moved: set[int] = set()  # by number, those that moved
        self.shot: set[int] = set()  # and those that flew straight away from the player
        self.fired = 0  # how many appeared in line with the player, near it
        self.keys: Counter[str | None] = Counter()  # by the key of the turn, how many appeared in a game
        self.lasted: list[int] = []  # turns, of these that are gone
        self.together = 0  # turns with several at once
        self.places = 0  # where they were, turn by turn; of these, with another in the same column, or row
        self.abreast = [0, 0]

    @property
    def lasts(self) -> int:
        """For how many turns there is one that a key makes; 0 where it is not made by one key."""
        made = self.keys.most_common(1)[0][1] if self.keys else 0
        is_made = len(self.lasted) >= FEWEST_MADE and made >= MADE * sum(self.keys.values())
        return int(median(self.lasted)) if is_made else 0

    def note(self, cells: set[tuple[int, int]]) -> None:
        """The cells that they are in after a turn."""
        self.together += len(cells) > 1
        self.places += len(cells)
        for axis in (0, 1):
            lines = Counter(cell[axis] for cell in cells)
            self.abreast[axis] += sum(n for n in lines.values() if n > 1)


class Traveller(NamedTuple):
    """A character, after a turn."""

    whose: Callable[[], Any]  # the character, while it lives
    number: int  # among its kind
    x: int
    y: int
    muzzle: tuple[int, int] | None  # where the player was, if it has gone straight away from there
    made: int | None  # in which turn it appeared, if that was in the course of a game
    kind: str

    def flies_on(self, x: int, y: int) -> bool:
        """Whether it goes straight on to (x, y), or stays."""
        if self.muzzle is None:
            return False
        across, down = self.x - self.muzzle[0], self.y - self.muzzle[1]
        return across * (y - self.y) == down * (x - self.x) and across * (x - self.x) + down * (y - self.y) >= 0


class Travels:
    """Watches the characters that no key moves, turn by turn."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}
        self._places: dict[int, Traveller] = {}  # by id
        self._player_places: set[tuple[int, int]] = set()
        self._cells: set[tuple[int, int]] = set()  # where anything was
        self._turns = 0

    def note(self, game: Any, key: str | None = None) -> None:
        """Look at a game after a turn with this key."""
        players = keyboard_driven(game)
        self._player_places.update((x, y) for x, y in (player.position for player in players))
        guns = [cell for player in players for cell in _cells(player, *player.position)]
        places, taken = {}, {}  # type: ignore[var-annotated]
        self._turns += 1
        begun = getattr(game, "turn_number", 0) > 1
        for agent in displayed(game.agents[:MOST_WATCHED]):
            if any(agent is player for player in players):
                continue
            name = type(agent).__name__
            kind = self._kinds.setdefault(name, Kind())
            x, y = agent.position
            taken.setdefault(name, set()).update(_cells(agent, x, y))
            known = self._places.get(id(agent))
            if known is not None and known.whose() is agent:
                whose, number, made, dx, dy = known.whose, known.number, known.made, x - known.x, y - known.y
                muzzle = known.muzzle if known.flies_on(x, y) else None
                if dx or dy:
                    way = way_of(dx, dy)
                    kind.ways[way] = kind.ways.get(way, 0) + 1
                    kind.moved.add(number)
                    if muzzle is not None and max(abs(x - muzzle[0]), abs(y - muzzle[1])) >= MUZZLE:
                        kind.shot.add(number)
            else:
                whose, number = reference(agent), kind.seen
                kind.seen += 1
                kind.keys[key] += begun
                made = self._turns if begun else None
                kind.thrown += any(abs(x - px) + abs(y - py) <= BESIDE for px, py in guns)
                in_line = [(px, py) for px, py in guns if _in_line(x - px, y - py)]
                muzzle = min(in_line, key=lambda gun: abs(x - gun[0]) + abs(y - gun[1]), default=None)
                kind.fired += muzzle is not None
            places[id(agent)] = Traveller(whose, number, x, y, muzzle, made, name)
        for which, gone in self._places.items():
            if begun and gone.made is not None and which not in places:
                self._kinds[gone.kind].lasted.append(self._turns - gone.made)
        self._places = places
        for name, cells in taken.items():
            self._kinds[name].note(cells)
        self._cells.update(*taken.values(), *(_cells(player, *player.position) for player in players))

    def flow(self) -> str:
        """The one way in which kinds of which several are there at once come; "" where they come several ways or none."""
        ways = {self._comes(kind) for kind in self._kinds.values()} - {""}
        return ways.pop() if len(ways) == 1 else ""

    def walls(self) -> bool:
        coming = [kind for kind in self._kinds.values() if self._comes(kind)]
        along = 1 if self.flow() in ("up", "down") else 0
        return bool(self.flow()) and any(kind.abreast[along] >= ABREAST * kind.places for kind in coming)

    def shots(self) -> bool:
        """Whether the player shoots: most of a kind appear near it, in line with it, and many of these fly straight away."""
        return any(
            len(kind.shot) >= FEWEST and 2 * kind.fired > kind.seen and 3 * len(kind.shot) > kind.fired
            for kind in self._kinds.values()
        )

    def lasts(self) -> int:
        """For how many turns there is what a key makes, such as a bomb; 0 where no key makes what is gone later."""
        return max((kind.lasts for kind in self._kinds.values()), default=0)

    def _comes(self, kind: Kind) -> str:
        moves = sum(kind.ways.values())
        if len(kind.moved) < FEWEST or kind.together < TOGETHER * self._turns or 2 * kind.thrown > kind.seen:
            return ""
        way = max(kind.ways, key=lambda one: kind.ways[one])
        return way if kind.ways[way] >= SAME_WAY * moves else ""

    def is_still(self) -> bool:
        """Whether nothing ever moves, and there is more than the player: a picture that keys change."""
        places = self._player_places
        return len(places) == 1 and bool(self._cells - places) and not any(kind.moved for kind in self._kinds.values())

    def waits(self) -> bool:
        """Whether the player never goes to meet what comes, nor away from it."""
        flow = self.flow()
        if not flow or not self._player_places:
            return False
        along = 1 if WAYS[flow][1] else 0
        return len({place[along] for place in self._player_places}) == 1


def _cells(agent: Any, x: int, y: int) -> list[tuple[int, int]]:
    width, height = (min(side, MOST_WATCHED) for side in getattr(agent, "size", None) or (1, 1))
    return [(x + right, y + down) for right in range(width) for down in range(height)]


def _in_line(dx: int, dy: int) -> bool:
    return 0 < max(abs(dx), abs(dy)) <= MUZZLE and (not dx or not dy or abs(dx) == abs(dy))


def way_of(dx: int, dy: int) -> str:
    """The way of a step along a row or a column; "" for any other."""
    for way, (way_x, way_y) in WAYS.items():
        if dx * way_x + dy * way_y > 0 and not dx * way_y and not dy * way_x:
            return way
    return ""


class Balls:
    """Watches for what there is one of, such as a ball, that mostly goes on the way it went."""

    def __init__(self) -> None:
        self._several: set[str] = set()  # characters that two showed at once
        # Who, where, last step.
        self._last: dict[str, tuple[Any, tuple[int, int], tuple[int, int] | None]] = {}
        self._steps: dict[str, Counter[tuple[int, int]]] = {}
        self._went_on: Counter[str] = Counter()  # in how many moves it went no other way

    def note(self, game: Any) -> None:
        players = keyboard_driven(game)
        seen: dict[str, Any] = {}
        for agent, _, _, shown in visible_cells(game.agents, game.board_size):
            if seen.setdefault(shown, agent) is not agent or agent in players:
                self._several.add(shown)
        for shown, agent in seen.items():
            who, (x, y), before = self._last.get(shown, (None, (0, 0), None))
            column, row = agent.position
            step: Any = (column - x, row - y)
            if who is not agent:
                step = None
            elif step == (0, 0):
                step = before
            elif before is not None:
                self._steps.setdefault(shown, Counter())[step] += 1
                ways = [one * other for one, other in zip(step, before)]
                self._went_on[shown] += max(ways) > 0 <= min(ways)  # a slow ball makes (1, 0), then (1, 1)
            self._last[shown] = agent, (column, row), step

    def found(self) -> list[str]:
        return [
            shown
            for shown, steps in self._steps.items()
            if shown not in self._several
            and sum(n >= FEWEST_STEPS and max(map(abs, step)) <= LONGEST_STEP for step, n in steps.items()) > 1
            and self._went_on[shown] > sum(steps.values()) / 2
        ]


class Move(NamedTuple):
    """What a character did in a turn."""

    who: Any
    name: str
    number: int  # among all that were seen
    step: tuple[int, int] | None  # (columns, rows), not (0, 0); None where it is seen for the first time


class Moves:
    """Who moves and who appears, turn by turn."""

    def __init__(self) -> None:
        self._n_seen = 0
        # By id, who was where in the turn before, and no longer: who was out of sight may have moved at any time.
        self._places: dict[int, tuple[Any, int, tuple[int, int]]] = {}

    def of_turn(self, game: Any) -> list[Move]:
        """Look at a game after a turn."""
        places, moves = {}, []
        for agent in displayed(game.agents[:MOST_WATCHED]):
            x, y = agent.position
            who, number, (was_x, was_y) = self._places.get(id(agent), (None, 0, (x, y)))
            is_new = who is not agent
            if is_new:
                self._n_seen += 1
                number = self._n_seen
            if is_new or (x, y) != (was_x, was_y):
                moves.append(Move(agent, name_of(agent), number, None if is_new else (x - was_x, y - was_y)))
            places[id(agent)] = agent, number, (x, y)
        self._places = places
        return moves


class Rhythms:
    """Watches for characters that move only in every second turn, or every third, and so on; and how far all of them go."""

    def __init__(self) -> None:
        self._steps = [0, 0]  # the greatest number of columns, and of rows, of which all moves are multiples
        self._n_moves = 0
        self._n_turns = 0  # since that is so
        self._places_of: dict[str, set[tuple[int, int]]] = {}  # character -> where it was in these
        # How often each was there; and (it, "hidden"), with another in the same cell of such a grid, but elsewhere.
        self._times: Counter[Any] = Counter()
        self._reached: set[tuple[int, int]] = set()  # where moves led to
        self._moved: dict[str, Counter[int]] = {}  # character -> in which turns of its games, how often

    def note(self, game: Any, moves: list[Move]) -> None:
        """Look at a game after a turn: who moved, and where all are in the grid that this tells."""
        turn, steps = getattr(game, "turn_number", 0), self._steps
        for who, _, _, step in moves:
            if step is not None:
                self._n_moves += 1
                self._steps = [gcd(usual, by) for usual, by in zip(self._steps, step)]
                self._reached.add(tuple(who.position))
                self._moved.setdefault(str(who.character), Counter())[turn] += 1
        if self._steps != steps:
            self._n_turns, self._places_of, self._times = 0, {}, Counter()
        if max(self._steps) > 1:
            self._note_cells(game)

    def _note_cells(self, game: Any) -> None:
        self._n_turns += 1
        cells: dict[tuple[int, int], set[tuple[int, int, str]]] = {}
        for agent in displayed(game.agents[:MOST_WATCHED]):
            x, y = agent.position
            cell = tuple(place // max(1, step) for place, step in zip((x, y), self._steps))
            cells.setdefault(cell, set()).add((x, y, str(agent.character)))
        for things in cells.values():
            shared = len({(x, y) for x, y, _ in things}) > 1 < len({shown for _, _, shown in things})
            for x, y, shown in things:
                self._places_of.setdefault(shown, set()).add((x, y))
                self._times.update((shown, (shown, "hidden")) if shared else (shown,))

    def cell_size(self) -> list[int]:
        """Width and height of the cells of a grid in which all moves go from cell to cell; empty where these are single."""
        wide, high = size = [max(1, step) for step in self._steps]
        beginnings = {(x % wide, y % high) for x, y in self._reached}
        is_grid = self._n_moves >= FEWEST_MOVES and max(size) > 1 and len(beginnings) == 1
        times = self._times  # of what always stays, such as a frame, some may be hidden
        others = [shown for shown, places in self._places_of.items() if times[shown] < self._n_turns * len(places)]
        return size if is_grid and not any(times[one, "hidden"] > SHARED * times[one] for one in others) else []

    def found(self) -> list[str]:
        return [
            shown
            for shown, turns in self._moved.items()
            if len(shown) == 1 and len(turns) >= FEWEST_BEATS and any(_is_rhythm(turns, period) for period in PERIODS)
        ]


def _is_rhythm(turns: Counter[int], period: int) -> bool:
    """Whether nearly all of these turns are a multiple of a period apart."""
    beats: Counter[int] = Counter()
    for turn, n in turns.items():
        beats[turn % period] += n
    return max(beats.values()) >= SAME_WAY * sum(beats.values())
