"""Settings: defaults, every setting's range and type, messages, names, keys."""

from __future__ import annotations

import math
import re
from dataclasses import FrozenInstanceError

import pytest
from config_texts import LEAST, problems_of, with_setting

from retro_gamer.config.key_names import KEY_NAMES, key_problem
from retro_gamer.config.kinds import FLAG, NUMBER, NUMBER_OR_AUTO, TEXT, TEXTS, WHOLE, WHOLES
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import SECTIONS, all_settings, find_setting, new_run_values, registry
from retro_gamer.config.values import check_value, parse_toml
from retro_gamer.errors import ConfigError

ALL = [pytest.param(section, field, id=f"{section}.{field.name}") for section, field in all_settings()]


NUMBERS = [
    pytest.param(section, field, id=f"{section}.{field.name}")
    for section, field in all_settings()
    if field.type in ("int", "float", "list[int]", "float | str")
]


# Defaults


def test_a_file_may_leave_out_all_that_has_a_default():
    config = RunConfig.from_dict(LEAST)
    for section, field in all_settings():
        if field.name not in LEAST.get(section, {}):
            default = getattr(SECTIONS[section](), field.name)
            assert getattr(getattr(config, section), field.name) == default


def test_defaults_are_those_of_the_original():
    training, model = RunConfig.from_dict(LEAST).training, RunConfig.from_dict(LEAST).model
    assert model.hidden_sizes == [128, 64]
    assert (training.learning_rate, training.learning_rate_decay, training.gamma) == (1e-4, 0.9999, 0.99)
    assert (training.epsilon, training.epsilon_decay, training.epsilon_min) == (1.0, 0.9997, 0.05)
    assert (training.batch_size, training.memory_capacity, training.target_update_freq) == (64, 50000, 500)
    assert (training.train_every, training.training_episodes, training.prioritize_experiences) == (
        4,
        20000,
        True,
    )
    assert (training.exploration_turns, training.max_turns_per_episode) == (200, 2000)


@pytest.mark.parametrize("section, field", ALL)
def test_every_default_is_a_value_that_its_setting_allows(section, field):
    assert check_value(field, getattr(SECTIONS[section](), field.name)) == ""


def test_list_defaults_are_not_shared_between_configurations():
    RunConfig().metadata.actions.append("a")
    assert RunConfig().metadata.actions == []


def test_setting_names_are_unique_because_flags_have_no_sections(monkeypatch):
    assert len(registry()) == len(all_settings())
    monkeypatch.setitem(SECTIONS, "other", SECTIONS["model"])
    with pytest.raises(TypeError, match=r"hidden_sizes is in \[model\] and in \[other\]"):
        registry()


@pytest.mark.parametrize("section, field", ALL)
def test_the_kind_of_a_setting_is_that_of_its_annotation(section, field):
    kinds = {
        "bool": FLAG,
        "int": WHOLE,
        "float": NUMBER,
        "str": TEXT,
        "list[str]": TEXTS,
        "list[int]": WHOLES,
        "float | str": NUMBER_OR_AUTO,
    }
    assert field.metadata["kind"] is kinds[field.type]


@pytest.mark.parametrize("algorithm", ["dqn", "sarsa"])
@pytest.mark.parametrize("self_play", [False, True])
def test_what_a_new_run_has_is_allowed_and_another_value_than_the_default(algorithm, self_play):
    for name, value in new_run_values(algorithm, self_play).items():
        section, field = find_setting(name)
        assert check_value(field, value) == ""
        assert value != getattr(SECTIONS[section](), name) or self_play
    assert new_run_values(algorithm, self_play).get("evaluate_every") == (0 if self_play else None)
    assert new_run_values(algorithm)["learning_rate"] == (5e-4 if algorithm == "dqn" else 0.1)


def test_other_values_make_another_configuration():
    config = RunConfig.from_dict(LEAST)
    other = config.with_settings({"gamma": 0.5, "radar": True, "seed": 7})
    assert (other.training.gamma, other.preprocessing.radar, other.training.seed) == (0.5, True, 7)
    assert config == RunConfig.from_dict(LEAST) and other.metadata == config.metadata
    with pytest.raises(KeyError):
        config.with_settings({"gama": 0.5})
    with pytest.raises(FrozenInstanceError):
        config.training.gamma = 0.5
    with pytest.raises(FrozenInstanceError):
        config.teams = []


# Types and ranges, from the table of settings


WRONG_TYPES = {
    "bool": [1, 0, "true", [True], 1.0, {}],
    "str": [1, True, ["a"], 1.5, {}],
    "int": [True, "1", 1.0, [1], math.nan, math.inf, {}],
    "float": [True, "0.5", [0.5], math.nan, math.inf, -math.inf, {}],
    "float | str": [True, "big", [1.0], math.nan, math.inf, {}],
    "list[str]": ["a", [1], ["a", 2], {"a": 1}, True, 5],
    "list[int]": [5, "5", [True], [1.5], ["5"], {}],
}


@pytest.mark.parametrize("section, field", ALL)
def test_a_value_of_the_wrong_type_is_named_and_explained(section, field):
    for value in WRONG_TYPES[field.type]:
        text = problems_of(with_setting(section, field.name, value))
        assert f"{field.name} = {value!r}" in text and field.metadata["help"] in text and "It must be" in text, (
            value,
            text,
        )


@pytest.mark.parametrize("section, field", NUMBERS)
def test_a_value_out_of_range_is_named_with_its_limits(section, field):
    low, high, above = (field.metadata[name] for name in ("low", "high", "above"))
    assert (low, high, above) != (None, None, None)
    outside = []
    if low is not None:
        outside += [(low - 1, f"at least {low}"), (-(10**30), f"at least {low}")]
    if above is not None:
        outside += [(above, f"greater than {above}"), (above - 1, f"greater than {above}")]
    if high is not None:
        outside += [(high + 1, f"at most {high}"), (10**400, f"at most {high}")]
    for value, limit in outside:
        value = [value] if field.type == "list[int]" else value
        text = problems_of(with_setting(section, field.name, value))
        assert f"{field.name} = " in text and limit in text, (value, text)


@pytest.mark.parametrize("section, field", NUMBERS)
def test_the_limits_themselves_are_allowed_or_not_as_they_say(section, field):
    low, high, above = (field.metadata[name] for name in ("low", "high", "above"))
    for value in (low, high, None if above is None else above + 1e-9 if field.type != "int" else above + 1):
        if value is not None:
            assert check_value(field, [value] if field.type == "list[int]" else value) == ""


@pytest.mark.parametrize("section, field", [pytest.param(s, f, id=f.name) for s, f in all_settings() if f.type == "float"])
def test_a_whole_number_will_do_for_a_float(section, field):
    value = 1
    assert problems_of(with_setting(section, field.name, value)) == ""
    stored = getattr(getattr(RunConfig.from_dict(with_setting(section, field.name, value)), section), field.name)
    assert stored == 1.0 and type(stored) is float


def test_a_list_is_refused_for_one_wrong_number_in_it():
    assert "at least 1" in problems_of(with_setting("model", "hidden_sizes", [128, 0, 64]))
    assert "list of whole numbers" in problems_of(with_setting("model", "hidden_sizes", [128, 6.4]))


def test_reward_scale_is_a_number_or_auto():
    assert problems_of(with_setting("training", "reward_scale", "auto")) == ""
    assert problems_of(with_setting("training", "reward_scale", 0.1)) == ""
    assert 'a number or "auto"' in problems_of(with_setting("training", "reward_scale", "automatic"))
    assert "greater than 0" in problems_of(with_setting("training", "reward_scale", 0))


def test_an_unknown_algorithm_is_refused_with_the_nearest():
    text = problems_of(with_setting("training", "algorithm", "q-learning"))
    assert 'one of "dqn", "q_learning", "sarsa", "expected_sarsa", "double_q_learning". Did you mean "q_learning"?' in text
    assert 'Did you mean "q_learning"?' in text


def test_all_problems_are_listed_at_once():
    data = {
        "game": {},
        "metadata": {"actions": ["KEY_LEFFT", "a", "a"], "reward": 5},
        "preprocesing": {},
        "preprocessing": {"board": "yes"},
        "model": {"hidden_sizes": []},
        "training": {"gamma": 2, "epsilon": math.nan, "batch_size": True, "learning_rat": 0.1},
    }
    text = problems_of(data)
    for part in (
        "KEY_LEFFT",
        "Each key is one action",
        "reward = 5",
        "preprocesing",
        "board = 'yes'",
        "hidden_sizes = []",
        "gamma = 2",
        "epsilon = nan",
        "batch_size = True",
        "learning_rat in [training]",
    ):
        assert part in text
    assert text.startswith("Found 10 problems in config.toml:")


def test_one_problem_is_not_many():
    assert problems_of(with_setting("training", "gamma", 0)).startswith("Found 1 problem in config.toml:\n")


def test_a_refused_value_does_not_cause_a_second_complaint():
    assert "Found 1 problem " in problems_of(with_setting("metadata", "actions", "KEY_LEFT"))
    assert "Found 1 problem " in problems_of(with_setting("metadata", "reward", None))


def test_a_refused_value_hides_no_problem_of_another_setting():
    data = with_setting("preprocessing", "board", "yes")
    data["metadata"]["board_size"] = [3]
    data["training"] = {"a": 1}
    text = problems_of(data)
    assert "board = 'yes'" in text and "board_size = [3]" in text and "a in [training]" in text


def test_every_message_says_what_to_try():
    text = problems_of({"training": {"gamma": 2, "batch_size": "x", "nonsense": 1}, "model": {"dueling": 3}})
    assert text.count("\n    -> ") == int(re.search(r"Found (\d+) problems", text).group(1))


def test_a_huge_number_does_not_fill_the_screen():
    assert max(map(len, problems_of(with_setting("training", "seed", 10**4000)).splitlines())) < 200


# Names


def test_an_unknown_setting_is_an_error_with_the_nearest_name():
    text = problems_of(with_setting("training", "learning_rte", 0.1))
    assert "learning_rte in [training]" in text and "Did you mean learning_rate?" in text


def test_an_unknown_setting_like_no_other_brings_the_list():
    text = problems_of(with_setting("model", "zzz", 1))
    assert "zzz in [model]" in text and "Known: hidden_sizes, dueling." in text


def test_a_setting_in_the_wrong_section_is_sent_to_its_own():
    text = problems_of(with_setting("training", "hidden_sizes", [64]))
    assert "hidden_sizes in [training]" in text and "Move it to [model]." in text


def test_a_setting_before_the_first_section_is_sent_to_its_own():
    text = problems_of({"seed": 5, **LEAST})
    assert "seed = 5" in text and "before the first section" in text and "Move it to [training]." in text


def test_an_unknown_section_is_an_error_with_the_nearest_name():
    text = problems_of({"trainig": {}, **LEAST})
    assert "[trainig]" in text and "There is no such section." in text and "Did you mean training?" in text


def test_a_section_must_be_a_section():
    assert "[training] is a section with settings below it, not a value" in problems_of({"training": 5, **LEAST})


def test_find_setting_knows_the_section():
    assert find_setting("radar")[0] == "preprocessing"
    with pytest.raises(KeyError):
        find_setting("radars")


# Settings seen together


@pytest.mark.parametrize(
    "section, values, expected",
    [
        ("game", {"factory": "my_game"}, "factory = 'my_game'"),
        ("game", {"factory": "my_game:new-game"}, 'Try: "my_game:create_game"'),
        ("metadata", {"actions": []}, "actions is empty or missing"),
        ("metadata", {"actions": ["a", "b", "a"]}, "Name every key only once"),
        ("metadata", {"reward": ""}, "reward is empty or missing"),
        ("metadata", {"board_size": [32]}, "width and a height"),
        ("metadata", {"board_size": [3, 2, 1]}, "width and a height"),
        ("metadata", {"character_set": ["@", "ab"]}, "character_set: 'ab' has length 2"),
        ("metadata", {"character_set": [""]}, "character_set: '' has length 0"),
        ("metadata", {"observation_function": "observe"}, 'Try: "my_game:observe"'),
        ("preprocessing", {"egocentric_radius": 3}, "two ways to see the board"),
        ("preprocessing", {"board": False}, "nothing to observe"),
        ("preprocessing", {"board": False, "spatial": True, "radar": True}, "A convolution needs a board"),
        ("model", {"hidden_sizes": []}, "at least one hidden layer"),
        ("training", {"epsilon": 0.01}, "epsilon_min = 0.05 is greater than epsilon = 0.01"),
        ("training", {"batch_size": 128, "memory_capacity": 100}, "Try: memory_capacity = 50000"),
    ],
)
def test_settings_that_cannot_go_together_are_refused(section, values, expected):
    data = {key: dict(content) for key, content in LEAST.items()}
    data.setdefault(section, {}).update(values)
    assert expected in problems_of(data)


def test_an_observation_function_and_observed_state_values_exclude_each_other():
    data = with_setting("metadata", "observation_function", "my_game:observe")
    data["preprocessing"] = {"observe_state": ["energy"]}
    assert "observation_function and observe_state are both set" in problems_of(data)


def test_with_an_observation_function_the_encoders_do_not_matter():
    data = with_setting("metadata", "observation_function", "my_game:observe")
    data["preprocessing"] = {"board": True, "egocentric_radius": 3}
    assert problems_of(data) == ""


def test_no_convolution_over_what_a_function_returns():
    data = with_setting("metadata", "observation_function", "my_game:observe")
    data["preprocessing"] = {"spatial": True}
    assert "observation_function and spatial = true are both set" in problems_of(data)
    assert problems_of({**data, "training": {"algorithm": "q_learning"}}) == ""  # which has no network


def test_settings_of_the_first_versions_of_the_original_that_mean_nothing():
    old = {"egocentric": False, "egocentric_player": "hunter", "observe_state_sizes": {"energy": 1}}
    assert problems_of({**LEAST, "preprocessing": {**old, "observe_state": ["energy"]}}) == ""
    text = problems_of({**LEAST, "preprocessing": {**old, "egocentric": True}})
    assert "egocentric = true" in text and "retro-gamer 0.1 cut the board to a window" in text


def test_a_gymnasium_run_needs_no_keys_and_no_reward():
    assert problems_of({"game": {"gym": "CartPole-v1"}, "preprocessing": {"board": False}}) == ""


def test_a_tabular_run_has_no_use_for_a_memory():
    data = with_setting("training", "algorithm", "sarsa")
    data["training"]["memory_capacity"] = 1
    assert problems_of(data) == "" and RunConfig.from_dict(data).tabular


# Key names


@pytest.mark.parametrize("key", ["a", "Z", "5", " ", "é", "?", "KEY_LEFT", "KEY_F12", "KEY_ENTER", "KEY_KP_7", "KEY_SPACE"])
def test_keys_of_a_keyboard_are_allowed(key):
    assert key_problem(key) == ""


@pytest.mark.parametrize(
    "key, nearest",
    [
        ("KEY_LEFFT", "KEY_LEFT"),
        ("left", "KEY_LEFT"),
        ("key_up", "KEY_UP"),
        ("enter", "KEY_ENTER"),
        ("KEY_ESC", "KEY_ESCAPE"),
    ],
)
def test_a_key_that_no_keyboard_has_brings_the_nearest(key, nearest):
    assert "No keyboard has this key" in key_problem(key) and f"Did you mean {nearest}?" in key_problem(key)
    assert f"actions: {key!r}" in problems_of(with_setting("metadata", "actions", [key]))


@pytest.mark.parametrize("key", ["", "\n", "\x00", "qqqqqqqq"])
def test_a_key_like_no_other_brings_no_guess(key):
    assert "No keyboard has this key" in key_problem(key) and "Did you mean" not in key_problem(key)


def test_the_keys_of_blessed_are_known():
    codes = pytest.importorskip("blessed.keyboard").get_keyboard_codes()
    everyday = re.compile(
        r"KEY_(F\d+|UP|DOWN|LEFT|RIGHT|ENTER|TAB|ESCAPE|BACKSPACE|DELETE|INSERT|HOME|END|PG(UP|DOWN)|KP_\w+)"
    )
    assert {name for name in codes.values() if everyday.fullmatch(name)} - KEY_NAMES <= {"KEY_F0"}


# What strangers write


MANY = {
    "unknown settings": "[training]\n" + "\n".join(f"gama{i} = 1" for i in range(15_000)),
    "unknown sections": "\n".join(f"[trainin{i}]" for i in range(15_000)),
    "one unknown setting, of any length": "[training]\n" + "gama" * 60_000 + " = 1",
    "an algorithm of any length": '[training]\nalgorithm = "' + "q_learning" * 20_000 + '"',
    "keys": "[metadata]\nactions = [" + ",".join(f"'KEY_UP{i}'" for i in range(900)) + "]",
    "far too many keys": "[metadata]\nactions = [" + ",".join(f"'KEY{i}'" for i in range(20_000)) + "]",
    "characters": "[metadata]\ncharacter_set = [" + ",".join(f"'ab{i}'" for i in range(20_000)) + "]",
    "teams": "[[teams]]\n" * 22_000,
    "settings of a team": "[[teams]]\n" + "\n".join(f"nam{i} = 1" for i in range(20_000)),
    "members": "[[teams]]\nmembers = [" + ",".join(["{}"] * 20_000) + "]",
    "keys of members": "\n".join(
        f'[[teams]]\nname = "a{i}"\nmembers = ['
        + ",".join('{character = "c%d", actions = ["KEY_LEFTY"]}' % j for j in range(90))
        + "]"
        for i in range(16)
    ),
    "keys of one member": "[[teams]]\nmembers = [{character = 'a', actions = ["
    + ",".join(f"'KEY_UP{i}'" for i in range(900))
    + "]}]",
    "digits": "[training]\nseed = " + "9" * 250_000,
}


@pytest.mark.parametrize("what", MANY)
def test_however_much_is_wrong_little_is_compared_and_said(what, monkeypatch):
    """To look for a name spelled alike takes a millisecond: it is done a hundred times, not 20,000 times."""
    import difflib

    calls, look = [], difflib.get_close_matches

    def count(word, possibilities, *rest):
        calls.append(len(word))
        return look(word, possibilities, *rest)

    monkeypatch.setattr(difflib, "get_close_matches", count)
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict(parse_toml(MANY[what].encode(), "config.toml"))
    assert len(calls) <= 3 * 100 and max(calls, default=0) <= 100
    assert len(str(caught.value)) < 60_000
