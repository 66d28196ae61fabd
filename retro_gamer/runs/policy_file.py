"""From a checkpoint to a policy that plays, and from resume.npz to a training; nothing in the files is taken on trust."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Sequence

import numpy as np

from retro_gamer.agents import TABULAR
from retro_gamer.agents.agent import under_prefix
from retro_gamer.agents.greedy import GreedyNetwork, GreedyPolicy, GreedyTable
from retro_gamer.agents.scales import FeatureScale
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import policy_names
from retro_gamer.errors import CheckpointError, RetroGamerError
from retro_gamer.nn import QNetwork
from retro_gamer.nn.network import parameter_shapes
from retro_gamer.runs.checkpoint_file import Checkpoint, is_count, is_number, is_rating, load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import Change, PolicyDescription, check_same

DAMAGED = (KeyError, ValueError, TypeError, IndexError, RecursionError, MemoryError, OverflowError)


class SavedPolicy(NamedTuple):
    description: PolicyDescription
    # All of them; beside the description: episode, turns, evaluation, and of teams rating, ...
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]


def read_policy(run: RunDirectory, name: str | None = None) -> tuple[Path, SavedPolicy]:
    """Find, load and check a checkpoint by name ("ep_0500", "best"; None for the newest).

    Raises RunNotFoundError when it is not there and CheckpointError when it cannot be used.
    """
    path = run.find_checkpoint(name)
    try:
        facts, arrays = load_checkpoint(path)
    except FileNotFoundError:  # a training under way put a newer one in its place just now
        path = run.find_checkpoint(name)
        facts, arrays = load_checkpoint(path)
    description = PolicyDescription.from_json(facts, path)
    for fact in ("episode", "turns"):
        if not is_count(facts.get(fact)):
            raise CheckpointError(f"{path} does not say what its {fact} is; it is damaged, or from another program.")
    if not (facts.get("evaluation") is None or is_number(facts["evaluation"])):
        raise CheckpointError(f"{path} cannot be used: its evaluation is not a number.")
    return path, SavedPolicy(description, facts, arrays)


def read_team_policy(run: RunDirectory, policy: str, name: str | None = None) -> tuple[Path, SavedPolicy]:
    """The same as `read_policy` for one of the policies of a self-play run."""
    path, saved = read_policy(run.of(policy), name)
    check_of_team(saved, path)
    return path, saved


def check_of_team(policy: SavedPolicy, path: Path) -> None:
    """Raise CheckpointError unless a policy was made by self-play."""
    facts = policy.facts
    if (
        policy.description.own_characters is None
        or not is_rating(facts.get("rating"))
        or not is_count(facts.get("learner_steps"))
    ):
        raise CheckpointError(f"{path} cannot be used here: it was not made by self-play, or it is damaged.")


def check_keys(description: PolicyDescription, keys: Sequence[str], path: Path, config_path: Path) -> None:
    """Raise CheckpointError when a policy was trained with other keys than config.toml names now."""
    trained_with = tuple(action for action in description.actions if action is not None)
    if trained_with != tuple(keys):
        raise CheckpointError(
            f"{path} was trained with the keys {list(trained_with)}, but {config_path} names "
            f"{list(keys)}. Put the old keys back, or train again."
        )


def check_function(description: PolicyDescription, config: RunConfig, path: Path, run: RunDirectory) -> None:
    """Raise CheckpointError when config.toml names another observation function than a policy was trained with."""
    before, now = description.observation_function, config.metadata.observation_function
    if before != now:
        raise CheckpointError(
            f"{path} was trained with observation_function = {before!r}, but {run.config_path} names {now!r}. Put the old "
            "one back, or train again."
        )


def build_policy(saved: SavedPolicy, path: Path) -> GreedyPolicy:
    """The policy that a checkpoint holds, ready to play; raises CheckpointError when the arrays do not fit."""
    description, arrays = saved.description, saved.arrays
    try:
        if not description.tabular:
            _check_network(description, arrays, path)
        if not description.makes_sense:
            raise CheckpointError(f"{path} cannot be used: what it says of its observations does not fit together.")
        if description.tabular:
            n_tables = TABULAR[description.algorithm].n_tables
            return GreedyTable.from_policy(arrays, n_tables, len(description.actions))
        network = QNetwork(rng=np.random.default_rng(0), **description.network_sizes)
        penalty, turn_based = description.repeat_penalty or 0.0, bool(description.turn_based)
        return GreedyNetwork.from_policy(network, arrays, penalty, turn_based)
    except CheckpointError:
        raise
    except DAMAGED as error:
        what = "table" if description.tabular else "network"
        raise CheckpointError(
            f"{path} cannot be used: its {what} is damaged ({type(error).__name__}: {str(error)[:200]})."
        ) from None


def _check_network(description: PolicyDescription, arrays: dict[str, np.ndarray], path: Path) -> None:
    """Raise CheckpointError unless there are all arrays of the network: before any of its size is made."""
    found = under_prefix("network", arrays)
    for name, size in parameter_shapes(**description.network_sizes).items():
        array = found.get(name)
        if array is None or array.shape != size or array.dtype != np.float32:
            what = "is missing" if array is None else f"has shape {array.shape} and type {array.dtype}"
            raise CheckpointError(f"{path} cannot be used: {name} {what}, but shape {size} and type float32 are needed.")
        if not np.isfinite(array).all():
            raise CheckpointError(
                f"{path} cannot be used: {name} contains numbers that are infinite or not numbers at all. "
                "The training diverged, or the file is damaged. Use an earlier checkpoint."
            )
    try:
        FeatureScale(description.n_features).set_policy(arrays)
    except ValueError as error:
        raise CheckpointError(f"{path} cannot be used: {error}. The file is damaged.") from None
    scale = arrays.get("scale")
    if scale is None or scale.shape != () or not 0 < float(scale) < 1e30:
        raise CheckpointError(f"{path} cannot be used: its reward scale is missing or is not a positive number.")


# The state to resume from: asked before anything is done with it, so that a bad one costs nothing.


def check_resume(resume: Checkpoint, run: RunDirectory) -> PolicyDescription:
    """What the policy depends on; raises CheckpointError unless that makes sense and all numbers are ordinary ones."""
    description = PolicyDescription.from_json(resume.facts.get("policy"), run.resume_path)
    _check_finite(resume, run)
    return description


def check_self_play_resume(resume: Checkpoint, run: RunDirectory, config: RunConfig) -> dict[str, PolicyDescription]:
    """The same for self-play, policy by policy, whose facts have been checked one by one.

    Raises ConfigError when config.toml has other teams than there were.
    """
    policies = resume.facts["policies"]
    descriptions = {policy["name"]: PolicyDescription.from_json(policy["policy"], run.resume_path) for policy in policies}
    _check_finite(resume, run)
    changes = [
        Change("policies", [policy["name"] for policy in policies], policy_names(config)),
        Change("teams", len(resume.facts["clocks"]), len(config.teams)),
    ]
    check_same([change for change in changes if change.before != change.now], run)
    with reading(run):
        if len(resume.facts["tallies"]) != len(config.teams):
            raise ValueError("the results are not those of the teams")
        learning, waiting = resume.facts["controller"]["learning_team"], resume.facts["controller"]["queue"]
        ghosts = [team for team, _ in resume.facts["opponents"]]
        if sorted([learning, *waiting]) != list(range(len(config.teams))) or sorted(ghosts) != sorted(waiting):
            raise ValueError("some team neither learns nor waits, or does both")
    return descriptions


def check_whose_checkpoints(run: RunDirectory, names: list[str]) -> None:
    """Raise ConfigError when all checkpoints of a self-play run are those of other policies than these."""
    there = run.policies_trained()
    if there and not set(there) & set(names):
        check_same([Change("policies", there, names)], run)


def _check_finite(resume: Checkpoint, run: RunDirectory) -> None:
    """Raise CheckpointError unless all numbers in the arrays are ordinary ones."""
    for name, array in resume.arrays.items():
        if array.size and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise run.cannot_resume(
                f"{run.resume_path} cannot be used: {name} contains numbers that are infinite or not numbers at all. The "
                "training diverged, or the file is damaged."
            )
        if name.startswith("evaluation_") and (array.ndim != 1 or not len(array) or array.dtype.kind not in "if"):
            raise run.cannot_resume(f"{run.resume_path} cannot be used: {name} is not a list of numbers.")


@contextmanager
def reading(run: RunDirectory) -> Iterator[None]:
    """Whatever goes wrong inside, with facts and arrays that do not fit each other, is a CheckpointError."""
    try:
        yield
    except RetroGamerError:
        raise
    except (*DAMAGED, AttributeError, SyntaxError) as error:
        raise run.cannot_resume(
            f"{run.resume_path} cannot be used: its parts do not fit together ({type(error).__name__}: {str(error)[:200]})."
        ) from error
