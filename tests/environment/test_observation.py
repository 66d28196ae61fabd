"""What an observation carries: a picture, the radar's readings apart from it, numbers, and the list of what is there."""

from __future__ import annotations

import numpy as np
from observing import Hero, Piece, make_encoder, make_game

from retro_gamer.agents.dqn import DQNAgent
from retro_gamer.config.settings import ModelSettings, TrainingSettings
from retro_gamer.environment import observation as observation_module
from retro_gamer.environment.observation import NO_FEATURES, Observation


def test_readings_are_no_cells():
    game = make_game(Hero("a", (0, 0)), Piece("b", (5, 3)))
    encoder = make_encoder("ab", board=True, radar=True)
    seen = encoder.observe(game)
    assert seen.cells.reshape(4, 6)[0, 0] == 2 and seen.cells.reshape(4, 6)[3, 5] == 3 and seen.cells.size == 24
    assert seen.radar[:4].tolist() == [0, 0, 8, 7] and seen.radar.size == encoder.shape.n_readings
    assert seen.inputs.tolist() == [*seen.cells, *seen.radar] and seen.inputs.size == encoder.shape.n_cells
    assert make_encoder("ab", board=True).observe(game).radar.size == 0


def test_the_symbols_are_those_of_all_inputs_in_their_order():
    seen = Observation(np.array([0, 3, 0, 1, 5], np.uint8), NO_FEATURES, n_readings=1)
    assert seen.symbols.tolist() == [2 * 5 + 1, 0 * 5 + 3, 4 * 5 + 4]


def test_memory_and_network_share_one_search(monkeypatch):
    """An observation is acted on, remembered and acted on again; what stands on it is looked for once."""
    searched, search = [], observation_module.symbol_numbers
    monkeypatch.setattr(observation_module, "symbol_numbers", lambda cells: searched.append(cells) or search(cells))
    game, encoder = make_game(Hero("a", (0, 0)), Piece("b", (5, 3))), make_encoder("ab", board=True)
    agent = DQNAgent(encoder.shape, 3, ModelSettings(), TrainingSettings(memory_capacity=100), np.random.default_rng(0))
    first, second = encoder.observe(game), encoder.observe(game)
    agent.act(first, 0.0)
    agent.replay.add(first, 0, 0.0, second, False, False)
    agent.act(second, 0.0)
    assert len(searched) == 2


def test_widened_readings_show_nothing_of_what_was_unknown():
    seen = Observation(np.array([2, 0, 7, 4], np.uint8), NO_FEATURES, n_readings=2)
    wide = seen.widened(6)
    assert wide.cells.tolist() == [2, 0] and wide.radar.tolist() == [7, 4, 0, 0]
    assert wide.symbols.tolist() == [1 * 6 + 0, 6 * 6 + 2, 3 * 6 + 3]


def test_a_table_tells_observations_apart_by_everything_in_them():
    cells, numbers = np.array([1, 2], np.uint8), np.array([0.5], np.float32)
    assert Observation(cells, numbers).to_bytes() == b"\x01\x02" + numbers.tobytes()
    assert Observation(cells, NO_FEATURES).to_bytes() == b"\x01\x02"
