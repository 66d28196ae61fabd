"""A saved policy, ready to play the game of its own run: for watching and for evaluation."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from retro_gamer.agents.agent import Actor
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.environment.make import make_environment
from retro_gamer.errors import CheckpointError, ConfigError, command_line
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_file import build_policy, check_function, read_policy


class Player(NamedTuple):
    """An environment, an agent that plays it, and what its checkpoint says of itself."""

    environment: Environment
    agent: Actor
    facts: dict[str, Any]
    name: str  # of the checkpoint
    config: RunConfig


def load_player(run: RunDirectory, checkpoint: str | None = None) -> Player:
    """The policy of a checkpoint (default: the newest) beside the game of its run."""
    config = run.load_config()
    if config.teams:
        raise ConfigError(
            f"{run} is a self-play run of {len(config.teams)} teams. Compare its policies with:\n"
            f"  {command_line('tournament', run)}"
        )
    path, loaded = read_policy(run, checkpoint)
    known = loaded.description
    agent = build_policy(loaded, path)
    check_function(known, config, path, run)
    config = known.settings(config)
    environment = make_environment(config, known.vocabulary(), n_features=known.n_features)
    if tuple(environment.actions) != known.actions:
        raise CheckpointError(
            f"{path} was trained with the keys {keys_of(known.actions)}, but now they are "
            f"{keys_of(environment.actions)}. Put the old ones back in {run.config_path}, or train again."
        )
    if not known.tabular and environment.shape.n_features != known.n_features:
        raise CheckpointError(
            f"{path} was trained with observations of {known.n_features} numbers, but now they have "
            f"{environment.shape.n_features}. Put the old environment back, or train again."
        )
    return Player(environment, agent, loaded.facts, path.stem, config)


def keys_of(actions: Sequence[str | None]) -> str:
    return ", ".join(str(action) for action in actions if action is not None)
