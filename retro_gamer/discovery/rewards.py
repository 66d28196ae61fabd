"""Which number of a game's state is the one that should grow."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from retro_gamer.errors import ConfigError

USUAL = ("reward", "score", "points")
# Words in the names of numbers that games count for their players, and of those that players want to be small.
GOOD = "reward score point gold coin money cash gem star treasure kill win goal caught eaten collected apple food"
BAD = "miss missed lost losses damage deaths died error mistake penalty penalties wound wrong crash crashes crashed fault"
OTHERS = "enemy enemies opponent cpu computer rival other"
STEADY = 0.9  # the share of turns in which a number that counts turns changes by the same

Histories = Dict[str, List[List[float]]]  # a number's name -> for each game, its values from the start on


class Choice(NamedTuple):
    """The state value to maximise, another to report to people ("" for none), and why these."""

    reward: str
    score: str
    why: str


class Growth(NamedTuple):
    """How a number changes in play."""

    up: float  # by how much it grew, in all turns together
    down: float  # and fell
    steps: int  # in how many turns it changed
    turns_counted: bool  # whether it changes by the same in nearly every turn

    @property
    def grows(self) -> bool:
        return self.up > self.down

    @property
    def falls(self) -> bool:
        return self.down > self.up


def growth_of(games: Sequence[Sequence[float]]) -> Growth:
    """How a number changed in games, given its values turn by turn."""
    changes = [after - before for game in games for before, after in zip(game, game[1:])]
    counts: Dict[float, int] = {}
    for change in changes:
        counts[round(change, 9)] = counts.get(round(change, 9), 0) + 1
    common = max((change for change in counts if change), key=lambda change: counts[change], default=0)
    up, down = (sum(sign * change for change in changes if sign * change > 0) for sign in (1, -1))
    counted = bool(common) and counts[common] >= STEADY * len(changes)
    return Growth(up, down, len(changes) - counts.get(0, 0), counted)


def find_reward(histories: Histories, state: Sequence[str]) -> Choice:
    """The reward among the numbers of a game's state. `state` names the values of a new game.

    It is the one with a usual name; else one that grows with play, rather than one that falls, such as lives, or that
    counts turns. Raises ConfigError where that leaves none, or several.
    """
    late = [name for name in histories if name not in state]
    numbers = {name: growth_of(games) for name, games in histories.items() if name in state}
    if late and not numbers:
        raise ConfigError(
            f"A new game's state has no number that could grow. It has: {', '.join(state) or 'nothing'}. {late[0]} comes "
            f"only later: give the new Game that value from the start, such as  Game(agents, {{{late[0]!r}: 0}})"
        )
    usual = [name for name in USUAL if name in numbers]
    if usual:
        return Choice(usual[0], usual[1] if len(usual) > 1 else "", "by its name")
    found = _most_like_a_score(numbers)
    if len(found) == 1:
        return Choice(found[0], "", _why(found[0], numbers))
    listed = (
        f"Its numbers are: {', '.join(numbers)}."
        if numbers
        else f"Its values are: {', '.join(state) or 'none'}."
    )
    raise ConfigError(
        f"Which value of the game's state should grow? {listed} Say it with  --reward NAME ; the change of that value from "
        "one turn to the next is the reward. If the game has none, let it keep one, such as state['score']."
    )


def _most_like_a_score(numbers: Dict[str, Growth]) -> List[str]:
    """The names of the numbers that are most like a score, of which there may be none or several."""
    fair = [name for name in numbers if not _has_word(name, BAD)]
    fair = [name for name in fair if not _has_word(name, OTHERS)] or fair
    named = [name for name in fair if _has_word(name, GOOD) and not numbers[name].falls]
    kinds: Tuple[List[str], ...] = (
        [name for name in named if numbers[name].grows],
        [name for name in fair if numbers[name].grows and not numbers[name].turns_counted],
        named,
        [name for name in fair if numbers[name].grows],
        [name for name in fair if numbers[name].steps],  # such as one that only a good player raises
    )
    for kind in kinds:
        one_way = [name for name in kind if not numbers[name].down]
        if len(kind) == 1 or one_way:
            return one_way if len(one_way) == 1 else kind
        if kind:
            return kind
    return []


def _has_word(name: Any, words: str) -> bool:
    parts = {re.sub("s$", "", part) for part in re.findall("[a-z]+", str(name).lower())}
    return bool(parts & {re.sub("s$", "", word) for word in words.split()})


def _why(name: str, numbers: Dict[str, Growth]) -> str:
    one, falling = numbers[name], [other for other in numbers if other != name and numbers[other].falls]
    counting = [other for other in numbers if other != name and numbers[other].grows]
    if len(numbers) == 1:
        why = "as the only number there is"
    elif not one.steps:
        why = "by its name; random play never changed it"
    elif one.grows:
        why = "because it grows with play"
    else:
        why = "because no other number is like a score"
    if falling:
        why += f"; {', '.join(falling)} {'falls' if len(falling) == 1 else 'fall'}"
    if counting:
        why += f"; {', '.join(counting)} {'is' if len(counting) == 1 else 'are'} less like a score"
    return why
