"""Tournaments: fitted ratings, circles, and the table of a run."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest
from selfplay_runs import DUEL, create_duel, make, policies_for

from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.teams import (
    TeamEnvironment,
)
from retro_gamer.reporting import progress
from retro_gamer.selfplay.elo import expected_score, result_between
from retro_gamer.selfplay.match import play_match
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.selfplay.tournament import (
    Pairing,
    beaten,
    find_cycle,
    fit_ratings,
    play_tournament,
    rating_intervals,
    spread,
)


def points(share, games=400):
    return np.repeat([1.0, 0.0], [round(games * share), games - round(games * share)])


def test_fitted_ratings_agree_with_elos_formula():
    share = expected_score(1400, 1200)
    ratings = fit_ratings(
        3,
        [
            Pairing(0, 1, points(share, 40000)),
            Pairing(1, 2, points(share, 40000)),
            Pairing(0, 2, points(expected_score(1600, 1200), 40000)),
        ],
    )
    assert ratings == pytest.approx([1400, 1200, 1000], abs=2)


def test_someone_who_never_wins_has_a_finite_rating_and_intervals_hold_the_rating():
    pairings = [Pairing(0, 1, points(1.0)), Pairing(1, 2, points(0.6)), Pairing(0, 2, points(0.97))]
    ratings, intervals = fit_ratings(3, pairings), rating_intervals(3, pairings)
    assert np.isfinite(ratings).all() and ratings[0] > ratings[1] > ratings[2]
    assert (intervals[:, 0] <= ratings).all() and (ratings <= intervals[:, 1]).all()


def test_a_circle_is_found_and_ratings_do_not_lie_about_it():
    pairings = [
        Pairing(0, 1, points(0.9)),
        Pairing(1, 2, points(0.9)),
        Pairing(2, 0, points(0.9)),
        Pairing(0, 3, points(0.9)),
        Pairing(1, 3, points(0.9)),
        Pairing(2, 3, points(0.9)),
    ]
    cycle = find_cycle(4, beaten(pairings))
    assert len(cycle) == 3 and set(cycle) == {0, 1, 2} and (cycle.index(1) - cycle.index(0)) % 3 == 1
    ratings = fit_ratings(4, pairings)
    assert np.ptp(ratings[:3]) < 1 and ratings[3] < ratings[0] - 200
    assert find_cycle(4, beaten([*pairings[:2], Pairing(2, 0, points(0.52)), *pairings[3:]])) == []  # may be luck


def test_spread_takes_first_and_last():
    assert spread(list(range(100)), 4) == [0, 33, 66, 99]
    assert spread([1, 2], 8) == [1, 2] and spread([1, 2, 3], 1) == [3]


@pytest.mark.parametrize("game, n_players", [("tron", 3), ("wolves", 6)])
def test_a_tournament_of_a_run(tmp_path, capsys, game, n_players):
    run = make(tmp_path, game)
    SelfPlayTrainer(run).train(episodes=40)
    result = play_tournament(run, 3, 6, seed=0)
    assert len(result.entrants) == n_players == len(result.ratings)
    assert all(len(pairing.points) == 6 for pairing in result.pairings)
    assert len(result.pairings) == (3 if game == "tron" else 9)
    assert main(["tournament", str(run), "--snapshots", "3", "--games", "6"]) == 0
    text = capsys.readouterr().out
    assert "ep_0000" in text and "higher rating" in text and ("circle" in text or "who is stronger" in text)
    assert main(["tournament", str(run), "--snapshots", "3", "--games", "6", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["ratings"]) == n_players and data["ratings"] == pytest.approx(result.ratings.tolist())


def test_rock_paper_scissors_is_a_circle(tmp_path):
    """Three policies that always show the same: each beats one other, and all are rated alike."""
    config = RunConfig.from_dict(DUEL)
    environment, pairings = TeamEnvironment(config, create_duel), []
    for one, other in ((0, 1), (1, 2), (2, 0)):
        results = [
            result_between(*play_match(environment, policies_for(config, *actions)).outcomes)
            for actions in [(one, other)] * 30
        ]
        pairings.append(Pairing(one, other, np.array(results)))
    assert np.ptp(fit_ratings(3, pairings)) < 1e-6
    assert len(find_cycle(3, beaten(pairings))) == 3


class Screen(io.StringIO):
    """What a terminal is given."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    "game, command, games",
    [
        ("tron", ["tournament", "--games", "3", "--snapshots", "3"], 9),
        ("wolves", ["tournament", "--games", "3", "--snapshots", "2"], 12),
        ("tron", ["evaluate", "--games", "3"], 9),
    ],
)
def test_the_games_are_counted_while_they_are_played(tmp_path, monkeypatch, game, command, games):
    run = make(tmp_path, game)
    SelfPlayTrainer(run).train(episodes=40)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    monkeypatch.setattr(sys, "stderr", Screen())
    assert main([command[0], str(run), *command[1:]]) == 0
    shown = sys.stderr.getvalue().replace("\r", "\n")
    assert f" game {games} of {games}" in shown and f" game 1 of {games}, turn 2" in shown
    assert " of 0" not in shown
    sys.stderr = Screen()
    assert main([command[0], str(run), *command[1:], "--quiet"]) == 0
    assert sys.stderr.getvalue() == ""
