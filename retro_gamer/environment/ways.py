"""Which step begins the shortest walk to the nearest of a kind, around what cannot be stepped on? And how long is it?"""

from __future__ import annotations

from typing import Any, Iterable

from retro_gamer.environment.readings import Canvas, Painted, rows_near
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, NOTHING, OFF_BOARD, Vocabulary

LEFT, RIGHT, ABOVE, BELOW = 1, 2, 4, 8  # added up: several steps may begin a shortest walk
N_STEPS = 16  # different sums, from 0 on
FARTHEST = 64  # steps: what is farther counts as if there were no way
MOST_KINDS = 8  # on the board at once: of more, such as the letters of a score, no ways are looked for
REACH = 24  # rows further up or down than this are not walked through
# What a reading says of the length of a walk. Without a way, the first steps are those towards the goal, whatever is there.
LENGTHS = ("", "1", "2-3", "4-7", "8-15", "16-31", "32-63")
NO_WAY, HERE = 7, 8
# For `bytes.translate`: is it this symbol?
_IS = [b"0" * one + b"1" + b"0" * (255 - one) for one in range(256)]


class Ways:
    """Finds the first steps of the shortest walks to the nearest of each kind that is not one of the `barriers`.

    A walk goes from cell to cell to the left, to the right, up and down, and through all that is no barrier. What acts,
    the symbol `me`, is nothing to walk to.
    """

    def __init__(self, barriers: Iterable[int], me: int = NOTHING):
        self.barriers = frozenset({OFF_BOARD, *barriers}) - {NOTHING}
        self._is_free = bytes(b"10"[symbol in self.barriers] for symbol in range(256))
        self._no_goals = self.barriers | {me}

    def only_barriers(self, painted: Painted, player: Any, symbols: Vocabulary) -> Painted:
        """What is in the way, of all that is on the board: of this the radar tells where it is."""
        return [one for one in painted if one[0] is not player and symbols[one[3]] in self.barriers]

    def here(self, painted: Painted, player: Any, at: tuple[int, int], symbols: Vocabulary) -> list[int]:
        """The kinds in the cell `at` (x, y) of the player: some games take what it steps on only a turn later."""
        return [symbols[shown] for one, x, y, shown in painted if x == at[0] and y == at[1] and one is not player]

    def is_told(self, symbol: int) -> bool:
        """Whether a walk is told for a kind, and not where the nearest is."""
        return symbol not in self._no_goals

    def readings(self, canvas: Canvas, position: tuple[int, int], n_symbols: int) -> dict[int, tuple[int, int]]:
        """symbol -> (first steps, reading of the length) for each symbol below `n_symbols` that is on the board.

        `position` (x, y) is where the walk begins.
        """
        cells, first, stride, (width, height) = canvas
        x, y = position
        found: dict[int, tuple[int, int]] = {}
        if not (0 <= x < width and 0 <= y < height):
            return found
        board, row, rows = rows_near(canvas, y, REACH)
        # The board as one large whole number, a bit for each cell, of which the first is the highest.
        free = int(board.translate(self._is_free), 2)
        here = 1 << len(board) - 1 - (y - rows.start) * row - x
        kinds = [symbol for symbol in range(FIRST_CHARACTER, n_symbols) if symbol in cells and self.is_told(symbol)]
        for n, symbol in enumerate(kinds):
            steps, length = 0, NO_WAY
            if n < MOST_KINDS:
                steps, length = _walk(int(board.translate(_IS[symbol]), 2), free, here, row)
            if not steps:
                steps, length = _fly(cells, symbol, stride, first + y * stride + x), NO_WAY
            if steps:
                found[symbol] = steps, length
        return found


def _walk(goals: int, free: int, here: int, row: int) -> tuple[int, int]:
    """The readings of the shortest walks from `here` to one of the goals; (0, 0) where there is none.

    Waves run from all goals at once over the free cells, a cell further each time:

        W_1 = goals,    W_(d+1) = free cells beside W_d that no wave has reached before

    A cell of W_d is d - 1 steps from a goal. So when a wave first reaches cells beside `here`, these begin the shortest
    walks, and d is their length.
    """
    sides = here << 1, here >> 1, here << row, here >> row
    beside = sides[0] | sides[1] | sides[2] | sides[3]
    wave, free = goals & ~here, free & ~(goals | here)
    for distance in range(1, FARTHEST):
        if wave & beside:
            return sum(1 << n for n, side in enumerate(sides) if wave & side), distance.bit_length()
        wave = (wave << 1 | wave >> 1 | wave << row | wave >> row) & free
        if not wave:
            break
        free ^= wave
    return 0, 0


def walk_in_words(steps: int, length: int) -> str:
    if length == HERE:
        return "here"
    names = (LEFT, "left"), (RIGHT, "right"), (ABOVE, "up"), (BELOW, "down")
    first = " or ".join(name for step, name in names if steps & step)
    if length == NO_WAY:
        return f"no way; it is to the {first}".replace(" or ", " and ")
    return f"{LENGTHS[length]} step{'s' * (length > 1)}, first {first}"


def _fly(cells: bytearray, symbol: int, stride: int, here: int) -> int:
    """The steps towards the nearest of a kind as the crow flies; 0 where there is none but at the place `here`."""
    (y, x), best, place = divmod(here, stride), (0, 0, 0), cells.find(symbol)
    while place >= 0:
        row, column = divmod(place, stride)
        dx, dy = column - x, row - y
        distance = abs(dx) + abs(dy)
        if distance and (not best[0] or distance < best[0]):
            best = distance, dx, dy
        place = cells.find(symbol, place + 1)
    _, dx, dy = best
    return LEFT * (dx < 0) + RIGHT * (dx > 0) + ABOVE * (dy < 0) + BELOW * (dy > 0)
