"""`retro-gamer evaluate` for the teams of a self-play run."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from retro_gamer.environment.game import seed_everything
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.pilots import Table
from retro_gamer.selfplay.series import count_results, play_series


def evaluate_teams(run: RunDirectory, checkpoint: Optional[str], games: int, seed: int, as_json: bool) -> str:
    """Greedy games of each team: against the other teams' policies, and against teams that press keys at random."""
    table = Table(run)
    teams = range(len(table.team_names))
    trained = [table.pilot(team, checkpoint) for team in teams]
    seed_everything(seed)
    rows: List[Dict[str, Any]] = []
    together = play_series(table, trained, games, seed)
    for team in teams:
        pilots = [
            trained[team] if other == team else table.random_pilot(other, seed + other) for other in teams
        ]
        alone = play_series(table, pilots, games, seed)
        rows.append(
            {
                "team": table.team_names[team],
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
