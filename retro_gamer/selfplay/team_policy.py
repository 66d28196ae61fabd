"""A policy that plays for teams: an agent, and how it sees the game."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.teams import TeamEncoder
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_file import build_policy, check_keys, read_team_policy


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
