"""A policy that will live beside others: train it beside stand-ins, and measure it in the real game.

    python examples/company/orchard.py

Pickers gather fruit. Whoever walks into another picker loses a point. A policy that was trained alone has never seen
another picker: to it they are not there. One that was trained beside stand-ins goes around them.

The stand-ins are of three kinds, one drawn for each game: one that stands, one that strolls at random, and one that the
policy trained alone plays. The real game, in which both are measured, has two rivals of the third kind.
"""

import sys
from pathlib import Path
from random import choice, randrange

from retro_gamer import TrainedPolicy
from retro_gamer.games import Game

WIDTH, HEIGHT = 10, 6
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


class Picker:
    name, character, color = "picker", "P", "green"

    def __init__(self):
        self.position = (randrange(WIDTH), randrange(HEIGHT))

    def handle_keystroke(self, key, game):
        dx, dy = STEPS.get(key.name, (0, 0))
        there = (self.position[0] + dx, self.position[1] + dy)
        if not game.on_board(there) or there == self.position:
            return
        for agent in game.agents:
            if isinstance(agent, Picker) and agent.position == there:
                self.count(game, -1)  # ouch
                return
        self.position = there

    def play_turn(self, game):
        fruit = game.get_agent_by_name("fruit")
        if fruit.position == self.position:
            self.count(game, 1)
            fruit.position = (randrange(WIDTH), randrange(HEIGHT))
        if game.turn_number >= 150:
            game.end()

    def count(self, game, points):
        game.state["score"] += points


class Rival(Picker):
    """Another picker, whose points do not count."""

    name, character, color = "rival", "R", "red"

    def count(self, game, points):
        pass


class Standing(Rival):
    def handle_keystroke(self, key, game):
        pass


class Strolling(Standing):
    def play_turn(self, game):
        step = type("Key", (), {"name": choice(list(STEPS))})
        Rival.handle_keystroke(self, step, game)


class Fruit:
    name, character, color = "fruit", "o", "yellow"

    def __init__(self):
        self.position = (randrange(WIDTH), randrange(HEIGHT))


def game_of(*others):
    return Game([Picker(), *others, Fruit()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def create_alone():
    return game_of()


older = TrainedPolicy("runs/alone", if_missing="random")
OlderRival = older.character(Rival, name="older rival")


def create_beside():
    """The variant to train in. Only the picker listens to keys."""
    return game_of(choice([Standing, Strolling, OlderRival])())


def create_game():
    """The real game; here nobody is at the keyboard, and the picker is the character that is measured."""
    return game_of(OlderRival(), OlderRival())


if __name__ == "__main__":
    from retro_gamer.cli import main

    here = Path(__file__).resolve()
    sys.path.insert(0, str(here.parent))
    for name in ("alone", "beside"):
        run, game = f"runs/{name}", f"{here.stem}:create_{name}"
        if not Path(run).exists():
            main(["create", "--game", game, "--output", run, "--training-turns", "60000"])
        main(["train", run])
        sys.modules.pop(here.stem, None)  # the module loads the older policy anew, which there is by now
    for name in ("alone", "beside"):
        main(["evaluate", f"runs/{name}", "--game", f"{here.stem}:create_game", "--character", "picker"])
