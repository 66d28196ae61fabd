"""What self-play remembers, besides what every training does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retro_gamer.runs.checkpoint_file import is_count, is_dict, is_list_of, is_none_or, is_number, is_rating, is_text
from retro_gamer.training.resumable import Progress, remembered


def _is_snapshot(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and is_text(value[0]) and is_rating(value[1])


def _is_window(value: Any) -> bool:
    return is_list_of(_is_snapshot)(value) and len(value) <= 10_000


def _is_clock(value: Any) -> bool:
    return is_dict(value) and set(value) == {"steps", "last_swap"} and all(map(is_count, value.values()))


def _is_followed(value: Any) -> bool:
    """A ghost team, and the snapshot that it follows; None for the newest policy."""
    return isinstance(value, list) and len(value) == 2 and is_count(value[0]) and is_none_or(_is_snapshot)(value[1])


_OF_A_POLICY = {
    "policy": is_dict,
    "name": is_text,
    "rating": is_rating,
    "learner_steps": is_count,
    "saved_at": is_count,
    "window": _is_window,
}


def _is_policy(value: Any) -> bool:
    return is_dict(value) and all(name in value and is_right(value[name]) for name, is_right in _OF_A_POLICY.items())


@dataclass
class SelfPlayProgress(Progress):
    """How far self-play has come."""

    characters: list[str] = remembered(is_list_of(is_text), list)
    policies: list[dict[str, Any]] = remembered(is_list_of(_is_policy), list)
    controller: dict[str, Any] = remembered(is_dict, dict)
    # Learner steps of who learns, when its turn to learn began.
    team_changed_at: int = remembered(is_count, 0)
    clocks: list[dict[str, int]] = remembered(is_list_of(_is_clock), list)  # [n_teams]
    opponents: list[Any] = remembered(is_list_of(_is_followed), list)
    # Won, drawn, lost by the learning team against snapshots, since the last checkpoint; and of each team [n_teams], ever.
    results: list[int] = remembered(is_list_of(is_count, 3), lambda: [0, 0, 0])
    tallies: list[list[int]] = remembered(is_list_of(is_list_of(is_count, 3)), list)
    # Of the first games: in how many the rewards did not add up to zero, and how many have been looked at.
    balance: list[float] = remembered(is_list_of(is_number, 2), lambda: [0.0, 0])
