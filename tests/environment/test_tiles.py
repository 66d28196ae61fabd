"""Boards of tiles, as in 2048: what is seen of them, and where `create` finds them."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from observing import Piece, make_encoder
from small_runs import make_run, same

from retro_gamer import TrainedPolicy
from retro_gamer.config.run_config import RunConfig
from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.errors import CheckpointError, ConfigError
from retro_gamer.games import engine
from retro_gamer.reporting.explanation import explain_choice
from retro_gamer.reporting.sight import inputs_in_words, sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

SEEN = {"board": True, "egocentric_radius": 0, "radar": False}
GAME = """
from random import choice
from retro_gamer.games import Game
class Tile:
    size = {size}
    def __init__(self, x, y): self.position, self.value = (x, y), 0
    @property
    def character(self):
        text = str(self.value).center(4) if self.value else {empty!r}
        return [text] if self.size[1] == 1 else ["+--+", text, "+--+"]
class Text:
    size, position, text = (9, 1), (0, 0), "SCORE 0"
    @property
    def character(self): return [self.text]
class Piece:
    character, position = "*", (0, 1)
class Board:
    display, name = False, "board"
    def handle_keystroke(self, key, game):
        tiles = game.tiles
        if str(key) not in tuple("ab"): return
        tiles = tiles if str(key) == "a" else tiles[::-1]
        choice(tiles)  # or it would go with the keys of random play
        tile = choice(tiles)
        tile.value = {then}
        game.state["score"] += tile.value
        game.turns_played += 1
        if game.turns_played == 40: game.end()
    def play_turn(self, game):
        text, piece = game.agents[1], game.agents[2]
        {more}
def create_game():
    tiles = [Tile(2 + 5 * x, 2 + 4 * y) for x in range({across}) for y in range({down})]
    game = Game([Board(), Text(), Piece(), *tiles], {{"score": 0}}, board_size=(24, 16))
    game.tiles, game.turns_played = tiles, 0
    return game
"""
USUAL = {
    "size": (4, 1),
    "empty": " .  ",
    "then": "2 * (tile.value or 4)",
    "more": "text.text = 'SCORE %d' % game.state['score']",
    "across": 3,
    "down": 2,
}


def tile(text, x, y):
    return Piece([text.center(4)], (x, y), size=(4, 1))


def observed(*agents, grows=True):
    encoder = make_encoder("", grows=grows, board=True, board_size=(16, 8), tiles=[1, 5, 3, 1, 2, 2])
    observation = encoder.observe(engine.Game(list(agents), {}, board_size=(16, 8)))
    names = [" ", "", *encoder.vocabulary.characters]
    assert observation.cells.size == encoder.shape.n_cells and encoder.shape.board_shape == (3, 5)
    return [[names[symbol] for symbol in row] for row in observation.cells.reshape(3, 5)]


def test_a_number_is_one_sign_and_between_equal_ones_is_theirs():
    assert observed(tile("16", 1, 1), tile("16", 6, 1), tile("2", 11, 1), tile("2", 11, 3)) == [
        ["16", "16", "16", " ", "2"],
        [" ", " ", " ", " ", "2"],
        [" ", " ", " ", " ", "2"],
    ]


def test_across_empty_places_and_never_across_another_tile():
    assert observed(tile("8", 1, 1), tile(" . ", 6, 1), tile("8", 11, 1))[0] == ["8", "8", " ", " ", "8"]
    assert observed(tile("8", 1, 1), tile("2", 6, 1), tile("8", 11, 1))[0] == ["8", " ", "2", " ", "8"]


def test_what_is_elsewhere_is_not_seen_and_a_tile_may_be_single_letters():
    seen = observed(Piece("a", (2, 1)), Piece("a", (7, 1)), Piece("b", (0, 0)), Piece("c", (3, 6)))
    assert seen[0] == ["a", "a", "a", " ", " "] and not "".join(sum(seen[1:], [])).strip()


def test_a_tile_that_training_never_saw_is_as_none():
    assert observed(tile("8", 1, 1), grows=False)[0] == [" "] * 5


def test_against_the_plain_way():
    rng = np.random.default_rng(0)
    for _ in range(50):
        board = rng.choice([0, 2, 4, 16], (2, 3))
        agents = [tile(str(board[y, x] or "."), 1 + 5 * x, 1 + 2 * y) for x in range(3) for y in range(2)]
        expected = [[" "] * 5 for _ in range(3)]
        for (y, x), value in np.ndenumerate(board):
            if value:
                expected[2 * y][2 * x] = str(value)
                for dy, dx, line in ((0, 1, board[y, x + 1 :]), (1, 0, board[y + 1 :, x])):
                    if next((other for other in line if other), 0) == value:
                        expected[2 * y + dy][2 * x + dx] = str(value)
        assert observed(*agents) == expected


def chosen(tmp_path, monkeypatch, flags=None, **changes):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "tiles_game", raising=False)
    (tmp_path / "tiles_game.py").write_text(GAME.format(**{**USUAL, **changes}), encoding="utf-8")
    return choose_settings("tiles_game.py", {"actions": ["a", "b"], **(flags or {})})


@pytest.mark.parametrize(
    "changes, tiles",
    [
        ({}, [2, 5, 3, 2, 4, 2]),
        ({"size": (4, 3)}, [2, 5, 3, 3, 4, 2]),  # with a frame around each
        ({"empty": "    ", "down": 1, "across": 4}, [2, 5, 4, 2, 1, 1]),
    ],
    ids=str,
)
def test_create_finds_them(tmp_path, monkeypatch, changes, tiles):
    config, messages, notes = chosen(tmp_path, monkeypatch, **changes)
    assert config.preprocessing.tiles == tiles
    assert "which of them are equal" in "\n".join(messages) and "waits for a key" in notes["preprocessing.tiles"]


@pytest.mark.parametrize(
    "changes",
    [
        {"across": 3, "down": 1},  # too few
        {"then": "tile.value + 7 * game.turns_played"},  # kinds without end
        {"more": "text.text = 'NEXT %d' % (3 + 7 * (game.state['score'] % 3))"},  # more is told elsewhere
        {"more": "piece.position = (game.state['score'] // 2 % 9, 1)"},
        {"more": "game.state['score'] += 1"},  # does not wait
        {"flags": {"tiles": []}},
        {"flags": {"algorithm": "q_learning"}},
        {"flags": {"board": True, "own_symbol": True}},
    ],
    ids=str,
)
def test_not_where_they_are_none_or_not_all(tmp_path, monkeypatch, changes):
    assert chosen(tmp_path, monkeypatch, **changes)[0].preprocessing.tiles == []


@pytest.mark.parametrize(
    "change",
    [
        {"tiles": [0, 1, 2]},  # and what does not go with them
        {"tiles": [0, 0, 2, 0, 1, 2]},
        {"tiles": [0, 1, 2, 0, 1, 0]},
        {"board": False, "radar": True},
        {"radar": True},
        {"own_symbol": True},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(change):
    seen = {**SEEN, "tiles": [0, 1, 2, 0, 1, 2], **change}
    with pytest.raises(ConfigError, match="tiles"):
        RunConfig.from_dict({"metadata": {"actions": ["a"], "reward": "score"}, "preprocessing": seen}, "x")


def run_of(tmp_path, monkeypatch, name):
    config, _, _ = chosen(tmp_path, monkeypatch, flags={"training_turns": 600, "learning_starts": 40, "hidden_sizes": [16]})
    run = make_run(tmp_path / name)
    run.config_path.write_text(config.to_toml(), encoding="utf-8")
    return run


def test_a_training_in_two_parts_is_as_one_and_a_policy_sees_the_same(tmp_path, monkeypatch):
    for name, stops in (("whole", [99]), ("parts", [3, 8, 99])):
        run = run_of(tmp_path, monkeypatch, name)
        for stop in stops:
            trainer = Trainer(run)
            trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
    same(RunDirectory(tmp_path / "whole"), RunDirectory(tmp_path / "parts"))

    player, policy = load_player(run), TrainedPolicy(run.path)
    environment = player.environment
    observation = environment.reset(0)
    for _ in range(30):
        values = policy.q_values(environment.game)
        assert list(values.values()) == player.agent.q_values(observation).tolist()
        observation = environment.step(0).observation
    rows = sight_of(environment, observation).board
    assert len(rows) == 3 and len(set(map(len, rows))) == 1 and any(sign.isdigit() for sign in rows[0])
    described = read_policy(run)[1].description
    shape = environment.shape.board_shape
    assert explain_choice(player.agent, observation, environment.actions, described.characters, shape, described).causes

    facts = described.to_json()
    seen = PolicyDescription.from_json(facts, tmp_path).settings(run.load_config()).preprocessing
    assert seen.tiles == facts["tiles"] == [2, 5, 3, 2, 4, 2]
    assert inputs_in_words(seen, "", False)[0] == "tiles, and which are equal"
    for wrong in ([], [2, 5, 3, 2, 4, 1], [2, 0, 3, 2, 4, 2], [2, 5, 3], "tiles", [True, 5, 3, 2, 4, 2]):
        with pytest.raises(CheckpointError, match="tiles|fit together"):
            PolicyDescription.from_json({**facts, "tiles": wrong}, tmp_path)
