"""original/ can be deleted one day, with its names and its command: the rest imports and trains without it."""

from __future__ import annotations

import pkgutil
import shutil
from pathlib import Path

from end_to_end import run_python

import retro_gamer

PACKAGE = Path(retro_gamer.__file__).resolve().parent
NAMES = [path for path in PACKAGE.glob("*.py") if "retro_gamer.original" in path.read_text("utf-8")]
COMMAND = PACKAGE / "commands" / "import_torch.py"
EVERYTHING = """
import importlib, pkgutil, retro_gamer
assert retro_gamer.__file__.startswith({copy!r})
for module in pkgutil.walk_packages(retro_gamer.__path__, "retro_gamer."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except Exception as error:  # what is not installed here
            assert "gymnasium" in str(error).lower() or "'retro'" in str(error), error
"""


def test_only_names_and_one_command_know_of_it():
    knowing = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "retro_gamer.original" in path.read_text("utf-8") and PACKAGE / "original" not in path.parents
    ]
    thin = ["env.py", "metadata.py", "observation.py", "trainer.py"]
    assert sorted(knowing) == sorted(["__init__.py", "commands/import_torch.py", *thin])


def test_the_rest_works_without_it(tmp_path):
    copy = tmp_path / "retro_gamer"
    shutil.copytree(str(PACKAGE), str(copy), ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(str(copy / "original"))
    for path in [COMMAND, *(path for path in NAMES if path.name != "__init__.py")]:
        (copy / path.relative_to(PACKAGE)).unlink()
    assert "original" not in {module.name for module in pkgutil.iter_modules([str(copy)])}
    for arguments in (
        ["-c", EVERYTHING.format(copy=str(tmp_path))],
        ["-m", "retro_gamer", "train", "catch", "--episodes", "2"],
        ["-m", "retro_gamer", "info", "catch"],
        ["-c", "from retro_gamer import TrainedPolicy; TrainedPolicy('catch')"],
    ):
        result = run_python(*arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
