# ruff: noqa (as printed)
# "Adversarial training", the other half of the pair: the player is trained against the enemy's model.
from my_game import STEPS, Enemy, Game, RandomPlayer, walk
from retro_gamer import TrainedPolicy

_enemy = TrainedPolicy("runs/enemy/")   # loaded once when the module is imported


class AIEnemy(Enemy):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def play_turn(self, game):
        key = self.model.get_action(game)
        if key is not None:
            walk(self, STEPS[key], game)
        if game.get_agent_by_name("player").position == self.position:
            game.end()


class Player(RandomPlayer):
    def handle_keystroke(self, keystroke, game):
        if keystroke.name in STEPS:
            walk(self, STEPS[keystroke.name], game)

    def play_turn(self, game):
        game.state["player_reward"] += 1


def create_game():
    return Game([Player(), AIEnemy(_enemy)], {"player_reward": 0}, board_size=(32, 16))
