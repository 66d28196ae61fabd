"""Whose turn it is to learn."""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, Optional


class GhostController:
    """A queue of team ids, and the team that learns now. All others are ghosts: they follow fixed policies.

    The first team that subscribes learns first. On a change the learning team goes to the back of the queue and the
    front of the queue becomes the learning team (ML-Agents, ghost/controller.py).
    """

    def __init__(self) -> None:
        self._queue: Deque[int] = deque()
        self._learning_team: Optional[int] = None

    @property
    def learning_team(self) -> int:
        """The id of the team that learns; raises RuntimeError before any has subscribed."""
        if self._learning_team is None:
            raise RuntimeError("no team has subscribed yet")
        return self._learning_team

    def subscribe_team_id(self, team_id: int) -> None:
        """Let a team take its turns at learning; a second time changes nothing."""
        if self._learning_team is None:
            self._learning_team = team_id
        elif team_id != self._learning_team and team_id not in self._queue:
            self._queue.append(team_id)

    def change_training_team(self) -> int:
        """Let the next team in line learn; returns its id."""
        self._queue.append(self.learning_team)
        self._learning_team = self._queue.popleft()
        return self._learning_team

    def get_state(self) -> Dict[str, Any]:
        return {"queue": list(self._queue), "learning_team": self._learning_team}

    def set_state(self, state: Dict[str, Any]) -> None:
        self._queue, self._learning_team = deque(state["queue"]), state["learning_team"]
