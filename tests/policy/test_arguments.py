"""What people hand to a policy: paths of many kinds, games, copies; and what it says of what it cannot use."""

from __future__ import annotations

import copy
import json
import os
import pickle
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from end_to_end import TINY

from retro_gamer import DQNTrainer, GameEnvironment, GameMetadata, PolicyInput, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.commands.evaluate import compare_runs
from retro_gamer.errors import ConfigError, RunNotFoundError
from retro_gamer.games import catch, snake, tron
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with runs of catch, and of the teams of tron, each with a policy of its own."""
    folder = tmp_path_factory.mktemp("runs")
    before = os.getcwd()
    os.chdir(folder)
    try:
        short = [*TINY, "--max-turns-per-episode", "20", "--checkpoint-every", "2"]
        for game in ("catch", "tag"):
            assert main(["create", "--game", game, "--output", game, *short]) == 0
            assert main(["train", game, "--episodes", "4"]) == 0
    finally:
        os.chdir(before)
    (folder / "catch" / "checkpoints" / "best.npz").write_bytes(
        (folder / "catch" / "checkpoints" / "ep_0002.npz").read_bytes()
    )
    return folder


@pytest.fixture
def here(runs, monkeypatch):
    monkeypatch.chdir(runs)
    return runs


def started(module):
    game = module.create_game()
    game.start()
    return game


@pytest.mark.parametrize(
    "path, name",
    [
        ("catch", "ep_0004"),
        ("catch/", "ep_0004"),
        ("catch/checkpoints", "ep_0004"),
        ("catch/config.toml", "ep_0004"),
        ("catch/checkpoints/ep_0002.npz", "ep_0002"),
        ("catch/checkpoints/best.npz", "best"),
        (Path("catch", "checkpoints", "ep_0002.npz"), "ep_0002"),
    ],
)
def test_any_path_into_a_run_is_understood(here, path, name):
    assert TrainedPolicy(path).checkpoint == name
    assert TrainedPolicy(here / path).checkpoint == name


def test_a_path_into_the_folder_of_a_team_names_the_team(here):
    ai = TrainedPolicy("tag/checkpoints/runner/")
    assert "team='runner'" in repr(ai)
    newest = sorted(Path("tag/checkpoints/runner").glob("ep_*.npz"))[-1]
    assert TrainedPolicy(newest).checkpoint == newest.stem


def test_a_path_and_a_checkpoint_that_say_the_same(here):
    assert TrainedPolicy("catch/checkpoints/ep_0002.npz", checkpoint="ep_0002").checkpoint == "ep_0002"
    with pytest.raises(ConfigError, match="names one checkpoint and checkpoint='best' another"):
        TrainedPolicy("catch/checkpoints/ep_0002.npz", checkpoint="best")


def test_other_files_are_told_what_to_write(here):
    with pytest.raises(ConfigError, match="for training on, and holds no policy"):
        TrainedPolicy("catch/resume.npz")
    with pytest.raises(ConfigError, match="import-torch"):
        TrainedPolicy("catch/checkpoints/ep_0100.pt")
    with pytest.raises(ConfigError, match=r"not in the folder checkpoints(.|\n)*checkpoint='mine'"):
        TrainedPolicy("downloads/mine.npz")
    with pytest.raises(RunNotFoundError, match="There is no checkpoint 'ep_0777'"):
        TrainedPolicy("catch/checkpoints/ep_0777.npz")


@pytest.mark.parametrize("value", [None, 5, ["catch"]])
def test_what_is_no_path_at_all(value):
    with pytest.raises(ConfigError, match="It is the folder of a run"):
        TrainedPolicy(value)


def test_a_game_is_no_path():
    with pytest.raises(ConfigError, match=r"PolicyInput\(ai, game\) takes a game"):
        TrainedPolicy(started(catch))


def test_a_missing_run_names_the_folder_that_was_looked_in(here):
    with pytest.raises(RunNotFoundError) as caught:
        TrainedPolicy("nowhere")
    assert str(here / "nowhere") in str(caught.value)


def test_a_run_with_the_best_policy_only_plays_that(here, tmp_path, capsys):
    shutil.copytree("catch", tmp_path / "run")
    for path in (tmp_path / "run" / "checkpoints").glob("ep_*.npz"):
        path.unlink()
    assert TrainedPolicy(tmp_path / "run").checkpoint == "best"
    assert main(["evaluate", str(tmp_path / "run"), "--games", "2"]) == 0
    assert main(["info", str(tmp_path / "run")]) == 0
    assert "best only" in capsys.readouterr().out


# Games, and what is none


def test_arguments_in_the_wrong_order(here):
    ai, game = TrainedPolicy("catch"), started(catch)
    with pytest.raises(ConfigError, match=r"the policy first, and then the game:  PolicyInput\(ai, game\)"):
        PolicyInput(game, ai)
    with pytest.raises(ConfigError, match="PolicyInput takes the game"):
        PolicyInput(ai, None)


@pytest.mark.parametrize("value", [None, 5, "game", catch.create_game, SimpleNamespace(position=(1, 1))])
def test_what_is_no_game(here, value):
    ai = TrainedPolicy("catch")
    for call in (ai.get_action, ai.q_values):
        with pytest.raises(ConfigError, match=rf"{call.__name__} takes the game that is played"):
            call(value)
    with pytest.raises(ConfigError, match="takes the game"):
        TrainedPolicy("nowhere", if_missing="random").get_action(value)


def test_a_game_with_other_keys_is_told_at_once(here):
    ai = TrainedPolicy("catch")

    class Climber:
        character, position, steps = "C", (1, 1), {"KEY_UP": -1, "KEY_DOWN": 1}

        def handle_keystroke(self, key, game):
            self.steps.get(key.name)

    game = SimpleNamespace(agents=[Climber()], state={}, board_size=(9, 9))
    with pytest.warns(UserWarning, match="presses KEY_.*listen to KEY_DOWN, KEY_UP. Was it trained on another game"):
        PolicyInput(ai, game)


@pytest.mark.parametrize("module", [catch, snake, tron])
def test_games_with_its_keys_are_not(here, module):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PolicyInput(TrainedPolicy("catch"), started(module))


def test_letters_among_other_keys_are_found(here):
    class Walker:
        character, position = "W", (1, 1)

        def __init__(self):
            self.keys = list("wasd")

        def handle_keystroke(self, key, game):
            if key.name == "KEY_ESCAPE":
                game.end()

    from retro_gamer.policy.arguments import keys_named_elsewhere

    game = SimpleNamespace(agents=[Walker()], state={}, board_size=(9, 9))
    assert keys_named_elsewhere(game, ["w", "a", None]) == set()
    assert keys_named_elsewhere(game, ["KEY_LEFT", None]) == {"KEY_ESCAPE"}


# Copies


@pytest.mark.parametrize("again", [copy.deepcopy, lambda ai: pickle.loads(pickle.dumps(ai))], ids=["copy", "pickle"])
@pytest.mark.parametrize("make", [
    lambda: TrainedPolicy("catch", epsilon=0.25),
    lambda: TrainedPolicy("catch/checkpoints/ep_0002.npz"),
    lambda: TrainedPolicy("nowhere", if_missing="random"),
], ids=["newest", "named", "missing"])  # fmt: skip
def test_a_copy_is_the_same_policy(here, tmp_path, monkeypatch, make, again):
    ai = make()
    monkeypatch.chdir(tmp_path)  # a copy may be made elsewhere
    other = again(ai)
    assert (other.checkpoint, other.actions) == (ai.checkpoint, ai.actions)
    game = started(catch)
    assert other.q_values(game) == ai.q_values(game)


def test_a_copy_of_a_team(here):
    ai = TrainedPolicy("tag", team="runner")
    other = pickle.loads(pickle.dumps(ai))
    assert repr(other).endswith("team='runner')") and other.actions == ai.actions


# What objects show of themselves


def test_objects_say_what_they_are(here, tmp_path):
    ai, game = TrainedPolicy("catch"), started(catch)
    assert repr(ai) == "TrainedPolicy('catch', checkpoint='ep_0004')"
    assert repr(PolicyInput(ai, game)) == f"PolicyInput({ai!r}, Game)"
    assert repr(RunDirectory("catch")) == "RunDirectory('catch')"
    metadata = GameMetadata(actions=["KEY_LEFT"], reward="score")
    assert "actions=['KEY_LEFT'], reward='score'" in repr(GameEnvironment(catch.create_game, metadata))
    trainer = DQNTrainer(catch.create_game, metadata, tmp_path / "run", training_episodes=1)
    assert repr(trainer).startswith("DQNTrainer(create_game, run_dir=") and "0 games" in repr(trainer)
    result = Evaluation(np.array([1.0, 3.0]), np.array([5, 5]), None)
    assert repr(result).startswith("Evaluation(2 games, mean 2.00, 95% interval 1.00 to 3.00")


# Two policies side by side


def test_two_policies_that_are_one_play_alike(here):
    run = RunDirectory("catch")
    assert "they play alike" in compare_runs(run, run, None, 5, 0, as_json=False)
    assert "luck" not in compare_runs(run, run, None, 5, 0, as_json=False)


def test_runs_with_other_rewards_are_compared_by_what_both_report(here, monkeypatch):
    """Before, their rewards were: that which counts more for a fruit was said to be better."""
    from retro_gamer.commands import evaluate as module

    def with_reward(name, reward, score):
        shutil.copytree("catch", name)
        config = RunDirectory(name).load_config().with_settings({"reward": reward, "score": score})
        Path(name, "config.toml").write_text(config.to_toml(), encoding="utf-8")
        return RunDirectory(name)

    def measured(what, *_):
        scores = np.full(5, 3.0)
        if what.endswith("plain"):
            return Evaluation(scores, np.full(5, 9), None)
        return Evaluation(scores * 10, np.full(5, 9), scores)

    monkeypatch.setattr(module, "counted", measured)
    plain, tenfold = with_reward("plain", "score", ""), with_reward("tenfold", "points", "score")
    for runs in ((plain, tenfold), (tenfold, plain)):
        text = compare_runs(*runs, None, 5, 0, as_json=False)
        assert "different rewards, so their score is compared" in text and "Difference +0.00" in text
        assert json.loads(compare_runs(*runs, None, 5, 0, as_json=True))["value"] == "score"
    with pytest.raises(ConfigError, match="plain learns to get score, and other points: these cannot be compared"):
        compare_runs(plain, with_reward("other", "points", ""), None, 5, 0, as_json=False)


def test_one_game_decides_nothing(here, monkeypatch):
    from retro_gamer.commands import evaluate as module

    results = iter([Evaluation(np.array([1.0]), np.array([5]), None), Evaluation(np.array([3.0]), np.array([5]), None)])
    monkeypatch.setattr(module, "counted", lambda *arguments: next(results))
    text = compare_runs(RunDirectory("catch"), RunDirectory("catch"), None, 1, 0, as_json=False)
    assert "One game tells nothing" in text and "real" not in text
