"""A self-play run, ready to be played: its game, the policies of its checkpoints, and what they decide."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, NamedTuple, Sequence

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy, policy_names, policy_of_team
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.teams import (
    TeamEncoder,
    TeamEnvironment,
    Turn,
    check_teams_in_game,
    count_features,
    new_game_of,
    own_characters,
)
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, RunNotFoundError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_file import build_policy, check_keys, read_team_policy
from retro_gamer.training.evaluation import RandomAgent


class Decision(NamedTuple):
    """What a character saw, and what its policy chose."""

    observation: Observation
    action: int  # its index in the actions of the character


class TeamPolicy(NamedTuple):
    """An agent, and how it sees the game from any character of any team that it plays for."""

    agent: Any  # an Agent; or another Actor, which neither learns nor grows
    encoder: TeamEncoder

    def act(self, game: Any, character: Any, team: int, epsilon: float = 0.0) -> Decision:
        """Choose for a character of a team, at random with probability `epsilon`."""
        observation = self.encoder.observe(game, character, team)
        self.grow()
        return Decision(observation, self.agent.act(observation, epsilon))

    def grow(self) -> None:
        """Make room in the agent when a new character turned up and there is none."""
        if self.encoder.encoder.vocabulary.n_symbols > self.agent.n_symbols:
            self.agent.grow(self.encoder.shape)


def play_decisions(environment: TeamEnvironment, decisions: Sequence[Decision | None]) -> Turn:
    """One turn of the game, with what the members decided [n_members]; None for those that have left the game."""
    return environment.step(
        [
            None if decision is None else member.actions[decision.action]
            for member, decision in zip(environment.members, decisions)
        ]
    )


def load_team_policy(
    run: RunDirectory, config: RunConfig, policy: str, checkpoint: str | None, own_characters: Sequence[Sequence[str]]
) -> TeamPolicy:
    """The policy of a checkpoint (None: the newest); raises RetroGamerErrors when it cannot be used.

    `policy` is its name in the run, and `own_characters` are those of each team [n_teams][n_characters].
    """
    path, saved = read_team_policy(run, policy, checkpoint)
    own, description = config_of_policy(config, policy), saved.description
    check_keys(description, own.metadata.actions, path, run.config_path)
    agent = build_policy(saved, path)
    encoder = TeamEncoder(description.settings(own), description.vocabulary(), own_characters, description.n_features)
    return TeamPolicy(agent, encoder)


class SelfPlayRun:
    """The game of a run, with a policy of its own for each team, or one for all.

    Arguments:
        run: the run directory.
        config: its settings; read from the directory by default.
        factory: makes a new game; the one that the settings name by default.

    Raises ConfigError when the run has no teams, or when its game lacks what they name.
    """

    def __init__(self, run: RunDirectory, config: RunConfig | None = None, factory: Callable[[], Any] | None = None):
        self.run, self.config = run, config or run.load_config()
        if not self.config.teams:
            raise ConfigError(f"{run} is no self-play run: its config.toml has no [[teams]].")
        game = new_game_of(self.config, factory)
        check_teams_in_game(self.config.teams, game)
        if not self.config.metadata.board_size:
            self.config = self.config.with_settings({"board_size": list(game.board_size)})
        self.own_characters = own_characters(self.config.teams, self.config.self_play.shared_policy, game)
        self.n_features = count_features(self.config, game)
        self.environment = TeamEnvironment(self.config, factory)

    @property
    def team_names(self) -> list[str]:
        """In the order of config.toml [n_teams]."""
        return [team.name for team in self.config.teams]

    def policy(self, team: int, checkpoint: str | None = None) -> TeamPolicy:
        """The policy of a checkpoint (default: the newest) for a team; raises RetroGamerErrors.

        Teams leave snapshots at different games: of one that has none with this number, the newest before it.
        """
        name = policy_of_team(self.config, team)
        if checkpoint is not None:
            checkpoint = self._not_after(name, checkpoint)
        return load_team_policy(self.run, self.config, name, checkpoint, self.own_characters)

    def _not_after(self, policy: str, checkpoint: str) -> str:
        """The name of a policy's newest checkpoint that is not after this one, if any policy of the run has this one."""
        for other in map(self.run.of, policy_names(self.config)):
            with suppress(RunNotFoundError):
                path = other.find_checkpoint(checkpoint)
                last = next((number for number, numbered in other.checkpoints() if numbered == path), -1)
                before = [mine.stem for number, mine in self.run.of(policy).checkpoints() if number <= last]
                return before[-1] if before else checkpoint
        return checkpoint

    def decide(self, policies: Sequence[TeamPolicy]) -> list[Decision | None]:
        """What the members [n_members] do this turn, by a policy for each team; None for those that have left the game."""
        decisions: list[Decision | None] = []
        for number, member in enumerate(self.environment.members):
            character = self.environment.character(number)
            decisions.append(
                None if character is None else policies[member.team].act(self.environment.game, character, member.team)
            )
        return decisions

    def play_turn(self, decisions: Sequence[Decision | None]) -> Turn:
        return play_decisions(self.environment, decisions)

    def random_policy(self, team: int, seed: int) -> TeamPolicy:
        """Presses any of a team's keys, or none, each with the same probability."""
        own = config_of_policy(self.config, policy_of_team(self.config, team))
        agent = RandomAgent(len(own.metadata.actions) + 1, seed)
        vocabulary = Vocabulary(own.metadata.character_set)
        return TeamPolicy(agent, TeamEncoder(own, vocabulary, self.own_characters, self.n_features))
