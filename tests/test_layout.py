"""The layout of the package: imports point down, and nothing is loose. And one habit of the tests."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

import retro_gamer

PACKAGE = Path(retro_gamer.__file__).resolve().parent
# From top to bottom. A module imports from its own folder and from folders below it.
FOLDERS = [
    "commands",
    "policy",
    "original",
    "reporting",
    "selfplay",
    "training",
    "runs",
    "discovery",
    "agents",
    "environment",
    "hosting",
    "config",
    "games",
    "replay",
    "nn",
]
# What a module begins with that is only another name: one of ours from before, or one of the original's.
OLD_PATHS = ('"""The old home of ', '"""The original\'s name for ')
FACE = {"__init__.py", "__main__.py", "cli.py", "errors.py"}


def sources() -> Iterator[Tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")


def is_old_path(source: str) -> bool:
    """Does a module only keep an old import path alive?"""
    body = ast.parse(source).body
    return (
        len(body) <= 4
        and all(isinstance(node, (ast.Expr, ast.ImportFrom)) for node in body)
        and source.startswith(OLD_PATHS)
    )


def imported(source: str) -> List[str]:
    modules: List[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            modules.append(node.module or "")
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    return [module for module in modules if module.split(".")[0] == "retro_gamer"]


def floor_of(module: str) -> int:
    """The place of a module in FOLDERS; the face is above all, errors.py below."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] in ("errors", "__version__"):
        return len(FOLDERS)
    return FOLDERS.index(parts[1]) if parts[1] in FOLDERS else -1


def test_every_folder_has_its_place_and_says_what_it_is_for():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(FOLDERS)
    for name in folders:
        assert ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text("utf-8"))), name


def test_nothing_is_loose_but_modules_that_keep_old_import_paths():
    loose = [path for path in PACKAGE.glob("*.py") if path.name not in FACE]
    assert not [path.name for path in loose if not is_old_path(path.read_text("utf-8"))]


@pytest.mark.parametrize(
    "path, name",
    [
        ("create", "create_run"),
        ("rundir", "RunDirectory"),
        ("training.session", "train_run"),
        ("teams", "read_teams"),
    ],
)
def test_old_import_paths_lead_to_what_they_led_to(path, name):
    value = getattr(importlib.import_module(f"retro_gamer.{path}"), name)
    assert value.__module__ != f"retro_gamer.{path}"


def test_imports_point_down():
    upward = []
    for name, source in sources():
        if "/" not in name or is_old_path(source):
            continue
        here = FOLDERS.index(name.split("/")[0])
        upward += [f"{name} -> {module}" for module in imported(source) if floor_of(module) < here]
    assert not upward


def test_no_circles_within_a_folder():
    graph = {}
    for name, source in sources():
        if not is_old_path(source):
            module = "retro_gamer." + name[: -len(".py")].replace("/", ".")
            graph[module] = {found for found in imported(source) if found != module}
    seen, path = set(), []

    def visit(module: str) -> None:
        assert module not in path, " -> ".join([*path, module])
        if module in seen or module not in graph:
            return
        path.append(module)
        for other in graph[module]:
            visit(other)
        path.pop()
        seen.add(module)

    for module in graph:
        visit(module)


def test_no_test_measures_how_fast_the_machine_is():
    """What waits for a process waits for PATIENCE; what costs too much is counted (helpers/costs.py)."""
    measuring = re.compile(r"timeout=[\d.]|process_time\(\)|perf_counter\(\)|time\.time\(\)")
    tests = Path(__file__).resolve().parent
    found = [
        f"{path.relative_to(tests)}: {line.strip()}"
        for folder in sorted(tests.iterdir())
        if folder.is_dir() and folder.name not in ("benchmarks", "programs")
        for path in folder.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if measuring.search(line)
    ]
    assert not found
