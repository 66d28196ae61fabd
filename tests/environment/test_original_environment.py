"""Observation functions; GameMetadata and GameEnvironment as the original retro-gamer has them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from observing import ARROWS, Hero, needs_retro
from scripted_games import divide, make_environment, script_factory, set_score

from retro_gamer import GameEnvironment, GameMetadata
from retro_gamer.config.settings import MetadataSettings, PreprocessingSettings
from retro_gamer.environment.game import (
    make_encoder as encoder_of_settings,
)
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError, GameError, ObservationError, RetroGamerError
from retro_gamer.games import catch, engine, snake

# Observation functions


def test_a_tabular_observation_is_what_the_function_returns():
    environment = make_environment(
        script_factory(set_score(11)), function=lambda game: (game.state["score"], "x"), tabular=True
    )
    assert environment.reset() == (10, "x") and environment.step(0).observation == (11, "x")


def test_a_network_gets_features_of_constant_length():
    environment = make_environment(
        script_factory(set_score(2), set_score(3)), function=lambda game: [1.0] * game.state["score"]
    )
    environment.runner.factory = script_factory(set_score(2), set_score(3), state={"score": 2})
    seen = environment.reset()
    assert isinstance(seen, Observation) and seen.features.tolist() == [1, 1]
    assert environment.shape == (0, 1, 2, (0, 0))
    environment.step(0)
    with pytest.raises(ObservationError, match="it had 2 numbers, now it has 3"):
        environment.step(0)


def test_the_encoder_of_the_settings():
    metadata = MetadataSettings(board_size=[6, 4], player="hero")
    seen = PreprocessingSettings(board=False, egocentric_radius=2, radar=True, observe_state=["score"])
    encoder = encoder_of_settings(metadata, seen, Vocabulary("ab"))
    encoder.observe(engine.Game([Hero("a", (1, 1), name="hero")], {"score": 0}, board_size=(6, 4)))
    assert encoder.shape == (25 + 28, 16, 1, (5, 5))


def test_characters_are_those_of_the_vocabulary():
    environment = make_environment(script_factory())
    environment.reset()
    assert environment.characters == ["s"] and environment.n_symbols == 8 == environment.shape.n_symbols


# GameMetadata, as the original has it


def test_metadata_defaults():
    metadata = GameMetadata(["a"], "score")
    assert (metadata.character_set, metadata.spatial, metadata.board, metadata.board_size) == (
        None,
        False,
        True,
        None,
    )
    assert (metadata.observation_function, metadata.factory, metadata.extras_size) == (None, None, 0)


def test_the_number_of_actions_includes_doing_nothing():
    assert GameMetadata(["a", "b"], "score").n_actions == 3


def test_obs_size_is_the_length_of_the_flat_observation():
    metadata = GameMetadata(["a"], "score", character_set=["@", "*"], board_size=(5, 4), extras_size=3)
    assert metadata.obs_size == 2 * 5 * 4 + 3
    assert GameMetadata(["a"], "score", board=False, extras_size=3).obs_size == 3


def test_from_dict_and_to_dict_are_inverse():
    data = {
        "actions": ["a"],
        "reward": "score",
        "board_size": [3, 2],
        "character_set": ["@"],
        "observation_function": "my_game:observe",
        "extras_size": 4,
    }
    metadata = GameMetadata.from_dict(data)
    assert metadata.board_size == (3, 2) and metadata.to_dict() == data
    assert GameMetadata(["a"], "score").to_dict() == {"actions": ["a"], "reward": "score"}


def test_from_dict_takes_the_rest_of_a_description():
    metadata = GameMetadata.from_dict(
        {"actions": ["a"], "reward": "score", "spatial": True, "factory": "g:new", "name": "G"}
    )
    assert metadata.spatial and metadata.factory == "g:new"


@pytest.mark.parametrize(
    "data, missing",
    [({}, "actions and reward"), ({"actions": ["a"]}, "lacks reward"), ({"reward": "x"}, "lacks actions")],
)
def test_from_dict_names_what_is_missing(data, missing):
    with pytest.raises(ValueError, match=missing) as caught:
        GameMetadata.from_dict(data)
    assert "[tool.retro-gamer]" in str(caught.value)


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"actions": []}, "actions is empty or missing"),
        ({"actions": "KEY_LEFT"}, "It must be a list of texts in quotes"),
        ({"actions": [1]}, "It must be a list of texts in quotes"),
        ({"actions": ["KEY_LEFFT"]}, "Did you mean KEY_LEFT?"),
        ({"reward": ""}, "reward is empty or missing"),
        ({"character_set": ["ab"]}, "'ab' has length 2"),
        ({"character_set": "ab"}, "It must be a list of texts in quotes"),
        ({"observation_function": "observe"}, "my_game:observe"),
    ],
)
def test_validate_explains_what_is_wrong(change, expected):
    metadata = GameMetadata(**{"actions": ["KEY_LEFT"], "reward": "score", **change})
    with pytest.raises(ValueError) as caught:
        metadata.validate()
    assert expected in str(caught.value) and isinstance(caught.value, RetroGamerError)


def test_validate_is_silent_when_all_is_well():
    GameMetadata(["KEY_LEFT", "a"], "score", character_set=["@"], board_size=(3, 2)).validate()


def test_from_pyproject_reads_a_bundled_games_description():
    metadata = GameMetadata.from_pyproject("retro_gamer.games.snake")
    assert metadata.actions == ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"] and metadata.reward == "reward"


@needs_retro
@pytest.mark.parametrize(
    "name, actions, characters",
    [
        ("nav", ["KEY_LEFT", "KEY_RIGHT"], ["^", "O"]),
        ("beast", ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"], ["*", "H", "█"]),
    ],
)
def test_from_pyproject_reads_the_examples_descriptions(name, actions, characters):
    metadata = GameMetadata.from_pyproject(f"retro.examples.{name}")
    metadata.validate()
    assert (metadata.actions, metadata.reward, metadata.character_set, metadata.spatial) == (
        actions,
        "score",
        characters,
        True,
    )
    assert metadata.n_actions == len(actions) + 1


@needs_retro
def test_a_module_without_a_description_is_a_file_not_found():
    with pytest.raises(
        FileNotFoundError,
        match=r"no pyproject.toml with a \[tool.retro-gamer\] section beside retro.examples.snake",
    ):
        GameMetadata.from_pyproject("retro.examples.snake")


def test_a_description_without_its_section_is_a_file_not_found_and_a_value_error(tmp_path, monkeypatch):
    (tmp_path / "undescribed_game.py").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    monkeypatch.chdir(tmp_path)
    for error in (FileNotFoundError, ValueError):
        with pytest.raises(error, match="Write one:") as caught:
            GameMetadata.from_pyproject("undescribed_game")
        assert "undescribed_game" in str(caught.value) and "Errno" not in str(caught.value)


def test_resolve_observation_function():
    assert GameMetadata(["a"], "r").resolve_observation_function() is None
    assert GameMetadata(["a"], "r", observation_function="observing:slow_reading").resolve_observation_function()(3) == 7
    with pytest.raises(ConfigError, match="the module observing has no function nothing"):
        GameMetadata(["a"], "r", observation_function="observing:nothing").resolve_observation_function()


# GameEnvironment, as the original has it


def catch_environment(spatial=False, observe_state=("fruit",), **settings):
    metadata = GameMetadata(["KEY_LEFT", "KEY_RIGHT"], "score", character_set=["=", "o"], spatial=spatial)
    return GameEnvironment(catch.create_game, metadata, list(observe_state), **settings)


@pytest.mark.parametrize("spatial, ones", [(False, [99, 228, 230, 232]), (True, [114, 115, 116, 169])])
def test_the_flat_observation_is_that_of_the_original(spatial, ones):
    """The numbers are from version 0.4.0, playing the same game."""
    environment = catch_environment(spatial)
    random.seed(5)
    environment.reset()
    for key in ["KEY_LEFT", None, "KEY_RIGHT", "KEY_RIGHT"]:
        observation, reward, done = environment.step(key)
    assert observation.dtype == np.float32 and observation.shape == (241,)
    assert np.flatnonzero(observation[:-1]).tolist() == ones and observation[-1] == 10
    assert (reward, done) == (0.0, False)


def test_a_game_can_be_played_to_its_end():
    environment = catch_environment()
    random.seed(1)
    first = environment.reset()
    assert first.shape == (241,) and environment.game.playing
    rewards, done = [], False
    while not done:
        observation, reward, done = environment.step(random.choice(["KEY_LEFT", "KEY_RIGHT", None]))
        rewards.append(reward)
    assert sum(rewards) == environment.game.state["score"] and len(rewards) == 110 and observation[-1] == 0
    assert type(reward) is float and type(done) is bool


def test_every_observation_is_an_array_of_its_own():
    environment = catch_environment()
    first = environment.reset()
    copy = first.copy()
    environment.step("KEY_LEFT")
    assert (first == copy).all()


def test_without_the_board_only_state_values_are_given():
    assert catch_environment(board=False).reset().tolist() == [10]
    assert catch_environment(board=False, observe_state=()).reset().shape == (0,)


def test_settings_may_change_between_games():
    environment = catch_environment(observe_state=())
    before = environment.reset()
    environment.metadata.character_set.append("x")
    assert len(environment.reset()) == len(before) // 2 * 3
    environment.metadata.character_set = ["o"]
    assert len(environment.reset()) == len(before) // 2
    environment.metadata.spatial = True
    environment.game_factory = None
    assert environment.reset().sum() == 1


def test_any_key_of_a_keyboard_may_be_pressed():
    environment = catch_environment()
    environment.reset()
    environment.step("q")
    with pytest.raises(ConfigError, match="'KEY_LEFFT' cannot be pressed. No keyboard has this key. Did you mean KEY_LEFT?"):
        environment.step("KEY_LEFFT")
    with pytest.raises(ConfigError, match="0 cannot be pressed"):
        environment.step(0)


def test_the_characters_must_be_known_first():
    environment = GameEnvironment(catch.create_game, GameMetadata(["KEY_LEFT"], "score"))
    with pytest.raises(ValueError, match="discover_character_set"):
        environment.reset()


def test_characters_are_discovered_sorted_and_without_the_blank():
    environment = GameEnvironment(snake.create_game, GameMetadata(list(ARROWS), "reward"))
    random.seed(0)
    assert environment.discover_character_set(300) == sorted("<>@^v")
    assert environment.discover_character_set(0) == []


def test_an_observation_function_gives_whatever_it_gives():
    metadata = GameMetadata(["KEY_LEFT"], "score", observation_function="test_original_environment:score_and_turn")
    environment = GameEnvironment(catch.create_game, metadata)
    assert environment.reset() == (0, 0)
    assert environment.step("KEY_LEFT") == ((0, 1), 0.0, False)


def score_and_turn(game):
    return game.state["score"], game.turn_number


def test_an_observation_function_excludes_observe_state():
    metadata = GameMetadata(["KEY_LEFT"], "score", observation_function="test_original_environment:score_and_turn")
    with pytest.raises(ValueError, match="observation_function and observe_state are both set"):
        GameEnvironment(catch.create_game, metadata, ["fruit"])


def test_it_says_what_went_wrong_in_the_game():
    environment = GameEnvironment(script_factory(divide), GameMetadata(["a"], "score", character_set=["s"]))
    environment.reset()
    with pytest.raises(GameError, match="ZeroDivisionError in turn 1"):
        environment.step("a")
