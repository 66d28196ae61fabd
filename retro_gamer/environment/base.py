"""What the training loop needs of anything that can be played."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from retro_gamer.environment.observation import ObservationShape


class Step(NamedTuple):
    """What one turn brought (the five-tuple of Gymnasium, less `info`)."""

    observation: Any  # an Observation, or for tabular agents any hashable value
    reward: float
    terminated: bool  # the game ended by its own rules
    truncated: bool  # the game was cut short, and would have gone on


class Environment:
    """One game after another, as observations, action numbers and rewards."""

    actions: list[str | None]  # the name of each action; None for doing nothing
    feature_type = "float32"  # of an observation's features, while they are remembered

    @property
    def labels(self) -> Sequence[str | None]:
        """What people call each action."""
        return self.actions

    @property
    def shape(self) -> ObservationShape:
        """The sizes of an observation. They may grow while new characters turn up."""
        raise NotImplementedError

    @property
    def n_symbols(self) -> int:
        """`shape.n_symbols`, at no cost."""
        return 0

    def reset(self, seed: int | None = None) -> Any:
        """Start a new game and return its first observation. With a seed, the game is always the same.

        Raises GameError or ObservationError when the game goes wrong.
        """
        raise NotImplementedError

    def step(self, action: int) -> Step:
        """Play one turn with this action, a number from 0 below len(actions). Raises GameError or ObservationError."""
        raise NotImplementedError

    @property
    def spaces(self) -> dict[str, Any] | None:
        """For a checkpoint: what observations and actions are, in an environment's own terms."""
        return None

    def notices(self) -> list[str]:
        """Things a person should be told now, each once."""
        return []

    @property
    def characters(self) -> list[str]:
        """The characters that symbols stand for, in the order of their numbers."""
        return []

    @property
    def score(self) -> float | None:
        """The value of the game's state that people would ask for, where it is not the sum of the rewards; else None."""
        return None
