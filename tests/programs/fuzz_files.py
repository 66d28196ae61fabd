"""Damages checkpoints, resume states and config files in many ways, and watches what reading them does.

    python tests/programs/fuzz_files.py                       20,000 mutants, a few minutes
    python tests/programs/fuzz_files.py --first 4711 -n 1     one of them again, with its traceback
    python tests/programs/fuzz_files.py --first 1000000       self-play, and training that goes on without a resume state
    python tests/programs/fuzz_files.py --first 2000000       damage that is meant (heavy_damage.py), and links
    python tests/programs/fuzz_files.py --first 3000000       checkpoints of the original, for import-torch

A mutant is its number: the same number gives the same kind of damage to the same file. Each must either load and play,
or raise a RetroGamerError; within a second, and with 200 MB more memory than before. `tests/test_fuzz.py` runs some.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from unittest import mock

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import heavy_damage  # noqa: E402
import numpy as np  # noqa: E402

from retro_gamer import TrainedPolicy  # noqa: E402
from retro_gamer.cli import main as retro_gamer_main  # noqa: E402
from retro_gamer.config.run_config import RunConfig  # noqa: E402
from retro_gamer.errors import RetroGamerError  # noqa: E402
from retro_gamer.games import forager, snake, tag, tron  # noqa: E402
from retro_gamer.original.torch_import import import_run  # noqa: E402
from retro_gamer.runs.directory import RunDirectory  # noqa: E402
from retro_gamer.selfplay.self_play import SelfPlayTrainer  # noqa: E402
from retro_gamer.training import checkpoints  # noqa: E402
from retro_gamer.training.trainer import Trainer  # noqa: E402

SECONDS, MEGABYTES = 1.0, 200
FOUND: Tuple[int, ...] = (
    2599,
    3340,
    8565,
    14213,
    16115,
    17535,
    18109,
    18727,
    2001027,
    2001214,
    2002792,
)  # mutants that once found something

GAME = """
from retro_gamer.games.{game} import create_game

def observe(game):
    return (game.agents[0].position, round(1.5 * game.turn_number), str(game.turn_number % 3), None)
"""
COMMON = [
    "--actions",
    "KEY_RIGHT,KEY_UP,KEY_LEFT,KEY_DOWN",
    "--hidden-sizes",
    "8",
    "--memory-capacity",
    "60",
    "--batch-size",
    "4",
    "--exploration-turns",
    "20",
    "--evaluate-every",
    "12",
    "--evaluation-games",
    "1",
    "--max-turns-per-episode",
    "6",
    "--checkpoint-every",
    "4",
]
RUNS = {  # name -> (game, flags): every form that a file can have
    "board": ("snake", ["--board", "--spatial"]),
    "window": ("snake", ["--observe-state", "energy", "--no-prioritize-experiences", "--n-step", "3"]),
    "table": ("forager", ["--algorithm", "q_learning", "--planning-steps", "2"]),
    "custom": (
        "forager",
        [
            "--algorithm",
            "double_q_learning",
            "--observation-function",
            "custom_game:observe",
            "--planning-steps",
            "2",
        ],
    ),
}
TEAM_RUNS = {  # name -> (game, flags)
    "tag": ("tag", ["--window", "2"]),
    "tron": ("tron", ["--n-step", "2"]),
}
TEAM_COMMON = [*COMMON[2:], "--save-steps", "6", "--team-change", "9", "--swap-steps", "5"]
FIRST_OF_TEAMS, FIRST_OF_HEAVY, FIRST_OF_TORCH = 10**6, 2 * 10**6, 3 * 10**6  # the mutants from here on
TORCH_RUNS = Path(__file__).resolve().parent.parent / "data" / "torch_runs.zip"
GAMES = {"snake": snake, "forager": forager, "tag": tag, "tron": tron}
FILES = ("checkpoint", "checkpoint", "resume", "config")  # checkpoints are what strangers pass on


def make_runs(folder: Path) -> None:
    """Train a tiny run of every form in `folder`."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        for name, (game, flags) in {**RUNS, **TEAM_RUNS}.items():
            source, common = (GAME.format(game=game), COMMON) if name in RUNS else (None, TEAM_COMMON)
            if source is not None:
                Path(f"{name}_game.py").write_text(source, "utf-8")
            which = game if source is None else f"{name}_game.py"
            with contextlib.redirect_stdout(io.StringIO()):
                assert retro_gamer_main(["create", "--game", which, "--output", name, *common, *flags]) == 0
                assert retro_gamer_main(["train", name, "--episodes", "6"]) == 0
            shutil.rmtree("__pycache__", ignore_errors=True)
    finally:
        os.chdir(before)


def file_of(run: Path, kind: str) -> Path:
    if kind in ("checkpoint", "newest"):
        return sorted(path for path in (run / "checkpoints").glob("**/ep_*.npz") if path.parent.name != "runner")[-1]
    return {"resume": run / "resume.npz", "config": run / "config.toml"}[kind]


# Damage


def mutate(rng: random.Random, content: bytes, other: bytes, kind: str) -> bytes:
    """The content of a file, damaged in one to three ways; `other` is a file of the same kind to take parts from."""
    ways = [flip, cut, splice] + (TEXT_WAYS if kind == "config" else 3 * ARCHIVE_WAYS)
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        with contextlib.suppress(Exception):  # what is damaged too much cannot be damaged in every way
            content = rng.choice(ways)(rng, content, other)
    return content


def flip(rng: random.Random, content: bytes, other: bytes = b"") -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8, 50])):
        if damaged:
            place = rng.randrange(len(damaged))
            damaged[place] = rng.choice([rng.randrange(256), damaged[place] ^ 1 << rng.randrange(8), 0, 255])
    return bytes(damaged)


def cut(rng: random.Random, content: bytes, other: bytes = b"") -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def splice(rng: random.Random, content: bytes, other: bytes = b"") -> bytes:
    """A piece of this file or of another, put somewhere instead of what was there."""
    source = rng.choice([content, other])
    start, length = rng.randrange(len(source) + 1), rng.choice([1, 4, 30, 300, 3000])
    place = rng.randrange(len(content) + 1)
    return content[:place] + source[start : start + length] + content[place + rng.choice([0, 1, length]) :]


VALUES: List[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    3,
    7,
    255,
    256,
    4097,
    65537,
    10**6,
    10**9,
    2**31,
    2**63,
    2**64,
    10**30,
    0.5,
    -0.5,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "a",
    "KEY_UP",
    "KEY_LEFT",
    "dqn",
    "sarsa",
    "os:system",
    "x" * 3000,
    "\ud800",
    "\0",
    [],
    {},
    [1],
    [1, 2],
    [0, 0],
    ["a"],
    [None],
    [[1]],
    [10**9, 10**9],
    ["a"] * 300,
    [1] * 40,
    {"a": 1},
]


def random_value(rng: random.Random) -> Any:
    value = rng.choice(VALUES)
    if rng.random() < 0.03:
        for _ in range(rng.choice([10, 500, 5000])):
            value = [value]
    return value


def change_json(rng: random.Random, data: Any) -> Any:
    """One value, anywhere inside, becomes another, is taken out, or stands twice."""
    if isinstance(data, (dict, list)) and data and rng.random() < 0.8:
        key = rng.choice(list(data)) if isinstance(data, dict) else rng.randrange(len(data))
        way = rng.random()
        if way < 0.15:
            del data[key]
        elif way < 0.25 and isinstance(data, list):
            data.insert(key, data[rng.randrange(len(data))])
        else:
            data[key] = change_json(rng, data[key])
        return data
    if type(data) in (int, float) and rng.random() < 0.4:
        return data + rng.choice([-1, 1, 10, -1000])
    return random_value(rng)


Members = List[Tuple[str, bytes]]


def unpack(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(member.filename, archive.read(member)) for member in archive.infolist()]


def pack(rng: random.Random, members: Members) -> bytes:
    """A right zip file, whatever is in it."""
    file = io.BytesIO()
    compression = rng.choice(20 * [zipfile.ZIP_STORED] + 4 * [zipfile.ZIP_DEFLATED] + [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name
        with zipfile.ZipFile(file, "w", compression) as archive:
            for name, data in members:
                archive.writestr(name, data)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def read_npy(data: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def change_members(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Members missing, twice, of another name, exchanged, or taken from another file."""
    members, more = unpack(content), unpack(other)
    i, j = rng.randrange(len(members)), rng.randrange(len(members))
    way = rng.randrange(6)
    if way == 0:
        del members[i]
    elif way == 1:
        members.insert(j, members[i])
    elif way == 2:
        name = members[i][0]
        members[i] = (
            rng.choice(
                [
                    "../" + name,
                    "/" + name,
                    name[:-4],
                    name.upper(),
                    "x/" + name,
                    "a\\" + name,
                    "\0" + name,
                    "",
                    "é.npy",
                    "x" * 5000 + ".npy",
                ]
            ),
            members[i][1],
        )
    elif way == 3:
        (a, first), (b, second) = members[i], members[j]
        members[i], members[j] = (a, second), (b, first)
    elif way == 4:
        members.append(rng.choice(more))
    else:
        members[i] = (members[i][0], rng.choice(more)[1])
    return pack(rng, members)


def change_header(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """The header of an array says something else than its data; checksums are right."""
    members = unpack(content)
    i = rng.randrange(len(members))
    name, data = members[i]
    length = struct.unpack("<H", data[8:10])[0]
    header, rest = data[10 : 10 + length].decode("latin-1"), data[10 + length :]
    number = str(rng.choice([0, 1, 2, 3, -1, 10**6, 2**40, 2**63, 10**40, 0.5]))
    old, new = rng.choice(
        [
            ("'<f4'", "'>f4'"),
            ("'<f4'", "'<i4'"),
            ("'<f4'", "'|O'"),
            ("'<f4'", "'<f2'"),
            ("'<f8'", "'<M8[s]'"),
            ("'<i8'", "'>i8'"),
            ("'|u1'", "'|S1'"),
            ("'|u1'", "'|V1'"),
            ("'|u1'", "'|b1'"),
            ("'|u1'", "'|i1'"),
            ("False", "True"),
            ("(", f"({number}, "),
            (",)", f", {number})"),
            ("'shape'", "'sharp'"),
            ("}", ""),
            (": (", ": (" + "(" * rng.choice([1, 50, 900])),
            ("'descr': ", "'descr': [('a', '<f4'), ('b', "),
            ("{", "{'x': " + "-" * rng.choice([5, 500]) + "1, "),
            (", }", ", 'shape': (1,), }"),
            ("'<f4'", "'f4,f4'"),
            ("{", " " * rng.choice([3, 2000]) + "{"),
        ]
    )
    header = header.replace(old, new, 1)
    version = rng.choice([1, 1, 1, 2, 3, 9])
    size = len(header) + rng.choice([0, 0, 0, 1, -1, 60000])
    prefix = (
        b"\x93NUMPY"
        + bytes([version, 0])
        + (
            struct.pack("<H", size % 65536)
            if version == 1
            else struct.pack("<I", max(0, size) * rng.choice([1, 1, 2**15]) % 2**32)
        )
    )
    members[i] = name, prefix + header.encode("latin-1") + rest
    return pack(rng, members)


def change_array(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """An array of another type, order, shape, or with other numbers in it."""
    members = unpack(content)
    i = rng.randrange(len(members))
    name, data = members[i]
    array = read_npy(data)
    way = rng.randrange(8)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if way == 0:
            array = array.astype(array.dtype.newbyteorder(">"))
        elif way == 1:
            array = np.asfortranarray(array)
        elif way == 2:
            array = array.astype(rng.choice(["<f8", ">f4", "<f2", "<i8", "|b1", "|u1", "<u8", "<c8", "|i1"]))
        elif way == 3:
            array = array[..., :-1] if array.ndim else np.array([array, array])
        elif way == 4:
            array = rng.choice(
                [
                    array.reshape(-1),
                    array[None],
                    array.T,
                    np.zeros(0, array.dtype),
                    array.reshape(-1)[:1],
                    np.concatenate([array, array]) if array.ndim else array[None],
                ]
            )
        elif array.size:
            flat = array.reshape(-1).copy()
            for _ in range(rng.choice([1, 3, 100])):
                odd = rng.choice(
                    [
                        0,
                        1,
                        2,
                        3,
                        255,
                        -1,
                        -(2**31),
                        2**31 - 1,
                        2**63 - 1,
                        np.nan,
                        np.inf,
                        -np.inf,
                        1e38,
                        1e300,
                    ]
                )
                with contextlib.suppress(OverflowError, ValueError):
                    flat[rng.randrange(len(flat))] = odd
            array = flat.reshape(array.shape)
    members[i] = name, npy(array)
    return pack(rng, members)


def change_facts(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """What the file says of itself, as JSON; or any other text in it."""
    members = unpack(content)
    texts = [
        i
        for i, (name, _) in enumerate(members)
        if name in ("facts.npy", "facts.npy", "states.npy", "agent/states.npy", "agent/model_states.npy")
    ]
    i = rng.choice(texts)
    text = read_npy(members[i][1]).tobytes()
    if rng.random() < 0.2 or not text.startswith((b"{", b"[")):
        text = rng.choice([flip, cut, splice])(rng, text, read_npy(unpack(other)[0][1]).tobytes())
    else:
        data = json.loads(text.decode("utf-8"))
        for _ in range(rng.choice([1, 1, 2, 5])):
            data = change_json(rng, data)
        if isinstance(data, list) and data and rng.random() < 0.5:  # the states of a table: literals
            data[rng.randrange(len(data))] = rng.choice(
                [
                    "(" * 300 + "1" + ",)" * 300,
                    "(" * 20000,
                    "-" * 20000 + "1",
                    "1+" * 20000 + "1",
                    "[1]",
                    "{}",
                    "a.b",
                    "1j",
                    "f()",
                    "9" * 20000,
                    "'" + "x" * 20000 + "'",
                    "1e999",
                    "--1",
                    "nan",
                    "(1",
                    "x\0",
                    "b'\\xff'",
                    "1" + "()" * 9000,
                ]
            )
        text = dump(data).encode("utf-8", "surrogatepass")
    members[i] = members[i][0], npy(np.frombuffer(text, np.uint8))
    return pack(rng, members)


def dump(data: Any) -> str:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20000)
    try:
        return json.dumps(data)
    finally:
        sys.setrecursionlimit(limit)


def change_directory(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """A number in the zip file's own directory."""
    damaged = bytearray(content)
    places = [place for place in range(len(content) - 46) if content[place : place + 4] == b"PK\x01\x02"]
    place = rng.choice(places) + rng.choice([6, 8, 10, 16, 20, 24, 28, 30, 42])
    struct.pack_into("<I", damaged, place, rng.choice([0, 1, 100, 2**20, 2**31, 2**32 - 1, rng.randrange(2**32)]))
    return bytes(damaged)


ARCHIVE_WAYS = [
    change_members,
    change_header,
    change_array,
    change_array,
    change_facts,
    change_facts,
    change_facts,
    change_directory,
]

TOML_VALUES = [
    "true",
    "0",
    "-1",
    "1",
    "3",
    "1e400",
    "nan",
    "inf",
    "-0.0",
    "1e-320",
    "10000000000000000000000000000",
    "9" * 5000,
    '""',
    '"a"',
    "'''a\nb'''",
    '"\\ud800"',
    '"\\u0000"',
    '"KEY_UP"',
    "[]",
    "{}",
    "[1]",
    "[1, 2]",
    "[70000]",
    '["a", "a"]',
    '[""]',
    '["KEY_UP", "é"]',
    "[[[]]]",
    "{a = 1}",
    "2020-01-01",
    "07:32:00",
    "2020-01-01T00:00:00Z",
    "[" * 5000,
    "{a=" * 500,
    '"' + "x" * 5000 + '"',
    '["' + '", "'.join("abcdefgh" * 60) + '"]',
    "0x7fffffffffffffff",
    "_",
    "",
    '"os:system"',
    "= =",
    "a" + ".a" * 3000 + " = 1",
]


def change_line(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """A setting has another value, or none, stands elsewhere, or is one that there is not."""
    lines = content.decode("utf-8").split("\n")
    for _ in range(rng.choice([1, 1, 2, 5])):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        name, equals, _ = lines[i].partition(" = ")
        way = rng.randrange(8)
        if way < 4 and equals:
            lines[i] = f"{name} = {rng.choice(TOML_VALUES)}"
        elif way == 4:
            del lines[i]
        elif way == 5:
            lines.insert(j, lines[i])
        elif way == 6:
            lines.insert(
                i,
                rng.choice(
                    [
                        "[game]",
                        "[training.x]",
                        "[[model]]",
                        "x = 1",
                        "gama = 2",
                        "[a]" * 3,
                        "a." * 5000 + "b = 1",
                        "\n".join(f"k{n} = {n}" for n in range(2000)),
                        "\ufeff",
                        "#\0",
                        "[" + "a." * 3000 + "b]",
                    ]
                ),
            )
        else:
            lines[i] = name[1:] + equals + rng.choice(TOML_VALUES)
        lines = lines or [""]
    return "\n".join(lines).encode("utf-8")


TEXT_WAYS = [change_line, change_line, change_line]


# What must not happen


def make_mutant(number: int, runs: Path, scratch: Path) -> Tuple[str, str]:
    """Put a copy of one run, with one of its files damaged, into `scratch`; returns (name of the run, which file)."""
    rng = random.Random(number)
    if number >= FIRST_OF_HEAVY:
        return make_heavy_mutant(rng, number >= FIRST_OF_TORCH, runs, scratch)
    names, kinds = list(RUNS), FILES
    if number >= FIRST_OF_TEAMS:
        names, kinds = [*TEAM_RUNS, *TEAM_RUNS, *RUNS], ("newest", "checkpoint", "resume", "resume")
    name, kind = rng.choice(names), rng.choice(kinds)
    shutil.copytree(str(runs / name), str(scratch))
    other = file_of(runs / rng.choice(names), kind).read_bytes()
    path = file_of(scratch, kind)
    path.write_bytes(mutate(rng, path.read_bytes(), other, kind))
    if kind == "newest":
        (scratch / "resume.npz").unlink()
    return name, kind


def make_heavy_mutant(rng: random.Random, torch: bool, runs: Path, scratch: Path) -> Tuple[str, str]:
    """The same with damage that is meant."""
    if torch:
        name = rng.choice(["mlp", "spatial"])
        with zipfile.ZipFile(TORCH_RUNS) as archive:
            archive.extractall(str(scratch))
        path = sorted((scratch / name / "checkpoints").glob("*.pt"))[-1]
        path.write_bytes(heavy_damage.change_pickle(rng, path.read_bytes()))
        return name, "torch"
    name, kind = rng.choice([*RUNS, *TEAM_RUNS]), rng.choice(["newest", "checkpoint", "resume", "link"])
    shutil.copytree(str(runs / name), str(scratch))
    if kind == "link":
        shutil.rmtree(str(runs / "outside"), ignore_errors=True)
        shutil.copytree(str(runs / name / "checkpoints"), str(runs / "outside"))
        (runs / "outside" / "precious").write_text("mine")
        heavy_damage.replace_by_link(rng, scratch, runs / "outside")
        return name, kind
    path = file_of(scratch, kind)
    with contextlib.suppress(Exception):
        path.write_bytes(heavy_damage.damaged(rng, path.read_bytes()))
    if kind == "newest":
        (scratch / "resume.npz").unlink()
    return name, kind


def content_of(folder: Path) -> Dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@mock.patch.object(checkpoints, "SECONDS_OF_PATIENCE", 0.0)  # a link stays one, however long a training waits
def use_links(run: Path, name: str, outside: Path) -> None:
    """Train, look and clean; nothing outside may change, and nothing may be waited for."""
    before = content_of(outside)
    assert before
    try:
        for command in (["info"], ["train", "--episodes", "2"], ["clean", "--yes"]):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                assert retro_gamer_main([command[0], str(run), *command[1:]]) in (0, 1, 2)
    finally:
        assert content_of(outside) == before, "something outside was changed"


def use(run: Path, name: str, kind: str) -> None:
    """Read the run and play a bit. Raises RetroGamerError at most."""
    if kind == "torch":
        import_run(RunDirectory(run / name))
        return
    if kind == "link":
        use_links(run, name, run.parent / "runs" / "outside")  # where make_heavy_mutant puts it
        return
    if kind in ("resume", "newest"):
        trainer = (SelfPlayTrainer if name in TEAM_RUNS else Trainer)(RunDirectory(run))
        trainer.train(episodes=2)
        return
    if kind == "config":
        RunConfig.from_dict(RunConfig.load(run / "config.toml").to_dict()).to_toml()
    team = {"tag": "chaser", "tron": "blue"}.get(name)
    policy = TrainedPolicy(run, trusted=kind != "config", team=team)  # a checkpoint names no other function than its config
    game = GAMES[name if team else RUNS[name][0]].create_game()
    game.start()
    for _ in range(2):
        assert policy.get_action(game) in policy.actions
        policy.q_values(game)


def outcome(number: int, runs: Path, scratch: Path) -> str:
    """ "plays" or "refused"; raises whatever else happened."""
    try:
        use(scratch, *make_mutant(number, runs, scratch))
    except RetroGamerError as error:
        assert "MemoryError" not in str(error), error
        assert len(str(error)) < 100000 and str(error), len(str(error))
        return "refused"
    finally:
        shutil.rmtree(str(scratch), ignore_errors=True)
    return "plays"


def _memory(name: str = "VmHWM") -> float:
    """Megabytes of memory: the peak since `_forget_peak`."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024


def _forget_peak() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"still busy after {10 * SECONDS} seconds")


def run_mutants(numbers, runs: Path, scratch: Path) -> int:
    import resource

    limit = int((_memory("VmSize") + MEGABYTES) * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.signal(signal.SIGALRM, _too_long)
    counts: Dict[str, int] = {"plays": 0, "refused": 0}
    slowest, largest, failures = (0.0, -1), (0.0, -1), []
    kinds: Dict[str, int] = {}
    started = time.perf_counter()
    for i, number in enumerate(numbers):
        _forget_peak()
        before, began = _memory(), time.process_time()  # not the time that other programs take
        failure: Optional[str] = None
        signal.setitimer(signal.ITIMER_REAL, 10 * SECONDS)
        try:
            counts[outcome(number, runs, scratch)] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failure = "".join(traceback.format_exception(type(error), error, error.__traceback__)[-3:])
        signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, (time.process_time() - began, number))
        largest = max(largest, (_memory() - before, number))
        if time.process_time() - began > SECONDS:
            failure = failure or f"took {time.process_time() - began:.1f} seconds"
        if failure:
            failures.append(number)
            kinds[failure] = kinds.get(failure, 0) + 1
            if kinds[failure] == 1:
                print(f"\nmutant {number}: {failure[-1200:]}", flush=True)
        if (i + 1) % 2000 == 0:
            print(
                f"{i + 1} mutants, {counts}, {len(failures)} failures, {time.perf_counter() - started:.0f} s",
                flush=True,
            )
    print(
        f"{i + 1} mutants: {counts['plays']} play, {counts['refused']} are refused, {len(failures)} fail {failures[:50]}\n"
        f"slowest: {slowest[0]:.2f} s (mutant {slowest[1]}); most memory: {largest[0]:.0f} MB more (mutant {largest[1]})"
    )
    return 1 if failures else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=20000, help="how many mutants")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder, "runs")
        runs.mkdir()
        make_runs(runs)
        return run_mutants(range(options.first, options.first + options.n), runs, Path(folder, "scratch"))


if __name__ == "__main__":
    raise SystemExit(main())
