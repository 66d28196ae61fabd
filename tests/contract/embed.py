# ruff: noqa (as printed)
# "TrainedPolicy in play_turn: model as autonomous character". Two corrections, marked "not on the page":
# retro-games 2.5.0 refuses two agents of one name, and its snake writes state values that must be there.
from retro.game import Game
from retro.examples.snake import Apple, SnakeHead
from retro_gamer import TrainedPolicy

_ai = TrainedPolicy("runs/snake/")

class AISnake(SnakeHead):
    name = "AI snake"  # not on the page

    def handle_keystroke(self, k, game): pass   # ignore keyboard

    def play_turn(self, game):
        key = _ai.get_action(game)
        if key == 'KEY_RIGHT':  self.direction = (1, 0)
        elif key == 'KEY_LEFT': self.direction = (-1, 0)
        elif key == 'KEY_UP':   self.direction = (0, -1)
        elif key == 'KEY_DOWN': self.direction = (0, 1)
        super().play_turn(game)

human_snake = SnakeHead()
ai_snake = AISnake()
ai_snake.position = (16, 8)
apple = Apple()

game = Game([human_snake, ai_snake, apple], {"score": 0, "reward": 0, "energy": 150}, board_size=(32, 16))  # page: {"score": 0}
apple.relocate(game)
game.play()
