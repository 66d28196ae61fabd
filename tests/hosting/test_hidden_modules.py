"""Files of a pupil's that have the names of Python's own modules, or of libraries."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from end_to_end import child_environment, run_python

from retro_gamer.hosting import hidden_modules

# Modules that Python does not import before it comes to us, but that we, NumPy or they themselves do.
HIDING = [
    "random",
    "numpy",
    "json",
    "ast",
    "typing",
    "tomllib",
    "re",
    "secrets",
    "traceback",
    "copy",
    "queue",
    "test",
    *(["winreg", "msvcrt"] if sys.version_info >= (3, 10) and os.name != "nt" else []),
]
GAME = """
from random import randint
from retro_gamer.games import Game
class Player:
    name, character, position = "player", "P", (5, 5)
    def handle_keystroke(self, key, game):
        x, y = self.position
        if key.name == "KEY_LEFT" and x > 0: self.position = (x - 1, y)
        if key.name == "KEY_RIGHT" and x < 9: self.position = (x + 1, y)
    def play_turn(self, game):
        game.state["score"] += self.position[0] == 9
def create_game():
    game = Game([Player()], {"score": 0}, board_size=(10, 10))
    game.chance = randint(0, 9)
    return game
"""


@pytest.fixture
def folder(tmp_path):
    for name in HIDING:
        (tmp_path / f"{name}.py").write_text(f'raise RuntimeError("the wrong {name}")')
    (tmp_path / "good.py").write_text(GAME)
    return tmp_path


def test_commands_work_beside_files_that_hide_modules(folder):
    flags = ["--training-episodes", "2", "--evaluate-every", "0", "--max-turns-per-episode", "20"]
    for arguments in (
        ["create", "--game", "good.py", "--output", "r", *flags],
        ["train", "r"],
        ["evaluate", "r", "--games", "2", "--json"],
        ["info", "r"],
    ):
        done = run_python("-m", "retro_gamer", *arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        notes = [line for line in done.stderr.splitlines() if "typing.py hides the module typing" in line]
        assert len(notes) == 1 and "rename the file" in notes[0]
        assert "test.py" not in done.stderr  # nobody asked for that one


def test_the_installed_script_works_there_too(folder):
    script = "import sys; sys.path[0] = '/usr/bin'; from retro_gamer.cli import main; raise SystemExit(main())"
    done = run_python("-c", script, "create", "--game", "good.py", "--output", "r", "--actions", "KEY_LEFT", cwd=folder)
    assert done.returncode == 0, done.stderr


def test_scripts_work_beside_files_that_hide_modules(folder):
    (folder / "script.py").write_text(
        "from retro_gamer import DQNTrainer, GameMetadata\n"
        "from good import create_game\n"
        "metadata = GameMetadata(actions=['KEY_LEFT'], reward='score')\n"
        "DQNTrainer(create_game, metadata, 'r', training_episodes=2, max_turns_per_episode=10).train()\n"
    )
    done = run_python("script.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "r" / "checkpoints" / "ep_0002.npz").is_file()


def test_a_script_keeps_the_module_that_it_imported_before_us(tmp_path):
    (tmp_path / "random.py").write_text("mine = 7")
    (tmp_path / "script.py").write_text("import random\nfrom retro_gamer import TrainedPolicy\nprint(random.mine)\n")
    done = run_python("script.py", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "7\n", done.stderr


def test_a_game_imports_its_own_module_as_python_would(tmp_path):
    """It was written against the file beside it, whatever else has that name."""
    (tmp_path / "antigravity.py").write_text("HEIGHT = 3")
    (tmp_path / "good.py").write_text("from antigravity import HEIGHT\n" + GAME)
    done = run_python(
        "-m",
        "retro_gamer",
        "create",
        "--game",
        "good.py",
        "--output",
        "r",
        "--actions",
        "KEY_LEFT",
        cwd=tmp_path,
    )
    assert done.returncode == 0 and "hides" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["test", "code"])
def test_a_game_may_have_the_name_of_a_module_that_nobody_uses(tmp_path, name):
    (tmp_path / f"{name}.py").write_text(GAME)
    done = run_python(
        "-m",
        "retro_gamer",
        "create",
        "--game",
        f"{name}.py",
        "--output",
        "r",
        "--actions",
        "KEY_LEFT",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_a_game_with_the_name_of_a_module_in_use_is_told_to_rename(tmp_path):
    (tmp_path / "random.py").write_text(GAME)
    done = run_python("-m", "retro_gamer", "create", "--game", "random.py", "--output", "r", cwd=tmp_path)
    assert done.returncode == 1 and "Give the game's file another name" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_such_files_nothing_is_said(tmp_path):
    code = "import retro_gamer, sys; from retro_gamer import TrainedPolicy; print(len(sys.path))"
    done = subprocess.run([sys.executable, "-c", code], cwd=str(tmp_path), stderr=subprocess.PIPE, env=child_environment())
    assert done.returncode == 0 and done.stderr == b""


def test_a_library_outside_the_usual_folders_is_found_where_python_looks(tmp_path, monkeypatch):
    (tmp_path / "made_for_this_test.py").write_text("x = 1")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    finder = hidden_modules.LibrariesAmongThemselves
    code = compile("spec = find('made_for_this_test')", os.path.join(os.path.dirname(os.__file__), "some.py"), "exec")
    names = {"find": finder.find_spec, "__name__": "some"}
    exec(code, names)
    assert names["spec"] is None
