"""Does a game stand still until a key is pressed, as board games and puzzles do?"""

from __future__ import annotations

from typing import Any

from retro_gamer.environment.characters import shown_characters
from retro_gamer.environment.new_games import parts_of

LEAST_TURNS = 20  # without a key: fewer tell nothing


class Standstill:
    """Compares a game before and after turns without a key: its board, its state, and what its characters hold.

    A turn that ends the game says nothing: many games are over after a number of turns.
    """

    def __init__(self) -> None:
        self._turns, self._moved = 0, False
        self._before: Any = None  # the game before this turn, if it is one to compare

    def begin_turn(self, game: Any, key: str | None) -> None:
        """A turn with this key comes. In its first turn a game may still be laid out."""
        is_telling = key is None and not self._moved and getattr(game, "turn_number", 0) > 0
        self._before = _all_of(game) if is_telling else None

    def note(self, game: Any) -> None:
        """Look at the game after the turn."""
        if self._before is not None and game.playing:
            self._turns += 1
            self._moved = _all_of(game) != self._before

    @property
    def found(self) -> bool:
        return self._turns >= LEAST_TURNS and not self._moved


def _all_of(game: Any) -> Any:
    return shown_characters(game), parts_of(game)
