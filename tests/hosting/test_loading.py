"""Finding the game a user means, what is said when it cannot be loaded, and who is to blame for an error."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from observing import needs_retro

from retro_gamer.config.settings import GameSettings
from retro_gamer.errors import ConfigError, GameError, RetroGamerError, RunNotFoundError
from retro_gamer.games import BUNDLED, Game, engine
from retro_gamer.hosting.blame import blame, first_line_of, game_location
from retro_gamer.hosting.importing import import_module, unattended
from retro_gamer.hosting.loading import load_factory, load_function, make_game, parse_game, read_description

STUDENT_GAMES = Path(__file__).resolve().parent.parent / "student_games"
SMALL_GAME = """
from retro_gamer.games import Game

def create_game():
    return Game([], {"score": 0}, board_size=(3, 2))

def another_game():
    return Game([], {"score": 5}, board_size=(3, 2))
"""


@pytest.fixture(autouse=True)
def own_imports(monkeypatch, tmp_path):
    """Every test in a folder of its own, with the modules of no other."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")) or name.partition(".")[0] in (
            "garden",
            "shooter",
            "drifter",
            "duel",
            "my_game",
        ):
            del sys.modules[name]


def write(name, text=SMALL_GAME):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(spec):
    return make_game(load_factory(parse_game(spec)))


def failure(spec):
    """What is said about a game that cannot be loaded."""
    with pytest.raises(RetroGamerError) as caught:
        load(spec)
    return str(caught.value)


# What --game may be


def test_a_module_in_the_current_folder(tmp_path):
    write("my_game.py")
    assert parse_game("my_game") == GameSettings(module="my_game", path=str(tmp_path))
    assert load("my_game").state["score"] == 0


def test_a_module_and_a_function(tmp_path):
    write("my_game.py")
    assert parse_game("my_game:another_game") == GameSettings(
        module="my_game", path=str(tmp_path), factory="my_game:another_game"
    )
    assert load("my_game:another_game").state["score"] == 5


def test_a_file(tmp_path):
    write("games/my_game.py")
    assert parse_game("games/my_game.py") == GameSettings(module="my_game", path=str(tmp_path / "games"))
    assert load(str(tmp_path / "games" / "my_game.py")).state["score"] == 0


def test_a_file_and_a_function():
    write("games/my_game.py")
    assert load("games/my_game.py:another_game").state["score"] == 5


def test_a_path_with_spaces_and_an_accent(tmp_path):
    write("été à la mer/my game.py")
    assert parse_game("été à la mer/my game.py") == GameSettings(module="my game", path=str(tmp_path / "été à la mer"))
    assert load("été à la mer/my game.py").state["score"] == 0


def test_a_package_folder():
    shutil.copytree(str(STUDENT_GAMES / "garden"), "games/garden")
    game = parse_game("games/garden")
    assert (game.module, game.path) == ("garden", str(Path("games").resolve()))
    game = replace(game, factory="garden.start:plant")
    assert make_game(load_factory(game)).state == {"carrots": 0}


def test_a_folder_with_a_slash_at_its_end():
    write("garden/__init__.py")
    assert parse_game("garden/").module == "garden"


def test_a_module_inside_a_package(tmp_path):
    write("games/__init__.py", "")
    write("games/my_game.py")
    assert parse_game("games.my_game") == GameSettings(module="games.my_game", path=str(tmp_path))
    assert load("games.my_game").state["score"] == 0


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_game_by_its_name(name):
    assert parse_game(name) == GameSettings(module=f"retro_gamer.games.{name}")
    assert load(name).state


def test_an_installed_module_needs_no_path():
    assert parse_game("retro_gamer.games.snake:create_game") == GameSettings(
        module="retro_gamer.games.snake", factory="retro_gamer.games.snake:create_game"
    )


@pytest.mark.parametrize(
    "spec, name", [("gym:CartPole-v1", "CartPole-v1"), ("gym:my_module:Thing-v0", "my_module:Thing-v0")]
)
def test_a_gymnasium_environment(spec, name):
    assert parse_game(spec) == GameSettings(gym=name)


def test_the_games_own_folder_comes_first():
    write("my_game.py")
    write("elsewhere/my_game.py", SMALL_GAME.replace('"score": 0', '"score": 7'))
    assert load("elsewhere/my_game.py").state["score"] == 7


# What is not there


def test_an_empty_gym_name():
    assert "followed by the name of an environment" in failure("gym:")


@pytest.mark.parametrize("spec", ["games/none.py", "none.py", "games/none", "./none", "..\\none"])
def test_a_missing_file_is_named_with_where_it_was_looked_for(spec):
    text = failure(spec)
    assert (
        f"There is no game at {spec}" in text
        and os.getcwd() in text
        and "a bundled game (snake, forager, catch, tron, tag, wolves)" in text
    )


def test_a_missing_module_is_named():
    text = failure("no_such_game")
    assert "There is no module 'no_such_game'" in text and "A game is a module (my_game)" in text


def test_a_missing_module_in_a_package_is_named():
    assert "There is no module 'retro_gamer.games.chess'" in failure("retro_gamer.games.chess")


@pytest.mark.parametrize("spec", ["", ".", "a..b", ".a"])
def test_what_is_no_name_at_all(spec):
    text = failure(spec)
    assert "game" in text and len(text) < 500


CLASS_OF_GAMES = """
from retro_gamer.games import Game
class Small(Game):
    def __init__(self):
        super().__init__([], {"score": 0}, board_size=(3, 2))
"""


@pytest.mark.parametrize("spec", ["my_game:", "my_game:new-game", "my_game:a.b", "my_game:3"])
def test_what_is_not_the_name_of_a_function(spec):
    write("my_game.py")
    assert "is not the name of a function" in failure(spec)


def test_a_missing_function_is_named_with_those_there_are():
    write("my_game.py", SMALL_GAME.replace("create_game", "new_game"))
    text = failure("my_game")
    assert "my_game has no function create_game(). It has the functions new_game, another_game." in text
    assert "--game my_game:FUNCTION" in text


def test_a_module_without_functions():
    write("my_game.py", "x = 1\n")
    assert "It has no functions of its own." in failure("my_game:play")


def test_the_only_class_of_games_is_the_game():
    write("my_game.py", SMALL_GAME.replace("def create_game", "def new_game") + CLASS_OF_GAMES)
    assert type(load("my_game")).__name__ == "Small"
    assert type(load("my_game:new_game")).__name__ == "Game"


def test_a_class_of_games_that_needs_something_is_not():
    write("my_game.py", CLASS_OF_GAMES.replace("(self)", "(self, size)"))
    assert "my_game has no function create_game()" in failure("my_game")


def test_what_is_named_must_be_a_function():
    write("my_game.py", "create_game = 5\n")
    assert "has no function create_game()" in failure("my_game")


def test_a_folder_without_python_files():
    Path("hollow").mkdir()
    assert "hollow has no function create_game(). It has no functions of its own." in failure("hollow")


def test_a_dot_in_a_file_name():
    write("my_game.v2.py")
    text = failure("my_game.v2.py")
    assert "because of the dot in 'my_game.v2'" in text and "my_game_v2.py" in text


# What goes wrong in it


def test_a_syntax_error_is_shown_with_file_and_line(tmp_path):
    write("my_game.py", "x = 1\ndef create_game(:\n    pass\n")
    text = failure("my_game")
    assert "The game raised SyntaxError while my_game was imported" in text
    assert f"in {tmp_path / 'my_game.py'}, line 2" in text


def test_an_indentation_error_is_shown_with_file_and_line(tmp_path):
    write("my_game.py", "def create_game():\nreturn 5\n")
    assert f"in {tmp_path / 'my_game.py'}, line 2" in failure("my_game.py")


def test_a_syntax_error_in_a_helper_is_shown_there(tmp_path):
    write("my_helper_with_error.py", "\n\nx = = 1\n")
    write("my_game.py", "import my_helper_with_error\n")
    assert f"in {tmp_path / 'my_helper_with_error.py'}, line 3" in failure("my_game")


def test_an_error_at_import_is_shown_with_file_and_line(tmp_path):
    write("my_game.py", "def setup():\n    return {}['level']\n\nsetup()\n")
    text = failure("my_game")
    assert "The game raised KeyError while my_game was imported: 'level'" in text
    assert f"in {tmp_path / 'my_game.py'}, line 2, in setup" in text


def test_a_missing_import_is_named(tmp_path):
    write("my_game.py", "import os\nimport no_such_library.part\n")
    text = failure("my_game")
    assert "No module named 'no_such_library'" in text and f"in {tmp_path / 'my_game.py'}, line 2" in text
    assert "Install no_such_library for this Python (%d.%d)" % sys.version_info[:2] in text


def test_a_missing_name_in_an_import_is_shown():
    write("my_game.py", "from os import no_such_thing\n")
    assert "The game raised ImportError while my_game was imported: cannot import name 'no_such_thing'" in failure("my_game")


def test_missing_retro_games_are_explained(monkeypatch):
    for name in ("retro", "retro.game"):
        monkeypatch.setitem(sys.modules, name, None)
    write("my_game.py", "from retro.game import Game\n")
    text = failure("my_game")
    assert "-m pip install retro-games" in text and "from retro_gamer.games import Game" in text


def test_a_relative_import_in_a_file_named_alone():
    write("games/my_game.py", "from .helper import x\n")
    assert "The file is part of a package. Name its folder" in failure("games/my_game.py")


@pytest.mark.parametrize(
    "line, name",
    [
        ("sys.exit()", "SystemExit"),
        ("while input('Who? ') != 'me': pass", "EOFError"),
        ("sys.stdin.fileno()", "UnsupportedOperation"),
    ],
)
def test_a_game_that_starts_at_import_is_told_about_main(tmp_path, line, name):
    write("my_game.py", "import sys\n\n" + line + "\n" + SMALL_GAME)
    text = failure("my_game")
    assert f"The game raised {name} while my_game was imported" in text
    assert f"in {tmp_path / 'my_game.py'}, line 3" in text and 'if __name__ == "__main__":' in text


@pytest.mark.parametrize("package", [True, False])
@pytest.mark.parametrize("name", ["main", "game", "__main__"])
def test_a_folder_is_the_game_that_its_main_file_plays(name, package):
    write("garden/things.py", SMALL_GAME)
    if package:
        write("garden/__init__.py", "")
    things = "things" if not package and name != "__main__" else "garden.things"
    write(f"garden/{name}.py", f"from {things} import create_game as new\n\ndef main():\n    new().play()\n\nmain()\n")
    assert load("garden").state["score"] == 0
    sys.modules.pop(name, None) if name != "__main__" else None
    sys.modules.pop("things", None)


def test_a_file_that_is_opened_at_the_top_is_looked_for_beside_the_game():
    write("my_game.py", "best = open('best.txt').read()\n" + SMALL_GAME)
    assert "To find it beside the game's file:  open(Path(__file__).parent / 'best.txt')" in failure("my_game")


@pytest.mark.parametrize(
    "asks",
    [
        "input('Name: ')",
        "assert int(input('Level 2-9: ')) == 2",
        "while input('easy or hard? ') not in ('easy', 'hard'): pass",
        "assert input('Play? (j/n) ') == 'j'",
        "import os, time; time.sleep(99); os.system('exit 1')",
    ],
)
def test_a_file_that_asks_or_waits_before_it_plays(asks):
    write("my_game.py", SMALL_GAME.replace("create_game", "new") + f"\n{asks}\nnew().play()\n")
    assert load("my_game").state["score"] == 0


@pytest.mark.parametrize(
    "lines",
    [
        "try:\n    new().play()\nexcept Exception as error:\n    print(error)\n",
        "while True:\n    try:\n        new().play()\n    except Exception: pass\n",
        "game = new()\nif __name__ == '__main__':\n    game.play()\n",
        "def start_it():\n    game = new()\n    game.play()\n",
        "game = new()\ngame.start()\nwhile game.playing:\n    game.step()\n",
        "def main():\n    game = new()\n    game.start()\n    while game.playing: game.step()\n",
    ],
)
def test_where_else_a_file_may_play(lines):
    """A game that is made at the top is made anew, too."""
    write("my_game.py", SMALL_GAME.replace("create_game", "new").replace("another_game", "_other") + f"\n{lines}")
    make = load_factory(parse_game("my_game"))
    assert make().state["score"] == 0 and make() is not make()


def test_a_file_that_plays_when_it_is_imported_is_made_by_its_lines():
    """Up to play(), for each game; what it defines is defined once."""
    script = SMALL_GAME[: SMALL_GAME.index("def create_game")] + (
        "class Piece:\n    character, position = 'p', (0, 0)\n\nprint(3)\n"
        "pieces = [Piece()]\ngame = Game(pieces, {}, board_size=(3, 2))\n"
        "game.play()\nraise ValueError\n"
    )
    write("my_game.py", script)
    factory = load_factory(parse_game("my_game.py"))
    one, two = make_game(factory), make_game(factory, first=False)
    assert one is not two and one.agents[0] is not two.agents[0]
    assert type(one.agents[0]) is type(two.agents[0]) is sys.modules["my_game"].Piece


def test_a_file_that_plays_when_it_is_imported_may_have_create_game():
    write("my_game.py", SMALL_GAME + "\ncreate_game().play()\n")
    assert load("my_game").state["score"] == 0


def test_a_file_may_play_by_importing_another():
    write("my_game.py", SMALL_GAME + "\ncreate_game().play()\n")
    write("starts_it.py", "import my_game\n")
    factory = load_factory(parse_game("starts_it"))
    assert make_game(factory) is not make_game(factory)
    write("broken.py", "if 1:\n    import my_game\nname = nothing\n")
    write("broken.py", SMALL_GAME + "\nimport random\ngame = create_game()\nif game: gone.play()\n")
    assert f"line {len(SMALL_GAME.splitlines()) + 4}" in failure("broken.py")


def test_playing_under_main_is_fine():
    write("my_game.py", SMALL_GAME + '\nif __name__ == "__main__":\n    create_game().play()\n')
    assert load("my_game").state["score"] == 0


@pytest.mark.parametrize(
    "line, expected",
    [("game.play()", "It called play()."), ("input()", "EOFError"), ("raise SystemExit", "SystemExit")],
)
def test_a_factory_must_only_make_the_game(line, expected):
    write(
        "my_game.py",
        SMALL_GAME.replace(
            '    return Game([], {"score": 0}, board_size=(3, 2))',
            f"    game = Game([], {{}})\n    {line}\n    return game",
        ),
    )
    text = failure("my_game")
    assert expected in text and "while create_game() made a new game" in text
    assert "It must only make the game and return it." in text


def test_play_and_the_keyboard_are_back_afterwards():
    play, own_play, stdin = Game.play, engine.Game.play, sys.stdin
    with pytest.raises(GameError), unattended():
        assert Game.play is not play
        engine.Game([], {}).play()
    assert (Game.play, engine.Game.play, sys.stdin) == (play, own_play, stdin)


def test_another_module_of_that_name_is_not_taken_for_the_game():
    for name in ("queue", "json"):
        import_module(name)  # Python's own
        write(f"{name}.py")
        text = failure(f"{name}.py")
        assert f"Python knows another module {name!r} already" in text and "another name" in text


def test_two_games_of_one_name_are_not_confused():
    write("one/my_game.py")
    write("two/my_game.py")
    load("one/my_game.py")
    load("one/my_game.py")
    assert "Python knows another module 'my_game' already" in failure("two/my_game.py")


def test_a_moved_run_finds_an_installed_game():
    assert load_factory(GameSettings(module="retro_gamer.games.snake", path="/no/such/folder"))


def test_a_function_of_a_setting_is_found_or_named():
    write("my_game.py")
    assert load_function("my_game:another_game", "observation_function")().state["score"] == 5
    with pytest.raises(
        GameError,
        match="observation_function = 'my_game:nothing': the module my_game has no function nothing",
    ):
        load_function("my_game:nothing", "observation_function")


# Descriptions


def test_the_description_beside_the_module_is_found():
    shutil.copytree(str(STUDENT_GAMES / "garden"), "garden")
    description, path = read_description(parse_game("garden"))
    assert description["reward"] == "carrots" and path == Path("garden/pyproject.toml").resolve()


def test_the_description_in_a_folder_above_is_found():
    write("my_project/games/deep/my_game.py")
    write("my_project/pyproject.toml", '[tool.retro-gamer]\nreward = "gold"\n')
    write("my_project/games/pyproject.toml", "[project]\nname = 'x'\n")  # says nothing about it
    description, path = read_description(parse_game("my_project/games/deep/my_game.py"))
    assert description == {"reward": "gold"} and path == Path("my_project/pyproject.toml").resolve()


def test_the_factory_may_live_in_another_module_than_the_description():
    shutil.copytree(str(STUDENT_GAMES / "garden"), "garden")
    assert (
        read_description(GameSettings(module="garden", path=os.getcwd(), factory="garden.start:plant"))[0]["reward"]
        == "carrots"
    )


def test_a_folder_without_init_may_have_a_description():
    write("my_game/pyproject.toml", '[tool.retro-gamer]\nfactory = "my_game.go:create_game"\n')
    write("my_game/go.py")
    assert read_description(parse_game("my_game"))[0] == {"factory": "my_game.go:create_game"}


@pytest.mark.parametrize("text", ["", "[tool]\n", "tool = 5\n", "[tool]\nretro-gamer = 5\n", "[tool.retro-gamer]\n"])
def test_a_description_that_says_nothing_is_none(text):
    write("my_game.py")
    write("pyproject.toml", text)
    assert read_description(parse_game("my_game")) == ({}, None)


def test_a_broken_description_is_named():
    write("my_game.py")
    write("pyproject.toml", "[tool.retro-gamer]\nreward = \n")
    with pytest.raises(ConfigError, match=r"pyproject.toml cannot be read: .*line 2"):
        read_description(parse_game("my_game"))


def test_bundled_games_are_described():
    for name in BUNDLED:
        description, path = read_description(parse_game(name))
        for about in description.get("teams", [description]):
            assert about["reward"] and all(member["actions"] for member in about.get("members", [about]))
        assert path.parent.name == name


@needs_retro
def test_the_search_ends_where_packages_are_installed():
    assert read_description(GameSettings(module="retro.examples.snake")) == ({}, None)


# Blame


def caught_from(function):
    try:
        function()
    except Exception as error:
        return error


def test_the_innermost_line_of_the_game_is_blamed():
    def inner():
        statistics.mean([])  # raised in the standard library

    file, line, function = game_location(caught_from(inner))
    assert (file, function) == (__file__, "inner") and line == inner.__code__.co_firstlineno + 1


def test_code_without_a_file_is_passed_over():
    file, _, function = game_location(caught_from(lambda: exec("1 / 0")))
    assert (file, function) == (__file__, "<lambda>")


def test_the_engine_is_not_blamed():
    file, line, function = game_location(caught_from(lambda: engine.Game([], {"a": []})))
    assert file == __file__


def test_bundled_games_can_be_blamed():
    from retro_gamer.games import snake

    file, _, function = game_location(caught_from(lambda: snake.distance(None, (1, 2))))
    assert Path(file).parent.name == "snake" and function == "distance"


@needs_retro
def test_examples_of_retro_can_be_blamed():
    from retro.examples import snake

    file, _, _ = game_location(caught_from(lambda: snake.Apple().relocate(None)))
    assert Path(file).name == "snake.py"


def test_errors_of_our_own_stay_as_they_are():
    error = ConfigError("readable")
    assert blame(error, "in turn 3") is error


def test_an_error_without_a_message_says_so():
    assert "The game raised AssertionError in turn 3: (no message)" in str(blame(AssertionError(), "in turn 3"))


def test_advice_is_the_last_line():
    assert str(blame(ValueError("x"), "in turn 3", "Try this.")).endswith("\nTry this.")


def test_first_line_of_a_function():
    assert re.fullmatch(r".*test_loading\.py, line \d+", first_line_of(test_first_line_of_a_function))
    assert first_line_of(len) == ""


def test_not_found_errors_print_as_written():
    assert str(RunNotFoundError("There is no run.")) == "There is no run."


def test_loading_imports_neither_retro_games_nor_gymnasium():
    code = (
        "import sys, retro_gamer.hosting.loading as l, retro_gamer.discovery.probing\n"
        "l.parse_game('gym:CartPole-v1'), l.parse_game('snake')\n"
        "print([name for name in ('retro', 'blessed', 'gymnasium') if name in sys.modules])"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, universal_newlines=True)
    assert done.stdout.strip() == "[]"
