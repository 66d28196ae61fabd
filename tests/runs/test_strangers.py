"""Runs that strangers made: files that lie about their size, and links that lead out of the run's folder."""

from __future__ import annotations

import os
import shutil
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer.cli import main
from retro_gamer.errors import CheckpointError, RetroGamerError
from retro_gamer.runs.archive import load_arrays, save_arrays, write_atomically
from retro_gamer.runs.checkpoint_file import MAX_CONTAINERS, MAX_DEPTH, MAX_VALUES, parse_json
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.trainer import Trainer

posix = pytest.mark.skipif(os.name != "posix", reason="has no links and pipes for everyone")


# Archives


def overlapping(path, copies=20):
    """A zip file in which many members are one and the same part of it."""
    save_arrays(path, {"a": np.zeros(10_000, np.uint8)})
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, directory = data[start:end], b""
    for number in range(copies):
        directory += entry.replace(b"a.npy", b"%c.npy" % (97 + number))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, copies, copies, len(directory), start, 0)
    path.write_bytes(data[:start] + directory + tail)


def test_members_in_one_place_are_refused(tmp_path):
    overlapping(tmp_path / "a.npz", 1)
    assert list(load_arrays(tmp_path / "a.npz")) == ["a"]
    overlapping(tmp_path / "a.npz", 20)
    with pytest.raises(CheckpointError, match="lie in the same place|Overlapped entries"):
        load_arrays(tmp_path / "a.npz")


def test_a_long_list_of_contents_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number:0200}.npy", b"")
    with pytest.raises(CheckpointError, match="list of contents is too long"):
        load_arrays(tmp_path / "a.npz")


def test_compressed_arrays_are_small(tmp_path):
    np.savez_compressed(str(tmp_path / "a.npz"), a=np.arange(10**5))
    assert len(load_arrays(tmp_path / "a.npz")["a"]) == 10**5
    np.savez_compressed(str(tmp_path / "a.npz"), **{f"a{i}": np.arange(10**5) for i in range(6)})
    with pytest.raises(CheckpointError, match="would unpack to"):
        load_arrays(tmp_path / "a.npz")


# JSON


@pytest.mark.parametrize(
    "value", ["{}", "[]", '{"a": [1, {"b": "[[[\\"{{{"}]}', '"\\\\"', '["\\\\\\"[", 3]', "[" * 99 + "]" * 99]
)
def test_json_is_read_as_ever(value):
    import json

    assert parse_json(value.encode()) == json.loads(value)


@pytest.mark.parametrize(
    "text",
    [
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "[" * 100_000,
        '{"a":' * 100_000,
        '["\\\\",' * 100_000,
        "[" + ",".join(["{}"] * MAX_CONTAINERS) + "]",
        "[" + "1," * MAX_VALUES + "1]",
        "9" * 101,
        "[1",
        "\xff",
    ],
    ids=range(9),
)
def test_too_much_json_is_refused_before_it_is_parsed(text, monkeypatch):
    import json

    if len(text) > 200:
        monkeypatch.setattr(json, "loads", lambda *_, **__: pytest.fail("it was parsed"))
    with pytest.raises(ValueError):
        parse_json(text.encode("latin-1"))


# Links, pipes, devices, and folders where files should be


@pytest.fixture
def run(tmp_path):
    run = make_run(tmp_path / "run", "forager", algorithm="q_learning", evaluate_every=0)
    Trainer(run).train(episodes=12)
    return run


@pytest.fixture
def outside(tmp_path):
    """What must not change: a folder beside the run."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "precious").write_text("mine\n")
    (folder / "ep_9999.npz").write_text("my policy of another run")
    (folder / ".resume.npz.1.tmp").write_text("mine, too")
    return folder


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(str(path))
    elif path.is_symlink() or path.exists():
        path.unlink()


COMMANDS = [["train", "--episodes", "2"], ["clean", "--yes"], ["info"], ["evaluate", "--games", "1"]]
FILES = ["training.log", "metrics.csv", "resume.npz", ".lock", "adversarial.json"]
FOLDERS = ["checkpoints", "checkpoints/blue"]


def use(run, command):
    """Run a command on a run; none may hang, or fail in another way than in words."""
    assert main([command[0], str(run.path), *command[1:]]) in (0, 1, 2)


@posix
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_no_file_outside_is_changed_through_a_link(run, outside, name, link, command):
    before = content(outside)
    remove(run.path / name)
    link(str(outside / "precious"), str(run.path / name))
    use(run, command)
    assert content(outside) == before


@posix
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", FOLDERS)
def test_no_folder_outside_is_changed_through_a_link(run, outside, name, command, capfd):
    before = content(outside)
    remove(run.path / name)
    (run.path / name).symlink_to(outside)
    use(run, command)
    assert content(outside) == before
    if command[0] in ("train", "clean"):
        assert "is a link to another place" in capfd.readouterr().err


@posix
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "nowhere"])
@pytest.mark.parametrize(
    "name", [*FILES, "config.toml", "checkpoints/ep_9999.npz", "checkpoints/best.npz", ".resume.npz.1.tmp"]
)
def test_what_is_no_file_is_neither_waited_for_nor_written_to(run, name, kind, command):
    path = run.path / name
    remove(path)
    if kind == "pipe":
        os.mkfifo(str(path))
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "/nowhere/at/all")
    use(run, command)


@posix
def test_a_half_file_that_is_a_link_is_not_written_through(tmp_path, outside):
    before = content(outside)
    (tmp_path / f".a.npz.{os.getpid()}.tmp").symlink_to(outside / "precious")
    write_atomically(tmp_path / "a.npz", lambda file: file.write(b"new"))
    assert content(outside) == before and (tmp_path / "a.npz").read_bytes() == b"new"
    assert not (tmp_path / "a.npz").is_symlink()


@posix
def test_a_run_that_is_a_link_is_the_users_own_matter(run, tmp_path):
    (tmp_path / "link").symlink_to(run.path)
    Trainer(RunDirectory(tmp_path / "link")).train(episodes=1)
    assert run.checkpoints()[-1][0] == 13


@posix
def test_a_backup_by_hard_links_stays_as_it_is(run, tmp_path):
    """As `cp -al` and some backup programs make it: both names keep working."""
    for name in ("training.log", "metrics.csv"):
        os.link(str(run.path / name), str(tmp_path / name))
    before = {name: (tmp_path / name).read_bytes() for name in ("training.log", "metrics.csv")}
    use(run, ["train", "--episodes", "8"])
    for name, text in before.items():
        assert (tmp_path / name).read_bytes() == text
        assert (run.path / name).read_bytes().startswith(text) and (run.path / name).read_bytes() != text


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has junctions")
def test_a_junction_is_a_link(run, outside):
    import _winapi

    before = content(outside)
    remove(run.path / "checkpoints")
    _winapi.CreateJunction(str(outside), str(run.path / "checkpoints"))  # type: ignore[attr-defined]
    with pytest.raises(RetroGamerError, match="is a link"):
        Trainer(run).train(episodes=1)
    assert content(outside) == before


@posix
def test_an_import_goes_through_no_link(tmp_path, outside, capsys):
    before = content(outside)
    with zipfile.ZipFile(Path(__file__).resolve().parent.parent / "data" / "torch_runs.zip") as archive:
        archive.extractall(str(tmp_path))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "checkpoints").symlink_to(outside)
    assert main(["import-torch", str(tmp_path / "mlp"), "--output", str(tmp_path / "new")]) == 1
    assert content(outside) == before and "is a link to another place" in capsys.readouterr().err


@posix
def test_an_alternation_goes_through_no_link(run, tmp_path, outside, capsys):
    before = content(outside)
    shutil.copytree(str(run.path), str(tmp_path / "other"))
    shutil.rmtree(str(run.path / "checkpoints"))
    (run.path / "checkpoints").symlink_to(outside)
    assert main(["adversarial", str(run.path), str(tmp_path / "other"), "--rounds", "1", "--episodes", "1"]) == 1
    assert content(outside) == before and "is a link to another place" in capsys.readouterr().err


@posix
@pytest.mark.parametrize("command", [["report", "--quiet"], ["doctor", "--quiet"], ["plot"]], ids=lambda c: c[0])
@pytest.mark.parametrize("name", ["report.html", "metrics.csv", "metrics.edited-1.csv", "training.log"])
def test_what_only_looks_changes_nothing_outside(run, outside, name, command):
    before = content(outside)
    remove(run.path / name)
    (run.path / name).symlink_to(outside / "precious")
    use(run, command)
    assert content(outside) == before
