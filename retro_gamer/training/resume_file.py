"""Is a resume state whole? Asked before anything is done with it, so that a bad one costs nothing."""
from __future__ import annotations

import math
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator

import numpy as np

from retro_gamer.errors import RetroGamerError
from retro_gamer.policy_file import check_facts
from retro_gamer.rundir import Checkpoint, RunDirectory


def check_resume(resume: Checkpoint, run: RunDirectory) -> None:
    """Raise CheckpointError unless the facts are of the right kinds and all numbers are ordinary ones."""
    facts, path = resume.facts, run.resume_path
    for name, is_right in _FACTS.items():
        if name not in facts or not is_right(facts[name]):
            raise run.cannot_resume(f"{path} cannot be used: what it says of its {name} makes no sense.")
    check_facts(facts["policy"], path)
    check_finite(resume, run)


def check_finite(resume: Checkpoint, run: RunDirectory) -> None:
    """Raise CheckpointError unless all numbers in the arrays are ordinary ones."""
    for name, array in resume.arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise run.cannot_resume(
                f"{run.resume_path} cannot be used: {name} contains numbers that are infinite or not numbers at all. The "
                "training diverged, or the file is damaged.")
        if name.startswith("evaluation_") and (array.ndim != 1 or not len(array) or array.dtype.kind not in "if"):
            raise run.cannot_resume(f"{run.resume_path} cannot be used: {name} is not a list of numbers.")


@contextmanager
def reading(run: RunDirectory) -> Iterator[None]:
    """Whatever goes wrong inside, with facts and arrays that do not fit each other, is a CheckpointError."""
    try:
        yield
    except RetroGamerError:
        raise
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, SyntaxError, RecursionError,
            MemoryError) as error:
        raise run.cannot_resume(f"{run.resume_path} cannot be used: its parts do not fit together ({type(error).__name__}: "
                                f"{str(error)[:200]}).") from error


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e300


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _is_episode(value: Any) -> bool:
    return (isinstance(value, list) and len(value) == 4 and _is_number(value[0]) and _is_count(value[1])
            and all(number is None or type(number) in (int, float) for number in value[2:]))


_FACTS: Dict[str, Callable[[Any], bool]] = {
    "policy": lambda value: isinstance(value, dict),
    "episode": _is_count, "turns": _is_count, "seconds": lambda value: _is_number(value) and value >= 0,
    "best_return": _or_none(_is_number), "next_evaluation": _is_count, "evaluated_return": _or_none(_is_number),
    "since_checkpoint": lambda value: isinstance(value, list) and all(map(_is_episode, value)),
    "loose_checkpoints": lambda value: isinstance(value, list) and all(map(_is_count, value)),
    "learning_rate": _is_number, "random": lambda value: isinstance(value, dict),
}
