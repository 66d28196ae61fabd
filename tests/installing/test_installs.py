"""The library on other machines: no network, no environment, no POSIX, in a zip, in another byte order.

What needs more than one Python or a fresh environment is tried in `.ci/run`.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipapp
import zipfile
from pathlib import Path

import numpy as np
import pytest
from end_to_end import PACKAGE, PATIENCE, TINY, run_command, run_python
from moved_runs import GAMES, RUNS, make, play, train

import retro_gamer
from retro_gamer.runs.archive import load_arrays
from retro_gamer.runs.directory import RunDirectory

FOLDER = "Übung 1"  # a folder with an accent and a space in its name

# A game of a student's own, whose characters are not ASCII either.
GAME = """
from retro_gamer.games import Game

class Läufer:
    name, character, position, color = "Läufer", "ä", (0, 0), "red"

    def handle_keystroke(self, keystroke, game):
        if keystroke.name == "KEY_RIGHT":
            self.position = (self.position[0] + 1, 0)
            game.state["Höhe"] += 1
            if self.position[0] == 9:
                game.end()

def create_game():
    return Game([Läufer()], {"Höhe": 0}, board_size=(10, 1))
"""

# The whole of a user's morning, in one process.
MORNING = f"""
from retro_gamer.cli import main
def run(*arguments):
    status = main(list(arguments))
    assert status == 0, (status, arguments)
run("create", "--game", "spiel.py", "--output", "runs/mäx", *{TINY}, "--max-turns-per-episode", "30")
run("train", "runs/mäx", "--episodes", "4")
run("train", "runs/mäx", "--episodes", "4")
run("create", "--game", "forager", "--output", "runs/table", "--algorithm", "q_learning")
run("train", "runs/table", "--episodes", "4")
run("play", "runs/mäx")
run("evaluate", "runs/mäx", "--games", "3")
run("info", "runs/mäx")
from retro_gamer import TrainedPolicy
import spiel
assert TrainedPolicy("runs/mäx").get_action(spiel.create_game()) in ("KEY_RIGHT", "KEY_LEFT", "KEY_UP", "KEY_DOWN", None)
"""


@pytest.fixture
def school(tmp_path):
    """A folder with a student's game in it."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "spiel.py").write_text(GAME, "utf-8")
    return folder


def morning(school, before="", flags=(), run="mäx", **environment):
    """Run MORNING in a process that has no environment variables but those given; its output as bytes."""
    if os.name == "nt":
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]  # no Windows program starts without it
    program = school.parent / "morning.py"
    search = f"import sys\nsys.path[:1] = ['', {str(PACKAGE)!r}]\n"
    program.write_text(f"{search}{before}\n{MORNING.replace('mäx', run)}", "utf-8")
    result = subprocess.run(
        [sys.executable, *flags, str(program)],
        cwd=str(school),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr.decode("utf-8", "replace")
    assert (school / "runs" / run / "checkpoints" / "ep_0008.npz").is_file()
    return result.stdout


# Python tells a hook of everything that a program opens, renames, removes, starts, and of every socket.
GUARD = """
import os, pathlib
MAY = [pathlib.Path("runs").resolve(), pathlib.Path(sys.prefix), pathlib.Path({package!r}), pathlib.Path(os.devnull)]
CHANGES = {{"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink"}}

def guard(event, arguments):
    changed = []
    if event.startswith(("socket.", "subprocess.", "os.fork", "os.exec", "os.spawn", "os.posix_spawn", "os.system")):
        forbid(event, arguments)
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        name, mode, flags = arguments
        if set(mode or "") & set("wax+") or (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            changed = [name]
    if event in CHANGES:
        changed = [argument for argument in arguments if isinstance(argument, (str, bytes))]
    for name in changed:
        path = pathlib.Path(os.path.abspath(os.fsdecode(name)))
        if not any(place == path or place in path.parents for place in MAY):
            forbid(event, path)

def forbid(*what):
    os.write(2, ("forbidden: " + repr(what)).encode())
    os._exit(3)

sys.addaudithook(guard)
""".format(package=str(PACKAGE / "retro_gamer"))


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_nothing_is_written_outside_the_run_and_nothing_asks_the_network(school):
    before = tree(school)
    morning(school, GUARD)
    assert [name for name in tree(school) if not name.startswith("runs")] == before  # no __pycache__ either


@pytest.mark.parametrize(
    "act",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "open('../elsewhere', 'w')",
        "os.mkdir('here')",
        "os.system('true')",
        "os.rename('spiel.py', 'other.py')",
        "import tempfile; tempfile.mkdtemp()",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_the_guard_guards(school, act):
    with pytest.raises(AssertionError, match="forbidden"):
        morning(school, GUARD + act)
    assert tree(school) == ["spiel.py"]


# What Windows does not have (https://docs.python.org/3/library: "Availability: Unix"), taken away.
WITHOUT_POSIX = """
import numpy, os, shutil, signal, subprocess  # these have another half for Windows
for name in ("fcntl", "termios", "tty", "pty", "resource", "pwd", "grp", "curses", "readline", "syslog",
             "retro", "blessed"):  # the last two ask for some of the others
    sys.modules[name] = None
for name in ("fork", "forkpty", "getuid", "geteuid", "getgid", "getpgid", "getpgrp", "getsid", "setsid", "killpg", "uname",
             "openpty", "mkfifo", "chown", "fchmod", "fchown", "statvfs", "fstatvfs", "sysconf", "getloadavg", "nice",
             "wait", "lockf", "pread", "pwrite", "sched_getaffinity", "sync", "fdatasync", "ttyname", "WNOHANG",
             "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "O_SYNC"):
    if hasattr(os, name):
        delattr(os, name)
WINDOWS = ("SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM")
for name in dir(signal):
    if name.startswith("SIG") and name[3:].isalnum() and name not in WINDOWS or name in ("alarm", "setitimer", "pause"):
        delattr(signal, name)
signal.SIG_DFL, signal.SIG_IGN  # these stay
real_kill = os.kill
def kill(pid, number):
    # On Windows signal 0 is not a question: it is Ctrl-C for the process.
    assert number in (signal.SIGINT, signal.SIGTERM), "os.kill with what Windows does not have"
    real_kill(pid, number)
os.kill = kill
"""


def test_what_only_posix_has_is_not_needed(school):
    morning(school, WITHOUT_POSIX, HOME=str(school))  # Python 3.8 itself looks for it in pwd otherwise


RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{device}{number}" for device in ("com", "lpt") for number in range(10)),
}


def test_every_file_has_a_name_that_windows_allows(trained):
    names = [path.name for path in (trained / "runs").rglob("*")]
    assert len(names) > 20
    for name in names:
        assert not set(name) & set('<>:"/\\|?*') and name[-1] not in ". " and name.lower().split(".")[0] not in RESERVED


# Text


def test_text_is_utf_8_whatever_the_machine_speaks(school):
    school = school.rename(school.with_name("Ubung"))  # in that locale Python finds no file with an accent in its name
    flags = []
    if sys.version_info >= (3, 10):  # whoever opens text without naming an encoding gets an error
        flags = ["-X", "warn_default_encoding", "-W", "error::EncodingWarning"]
    out = morning(
        school,
        "sys.modules['retro'] = None",
        flags,
        run="max",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    assert out.isascii()  # that terminal shows nothing else, and is not sent anything else
    config = (school / "runs" / "max" / "config.toml").read_bytes()
    assert "Höhe" in config.decode("utf-8") and b"\r" not in config


def test_the_log_has_the_same_lines_on_every_machine(school):
    morning(school)
    for name in ("training.log", "metrics.csv", "config.toml"):
        content = (school / "runs" / "mäx" / name).read_bytes()
        assert content.endswith(b"\n") and b"\r" not in content and content.decode("utf-8")


# In a zip file


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """The library as one file."""
    folder = tmp_path_factory.mktemp("zip")
    shutil.copytree(
        str(Path(retro_gamer.__file__).parent),
        str(folder / "all" / "retro_gamer"),
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(str(folder / "all" / "retro_gamer" / "__main__.py"), str(folder / "all"))
    zipapp.create_archive(str(folder / "all"), str(folder / "retro_gamer.pyz"))
    return folder / "retro_gamer.pyz"


def test_one_file_makes_trains_and_plays(school, zipped):
    shutil.copy(str(zipped), str(school))

    def command(*arguments):
        result = subprocess.run(
            [sys.executable, "retro_gamer.pyz", *arguments],
            cwd=str(school),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=PATIENCE,
            env={**os.environ, "PYTHONPATH": "", "PYTHONIOENCODING": "utf-8"},
        )
        return result.returncode, result.stdout, result.stderr

    status, out, _ = command("create", "--game", "snake", "--output", "runs/snake", *TINY)
    assert status == 0
    read = Path("retro_gamer.pyz", "retro_gamer", "games", "snake", "pyproject.toml")
    assert f"Read the description of the game in {school.resolve() / read}." in out
    assert command("train", "runs/snake", "--episodes", "3")[0] == 0
    status, out, _ = command("play", "runs/snake")
    assert status == 0 and "@" in out and "score" in out
    assert command("create", "--game", "spiel.py", "--output", "runs/mine", *TINY)[0] == 0
    assert command("train", "runs/mine", "--episodes", "3")[0] == 0
    status, _, err = command("train", "runs/none")
    assert status == 1 and "There is no run at" in err
    (school / "spiel.py").write_text(GAME.replace("+= 1", "+= 1 / 0"), "utf-8")
    status, _, err = command("train", "runs/mine", "--episodes", "3")
    assert status == 1 and "ZeroDivisionError" in err and "spiel.py, line 10" in err and "Traceback" not in err
    assert tree(school)[0:1] == ["retro_gamer.pyz"] and not list(school.rglob("__pycache__"))


@pytest.mark.parametrize("missing", ["numpy"] + ["tomli"] * (sys.version_info < (3, 11)))
def test_a_python_without_what_is_needed_says_so(tmp_path, missing):
    program = f"import sys; sys.modules[{missing!r}] = None; from retro_gamer.cli import main; sys.exit(main(%r))"
    result = run_python("-c", program % ["train", "runs/snake"], cwd=tmp_path)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert f"has no {missing}" in result.stderr and f"python -m pip install {missing}" in result.stderr
    assert run_python("-c", program % ["--version"], cwd=tmp_path).returncode == 0


# Other machines' folders and numbers


def test_a_folder_with_a_game_and_its_run_can_be_moved(school):
    morning(school)
    moved = school.rename(school.with_name("stick"))
    for command in (["train", "runs/mäx", "--episodes", "4"], ["play", "runs/mäx"]):
        result = run_command(*command, cwd=moved)
        assert result.returncode == 0, result.stderr
    assert (moved / "runs" / "mäx" / "checkpoints" / "ep_0012.npz").is_file()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Runs, what they play, and the same trained on."""
    folder = tmp_path_factory.mktemp("made")
    make(folder)
    return folder


def rewrite(path, change):
    """Write every array of a .npz file as another machine would have."""
    arrays = load_arrays(path, 2**30)
    with zipfile.ZipFile(str(path), "w") as file:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, change(array))
            file.writestr(f"{name}.npy", content.getvalue())
    return arrays


def other_byte_order(array):
    return array.astype(array.dtype.newbyteorder("S"))


def of_windows(array):
    """Whole numbers of 32 bits, which were the usual ones there before NumPy 2."""
    return array.astype(np.int32) if array.dtype == np.int64 and (abs(array) < 2**31).all() else array


@pytest.mark.parametrize("change", [other_byte_order, of_windows])
@pytest.mark.parametrize("name", RUNS)
def test_a_run_of_another_machine_plays_and_trains_on_the_same(made, tmp_path, name, change):
    shutil.copytree(str(made / name), str(tmp_path / "run"))
    run = RunDirectory(tmp_path / "run")
    wanted = play(run.path)
    for path in (run.checkpoint_path(GAMES), run.resume_path):
        rewrite(path, change)
    assert play(run.path) == wanted and len(wanted["actions"]) > 20
    train(run.path)
    trained_on = RunDirectory(made / f"{name} trained on")
    ours, theirs = (load_arrays(run.checkpoint_path(2 * GAMES)) for run in (run, trained_on))
    assert ours.keys() == theirs.keys()
    for array in theirs:
        assert ours[array].dtype == theirs[array].dtype and np.array_equal(ours[array], theirs[array])
