"""Scripts of the original retro-gamer: its module names, signatures and errors."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import fields

import numpy as np
import pytest

from retro_gamer.cli import main
from retro_gamer.commands.options import build_parser
from retro_gamer.config.values import read_toml
from retro_gamer.env import GameEnvironment
from retro_gamer.errors import ConfigError, GameError, command_line
from retro_gamer.games import Game, catch, snake
from retro_gamer.metadata import GameMetadata
from retro_gamer.model_agent import PolicyInput, TrainedPolicy
from retro_gamer.observation import egocentric_board, encode_board, encode_observation, encode_state
from retro_gamer.trainer import DEFAULTS, MODEL_KEYS, DQNTrainer, validate_hyperparams

KEYS = ["KEY_LEFT", "KEY_RIGHT"]
TINY = dict(hidden_sizes=[4], batch_size=4, training_episodes=2, exploration_turns=5, max_turns_per_episode=6)


def observe(game):
    """An observation function: a board of two characters on 2 x 2 cells, and three numbers."""
    return np.zeros(2 * 2 * 2 + 3, np.float32)


def observe_a_picture(game):
    return np.zeros((2, 2))


def observe_too_little(game):
    return [0.0] * 5


def observe_more_and_more(game):
    game.state["looks"] += 1
    return [0.0] * game.state["looks"]


def small_game():
    return Game([], {"score": 0, "looks": 7}, board_size=(2, 2))


def described(**values):
    return GameMetadata(actions=KEYS, reward="score", **values)


def function(name):
    return f"{__name__}:{name}"


# Names


def test_the_names_of_the_original_are_ours():
    import retro_gamer

    assert (GameMetadata, GameEnvironment, DQNTrainer) == (
        retro_gamer.GameMetadata,
        retro_gamer.GameEnvironment,
        retro_gamer.DQNTrainer,
    )
    assert (TrainedPolicy, PolicyInput) == (retro_gamer.TrainedPolicy, retro_gamer.PolicyInput)
    assert callable(encode_board) and callable(encode_state)
    assert callable(egocentric_board) and callable(encode_observation)


def test_the_fields_of_the_description_stand_in_the_same_order():
    assert [field.name for field in fields(GameMetadata)] == (
        "actions reward character_set spatial board board_size observation_function factory extras_size".split()
    )


def test_hyperparameters():
    assert {"hidden_sizes"} <= MODEL_KEYS <= set(DEFAULTS)
    assert (DEFAULTS["hidden_sizes"], DEFAULTS["gamma"], DEFAULTS["train_every"]) == ([128, 64], 0.99, 4)
    validate_hyperparams(DEFAULTS)
    validate_hyperparams({"unknown_character_strategy": "ignore"})
    with pytest.raises(ValueError, match="Found 2 problems(?s:.*)gamma = 2(?s:.*)hidden_sizes"):
        validate_hyperparams({"gamma": 2, "hidden_sizes": []})


# GameMetadata


@pytest.mark.parametrize("what", ["observation_function", "factory"])
@pytest.mark.parametrize(
    "reference, match",
    [
        ("no_colon", "names a function of a module"),
        (":f", "names a function of a module"),
        ("no_such_module:f", "no module 'no_such_module'"),
        (f"{__name__}:no_such_function", "no function no_such_function"),
        (f"{__name__}:KEYS", "no function KEYS"),
    ],
)
def test_functions_that_are_not_there_are_value_errors(what, reference, match):
    metadata = described(**{what: reference})
    with pytest.raises(ValueError, match=match):
        getattr(metadata, f"resolve_{what}")()


def test_functions_that_are_there():
    metadata = described(observation_function=function("observe"), factory=function("small_game"))
    assert metadata.resolve_observation_function() is observe and metadata.resolve_factory() is small_game
    assert described().resolve_observation_function() is None and described().resolve_factory() is None
    metadata.validate()


@pytest.mark.parametrize(
    "values",
    [
        dict(actions=[]),
        dict(actions="KEY_LEFT"),
        dict(actions=[5]),
        dict(reward=""),
        dict(character_set="@*"),
        dict(character_set=["ab"]),
        dict(character_set=[5]),
        dict(observation_function="no_colon"),
        dict(observation_function=5),
        dict(factory="no_colon"),
        dict(factory=5),
    ],
)
def test_validate_raises_value_errors(values):
    with pytest.raises(ValueError):
        GameMetadata(**{"actions": KEYS, "reward": "score", **values}).validate()


@pytest.mark.parametrize(
    "wrong",
    [
        {"board_size": True},
        {"board_size": "ab"},
        {"board_size": 3},
        {"extras_size": "x"},
        {"extras_size": [1]},
    ],
)
def test_a_description_of_the_wrong_kind_is_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        GameMetadata.from_dict({"actions": KEYS, "reward": "score", **wrong}).validate()


def test_to_toml_writes_what_from_dict_reads(tmp_path):
    metadata = described(character_set=["@", '"'], board_size=(4, 3), observation_function="a:b", extras_size=3)
    metadata.to_toml(tmp_path / "metadata.toml")
    assert GameMetadata.from_dict(read_toml(tmp_path / "metadata.toml")["metadata"]) == metadata
    described().to_toml(str(tmp_path / "metadata.toml"))
    assert read_toml(tmp_path / "metadata.toml") == {"metadata": {"actions": KEYS, "reward": "score"}}


def test_from_pyproject_of_no_module_is_a_file_that_is_not_found():
    with pytest.raises(FileNotFoundError, match="no_such_module"):
        GameMetadata.from_pyproject("no_such_module")


# GameEnvironment


def test_keys_and_board_through_the_environments_own_parts():
    environment = GameEnvironment(catch.create_game, described(character_set=["=", "o"]), observe_state_sizes={"a": 1})
    assert (environment.game, environment.view, environment.inp) == (None, None, None)
    assert environment.observe_state_sizes == {"a": 1}
    environment.reset()
    board = environment.view.board_characters
    width, height = environment.game.board_size
    assert (len(board[0]), len(board)) == (width, height)
    x = board[-1].index("=")
    environment.inp.press("KEY_LEFT")
    environment.game.step()
    assert environment.view.board_characters[-1].index("=") == x - 1
    assert np.array_equal(
        environment.step(None)[0],
        encode_observation(environment.view.board_characters, {}, environment.metadata, []),
    )


def test_a_step_before_the_first_reset_is_said():
    with pytest.raises(GameError, match="call reset"):
        GameEnvironment(catch.create_game, described()).step(None)


# DQNTrainer


def test_the_trainer_fills_in_what_it_found_out(tmp_path):
    metadata = GameMetadata(["KEY_LEFT", "KEY_UP"], "reward")
    trainer = DQNTrainer(snake.create_game, metadata, tmp_path / "run", {"observe_state": ["reward"]}, **TINY)
    assert trainer.metadata is metadata and metadata.board_size == (32, 16) and metadata.extras_size == 1
    assert metadata.character_set == list(trainer.trainer.vocabulary.characters) != []
    assert trainer.env.reset().shape == (metadata.obs_size,)
    assert (trainer.start_episode, trainer.total_steps, trainer.epsilon) == (1, 0, 1.0)
    assert trainer.hp["hidden_sizes"] == [4] and set(DEFAULTS) == set(trainer.hp)
    trainer.train(on_episode=lambda: None)
    assert trainer.start_episode == 3 and trainer.total_steps > 0 and trainer.run_dir == tmp_path / "run"


def test_an_observation_function_leaves_extras_beside_the_board(tmp_path):
    board = dict(character_set=["@", "*"], board_size=(2, 2))

    def trainer(name, preprocessing=None, **values):
        metadata = described(observation_function=function(name), **values)
        return DQNTrainer(small_game, metadata, tmp_path / f"{name}{len(values)}", preprocessing, **TINY)

    assert trainer("observe", **board).metadata.extras_size == 3
    assert trainer("observe", {"board": False}).metadata.extras_size == 11
    with pytest.raises(ValueError, match="returned numbers of shape"):
        trainer("observe_a_picture", **board)
    with pytest.raises(ValueError, match="returned 5 numbers, but a board of character_set and board_size alone has 8"):
        trainer("observe_too_little", **board)
    growing = trainer("observe_more_and_more", {"board": False})
    assert growing.metadata.extras_size == 8
    with pytest.raises(ValueError):
        growing._run_episode()


def test_one_episode(tmp_path):
    settings = {**TINY, "max_turns_per_episode": 60}
    trainer = DQNTrainer(catch.create_game, described(), tmp_path / "run", **settings)
    reward, turns, loss, learned = trainer._run_episode()
    assert isinstance(reward, float) and 0 < turns == trainer.total_steps and loss > 0 and learned


def test_a_notebook_shows_a_trainer_as_a_card_with_its_curves(tmp_path):
    trainer = DQNTrainer(catch.create_game, described(), tmp_path / "run", **TINY)
    assert "not yet" in trainer._repr_html_() and "<svg" not in trainer._repr_html_()
    trainer.train()
    card = trainer._repr_html_()
    assert "2 games, 12 turns" in card and "retro_gamer.games.catch" in card and "<svg" in card


def test_no_convolutions_over_what_a_function_returns(tmp_path):
    metadata = described(observation_function=function("observe"), spatial=True)
    with pytest.raises(ValueError, match="observation_function and spatial = true are both set"):
        DQNTrainer(small_game, metadata, tmp_path / "run", **TINY)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("make", [GameEnvironment, lambda game, metadata: DQNTrainer(game, metadata, "unused")])
def test_a_game_in_place_of_the_function_that_makes_it(make):
    with pytest.raises(ValueError, match="without brackets"):
        make(small_game(), described())


def test_a_checkpoint_of_the_original_is_not_loaded_as_ours(tmp_path):
    trainer = DQNTrainer(catch.create_game, described(), tmp_path / "run", **TINY)
    with pytest.raises(ValueError, match=re.escape(command_line("import-torch", tmp_path / "old"))):
        trainer.load_checkpoint(tmp_path / "old" / "checkpoints" / "ep_0100.pt")


def test_a_run_of_the_original_in_the_same_folder_is_said(tmp_path, capsys):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "ep_0100.pt").write_bytes(b"")
    DQNTrainer(catch.create_game, described(), tmp_path, **TINY)
    said = "This starts afresh. To go on from the .pt files here:  " + command_line("import-torch", tmp_path)
    assert said in capsys.readouterr().err


def test_a_script_that_trains_when_it_is_imported_is_named(tmp_path, monkeypatch):
    from retro_gamer.hosting.importing import import_module

    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "trains_at_once.py").write_text(
        textwrap.dedent(
            """
            from retro_gamer import DQNTrainer, GameMetadata
            from retro_gamer.games.catch import create_game

            DQNTrainer(create_game, GameMetadata(["KEY_LEFT"], "score"), "run").train()
            """
        )
    )
    with pytest.raises(GameError, match='(?s)trains_at_once.py.*line 5.*if __name__ == "__main__":'):
        import_module("trains_at_once", str(tmp_path))


# Commands, as they are typed there


def test_flags_of_its_commands_are_taken():
    flags = {
        "learning-rate": "0.01",
        "learning-rate-decay": "0.9",
        "gamma": "0.9",
        "epsilon-decay": "0.9",
        "epsilon-min": "0.1",
        "batch-size": "8",
        "memory-capacity": "100",
        "target-update-freq": "50",
        "training-episodes": "10",
        "max-turns-per-episode": "20",
        "hidden-sizes": "512,256",
        "exploration-turns": "9",
        "train-every": "2",
    }
    typed = [f"--{name}={value}" for name, value in flags.items()]
    options = build_parser().parse_args(["init", "game", "run", *typed, "--no-prioritize-experiences"])
    assert (options.game, options.output, options.prioritize_experiences) == ("game", "run", False)
    assert (options.hidden_sizes, options.train_every, options.epsilon_min) == ([512, 256], 2, 0.1)
    options = build_parser().parse_args(["play", "run", "--checkpoint", "ep_0100", "--framerate", "20"])
    assert (options.fps, options.checkpoint) == (20.0, "ep_0100")
    assert build_parser().parse_args(["play", "run"]).fps is None
    assert build_parser().parse_args(["clean", "run", "-y"]).yes


def test_a_wrong_framerate_is_named_as_it_was_typed(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["play", "run", "--framerate", "0"])
    assert "argument --framerate: '0' is not a number above 0" in capsys.readouterr().err


def test_a_plot_is_saved_by_its_flag_but_only_as_svg(tmp_path, capsys):
    assert build_parser().parse_args(["plot", "run", "-o", "a.svg"]).svg == "a.svg"
    assert build_parser().parse_args(["plot", "run"]).svg is None
    assert main(["plot", str(tmp_path), "--output", "curves.png"]) == 2
    assert "curves.png: a picture is written as SVG. Name it curves.svg" in capsys.readouterr().err
