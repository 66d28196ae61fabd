"""Self-play: two light cycles that learn by playing snapshots of themselves; who beats whom afterwards.

    python examples/self_play/two_cycles.py

Trains the bundled tron for a quarter of a minute, into runs/tron, and lets early and late snapshots play each other.
"""

from pathlib import Path

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.games.tron import create_game

RUN = Path("runs/tron")

if not RUN.exists():
    main(["create", "--game", "tron", "--output", str(RUN), "--save-steps", "2000"])
    main(["train", str(RUN), "--minutes", "0.25"])
main(["tournament", str(RUN), "--snapshots", "3", "--games", "20"])

# One side of the game, for a game of yours: a policy plays for the team that you name.
red, game = TrainedPolicy(RUN, team="red"), create_game()
game.input_source = PolicyInput(red, game)
game.start()
print("Red would press", red.get_action(game))
