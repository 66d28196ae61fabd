"""Whose turn it is to learn, and whom the ghost teams follow."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Iterable, NamedTuple

import numpy as np

from retro_gamer.errors import RetroGamerError
from retro_gamer.selfplay.learned_policy import LearnedPolicy, Snapshot
from retro_gamer.selfplay.self_play_run import SelfPlayRun, TeamPolicy, load_team_policy


class Opponent(NamedTuple):
    """Whom a ghost team follows: a snapshot, or the newest policy itself."""

    snapshot: Snapshot | None
    plays: TeamPolicy


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


class Opponents:
    """A policy for each ghost team, and when it gets another one.

    Arguments:
        game: the game of the run.
        policy_of: the policy that is learned for a team.
        rng: decides which snapshot it is.
        tell: is told of snapshots that cannot be played against.
    """

    def __init__(
        self,
        game: SelfPlayRun,
        policy_of: Callable[[int], LearnedPolicy],
        rng: np.random.Generator,
        tell: Callable[[str], None],
    ):
        self._game, self._policy_of, self._rng, self._tell = game, policy_of, rng, tell
        settings = game.config.self_play
        self._latest_ratio = settings.play_against_latest_model_ratio
        self.clocks = [GhostClock(team.swap_steps or settings.swap_steps) for team in game.config.teams]
        self.of_teams: dict[int, Opponent] = {}
        self._swap_due: list[int] = []

    def count(self, steps: list[int]) -> None:
        """The ghost teams took these steps [n_teams] in a game."""
        self._swap_due = [team for team in self.of_teams if self.clocks[team].add(steps[team])]

    def swap_if_due(self) -> None:
        self.swap(self._swap_due)

    def swap_all(self, learning_team: int) -> None:
        """Another team learns: all others get a policy."""
        self.of_teams = {}
        self.swap(team for team in range(len(self.clocks)) if team != learning_team)

    def swap(self, teams: Iterable[int]) -> None:
        """Draw a policy for these ghost teams from the newest and the window."""
        for team in teams:
            self.of_teams[team] = self._draw(team)
            self.clocks[team].swapped()
        self._swap_due = []

    def _draw(self, team: int) -> Opponent:
        policy = self._policy_of(team)
        while True:
            opponent = self._follow(policy, policy.window.draw(self._rng, self._latest_ratio))
            if opponent is not None:
                return opponent

    def _follow(self, policy: LearnedPolicy, snapshot: Snapshot | None) -> Opponent | None:
        """The opponent that a snapshot is; None when its file is missing or broken, which is told."""
        if snapshot is None:
            return Opponent(None, policy.plays)
        game = self._game
        try:
            return Opponent(
                snapshot, load_team_policy(game.run, game.config, policy.name, snapshot.name, game.own_characters)
            )
        except (RetroGamerError, OSError) as error:
            policy.window.drop(snapshot)
            self._tell(f"The snapshot {snapshot.name} cannot be played against, and is left out: {error}")
            return None

    def needed(self) -> list[str]:
        return [one.snapshot.name for one in self.of_teams.values() if one.snapshot is not None]

    def get_state(self) -> list[Any]:
        """[team, [name, rating] of its snapshot or None] of every ghost team."""
        snapshots = {team: opponent.snapshot for team, opponent in self.of_teams.items()}
        return [[team, None if one is None else [one.name, one.rating]] for team, one in snapshots.items()]

    def set_state(self, state: list[Any]) -> None:
        for team, followed in state:
            policy = self._policy_of(team)
            snapshot = None if followed is None else policy.window.find(followed[0]) or Snapshot(*followed)
            self.of_teams[team] = self._follow(policy, snapshot) or self._draw(team)


class GhostController:
    """A queue of team ids, and the team that learns now. All others are ghosts: they follow fixed policies.

    The first team that subscribes learns first. On a change the learning team goes to the back of the queue and the
    front of the queue becomes the learning team (ML-Agents, ghost/controller.py).
    """

    def __init__(self) -> None:
        self._queue: deque[int] = deque()
        self._learning_team: int | None = None

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
        self._queue.append(self.learning_team)
        self._learning_team = self._queue.popleft()
        return self._learning_team

    def get_state(self) -> dict[str, Any]:
        return {"queue": list(self._queue), "learning_team": self._learning_team}

    def set_state(self, state: dict[str, Any]) -> None:
        self._queue, self._learning_team = deque(state["queue"]), state["learning_team"]
