"""Which functions that make games a command can find again, and what is said of all others."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from pathlib import Path

import pytest
from end_to_end import run_command, run_python

from retro_gamer import DQNTrainer, GameMetadata, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.games import catch
from retro_gamer.original.game_factory import describe, locate

LAMBDA = lambda: catch.create_game()  # noqa: E731
PARTIAL = functools.partial(functools.partial(catch.create_game))


def create_game():
    return catch.create_game()


def nested():
    def inner():
        return catch.create_game()

    return inner


class Maker:
    def __call__(self):
        return catch.create_game()

    def method(self):
        return catch.create_game()

    @staticmethod
    def static():
        return catch.create_game()


def replaced():
    return catch.create_game()


REPLACED = replaced


def replaced():  # noqa: F811
    raise AssertionError("another game")


def typed_in():
    """A function as a notebook has it: its module has no file."""
    notebook = types.ModuleType("a_notebook")
    exec(
        "def create_game():\n    from retro_gamer.games import catch\n    return catch.create_game()",
        vars(notebook),
    )
    return notebook


NOTEBOOK = typed_in()
# What cannot be imported again, and what is said of it.
ONLY_HERE = {
    "lambda": (LAMBDA, "a lambda (test_game_factory.py, line"),
    "partial": (PARTIAL, "a functools.partial of create_game()"),
    "nested": (nested(), "inner(), made inside nested() (test_game_factory.py, line"),
    "object": (Maker(), "an object of class Maker (test_game_factory.py, line"),
    "method": (Maker().method, "the method method of an object (test_game_factory.py, line"),
    "static": (Maker.static, "static() (test_game_factory.py, line"),
    "replaced": (REPLACED, "replaced() (test_game_factory.py, line"),
    "notebook": (NOTEBOOK.create_game, "create_game()"),
}
only_here = pytest.mark.parametrize("name", ONLY_HERE)


@only_here
def test_what_cannot_be_imported_again(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "a_notebook", NOTEBOOK)
    factory, what = ONLY_HERE[name]
    assert locate(factory) == {} and describe(factory).startswith(what)


@only_here
def test_it_is_said_at_once_and_again_when_a_command_asks(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "a_notebook", NOTEBOOK)
    factory, what = ONLY_HERE[name]
    run = tmp_path / "run"
    metadata = GameMetadata(["KEY_LEFT", "KEY_RIGHT"], "score")
    trainer = DQNTrainer(factory, metadata, run, hidden_sizes=[4], training_episodes=2, evaluate_every=0)
    said = capsys.readouterr().err
    assert f"Only this script can make the game: {what}" in said and "they will not find it" in said
    assert f"# Only the script that trains this run can make the game: {what}" in (run / "config.toml").read_text()
    trainer.train(on_episode=lambda: None)
    for command in ("evaluate", "play", "train"):
        assert main([command, str(run)]) == 2
        assert "names no game, as when a script trained it on a game that only the script" in capsys.readouterr().err
    assert main(["info", str(run)]) == 0 and "Game         not named" in capsys.readouterr().out
    policy, game = TrainedPolicy(run), catch.create_game()
    assert policy.get_action(game) in policy.actions


def test_a_config_that_names_another_game_is_said(tmp_path, capsys):
    config = {"game": {"module": "my_game"}, "metadata": {"actions": ["KEY_LEFT"], "reward": "score"}}
    config["preprocessing"] = {"board": False, "radar": True}
    (tmp_path / "config.toml").write_text(RunConfig.from_dict(config).to_toml())
    metadata = GameMetadata(["KEY_LEFT"], "score", board=False)
    DQNTrainer(LAMBDA, metadata, tmp_path, {"radar": True})
    assert f"cannot: they play the game that {tmp_path / 'config.toml'} names, my_game." in capsys.readouterr().err


# What can be imported again, from any folder

PACKAGE = {
    "games/__init__.py": "from games.inside import make\nfrom retro_gamer.games.catch import create_game as other\n"
    "class Whole:\n    def __new__(cls):\n        return make()\ndef create_game():\n    return make()\n",
    "games/inside.py": "from retro_gamer.games.catch import create_game as new\ndef make():\n    return new()\n",
}


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_functions_and_classes_of_modules(tmp_path, monkeypatch):
    write(tmp_path, PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    games = importlib.import_module("games")
    folder = {"path": str(tmp_path)}
    assert locate(games.create_game) == {"module": "games", "factory": "games:create_game", **folder}
    assert locate(games.Whole) == {"module": "games", "factory": "games:Whole", **folder}
    assert locate(games.make) == {"module": "games.inside", "factory": "games.inside:make", **folder}
    assert locate(games.other)["factory"] == "retro_gamer.games.catch:create_game"
    assert locate(create_game)["path"] == str(Path(__file__).parent)
    for name in ("games", "games.inside"):
        sys.modules.pop(name)


def test_a_module_loaded_by_hand_under_another_name(tmp_path, monkeypatch):
    write(tmp_path, {"file.py": PACKAGE["games/inside.py"]})
    spec = importlib.util.spec_from_file_location("another_name", str(tmp_path / "file.py"))
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "another_name", module)
    spec.loader.exec_module(module)
    assert locate(module.make) == {}


SCRIPT = """
from retro_gamer import DQNTrainer, GameMetadata
from retro_gamer.games import catch

def create_game():
    return catch.create_game()

if __name__ == "__main__":
    metadata = GameMetadata(["KEY_LEFT", "KEY_RIGHT"], "score")
    DQNTrainer(create_game, metadata, "run", hidden_sizes=[4], training_episodes=2, evaluate_every=0).train()
"""


@pytest.mark.parametrize(
    "file, arguments, found",
    [
        ("teach.py", ["teach.py"], True),
        ("my-game.py", ["my-game.py"], True),
        ("package/teach.py", ["-m", "package.teach"], True),
        ("package/__main__.py", ["-m", "package"], True),
        ("my.game.py", ["my.game.py"], False),
        ("teach.txt", ["teach.txt"], False),
        ("folder/__main__.py", ["folder"], False),
    ],
)
def test_functions_of_a_script(tmp_path, file, arguments, found):
    write(tmp_path, {file: SCRIPT})
    result = run_python(*arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert ("Only this script can make the game" in result.stderr) == (not found)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = run_command("evaluate", "../run", "--games", "1", cwd=elsewhere)
    assert result.returncode == (0 if found else 2), result.stderr


def test_functions_typed_into_python(tmp_path):
    result = run_python("-", cwd=tmp_path, stdin=SCRIPT)
    assert result.returncode == 0 and "Only this script can make the game: create_game()." in result.stderr


LOOKS = SCRIPT.replace(
    "if __name__",
    "def observe(game):\n    return [1.0, game.board_size[0]]\n\nprint('run once')\nif __name__",
).replace('"score")', '"score", observation_function="__main__:observe")')


def test_an_observation_function_of_the_script_is_found_again(tmp_path):
    write(tmp_path, {"teach.py": LOOKS, "elsewhere/empty": ""})
    result = run_python("teach.py", cwd=tmp_path)
    assert result.returncode == 0 and result.stdout.count("run once") == 1, result.stderr
    assert RunConfig.load(tmp_path / "run" / "config.toml").metadata.observation_function == "teach:observe"
    result = run_command("evaluate", "../run", "--games", "1", cwd=tmp_path / "elsewhere")
    assert result.returncode == 0, result.stderr
    assert run_python("teach.py", cwd=tmp_path).returncode == 0  # goes on, with the same settings


def test_an_observation_function_that_only_the_script_has_is_said(tmp_path):
    result = run_python("-", cwd=tmp_path, stdin=LOOKS)
    assert result.returncode == 0, result.stderr
    assert "Only this script has the function __main__:observe" in result.stderr
