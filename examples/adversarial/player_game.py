"""The variant in which the player learns: it listens to the keys, and the enemy follows its newest policy."""

from coins import AIEnemy, Player, corner, make_game, opposite

from retro_gamer import TrainedPolicy

_enemy = TrainedPolicy("runs/enemy", if_missing="random")  # loaded once, when the module is imported


def create_game():
    return make_game(Player(corner()), AIEnemy(opposite(), _enemy))
