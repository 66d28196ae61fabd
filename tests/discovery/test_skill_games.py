"""The games of tests/benchmarks/skill.py run, and their players by hand press keys that exist."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from end_to_end import HAVE_RETRO

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
OWN = sorted(path.stem for path in (BENCHMARKS / "skill_games").glob("*.py") if path.stem != "players")


@pytest.fixture
def skill(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), str(BENCHMARKS / "skill_games"), *sys.path])
    import skill

    return skill


@pytest.mark.parametrize("name", OWN)
def test_a_player_by_hand_does_better_than_random_play(skill, name, monkeypatch):
    monkeypatch.setattr(skill, "EVALUATION_GAMES", 4)
    monkeypatch.setattr(skill, "MAX_TURNS", 120)
    if name == "slow_garden":
        monkeypatch.setattr("time.sleep", lambda seconds: None)
    keys = skill.KEYS.get(name, skill.ARROWS)
    game, reward = skill.suite()[name], skill.REWARDS.get(name, "score")
    random.seed(0)
    by_hand, chance = (skill.play(game, reward, keys, by_hand) for by_hand in (True, False))
    assert by_hand > chance


def test_the_suite_has_forty_games_and_every_pupils_game(skill):
    games = skill.suite()
    assert len(games) >= 40 and {"levels", "fog", "g2048", "connect4", "lander", "flappy"} <= set(games)
    assert HAVE_RETRO or games


def test_skill_is_the_share_of_the_lead(skill):
    assert skill.skill_of([3.0, 5.0], 0.0, 8.0) == 0.5
    assert skill.interquartile_mean(skill.np.array([0.0, 1.0, 2.0, 100.0])) == 1.5


def test_the_table_and_the_plot_of_what_was_measured(skill, tmp_path):
    for seed, returns in enumerate(([4.0, 6.0], [8.0, 8.0])):
        cell = {"game": "fruit", "seed": seed, "greedy": {"15.0": returns}}
        (tmp_path / f"cell-fruit-{seed}.json").write_text(json.dumps(cell))
    (tmp_path / "cell-pong-0.json").write_text(json.dumps({"game": "pong", "seed": 0, "refused": "why"}))
    for name in ("fruit", "pong"):
        (tmp_path / f"reference-{name}.json").write_text("[0.0, 10.0]")
    names = ["fruit", "pong", "dodge"]
    lines = skill.table(tmp_path, names, [15.0]).splitlines()
    assert lines[1].split() == ["fruit", "0.0", "10.0", "6.5", "0.65", "0.50"]
    assert lines[2].split() == ["pong", "0.0", "10.0", "refused", "0.00", "0.00"] and len(lines) == 4
    pytest.importorskip("matplotlib")
    skill.plot(tmp_path / "skill.svg", tmp_path, names, [15.0])
    assert "</svg>" in (tmp_path / "skill.svg").read_text("utf-8")
