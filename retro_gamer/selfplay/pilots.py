"""Saved policies of a self-play run, ready to play for a team."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, List, Optional, Sequence

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import config_of_policy, policy_names, policy_of_team
from retro_gamer.environment.teams import (
    TeamEncoder,
    TeamEnvironment,
    check_teams_in_game,
    count_features,
    new_game_of,
    own_characters,
)
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, RunNotFoundError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_file import build_policy, check_keys, read_team_policy
from retro_gamer.selfplay.match import Pilot
from retro_gamer.training.evaluation import RandomAgent


def load_pilot(
    run: RunDirectory,
    config: RunConfig,
    policy: str,
    checkpoint: Optional[str],
    characters: Sequence[Sequence[str]],
) -> Pilot:
    """The pilot that a checkpoint of a policy is; raises RetroGamerErrors when it cannot be used.

    `characters` are those of each team (see `own_characters`).
    """
    path, loaded = read_team_policy(run, policy, checkpoint)
    own = config_of_policy(config, policy)
    known = loaded.description
    check_keys(known, own.metadata.actions, path, run.config_path)
    playing = build_policy(loaded, path)
    return Pilot(playing, TeamEncoder(known.settings(own), known.vocabulary(), characters, known.n_features))


class Table:
    """The game of a self-play run, ready to be played by any of its policies."""

    def __init__(
        self,
        run: RunDirectory,
        config: Optional[RunConfig] = None,
        factory: Optional[Callable[[], Any]] = None,
    ):
        self.run, self.config = run, config or run.load_config()
        if not self.config.teams:
            raise ConfigError(f"{run} is no self-play run: its config.toml has no [[teams]].")
        game = new_game_of(self.config, factory)
        check_teams_in_game(self.config.teams, game)
        if not self.config.metadata.board_size:
            self.config = self.config.with_settings({"board_size": list(game.board_size)})
        self.characters = own_characters(self.config.teams, self.config.self_play.shared_policy, game)
        self.n_features = count_features(self.config, game)
        self.environment = TeamEnvironment(self.config, factory)

    @property
    def team_names(self) -> List[str]:
        return [team.name for team in self.config.teams]

    def pilot(self, team: int, checkpoint: Optional[str] = None) -> Pilot:
        """The policy of a checkpoint (default: the newest) for a team.

        Teams leave snapshots at different games: of one that has none with this number, the newest before it.
        """
        policy = policy_of_team(self.config, team)
        return load_pilot(
            self.run, self.config, policy, checkpoint and self._not_after(policy, checkpoint), self.characters
        )

    def _not_after(self, policy: str, checkpoint: str) -> str:
        """The name of a policy's newest checkpoint that is not after this one, if any policy of the run has this one."""
        for other in map(self.run.of, policy_names(self.config)):
            with suppress(RunNotFoundError):
                path = other.find_checkpoint(checkpoint)
                last = next((number for number, numbered in other.checkpoints() if numbered == path), -1)
                before = [mine.stem for number, mine in self.run.of(policy).checkpoints() if number <= last]
                return before[-1] if before else checkpoint
        return checkpoint

    def random_pilot(self, team: int, seed: int) -> Pilot:
        """Presses any of a team's keys, or none."""
        own = config_of_policy(self.config, policy_of_team(self.config, team))
        return Pilot(
            RandomAgent(len(own.metadata.actions) + 1, seed),
            TeamEncoder(own, Vocabulary(own.metadata.character_set), self.characters, self.n_features),
        )
