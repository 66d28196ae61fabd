"""What is seen of things that all come the same way, such as falling fruit: which is most urgent, how far each kind is."""

from __future__ import annotations

from typing import Callable, Iterable

WAYS: dict[str, tuple[int, int]] = {"down": (0, 1), "up": (0, -1), "left": (-1, 0), "right": (1, 0)}
LEVELS = 9  # of how far the most advanced of a kind has come, and of how many there are
COUNTS = ["0", "1", "2", "3", "4", "5 or 6", "7 or 8", "9 to 12", "13 to 16", "17 or more"]  # by reading
OUT_OF_REACH = 1 << 20


def urgency(flow: str) -> Callable[[int, int], int]:
    """How long until what is (dx, dy) away from the player arrives where it can be met; less is more urgent.

    Things and player are taken to go a cell a turn. What has passed, or arrives before the player can be there, comes
    after all others; of equally urgent things, the nearest comes first.
    """
    way_x, way_y = WAYS[flow]

    def of(dx: int, dy: int) -> int:
        along, across = -(dx * way_x + dy * way_y), abs(dx * way_y + dy * way_x)
        late = across - along
        if along < 0:
            return 2 * OUT_OF_REACH + across - along
        return (along << 10) + across if late <= 1 else OUT_OF_REACH + (late << 10) + along

    return of


def kind_readings(
    places: Iterable[tuple[int, int, int]], flow: str, board_size: tuple[int, int]
) -> dict[int, tuple[int, int]]:
    """symbol -> (how many there are, how far the most advanced has come), for (symbol, x, y) of all that is there.

    Both are 1 to LEVELS: COUNTS says what a reading of a number means; the way across the board has LEVELS parts.
    Without a flow, the second is 0.
    """
    way_x, way_y = WAYS.get(flow, (0, 0))
    length = board_size[0] if way_x else board_size[1]
    backwards, turned = way_x + way_y < 0, bool(way_x)
    counts: dict[int, int] = {}
    farthest: dict[int, int] = {}
    for symbol, x, y in places:
        counts[symbol] = counts.get(symbol, 0) + 1
        if way_x or way_y:
            come = x if turned else y
            come = length - 1 - come if backwards else come
            if come >= farthest.get(symbol, 0):
                farthest[symbol] = come
    return {
        symbol: (count_level(n), 1 + farthest[symbol] * LEVELS // length if symbol in farthest else 0)
        for symbol, n in counts.items()
    }


def count_level(n: int) -> int:
    return n if n < 5 else 5 if n < 7 else 6 if n < 9 else 7 if n < 13 else 8 if n < 17 else 9
