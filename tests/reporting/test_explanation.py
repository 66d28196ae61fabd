"""Why a policy chose a key, on values made by hand and on a trained run."""

from __future__ import annotations

import numpy as np
import pytest

from retro_gamer.agents.greedy import GreedyTable
from retro_gamer.config.settings import PreprocessingSettings
from retro_gamer.environment.observation import NO_FEATURES, Observation
from retro_gamer.reporting.explanation import NEVER_MET, explain_choice
from retro_gamer.reporting.sight import action_shown
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.player import load_player

KEYS = ["KEY_LEFT", "KEY_RIGHT", None]
STAR, ROCK = 2, 3


class LikesStars:
    """Expects 5 of going left when a star is in the left cell, loses 1 there for a rock."""

    def q_values(self, observation):
        left = float(observation.inputs[3] == STAR) * 5 - float(ROCK in observation.cells)
        return np.array([left, 1.0, 0.0])


def seen(cells, radar=()):
    return Observation(np.array([*cells, *radar], np.uint8), NO_FEATURES, len(radar))


def test_values_margin_and_what_mattered():
    observation = seen([0, 0, 0, STAR, 0, ROCK, 1, 1, 1], radar=[4, 5, 0, 0])
    explained = explain_choice(LikesStars(), observation, KEYS, ["*", "o"], (3, 3))
    assert explained.action == "KEY_LEFT" and explained.margin == 3.0
    assert explained.values == {"KEY_LEFT": 4.0, "KEY_RIGHT": 1.0, None: 0.0}
    effects = {cause.what: cause.effect for cause in explained.causes}
    assert effects["* (1 to the left)"] == 5.0 and effects["o (1 to the right)"] == -1.0
    assert effects["the edge of the board"] == 0.0 and effects["the nearest * on the radar"] == 0.0
    assert explained.causes[0].what == "* (1 to the left)"


def test_the_observation_stays_as_it_was():
    observation = seen([0, 0, 0, STAR, 0, 0, 0, 0, 0])
    before = observation.to_bytes()
    explain_choice(LikesStars(), observation, KEYS, ["*", "o"], (3, 3))
    assert observation.to_bytes() == before


def test_text_and_table():
    explained = explain_choice(LikesStars(), seen([0, 0, 0, STAR, 0, 0, 0, 0, 0]), KEYS, ["*", "o"], (3, 3))
    text = str(explained)
    assert text.startswith("It presses KEY_LEFT, ahead by 4.") and "> KEY_LEFT" in text and "no key" in text
    assert "* (1 to the left): +5.000" in text
    assert "<table>" in explained._repr_html_() and "KEY_LEFT" in explained._repr_html_()


@pytest.mark.parametrize("name", ["snake", "board", "forager"])
def test_the_choice_is_the_one_that_is_played(workshop, name):
    player = load_player(RunDirectory(f"runs/{name}"))
    environment = player.environment
    observation = environment.reset(3)
    for _ in range(3):
        shape = environment.shape.board_shape
        explained = explain_choice(player.agent, observation, environment.actions, environment.characters, shape)
        action = player.agent.act(observation, 0.0)
        assert explained.action == environment.actions[action]
        assert list(explained.values.values()) == pytest.approx(player.agent.q_values(observation).tolist())
        step = environment.step(action)
        if step.terminated or step.truncated:
            break
        observation = step.observation


def test_a_table_says_how_often_it_learned_from_a_position():
    policy = GreedyTable([{b"met": (1.0, 2.0), b"once": (0.0, 0.0), b"old": (0.0, 0.0)}], 2, {b"met": 1200, b"once": 1})
    for state, visits, note in (
        (b"met", 1200, "It learned from this position 1,200 times."),
        (b"once", 1, "It learned from this position 1 time."),
        (b"old", None, ""),
        (b"new", 0, NEVER_MET),
    ):
        explained = explain_choice(policy, state, KEYS, [], (0, 0))
        assert (explained.visits, explained.note) == (visits, note) and str(explained).endswith(note)


def test_on_a_whole_board_places_are_columns_and_rows():
    whole = PreprocessingSettings(board=True)
    explained = explain_choice(LikesStars(), seen([0, 0, 0, STAR, 0, 0, 0, 0, 0]), KEYS, ["*"], (3, 3), whole)
    assert explained.causes[0].what == "* (column 1, row 2)"


def test_the_space_bar_has_a_name():
    explained = explain_choice(LikesStars(), seen([0, 0, 0, STAR, 0, 0, 0, 0, 0]), [" ", "a", None], ["*"], (3, 3))
    assert str(explained).startswith("It presses space, ahead by 4.")
    assert action_shown(" ") == "space" and action_shown("KEY_UP") == "UP" and action_shown(None) == "none"
