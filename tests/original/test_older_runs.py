"""Runs that scripts trained with older versions of the original. `data/make_older_torch_runs.py` made them."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from retro_gamer import DQNTrainer, GameMetadata, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.errors import CheckpointError, ConfigError, RunNotFoundError
from retro_gamer.original.torch_import import import_run
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.trainer import Trainer

# These games show characters that the runs were not trained on.
pytestmark = pytest.mark.filterwarnings("ignore::retro_gamer.errors.PolicyWarning")

DATA = Path(__file__).resolve().parent.parent / "data"
with zipfile.ZipFile(DATA / "older_torch_runs.zip") as archive:
    RUNS = sorted({name.rpartition("/config.toml")[0] for name in archive.namelist()} - {""})
WINDOWS = [run for run in RUNS if run.endswith("window")]
each_run = pytest.mark.parametrize("name", [run for run in RUNS if run not in WINDOWS])


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """The runs, as the current folder, with their game."""
    with zipfile.ZipFile(DATA / "older_torch_runs.zip") as archive:
        archive.extractall(str(tmp_path))
    shutil.copy(str(DATA / "torch_game.py"), str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    sys.modules.pop("torch_game", None)


def test_they_are_of_every_kind():
    assert {run.split("/")[0] for run in RUNS} == {"0.1.0", "0.1.1", "0.2.0", "0.3.0", "0.4.0"}
    assert {run.split("/")[1] for run in RUNS} == {"flat", "boardless", "plain", "window", "custom"}
    assert (DATA / "older_torch_runs.zip").stat().st_size < 150_000


@each_run
def test_the_same_values_as_there(workshop, name):
    import torch_game

    import_run(RunDirectory(name))
    policy, game = TrainedPolicy(name), torch_game.create_game()
    for numbers, values in json.loads(Path(name, "expected.json").read_text()):
        torch_game.put_in(game, numbers)
        np.testing.assert_allclose(list(policy.q_values(game).values()), values, rtol=1e-5, atol=1e-6)


@each_run
def test_only_what_needs_the_game_asks_for_it(workshop, name, capsys):
    with pytest.raises(RunNotFoundError, match="import-torch"):
        TrainedPolicy(name)
    assert main(["info", name]) == 0 and "import-torch" in capsys.readouterr().out
    assert main(["import-torch", name]) == 0
    out = capsys.readouterr().out
    assert f"TrainedPolicy({name!r}) plays it. To watch it or to train on, name its game" in out
    assert "Watch it:" not in out
    assert main(["info", name]) == 0 and "ep_0003" in capsys.readouterr().out
    for command in ("play", "evaluate", "train"):
        assert main([command, name]) == 2 and "names no game" in capsys.readouterr().err
    config = Path(name, "config.toml")
    config.write_text('[game]\nmodule = "torch_game"\n' + config.read_text())
    assert main(["evaluate", name, "--games", "1"]) == 0


@each_run
def test_training_goes_on(workshop, name):
    import torch_game

    import_run(RunDirectory(name))
    trainer = Trainer(RunDirectory(name), torch_game.create_game)
    assert (trainer.episode, trainer.turns) == (3, 36)
    trainer.train(episodes=1)
    assert TrainedPolicy(name).checkpoint == "ep_0004"


def test_the_script_that_trained_it_goes_on_as_it_stands(workshop, capsys):
    import torch_game

    import_run(RunDirectory("0.4.0/flat"))
    metadata = GameMetadata(list(torch_game.STEPS), "score", character_set=["*", "@"])
    seen = dict(observe_state=["energy", "dx", "dy"])
    trainer = DQNTrainer(
        torch_game.create_game,
        metadata,
        "0.4.0/flat",
        seen,
        hidden_sizes=[5],
        batch_size=8,
        training_episodes=3,
    )
    assert trainer.start_episode == 4 and metadata.extras_size == 3


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_of_the_first_versions_are_refused_for_what_they_are(workshop, name, capsys):
    for use in (TrainedPolicy, lambda name: import_run(RunDirectory(name))):
        with pytest.raises(ConfigError, match="egocentric = true\n    retro-gamer 0.1 cut the board to a window"):
            use(name)
    for command in ("info", "import-torch"):
        assert main([command, name]) == 2 and "retro-gamer 0.1 cut the board" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["0.1.1/flat", "0.3.0/custom"])
def test_a_board_that_does_not_fit_is_not_taken_for_more_state_values(workshop, name):
    config = Path(name, "config.toml")
    text = config.read_text()
    config.write_text(text.replace("hidden_sizes = [\n    5", "hidden_sizes = [\n    6"))
    with pytest.raises(CheckpointError, match="hidden_sizes"):
        import_run(RunDirectory(name))
