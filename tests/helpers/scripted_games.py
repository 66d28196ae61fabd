"""Games whose characters do as a test tells them."""

from __future__ import annotations

from observing import Piece, make_encoder

from retro_gamer.config.settings import MetadataSettings
from retro_gamer.environment.game import (
    RetroEnvironment,
)
from retro_gamer.games import engine


class Script(Piece):
    """Does in turn n what the n-th of its functions says; then nothing."""

    def __init__(self, *functions):
        super().__init__("s", (0, 0))
        self.functions = list(functions)

    def play_turn(self, game):
        if self.functions:
            self.functions.pop(0)(game)


def set_score(value):
    def act(game):
        game.state["score"] = value

    return act


def script_factory(*functions, game_class=engine.Game, state=None):
    def create_game():
        return game_class([Script(*functions)], dict(state or {"score": 10}), board_size=(3, 2))

    return create_game


def make_environment(factory, actions=("KEY_LEFT",), reward="score", function=None, tabular=False, max_turns=100, score=""):
    metadata = MetadataSettings(actions=list(actions), reward=reward, score=score, board_size=[3, 2])
    encoder = None if function else make_encoder("s", grows=True, board_size=(3, 2), board=True)
    return RetroEnvironment(factory, metadata, encoder, function, tabular, max_turns)


def divide(game):
    return 1 / (game.turn_number - game.turn_number)


THE_LINE = divide.__code__.co_firstlineno + 1
