"""The autoplay() convention: a game module that can play itself, so that other tools can drive it turn by turn.

    python examples/autoplay/autoplay_game.py

`autoplay()` returns a game whose keys come from a policy. Without a trained run in runs/catch it presses random keys.
"""

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.games.catch import create_game


def autoplay():
    game = create_game()
    game.input_source = PolicyInput(TrainedPolicy("runs/catch", if_missing="random"), game)
    return game


if __name__ == "__main__":
    game = autoplay()
    game.start()
    while game.playing and game.turn_number < 500:
        game.step()  # another tool would draw the board here
    print("After", game.turn_number, "turns:", dict(game.state))
