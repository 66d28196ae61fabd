"""What a training remembers, to go on as if it had never been interrupted."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from retro_gamer.runs.checkpoint_file import Check, is_count, is_dict, is_list_of, is_none_or, is_number
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.loop import Episode


def remembered(is_right: Check, start: Any, optional: bool = False) -> Any:
    """A field that resume.npz holds.

    Arguments:
        is_right: whether a value that was read makes sense.
        start: its value when a training begins; a function that makes it, for what is changed in place.
        optional: left out of the file where it is as at the start, and in files of older versions.
    """
    metadata = {"is_right": is_right, "optional": optional}
    if callable(start):
        return field(default_factory=start, metadata=metadata)
    return field(default=start, metadata=metadata)


def _is_episode(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and is_number(value[0])
        and is_count(value[1])
        and all(number is None or type(number) in (int, float) for number in value[2:])
    )


def _is_line(value: Any) -> bool:
    kinds = {"metrics": dict, "log": str}
    return (
        isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is kinds.get(value[0])
    )


@dataclass
class Progress:
    """How far a training has come. Every field is saved and checked, and nothing else is: all are plain values."""

    episode: int = remembered(is_count, 0)  # games played
    turns: int = remembered(is_count, 0)
    seconds: float = remembered(lambda value: is_number(value) and value >= 0, 0.0)
    since_checkpoint: list[Episode] = remembered(is_list_of(_is_episode), list)  # that no checkpoint tells of
    # Checkpoints that a stop in between made, to be replaced by the next.
    loose_checkpoints: list[int] = remembered(is_list_of(is_count), list)
    random: dict[str, Any] = remembered(is_dict, dict)  # the generators, when it was saved
    # Lines of metrics.csv and training.log that could not be written yet.
    unwritten: list[list[Any]] = remembered(is_list_of(_is_line), list, optional=True)

    def to_facts(self) -> dict[str, Any]:
        values = {one.name: (one, getattr(self, one.name)) for one in fields(self)}
        return {name: value for name, (one, value) in values.items() if value or not one.metadata["optional"]}

    @classmethod
    def check(cls, facts: dict[str, Any], run: RunDirectory) -> None:
        """Raise CheckpointError unless these are facts that `to_facts` could have made."""
        for one in fields(cls):
            there = one.name in facts
            if not one.metadata["is_right"](facts[one.name]) if there else not one.metadata["optional"]:
                raise run.cannot_resume(f"{run.resume_path} cannot be used: what it says of its {one.name} makes no sense.")

    def take_over(self, facts: dict[str, Any]) -> None:
        """Go on from saved facts, which have been checked."""
        for one in fields(self):
            if one.name in facts:
                setattr(self, one.name, facts[one.name])
        self.since_checkpoint = [Episode(*episode) for episode in self.since_checkpoint]


@dataclass
class EvaluatedProgress(Progress):
    best_return: float | None = remembered(is_none_or(is_number), None)
    next_evaluation: int = remembered(is_count, 0)  # the turn from which on one is due
    evaluated_return: float | None = remembered(is_none_or(is_number), None)  # since the last checkpoint
    # Of the last game, for a row of the metrics yet to be written.
    learning_rate: float = remembered(is_number, 0.0)
