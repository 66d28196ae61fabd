"""Trains the teams of a game against snapshots of each other."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

import numpy as np

from retro_gamer.agents import make_agent
from retro_gamer.agents.agent import Agent, under_prefix, with_prefix
from retro_gamer.config.teams import config_of_policy, policy_names, policy_of_team
from retro_gamer.environment.chance import seed_everything
from retro_gamer.environment.teams import TeamEncoder, TeamEnvironment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import RetroGamerError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription, check_same
from retro_gamer.runs.policy_file import SavedPolicy, build_policy, read_team_policy
from retro_gamer.runs.resume_file import check_self_play_resume, check_whose_checkpoints, reading
from retro_gamer.selfplay.controller import GhostController
from retro_gamer.selfplay.elo import rating_changes, result_between
from retro_gamer.selfplay.match import MatchResult, play_match
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.snapshots import GhostClock, Snapshot, SnapshotWindow
from retro_gamer.selfplay.team_policy import TeamPolicy, load_team_policy
from retro_gamer.training.loop import Episode
from retro_gamer.training.randomness import get_random_state, set_random_state
from retro_gamer.training.schedules import epsilon_at, learning_rate_at
from retro_gamer.training.trainer import Trainer

GAMES_BEFORE_DRIFT_NOTICE = 100


class Policy:
    """What is learned for one team, or for all of them together."""

    def __init__(self, name: str, pilot: TeamPolicy, window: SnapshotWindow, rating: float):
        self.name, self.pilot, self.window = name, pilot, window
        self.rating = rating
        self.learner_steps = 0  # ever taken while learning
        self.saved_at = 0  # learner_steps at the newest snapshot

    @property
    def agent(self) -> Agent:
        agent: Agent = self.pilot.agent
        return agent


class Opponent(NamedTuple):
    """Whom a ghost team follows: a snapshot, or the newest policy itself."""

    snapshot: Optional[Snapshot]
    pilot: TeamPolicy


class SelfPlayTrainer(Trainer):
    """Self-play as in ML-Agents: one team learns, the others are ghosts that follow fixed policies.

    After `team_change` steps another team learns; after `save_steps` the learner leaves a snapshot of itself; after
    `swap_steps` ghost steps a ghost gets another policy. All of it happens between two games.
    """

    environment: TeamEnvironment  # type: ignore[assignment]

    def _prepare(self, run: RunDirectory, factory: Optional[Callable[[], Any]]) -> None:
        self._begin(run)
        config, settings = self.config, self.config.self_play
        resume, newest = run.load_resume(), {}
        known: Dict[str, PolicyDescription] = {}
        if resume is not None:
            known = check_self_play_resume(resume, run, config)
        else:  # the state was not passed on, or never written: go on from the newest policies
            check_whose_checkpoints(run, policy_names(config))
            for name in policy_names(config):
                if run.of(name).checkpoints():
                    path, newest[name] = read_team_policy(run, name)
                    build_policy(newest[name], path)  # finds out whether its weights can be used
        self.table = SelfPlayRun(run, config, factory)
        self.config = config = self.table.config  # which knows the size of the board
        self.environment = self.table.environment
        characters = (
            resume.facts["characters"]
            if resume is not None
            else max((policy.description.characters for policy in newest.values()), key=len, default=())
        )
        self.vocabulary = Vocabulary([*characters, *config.metadata.character_set], grows=True)
        for description in known.values():
            self.vocabulary.make_room(description.n_symbols)
        self.policies = {name: self._new_policy(name) for name in policy_names(config)}
        self.controller = GhostController()
        for team in range(len(config.teams)):
            self.controller.subscribe_team_id(team)
        self.team_changed_at = 0  # learner steps of the learning policy when its turn to learn began
        self.clocks = [GhostClock(team.swap_steps or settings.swap_steps) for team in config.teams]
        self.results = [
            0,
            0,
            0,
        ]  # won, drawn, lost by the learning team against snapshots, since the last checkpoint
        self.tallies = [[0, 0, 0] for _ in config.teams]  # the same for each team, since the training began
        self._to_tell: List[str] = []
        self._imbalance, self._balanced_games = 0.0, 0
        self.opponents: Dict[int, Opponent] = {}
        self._swap_due: List[int] = []
        if resume is not None:
            with reading(run):
                self._restore_teams(resume.facts, resume.arrays, known)
        else:
            seed_everything(config.training.seed)
            for name, policy in self.policies.items():
                if name in newest:
                    self._start_policy_from(policy, newest[name])
            for name, policy in self.policies.items():
                if name not in newest:  # the first opponents know nothing
                    self._save(policy)
                    self._add_to_window(policy)
            self._swap_opponents()

    def _new_policy(self, name: str) -> Policy:
        config, settings = config_of_policy(self.config, name), self.config.self_play
        encoder = TeamEncoder(config, self.vocabulary, self.table.own_characters, self.table.n_features)
        n_actions = len(config.metadata.actions) + 1
        return Policy(
            name,
            TeamPolicy(make_agent(config, encoder.shape, n_actions, self.rng), encoder),
            SnapshotWindow(settings.window),
            settings.initial_elo,
        )

    def policy_of(self, team: int) -> Policy:
        return self.policies[policy_of_team(self.config, team)]

    @property
    def learner(self) -> Policy:
        return self.policy_of(self.controller.learning_team)

    @property
    def agent(self) -> Agent:  # type: ignore[override]
        return self.learner.agent

    @property
    def _policy_run(self) -> RunDirectory:
        return self.run.of(self.learner.name)

    @property
    def epsilon(self) -> float:
        return epsilon_at(self.config.training, self.learner.learner_steps, self.episode)

    # One game, and what follows from it

    def _play_game(self) -> Episode:
        learning_team, learner = self.controller.learning_team, self.learner
        learner.agent.learning_rate = learning_rate_at(self.config.training, self.turns, self.episode)
        pilots = [
            learner.pilot if team == learning_team else self.opponents[team].pilot
            for team in range(len(self.config.teams))
        ]
        # Ghosts try things out as often as the learner: otherwise it would lose to its own past, and ratings would fall.
        match = play_match(
            self.environment,
            pilots,
            self.epsilon,
            learning_team,
            self.rng,
            cut_short=self._time_is_up,
        )
        for (
            policy
        ) in self.policies.values():  # all at once, for it draws random numbers: not when they are saved
            policy.pilot.grow()
        self._rate(match)
        learner.learner_steps += match.steps[learning_team]
        self._swap_due = [team for team in self.opponents if self.clocks[team].add(match.steps[team])]
        return Episode(
            match.returns[learning_team],
            match.turns,
            sum(match.losses) / len(match.losses) if match.losses else None,
            None,
        )

    def _rate(self, match: MatchResult) -> None:
        """Let the result change the ratings of all who played."""
        learning_team = self.controller.learning_team
        rated: List[Any] = [
            self.learner if team == learning_team else self.opponents[team].snapshot or self.policy_of(team)
            for team in range(len(match.outcomes))
        ]
        changes = rating_changes([one.rating for one in rated], match.outcomes, self.config.self_play.elo_k)
        for one, change in zip(rated, changes):
            one.rating += change
        for team, opponent in self.opponents.items():
            if opponent.snapshot is not None:
                result = result_between(match.outcomes[learning_team], match.outcomes[team])
                for counts in (self.results, self.tallies[learning_team]):
                    counts[int(2 - 2 * result)] += 1
        self._watch_balance(match)

    def _watch_balance(self, match: MatchResult) -> None:
        """Say so, once, when what one team gains is not what the others lose: then ratings mean less."""
        if self._balanced_games < GAMES_BEFORE_DRIFT_NOTICE:
            self._balanced_games += 1
            self._imbalance += abs(sum(match.returns)) > 1e-6 * (1 + max(map(abs, match.returns)))
            if (
                self._balanced_games == GAMES_BEFORE_DRIFT_NOTICE
                and self._imbalance > GAMES_BEFORE_DRIFT_NOTICE / 10
            ):
                self._to_tell.append(
                    f"In {self._imbalance:.0f} of {GAMES_BEFORE_DRIFT_NOTICE} games the rewards of the teams did not add up "
                    "to zero: all can gain, or lose, at the same time. They may learn to work together, and ratings drift. "
                    "What one team gains the others should lose."
                )

    def _notices(self) -> List[str]:
        told, self._to_tell = self._to_tell, []
        told += [notice for policy in self.policies.values() for notice in policy.agent.notices()]
        return told + self._cut_notice()

    def _evaluate_if_due(self, last: bool) -> None:
        """Ratings take the place of evaluations. This is the moment between two games when opponents are swapped."""
        if not self._team_change_due() and self._swap_due:
            self._swap_opponents(self._swap_due)
            self._swap_due = []

    def _team_change_due(self) -> bool:
        return self.learner.learner_steps - self.team_changed_at >= self.config.self_play.team_change

    def _checkpoint_due(self, last: bool) -> bool:
        """The end of the training is no reason for a snapshot: training on is as if there had been no end."""
        return (
            self.learner.learner_steps - self.learner.saved_at >= self.config.self_play.save_steps
            or self._team_change_due()
        )

    def _after_checkpoint(self) -> None:
        """What was saved is a snapshot of the learner; and if its time is over, the next team learns."""
        change = self._team_change_due()
        self._add_to_window(self.learner)
        self.results = [0, 0, 0]
        if change:
            self.controller.change_training_team()
            self.team_changed_at = self.learner.learner_steps
            self._swap_opponents()

    def _add_to_window(self, policy: Policy) -> None:
        policy.window.push(self.run.checkpoint_path(self.episode).stem, policy.rating)
        policy.saved_at = policy.learner_steps

    def _swap_opponents(self, teams: Optional[List[int]] = None) -> None:
        """Draw a policy for these ghost teams (all of them, by default) from the newest and the window."""
        if teams is None:
            self.opponents = {}
            teams = [team for team in range(len(self.config.teams)) if team != self.controller.learning_team]
        for team in teams:
            self.opponents[team] = self._draw_opponent(team)
            self.clocks[team].swapped()

    def _draw_opponent(self, team: int) -> Opponent:
        policy = self.policy_of(team)
        while True:
            snapshot = policy.window.draw(self.rng, self.config.self_play.play_against_latest_model_ratio)
            opponent = self._follow(policy, snapshot)
            if opponent is not None:
                return opponent

    def _follow(self, policy: Policy, snapshot: Optional[Snapshot]) -> Optional[Opponent]:
        """The opponent that a snapshot is; None when its file is missing or broken, which is told."""
        if snapshot is None:
            return Opponent(None, policy.pilot)
        try:
            return Opponent(
                snapshot,
                load_team_policy(
                    self.run, self.config, policy.name, snapshot.name, self.table.own_characters
                ),
            )
        except (RetroGamerError, OSError) as error:
            policy.window.drop(snapshot)
            self._to_tell.append(
                f"The snapshot {snapshot.name} cannot be played against, and is left out: {error}"
            )
            return None

    # Saving

    def _tidy_up(self) -> List[str]:
        return [notice for name in self.policies for notice in self.run.of(name).tidy_up(self.episode)]

    def _remove_old_checkpoints(self) -> None:
        """Thin out each policy's snapshots, without those that may still be played against."""
        for name, policy in self.policies.items():
            needed = [snapshot.name for snapshot in policy.window.snapshots]
            needed += [
                opponent.snapshot.name
                for opponent in self.opponents.values()
                if opponent.snapshot is not None
            ]
            self.run.of(name).thin_checkpoints(
                self.config.training.keep_checkpoints, 1, self._loose_checkpoints, needed
            )

    def _save_policy(self) -> None:
        self._save(self.learner)

    def _save(self, policy: Policy) -> None:
        run = self.run.of(policy.name)
        facts = self._describe(policy).to_json()
        facts.update(
            episode=self.episode,
            turns=self.turns,
            rating=policy.rating,
            learner_steps=policy.learner_steps,
            evaluation=None,
        )
        self.saver.save_policy(run, run.checkpoint_path(self.episode), facts, policy.agent.get_policy())

    def _describe(self, policy: Policy) -> PolicyDescription:
        return PolicyDescription.of(
            config_of_policy(self.config, policy.name),
            policy.pilot.encoder,
            self.vocabulary,
            own_characters=tuple(map(tuple, self.table.own_characters)),
        )

    def _resume_state(self) -> Tuple[Dict[str, Any], Dict[str, np.ndarray]]:
        facts = {
            "characters": list(self.vocabulary.characters),
            "policies": [
                {
                    "policy": self._describe(policy).to_json(),
                    "name": name,
                    "rating": policy.rating,
                    "learner_steps": policy.learner_steps,
                    "saved_at": policy.saved_at,
                    "window": policy.window.get_state(),
                }
                for name, policy in self.policies.items()
            ],
            "controller": self.controller.get_state(),
            "team_changed_at": self.team_changed_at,
            "clocks": [clock.get_state() for clock in self.clocks],
            "opponents": [
                [
                    team,
                    None if opponent.snapshot is None else [opponent.snapshot.name, opponent.snapshot.rating],
                ]
                for team, opponent in self.opponents.items()
            ],
            "results": self.results,
            "tallies": self.tallies,
            "balance": [self._imbalance, self._balanced_games],
            "episode": self.episode,
            "turns": self.turns,
            "seconds": self.seconds,
            "since_checkpoint": [list(episode) for episode in self._since_checkpoint],
            "loose_checkpoints": self._loose_checkpoints,
            "random": get_random_state(self.rng),
        }
        arrays: Dict[str, np.ndarray] = {}
        for number, policy in enumerate(self.policies.values()):
            arrays.update(with_prefix(f"agent_{number}", policy.agent.get_state()))
        return facts, arrays

    def _checkpoint_numbers(self) -> Set[int]:
        return {number for name in self.policies for number, _ in self.run.of(name).checkpoints()}

    def _restore_teams(
        self, facts: Dict[str, Any], arrays: Dict[str, np.ndarray], known: Dict[str, PolicyDescription]
    ) -> None:
        for number, saved in enumerate(facts["policies"]):
            policy = self.policies[saved["name"]]
            check_same(known[policy.name].difference(self._describe(policy)), self.run)
            self._shrink_to(policy, known[policy.name])
            policy.agent.set_state(under_prefix(f"agent_{number}", arrays))
            policy.rating, policy.learner_steps, policy.saved_at = (
                saved[name] for name in ("rating", "learner_steps", "saved_at")
            )
            policy.window.set_state(saved["window"])
        self.controller.set_state(facts["controller"])
        self.team_changed_at = facts["team_changed_at"]
        self.results, self.tallies = facts["results"], facts["tallies"]
        self._imbalance, self._balanced_games = facts["balance"]
        for clock, state in zip(self.clocks, facts["clocks"]):
            clock.set_state(state)
        self.episode, self.turns, self.seconds = facts["episode"], facts["turns"], facts["seconds"]
        self._since_checkpoint = [Episode(*episode) for episode in facts["since_checkpoint"]]
        self._loose_checkpoints = facts["loose_checkpoints"]
        self.saver.take_up(facts)
        set_random_state(facts["random"], self.rng)
        for team, saved in facts["opponents"]:
            policy = self.policy_of(team)
            snapshot = None if saved is None else policy.window.find(saved[0]) or Snapshot(*saved)
            self.opponents[team] = self._follow(policy, snapshot) or self._draw_opponent(team)

    def _shrink_to(self, policy: Policy, known: PolicyDescription) -> None:
        """Give a policy an agent as large as the saved one: it will grow for characters that config.toml has added."""
        config, shape = config_of_policy(self.config, policy.name), policy.pilot.encoder.shape
        if known.n_symbols < shape.n_symbols:
            shape = shape._replace(n_cells=known.n_cells, n_symbols=known.n_symbols)
            agent = make_agent(config, shape, len(config.metadata.actions) + 1, self.rng)
            policy.pilot = policy.pilot._replace(agent=agent)

    def _start_policy_from(self, policy: Policy, saved: SavedPolicy) -> None:
        """Go on with the weights and the rating of a checkpoint, its snapshots for opponents, and an empty memory."""
        check_same(saved.description.difference(self._describe(policy)), self.run)
        self._shrink_to(policy, saved.description)
        policy.agent.start_from(saved.arrays)
        policy.rating, policy.learner_steps = saved.facts["rating"], saved.facts["learner_steps"]
        policy.saved_at = policy.learner_steps
        self.episode = max(self.episode, saved.facts["episode"])
        self.turns = max(self.turns, saved.facts["turns"])
        for _, path in self.run.of(policy.name).checkpoints()[-policy.window.size :]:
            with suppress(RetroGamerError):
                policy.window.push(
                    path.stem, read_team_policy(self.run, policy.name, path.stem)[1].facts["rating"]
                )
        if policy is self.learner:
            self.team_changed_at = policy.learner_steps

    # What is shown

    def _standing(self) -> str:
        won, drawn, lost = self.results
        team = self.config.teams[self.controller.learning_team].name
        ratings = "  ".join(
            f"{policy.name or 'rating'} {policy.rating:.0f}" for policy in self.policies.values()
        )
        return f"{ratings}  {team} learns: won {won} drawn {drawn} lost {lost}"

    def describe_teams(self) -> str:
        """What each team has come to: a table for people."""
        lines = [
            f"{'':16}{'rating':>8}{'learner steps':>15}{'ghost steps':>13}   against snapshots, while it learned"
        ]
        for team, clock, (won, drawn, lost) in zip(self.config.teams, self.clocks, self.tallies):
            policy = self.policy_of(self.config.teams.index(team))
            lines.append(
                f"{team.name:16}{policy.rating:8.0f}{policy.learner_steps:15,}{clock.steps:13,}   "
                f"won {won}, drew {drawn}, lost {lost}"
            )
        return "\n".join(lines)

    def _metrics_row(self) -> Dict[str, Any]:
        learner = self.learner
        return {
            **super()._metrics_row(),
            "team": self.config.teams[self.controller.learning_team].name,
            "rating": learner.rating,
        }

    def _log_details(self, row: Dict[str, Any]) -> str:
        won, drawn, lost = self.results
        ghost_steps = sum(clock.steps for clock in self.clocks)
        return (
            f"  team={row['team']}  rating={row['rating']:.0f}  won={won} drawn={drawn} lost={lost}"
            f"  learner_steps={self.learner.learner_steps}  ghost_steps={ghost_steps}"
        )
