"""DQNTrainer in a script or a notebook: Ctrl-C, and the progress line that its docstring promises."""

from __future__ import annotations

import builtins
import io
import os
import signal
import sys

import pytest
from small_runs import everything

from retro_gamer import DQNTrainer, GameMetadata
from retro_gamer.games.catch import create_game
from retro_gamer.original import dqn_trainer
from retro_gamer.reporting.progress import ProgressLine

SMALL = {
    "training_episodes": 12,
    "checkpoint_every": 5,
    "hidden_sizes": [8],
    "batch_size": 8,
    "learning_starts": 20,
    "evaluate_every": 0,
}


def make(path):
    metadata = GameMetadata(actions=["KEY_LEFT", "KEY_RIGHT"], reward="score")
    return DQNTrainer(create_game, metadata, path, **SMALL)


def pressing_ctrl_c(at, games):
    """A callback that presses Ctrl-C in these games."""

    def on_episode():
        games.append(len(games) + 1)
        if games[-1] in at:
            os.kill(os.getpid(), signal.SIGINT)

    return on_episode


posix = pytest.mark.skipif(os.name == "nt", reason="a signal to oneself ends the process there")


@posix
@pytest.mark.parametrize("again", ["in the same script", "in another"])
def test_ctrl_c_stops_after_the_game_saves_and_returns(tmp_path, capsys, again):
    make(tmp_path / "whole").train()
    handler = signal.getsignal(signal.SIGINT)
    trainer = make(tmp_path / "pieces")
    trainer.train(on_episode=pressing_ctrl_c({7}, []))
    error = capsys.readouterr().err
    assert "Stopping after this game..." in error and "Stopped after game 7 and saved." in error
    assert signal.getsignal(signal.SIGINT) is handler
    assert trainer.run.load_resume().facts["episode"] == 7 and trainer.run.checkpoints()[-1][0] == 7
    if again == "in another":
        trainer = make(tmp_path / "pieces")
        assert trainer.trainer.episode == 7
    trainer.train()
    assert trainer.trainer.episode == 12
    whole, pieces = make(tmp_path / "whole"), trainer
    for one, other in zip(everything(whole.run), everything(pieces.run)):
        assert one == other


@posix
def test_a_second_ctrl_c_does_not_wait(tmp_path, capsys):
    handler, games = signal.getsignal(signal.SIGINT), []
    trainer = make(tmp_path)
    press = pressing_ctrl_c({7}, games)

    def twice():
        press()
        if games[-1] == 7:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        trainer.train(on_episode=twice)
    assert signal.getsignal(signal.SIGINT) is handler and "up to 20 seconds" in capsys.readouterr().err
    assert make(tmp_path).trainer.episode == 5


class NotebookStream(io.StringIO):
    """Like that of ipykernel: no terminal, and no file."""


@pytest.mark.parametrize("notebook", [True, False])
def test_one_line_that_updates_in_a_notebook_and_none_in_a_file(tmp_path, monkeypatch, notebook):
    monkeypatch.setattr(sys, "stderr", NotebookStream())
    if notebook:
        monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    monkeypatch.setattr(dqn_trainer, "ProgressLine", lambda: ProgressLine(interval=0.0))
    make(tmp_path).train()
    shown = sys.stderr.getvalue()
    assert "\n" not in shown
    frames = [frame for frame in shown.split("\r") if frame.strip()]
    assert [frame.split()[1] for frame in frames] == [str(n) for n in range(1, 13) if notebook]
    assert not notebook or shown.split("\r")[-2].isspace()  # wiped away at the end


def test_who_gives_a_callback_sees_no_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", NotebookStream())
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    make(tmp_path).train(on_episode=lambda: None)
    assert sys.stderr.getvalue() == ""
