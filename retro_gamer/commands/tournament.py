"""`retro-gamer tournament`: who beats whom among the snapshots of a self-play run."""

from __future__ import annotations

import json
from typing import Any, Sequence

import numpy as np

from retro_gamer.reporting.progress import Counting
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.tournament import Tournament, later_against_earlier, play_tournament


def hold_tournament(run: RunDirectory, snapshots: int, games: int, seed: int, quiet: bool) -> Tournament:
    with Counting("playing game", 0, quiet=quiet) as count:

        def count_game(done: int, total: int) -> None:
            count.total = total
            count(done)

        return play_tournament(run, snapshots, games, seed, count_game, count.turn)


def describe_tournament(run: RunDirectory, tournament: Tournament, games: int, as_json: bool) -> str:
    if as_json:
        return json.dumps(_as_data(tournament, games))
    return "\n".join([*_table(run, tournament, games), "", *_conclusions(tournament)])


def _as_data(tournament: Tournament, games: int) -> dict[str, Any]:
    names, matrix = tournament.names, payoffs(tournament)
    return {
        "games": games,
        "players": names,
        "payoff": [[None if np.isnan(x) else x for x in row] for row in matrix.tolist()],
        "ratings": tournament.ratings.tolist(),
        "ci95": tournament.intervals.tolist(),
        "cycle": [names[entrant] for entrant in tournament.cycle],
    }


def _table(run: RunDirectory, tournament: Tournament, games: int) -> list[str]:
    names, matrix = tournament.names, payoffs(tournament)
    width = max(map(len, names))
    lines = [
        f"{run}: {games} greedy games a pairing. Points of the one on the left, in percent (a draw is half):",
        "",
        " " * width + "".join(f"{letter_of(i):>5}" for i in range(len(names))) + "   rating (95%)",
    ]
    for i, name in enumerate(names):
        cells = "".join("    -" if np.isnan(x) else f"{100 * x:5.0f}" for x in matrix[i])
        low, high = tournament.intervals[i]
        lines.append(f"{name:{width}}{cells}   {tournament.ratings[i]:.0f} ({low:.0f} to {high:.0f})  {letter_of(i)}")
    return lines


def _conclusions(tournament: Tournament) -> list[str]:
    names, lines = tournament.names, []
    teams = sorted({entrant.team for entrant in tournament.entrants})
    for team in teams:
        compared = later_against_earlier(tournament, team)
        if compared is not None:
            whose = "" if len(teams) == 1 else f" of {_team_name(names, tournament, team)}"
            lines.append(
                f"The later snapshot{whose} has the higher rating in {100 * compared[0]:.0f}% of {compared[1]} pairs."
            )
    if tournament.cycle:
        circle = [names[entrant] for entrant in [*tournament.cycle, tournament.cycle[0]]]
        lines.append("There is a circle: " + " beats ".join(circle) + ". No order of strength fits it, so ratings say less.")
    else:
        lines.append("No player beats another one that beats it by way of a third: the ratings tell who is stronger.")
    return lines


def letter_of(number: int) -> str:
    """What stands for a player at the head of a column."""
    return chr(97 + number) if number < 26 else str(number)


def _team_name(names: Sequence[str], tournament: Tournament, team: int) -> str:
    return next(name for name, entrant in zip(names, tournament.entrants) if entrant.team == team).rpartition(" ")[0]


def payoffs(tournament: Tournament) -> np.ndarray:
    """The share of points of each entrant (row) against each other one; NaN where they did not meet."""
    matrix = np.full((len(tournament.entrants),) * 2, np.nan)
    for first, second, points in tournament.pairings:
        matrix[first, second], matrix[second, first] = points.mean(), 1 - points.mean()
    return matrix
