# ruff: noqa (as printed)
# enemy_training_game.py
from my_game import STEPS, EnemyAgent, Game, RandomPlayer, walk  # not on the page
from retro_gamer import TrainedPolicy

_player = TrainedPolicy("runs/player/")   # loaded once when the module is imported


class AIPlayer(RandomPlayer):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def play_turn(self, game):
        key = self.model.get_action(game)
        if key is not None:
            walk(self, STEPS[key], game)


def create_game():
    enemy = EnemyAgent()
    player = AIPlayer(_player)          # uses _player.get_action in play_turn
    return Game([enemy, player], {'enemy_reward': 0}, board_size=(32, 16))
