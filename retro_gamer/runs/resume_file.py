"""Is a resume state whole? Asked before anything is done with it, so that a bad one costs nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import policy_names
from retro_gamer.errors import RetroGamerError
from retro_gamer.runs.checkpoint_file import Checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import Change, PolicyDescription, check_same


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
    except (
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        OverflowError,
        SyntaxError,
        RecursionError,
        MemoryError,
    ) as error:
        raise run.cannot_resume(
            f"{run.resume_path} cannot be used: its parts do not fit together ({type(error).__name__}: {str(error)[:200]})."
        ) from error
