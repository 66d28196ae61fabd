"""What to tell a person whose table does not suit the game."""

from __future__ import annotations

import numpy as np

from retro_gamer.agents.states import MAX_STATES

# After this many turns it is time to ask whether states repeat at all.
TURNS_BEFORE_NOTICE = 20_000
ADVICE = (
    "A table suits games with few states. Let an observation_function return a short tuple of what matters, or "
    'use algorithm = "dqn".'
)
NAMES = ("new", "full")


class TableNotices:
    """Two notices, each given once: the table is full, or nearly every state is new."""

    def __init__(self) -> None:
        self._said: list[str] = []  # the notices given so far, by name

    def due(self, n_states: int, turns: int, full: bool) -> str | None:
        """The notice to give now, for a table of this size after this many turns; None if there is none."""
        if full and "full" not in self._said:
            self._said += ["full", "new"]
            return f"The table is full: it holds {n_states} states after {turns} turns, and takes in no more. {ADVICE}"
        if turns >= TURNS_BEFORE_NOTICE and 2 * n_states > turns and "new" not in self._said:
            self._said.append("new")
            return (
                f"After {turns} turns the table holds {n_states} different states: most are seen only once, "
                f"so there is nothing to learn from them. It takes in no more than {MAX_STATES}. {ADVICE}"
            )
        return None

    def get_state(self) -> np.ndarray:
        """Which of NAMES were given, [2] bool."""
        return np.array([name in self._said for name in NAMES])

    def set_state(self, said: np.ndarray) -> None:
        self._said = [name for name, given in zip(NAMES, said) if given]
