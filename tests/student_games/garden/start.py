from retro_gamer.games import Game

from .rabbit import Carrot, Rabbit


def plant():
    return Game([Rabbit(), Carrot()], {"carrots": 0}, board_size=(5, 5))
