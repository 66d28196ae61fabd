"""Trained runs that several test files look at (made once; who changes one must copy it), and commands that go on."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: at these sizes one thread is the fastest

import hypothesis  # noqa: E402
import pytest  # noqa: E402
from end_to_end import ARROWS, HAVE_RETRO, TINY, start_command  # noqa: E402

from retro_gamer.cli import main  # noqa: E402
from retro_gamer.commands import train  # noqa: E402
from retro_gamer.hosting import patience, signs  # noqa: E402
from retro_gamer.reporting import progress  # noqa: E402

TESTS = Path(__file__).resolve().parent


hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("any machine")

# Markers by folder or file: CI runs everything in two places, and these wherever it may differ.
MARKED = {
    "quick": ("agents", "config", "discovery", "nn", "test_layout.py"),
    "python": ("config", "hosting", "installing", "commands/test_cli.py", "games/test_screen.py"),
    "numpy": (
        "agents",
        "environment",
        "nn",
        "replay",
        "runs",
        "policy/test_policy.py",
        "policy/test_gym.py",
        "policy/test_gymnasium_env.py",
        "training/test_training.py",
    ),
    "slow": (
        "commands/test_evaluate_character.py",
        "commands/test_other_runs.py",
        "commands/test_play_and_more.py",
        "commands/test_play_human.py",
        "commands/test_what_next.py",
        "docs/test_blocks.py",
        "docs/test_examples.py",
        "examples",
        "hosting/test_hidden_modules.py",
        "hosting/test_misbehaving_games.py",
        "installing/test_installs.py",
        "original/test_game_factory.py",
        "original/test_removable.py",
        "runs/test_fuzz.py",
        "runs/test_strangers.py",
        "selfplay/test_adversarial.py",
        "selfplay/test_selfplay_training.py",
        "selfplay/test_what_teams_see.py",
        "training/test_every_setting_changed.py",
        "training/test_kills_and_disks.py",
        "training/test_old_checkpoints.py",
        "training/test_stops.py",
        "training/test_two_at_once.py",
        "training/test_validation.py",
    ),
}
MOST_WORKERS = 8


def is_whole_suite(config):
    return [Path(str(argument)).resolve() for argument in config.args] == [TESTS]


def markers_of(path):
    """Those that MARKED gives to a file of tests."""
    path = path.relative_to(TESTS)
    return [marker for marker, places in MARKED.items() if {path.parts[0], path.as_posix()} & set(places)]


class LookAt(pytest.Module):
    """A file of tests, read only where a test of it may be asked for: reading them all takes ten seconds."""

    def collect(self):
        wanted = self.config.getoption("markexpr") or ("not slow" if is_whole_suite(self.config) else "True")
        path = Path(str(self.fspath))
        always = markers_of(path)
        maybe = ["slow"] if "mark.slow" in path.read_text("utf-8") else []
        for more in ([], maybe):  # a marker is a name that is true
            if eval(wanted, {}, defaultdict(bool, dict.fromkeys([*always, *more], True))):
                return super().collect()
        return []


def pytest_pycollect_makemodule(module_path, parent):
    return LookAt.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(config, items):
    for item in items:
        for marker in markers_of(Path(str(item.fspath))):
            item.add_marker(marker)
    if is_whole_suite(config) and not config.getoption("markexpr"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite runs on all cores, where pytest-xdist is there and nothing else was asked for."""
    if os.environ.get("PYTEST_XDIST_WORKER") or hasattr(config, "workerinput"):
        return  # a worker starts no workers
    if is_whole_suite(config) and config.pluginmanager.hasplugin("xdist") and config.getoption("numprocesses", None) is None:
        cores = min(MOST_WORKERS, os.cpu_count() or 1)
        config.option.numprocesses = cores if cores > 1 and not config.getoption("usepdb") else None


def _train(folder, name, *flags, game, episodes):
    before = os.getcwd()
    os.chdir(folder)
    try:
        assert main(["create", "--game", game, "--output", f"runs/{name}", *TINY, *flags]) == 0
        assert main(["train", f"runs/{name}", "--episodes", str(episodes)]) == 0
    finally:
        os.chdir(before)
    return folder / "runs" / name


@pytest.fixture(scope="session", autouse=True)
def nobody_is_impatient():
    """On a slow machine nothing else is said than on a fast one; tests of patience have a measure of their own."""
    signs.SECONDS_OF_SILENCE = signs.PLAIN_SECONDS = 1e9
    patience.SECONDS_BEFORE_A_WORD = patience.SECONDS_BEFORE_A_LOOK = 1e6
    progress.PLAIN_INTERVAL = 1e9


@pytest.fixture(scope="session", autouse=True)
def few_final_games():
    """How well a training went is said after 3 games instead of 30, which take longer than the trainings of most tests.

    A command in a child process plays all.
    """
    train.FINAL_GAMES = 3


@pytest.fixture(scope="session", autouse=True)
def script_on_the_path(tmp_path_factory):
    """Commands are printed as for somebody who installed the library: by the name of its script."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / ("retro-gamer.exe" if os.name == "nt" else "retro-gamer")
    script.write_text("")
    script.chmod(0o755)
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(folder), before])
    yield
    os.environ["PATH"] = before


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with trained runs in runs/: snake, forager (a table) and board (the whole board of snake)."""
    folder = tmp_path_factory.mktemp("trained")
    snake = "retro.examples.snake" if HAVE_RETRO else "snake"
    _train(
        folder,
        "snake",
        "--max-turns-per-episode",
        "4",
        "--checkpoint-every",
        "250",
        "--training-episodes",
        "500",
        "--evaluate-every",
        "600",
        "--evaluation-games",
        "1",
        game=snake,
        episodes=500,
    )
    _train(
        folder,
        "board",
        "--board",
        "--own-symbol",
        "false",
        "--max-turns-per-episode",
        "20",
        game="snake",
        episodes=6,
    )
    _train(folder, "forager", "--algorithm", "q_learning", "--actions", ARROWS, game="forager", episodes=30)
    return folder


@pytest.fixture
def workshop(trained, tmp_path, monkeypatch):
    """A copy of those runs to do anything with, as the current folder."""
    shutil.copytree(str(trained / "runs"), str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))  # the commands add the current folder
    return tmp_path


class Clock:
    """Seconds that go on by `step` at each look, however fast the machine is."""

    now, step = 1000.0, 0.0

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The clock of this process, in the hands of the test."""
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    monkeypatch.setattr(time, "perf_counter", clock)
    return clock


@pytest.fixture
def started():
    """Starts a command that goes on while the test does; none outlives it."""
    processes = []

    def start(*arguments, **options):
        processes.append(start_command(*arguments, **options))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
