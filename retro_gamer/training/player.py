"""A saved policy, ready to play the game of its own run: for watching and for evaluation."""
from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional

from retro_gamer.agents import Agent
from retro_gamer.config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import CheckpointError
from retro_gamer.policy_file import build_agent, check_facts
from retro_gamer.rundir import RunDirectory, load_checkpoint
from retro_gamer.training.setup import make_environment


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
    path = run.find_checkpoint(checkpoint)
    loaded = load_checkpoint(path)
    check_facts(loaded.facts, path)
    facts = loaded.facts
    agent = build_agent(loaded, path)
    config.training.algorithm = facts["algorithm"]
    for name in ("board", "egocentric_radius", "radar", "observe_state"):
        setattr(config.preprocessing, name, facts[name])
    if facts["board_size"]:
        config.metadata.board_size = facts["board_size"]
    vocabulary = Vocabulary(facts["characters"])
    vocabulary.n_symbols = facts["n_symbols"]
    environment = make_environment(config, vocabulary)
    if len(environment.actions) != len(facts["actions"]):
        raise CheckpointError(f"{path} was trained with {len(facts['actions'])} actions, but the run now has "
                              f"{len(environment.actions)}. Put the old actions back in {run.config_path}.")
    return Player(environment, agent, facts, path.stem, config)
