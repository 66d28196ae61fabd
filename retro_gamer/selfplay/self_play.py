"""Self-play: the teams of a game learn in turn, against snapshots of each other."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from retro_gamer.agents import Agent
from retro_gamer.agents.agent import under_prefix, with_prefix
from retro_gamer.config.teams import policy_names, policy_of_team
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.hosting.randomness import get_random_state, seed_everything, set_random_state, stream_of_agents
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import (
    SavedPolicy,
    build_policy,
    check_self_play_resume,
    check_whose_checkpoints,
    read_team_policy,
    reading,
)
from retro_gamer.selfplay.elo import rating_changes, result_between
from retro_gamer.selfplay.learned_policy import LearnedPolicy, SelfPlayProgress, Snapshot
from retro_gamer.selfplay.match import MatchResult, play_match
from retro_gamer.selfplay.opponents import GhostController, Opponents
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.training.learning import Learning, SavePolicy, epsilon_at, learning_rate_at
from retro_gamer.training.limits import Limits
from retro_gamer.training.loop import Episode
from retro_gamer.training.trainer import TrainingLoop

GAMES_BEFORE_DRIFT_NOTICE = 100


class SelfPlay(Learning):
    """Self-play as in ML-Agents: one team learns, the others are ghosts that follow fixed policies.

    After `team_change` steps another team learns; after `save_steps` the learner leaves a snapshot of itself; after
    `swap_steps` ghost steps a ghost gets another policy. All of it happens between two games.
    """

    progress: SelfPlayProgress

    def __init__(self, run: RunDirectory, factory: Callable[[], Any] | None = None):
        self.run, config = run, run.load_config()
        seed_everything(config.training.seed)
        self.rng = stream_of_agents(config.training.seed)
        self.progress = SelfPlayProgress(tallies=[[0, 0, 0] for _ in config.teams])
        resume, known = run.load_resume(), {}
        newest: dict[str, SavedPolicy] = {}
        if resume is not None:
            self.progress.check(resume.facts, run)
            known = check_self_play_resume(resume, run, config)
        else:  # the state was not passed on, or never written: go on from the newest policies
            check_whose_checkpoints(run, policy_names(config))
            newest = _newest_policies(run, policy_names(config))
        self.game = SelfPlayRun(run, config, factory)
        self.config, self.environment = self.game.config, self.game.environment
        self._to_tell: list[str] = []
        self._make_policies(resume.facts["characters"] if resume is not None else _most_characters(newest), known)
        if resume is not None:
            with reading(run):
                self._recall(resume.facts, resume.arrays, known)
        else:
            seed_everything(config.training.seed)
            self._start_from(newest)

    def _make_policies(self, characters: list[str], known: dict[str, PolicyDescription]) -> None:
        self.vocabulary = Vocabulary([*characters, *self.config.metadata.character_set], grows=True)
        for description in known.values():
            self.vocabulary.make_room(description.n_symbols)
        self.policies = {
            name: LearnedPolicy(name, self.game, self.vocabulary, self.rng) for name in policy_names(self.config)
        }
        self.controller = GhostController()
        for team in range(len(self.config.teams)):
            self.controller.subscribe_team_id(team)
        self.opponents = Opponents(self.game, self.policy_of, self.rng, self._to_tell.append)

    def _start_from(self, newest: dict[str, SavedPolicy]) -> None:
        """Go on from these policies, by their names; the others begin with a snapshot that knows nothing."""
        progress = self.progress
        for name, saved in newest.items():
            self.policies[name].start_from(saved)
            progress.episode = max(progress.episode, saved.facts["episode"])
            progress.turns = max(progress.turns, saved.facts["turns"])
        if self.learner.name in newest:
            progress.team_changed_at = self.learner.learner_steps
        for name, policy in self.policies.items():
            if name not in newest:
                self._save(policy, lambda run, path, facts, arrays: run.save_policy(path, facts, arrays))
                policy.add_snapshot(self._checkpoint_name())
        self.opponents.swap_all(self.controller.learning_team)

    def policy_of(self, team: int) -> LearnedPolicy:
        return self.policies[policy_of_team(self.config, team)]

    @property
    def learner(self) -> LearnedPolicy:
        return self.policy_of(self.controller.learning_team)

    @property
    def agent(self) -> Agent:
        return self.learner.agent

    @property
    def epsilon(self) -> float:
        return epsilon_at(self.config.training, self.learner.learner_steps, self.progress.episode)

    # One game, and what follows from it

    def play(self, limits: Limits) -> Episode:
        learning_team, learner, progress = self.controller.learning_team, self.learner, self.progress
        learner.agent.learning_rate = learning_rate_at(self.config.training, progress.turns, progress.episode)
        policies = [
            learner.plays if team == learning_team else self.opponents.of_teams[team].plays
            for team in range(len(self.config.teams))
        ]
        # Ghosts try things out as often as the learner: otherwise it would lose to its own past, and ratings would fall.
        match = play_match(self.environment, policies, self.epsilon, learning_team, self.rng, cut_short=limits.cut_short)
        # All at once, for it draws random numbers: not when they are saved.
        for policy in self.policies.values():
            policy.plays.grow()
        self._rate(match)
        learner.learner_steps += match.steps[learning_team]
        self.opponents.count(match.steps)
        mean_loss = sum(match.losses) / len(match.losses) if match.losses else None
        return Episode(match.returns[learning_team], match.turns, mean_loss, None)

    def _rate(self, match: MatchResult) -> None:
        learning_team, opponents = self.controller.learning_team, self.opponents.of_teams
        rated: list[LearnedPolicy | Snapshot] = [
            self.learner if team == learning_team else opponents[team].snapshot or self.policy_of(team)
            for team in range(len(match.outcomes))
        ]
        changes = rating_changes([one.rating for one in rated], match.outcomes, self.config.self_play.elo_k)
        for one, change in zip(rated, changes):
            one.rating += change
        for team, opponent in opponents.items():
            if opponent.snapshot is not None:
                result = result_between(match.outcomes[learning_team], match.outcomes[team])
                for counts in (self.progress.results, self.progress.tallies[learning_team]):
                    counts[int(2 - 2 * result)] += 1
        self._watch_balance(match)

    def _watch_balance(self, match: MatchResult) -> None:
        """Say so, once, when what one team gains is not what the others lose: then ratings mean less."""
        unbalanced, games = self.progress.balance
        if games >= GAMES_BEFORE_DRIFT_NOTICE:
            return
        unbalanced += abs(sum(match.returns)) > 1e-6 * (1 + max(map(abs, match.returns)))
        self.progress.balance = [unbalanced, games + 1]
        if games + 1 == GAMES_BEFORE_DRIFT_NOTICE and unbalanced > GAMES_BEFORE_DRIFT_NOTICE / 10:
            self._to_tell.append(
                f"In {unbalanced:.0f} of {GAMES_BEFORE_DRIFT_NOTICE} games the rewards of the teams did not add up "
                "to zero: all can gain, or lose, at the same time. They may learn to work together, and ratings drift. "
                "What one team gains the others should lose."
            )

    def between_games(self, last: bool, limits: Limits, save: SavePolicy) -> None:
        """Ratings take the place of evaluations. This is the moment between two games when opponents are swapped."""
        if not self._team_change_is_due():
            self.opponents.swap_if_due()

    def _team_change_is_due(self) -> bool:
        steps = self.learner.learner_steps - self.progress.team_changed_at
        return steps >= self.config.self_play.team_change

    def checkpoint_is_due(self, last: bool) -> bool:
        """The end of the training is no reason for a snapshot: training on is as if there had been no end."""
        steps = self.learner.learner_steps - self.learner.saved_at
        return steps >= self.config.self_play.save_steps or self._team_change_is_due()

    def after_checkpoint(self) -> None:
        """What was saved is a snapshot of the learner; and if its time is over, the next team learns."""
        change = self._team_change_is_due()
        self.learner.add_snapshot(self._checkpoint_name())
        self.progress.results = [0, 0, 0]
        if change:
            self.controller.change_training_team()
            self.progress.team_changed_at = self.learner.learner_steps
            self.opponents.swap_all(self.controller.learning_team)

    # Saving

    def _checkpoint_name(self) -> str:
        return self.run.checkpoint_path(self.progress.episode).stem

    def save_policy(self, save: SavePolicy) -> None:
        self._save(self.learner, save)

    def _save(self, policy: LearnedPolicy, save: SavePolicy) -> None:
        facts = {
            **policy.describe().to_json(),
            "episode": self.progress.episode,
            "turns": self.progress.turns,
            "rating": policy.rating,
            "learner_steps": policy.learner_steps,
            "evaluation": None,
        }
        path = policy.run.checkpoint_path(self.progress.episode)
        save(policy.run, path, facts, policy.agent.get_policy())

    def runs(self) -> list[RunDirectory]:
        return [policy.run for policy in self.policies.values()]

    def remove_old_checkpoints(self) -> None:
        """Thin out each policy's snapshots, without those that may still be played against."""
        keep, loose = self.config.training.keep_checkpoints, self.progress.loose_checkpoints
        for policy in self.policies.values():
            needed = [snapshot.name for snapshot in policy.window.snapshots] + self.opponents.needed()
            policy.run.thin_checkpoints(keep, 1, loose, needed)

    def remember(self) -> dict[str, np.ndarray]:
        progress = self.progress
        progress.characters = list(self.vocabulary.characters)
        progress.policies = [policy.to_facts() for policy in self.policies.values()]
        progress.controller = self.controller.get_state()
        progress.clocks = [clock.get_state() for clock in self.opponents.clocks]
        progress.opponents = self.opponents.get_state()
        progress.random = get_random_state(self.rng)
        arrays: dict[str, np.ndarray] = {}
        for number, policy in enumerate(self.policies.values()):
            arrays.update(with_prefix(f"agent_{number}", policy.agent.get_state()))
        return arrays

    def _recall(self, facts: dict[str, Any], arrays: dict[str, np.ndarray], known: dict[str, PolicyDescription]) -> None:
        self.progress.take_over(facts)
        for number, saved in enumerate(self.progress.policies):
            name = saved["name"]
            self.policies[name].take_over(saved, known[name], under_prefix(f"agent_{number}", arrays))
        self.controller.set_state(self.progress.controller)
        for clock, state in zip(self.opponents.clocks, self.progress.clocks):
            clock.set_state(state)
        set_random_state(self.progress.random, self.rng)
        self.opponents.set_state(self.progress.opponents)

    def facts(self) -> dict[str, Any]:
        return {}

    # What is shown

    def notices(self) -> list[str]:
        told = list(self._to_tell)
        self._to_tell.clear()
        return told + [notice for policy in self.policies.values() for notice in policy.agent.notices()]

    def standing(self) -> str:
        won, drawn, lost = self.progress.results
        ratings = "  ".join(f"{policy.name or 'rating'} {policy.rating:.0f}" for policy in self.policies.values())
        return f"{ratings}  {self._learning_team_s_name()} learns: won {won} drawn {drawn} lost {lost}"

    def _learning_team_s_name(self) -> str:
        return self.config.teams[self.controller.learning_team].name

    def columns(self) -> dict[str, Any]:
        return {"eval_return": None, "team": self._learning_team_s_name(), "rating": self.learner.rating}

    def details(self) -> str:
        won, drawn, lost = self.progress.results
        ghost_steps = sum(clock.steps for clock in self.opponents.clocks)
        return (
            f"  team={self._learning_team_s_name()}  rating={self.learner.rating:.0f}  won={won} drawn={drawn} lost={lost}"
            f"  learner_steps={self.learner.learner_steps}  ghost_steps={ghost_steps}"
        )


def _newest_policies(run: RunDirectory, names: list[str]) -> dict[str, SavedPolicy]:
    newest = {}
    for name in names:
        if run.of(name).checkpoints():
            path, newest[name] = read_team_policy(run, name)
            build_policy(newest[name], path)  # finds out whether its weights can be used
    return newest


def _most_characters(policies: dict[str, SavedPolicy]) -> list[str]:
    known = [list(policy.description.characters) for policy in policies.values()]
    return max(known, key=len, default=[])


class SelfPlayTrainer(TrainingLoop):
    """The training loop, in whose games several teams learn in turn."""

    def _make(self, run: RunDirectory, factory: Callable[[], Any] | None) -> SelfPlay:
        self.self_play = SelfPlay(run, factory)
        return self.self_play

    def describe_teams(self) -> str:
        """What each team has come to: a table for people."""
        lines = [f"{'':16}{'rating':>8}{'learner steps':>15}{'ghost steps':>13}   against snapshots, while it learned"]
        clocks, tallies = self.self_play.opponents.clocks, self.self_play.progress.tallies
        for number, (team, clock, (won, drawn, lost)) in enumerate(zip(self.config.teams, clocks, tallies)):
            policy = self.self_play.policy_of(number)
            lines.append(
                f"{team.name:16}{policy.rating:8.0f}{policy.learner_steps:15,}{clock.steps:13,}   "
                f"won {won}, drew {drawn}, lost {lost}"
            )
        return "\n".join(lines)
