"""How well the teams of a self-play run play: what `train` says in the end, and `evaluate`."""

from __future__ import annotations

from typing import List, Sequence

from retro_gamer.selfplay.elo import result_between
from retro_gamer.selfplay.match import Pilot, play_match
from retro_gamer.selfplay.pilots import Table
from retro_gamer.training.evaluation import undisturbed_randomness


def play_series(table: Table, pilots: Sequence[Pilot], games: int, seed: int) -> List[List[float]]:
    """The outcomes [games][n_teams] of greedy games with seeds seed, seed + 1, ..."""
    with undisturbed_randomness():
        return [play_match(table.environment, pilots, seed=seed + i).outcomes for i in range(games)]


def count_results(outcomes: Sequence[Sequence[float]], team: int) -> List[int]:
    """[won, drawn, lost] by a team, each game against the best of the others."""
    counts = [0, 0, 0]
    for outcome in outcomes:
        best = max(other for number, other in enumerate(outcome) if number != team)
        counts[int(2 - 2 * result_between(outcome[team], best))] += 1
    return counts
