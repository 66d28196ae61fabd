"""Who learns when, against which snapshots, and what the results say: controller, window, ghost steps, Elo."""

from __future__ import annotations

import json

import numpy as np
import pytest

from retro_gamer.config.teams import swap_steps
from retro_gamer.selfplay.elo import expected_score, rating_changes, result_between
from retro_gamer.selfplay.learned_policy import SnapshotWindow
from retro_gamer.selfplay.match import outcomes_of
from retro_gamer.selfplay.opponents import GhostClock, GhostController

# The controller


def test_the_first_subscriber_learns_first_and_the_queue_goes_round():
    controller = GhostController()
    for team in (7, 3, 5):
        controller.subscribe_team_id(team)
    assert controller.learning_team == 7
    assert [controller.change_training_team() for _ in range(6)] == [3, 5, 7, 3, 5, 7]


def test_subscribing_twice_changes_nothing():
    controller = GhostController()
    for team in (0, 1, 0, 1):
        controller.subscribe_team_id(team)
    assert controller.get_state() == {"queue": [1], "learning_team": 0}
    with pytest.raises(RuntimeError, match="no team has subscribed"):
        GhostController().learning_team  # noqa: B018


def test_the_controllers_state_is_all_of_it():
    controller, other = GhostController(), GhostController()
    for team in range(3):
        controller.subscribe_team_id(team)
    controller.change_training_team()
    other.set_state(json.loads(json.dumps(controller.get_state())))
    assert [other.change_training_team() for _ in range(3)] == [controller.change_training_team() for _ in range(3)]


# The window, ghost steps


def test_a_window_keeps_the_newest_and_their_ratings():
    window = SnapshotWindow(3)
    for i in range(5):
        window.push(f"ep_{i}", 1200 + i)
    assert window.get_state() == [["ep_2", 1202], ["ep_3", 1203], ["ep_4", 1204]]
    window.push("ep_4", 9)  # saved again after a stop: the same snapshot
    assert [snapshot.name for snapshot in window.snapshots] == ["ep_2", "ep_3", "ep_4"]
    assert window.find("ep_4").rating == 9 and window.find("ep_0") is None


def test_opponents_are_drawn_from_the_latest_and_evenly_from_the_window():
    window, rng = SnapshotWindow(4), np.random.default_rng(0)
    assert window.draw(rng, 0.0) is None  # nothing but the newest is there
    for i in range(4):
        window.push(str(i), 0)
    drawn = [window.draw(rng, 0.25) for _ in range(8000)]
    shares = [sum(snapshot is other for other in drawn) / 8000 for snapshot in [None, *window.snapshots]]
    assert np.allclose(shares, [0.25] + 4 * [0.1875], atol=0.015)


def test_ghost_steps_are_counted_and_swaps_fall_due():
    clock = GhostClock(10)
    assert [clock.add(steps) for steps in (4, 5, 1)] == [False, False, True]
    clock.swapped()
    assert [clock.add(9), clock.add(1), clock.steps] == [False, True, 20]
    again = GhostClock(10)
    again.set_state(clock.get_state())
    assert again.add(0) and again.steps == 20


def test_swap_steps_of_teams_of_different_sizes():
    """The 2 v 1 example of the ML-Agents documentation: 4 swaps in a team change of 200,000 steps."""
    assert swap_steps(1, 2, 200_000, 4) == 25_000
    assert swap_steps(2, 1, 200_000, 4) == 100_000
    assert swap_steps(1, 1, 200_000, 4) == 50_000


# Elo


def test_elo_by_hand():
    assert expected_score(1200, 1200) == 0.5
    assert expected_score(1600, 1200) == pytest.approx(10 / 11)  # 1 / (1 + 10^-1)
    assert rating_changes([1200, 1200], [1, -1], 16) == [8, -8]
    assert rating_changes([1600, 1200], [-1, 1], 11) == pytest.approx([-10, 10])  # 11 * (0 - 10/11)
    assert rating_changes([1600, 1200], [0, 0], 22) == pytest.approx([22 * (0.5 - 10 / 11), 22 * (0.5 - 1 / 11)])


@pytest.mark.parametrize(
    "outcome, other, result",
    [(1, -1, 1), (-1, 1, 0), (0, 0, 0.5), (1, 1, 0.5), (-1, -1, 0.5), (1, 0, 1), (0, -3, 1), (5, 2, 0.5)],
)
def test_only_the_signs_of_the_outcomes_count(outcome, other, result):
    assert result_between(outcome, other) == result == 1 - result_between(other, outcome)


def test_more_than_two_teams_are_rated_pair_by_pair():
    # The winner beats two equals (0.5 each), the other two draw: 16 / 2 * (0.5 + 0.5) = 8.
    assert rating_changes([1200, 1200, 1200], [1, -1, -1], 16) == [8, -4, -4]
    changes = rating_changes([1300, 1200, 1100, 1250], [0, 1, -1, 1], 16)
    assert sum(changes) == pytest.approx(0)


def test_the_last_turn_decides_and_else_the_points():
    assert outcomes_of([0.01, -0.01], [-5, 5]) == [0.01, -0.01]
    assert outcomes_of([0, 0], [3, 1]) == [1, -1]
    assert outcomes_of([0.0, 0.0], [2, 2]) == [0, 0]
