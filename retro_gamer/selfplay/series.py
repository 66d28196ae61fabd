"""Several games between the same policies, and who won them."""

from __future__ import annotations

from typing import List, Sequence

from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.selfplay.elo import result_between
from retro_gamer.selfplay.match import play_match
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.team_policy import TeamPolicy


def play_series(run: SelfPlayRun, policies: Sequence[TeamPolicy], games: int, seed: int) -> List[List[float]]:
    """The outcomes [games][n_teams] of greedy games with seeds seed, seed + 1, ..., by a policy for each team [n_teams].

    See `outcomes_of`. The process's own randomness stays as it is. Raises RetroGamerErrors for what the game does wrong.
    """
    with OwnRandomness():
        return [play_match(run.environment, policies, seed=seed + i).outcomes for i in range(games)]


def count_results(outcomes: Sequence[Sequence[float]], team: int) -> List[int]:
    """[won, drawn, lost] by a team in these games [games][n_teams], each against the best of the others."""
    counts = [0, 0, 0]
    for outcome in outcomes:
        best = max(other for number, other in enumerate(outcome) if number != team)
        counts[int(2 - 2 * result_between(outcome[team], best))] += 1
    return counts
