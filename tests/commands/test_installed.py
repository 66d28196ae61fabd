"""The original and this library, both installed into the same folder retro_gamer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from end_to_end import child_environment
from small_runs import make_run

import retro_gamer
from retro_gamer.cli import main

ORIGINAL, OURS = "retro_gamer-0.4.0.dist-info", "retro_gamer_numpy-0.1.0.dist-info"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts down what pip leaves of a distribution."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    def install(*names):
        for name in names:
            folder = tmp_path / "site" / name
            folder.mkdir(parents=True)
            project, version = name[: -len(".dist-info")].split("-")
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n")

    return install


def test_both_are_noticed_by_info_and_when_a_command_fails(installed, tmp_path, capsys):
    run = make_run(tmp_path / "run")
    installed(ORIGINAL, OURS)
    said = "Both retro-gamer 0.4.0 (the original, on torch) and retro-gamer-numpy 0.1.0 are installed in this Python"
    assert main(["info", str(run)]) == 0 and said in capsys.readouterr().out
    assert main(["info", str(tmp_path / "no_run")]) == 1 and said in capsys.readouterr().err


@pytest.mark.parametrize("names", [[ORIGINAL], [OURS], []])
def test_one_alone_is_as_it_should_be(installed, tmp_path, capsys, monkeypatch, names):
    installed(*names)
    elsewhere = [path for path in sys.path if "-packages" not in path and not list(Path(path).glob("*.egg-info"))]
    monkeypatch.chdir(tmp_path)  # a command looks in the current folder, too
    monkeypatch.setattr(sys, "path", elsewhere)  # not what is installed here, or unpacked from an sdist
    run = make_run(tmp_path / "run")
    assert main(["info", str(run)]) == 0
    assert "are installed" not in capsys.readouterr().out


@pytest.mark.parametrize("theirs", ["def cli():\n    pass\n", None])
def test_files_of_the_other_in_place_of_ours(tmp_path, theirs):
    """The original was installed after ours, and its cli.py replaced ours; or it was removed, and cli.py with it."""
    package = tmp_path / "retro_gamer"
    shutil.copytree(str(Path(retro_gamer.__file__).parent), str(package), ignore=shutil.ignore_patterns("__pycache__"))
    (package / "cli.py").unlink() if theirs is None else (package / "cli.py").write_text(theirs)
    result = subprocess.run(
        [sys.executable, "-m", "retro_gamer", "info", "run"],
        cwd=str(tmp_path),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=child_environment(),
    )
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "files of retro-gamer-numpy are missing or not its own" in result.stderr
    assert "pip uninstall retro-gamer retro-gamer-numpy" in result.stderr
