# ruff: noqa (as printed)
# The same with the bundled snake, which needs no retro-games. It is steered with its own keys; and as nobody reads
# the keyboard without retro-games, the snake of the human gets an input source without keys.
from retro_gamer.games import Game
from retro_gamer.games.snake import DIRECTIONS, Apple, SnakeHead
from retro_gamer import TrainedPolicy

_ai = TrainedPolicy("runs/snake/")

class AISnake(SnakeHead):
    name = "AI snake"

    def handle_keystroke(self, k, game): pass   # ignore keyboard

    def play_turn(self, game):
        key = _ai.get_action(game)
        if key is not None:
            self.step, self.character = DIRECTIONS[key]
        super().play_turn(game)

class NoKeys:
    def collect(self): return set()

human_snake = SnakeHead((1, 1), "KEY_DOWN")
ai_snake = AISnake((16, 8), "KEY_UP")
apple = Apple()

game = Game([human_snake, ai_snake, apple], {"score": 0, "reward": 0, "energy": 150}, board_size=(32, 16))
apple.relocate(game)
game.play(input_source=NoKeys())
