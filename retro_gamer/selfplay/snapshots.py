"""Past policies to play against, and who is the opponent now."""

from __future__ import annotations

from typing import Any

import numpy as np


class Snapshot:
    """A policy as it was once: the name of its checkpoint, and a rating that the games it plays still change."""

    def __init__(self, name: str, rating: float):
        self.name, self.rating = name, rating

    def __repr__(self) -> str:
        return f"Snapshot({self.name!r}, {self.rating:.0f})"


class SnapshotWindow:
    """The newest snapshots of one policy: from these its ghosts are drawn. The policies themselves are on the disk."""

    def __init__(self, size: int):
        self.size = size
        self.snapshots: list[Snapshot] = []  # oldest first

    def push(self, name: str, rating: float) -> None:
        """A new snapshot, with the rating that its policy has now; the oldest one leaves a full window."""
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot.name != name]
        self.snapshots.append(Snapshot(name, rating))
        del self.snapshots[: -self.size]

    def drop(self, snapshot: Snapshot) -> None:
        """Take out a snapshot, if it is in: its file cannot be read any more."""
        self.snapshots = [other for other in self.snapshots if other is not snapshot]

    def draw(self, rng: np.random.Generator, latest_ratio: float) -> Snapshot | None:
        """An opponent: with probability `latest_ratio` None, the newest policy itself; otherwise any of the window, evenly.

        It is ML-Agents' play_against_latest_model_ratio.
        """
        if rng.random() < latest_ratio or not self.snapshots:
            return None
        return self.snapshots[int(rng.integers(len(self.snapshots)))]

    def find(self, name: str | None) -> Snapshot | None:
        return next((snapshot for snapshot in self.snapshots if snapshot.name == name), None)

    def get_state(self) -> list[Any]:
        return [[snapshot.name, snapshot.rating] for snapshot in self.snapshots]

    def set_state(self, state: list[Any]) -> None:
        self.snapshots = [Snapshot(name, rating) for name, rating in state]


class GhostClock:
    """Counts the ghost steps of one team, and says when it is time for another snapshot."""

    def __init__(self, swap_steps: int):
        self.swap_steps = swap_steps
        self.steps = 0  # ever taken while following a fixed policy
        self._last_swap = 0

    def add(self, steps: int) -> bool:
        """Count these steps; returns whether `swap_steps` have been taken since the last swap."""
        self.steps += steps
        return self.steps - self._last_swap >= self.swap_steps

    def swapped(self) -> None:
        self._last_swap = self.steps

    def get_state(self) -> dict[str, int]:
        return {"steps": self.steps, "last_swap": self._last_swap}

    def set_state(self, state: dict[str, int]) -> None:
        self.steps, self._last_swap = state["steps"], state["last_swap"]
