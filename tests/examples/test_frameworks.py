"""The games in other frameworks: rules without a window, trained, and played in their windows."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys

import pytest
from end_to_end import run_command, run_python
from pages import TOP

EXAMPLES = TOP / "examples" / "frameworks"
GAMES = {
    "pong": ("Pong", "pygame"),
    "stars": ("Stars", "pgzero"),
    "rocks": ("Rocks", "pyxel"),
    "cat": ("Cat", "tkinter"),
}
FRAMES = 60

# Closes the window after some frames, in which the picture has changed; without a screen or a sound card.
PYGAME = """
import os
os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
import pygame
flip, pictures = pygame.display.flip, []
def counted():
    flip()
    pictures.append(pygame.image.tobytes(pygame.display.get_surface(), "RGB"))
    if len(pictures) == FRAMES:
        pygame.event.post(pygame.event.Event(pygame.QUIT))
pygame.display.flip = counted
"""
DRIVERS = {
    "pygame": PYGAME,
    "pgzero": PYGAME,
    "pyxel": """
import pyxel
run, pictures = pyxel.run, []
def shown(update, draw):
    def counted():
        draw()
        pictures.append(bytes(pyxel.pget(x, y) for x in range(pyxel.width) for y in range(pyxel.height)))
        if len(pictures) == FRAMES:
            print("pictures", len(set(pictures)), flush=True)
            pyxel.quit()  # and with it the process
    run(update, counted)
pyxel.run = shown
""",
    "tkinter": """
import turtle
update, pictures = turtle.TurtleScreen.update, []
def counted(screen):
    update(screen)
    pictures.append(repr([figure.position() for figure in screen.turtles()]))
    if len(pictures) == 8:
        screen.ontimer(turtle.bye, 1)
turtle.TurtleScreen.update = counted
""",
}
CLOSE = """
import runpy, sys
sys.argv = [sys.argv[1], sys.argv[2]]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except (SystemExit, turtle.Terminator if "turtle" in globals() else SystemExit):
    pass
finally:
    print("pictures", len(set(pictures)), flush=True)
"""


@pytest.mark.parametrize("name", GAMES)
def test_a_game_is_short_and_its_rules_need_no_framework(name):
    path = EXAMPLES / f"{name}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 100
    names = "pygame pgzero pgzrun pyxel arcade tkinter turtle numpy"
    code = (
        "import runpy, sys\n"
        f"for name in {names!r}.split(): sys.modules[name] = None\n"
        f"game = runpy.run_path({str(path)!r})[{GAMES[name][0]!r}]()\n"
        "first, again = game.reset(seed=1), game.reset(seed=1)\n"
        "assert first == again, 'the same seed is the same game'\n"
        "results = [game.step(action) for action in game.actions]\n"
        "assert all(len(result) == 5 for result in results)\n"
    )
    done = run_python("-c", code, cwd=EXAMPLES)
    assert done.returncode == 0, done.stderr


def run_in_window(code, arguments, folder):
    """Run Python code where there may be no screen: on one that is not shown, if Xvfb is there."""
    if os.name == "posix" and sys.platform != "darwin" and not os.environ.get("DISPLAY"):
        if shutil.which("xvfb-run") is None:
            pytest.skip("needs a screen, or Xvfb")
        inside = "import subprocess, sys; sys.exit(subprocess.call(['xvfb-run', '-a', sys.executable, '-c', *sys.argv[1:]]))"
        return run_python("-c", inside, code, *arguments, cwd=folder)
    return run_python("-c", code, *arguments, cwd=folder)


@pytest.mark.parametrize("name", GAMES)
def test_a_game_is_trained_and_played_in_its_window(tmp_path, name):
    game, framework = GAMES[name]
    flags = ["--algorithm", "q_learning"] if name == "cat" else ["--hidden-sizes", "16", "--batch-size", "16"]
    spec = f"{EXAMPLES / name}.py:{game}"
    done = run_command("create", "--game", spec, "--output", "run", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run_command("train", "run", "--episodes", "5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    code = f"FRAMES = {FRAMES}\n{DRIVERS[framework]}\n{CLOSE}"
    done = run_in_window(code, [str(EXAMPLES / f"{name}.py"), str(tmp_path / "run")], tmp_path)
    assert "pictures " in done.stdout, done.stderr
    assert int(done.stdout.split("pictures ")[1].split()[0]) > 1, "the picture never changed"
