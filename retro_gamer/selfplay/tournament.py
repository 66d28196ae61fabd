"""A round robin between the snapshots of a self-play run: who beats whom, by how much, and whether later is better."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence

import numpy as np

from retro_gamer.config.teams import policy_of_team
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.elo import result_between
from retro_gamer.selfplay.match import play_series
from retro_gamer.selfplay.self_play_run import SelfPlayRun

MAX_NEWTON_STEPS = 100
RESAMPLES = 200


class Entrant(NamedTuple):
    """A snapshot that plays for a team. In a symmetric game it plays for all of them."""

    team: int
    checkpoint: str


class Pairing(NamedTuple):
    """The results of two entrants against each other."""

    first: int
    second: int
    points: np.ndarray  # [n_games]: 1 for a win of the first, 0.5, 0


class Tournament(NamedTuple):
    """Who took part, how all pairings ended, and what follows from that."""

    entrants: list[Entrant]
    names: list[str]  # [n_entrants]
    pairings: list[Pairing]
    ratings: np.ndarray  # [n_entrants], their mean is 1200
    intervals: np.ndarray  # [n_entrants, 2]: 95%
    cycle: list[int]  # entrants each of whom beats the next, and the last the first; empty if there are none


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """At most `count` of the items, evenly spaced, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    if count == 1:
        return [items[-1]]
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def play_tournament(
    run: RunDirectory,
    snapshots: int,
    games: int,
    seed: int,
    on_game: Callable[[int, int], None] = lambda done, total: None,
    on_turn: Callable[[], None] = lambda: None,
) -> Tournament:
    """Every snapshot against every other one of another team (in a symmetric game, against all others).

    Arguments:
        snapshots: how many of each team, spread over the training.
        games: of each pairing, with seeds from `seed` on.
        on_game: is called with (games played, games in all) after each game.
        on_turn: is called after each turn.

    Raises RetroGamerErrors: RunNotFoundError when a team has no snapshot, CheckpointError when one cannot be used.
    """
    played = SelfPlayRun(run)
    symmetric = played.config.self_play.shared_policy
    entrants, policies, names = [], [], []
    for team in [0] if symmetric else range(len(played.team_names)):
        policy_run = run.of(policy_of_team(played.config, team))
        policy_run.find_checkpoint(None)  # raises when there is none
        for _, path in spread(policy_run.checkpoints(), snapshots):
            entrants.append(Entrant(team, path.stem))
            policies.append(played.policy(team, path.stem))
            names.append(path.stem if symmetric else f"{played.team_names[team]} {path.stem}")
    pairings, pairs, done = [], _pairs(entrants, symmetric), 0

    def count_game(_: int) -> None:
        nonlocal done
        done += 1
        on_game(done, games * len(pairs))

    on_game(0, games * len(pairs))
    for first, second in pairs:
        # In a symmetric game both play half of the games for either team: which team is better must not count.
        sides = [(0, 1), (1, 0)] if symmetric else [(entrants[first].team, entrants[second].team)]
        points: list[float] = []
        for number, (team, other) in enumerate(sides):
            count = (games + 1 - number) // 2 if symmetric else games
            line_up = {team: policies[first], other: policies[second]}
            # With more than two teams, the others follow the newest policies.
            players = [line_up.get(i) or played.policy(i) for i in range(len(played.team_names))]
            outcomes = play_series(played, players, count, seed + number * games, count_game, on_turn)
            points += [result_between(outcome[team], outcome[other]) for outcome in outcomes]
        pairings.append(Pairing(first, second, np.array(points)))
    return Tournament(
        entrants,
        names,
        pairings,
        fit_ratings(len(entrants), pairings),
        rating_intervals(len(entrants), pairings),
        find_cycle(len(entrants), beaten(pairings)),
    )


def _pairs(entrants: Sequence[Entrant], symmetric: bool) -> list[tuple[int, int]]:
    return [
        (first, second)
        for first in range(len(entrants))
        for second in range(first + 1, len(entrants))
        if symmetric or entrants[first].team != entrants[second].team
    ]


def fit_ratings(n_players: int, pairings: Sequence[Pairing]) -> np.ndarray:
    """Elo ratings that fit all results best [n_players], whatever the order they came in; their mean is 1200.

    The Bradley-Terry model, a draw as half a win and half a loss: with strengths r, the expected points of i are the sum
    over j of n_ij sigma(r_i - r_j), and the likelihood is greatest where they are the points W_i that it has. Newton's
    method finds that place. One drawn game against a player of strength 0 is added for each: a player that has won every
    game would otherwise be infinitely strong.
    """
    points, played = np.full(n_players, 0.5), np.zeros((n_players, n_players))
    for first, second, results in pairings:
        points[first] += results.sum()
        points[second] += len(results) - results.sum()
        played[first, second] += len(results)
        played[second, first] += len(results)
    strength = np.zeros(n_players)
    for _ in range(MAX_NEWTON_STEPS):
        expected, against_zero = _sigmoid(strength[:, None] - strength), _sigmoid(strength)
        gradient = points - (played * expected).sum(axis=1) - against_zero
        weights = played * expected * (1 - expected)
        curvature = np.diag(weights.sum(axis=1) + against_zero * (1 - against_zero)) - weights
        step = np.linalg.solve(curvature, gradient)
        strength = strength + np.clip(step, -1, 1)
        if abs(step).max() < 1e-9:
            break
    ratings: np.ndarray = strength * 400 / np.log(10)  # in Elo's scale: 400 points are odds of 10 to 1
    centred: np.ndarray = ratings - ratings.mean() + 1200
    return centred


def _sigmoid(x: np.ndarray) -> np.ndarray:
    shares: np.ndarray = 1 / (1 + np.exp(-x))
    return shares


def rating_intervals(n_players: int, pairings: Sequence[Pairing]) -> np.ndarray:
    """The 95% interval of each rating [n_players, 2]: how far it moves when the games are drawn again (bootstrap)."""
    rng = np.random.default_rng(0)
    fits = [
        fit_ratings(
            n_players, [Pairing(first, second, rng.choice(points, len(points))) for first, second, points in pairings]
        )
        for _ in range(RESAMPLES)
    ]
    intervals: np.ndarray = np.percentile(fits, [2.5, 97.5], axis=0).T
    return intervals


def beaten(pairings: Sequence[Pairing]) -> dict[int, list[int]]:
    """Whom each player beats beyond doubt: the 95% interval of its share of points lies above a half.

    The share's variance p (1 - p) is that of the half it is compared with, not the one found, which few games may
    show as zero (the score test, Wilson 1927).
    """
    result: dict[int, list[int]] = {}
    for first, second, points in pairings:
        margin = points.mean() - 0.5
        if abs(margin) > 1.96 * 0.5 / len(points) ** 0.5:
            winner, loser = (first, second) if margin > 0 else (second, first)
            result.setdefault(winner, []).append(loser)
    return result


def find_cycle(n_players: int, beats: dict[int, list[int]]) -> list[int]:
    """A shortest circle of players each of whom beats the next; empty if there is none."""
    best: list[int] = []
    for start in range(n_players):
        paths, seen = [[start]], {start}
        while paths and not (best and len(paths[0]) >= len(best)):
            path = paths.pop(0)
            for loser in beats.get(path[-1], ()):
                if loser == start:
                    best, paths = path, []
                    break
                if loser not in seen:
                    seen.add(loser)
                    paths.append([*path, loser])
    return best


def later_against_earlier(tournament: Tournament, team: int) -> tuple[float, int] | None:
    """(share, pairs): in how many pairs of a team's snapshots the later one has the higher rating; None with one only."""
    ratings = [rating for entrant, rating in zip(tournament.entrants, tournament.ratings) if entrant.team == team]
    pairs = [(early, late) for i, early in enumerate(ratings) for late in ratings[i + 1 :]]
    if not pairs:
        return None
    return sum(late > early for early, late in pairs) / len(pairs), len(pairs)
