"""The radar shows what arrives next, and kinds are counted where places say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from observing import Hero, Piece, make_encoder, make_game
from small_runs import make_run, same

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.flow import COUNTS, LEVELS, count_level, kind_readings, urgency
from retro_gamer.environment.readings import radar_reading
from retro_gamer.errors import CheckpointError, ConfigError
from retro_gamer.policy.trained_policy import TrainedPolicy
from retro_gamer.reporting.sight import inputs_in_words, sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

TURNED = {  # a place in a game where things fall, in one where they come another way
    "down": lambda dx, dy: (dx, dy),
    "up": lambda dx, dy: (dx, -dy),
    "left": lambda dx, dy: (-dy, dx),
    "right": lambda dx, dy: (dy, dx),
}


@pytest.mark.parametrize("flow", TURNED)
def test_the_next_to_arrive_comes_first_then_what_is_out_of_reach_then_what_has_passed(flow):
    in_order = [(0, 0), (0, -1), (2, -1), (1, -2), (-3, -3), (9, -8), (0, -9), (3, -1), (9, -7), (9, -1)]
    passed = [(0, 1), (0, 2), (5, 1)]
    ranks = [urgency(flow)(*TURNED[flow](dx, dy)) for dx, dy in [*in_order, *passed]]
    assert ranks == sorted(ranks) and len(set(ranks)) == len(ranks)


def test_the_radar_with_a_flow_shows_the_lowest_that_can_be_reached():
    stars = [Piece("*", (2, 0)), Piece("*", (0, 3)), Piece("*", (7, 4)), Piece("*", (2, 6))]
    game = make_game(Hero("A", (2, 5)), *stars, board_size=(8, 7))
    seen = {}
    for flow in ("", "down"):
        encoder = make_encoder("*A", board_size=(8, 7), radar=True, flow=flow)
        seen[flow] = encoder.observe(game).radar[:2].tolist()
    assert seen == {
        "": [radar_reading(0), radar_reading(1)],
        "down": [radar_reading(-2), radar_reading(-2)],
    }


def test_kinds_are_counted_and_measured_wherever_they_are():
    places = [(2, 0, 0), (2, 9, 4), (3, 5, 11), (4, 1, 0)]
    assert kind_readings(places, "", (10, 12)) == {2: (2, 0), 3: (1, 0), 4: (1, 0)}
    assert kind_readings(places, "down", (10, 12)) == {2: (2, 4), 3: (1, LEVELS), 4: (1, 1)}
    assert kind_readings(places, "up", (10, 12)) == {2: (2, LEVELS), 3: (1, 1), 4: (1, LEVELS)}
    assert kind_readings(places, "right", (10, 12)) == {2: (2, LEVELS), 3: (1, 5), 4: (1, 1)}
    assert kind_readings(places, "left", (10, 12)) == {2: (2, LEVELS), 3: (1, 4), 4: (1, 8)}


def test_counts_are_what_they_are_called():
    levels = [count_level(n) for n in range(1, 40)]
    named = [COUNTS[level] for level in levels]
    assert levels == sorted(levels) and set(levels) == {*range(1, LEVELS + 1)}
    assert named[:4] == ["1", "2", "3", "4"] and named[4:6] == ["5 or 6"] * 2 and named[8:12] == ["9 to 12"] * 4


def test_kinds_do_not_depend_on_the_place_or_on_who_plays():
    encoder = make_encoder("ab", grows=True, kinds=True, flow="down")
    seen = []
    for x in (0, 3):
        game = make_game(Piece("a", (x, 1)), Piece("a", (5 - x, 0)), Piece("c", (x, 3)))
        seen.append(encoder.observe(game))
    assert seen[0].inputs.tobytes() == seen[1].inputs.tobytes() and not len(seen[0].cells)
    a, b, c = (2 * (encoder.vocabulary[character] - 2) for character in "abc")
    radar = seen[0].radar.tolist()
    assert (radar[a : a + 2], radar[b : b + 2], radar[c : c + 2]) == ([2, 3], [0, 0], [1, 7])
    assert len(seen[0].inputs) == encoder.shape.n_cells


def test_kinds_and_radar_are_one_or_the_other():
    seen = {"board": False, "radar": True, "kinds": True}
    with pytest.raises(ConfigError, match="kinds and radar are both set"):
        RunConfig.from_dict(
            {
                "game": {"module": "x"},
                "metadata": {"actions": ["a"], "reward": "score"},
                "preprocessing": seen,
            }
        )


TEXTS = [("SCORE 3", True), ("  64", True), ("===", False), ("UUU", False), ("<o>", False)]


@pytest.mark.parametrize("text, is_text", TEXTS)
@pytest.mark.parametrize("ways", [{"board": True}, {"egocentric_radius": 2, "radar": True}], ids=str)
def test_texts_that_are_not_seen_are_not_there_and_hide_nothing(text, is_text, ways):
    def observed(*more, **what):
        game = make_game(Hero("A", (1, 1)), *more, Piece("*", (3, 1)), board_size=(9, 4))
        encoder = make_encoder("*A", grows=True, board_size=(9, 4), **ways, **what)
        return encoder.observe(game).inputs.tolist(), encoder.vocabulary.characters

    def written():
        return Piece([text], (1, 1), size=(len(text), 1), z=5)

    assert (observed(written(), texts=False) == observed()) == is_text
    assert observed(written()) != observed()


def test_what_is_not_drawn_is_no_text():
    class Hidden:
        display, size, position = False, (4, 1), (0, 0)  # and no character at all

    encoder = make_encoder("*", board=True, texts=False)
    assert np.count_nonzero(encoder.observe(make_game(Hidden(), Piece("*", (2, 2)))).cells) == 1


def test_a_player_is_no_text_whatever_it_looks_like():
    encoder = make_encoder("", grows=True, board=True, texts=False, own_symbol=True)
    hero = Hero(["R2D2"], (1, 1), size=(4, 1))
    assert np.count_nonzero(encoder.observe(make_game(hero)).cells) == 4


# Runs

SIGHTS = {
    "kinds": {"board": False, "kinds": True, "flow": "down"},
    "flow": {"board": False, "egocentric_radius": 2, "radar": True, "flow": "down", "texts": False},
    "steps": {"board": False, "egocentric_radius": 2, "steps_of": ["o"]},
    "rhythm": {"board": False, "egocentric_radius": 2, "rhythm_of": ["o"]},
}


@pytest.mark.parametrize("what", SIGHTS)
def test_a_training_in_two_parts_is_as_one_and_a_policy_sees_as_it_did(tmp_path, what):
    for name, stops in (("whole", [99]), ("parts", [4, 13, 99])):
        run = make_run(tmp_path / name, "catch", preprocessing=SIGHTS[what])
        for stop in stops:
            trainer = Trainer(run)
            trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
    same(RunDirectory(tmp_path / "whole"), RunDirectory(tmp_path / "parts"))
    facts = read_policy(run)[1].description.to_json()
    seen = SIGHTS[what]
    assert [facts.get(name) for name in ("kinds", "flow", "texts")] == [
        seen.get(name) for name in ("kinds", "flow", "texts")
    ]
    player, policy = load_player(run), TrainedPolicy(str(run.path))
    observation = player.environment.reset(3)
    game = player.environment.game
    assert list(policy.q_values(game).values()) == player.agent.q_values(observation).tolist()
    words = [name for name, _ in sight_of(player.environment, observation).radar]
    causes = [cause.what for cause in policy.explain(game).causes]
    if what == "kinds":
        assert "o" in words and "how many o there are, and how far the first has come" in causes
    elif what == "flow":
        assert "the next o to arrive" in words and "the next o to arrive on the radar" in causes


def test_the_step_of_a_ball_is_named_where_it_counts(tmp_path):
    run = make_run(tmp_path / "run", "catch", preprocessing=SIGHTS["steps"], training_episodes=3)
    Trainer(run).train()
    environment, policy = load_player(run).environment, TrainedPolicy(str(run.path))
    environment.reset(3)
    for _ in range(3):
        policy.get_action(environment.game)  # it looks each turn
        observation = environment.step(0).observation
    words = [name for name, _ in sight_of(environment, observation).radar]
    causes = [cause.what for cause in policy.explain(environment.game).causes]
    assert words == ["the last step of o"] and "the last step of o" in causes


def test_a_rhythm_is_named_where_it_counts(tmp_path):
    run = make_run(tmp_path / "run", "catch", preprocessing=SIGHTS["rhythm"], training_episodes=3)
    Trainer(run).train()
    player, policy = load_player(run), TrainedPolicy(str(run.path))
    environment = player.environment
    observation = environment.reset(3)
    for _ in range(3):
        values = policy.q_values(environment.game)  # it looks each turn
        assert list(values.values()) == player.agent.q_values(observation).tolist()
        observation = environment.step(0).observation
    causes = [cause.what for cause in policy.explain(environment.game).causes]
    assert sight_of(environment, observation).radar == [("the last move of o", "now")]
    assert "the rhythm of o" in causes
    assert "the rhythm of o" in inputs_in_words(read_policy(run)[1].description, "", False)


@pytest.mark.parametrize(
    "change",
    [
        {"rhythm_of": 5},
        {"rhythm_of": ["x"]},
        {"steps_of": 5},
        {"steps_of": ["x"]},
        {"steps_of": [[]]},
        {"kinds": 1},
        {"flow": "sideways"},
        {"flow": []},
        {"radar": True},
        {"texts": True},
    ],
)
def test_a_description_that_is_not_one_is_refused(tmp_path, change):
    run = make_run(tmp_path / "run", "catch", preprocessing=SIGHTS["kinds"], training_episodes=1)
    Trainer(run).train()
    facts = {**read_policy(run)[1].description.to_json(), **change}
    with pytest.raises(CheckpointError, match="cannot be used"):
        PolicyDescription.from_json(facts, tmp_path / "x.npz")
