"""From the facts and arrays of a checkpoint to an agent that plays; nothing in the file is taken on trust."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from retro_gamer.agents.agent import Agent, under_prefix
from retro_gamer.agents.feature_scale import FeatureScale
from retro_gamer.agents.make import make_agent
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import ALGORITHMS
from retro_gamer.config.teams import MAX_TEAMS
from retro_gamer.environment.characters import MAX_BOARD_SIDE
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import CheckpointError
from retro_gamer.nn.network import Convolution, parameter_shapes
from retro_gamer.runs.directory import Checkpoint, RunDirectory, load_checkpoint

_TYPES: Dict[str, Any] = {
    "algorithm": str,
    "gym": str,
    "actions": list,
    "reward": str,
    "player": str,
    "board_size": list,
    "observation_function": str,
    "spatial": bool,
    "board": bool,
    "egocentric_radius": int,
    "radar": bool,
    "observe_state": list,
    "hidden_sizes": list,
    "dueling": bool,
    "characters": list,
    "n_cells": int,
    "n_symbols": int,
    "n_features": int,
    "board_shape": list,
}


def read_policy(run: RunDirectory, name: Optional[str] = None) -> Tuple[Path, Checkpoint]:
    """Find, load and check a checkpoint by name ("ep_0500", "best"; None for the newest).

    Raises RunNotFoundError when it is not there and CheckpointError when it cannot be used.
    """
    path = run.find_checkpoint(name)
    try:
        checkpoint = load_checkpoint(path)
    except FileNotFoundError:  # a training under way put a newer one in its place just now
        path = run.find_checkpoint(name)
        checkpoint = load_checkpoint(path)
    check_facts(checkpoint.facts, path)
    for name in ("episode", "turns"):
        if not is_count(checkpoint.facts.get(name)):
            raise CheckpointError(
                f"{path} does not say what its {name} is; it is damaged, or from another program."
            )
    return path, checkpoint


def read_team_policy(run: RunDirectory, policy: str, name: Optional[str] = None) -> Tuple[Path, Checkpoint]:
    """The same as `read_policy` for one of the policies of a self-play run."""
    path, checkpoint = read_policy(run.of(policy), name)
    check_team_facts(checkpoint.facts, path)
    return path, checkpoint


def check_facts(facts: Any, path: Path) -> None:
    """Raise CheckpointError unless the facts have the right types and sane sizes, and agree with each other."""
    for name, kind in _TYPES.items():
        if not isinstance(facts, dict) or type(facts.get(name)) is not kind:
            raise CheckpointError(
                f"{path} does not say what its {name} is; it is damaged, or from another program."
            )

    def require(condition: bool, what: str) -> None:
        if not condition:
            raise CheckpointError(f"{path} cannot be used: its {what}.")

    def sizes(name: str, low: int, high: int) -> bool:
        return all(type(number) is int and low <= number <= high for number in facts[name])

    actions = facts["actions"]
    require(facts["algorithm"] in ALGORITHMS, "algorithm is unknown")
    require(
        0 < len(actions) <= 1024 and all(action is None or isinstance(action, str) for action in actions),
        "actions are not keys",
    )
    require(
        sizes("board_size", 1, MAX_BOARD_SIDE) and len(facts["board_size"]) in (0, 2),
        "board_size is not a size",
    )
    require(
        sizes("board_shape", 0, MAX_BOARD_SIDE) and len(facts["board_shape"]) == 2,
        "board_shape is not a size",
    )
    require(
        sizes("hidden_sizes", 1, 65536) and 0 < len(facts["hidden_sizes"]) <= 32, "hidden_sizes are not sizes"
    )
    require(
        "convolutions" not in facts or _are_convolutions(facts["convolutions"]),
        "convolutions are not convolutions",
    )
    require(
        all(isinstance(character, str) and len(character) <= 8 for character in facts["characters"])
        and len(facts["characters"]) <= 254,
        "characters are not characters",
    )
    require(
        all(isinstance(key, str) for key in facts["observe_state"]), "observe_state is not a list of names"
    )
    require(0 <= facts["egocentric_radius"] <= 64, "egocentric_radius is out of range")
    require(
        0 <= facts["n_cells"] <= MAX_BOARD_SIDE**2
        and 1 <= facts["n_symbols"] <= 256
        and 0 <= facts["n_features"] <= 10**6,
        "sizes are out of range",
    )
    require(
        not facts["board"]
        or bool(facts["observation_function"] or facts["gym"])
        or len(facts["board_size"]) == 2,
        "board_size is missing",
    )
    require(
        len(facts["characters"]) + 2 <= max(2, facts["n_symbols"]) or facts["n_cells"] == 0,
        "characters are more than its network has room for",
    )
    if not (facts["observation_function"] or facts["gym"]):
        side = 2 * facts["egocentric_radius"] + 1
        picture = (
            facts["board_size"][::-1]
            if facts["board"]
            else [side, side]
            if facts["egocentric_radius"]
            else [0, 0]
        )
        readings = 2 * (facts["n_symbols"] - 2) if facts["radar"] else 0
        require(
            list(facts["board_shape"]) == picture and facts["n_cells"] == picture[0] * picture[1] + readings,
            "sizes do not fit together",
        )


def apply_facts(config: RunConfig, facts: Dict[str, Any]) -> None:
    """Let a configuration see the game as the policy did that the facts are of."""
    config.training.algorithm = facts["algorithm"]
    for name in ("board", "egocentric_radius", "radar", "observe_state"):
        setattr(config.preprocessing, name, facts[name])
    if facts["board_size"]:
        config.metadata.board_size = facts["board_size"]
    config.metadata.player = facts["player"]


def check_team_facts(facts: Dict[str, Any], path: Path) -> None:
    """Raise CheckpointError unless these, too, are there: what only a policy of a self-play run has."""
    own, rating, steps = facts.get("own_characters"), facts.get("rating"), facts.get("learner_steps")
    if not (
        isinstance(own, list)
        and 2 <= len(own) <= MAX_TEAMS
        and all(
            isinstance(characters, list)
            and all(isinstance(character, str) and len(character) <= 1 for character in characters)
            for characters in own
        )
        and is_rating(rating)
        and is_count(steps)
    ):
        raise CheckpointError(f"{path} cannot be used here: it was not made by self-play, or it is damaged.")


def vocabulary_of(facts: Dict[str, Any]) -> Vocabulary:
    """The characters that a policy knows, with as much room as its network has."""
    vocabulary = Vocabulary(facts["characters"])
    vocabulary.n_symbols = facts["n_symbols"]
    return vocabulary


def check_keys(facts: Dict[str, Any], keys: Sequence[str], path: Path, config_path: Path) -> None:
    """Raise CheckpointError when a policy was trained with other keys than config.toml names now."""
    if facts["actions"] != [*keys, None]:
        raise CheckpointError(
            f"{path} was trained with the keys {facts['actions'][:-1]}, but {config_path} names "
            f"{list(keys)}. Put the old keys back, or train again."
        )


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e300


def is_rating(value: Any) -> bool:
    return is_number(value) and abs(value) < 1e6


def _are_convolutions(found: Any) -> bool:
    return (
        isinstance(found, list)
        and 0 < len(found) <= 8
        and all(
            isinstance(sizes, list)
            and len(sizes) == 3
            and all(type(size) is int for size in sizes)
            and 1 <= sizes[0] <= 1024
            and 1 <= sizes[1] <= 16
            and 1 <= sizes[2] <= 16
            for sizes in found
        )
    )


def convolutions_of(facts: Dict[str, Any]) -> Optional[List[Convolution]]:
    """The convolutions of a policy; None for the usual ones, which its facts do not name."""
    return [Convolution(*sizes) for sizes in facts["convolutions"]] if "convolutions" in facts else None


def build_agent(checkpoint: Checkpoint, path: Path) -> Agent:
    """The agent that a checkpoint describes; raises CheckpointError when the arrays do not fit."""
    facts, arrays = checkpoint
    config = RunConfig()
    config.training.algorithm = facts["algorithm"]
    config.training.batch_size = 1
    config.model.hidden_sizes, config.model.dueling = facts["hidden_sizes"], facts["dueling"]
    config.preprocessing.spatial = facts["spatial"]
    shape = ObservationShape(
        facts["n_cells"], facts["n_symbols"], facts["n_features"], _pair(facts["board_shape"])
    )
    if facts["algorithm"] == "dqn":
        _check_network(facts, arrays, shape, path)
    try:
        agent = make_agent(
            config,
            shape,
            len(facts["actions"]),
            np.random.default_rng(0),
            memory_capacity=1,
            convolutions=convolutions_of(facts),
        )
        agent.set_policy(arrays)
    except (
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        SyntaxError,
        RecursionError,
        MemoryError,
        OverflowError,
    ) as error:
        raise CheckpointError(
            f"{path} cannot be used: its table is damaged ({type(error).__name__}: {str(error)[:200]})."
        ) from None
    return agent


def _check_network(
    facts: Dict[str, Any], arrays: Dict[str, np.ndarray], shape: ObservationShape, path: Path
) -> None:
    expected = parameter_shapes(
        n_cells=shape.n_cells,
        n_symbols=shape.n_symbols,
        n_features=shape.n_features,
        hidden_sizes=facts["hidden_sizes"],
        n_actions=len(facts["actions"]),
        board_shape=shape.board_shape,
        spatial=facts["spatial"] and shape.board_shape != (0, 0),
        dueling=facts["dueling"],
        convolutions=convolutions_of(facts),
    )
    found = under_prefix("network", arrays)
    for name, size in expected.items():
        array = found.get(name)
        if array is None or array.shape != size or array.dtype != np.float32:
            what = "is missing" if array is None else f"has shape {array.shape} and type {array.dtype}"
            raise CheckpointError(
                f"{path} cannot be used: {name} {what}, but shape {size} and type float32 are needed."
            )
        if not np.isfinite(array).all():
            raise CheckpointError(
                f"{path} cannot be used: {name} contains numbers that are infinite or not numbers at all. "
                "The training diverged, or the file is damaged. Use an earlier checkpoint."
            )
    try:
        FeatureScale(shape.n_features).set_policy(arrays)
    except ValueError as error:
        raise CheckpointError(f"{path} cannot be used: {error}. The file is damaged.") from None
    scale = arrays.get("scale")
    if scale is None or scale.shape != () or not 0 < float(scale) < 1e30:
        raise CheckpointError(
            f"{path} cannot be used: its reward scale is missing or is not a positive number."
        )


def _pair(values: Any) -> Tuple[int, int]:
    return values[0], values[1]
