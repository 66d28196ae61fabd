"""Making a run of a game: what is written, where it comes from, what is refused."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from observing import ARROWS, needs_retro

from retro_gamer.cli import main
from retro_gamer.commands import calls
from retro_gamer.commands.create import create_run
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import all_settings, find_setting, new_run_values
from retro_gamer.errors import ConfigError, RetroGamerError

STUDENT_GAMES = Path(__file__).resolve().parent.parent / "student_games"


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """A folder with copies of the student games."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    shutil.copytree(str(STUDENT_GAMES), str(tmp_path / "games"), ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    for path in STUDENT_GAMES.iterdir():  # other tests have games of these names
        monkeypatch.delitem(sys.modules, path.stem, raising=False)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def create(game, **flags):
    """The configuration as it stands in the file, and the messages."""
    made = create_run(game, "runs/new", flags)
    return RunConfig.load("runs/new/config.toml"), "\n".join(made.messages)


def refusal(game, **flags):
    with pytest.raises(RetroGamerError) as caught:
        create_run(game, "runs/new", flags)
    assert not Path("runs/new").exists()
    return str(caught.value)


# Each kind of game


@pytest.mark.parametrize(
    "name, size, player",
    [("snake", [32, 16], "snake head"), ("forager", [4, 4], "forager"), ("catch", [10, 12], "basket")],
)
def test_a_bundled_game(name, size, player):
    config, messages = create(name)
    assert config.metadata.board_size == size and config.metadata.player == player and config.metadata.score == "score"
    assert "Read the description of the game in" in messages
    assert (
        config.preprocessing.board,
        config.preprocessing.egocentric_radius,
        config.preprocessing.radar,
    ) == (
        False,
        3,
        True,
    )


@needs_retro
def test_the_originals_first_example_needs_no_description():
    config, messages = create("retro.examples.snake")
    assert config.metadata.actions == list(ARROWS)
    assert (config.metadata.reward, config.metadata.score) == (
        "reward",
        "score",
    ) and config.metadata.board_size == [
        32,
        16,
    ]
    assert 'Found by trying keys: actions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]' in messages
    assert 'reward = "reward", score = "score"' in messages


@needs_retro
@pytest.mark.parametrize("name, actions", [("nav", ["KEY_LEFT", "KEY_RIGHT"]), ("beast", list(ARROWS))])
def test_the_described_examples(name, actions):
    config, messages = create(f"retro.examples.{name}")
    assert config.metadata.actions == actions and config.metadata.reward == "score"
    assert "The description says spatial = true" in messages and not config.preprocessing.spatial


def test_a_file_that_says_nothing_about_itself():
    config, messages = create("games/shooter.py")
    assert config.game.module == "shooter" and config.game.path == str(Path("games").resolve())
    assert config.metadata.actions == ["KEY_RIGHT", "KEY_LEFT", " "]
    assert (config.metadata.reward, config.metadata.score, config.metadata.player) == ("score", "", "ship")
    assert (
        set("M|") == set(config.metadata.character_set) and "Seen from ship: a window of 7x7 cells and a radar." in messages
    )


def test_a_folder_with_a_description():
    config, messages = create("games/garden")
    assert config.game.factory == "garden.start:plant"
    assert config.metadata.reward == "carrots" and config.metadata.character_set == ["c"]  # r is the rabbit itself
    assert config.training.epsilon_min == 0.07 and config.model.hidden_sizes == [32]
    assert str(Path("games/garden/pyproject.toml")) in messages


def test_two_characters_that_listen_to_keys():
    config, messages = create("games/duel.py")
    assert config.metadata.actions == ["KEY_UP", "KEY_DOWN", "w", "s"]
    assert (
        config.preprocessing.board,
        config.preprocessing.egocentric_radius,
        config.preprocessing.radar,
    ) == (
        True,
        0,
        False,
    )
    assert "Several characters listen to keys: left, right." in messages and "--player NAME" in messages
    assert config.metadata.player == "" and config.metadata.reward == "points"


def test_one_of_two_characters_is_named():
    config, messages = create("games/duel.py", player="right")
    assert (config.preprocessing.egocentric_radius, config.metadata.player) == (
        3,
        "right",
    ) and "Seen from right" in messages


def test_a_game_without_keys_needs_to_be_told():
    assert "No key that was tried changes this game" in refusal("games/drifter.py:new_boat_trip")
    config, messages = create("games/drifter.py:new_boat_trip", actions=["a"])
    assert config.metadata.reward == "distance"
    assert 'reward = "distance" (because it grows with play; fuel falls).' in messages
    assert config.preprocessing.board and not config.preprocessing.radar
    assert "The keys control no character: the whole board is seen." in messages


@pytest.mark.parametrize("flags, gamma, n_step", [({}, 0.99, 3), ({"gamma": 0.9}, 0.9, 3), ({"n_step": 1}, 0.99, 1)])
def test_a_gymnasium_environment(flags, gamma, n_step):
    pytest.importorskip("gymnasium")
    config, messages = create("gym:CartPole-v1", **flags)
    training = config.training
    assert (training.gamma, training.n_step, training.repeat_penalty) == (gamma, n_step, 0.0)
    assert config.game.gym == "CartPole-v1" and config.training.max_turns_per_episode == 500
    assert "CartPole-v1: 2 actions" in messages


# What goes before what


def test_flags_go_before_the_description():
    config, _ = create("games/garden", epsilon_min=0.2, actions=["KEY_UP"], hidden_sizes=[16, 16])
    assert (config.training.epsilon_min, config.metadata.actions, config.model.hidden_sizes) == (
        0.2,
        ["KEY_UP"],
        [16, 16],
    )
    assert config.metadata.reward == "carrots"


def test_the_description_goes_before_probing():
    config, messages = create("games/garden")
    assert config.metadata.actions == ["KEY_UP", "KEY_DOWN", "KEY_LEFT", "KEY_RIGHT"] and "trying keys" not in messages


def test_flags_go_before_probing():
    config, messages = create("games/shooter.py", actions=["KEY_LEFT", "q"], reward="level")
    assert (config.metadata.actions, config.metadata.reward) == (
        ["KEY_LEFT", "q"],
        "level",
    ) and "Found" not in messages


def test_what_nobody_says_is_the_default_of_new_runs():
    config, _ = create("games/shooter.py", gamma=0.9)
    for name, value in {**new_run_values("dqn"), "gamma": 0.9}.items():
        assert getattr(getattr(config, find_setting(name)[0]), name) == value


@pytest.mark.parametrize(
    "flags, expected",
    [
        ({}, (32, 8)),
        ({"train_every": 4}, (4, 1)),
        ({"gradient_steps": 2}, (4, 2)),
        ({"train_every": 16, "gradient_steps": 4}, (16, 4)),
    ],
)
def test_who_names_one_setting_of_the_pace_of_learning_does_not_get_the_other_of_new_runs(flags, expected):
    training = create("games/shooter.py", **flags)[0].training
    assert (training.train_every, training.gradient_steps) == expected


def test_a_flag_for_the_board_switches_the_window_off():
    config, _ = create("games/shooter.py", board=True, spatial=True)
    assert (
        config.preprocessing.board,
        config.preprocessing.egocentric_radius,
        config.preprocessing.spatial,
    ) == (
        True,
        0,
        True,
    )


def test_a_larger_window_and_no_radar():
    config, messages = create("games/shooter.py", egocentric_radius=2, radar=False)
    assert (config.preprocessing.egocentric_radius, config.preprocessing.radar) == (2, False)


@pytest.mark.parametrize("where", ["flag", "description"])
def test_a_table_sees_the_board_and_learns_faster(where):
    if where == "description":
        with open("games/garden/pyproject.toml", "a", encoding="utf-8") as file:
            file.write('algorithm = "q_learning"\n')
        config, messages = create("games/garden")
    else:
        config, messages = create("games/garden", algorithm="q_learning")
    assert config.tabular and config.training.learning_rate == 0.1 and "window" not in messages
    assert (
        config.preprocessing.board,
        config.preprocessing.egocentric_radius,
        config.preprocessing.radar,
    ) == (
        True,
        0,
        False,
    )


def test_an_observation_function_is_all_that_is_observed():
    config, messages = create("games/garden", observation_function="garden.start:plant")
    assert config.metadata.observation_function == "garden.start:plant" and "window" not in messages


# What is refused


def test_a_run_is_never_overwritten():
    create("catch")
    before = Path("runs/new/config.toml").read_bytes()
    with pytest.raises(ConfigError, match="There is a run at runs.new already"):
        create_run("snake", "runs/new")
    assert Path("runs/new/config.toml").read_bytes() == before


def test_other_files_in_the_folder_stay():
    Path("runs/new").mkdir(parents=True)
    Path("runs/new/notes.txt").write_text("mine")
    create("catch")
    assert Path("runs/new/notes.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder():
    Path("taken").write_text("mine")
    with pytest.raises(ConfigError, match="taken is a file, not a folder. Give another --output."):
        create_run("catch", "taken")
    assert Path("taken").read_text() == "mine"


def test_a_place_that_cannot_be_written():
    Path("taken").write_text("mine")
    with pytest.raises(ConfigError, match=r"The run cannot be written to taken.run: .*Give another --output."):
        create_run("catch", "taken/run")


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission():
    Path("closed").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="cannot be written to closed.run: Permission denied"):
        create_run("catch", "closed/run")


@pytest.mark.parametrize(
    "flags, expected",
    [
        ({"gamma": 5.0}, "gamma = 5.0: It must be greater than 0 and at most 1."),
        ({"actions": "KEY_LEFT"}, "must be a list"),
        ({"actions": [1]}, "must be a list"),
        ({"nonsense": 1}, "There is no setting 'nonsense'."),
        ({"learning_rte": 1}, "Did you mean learning_rate?"),
        ({"actions": ["KEY_LEFFT"]}, "Did you mean KEY_LEFT?"),
        ({"board": True, "egocentric_radius": 3}, "two ways to see the board"),
        ({"batch_size": 500, "memory_capacity": 100}, "batch_size"),
    ],
)
def test_flags_that_cannot_be_are_refused(flags, expected):
    assert expected in refusal("catch", **flags)


def test_all_bad_flags_are_named_at_once():
    text = refusal("catch", gamma=5.0, batch_size=0, radar="maybe")
    assert "Found 3 problems in the settings for the new run" in text
    assert all(name in text for name in ("gamma", "batch_size", "radar"))


@pytest.mark.parametrize(
    "line, expected",
    [
        ("rewad = 1", "There is no setting 'rewad'. Did you mean reward?"),
        ("gamma = 7", "gamma = 7"),
        ("board_size = 3", "must be a list"),
    ],
)
def test_a_description_that_cannot_be_is_named_with_its_file(line, expected):
    with open("games/garden/pyproject.toml", "a", encoding="utf-8") as file:
        file.write(line + "\n")
    text = refusal("games/garden")
    assert expected in text and "[tool.retro-gamer] in " in text and "pyproject.toml" in text


def test_a_description_may_name_what_is_for_people():
    with open("games/garden/pyproject.toml", "a", encoding="utf-8") as file:
        file.write('title = "Garden"\nauthor = "Ada"\n')
    assert create("games/garden")[0].metadata.reward == "carrots"


def test_a_reward_that_the_game_does_not_have():
    text = refusal("catch", reward="scroe")
    assert "'scroe'" in text and "score" in text


def test_a_game_that_raises_while_it_is_tried_out():
    Path("games/fragile.py").write_text(
        Path("games/shooter.py")
        .read_text()
        .replace("    def play_turn(self, game):\n", "    def play_turn(self, game):\n        1 / 0\n")
    )
    text = refusal("games/fragile.py", actions=[" "])
    assert "The game raised ZeroDivisionError" in text and "fragile.py, line" in text


def test_a_character_of_two_letters():
    Path("games/broad.py").write_text(Path("games/shooter.py").read_text().replace('character = "M"', 'character = "MM"'))
    assert "'MM'" in refusal("games/broad.py")


def test_a_missing_game():
    with pytest.raises(ConfigError, match="There is no game at games/none.py"):
        create_run("games/none.py", "runs/new")
    with pytest.raises(ConfigError, match="There is no module 'no_such_game'"):
        create_run("no_such_game", "runs/new")


# The file


def test_every_setting_stands_in_the_file_with_its_comment():
    create("games/shooter.py")
    lines = Path("runs/new/config.toml").read_text("utf-8").splitlines()
    for section, field in all_settings():
        if section == "self_play":  # of no use to a game for one
            continue
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{field.name} = "))
        assert any(line == f"# {field.metadata['help']}" for line in lines[place - 3 : place])


def test_what_was_found_out_says_so():
    create("games/shooter.py")
    text = Path("runs/new/config.toml").read_text("utf-8")
    assert "# Found by trying keys: these change the game.\nactions = " in text
    assert "# Found in the game's state, which has: score, level. Chosen by its name.\nreward = " in text
    assert "# Found in random play.\ncharacter_set = " in text
    assert "docs/defaults.md.\nboard = false" in text


def test_what_was_said_does_not_claim_to_be_found():
    create("games/garden", actions=["KEY_UP"])
    assert "Found by trying keys" not in Path("runs/new/config.toml").read_text("utf-8")


def test_the_file_is_the_only_one():
    create("games/shooter.py")
    assert [path.name for path in Path("runs/new").iterdir()] == ["config.toml"]


def test_accents_and_quotes_survive():
    shutil.copy("games/shooter.py", 'games/été "1".py')
    config, _ = create('games/été "1".py')
    assert config.game.module == 'été "1"'


@pytest.mark.parametrize(
    "flags, expected",
    [
        ([], 400000),
        (["--algorithm", "q_learning"], 200000),
        (["--training-turns", "900000"], 900000),
        (["--training-episodes", "300"], 300),
        (["--training-turns", "0"], 20000),
        (["--training-turns", "1000"], 20000),
    ],
)
def test_games_of_one_turn_are_trained_for_as_many_turns_as_others(tmp_path, flags, expected):
    assert main(["create", "--game", "forager", "--output", str(tmp_path / "run"), *flags]) == 0
    assert RunConfig.load(tmp_path / "run" / "config.toml").training.training_episodes == expected


def test_in_a_terminal_no_line_ends_within_a_word(monkeypatch, capsys):
    message = "Seen from a hedgehog: a window of 7x7 cells and a radar.\n  retro-gamer train runs/a_very_long_name_of_a_run"
    monkeypatch.setenv("COLUMNS", "30")
    calls.tell([message])
    assert capsys.readouterr().out == f"{message}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    calls.tell([message])
    assert capsys.readouterr().out.splitlines() == [
        "Seen from a hedgehog: a window",
        "  of 7x7 cells and a radar.",
        message.splitlines()[1],
    ]
