"""Every example runs as its first lines say, in an empty folder; trainings are cut short."""

from __future__ import annotations

import ast
import sys

import pytest
from end_to_end import HAVE_GYM, PseudoTerminal
from pages import TOP

EXAMPLES = TOP / "examples"
SCRIPTS = [
    "watch/watch_snake.py",
    "autoplay/autoplay_game.py",
    "table_by_hand/corridor.py",
    "self_play/two_cycles.py",
    "own_observation/number_game.py",
    "gymnasium_both_ways/train_cartpole.py",
    "gymnasium_both_ways/our_game_for_others.py",
    "enemy/hunt.py",
    "character/rivals.py",
    "company/orchard.py",
]
# Trainings of a few games, and no waiting for the next picture.
SHORT = """
import runpy, sys, time
time.sleep = lambda seconds: None
from retro_gamer import cli
from retro_gamer.commands import train
train.FINAL_GAMES = 1
main = cli.main
def short(arguments):
    if arguments[0] == "train":
        arguments = ["train", arguments[1], "--episodes", "3"]
    if arguments[0] == "evaluate":
        arguments = [*arguments, "--games", "2"]
    if arguments[0] == "tournament":
        arguments = [*arguments[:2], "--snapshots", "2", "--games", "2"]
    status = main(arguments)
    assert status == 0, (arguments, status)
    return status
cli.main = short
sys.path[0] = sys.argv[1].rpartition("/")[0]
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="games are played on a pseudo-terminal")
@pytest.mark.parametrize("name", SCRIPTS)
def test_an_example_runs(tmp_path, name):
    if name.startswith("gymnasium") and not HAVE_GYM:
        pytest.skip("needs Gymnasium")
    terminal = PseudoTerminal(["-c", SHORT, str(EXAMPLES / name)], tmp_path)
    status = terminal.finish(240)
    terminal.close()
    assert status == 0, terminal.output[-3000:]


def test_the_first_lines_say_what_it_shows_and_how_to_run_it():
    for name in [*SCRIPTS, "game_from_nothing/star_catcher.py"]:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        about = ast.get_docstring(ast.parse(text)) or ""
        assert f"python examples/{name}" in about, name


def test_the_game_from_nothing_is_the_tutorials_and_short():
    text = (EXAMPLES / "game_from_nothing" / "star_catcher.py").read_text(encoding="utf-8")
    code = text.partition('"""\n\n')[2]
    assert code in (TOP / "docs" / "tutorial" / "first-hour.md").read_text(encoding="utf-8")
    assert len(code.splitlines()) < 60
