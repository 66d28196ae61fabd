"""Is a resume state whole? Asked before anything is done with it, so that a bad one costs nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import policy_names
from retro_gamer.errors import RetroGamerError
from retro_gamer.runs.directory import Checkpoint, RunDirectory
from retro_gamer.runs.plain_values import is_count, is_number, is_rating
from retro_gamer.runs.policy_description import Change, PolicyDescription, check_same


def check_resume(resume: Checkpoint, run: RunDirectory) -> PolicyDescription:
    """What the policy depends on; raises CheckpointError unless the facts are of the right kinds and all numbers are
    ordinary ones."""
    _check_kinds(resume.facts, _FACTS, run)
    description = PolicyDescription.from_json(resume.facts["policy"], run.resume_path)
    _check_finite(resume, run)
    return description


def check_self_play_resume(
    resume: Checkpoint, run: RunDirectory, config: RunConfig
) -> Dict[str, PolicyDescription]:
    """The same for self-play, policy by policy; raises ConfigError when config.toml has other teams than there were."""
    _check_kinds(resume.facts, _SELF_PLAY_FACTS, run)
    policies = resume.facts["policies"]
    for policy in policies:
        _check_kinds(policy, _POLICY_FACTS, run)
    descriptions = {
        policy["name"]: PolicyDescription.from_json(policy["policy"], run.resume_path) for policy in policies
    }
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
        if sorted([learning, *waiting]) != list(range(len(config.teams))) or sorted(ghosts) != sorted(
            waiting
        ):
            raise ValueError("some team neither learns nor waits, or does both")
    return descriptions


def check_whose_checkpoints(run: RunDirectory, names: List[str]) -> None:
    """Raise ConfigError when all checkpoints of a self-play run are those of other policies than these."""
    there = run.policies_trained()
    if there and not set(there) & set(names):
        check_same([Change("policies", there, names)], run)


def _check_kinds(facts: Dict[str, Any], kinds: Dict[str, Callable[[Any], bool]], run: RunDirectory) -> None:
    for name, is_right in kinds.items():
        if name not in facts or not is_right(facts[name]):
            raise run.cannot_resume(
                f"{run.resume_path} cannot be used: what it says of its {name} makes no sense."
            )


def _check_finite(resume: Checkpoint, run: RunDirectory) -> None:
    """Raise CheckpointError unless all numbers in the arrays are ordinary ones."""
    for name, array in resume.arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise run.cannot_resume(
                f"{run.resume_path} cannot be used: {name} contains numbers that are infinite or not numbers at all. The "
                "training diverged, or the file is damaged."
            )
        if name.startswith("evaluation_") and (
            array.ndim != 1 or not len(array) or array.dtype.kind not in "if"
        ):
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
            f"{run.resume_path} cannot be used: its parts do not fit together ({type(error).__name__}: "
            f"{str(error)[:200]})."
        ) from error


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _is_episode(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and is_number(value[0])
        and is_count(value[1])
        and all(number is None or type(number) in (int, float) for number in value[2:])
    )


def _is_clock(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"steps", "last_swap"}
        and all(map(is_count, value.values()))
    )


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _list_of(check: Callable[[Any], bool], length: Optional[int] = None) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list) and len(value) == (length or len(value)) and all(map(check, value))
    )


def _is_snapshot(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and is_rating(value[1])


_COMMON_FACTS: Dict[str, Callable[[Any], bool]] = {
    "episode": is_count,
    "turns": is_count,
    "seconds": lambda value: is_number(value) and value >= 0,
    "since_checkpoint": _list_of(_is_episode),
    "loose_checkpoints": _list_of(is_count),
    "random": _is_dict,
}
_FACTS = {
    **_COMMON_FACTS,
    "policy": _is_dict,
    "best_return": _or_none(is_number),
    "next_evaluation": is_count,
    "evaluated_return": _or_none(is_number),
    "learning_rate": is_number,
}
_SELF_PLAY_FACTS = {
    **_COMMON_FACTS,
    "characters": _list_of(lambda value: isinstance(value, str)),
    "policies": _list_of(_is_dict),
    "controller": _is_dict,
    "team_changed_at": is_count,
    "clocks": _list_of(_is_clock),
    "opponents": _list_of(_list_of(lambda value: value is None or is_count(value) or _is_snapshot(value), 2)),
    "results": _list_of(is_count, 3),
    "tallies": _list_of(_list_of(is_count, 3)),
    "balance": _list_of(is_number, 2),
}
_POLICY_FACTS = {
    "policy": _is_dict,
    "name": lambda value: isinstance(value, str),
    "rating": is_rating,
    "learner_steps": is_count,
    "saved_at": is_count,
    "window": lambda value: _list_of(_is_snapshot)(value) and len(value) <= 10_000,
}
