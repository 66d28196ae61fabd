"""How a policy sees a game from one of its characters."""

from __future__ import annotations

from typing import Any, Callable, Collection, NamedTuple


class Eyes(NamedTuple):
    """What `TrainedPolicy` needs to see a game."""

    observe: Callable[[Any, Any], Any]  # game, character (None: the one that the keys control) -> observation
    unknown: Collection[str] = ()  # what was on a board and never seen in training: it grows while observing
    every_turn: bool = False  # whether it must look each turn, since it remembers what it saw before
