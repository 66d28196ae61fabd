"""In which column and row of the board the character that acts is."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer.config.settings import MetadataSettings, PreprocessingSettings
from retro_gamer.environment.game import make_encoder
from retro_gamer.environment.vocabulary import PLACE, Vocabulary
from retro_gamer.errors import CheckpointError
from retro_gamer.games import Game
from retro_gamer.reporting.explanation import explain_choice
from retro_gamer.reporting.sight import inputs_in_words, sight_of
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

SEEN = {"board": False, "egocentric_radius": 1, "radar": False, "place": True}


class Hero:
    name, character = "hero", "@"

    def __init__(self, position):
        self.position = position

    def handle_keystroke(self, key, game):
        pass


def observed(position, board_size, vocabulary=None):
    vocabulary = vocabulary or Vocabulary("@")
    encoder = make_encoder(MetadataSettings(board_size=list(board_size)), PreprocessingSettings(**SEEN), vocabulary)
    observation = encoder.observe(Game([Hero(position)], {"score": 0}, board_size=board_size))
    assert len(observation.inputs) == encoder.shape.n_cells
    assert observation.inputs.max() < encoder.shape.n_symbols
    place = 2 * (vocabulary[PLACE] - 2)
    return observation.radar[place : place + 2].tolist()


@pytest.mark.parametrize("position", [(0, 0), (4, 2), (19, 11)])
def test_column_and_row_are_counted_from_one(position):
    assert observed(position, (20, 12)) == [position[0] + 1, position[1] + 1]


def test_cells_beyond_the_edge_show_nothing():
    """They would be seen in every turn of a game whose player moves along the edge, and tell no more than its place."""
    vocabulary = Vocabulary("@")
    seen = PreprocessingSettings(**{**SEEN, "own_symbol": True})
    encoder = make_encoder(MetadataSettings(board_size=[5, 5]), seen, vocabulary)
    observation = encoder.observe(Game([Hero((0, 0))], {"score": 0}, board_size=(5, 5)))
    assert np.count_nonzero(observation.cells) == 1


def test_a_large_board_has_a_last_column_that_stands_for_all_after_it():
    across, down = observed((150, 3), (200, 12))
    assert 60 <= across < 80 and down == 4
    assert observed((199, 3), (200, 12)) == [across, down]


def test_a_policy_says_so_and_its_words_do(tmp_path):
    run = make_run(tmp_path / "run", "snake", preprocessing=SEEN, training_episodes=2)
    Trainer(run).train()
    facts = read_policy(run)[1].description.to_json()
    assert facts["place"] is True
    for name, value in (("place", 1), ("place", False), ("characters", ["@"])):
        with pytest.raises(CheckpointError, match="place cannot be read"):
            PolicyDescription.from_json({**facts, name: value}, tmp_path)
    del facts["place"]
    with pytest.raises(CheckpointError, match="sizes do not fit together"):
        PolicyDescription.from_json(facts, tmp_path)
    player = load_player(run)
    observation = player.environment.reset(1)
    assert any(
        name == "its own place" and "column" in where for name, where in sight_of(player.environment, observation).radar
    )
    environment = player.environment
    causes = explain_choice(
        player.agent, observation, environment.actions, environment.characters, environment.shape.board_shape
    ).causes
    assert "its own place on the board" in {cause.what for cause in causes}
    assert "its own column and row" in inputs_in_words(run.load_config().preprocessing, "", False)
