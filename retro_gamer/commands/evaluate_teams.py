"""`retro-gamer evaluate` for the teams of a self-play run."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from retro_gamer.environment.chance import seed_everything
from retro_gamer.reporting.counting import Counting
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import SelfPlayRun
from retro_gamer.selfplay.series import count_results, play_series


def evaluate_teams(
    run: RunDirectory, checkpoint: Optional[str], games: int, seed: int, as_json: bool, quiet: bool = False
) -> str:
    """Greedy games of each team: against the other teams' policies, and against teams that press keys at random."""
    played = SelfPlayRun(run)
    teams = range(len(played.team_names))
    trained = [played.policy(team, checkpoint) for team in teams]
    seed_everything(seed)
    rows: List[Dict[str, Any]] = []
    with Counting("measuring game", (1 + len(teams)) * games, quiet=quiet) as count:
        together = play_series(played, trained, games, seed, count, count.turn)
        for team in teams:
            count.next_part()
            policies = [
                trained[team] if other == team else played.random_policy(other, seed + other)
                for other in teams
            ]
            alone = play_series(played, policies, games, seed, count, count.turn)
            rows.append(
                {
                    "team": played.team_names[team],
                    "against_trained": count_results(together, team),
                    "against_random": count_results(alone, team),
                }
            )
    if as_json:
        return json.dumps({"games": games, "teams": rows})
    lines = [
        f"{games} greedy games each (won / drawn / lost):",
        f"{'':16}{'against the others':>24}{'against random play':>24}",
    ]
    for row in rows:
        shown = ["{:d} / {:d} / {:d}".format(*row[name]) for name in ("against_trained", "against_random")]
        lines.append(f"{row['team']:16}{shown[0]:>24}{shown[1]:>24}")
    return "\n".join(lines)
