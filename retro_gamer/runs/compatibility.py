"""What a policy's weights depend on: written into every checkpoint, and compared when training goes on."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, command_line

# Facts that, when they change, make the weights meaningless; and why.
MEANINGLESS_AFTER: Dict[str, str] = {
    "algorithm": "a table and a network, and different kinds of tables, keep what they learned in different forms",
    "gym": "it is another environment",
    "actions": "each output of the network, and each column of a table, stands for one action",
    "reward": "the values were learned for the old reward and say nothing about the new one",
    "player": "what is seen is seen from this character",
    "board_size": "the network has an input for every cell",
    "observation_function": "it decides what the inputs mean",
    "spatial": "a convolutional network has other layers",
    "board": "it decides what the inputs are",
    "egocentric_radius": "it decides how many cells are seen",
    "radar": "it decides what the inputs are",
    "observe_state": "each of these values is an input",
    "hidden_sizes": "the layers have other sizes",
    "dueling": "the last layer has another form",
    "n_features": "the observation has another length",
    "own_characters": "it decides what the policy sees as its own",
    "policies": "each team was trained by its name, or all of them by one policy",
    "teams": "the others learned to play so many",
}


def describe_policy(config: RunConfig, environment: Any, vocabulary: Vocabulary) -> Dict[str, Any]:
    """All that is needed to rebuild a policy, besides its weights. `environment` has its actions and shape."""
    shape = environment.shape
    metadata, seen = config.metadata, config.preprocessing
    return {
        "algorithm": config.training.algorithm,
        "gym": config.game.gym,
        "actions": list(environment.actions),
        "reward": metadata.reward,
        "player": metadata.player,
        "board_size": _board_size(config, environment),
        "observation_function": metadata.observation_function,
        "spatial": seen.spatial,
        "board": seen.board,
        "egocentric_radius": seen.egocentric_radius,
        "radar": seen.radar,
        "observe_state": list(seen.observe_state),
        "hidden_sizes": list(config.model.hidden_sizes),
        "dueling": config.model.dueling,
        "characters": list(vocabulary.characters),
        "n_cells": shape.n_cells,
        "n_symbols": shape.n_symbols,
        "n_features": shape.n_features,
        "board_shape": list(shape.board_shape),
    }


def _board_size(config: RunConfig, environment: Any) -> List[int]:
    encoder = getattr(environment, "encoder", None)
    if encoder is None or not config.preprocessing.board:
        return list(config.metadata.board_size) if config.preprocessing.board else []
    return list(encoder.board_size)


def check_compatible(old: Dict[str, Any], new: Dict[str, Any], run: Any) -> None:
    """Raise ConfigError naming every change that makes the old weights useless."""
    changes: List[Tuple[str, Any, Any]] = [
        (name, old.get(name), new.get(name)) for name in MEANINGLESS_AFTER if old.get(name) != new.get(name)
    ]
    if not changes:
        return
    lines = [
        f"The training in {run} cannot go on: its config.toml or its game changed in a way that makes what was "
        "learned useless.",
        "",
    ]
    for name, before, now in changes:
        lines += [
            f"  {name}",
            f"    was: {before!r:.2000}",
            f"    now: {now!r:.2000}",
            f"    why: {MEANINGLESS_AFTER[name]}",
            "",
        ]
    lines += [
        "Put the old values back; or make a new run with",
        f"  {command_line('create', '--game', 'GAME', '--output', 'DIR')}",
        "or throw away what was learned with",
        f"  {command_line('clean', run)}",
    ]
    raise ConfigError("\n".join(lines))
