"""What this library needs of a game. retro-games' class Game has it, and so has ours."""

from __future__ import annotations

from typing import Any, MutableMapping, Protocol, Sequence


class Game(Protocol):
    """A terminal game: characters on a board, and a state."""

    input_source: Any  # its `collect()` returns the keys of a turn

    @property
    def agents(self) -> Sequence[Any]:
        """The characters."""

    @property
    def state(self) -> MutableMapping[str, Any]:
        """Values of the game, such as the score."""

    @property
    def board_size(self) -> tuple[int, int]:
        """Width and height."""

    @property
    def playing(self) -> bool:
        """Whether it is not over."""

    def start(self) -> None:
        """Begin."""

    def step(self) -> None:
        """Play one turn."""
