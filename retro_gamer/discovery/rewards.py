"""Which number of a game's state is the one that should grow."""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

from retro_gamer.errors import ConfigError


def find_reward(numbers: Dict[str, int], state: Sequence[str]) -> Tuple[str, str]:
    """(reward, score): the state value to maximise, and another to report to people ("" for none).

    `numbers` says of each numeric value in how many turns it changed; `state` names the values of a new game.
    """
    late = [name for name in numbers if name not in state]
    numbers = {name: times for name, times in numbers.items() if name in state}
    if late and not numbers:
        raise ConfigError(
            f"A new game's state has no number that could grow. It has: {', '.join(state) or 'nothing'}. {late[0]} comes "
            f"only later: give the new Game that value from the start, such as  Game(agents, {{{late[0]!r}: 0}})"
        )
    usual = [name for name in ("reward", "score", "points") if name in numbers]
    if usual:
        return usual[0], usual[1] if len(usual) > 1 else ""
    changing = [name for name, times in numbers.items() if times]
    if len(changing) == 1:
        return changing[0], ""
    found = (
        f"Its numbers are: {', '.join(numbers)}."
        if numbers
        else f"Its values are: {', '.join(state) or 'none'}."
    )
    raise ConfigError(
        f"Which value of the game's state should grow? {found} Say it with  --reward NAME ; the change of that value from "
        "one turn to the next is the reward. If the game has none, let it keep one, such as state['score']."
    )
