# ruff: noqa (as printed)
# "PolicyInput: model as player", as printed.
from retro.examples.snake import create_game
from retro_gamer import TrainedPolicy, PolicyInput

ai = TrainedPolicy("runs/snake/")
game = create_game()
game.play(input_source=PolicyInput(ai, game))
