"""Watch a trained policy play: it takes the place of the keyboard.

    python examples/watch/watch_snake.py

Trains the bundled snake for a few seconds first, into runs/snake, if there is no run there yet.
"""

from pathlib import Path

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.games.snake import create_game

RUN = Path("runs/snake")

if not RUN.exists():
    main(["create", "--game", "snake", "--output", str(RUN)])
    main(["train", str(RUN), "--minutes", "0.2"])

ai = TrainedPolicy(RUN)
game = create_game()
game.play(input_source=PolicyInput(ai, game))
print("It ate", game.state["score"] // 50, "apples.")
