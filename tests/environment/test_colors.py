"""Characters that come in several colors are known with them."""

from __future__ import annotations

import pytest
from observing import Hero, Piece, game_classes, make_encoder, make_game

from retro_gamer.discovery.choose_settings import choose_settings

GAME = """
import random
from retro_gamer.games import Game
class Ball:
    character = "o"
    def __init__(self): self.position, self.color = (random.randrange(9), 0), random.choice(["red", "blue"])
    def play_turn(self, game):
        x, y = self.position
        if y < 8: self.position = (x, y + 1)
        else:
            me = game.get_agent_by_name("me")
            if x == me.position[0]: game.state["score"] += 1 if self.color == me.color else -1
            self.__init__()
class Me:
    name, character, color, position = "me", "_", "red", (4, 8)
    def handle_keystroke(self, key, game):
        x = self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        self.position = (min(8, max(0, x)), 8)
        if key == "c": self.color = "blue" if self.color == "red" else "red"
def create_game():
    return Game([Me(), Ball()], {"score": 0}, board_size=(9, 9))
"""


def colored(piece, color):
    piece.color = color
    return piece


@pytest.mark.parametrize("game_class", game_classes())
@pytest.mark.parametrize("own_symbol", [False, True])
def test_each_color_is_a_character_of_its_own(game_class, own_symbol):
    encoder = make_encoder(["o red", "o blue", "x"], board=True, own_symbol=own_symbol)
    pieces = [colored(Piece("o", (x, 0)), color) for x, color in enumerate(("red", "blue", "green"))]
    game = make_game(colored(Hero("o", (1, 1)), "red"), *pieces, colored(Piece("x", (3, 0)), "red"), game_class=game_class)
    cells = encoder.observe(game).cells.reshape(4, 6)
    known = encoder.vocabulary
    assert cells[0, :4].tolist() == [known["o red"], known["o blue"], known.get("o", 0), known["x"]]
    assert cells[1, 1] == (known["(me)"] if own_symbol else known["o red"])


def test_create_finds_the_colors(tmp_path):
    (tmp_path / "balls.py").write_text(GAME)
    config, messages, _ = choose_settings(str(tmp_path / "balls.py"))
    assert config.metadata.character_set == ["o blue", "o red", "_ blue", "_ red"] and not config.preprocessing.own_symbol
    assert "They came in several colors, which are seen: o _." in messages
    named = choose_settings(str(tmp_path / "balls.py"), {"character_set": ["o", "_"]})[0]
    assert named.metadata.character_set == ["o", "_"]


def test_what_has_a_rhythm_has_its_colors_too(tmp_path):
    slow = GAME.replace("        x, y = self", "        if game.turn_number % 2: return\n        x, y = self")
    (tmp_path / "slow_balls.py").write_text(slow)
    config, _, _ = choose_settings(str(tmp_path / "slow_balls.py"))
    assert config.metadata.character_set == ["o blue", "o red", "_ blue", "_ red"]
    assert config.preprocessing.rhythm_of == ["o blue", "o red"]
