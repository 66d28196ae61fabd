"""What goes wrong, through the real command line: a readable paragraph, the right exit status, and nothing lost."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from end_to_end import HAVE_RETRO, TINY, checkpoint_names, run_here

from retro_gamer.cli import main
from retro_gamer.config.settings import all_settings
from retro_gamer.runs.directory import RunDirectory

FEW = [*TINY, "--checkpoint-every", "10", "--max-turns-per-episode", "10"]


def readable(result, status, *texts):
    """The command failed as it should: status, message, and no traceback; returns the message."""
    error = result.stderr
    assert result.returncode == status, (result.returncode, error)
    assert error.startswith("retro-gamer: ") and error.endswith("\n") and "Traceback" not in error
    for text in texts:
        assert text in error, error
    return error


def snapshot(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


# Runs and checkpoints


@pytest.mark.parametrize("command", ["train", "play", "evaluate", "info", "clean"])
def test_no_such_run(tmp_path, command):
    readable(
        run_here(command, "runs/nowhere", cwd=tmp_path),
        1,
        "There is no run at",
        "the folder does not exist",
        "retro-gamer create --game GAME --output",
    )
    (tmp_path / "empty").mkdir()
    if command == "play":
        readable(
            run_here(command, "empty", cwd=tmp_path),
            1,
            "There is no run at empty: the folder has no config.toml",
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_no_checkpoint(tmp_path):
    assert run_here("create", "--game", "catch", "--output", "new", cwd=tmp_path).returncode == 0
    for command in ("play", "evaluate"):
        readable(run_here(command, "new", cwd=tmp_path), 1, "The run new has no checkpoint yet. Train it first:")


def test_no_such_checkpoint(workshop):
    for command in ("play", "evaluate"):
        readable(
            run_here(command, "runs/snake", "--checkpoint", "ep_0123", cwd=workshop),
            1,
            "There is no checkpoint 'ep_0123' in",
            "There are: ep_0250, ep_0500, best.",
        )


def test_a_damaged_checkpoint_or_resume_state(workshop):
    for name, command in (("checkpoints/ep_0006.npz", "play"), ("resume.npz", "train")):
        path = Path("runs/board", name)
        path.write_bytes(path.read_bytes()[:1000])
        before = snapshot("runs")
        readable(
            run_here(command, "runs/board", cwd=workshop),
            1,
            str(path),
            "is damaged or is not a checkpoint",
        )
        assert snapshot("runs") == before


# Settings


def test_an_unknown_setting_names_the_nearest(workshop):
    path = Path("runs/board/config.toml")
    good = path.read_text("utf-8")
    path.write_text(good.replace("gamma = ", "gama = "), "utf-8")
    before = snapshot("runs")
    for command in ("train", "play", "evaluate", "info"):
        readable(
            run_here(command, "runs/board", cwd=workshop),
            2,
            "Found 1 problem in",
            "config.toml",
            "gama in [training]",
            "Did you mean gamma?",
        )
    assert snapshot("runs") == before


def wrong_values():
    """A value for every setting that it cannot have: (name, TOML, in the message)."""
    for _, setting in all_settings():
        limits, name = setting.metadata, setting.name
        yield name, "{}"
        if limits["low"] is not None and not setting.type.startswith("List"):
            yield name, repr(limits["low"] - 1)
        if limits["high"] is not None and not setting.type.startswith("List"):
            yield name, repr(limits["high"] + 1)
        if limits["above"] is not None:
            yield name, repr(limits["above"])
        if setting.type == "float":
            yield name, "nan"


def test_all_wrong_settings_are_listed_at_once(workshop):
    path = Path("runs/board/config.toml")
    good = path.read_text("utf-8")
    rounds = {}
    self_play = {field.name for section, field in all_settings() if section == "self_play"}
    for name, value in wrong_values():
        if name not in self_play:
            rounds.setdefault(name, []).append(value)
    assert len(rounds) > 40
    for number in range(max(map(len, rounds.values()))):
        text, changed = good, []
        for name, values in rounds.items():
            if number < len(values):
                text, n = re.subn(rf"^{name} = .*$", f"{name} = {values[number]}", text, flags=re.M)
                assert n == 1, name
                changed.append(name)
        path.write_text(text, "utf-8")
        error = readable(run_here("train", "runs/board", cwd=workshop), 2, "problem")
        assert f"Found {len(changed)} problem" in error
        assert re.findall(r"^  (\w+) = ", error, re.M) == changed
        assert error.count("\n    -> ") == len(changed)


def test_wrong_settings_on_the_command_line_make_no_run(tmp_path):
    result = run_here(
        "create",
        "--game",
        "snake",
        "--output",
        "run",
        "--learning-rate",
        "3",
        "--gamma",
        "7",
        "--batch-size",
        "0",
        "--algorithm",
        "q_lerning",
        cwd=tmp_path,
    )
    readable(
        result,
        2,
        "Found 4 problems in the settings for the new run",
        "learning_rate = 3",
        "gamma = 7",
        "batch_size = 0",
        'Did you mean "q_learning"?',
    )
    result = run_here(
        "create",
        "--game",
        "snake",
        "--output",
        "run",
        "--actions",
        "KEY_LFT,left",
        "--character-set",
        "@@,x",
        cwd=tmp_path,
    )
    readable(result, 2, "Did you mean KEY_LEFT?", "'left'", "No keyboard has this key.", "'@@' has length 2")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text, said",
    [
        ("[game\n", "config.toml cannot be read"),
        ("\xff\xfe", "config.toml is not text in UTF-8"),
        ("game = 3\n", "[game] is a section with settings below it, not a value."),
        ("[gaem]\n", "Did you mean game?"),
    ],
)
def test_a_config_that_is_none(workshop, text, said):
    Path("runs/board/config.toml").write_bytes(text.encode("latin-1"))
    readable(run_here("train", "runs/board", cwd=workshop), 2, said)


def test_games_and_outputs_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("mine")
    readable(
        run_here("create", "--game", "my_game:", "--output", "run", cwd=tmp_path),
        2,
        "is not a game",
        "A game is",
    )
    readable(
        run_here("create", "--game", "nosuch.py", "--output", "run", cwd=tmp_path),
        2,
        "There is no game at nosuch.py",
    )
    readable(
        run_here("create", "--game", "snake", "--output", "file", cwd=tmp_path),
        2,
        "file is a file, not a folder",
    )
    readable(
        run_here("create", "--game", "snake", "--output", "file/run", cwd=tmp_path),
        2,
        "file",
        "Give another --output",
    )
    readable(run_here("train", "file", cwd=tmp_path), 1, "There is no run at file")
    assert (tmp_path / "file").read_text() == "mine"


# Games

GAME = """
import math, sys
from pathlib import Path
from retro_gamer.games import Game

class Player:
    name, character, position = "player", "@", (1, 1)

    def handle_keystroke(self, keystroke, game):
        if keystroke.name == "KEY_LEFT":
            self.position = (0, 1)
        if keystroke.name == "KEY_RIGHT":
            self.position = (1, 1)

    def play_turn(self, game):
        game.state["score"] += self.position[0]
        if game.turn_number == 5:
            {trouble}
        if game.turn_number == 8:
            game.end()

{more}

def create_game():
    return Game([Player()], {{"score": 0, "lives": 3}}, board_size=(4, 4))
"""


def write_game(folder, trouble="pass", more=""):
    path = Path(folder, "my_game.py")
    path.write_text(GAME.format(trouble=trouble, more=more), "utf-8")
    shutil.rmtree(str(Path(folder, "__pycache__")), ignore_errors=True)
    return path


OBSERVING = """
def observe(game):
    if {condition}:
        {trouble}
    return [1.0, 2.0]
"""


@pytest.fixture(scope="module")
def trained_games(tmp_path_factory):
    """A folder with a game of one's own and two runs of it, trained for 12 games each."""
    folder = tmp_path_factory.mktemp("game")
    write_game(folder, more=OBSERVING.format(condition=False, trouble="pass"))
    for run, flags in (("run", []), ("observing", ["--observation-function", "my_game:observe"])):
        made = run_here(
            "create",
            "--game",
            "my_game.py",
            "--output",
            run,
            "--actions",
            "KEY_LEFT,KEY_RIGHT",
            "--reward",
            "score",
            *FEW,
            *flags,
            cwd=folder,
        )
        assert made.returncode == 0, made.stderr
        assert run_here("train", run, "--episodes", "12", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def trained_game(trained_games, tmp_path):
    """A copy of it."""
    for run in ("run", "observing"):
        shutil.copytree(str(trained_games / run), str(tmp_path / run))
        config = tmp_path / run / "config.toml"
        assert str(trained_games) in config.read_text("utf-8")
        config.write_text(config.read_text("utf-8").replace(str(trained_games), str(tmp_path)), "utf-8")
    write_game(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "game, said",
    [
        ("nosuch", ["There is no module 'nosuch'.", "A game is a module (my_game)"]),
        (
            "my_game:new_game",
            [
                "my_game has no function new_game(). It has the functions create_game.",
                "--game my_game:FUNCTION",
            ],
        ),
        ("broken", ["The game raised SyntaxError while broken was imported", "broken.py, line 1"]),
        (
            "raises",
            [
                "The game raised ZeroDivisionError while raises was imported: division by zero",
                "raises.py, line 1",
            ],
        ),
        (
            "needs",
            [
                "The game raised ModuleNotFoundError while needs was imported",
                "Install no_such_library for this Python",
            ],
        ),
        ("plays", ["while plays was imported", 'put  if __name__ == "__main__":  above']),
        (
            "factory",
            [
                "The game raised KeyError while create_game() made a new game: 'x'",
                "factory.py, line 2, in create_game",
            ],
        ),
        ("nothing", ["create_game() returned NoneType, not a Game", "nothing.py, line 1", "return game"]),
        ("empty", ["empty has no function create_game(). It has no functions of its own."]),
    ],
)
def test_games_that_cannot_be_made(tmp_path, game, said):
    write_game(tmp_path)
    for name, text in {
        "broken": "def create_game(:\n",
        "raises": "1 / 0\n",
        "needs": "import no_such_library\n",
        "plays": "import sys\nsys.exit(0)\n",
        "factory": "def create_game():\n    return {}['x']\n",
        "nothing": "def create_game():\n    pass\n",
        "empty": "",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    result = run_here("create", "--game", game, "--output", "runs/x", cwd=tmp_path)
    readable(result, 2 if game == "nosuch" else 1, *said)
    assert not (tmp_path / "runs").exists()


def test_a_run_whose_game_is_gone_or_broken(trained_game):
    before = snapshot(trained_game / "run")
    (trained_game / "my_game.py").rename(trained_game / "gone.txt")
    for command in ("train", "play", "evaluate"):
        readable(run_here(command, "run", cwd=trained_game), 2, "There is no module 'my_game'")
    assert run_here("info", "run", cwd=trained_game).returncode == 0  # needs no game
    (trained_game / "my_game.py").write_text("def create_game(:\n")
    readable(run_here("train", "run", cwd=trained_game), 1, "my_game.py, line 1")
    assert snapshot(trained_game / "run") == before


def test_a_game_without_the_reward(tmp_path):
    write_game(tmp_path)
    result = run_here("create", "--game", "my_game.py", "--output", "run", "--reward", "scor", cwd=tmp_path)
    readable(
        result,
        2,
        "reward = 'scor', but the state of a new game has no such value. It has: score, lives.",
        "Did you mean score?",
        "--reward",
    )
    assert not (tmp_path / "run").exists()


def test_a_reward_that_is_not_a_number(tmp_path):
    path = write_game(tmp_path)
    path.write_text(path.read_text().replace('"lives": 3', '"lives": "three"'))
    result = run_here("create", "--game", "my_game.py", "--output", "run", "--reward", "lives", cwd=tmp_path)
    readable(result, 1, "state['lives'] is 'three', which is not a number.")


def test_a_reward_taken_out_of_the_config(trained_game):
    config = trained_game / "run/config.toml"
    config.write_text(config.read_text().replace('reward = "score"', 'reward = "points"'))
    readable(
        run_here("train", "run", cwd=trained_game),
        1,
        "The game's state has no value 'points' to learn from. It has: score, lives.",
    )


def test_observe_state_that_is_not_there(tmp_path):
    write_game(tmp_path)
    run_here("create", "--game", "my_game.py", "--output", "run", "--observe-state", "health", *FEW, cwd=tmp_path)
    if (tmp_path / "run").exists():
        readable(
            run_here("train", "run", cwd=tmp_path),
            1,
            "observe_state names 'health', but the game's state has no such",
        )


# Trouble in the middle of a training

TROUBLE = [
    (
        "raise ValueError('the wall is missing')",
        [
            "The game raised ValueError in turn 5: the wall is missing",
            "my_game.py, line {line}, in play_turn",
        ],
    ),
    ("self.position = (9, 1)", ["in turn 5", "(9, 1)"]),
    ("self.character = '@@'", ["'@@'"]),
    ("self.character = None", ["drawn as None. It must be one character"]),
    ("self.position = None", ["in turn 5"]),
    ("game.state['score'] = 'many'", ["state['score'] is 'many' after turn 5, which is not a number"]),
    ("game.state['score'] = math.inf", ["state['score'] is inf after turn 5. Look for a division by zero"]),
    (
        "del game.state['score']",
        ["The game's state has no value 'score' to learn from after turn 5. It has: lives."],
    ),
    ("sys.exit()", ["The game raised SystemExit in turn 5", "my_game.py, line {line}, in play_turn"]),
    ("self.play_turn(game)", ["The game raised RecursionError"]),
]


@pytest.mark.parametrize("trouble, said", TROUBLE, ids=[trouble for trouble, _ in TROUBLE])
def test_a_game_that_goes_wrong_while_it_is_trained(trained_game, trouble, said):
    path = write_game(trained_game, trouble)
    line = 1 + path.read_text().splitlines().index("            " + trouble)
    result = run_here("train", "run", "--episodes", "5", cwd=trained_game)
    error = readable(result, 1, "(Game 13 of the training. What was learned before is saved.)")
    for text in said:
        assert text.format(line=line) in error, error
    assert len(error.splitlines()) <= 6
    goes_on(trained_game, "run", 12)


def goes_on(folder, run, games):
    """Nothing was lost: checkpoint and resume state are there, and with the game mended the training goes on."""
    run_directory = RunDirectory(folder / run)
    assert run_directory.checkpoints()[-1][0] == games and run_directory.load_resume().facts["episode"] == games
    write_game(folder)
    result = run_here("train", run, "--episodes", "3", cwd=folder)
    assert result.returncode == 0 and f"Going on after game {games} (" in result.stdout, result.stderr
    assert f"Trained {games + 3} games" in result.stdout
    assert not list(Path(folder, run).rglob("*.tmp"))


def test_trouble_between_two_checkpoints_loses_no_game(trained_game):
    write_game(
        trained_game,
        """if Path("played.txt").exists() and len(Path("played.txt").read_text()) >= 7:
                raise RuntimeError("enough")
            with Path("played.txt").open("a") as file: file.write("x")""",
    )
    result = run_here("train", "run", cwd=trained_game)
    readable(result, 1, "The game raised RuntimeError in turn 5: enough", "(Game 20 of the training.")
    assert checkpoint_names(trained_game / "run") == ["ep_0010.npz", "ep_0012.npz", "ep_0019.npz"]
    goes_on(trained_game, "run", 19)


def test_trouble_in_the_very_first_game(tmp_path):
    write_game(tmp_path)
    assert (
        run_here(
            "create",
            "--game",
            "my_game.py",
            "--output",
            "run",
            "--actions",
            "KEY_LEFT",
            "--reward",
            "score",
            "--character-set",
            "@",
            *FEW,
            cwd=tmp_path,
        ).returncode
        == 0
    )
    write_game(tmp_path, "raise ValueError('at once')")
    readable(run_here("train", "run", cwd=tmp_path), 1, "The game raised ValueError in turn 5: at once")
    readable(run_here("play", "run", cwd=tmp_path), 1, "has no checkpoint yet")
    write_game(tmp_path)
    assert "Trained 3 games" in run_here("train", "run", "--episodes", "3", cwd=tmp_path).stdout


def test_trouble_while_it_is_watched_or_measured(trained_game):
    before = snapshot(trained_game / "run")
    write_game(trained_game, "raise ValueError('not now')")
    for command in ("play", "evaluate"):
        readable(run_here(command, "run", cwd=trained_game), 1, "The game raised ValueError in turn 5: not now")
    assert snapshot(trained_game / "run") == before


@pytest.mark.parametrize(
    "trouble, said",
    [
        ("return [1.0, 2.0, 3.0]", "The observation changed its length: it had 2 numbers, now it has 3."),
        ("return [1.0, math.nan]", "The observation contains nan, which is not an ordinary number."),
        ("return 'left'", "The observation function returned 'left', which a network cannot read."),
        (
            "return [[1.0, 2.0]]",
            "The observation function returned numbers of shape (1, 2); a network needs one flat list.",
        ),
        ("return None", "The observation function returned"),
        ("return 1 / 0", "The game raised ZeroDivisionError in its observation function: division by zero"),
    ],
)
def test_an_observation_that_changes(trained_game, trouble, said):
    write_game(trained_game, more=OBSERVING.format(condition="game.turn_number == 3", trouble=trouble))
    readable(
        run_here("train", "observing", "--episodes", "5", cwd=trained_game),
        1,
        said,
        "(Game 13 of the training.",
    )
    assert RunDirectory(trained_game / "observing").checkpoints()[-1][0] == 12
    write_game(trained_game, more=OBSERVING.format(condition=False, trouble="pass"))
    assert "Trained 13 games" in run_here("train", "observing", "--episodes", "1", cwd=trained_game).stdout


def test_a_list_for_a_table(tmp_path):
    write_game(tmp_path, more=OBSERVING.format(condition=False, trouble="pass"))
    result = run_here(
        "create",
        "--game",
        "my_game.py",
        "--output",
        "run",
        "--actions",
        "KEY_LEFT",
        "--reward",
        "score",
        "--observation-function",
        "my_game:observe",
        "--algorithm",
        "sarsa",
        *FEW,
        cwd=tmp_path,
    )
    if result.returncode == 0:
        result = run_here("train", "run", cwd=tmp_path)
    readable(result, 1, "cannot be looked up in a table", "a tuple of numbers")


def test_a_run_that_no_longer_fits_its_settings(workshop, capsys):
    """Changes that make what was learned useless are refused by train, with the reasons; nothing is touched."""
    config = Path("runs/board/config.toml")
    config.write_text(
        config.read_text("utf-8")
        .replace("hidden_sizes = [8]", "hidden_sizes = [9]")
        .replace('reward = "reward"', 'reward = "score"'),
        "utf-8",
    )
    before = snapshot("runs")
    assert main(["train", "runs/board"]) == 2
    error = capsys.readouterr().err
    assert "cannot go on" in error and "hidden_sizes" in error and "  reward\n" in error and "retro-gamer clean" in error
    assert snapshot("runs") == before


@pytest.mark.skipif(HAVE_RETRO or sys.version_info >= (3, 14), reason="retro-games is installed")
def test_a_game_for_retro_games_without_it(tmp_path):
    (tmp_path / "theirs.py").write_text("from retro.game import Game\n")
    for game in ("theirs.py", "retro.examples.snake"):
        readable(
            run_here("create", "--game", game, "--output", "run", cwd=tmp_path),
            1,
            "retro-games",
            "-m pip install retro-games",
        )
