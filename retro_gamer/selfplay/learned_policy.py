"""A policy that self-play teaches, with its rating and its past; and what self-play remembers of all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from retro_gamer.agents import Agent, make_agent
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy
from retro_gamer.environment.teams import TeamEncoder
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.runs.checkpoint_file import is_count, is_dict, is_list_of, is_none_or, is_number, is_rating, is_text
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription, check_same
from retro_gamer.runs.policy_file import SavedPolicy, read_team_policy
from retro_gamer.selfplay.self_play_run import SelfPlayRun, TeamPolicy
from retro_gamer.training.resumable import Progress, remembered


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


class LearnedPolicy:
    """What is learned for one team, or for all of them together.

    Arguments:
        name: that of its folder of checkpoints; "" when one policy plays all teams.
        game: the game of the run.
        vocabulary: the characters that all policies know.
        rng: the source of chance of its agent.
    """

    def __init__(self, name: str, game: SelfPlayRun, vocabulary: Vocabulary, rng: np.random.Generator):
        self.name, self._game, self._vocabulary, self._rng = name, game, vocabulary, rng
        self.run: RunDirectory = game.run.of(name)
        self._config: RunConfig = config_of_policy(game.config, name)
        encoder = TeamEncoder(self._config, vocabulary, game.own_characters, game.n_features)
        self.plays = TeamPolicy(self._make_agent(encoder.shape, encoder), encoder)
        self.window = SnapshotWindow(game.config.self_play.window)
        self.rating = game.config.self_play.initial_elo
        self.learner_steps = 0  # ever taken while learning
        self.saved_at = 0  # learner_steps at the newest snapshot

    def _make_agent(self, shape: Any, encoder: TeamEncoder) -> Agent:
        n_actions = len(self._config.metadata.actions) + 1
        return make_agent(self._config, shape, n_actions, self._rng, encoder=encoder.of_team(0))

    @property
    def agent(self) -> Agent:
        agent: Agent = self.plays.agent
        return agent

    def describe(self) -> PolicyDescription:
        return PolicyDescription.of(
            self._config, self.plays.encoder, self._vocabulary, own_characters=tuple(map(tuple, self._game.own_characters))
        )

    def add_snapshot(self, name: str) -> None:
        """What was just saved under this name is one to play against."""
        self.window.push(name, self.rating)
        self.saved_at = self.learner_steps

    def check(self, known: PolicyDescription) -> None:
        """Raise ConfigError unless a saved policy fits the run; make the agent as large as that one was.

        It will grow for characters that config.toml has added.
        """
        check_same(known.difference(self.describe()), self._game.run)
        shape = self.plays.encoder.shape
        if known.n_symbols < shape.n_symbols:
            shape = shape._replace(n_cells=known.n_cells, n_symbols=known.n_symbols)
            self.plays = self.plays._replace(agent=self._make_agent(shape, self.plays.encoder))

    def start_from(self, saved: SavedPolicy) -> None:
        """Go on with the weights and the rating of a checkpoint, its snapshots for opponents, and an empty memory."""
        self.check(saved.description)
        self.agent.start_from(saved.arrays)
        self.rating, self.learner_steps = saved.facts["rating"], saved.facts["learner_steps"]
        self.saved_at = self.learner_steps
        for _, path in self.run.checkpoints()[-self.window.size :]:
            with suppress(RetroGamerError):
                found = read_team_policy(self._game.run, self.name, path.stem)[1]
                self.window.push(path.stem, found.facts["rating"])

    def to_facts(self) -> dict[str, Any]:
        """All that changes, apart from what the agent has learned."""
        return {
            "policy": self.describe().to_json(),
            "name": self.name,
            "rating": self.rating,
            "learner_steps": self.learner_steps,
            "saved_at": self.saved_at,
            "window": self.window.get_state(),
        }

    def take_over(self, facts: dict[str, Any], known: PolicyDescription, state: dict[str, np.ndarray]) -> None:
        """Go on from `to_facts` and the state of the agent."""
        self.check(known)
        self.agent.set_state(state)
        self.rating, self.learner_steps = facts["rating"], facts["learner_steps"]
        self.saved_at = facts["saved_at"]
        self.window.set_state(facts["window"])


def _is_snapshot(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and is_text(value[0]) and is_rating(value[1])


def _is_window(value: Any) -> bool:
    return is_list_of(_is_snapshot)(value) and len(value) <= 10_000


def _is_clock(value: Any) -> bool:
    return is_dict(value) and set(value) == {"steps", "last_swap"} and all(map(is_count, value.values()))


def _is_followed(value: Any) -> bool:
    """A ghost team, and the snapshot that it follows; None for the newest policy."""
    return isinstance(value, list) and len(value) == 2 and is_count(value[0]) and is_none_or(_is_snapshot)(value[1])


_OF_A_POLICY = {
    "policy": is_dict,
    "name": is_text,
    "rating": is_rating,
    "learner_steps": is_count,
    "saved_at": is_count,
    "window": _is_window,
}


def _is_policy(value: Any) -> bool:
    return is_dict(value) and all(name in value and is_right(value[name]) for name, is_right in _OF_A_POLICY.items())


@dataclass
class SelfPlayProgress(Progress):
    """How far self-play has come."""

    characters: list[str] = remembered(is_list_of(is_text), list)
    policies: list[dict[str, Any]] = remembered(is_list_of(_is_policy), list)
    controller: dict[str, Any] = remembered(is_dict, dict)
    # Learner steps of who learns, when its turn to learn began.
    team_changed_at: int = remembered(is_count, 0)
    clocks: list[dict[str, int]] = remembered(is_list_of(_is_clock), list)  # [n_teams]
    opponents: list[Any] = remembered(is_list_of(_is_followed), list)
    # Won, drawn, lost by the learning team against snapshots, since the last checkpoint; and of each team [n_teams], ever.
    results: list[int] = remembered(is_list_of(is_count, 3), lambda: [0, 0, 0])
    tallies: list[list[int]] = remembered(is_list_of(is_list_of(is_count, 3)), list)
    # Of the first games: in how many the rewards did not add up to zero, and how many have been looked at.
    balance: list[float] = remembered(is_list_of(is_number, 2), lambda: [0.0, 0])
