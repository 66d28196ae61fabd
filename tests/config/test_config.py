"""config.toml: defaults, every setting's range and type, messages, files as people and other programs write them."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retro_gamer.config.key_names import KEY_NAMES, key_problem
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import SECTIONS, MemberSettings, TeamSettings, all_settings
from retro_gamer.config.teams import read_teams
from retro_gamer.config.values import check_value, find_setting, toml_value, tomllib
from retro_gamer.errors import ConfigError, RetroGamerError

ALL = [pytest.param(section, field, id=f"{section}.{field.name}") for section, field in all_settings()]
NUMBERS = [
    pytest.param(section, field, id=f"{section}.{field.name}")
    for section, field in all_settings()
    if field.type in ("int", "float", "List[int]", "Union[float, str]")
]
LEAST = {"game": {"module": "my_game"}, "metadata": {"actions": ["KEY_LEFT", "a"], "reward": "score"}}


def with_setting(section, name, value):
    data = {key: dict(values) for key, values in LEAST.items()}
    data.setdefault(section, {})[name] = value
    return data


def problems_of(data):
    """The text of the ConfigError that these settings raise; empty if they are right."""
    try:
        RunConfig.from_dict(data)
    except ConfigError as error:
        return str(error)
    return ""


def load_text(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return RunConfig.load(path)


def load_problem(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text)
    return str(caught.value)


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


def test_setting_names_are_unique_because_flags_have_no_sections():
    names = [field.name for _, field in all_settings()]
    assert len(set(names)) == len(names)


# Types and ranges, from the table of settings


WRONG_TYPES = {
    "bool": [1, 0, "true", [True], 1.0, {}],
    "str": [1, True, ["a"], 1.5, {}],
    "int": [True, "1", 1.0, [1], math.nan, math.inf, {}],
    "float": [True, "0.5", [0.5], math.nan, math.inf, -math.inf, {}],
    "Union[float, str]": [True, "big", [1.0], math.nan, math.inf, {}],
    "List[str]": ["a", [1], ["a", 2], {"a": 1}, True, 5],
    "List[int]": [5, "5", [True], [1.5], ["5"], {}],
}


@pytest.mark.parametrize("section, field", ALL)
def test_a_value_of_the_wrong_type_is_named_and_explained(section, field):
    for value in WRONG_TYPES[field.type]:
        text = problems_of(with_setting(section, field.name, value))
        assert (
            f"{field.name} = {value!r}" in text and field.metadata["help"] in text and "It must be" in text
        ), (
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
        value = [value] if field.type == "List[int]" else value
        text = problems_of(with_setting(section, field.name, value))
        assert f"{field.name} = " in text and limit in text, (value, text)


@pytest.mark.parametrize("section, field", NUMBERS)
def test_the_limits_themselves_are_allowed_or_not_as_they_say(section, field):
    low, high, above = (field.metadata[name] for name in ("low", "high", "above"))
    for value in (low, high, None if above is None else above + 1e-9 if field.type != "int" else above + 1):
        if value is not None:
            assert check_value(field, [value] if field.type == "List[int]" else value) == ""


@pytest.mark.parametrize(
    "section, field", [pytest.param(s, f, id=f.name) for s, f in all_settings() if f.type == "float"]
)
def test_a_whole_number_will_do_for_a_float(section, field):
    value = 1
    assert problems_of(with_setting(section, field.name, value)) == ""
    stored = getattr(
        getattr(RunConfig.from_dict(with_setting(section, field.name, value)), section), field.name
    )
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
    assert "one of dqn, q_learning, sarsa, expected_sarsa, double_q_learning" in text
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
        "module is missing",
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
    assert text.startswith("Found 11 problems in config.toml:")


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
    assert "[training] is a section with settings below it, not a value" in problems_of(
        {"training": 5, **LEAST}
    )


def test_find_setting_knows_the_section():
    assert find_setting("radar")[0] == "preprocessing"
    with pytest.raises(KeyError):
        find_setting("radars")


# Settings seen together


@pytest.mark.parametrize(
    "section, values, expected",
    [
        ("game", {"module": ""}, "[game] module is missing"),
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
    data["preprocessing"] = {"board": True, "egocentric_radius": 3, "spatial": True}
    assert problems_of(data) == ""


def test_a_gymnasium_run_needs_no_keys_and_no_reward():
    assert problems_of({"game": {"gym": "CartPole-v1"}, "preprocessing": {"board": False}}) == ""


def test_a_tabular_run_has_no_use_for_a_memory():
    data = with_setting("training", "algorithm", "sarsa")
    data["training"]["memory_capacity"] = 1
    assert problems_of(data) == "" and RunConfig.from_dict(data).tabular


# Key names


@pytest.mark.parametrize(
    "key", ["a", "Z", "5", " ", "é", "?", "KEY_LEFT", "KEY_F12", "KEY_ENTER", "KEY_KP_7", "KEY_SPACE"]
)
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


# Files


GOOD = '[game]\nmodule = "my_game"\n[metadata]\nactions = ["a"]\nreward = "score"\n[training]\nseed = 7\n'


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(),
        GOOD.rstrip("\n"),
        "\n\n# a comment é ✓\n" + GOOD,
    ],
    ids=["plain", "CRLF", "BOM", "BOM and CRLF", "no last newline", "comments"],
)
def test_files_of_every_editor_are_read(tmp_path, content):
    assert load_text(tmp_path, content).training.seed == 7


@pytest.mark.parametrize(
    "bad_line, number",
    [
        ("gamma = ", 8),
        ("gamma 0.9", 8),
        ('algorithm = "dqn', 8),
        ("seed = 8", 8),
        ("gamma = 0.9.9", 8),
        ("[training", 8),
        ("learning_rate = 1e", 8),
        ("double = True", 8),
    ],
)
def test_a_line_that_is_not_toml_is_named(tmp_path, bad_line, number):
    text = load_problem(tmp_path, GOOD + bad_line + "\n")
    assert str(tmp_path / "config.toml") in text and f"line {number}" in text and "name = value" in text


def test_latin_1_is_named_with_its_line(tmp_path):
    text = load_problem(tmp_path, GOOD.encode() + "# für\n".encode("latin-1"))
    assert "not text in UTF-8 (line 8)" in text and "Save it again as UTF-8" in text


def test_utf_16_is_refused_readably(tmp_path):
    assert "not text in UTF-8" in load_problem(tmp_path, GOOD.encode("utf-16"))


def test_an_empty_file_lacks_what_has_no_default(tmp_path):
    text = load_problem(tmp_path, "")
    assert "Found 3 problems" in text and all(word in text for word in ("module", "actions", "reward"))


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "seed = 1" + "0" * 5000, "\x00", "[training]\nseed = \x01"]
)
def test_malicious_toml_is_refused_readably(tmp_path, text):
    assert "config.toml" in load_problem(tmp_path, text)


def test_a_date_is_not_a_number(tmp_path):
    assert "It must be a whole number" in load_problem(
        tmp_path, GOOD.replace("seed = 7", "seed = 1979-05-27")
    )


def test_nan_and_infinity_are_refused(tmp_path):
    for value in ("nan", "inf", "-inf"):
        assert "It must be an ordinary number." in load_problem(tmp_path, GOOD + f"gamma = {value}\n")


def test_the_error_is_a_value_error_of_the_library():
    assert issubclass(ConfigError, ValueError) and issubclass(ConfigError, RetroGamerError)


# What create writes

TEAMS = [
    TeamSettings("red", "red_score", [MemberSettings("Red", ["a", "b"])], ["R", "r"], 7),
    TeamSettings(
        "blue",
        'the "blue" score',
        [MemberSettings("Blue", ["KEY_LEFT", "\\"]), MemberSettings("Blue 2", ["c", "d"])],
    ),
]


def test_teams_are_written_and_read_back():
    data = tomllib.loads(RunConfig(teams=TEAMS).to_toml())
    problems = []
    assert read_teams(data["teams"], problems) == TEAMS and not problems


def test_without_teams_there_is_nothing_about_self_play():
    assert "self_play" not in RunConfig().to_toml() and "teams" not in RunConfig().to_toml()


def test_every_setting_is_written_with_its_comment():
    lines = RunConfig(teams=TEAMS).to_toml().splitlines()
    for section, field in all_settings():
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{field.name} = "))
        assert lines[place - 1] == f"# {field.metadata['help']}"
        assert [line for line in lines[:place] if line.startswith("[")][-1] == f"[{section}]"


def test_notes_stand_above_their_setting():
    lines = RunConfig().to_toml({"training.gamma": "Because."}).splitlines()
    place = lines.index("gamma = 0.99")
    assert lines[place - 1] == "# Because." and lines[place - 2].startswith("# Discount")
    assert lines.count("# Because.") == 1


def test_every_help_text_is_one_line():
    assert all(
        "\n" not in field.metadata["help"] and field.metadata["help"].strip() for _, field in all_settings()
    )


text_values = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
awkward = st.sampled_from(
    [
        '"',
        "\\",
        '\\"',
        "'''",
        "#",
        "\t",
        "\n",
        "\r\n",
        "\x00",
        "\x1f",
        "\x7f",
        "\x85",
        "\u2028",
        "é",
        "蛇",
        "\U0001f40d",
        "C:\\games\\é",
        " = ",
        "[x]",
        "\\u0041",
    ]
)
strings = text_values | awkward


def values_for(field):
    """Values that a setting allows."""
    low, high, above = (field.metadata[name] for name in ("low", "high", "above"))
    if field.metadata["choices"]:
        return st.sampled_from(field.metadata["choices"])
    integers = st.integers(low if low is not None else 1, high if high is not None else 10**12)
    if field.type == "bool":
        return st.booleans()
    if field.type == "str":
        return strings
    if field.type == "List[str]":
        return st.lists(strings, max_size=4)
    if field.type == "List[int]":
        return st.lists(integers, min_size=1, max_size=4)
    if field.type == "int":
        return integers
    floats = st.floats(
        low if low is not None else above, high if high is not None else 1e300, exclude_min=low is None
    )
    return floats if field.type == "float" else floats | st.just("auto")


def random_config():
    return st.builds(
        RunConfig,
        teams=st.just(TEAMS),
        **{
            section: st.builds(cls, **{field.name: values_for(field) for field in dataclasses.fields(cls)})
            for section, cls in SECTIONS.items()
        },
    )


@given(random_config())
@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
def test_what_is_written_is_read_back_unchanged(config):
    from retro_gamer.config import run_config as module

    data = tomllib.loads(config.to_toml())
    for section, cls in SECTIONS.items():
        problems = []
        assert module._read_section(section, cls, data[section], problems, []) == getattr(config, section)
        assert not problems


@given(strings)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_any_text_survives_toml(value):
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_any_float_survives_toml(value):
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


def test_a_whole_file_survives(tmp_path):
    config = RunConfig.from_dict(
        {
            "game": {"module": "spiel", "path": 'C:\\spiele\\"meine" é\t蛇\x7f\x00', "factory": "spiel:neu"},
            "metadata": {
                "actions": ['"', "\\", "é", " ", "KEY_F1"],
                "reward": "punkte 'gesamt'",
                "board_size": [3, 2],
                "character_set": ["\\", '"', "#", "█", "\U0001f40d", " "],
            },
            "preprocessing": {"observe_state": ["energy", "a=b"]},
            "training": {"learning_rate": 5e-05, "reward_scale": 0.25},
        }
    )
    assert load_text(tmp_path, config.to_toml()) == config


def test_text_that_no_file_can_hold_is_refused():
    config = RunConfig()
    config.game.path = "/tmp/\udcff"
    with pytest.raises(ConfigError, match="cannot be written"):
        config.to_toml()


# Runs of the original, as its 0.4.0 writes them with tomli_w


AFTER_INIT = """\
[game]
module = "snake"
path = "/home/ada/games"

[metadata]
actions = [
    "KEY_RIGHT",
    "KEY_UP",
    "KEY_LEFT",
    "KEY_DOWN",
]
reward = "reward"
board_size = [
    32,
    16,
]

[preprocessing]
spatial = true

[model]
hidden_sizes = [
    128,
    64,
]

[training]
learning_rate = 0.0001
learning_rate_decay = 0.9999
gamma = 0.99
epsilon_decay = 0.9997
epsilon_min = 0.05
batch_size = 64
memory_capacity = 50000
target_update_freq = 500
training_episodes = 20000
max_turns_per_episode = 2000
exploration_turns = 200
train_every = 4
prioritize_experiences = true
"""

AFTER_TRAINING = """\
[game]
module = "my_games.grid"
factory = "my_games.grid:create_game"

[metadata]
actions = [
    "KEY_LEFT",
    "KEY_RIGHT",
]
reward = "score"
board_size = [
    25,
    25,
]
observation_function = "my_games.grid:observe"
extras_size = 12

[preprocessing]
spatial = false
board = true
observe_state = []

[model]
hidden_sizes = [
    512,
    256,
]

[training]
learning_rate = 0.001
learning_rate_decay = 1.0
gamma = 0.99
epsilon = 1.0
epsilon_decay = 0.9997
epsilon_min = 0.05
batch_size = 64
memory_capacity = 50000
target_update_freq = 500
train_every = 4
training_episodes = 500
prioritize_experiences = false
exploration_turns = 200
unknown_character_strategy = "ignore"
max_turns_per_episode = 2000
"""


def test_a_run_that_the_original_just_made_loads(tmp_path):
    config = load_text(tmp_path, AFTER_INIT)
    assert config.game.path == "/home/ada/games" and config.metadata.board_size == [32, 16]
    assert config.preprocessing.spatial and config.preprocessing.board and config.training.epsilon == 1.0


def test_a_run_that_the_original_trained_loads(tmp_path):
    config = load_text(tmp_path, AFTER_TRAINING)
    assert config.game.factory == "my_games.grid:create_game"
    assert (
        config.metadata.observation_function == "my_games.grid:observe" and config.metadata.extras_size == 12
    )
    assert config.model.hidden_sizes == [512, 256] and not config.training.prioritize_experiences


def test_the_originals_setting_without_meaning_here_is_dropped(tmp_path):
    assert "unknown_character_strategy" not in load_text(tmp_path, AFTER_TRAINING).to_toml()
    assert "unknown_character_strategy in [model]" in problems_of(
        with_setting("model", "unknown_character_strategy", "ignore")
    )
