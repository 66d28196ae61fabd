"""A game that catches everything cannot keep the program from being stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from end_to_end import PATIENCE

from retro_gamer.cli import main
from retro_gamer.errors import GameError
from retro_gamer.hosting import interrupts
from retro_gamer.hosting.blame import blamed

REPOSITORY = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="signals are sent here")

# At its 200th turn the game gets the signal that the environment variable names, and swallows it.
GAME = """
import os, signal
from retro_gamer.games import Game

turns = 0

class Player:
    name, character, position = "p", "@", (1, 1)

    def handle_keystroke(self, key, game):
        self.position = (0 if key.name == "KEY_LEFT" else 2, 1)

    def play_turn(self, game):
        global turns
        turns += 1
        try:
            game.state["score"] += self.position[0]
            if turns == int(os.environ.get("AT", -1)):
                os.kill(os.getpid(), getattr(signal, os.environ["NUMBER"]))
                for _ in range(10**7):
                    pass
        except:
            game.state["score"] -= 1
        if turns % 50 == 0:
            game.end()

def create_game():
    return Game([Player()], {"score": 0}, board_size=(3, 3))
"""


# The command line, which a terminal's Ctrl-C reaches also where the tests run in the background.
MAIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from retro_gamer.cli import main
sys.exit(main(sys.argv[1:]))
"""


def swallow():
    try:
        interrupts.raise_through(KeyboardInterrupt())
    except BaseException:
        pass


def test_what_the_game_swallowed_comes_out_behind_it():
    with pytest.raises(KeyboardInterrupt):
        with blamed("in turn 1"):
            swallow()
    with pytest.raises(KeyboardInterrupt):
        with blamed("in turn 1"):
            swallow()
            raise ValueError  # what the game makes of it
    with blamed("in turn 2"):
        pass  # and only once
    with pytest.raises(SystemExit), blamed("in turn 1"):
        interrupts.raise_through(SystemExit(143))
    with pytest.raises(GameError, match="SystemExit"), blamed("in turn 1"):
        raise SystemExit(3)  # the game's own


@pytest.fixture
def run(tmp_path):
    (tmp_path / "game.py").write_text(GAME)
    flags = ["--actions", "KEY_LEFT,KEY_RIGHT", "--batch-size", "8", "--hidden-sizes", "8"]
    assert main(["create", "--game", str(tmp_path / "game.py"), "--output", str(tmp_path / "run"), *flags]) == 0
    assert main(["train", str(tmp_path / "run"), "--episodes", "2"]) == 0
    sys.modules.pop("game", None)
    return tmp_path / "run"


@posix
@pytest.mark.parametrize(
    "command, number, status, said",
    [
        (["evaluate", "{run}", "--games", "100000"], "SIGINT", 130, "Stopped."),
        (["play", "{run}"], "SIGINT", 0, "(stopped)"),
        (["play", "{run}"], "SIGTERM", 143, ""),
        (["create", "--game", "{game}", "--output", "{run}2"], "SIGINT", 130, "Stopped."),
        (["train", "{run}", "--episodes", "100000"], "SIGINT", 0, "Stopped after game"),
    ],
)
def test_one_ctrl_c_ends_a_command_even_if_the_game_catches_everything(run, command, number, status, said):
    done = subprocess.run(
        [sys.executable, "-c", MAIN] + [part.format(run=run, game=run.parent / "game.py") for part in command],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "AT": "30", "NUMBER": number},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == status, done.stderr
    assert said in done.stdout + done.stderr
