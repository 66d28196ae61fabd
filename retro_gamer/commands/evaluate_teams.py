"""`retro-gamer evaluate` for the teams of a self-play run."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Sequence

from retro_gamer.hosting.randomness import seed_everything
from retro_gamer.reporting.counting import Counting
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.match import count_results, play_series
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.team_policy import TeamPolicy


class TeamGames(NamedTuple):
    """How the games of the teams ended. Of counts, each is [won, drawn, lost]."""

    outcomes: list[list[float]]  # [games][n_teams]: of those between all the policies
    against_trained: list[list[int]]  # [n_teams]: the same, counted
    against_random: list[list[int]]  # [n_teams]: against teams that press keys at random


def play_teams(played: SelfPlayRun, trained: Sequence[TeamPolicy], games: int, seed: int, quiet: bool = False) -> TeamGames:
    """Greedy games of each team: against the other teams' policies, and against teams that press keys at random."""
    teams = range(len(played.team_names))
    seed_everything(seed)
    against_random = []
    with Counting("measuring game", (1 + len(teams)) * games, quiet=quiet) as count:
        together = play_series(played, trained, games, seed, count, count.turn)
        for team in teams:
            count.next_part()
            policies = [trained[team] if other == team else played.random_policy(other, seed + other) for other in teams]
            alone = play_series(played, policies, games, seed, count, count.turn)
            against_random.append(count_results(alone, team))
    return TeamGames(together, [count_results(together, team) for team in teams], against_random)


def evaluate_teams(
    run: RunDirectory, checkpoint: str | None, games: int, seed: int, as_json: bool, quiet: bool = False
) -> str:
    """Those games as a table for a terminal, or as one JSON object."""
    played = SelfPlayRun(run)
    trained = [played.policy(team, checkpoint) for team in range(len(played.team_names))]
    result = play_teams(played, trained, games, seed, quiet)
    rows: list[dict[str, Any]] = [
        {"team": name, "against_trained": together, "against_random": alone}
        for name, together, alone in zip(played.team_names, result.against_trained, result.against_random)
    ]
    if as_json:
        return json.dumps({"games": games, "teams": rows})
    lines = [
        f"{games} greedy games each (won / drawn / lost):",
        f"{'':16}{'against the others':>24}{'against random play':>24}",
    ]
    for row in rows:
        shown = [results_shown(row[name]) for name in ("against_trained", "against_random")]
        lines.append(f"{row['team']:16}{shown[0]:>24}{shown[1]:>24}")
    return "\n".join(lines)


def results_shown(results: Sequence[int]) -> str:
    return " / ".join(map(str, results))
