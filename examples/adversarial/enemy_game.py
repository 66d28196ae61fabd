"""The variant in which the enemy learns: it listens to the keys, and the player follows its newest policy."""

from coins import AIPlayer, Enemy, corner, make_game, opposite

from retro_gamer import TrainedPolicy

_player = TrainedPolicy("runs/player", if_missing="random")  # loaded once, when the module is imported


def create_game():
    return make_game(AIPlayer(corner(), _player), Enemy(opposite()))
