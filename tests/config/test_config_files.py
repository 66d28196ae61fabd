"""config.toml as people and other programs write it, as create writes it, and as the original did."""

from __future__ import annotations

import dataclasses

import pytest
from config_texts import problems_of, with_setting
from hypothesis import given, settings
from hypothesis import strategies as st

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import SECTIONS, MemberSettings, TeamSettings, all_settings
from retro_gamer.config.teams import read_teams
from retro_gamer.config.values import read_settings, toml_value, tomllib
from retro_gamer.errors import ConfigError, RetroGamerError


def load_text(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return RunConfig.load(path)


def load_problem(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text)
    return str(caught.value)


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
    assert "Found 2 problems" in text and all(word in text for word in ("actions", "reward"))


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "seed = 1" + "0" * 5000, "\x00", "[training]\nseed = \x01"])
def test_malicious_toml_is_refused_readably(tmp_path, text):
    assert "config.toml" in load_problem(tmp_path, text)


def test_a_date_is_not_a_number(tmp_path):
    assert "It must be a whole number" in load_problem(tmp_path, GOOD.replace("seed = 7", "seed = 1979-05-27"))


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
    assert read_teams(data["teams"]) == (TEAMS, [])


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
    assert all("\n" not in field.metadata["help"] and field.metadata["help"].strip() for _, field in all_settings())


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
    if field.type == "list[str]":
        return st.lists(strings, max_size=4)
    if field.type == "list[int]":
        return st.lists(integers, min_size=1, max_size=4)
    if field.type == "int":
        return integers
    floats = st.floats(low if low is not None else above, high if high is not None else 1e300, exclude_min=low is None)
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
@settings(max_examples=60)
def test_what_is_written_is_read_back_unchanged(config):
    data = tomllib.loads(config.to_toml())
    for section, cls in SECTIONS.items():
        assert read_settings(cls, data[section], lambda name, known: None) == (getattr(config, section), [])


@given(strings)
@settings(max_examples=200)
def test_any_text_survives_toml(value):
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200)
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
    config = RunConfig().with_settings({"path": "/tmp/\udcff"})
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
    assert config.metadata.observation_function == "my_games.grid:observe" and config.metadata.extras_size == 12
    assert config.model.hidden_sizes == [512, 256] and not config.training.prioritize_experiences


def test_the_originals_setting_without_meaning_here_is_dropped(tmp_path):
    assert "unknown_character_strategy" not in load_text(tmp_path, AFTER_TRAINING).to_toml()
    assert "unknown_character_strategy in [model]" in problems_of(
        with_setting("model", "unknown_character_strategy", "ignore")
    )
