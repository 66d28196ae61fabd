"""Problems of a configuration: which settings they are about, and that few are found of many."""

from __future__ import annotations

import difflib

import pytest
from config_texts import problems_of, with_setting
from selfplay_runs import DUEL

from retro_gamer.cli import main
from retro_gamer.config.problems import MAX_PROBLEMS, Problem, report


def test_a_problem_says_what_was_found_what_it_means_and_what_to_try():
    problem = Problem("lives = -1", "Nobody has fewer lives than none.", "Try: lives = 3")
    assert str(problem) == "  lives = -1\n    Nobody has fewer lives than none.\n    -> Try: lives = 3"
    assert str(Problem("lives", "There are none.")) == "  lives\n    There are none."
    assert len(str(Problem("x" * 10**6, "It is too long."))) < 400
    assert report([problem], "a.toml").startswith("Found 1 problem in a.toml:\n\n  lives")
    assert report([problem] * 2, "a.toml").startswith("Found 2 problems in a.toml:\n\n  lives")


@pytest.mark.parametrize(
    "section, name, value, other, words",
    [
        ("training", "epsilon", "high", {"epsilon_min": 0.9}, "is greater than epsilon"),
        ("preprocessing", "radar", "yes", {"board": False}, "nothing to observe"),
        ("metadata", "actions", "a", {}, "actions is empty"),
        ("metadata", "reward", 5, {}, "reward is empty"),
    ],
)
def test_what_only_follows_from_a_refused_value_is_not_said_too(section, name, value, other, words):
    data = with_setting(section, name, value)
    data[section] = {**data.get(section, {}), **other}
    text = problems_of(data)
    assert text.startswith("Found 1 problem") and name in text and words not in text


def test_all_choices_are_named_as_they_are_written_the_empty_one_too():
    text = problems_of(with_setting("preprocessing", "flow", "dawn"))
    assert 'It must be one of "", "down", "up", "left", "right". Did you mean "down"?' in text


def test_a_team_is_not_excused_by_a_refused_setting_that_its_name_is_like():
    """Before, a problem was left out when a word of its first line was the name of a refused setting."""
    teams = [{**DUEL["teams"][0], "name": "radar", "members": []}, DUEL["teams"][1]]
    text = problems_of({**DUEL, "preprocessing": {"board": True, "radar": 5}, "teams": teams})
    assert "radar = 5" in text and "team 'radar' has no members" in text


@pytest.fixture
def hints(monkeypatch):
    """Counts the searches for names spelled alike, which take the time when much is wrong."""
    searches, search = [], difflib.get_close_matches
    monkeypatch.setattr(difflib, "get_close_matches", lambda *a: searches.append(a) or search(*a))
    return searches


def test_little_is_compared_in_the_description_of_a_game_however_much_is_wrong(hints, tmp_path, capsys):
    (tmp_path / "dark.py").write_text("def create_game(): pass\n", "utf-8")
    description = "[tool.retro-gamer]\n" + "".join(f"name_{i} = 1\n" for i in range(15_000))
    (tmp_path / "pyproject.toml").write_text(description, "utf-8")
    assert main(["create", "--game", str(tmp_path / "dark.py"), "--output", str(tmp_path / "run")]) == 2
    assert f"Found {MAX_PROBLEMS} problems" in capsys.readouterr().err and len(hints) <= MAX_PROBLEMS
