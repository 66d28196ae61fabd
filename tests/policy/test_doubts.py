"""What is said, once and in words, when a policy may play worse in a game than it could."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from end_to_end import run_python
from observing import Hero, Piece, make_game, play
from small_runs import make_run

from retro_gamer import TrainedPolicy
from retro_gamer.errors import ObservationError, PolicyWarning
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.trainer import Trainer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doubts")
    Trainer(make_run(folder / "window", training_episodes=3)).train()
    Trainer(make_run(folder / "table", training_episodes=3, algorithm="q_learning")).train()
    whole = {"board": True, "egocentric_radius": 0, "radar": False}
    Trainer(make_run(folder / "board", training_episodes=3, preprocessing=whole)).train()
    return folder


def make_forager_game(*more, size=(16, 12)):
    return make_game(Hero("F", (3, 3), name="forager"), *more, state={"reward": 0}, board_size=size)


def said(ask, turns=1):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(turns):
            ask()
    return [str(warning.message) for warning in caught if warning.category is PolicyWarning]


def test_unknown_characters_are_named_once_each(folder):
    ai = TrainedPolicy(folder / "window")
    game = make_forager_game(Piece("Ω", (9, 9)), Piece("o", (5, 3)))
    (first,) = said(lambda: ai.get_action(game), 5)
    assert "'Ω'" in first and "'o'" not in first and "enemies.md" in first
    game.add_agent(Piece("?", (1, 1)))
    (second,) = said(lambda: ai.q_values(game), 5)
    assert "'?'" in second and "Ω" not in second
    assert not said(lambda: ai.get_action(make_forager_game(Piece("Ω", (1, 2)))))


def test_characters_that_it_knows_are_no_news(folder):
    ai = TrainedPolicy(folder / "window")
    game = make_forager_game(Piece("o", (5, 3)), Piece(" ", (6, 3)))
    assert not said(lambda: ai.get_action(game), 5)


@pytest.mark.parametrize("turns", [99, 100, 300])
def test_a_hundred_turns_without_a_difference(folder, turns):
    ai = TrainedPolicy(folder / "table")  # which knows nothing of this board
    game = make_forager_game(size=(5, 5))
    texts = said(lambda: (ai.get_action(game), play(game, "KEY_LEFT")), turns)
    assert len(texts) == (turns >= 100) and all("100 turns" in text for text in texts)


def test_a_network_that_learned_nothing_is_told_too(folder, tmp_path):
    run = make_run(tmp_path / "dead", training_episodes=1)
    Trainer(run).train()
    path = run.find_checkpoint()
    facts, arrays = load_checkpoint(path)
    RunDirectory(run.path).save_policy(
        path, facts, {n: np.zeros_like(a) if n.startswith("network") else a for n, a in arrays.items()}
    )
    ai, game = TrainedPolicy(run.path), make_forager_game()
    assert len(said(lambda: ai.get_action(game), 150)) == 1
    assert not said(lambda: TrainedPolicy(folder / "window").get_action(game), 1)


def test_another_board_than_a_whole_one_is_said_in_words(folder):
    ai = TrainedPolicy(folder / "board")
    with pytest.raises(ObservationError, match="The board is 5x5, but this agent sees a whole board of .*Train on"):
        ai.get_action(make_forager_game(size=(5, 5)))


SCRIPT = """
from types import SimpleNamespace
from retro_gamer import TrainedPolicy
from retro_gamer.games.engine import Game
thing = SimpleNamespace(character="?", position=(9, 9), handle_keystroke=None)
game = Game([thing], {{"reward": 0}}, board_size=(16, 12))
game.view = {view}
ai = TrainedPolicy({run!r})
ai.get_action(game)
game.add_agent(SimpleNamespace(character="!", position=(8, 8)))
ai.get_action(game)
print("played", flush=True)
"""


@pytest.mark.parametrize("view", [None, object])
def test_where_a_game_fills_the_terminal_it_is_said_at_the_end(folder, view):
    program = SCRIPT.format(view="None" if view is None else "object()", run=str(folder / "window"))
    done = run_python("-c", program, cwd=folder)
    assert done.returncode == 0 and done.stdout.strip() == "played", done.stderr
    told = "PolicyWarning: On the board are other characters" in done.stderr
    assert done.stderr.index("training: '?'") < done.stderr.index("training: '!'")
    assert told and done.stderr.startswith(("sys:1", "<sys>:0")) == (
        view is not None
    )  # when Python ends, no line is running
