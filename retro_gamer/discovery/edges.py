"""Do edges of the board join, as where a snake leaves it on the right and comes back on the left?"""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from retro_gamer.discovery.trials import play_on
from retro_gamer.environment.readings import shortest

PLACES = (0, 1, 3, 6, 20)  # turns of a game before a key is held
MOSTLY = 2  # times as often as it did not, a player came in on the other side

Pair = Tuple[int, int]
# Turn by turn where a player is, what it has been paid, and who else there is; None while there is none.
Path = List[Optional[Tuple[Pair, Any, List[Any]]]]


def edges_that_join(
    factory: Callable[[], Any], actions: Sequence[str], find_player: Callable[[Any], Any], reward: str, size: Pair
) -> str:
    """Which edges of a board of this size do: "x" left and right, "y" above and below.

    Each key is held until the player must have met an edge.
    """
    path: Path = []

    def look(game: Any) -> None:
        player = find_player(game)
        path.append(None if player is None else (tuple(player.position), game.state.get(reward), list(game.agents)))

    met: Counter[tuple[str, bool]] = Counter()
    for key in actions:
        for turns in PLACES:
            path.clear()
            before = [actions[turn * turn % len(actions)] for turn in range(turns)]
            play_on(factory, turns, [*before, *[key] * 2 * max(size)], look)
            if len({player and player[0] for player in path[turns:]}) < 2:
                break  # this key moves nobody
            met.update(_edges_met(path[turns:], size))
    return "".join(edges for edges in "xy" if met[edges, True] > MOSTLY * met[edges, False])


def _edges_met(path: Path, size: Pair) -> Iterator[tuple[str, bool]]:
    """Over which edges a player was about to leave the board, and whether it mostly came in on the other side.

    If so, it went on as before. Turns that pay say nothing: a frog that gets home begins anew below. Nor do those after
    which nearly all are new: there the next level begins.
    """
    leaving, crossed, step = set(), Counter(), [0, 0]  # type: ignore[var-annotated]
    for before, after in zip(path, [*path[1:], None]):
        if before is None or (after is not None and after[0] == before[0]):
            continue  # such as one that moves only in every second turn
        ahead = {edges for edges, at, by, end in zip("xy", before[0], step, size) if not 0 <= at + by < end}
        if after is not None:
            moved = [to - at for at, to in zip(before[0], after[0])]
            went = [shortest(by, end) for by, end in zip(moved, size)]
            if moved == went:
                step = moved
            elif before[1] != after[1] or _are_new(before[2], after[2]):
                continue
            elif all(abs(by - as_before) < 2 for by, as_before in zip(went, step)):
                crossed.update(edges for edges, by, way in zip("xy", moved, went) if by != way)
            else:  # as a bowl that is thrown anew
                crossed.subtract(ahead)
        leaving |= ahead
    return ((edges, crossed[edges] > 0) for edges in leaving.union(crossed))


def _are_new(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether most of a board, but for the player, are gone."""
    there = set(map(id, after))
    return 2 * sum(id(agent) in there for agent in before) <= len(before) > 2
