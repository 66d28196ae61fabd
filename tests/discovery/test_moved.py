"""Who is played where nobody on the board listens to keys."""

from __future__ import annotations

import random

from observing import Piece

from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.discovery.players import moved_by_keys
from retro_gamer.games import engine

KEYS = ["KEY_LEFT", "KEY_RIGHT"]


class Manager:
    """Listens, is not shown, and moves what it holds; or draws it anew each turn."""

    display, position, character = False, (0, 0), "?"

    def __init__(self, anew=False):
        self.x, self.anew, self.pieces = 4, anew, []

    def handle_keystroke(self, keystroke, game):
        self.x = min(6, max(0, self.x + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(keystroke.name, 0)))

    def play_turn(self, game):
        if self.anew or not self.pieces:
            for piece in self.pieces:
                game.remove_agent(piece)
            self.pieces = [Basket("=", (0, 8)) for _ in range(3)]
            for piece in self.pieces:
                game.add_agent(piece)
        for right, piece in enumerate(self.pieces):
            piece.position = (self.x + right, 8)


class Basket(Piece):
    pass


class Star(Piece):
    def play_turn(self, game):
        self.position = (random.randrange(9), (self.position[1] + 1) % 8)


class Dog(Piece):
    """Follows the basket, now and then."""

    def play_turn(self, game):
        baskets = [agent for agent in game.agents if isinstance(agent, Basket)]
        if baskets and game.turn_number % 3 == 0:
            self.position = (baskets[0].position[0], 7)


def factory_of(anew=False):
    return lambda: engine.Game([Manager(anew), Star("*", (3, 0)), Dog("d", (0, 7))], {"score": 0}, board_size=(9, 9))


def test_a_character_that_a_manager_moves_is_played():
    assert moved_by_keys(factory_of(), KEYS) == "Basket"


def test_what_is_drawn_anew_each_turn_is_not():
    assert moved_by_keys(factory_of(anew=True), KEYS) == ""


def test_it_is_seen_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "managed_game.py").write_text(
        """
from retro_gamer.games import Game
class Ship:
    character = "A"
    def __init__(self): self.position = (4, 8)
class Manager:
    display, position, character = False, (0, 0), "?"
    def __init__(self, ship): self.ship = ship
    def handle_keystroke(self, key, game):
        x = self.ship.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if 0 <= x < 9: self.ship.position = (x, 8); game.state["score"] += x == 8
def create_game():
    ship = Ship()
    return Game([ship, Manager(ship)], {"score": 0}, board_size=(9, 9))
"""
    )
    config, messages, notes = choose_settings("managed_game.py")
    assert config.metadata.player == "Ship" and not config.preprocessing.board
    assert "Seen from Ship" in "\n".join(messages) and "moves when" in notes["metadata.player"]


class Drops:
    """Lets a piece fall that keys move, and another when it has landed."""

    display, position, character = False, (0, 0), "?"
    piece = None

    def handle_keystroke(self, keystroke, game):
        x, y = self.piece.position if self.piece else (4, 0)
        x += {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(keystroke.name, 0)
        if self.piece and 0 <= x < 9:
            self.piece.position = (x, y)

    def play_turn(self, game):
        if self.piece is None or self.piece.position[1] == 8:
            self.piece = Basket("#", (4, 0))
            game.add_agent(self.piece)
        elif game.turn_number % 3 == 0:
            self.piece.position = (self.piece.position[0], self.piece.position[1] + 1)


def test_pieces_that_lie_still_once_they_fell_are_not():
    assert moved_by_keys(lambda: engine.Game([Drops()], {"score": 0}, board_size=(9, 9)), KEYS) == ""
