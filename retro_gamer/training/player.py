"""A saved policy, ready to play the game of its own run: for watching and for evaluation."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Sequence

from retro_gamer.agents import Agent
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.environment.make import make_environment
from retro_gamer.errors import CheckpointError, ConfigError, command_line
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_file import apply_facts, build_agent, read_policy, vocabulary_of


class Player(NamedTuple):
    """An environment, an agent that plays it, and what its checkpoint says of itself."""

    environment: Environment
    agent: Agent
    facts: Dict[str, Any]
    name: str  # of the checkpoint
    config: RunConfig


def load_player(run: RunDirectory, checkpoint: Optional[str] = None) -> Player:
    """The policy of a checkpoint (default: the newest) beside the game of its run."""
    config = run.load_config()
    if config.teams:
        raise ConfigError(
            f"{run} is a self-play run of {len(config.teams)} teams. Compare its policies with:\n"
            f"  {command_line('tournament', run)}"
        )
    path, loaded = read_policy(run, checkpoint)
    facts = loaded.facts
    agent = build_agent(loaded, path)
    apply_facts(config, facts)
    if facts["observation_function"] != config.metadata.observation_function:
        raise CheckpointError(
            f"{path} was trained with observation_function = {facts['observation_function']!r}, but "
            f"{run.config_path} names {config.metadata.observation_function!r}. Put the old one back."
        )
    environment = make_environment(config, vocabulary_of(facts))
    if list(environment.actions) != facts["actions"]:
        raise CheckpointError(
            f"{path} was trained with the keys {keys_of(facts['actions'])}, but now they are "
            f"{keys_of(environment.actions)}. Put the old ones back in {run.config_path}, or train again."
        )
    return Player(environment, agent, facts, path.stem, config)


def keys_of(actions: Sequence[Optional[str]]) -> str:
    return ", ".join(str(action) for action in actions if action is not None)
