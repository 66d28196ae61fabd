"""Games by beginners do everything. Each here is made into a run, trained and watched by the real commands, on retro-games
where it is installed and on our engine elsewhere; what is wrong is said with the game's file and line, and nothing that was
learned is lost.

Most commands run in this process, which saves minutes; what prints, hangs or needs a terminal has a process of its own."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from end_to_end import HAVE_RETRO, TINY, PseudoTerminal, run_command, run_here, run_python, wait_for

from retro_gamer.runs.directory import RunDirectory

OURS = "retro_gamer.games.engine"
ENGINE = "retro.game" if HAVE_RETRO else OURS  # CI has both: the oldest Python is without retro-games
FOLDER = "my gämes of 2026"  # with spaces and an accent, for all of them

# A game as a beginner writes it, with room for trouble in every place.
GAME = """
import math, os, sys, time
import numpy as np
from {engine} import Game
{top}

class Player:
    name, character, position = "player", "@", (1, 1)

    def handle_keystroke(self, keystroke, game):
        {key}
        if keystroke.name == "KEY_LEFT":
            self.position = (0, 1)
        if keystroke.name == "KEY_RIGHT":
            self.position = (1, 1)

    def play_turn(self, game):
        game.state["score"] += self.position[0]
        {every}
        if game.turn_number == 3:
            {turn}
        if game.turn_number == 6:
            {end}

class Coin:
    def __init__(self, position, name=None):
        self.position, self.character = position, "o"
        if name:
            self.name = name

class Odd:
    def __bool__(self): raise ValueError("neither")
    def __float__(self): raise RuntimeError("not a number")

class Rage(BaseException):
    def __str__(self): return 1

def ask():
    return input("Which way? ")

def create_game():
    {factory}
    return Game([Player()], {{"score": 0, "lives": 3}}, board_size=(4, 4))
"""
ASKING = 'return input("Which way? ")'
KNOWN = ["--actions", "KEY_LEFT,KEY_RIGHT", "--reward", "score"]


def write_game(folder, engine, **trouble):
    parts = {
        "top": "",
        "key": "pass",
        "every": "pass",
        "turn": "pass",
        "end": "game.end()",
        "factory": "pass",
        **trouble,
    }
    path = Path(folder, "my_game.py")
    path.write_text(GAME.format(engine=engine, **parts), "utf-8")
    shutil.rmtree(str(Path(folder, "__pycache__")), ignore_errors=True)
    return path


def line_of(path, text):
    return 1 + next(i for i, line in enumerate(path.read_text("utf-8").split("\n")) if line.strip() == text)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(engine, a folder with the good game and a run of it trained for 12 games)."""
    folder = tmp_path_factory.mktemp("games") / FOLDER
    folder.mkdir()
    write_game(folder, ENGINE)
    for command in (
        [
            "create",
            "--game",
            "my_game.py",
            "--output",
            "run",
            *KNOWN,
            *TINY,
            "--checkpoint-every",
            "10",
            "--max-turns-per-episode",
            "20",
        ],
        ["train", "run", "--episodes", "12"],
    ):
        done = run_here(*command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return ENGINE, folder


@pytest.fixture
def game_folder(trained, tmp_path):
    """(engine, a copy of the folder)."""
    engine, folder = trained
    copy = tmp_path / FOLDER
    shutil.copytree(str(folder), str(copy))
    config = copy / "run/config.toml"
    config.write_text(config.read_text("utf-8").replace(str(folder), str(copy)), "utf-8")
    return engine, copy


def failed(result, *texts, status=1):
    """A readable error, without a traceback."""
    error = result.stderr[result.stderr.index("retro-gamer: ") :]
    assert result.returncode == status and "Traceback" not in result.stderr, (
        result.returncode,
        result.stderr,
    )
    assert len(error.splitlines()) <= 9
    for text in texts:
        assert text in error, error


def nothing_lost(folder, games):
    """The newest policy and the resume state are of `games` games, and with the game mended training goes on."""
    run = RunDirectory(folder / "run")
    assert run.checkpoints()[-1][0] == games and run.load_resume().facts["episode"] == games
    result = run_here("train", "run", "--episodes", "2", cwd=folder)
    assert result.returncode == 0 and f"Going on after game {games} (" in result.stdout, result.stderr
    assert not list(folder.rglob("*.tmp"))


# Trouble in a turn: where it stands, what is done, and what the message says besides the line of it ("" for no line).
IN_A_TURN = [
    ("turn", "raise ValueError('the wall is missing')", "raised ValueError in turn 3: the wall is missing"),
    ("key", "raise KeyError('left')", "raised KeyError in turn"),
    ("turn", "raise Rage()", "raised Rage in turn 3: (its message cannot be shown)"),
    ("turn", "raise KeyboardInterrupt", "raised KeyboardInterrupt in turn 3"),
    ("turn", "sys.exit('bye')", "raised SystemExit in turn 3: bye"),
    ("turn", "self.play_turn(game)", "raised RecursionError in turn 3"),
    ("turn", "ask()", "raised EOFError in turn 3"),
    ("turn", "import no_such_library", "raised ModuleNotFoundError in turn 3"),
    ("turn", "game.add_agent(Coin((9, 9)))", "in turn 3"),
    ("turn", "game.add_agent(Coin((2, 2), 'player'))", "in turn 3"),
    ("turn", "game.playing = Odd()", "raised ValueError in turn 3: neither"),
    ("turn", "self.position = (9, 1)", "in turn 3"),
    ("turn", "game.state['score'] = 'many'", "state['score'] is 'many' after turn 3, which is not a number"),
    ("turn", "game.state['score'] = None", "state['score'] is None after turn 3"),
    ("turn", "game.state['score'] = math.nan", "state['score'] is nan after turn 3"),
    ("turn", "game.state['score'] = Odd()", "which is not a number"),
    ("turn", "del game.state['score']", "The game's state has no value 'score' to learn from after turn 3"),
    ("turn", "game.state = None", "The game's state is None"),
    ("turn", "game.agents = 7", ""),
    ("turn", "game.board_size = 'big'", ""),
    ("turn", "game.board_size = (10**6, 10**6)", "board_size is (1000000, 1000000)"),
    ("turn", "self.position = None", ""),
    ("turn", "self.character = '@@'", "'@@'"),
]
WITHOUT_A_LINE = ("state", "board_size", "agents = 7", "position =", "character =", "playing =")


@pytest.mark.parametrize("place, trouble, said", IN_A_TURN, ids=[trouble for _, trouble, _ in IN_A_TURN])
def test_trouble_in_a_turn(game_folder, place, trouble, said):
    engine, folder = game_folder
    path = write_game(folder, engine, **{place: trouble})
    where = () if any(part in trouble for part in WITHOUT_A_LINE) else (f"{path}, line ",)
    if trouble.startswith(("raise", "sys", "import", "game.add")):
        where = (f"{path}, line {line_of(path, trouble)}, in ",)
    result = run_here("train", "run", "--episodes", "5", cwd=folder)
    failed(result, said, *where, "(Game 13 of the training. What was learned before is saved.)")
    if trouble == "ask()":
        failed(result, f"line {line_of(path, ASKING)}, in ask", "input() gets no answer")
    # Which keys a policy presses in a short game is not known; and a strange character is no more than unknown to it.
    if place == "turn" and "@@" not in trouble:
        failed(run_here("play", "run", cwd=folder), said)
    failed(run_here("create", "--game", "my_game.py", "--output", "new", *KNOWN, cwd=folder), *where)
    assert not (folder / "new").exists()
    write_game(folder, engine)
    nothing_lost(folder, 12)


# What may look odd, and is all right.
@pytest.mark.parametrize(
    "trouble",
    [
        {"end": "game.playing = np.bool_(False)"},
        {"end": "game.playing = None"},
        {"turn": "game.state['score'] = np.bool_(True)"},
        {"every": "game.end()"},  # in the first turn
        {"end": "pass"},  # never: the turn limit
        {"turn": "game.board_size = (9, 7)"},
        {"turn": "[game.add_agent(Coin((n % 4, 2))) for n in range(300)]"},
        {"factory": "os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))"},
    ],
    ids=str,
)
def test_odd_but_right(game_folder, trouble):
    engine, folder = game_folder
    path = write_game(folder, engine, **trouble)
    made = run_here(
        "create",
        "--game",
        path.name,
        "--output",
        "new",
        *KNOWN,
        *TINY,
        "--max-turns-per-episode",
        "9",
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    for run in ("run", "new"):
        result = run_here("train", run, "--episodes", "3", cwd=folder)
        assert result.returncode == 0 and "Trained" in result.stdout, result.stderr
        assert "turns, reward" in run_here("play", run, cwd=folder).stdout
    assert RunDirectory(folder / "new").checkpoints()[-1][0] == 3
    assert sorted(path.name for path in folder.parent.iterdir()) == [FOLDER]


def test_thousands_of_agents(tmp_path):
    write_game(
        tmp_path,
        OURS,
        factory="return Game([Player()] + [Coin((n % 4, 2)) for n in range(1200)], {'score': 0}, board_size=(4, 4))",
    )
    result = run_here("create", "--game", "my_game.py", "--output", "run", *KNOWN, *TINY, cwd=tmp_path)
    assert result.returncode == 0 and "at most 1201 on the board" in result.stdout, result.stderr


# Trouble before the first turn.
@pytest.mark.parametrize(
    "files, said",
    [
        (
            {"factory": "raise ValueError('no board')"},
            ["raised ValueError while create_game() made a new game: no board", "my_game.py"],
        ),
        ({"factory": "raise Rage()"}, ["raised Rage while create_game() made a new game", "my_game.py"]),
        ({"factory": "ask()"}, ["raised EOFError while create_game() made", "my_game.py", "in ask"]),
        ({"factory": "sys.exit()"}, ["raised SystemExit while create_game() made", "my_game.py"]),
        (
            {"factory": "raise KeyboardInterrupt"},
            ["raised KeyboardInterrupt while create_game() made", "my_game.py"],
        ),
        (
            {"top": "import no_such_library"},
            ["Install no_such_library for this Python", "my_game.py, line 5"],
        ),
        ({"top": "def broken(:"}, ["raised SyntaxError while my_game was imported", "my_game.py, line 5"]),
        (
            {"top": "import friend"},
            ["raised ImportError while my_game was imported", "circular import", "friend.py, line 1"],
        ),
        ({"factory": "return Game([Player(), Player()], {'score': 0}, board_size=(4, 4))"}, ["my_game.py"]),
        ({"factory": "return Game([Player()], {'score': []}, board_size=(4, 4))"}, ["my_game.py"]),
        (
            {"factory": "return Game([Coin((7, 7)), Player()], {'score': 0}, board_size=(4, 4))"},
            ["my_game.py"],
        ),
    ],
    ids=str,
)
def test_trouble_before_the_first_turn(game_folder, files, said):
    engine, folder = game_folder
    (folder / "friend.py").write_text("from my_game import create_game\n")
    write_game(folder, engine, **files)
    failed(run_here("create", "--game", "my_game.py", "--output", "new", *KNOWN, cwd=folder), *said)
    for command in ("train", "play", "evaluate"):
        failed(run_here(command, "run", cwd=folder), *said)
    write_game(folder, engine)
    nothing_lost(folder, 12)


# Printing


def test_what_a_game_prints_stays_out_of_our_output(game_folder):
    engine, folder = game_folder
    write_game(folder, engine, top="print('Welcome!')", every="print('turn', game.turn_number)")
    result = run_command("evaluate", "run", "--games", "9", "--json", cwd=folder)
    assert json.loads(result.stdout)["games"] == 9
    assert result.stderr.startswith("The game prints: Welcome!\nThe game prints: turn 1\nThe game prints: turn 2\n")
    assert result.stderr.count("\n") == 20 and result.stderr.endswith("prints more, which is not shown.\n")
    for command in (
        ["train", "run", "--episodes", "30"],
        ["create", "--game", "my_game.py", "--output", "new", *KNOWN],
    ):
        result = run_command(*command, cwd=folder)
        assert result.returncode == 0 and "turn 1" not in result.stdout and "The game prints: turn 1\n" in result.stderr
    result = run_command("play", "run", cwd=folder)
    assert result.returncode == 0 and "turn 1\n" not in result.stdout and "The game prints: turn 1\n" in result.stderr


def test_what_a_new_game_prints_stays_out_too(game_folder):
    engine, folder = game_folder
    write_game(folder, engine, factory="print('a new game')")
    small = [*KNOWN, *TINY, "--evaluate-every", "50"]
    for command in (
        ["create", "--game", "my_game.py", "--output", "made", *small],
        ["train", "made", "--episodes", "30"],
        ["report", "made"],
    ):
        result = run_command(*command, cwd=folder)
        assert result.returncode == 0 and "a new game" not in result.stdout and "a new game" in result.stderr


def test_prints_stand_above_the_progress_line(game_folder):
    engine, folder = game_folder
    write_game(folder, engine, every="if game.turn_number == 2: print('there\\nhere')")
    terminal = PseudoTerminal(["-m", "retro_gamer", "train", "run", "--episodes", "400"], folder)
    assert terminal.finish() == 0
    terminal.close()
    lines = re.split(r"(?:[\r\n]|\x1b\[\d*[A-Z])+", terminal.output)  # also at what moves the cursor and wipes
    assert lines.count("The game prints: here") >= 9 and "Trained 412 games" in terminal.output
    assert not [line for line in lines if "prints:" in line and not line.startswith("The game prints")]


# Hanging

HASTY = """
import sys
from retro_gamer import cli
from retro_gamer.hosting import blame, supervision
supervision.SECONDS_BEFORE_WARNING = blame.SECONDS_OF_A_LONG_TURN = 0.3
sys.exit(cli.main(sys.argv[1:]))
"""


SLOW = HASTY.replace(
    "sys.exit(",
    """
import time
now, sleep = [0.0], time.sleep


class Clock:  # runs only while the game sleeps: a pause of the machine is not the game's
    monotonic = staticmethod(lambda: now[0])


def count_and_sleep(seconds):
    now[0] += seconds
    sleep(seconds)


time.sleep, supervision.time = count_and_sleep, Clock
sys.exit(""",
)


@pytest.mark.parametrize(
    "place, command",
    [
        ("turn", "train"),
        ("turn", "create"),
        ("factory", "create"),
        ("top", "train"),
        ("turn", "evaluate"),
        ("turn", "play"),
    ],
)
def test_a_loop_that_never_ends(game_folder, place, command):
    """Where it hangs is said, and again when Ctrl-C stops it; the games before are saved."""
    engine, folder = game_folder
    trouble = "while True: sys.modules['time'].sleep(0.3) or os.makedirs('busy', exist_ok=True)"
    path = write_game(folder, engine, **{place: trouble})
    where = f"{path}, line {line_of(path, trouble)}"
    arguments = {"create": ["create", "--game", "my_game.py", "--output", "new", *KNOWN]}.get(command, [command, "run"])
    if command == "train":
        arguments += ["--episodes", "3"]
    terminal = PseudoTerminal(["-c", HASTY, *arguments], folder, columns=2000)
    if command != "play":  # shows a picture
        terminal.wait_for(f"The game has been busy for 0.3 seconds, in {where}")
        terminal.wait_for("which saves what was learned).")
    else:
        terminal.wait_for("turn 2")
        wait_for((folder / "busy").exists, terminal.process)  # then it has been busy for 0.3 seconds
    terminal.press_ctrl_c()
    if (place, command) == ("turn", "train"):
        terminal.wait_for("Stopping after this game...")
        terminal.press_ctrl_c()
    assert terminal.finish() == 1
    assert terminal.close(), "the terminal was not restored"
    error = terminal.output[terminal.output.rindex("retro-gamer: ") :]
    assert "The game was still busy " in error and where in error and "Look there for a loop that never ends." in error
    assert "Traceback" not in terminal.output
    write_game(folder, engine)
    nothing_lost(folder, 12)


def test_a_slow_game_is_not_called_hanging(game_folder):
    engine, folder = game_folder
    write_game(folder, engine, every="sys.modules['time'].sleep(0.01)")
    result = run_python("-c", SLOW, "train", "run", "--episodes", "8", cwd=folder)
    assert result.returncode == 0 and "busy" not in result.stderr


# Exit status


def test_a_game_that_is_not_there_is_wrong_usage(tmp_path):
    for game in ("nosuch", "nosuch.py", "nosuch/", "nosuch:create_game", "nosuch.inside"):
        result = run_here("create", "--game", game, "--output", "run", cwd=tmp_path)
        failed(result, "There is no ", "A game is a module", status=2)
