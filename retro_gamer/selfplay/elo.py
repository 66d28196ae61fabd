"""Ratings from results (Elo 1978, "The rating of chessplayers")."""

from __future__ import annotations

from typing import Sequence


def expected_score(rating: float, opponent: float) -> float:
    """The share of points to expect against an opponent, a draw counting half.

    E = 1 / (1 + 10^((R_opponent - R) / 400))
    """
    odds_against: float = 10.0 ** ((opponent - rating) / 400.0)
    return 1.0 / (1.0 + odds_against)


def result_between(outcome: float, other: float) -> float:
    """1, 0.5 or 0: whether the first of two teams won. Only the signs of their outcomes count, as in ML-Agents.

    Teams that both win, or both lose, have drawn.
    """
    return 0.5 * (1 + _sign(_sign(outcome) - _sign(other)))


def rating_changes(ratings: Sequence[float], outcomes: Sequence[float], k: float) -> list[float]:
    """What one game with these outcomes [n_teams] changes in the ratings of its teams [n_teams]; the changes add up to 0.

    Every team is compared with every other one, so that n teams play n - 1 games each, which share k:

        change_i = k / (n - 1) * sum over j of (S_ij - E_ij)
    """
    n_teams = len(ratings)
    return [
        k
        / (n_teams - 1)
        * sum(
            result_between(outcomes[i], outcomes[j]) - expected_score(ratings[i], ratings[j])
            for j in range(n_teams)
            if j != i
        )
        for i in range(n_teams)
    ]


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
