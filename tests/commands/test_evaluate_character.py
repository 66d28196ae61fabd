"""`evaluate DIR --game GAME --character NAME`: a policy in the real game, beside itself as the player of its own."""

from __future__ import annotations

import json
import sys

import pytest

from retro_gamer.cli import main

REAL = """
from random import randrange
from retro_gamer import TrainedPolicy
from retro_gamer.games.catch import Basket, Fruit, create_game as plain
from retro_gamer.games import Game

ai = TrainedPolicy({run!r}, if_missing="random")
AIBasket = ai.character(Basket, name="basket")  # by this name the fruit looks for it

class Own(Basket):
    def handle_keystroke(self, key, game):
        pass
    def play_turn(self, game):
        ai.control(self, game)

def with_basket(cls):
    game = plain()
    basket = next(agent for agent in game.agents if isinstance(agent, Basket))
    new = cls(basket.position)
    game.remove_agent(basket)
    game.add_agent(new)
    return game

def create_ai(): return with_basket(AIBasket)
def create_own(): return with_basket(Own)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["create", "--game", "catch", "--output", "run", "--hidden-sizes", "8"]) == 0
    assert main(["train", "run", "--episodes", "20"]) == 0
    monkeypatch.delitem(sys.modules, "real_game", raising=False)
    (tmp_path / "real_game.py").write_text(REAL.format(run=str(tmp_path / "run")))
    return tmp_path


@pytest.mark.parametrize(
    "game, name, moved",
    [
        ("catch", "basket", "the policy of the run"),
        ("real_game.py:create_ai", "basket", "its own code"),
        ("real_game.py:create_own", "Own", "its own code"),
    ],
)
def test_whoever_moves_it_it_does_in_its_own_game_what_the_player_does(folder, capsys, game, name, moved):
    capsys.readouterr()
    flags = ["--game", game, "--character", name, "--games", "6", "--quiet"]
    assert main(["evaluate", "run", *flags, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["moved_by"] == moved and data["games"] == 6
    low, high = data["character"]["ci95"]
    assert low <= data["character"]["mean"] <= high
    if game == "catch":  # the same games: the only difference is who pressed the keys
        assert data["character"] == data["player"]
    assert main(["evaluate", "run", *flags]) == 0
    text = capsys.readouterr().out
    assert "as the player of its own game" in text and f"'{name}' in {game}" in text and "nobody was at the key" in text


def test_what_is_not_there_and_what_is_missing(folder, capsys):
    assert main(["evaluate", "run", "--game", "catch", "--character", "ghost", "--quiet"]) == 2
    assert "no character 'ghost'" in capsys.readouterr().err
    assert main(["evaluate", "run", "--game", "catch"]) == 2
    assert "--game and --character belong together" in capsys.readouterr().err
    assert main(["evaluate", "run", "--game", "forager", "--character", "forager", "--quiet"]) in (0, 1)


def test_a_policy_that_always_presses_a_key_is_a_character_too(folder, capsys):
    assert main(["create", "--game", "catch", "--output", "turns", "--hidden-sizes", "8", "--turn-based", "true"]) == 0
    assert main(["train", "turns", "--episodes", "2"]) == 0
    flags = ["--game", "catch", "--character", "basket", "--games", "2", "--quiet", "--json"]
    capsys.readouterr()
    assert main(["evaluate", "turns", *flags]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["character"] == data["player"]
