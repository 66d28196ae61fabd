"""Damage that is meant: files that lie about their size, never end, or lead out of the run's folder. See fuzz_files.py."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np

from retro_gamer.errors import CheckpointError
from retro_gamer.nn.network import parameter_shapes
from retro_gamer.runs.policy_description import PolicyDescription

M = 2**61 - 1  # whole numbers that differ by it have one hash


def _unpack(content: bytes) -> Dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {member.filename: archive.read(member) for member in archive.infolist()}


def _pack(rng: random.Random, members: Dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def _text(text: str) -> bytes:
    return _npy(np.frombuffer(text.encode("ascii", "backslashreplace"), np.uint8))


def _header(shape: str, descr: str = "|u1") -> bytes:
    header = ("{'descr': %r, 'fortran_order': False, 'shape': %s, }" % (descr, shape)).encode()
    header += b" " * ((64 - (10 + len(header) + 1) % 64) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


FACTS: Dict[str, List[Any]] = {
    "board": [True, False],
    "radar": [True, False],
    "far": [True, False, None],
    "tiles": [[0, 1, 2, 0, 1, 2], [], [0, 0, 2, 0, 1, 2], "tiles", None],
    "room": [True, False, None],
    "place": [True, False, None],
    "way_around": [["@"], [], ["@@"], "@", None],
    "sight": [1, 64, 0, 65, -1, True, None],
    "free_characters": [[], ["@"], ["@@"], "@", None],
    "egocentric_radius": [0, 1, 2, 3, 64],
    "observe_state": [[], ["energy"], ["energy", "energy"], ["score", "energy"], ["x"] * 300],
    "n_features": [0, 1, 2, 300],
    "n_symbols": [1, 2, 3, 8, 9, 10, 16, 256],
    "characters": [
        [],
        ["*"],
        ["(room x)", "(room y)"],
        ["(room y)", "*", "(room x)"],
        ["*", "*"],
        ["(unseen)", "*"],
        [" ", ""],
        ["@"] * 300,
        list("abcdefghijk"),
    ],
    "spatial": [True, False],
    "dueling": [True, False],
    "hidden_sizes": [[1], [8], [3, 1, 2], [1] * 32],
    "board_size": [[], [1, 1], [32, 16], [16, 32], [4096, 1], [4096, 4096]],
    "convolutions": [[[1, 16, 16]], [[1, 1, 1]] * 8, [[2, 3, 2], [1, 2, 2]], [[1, 16, 1], [1, 2, 16]]],
    "player": ["", "x", "Snake head", "\x1b[2J"],
    "gym": ["", "CartPole-v1"],
    "observation_function": ["", "custom_game:observe", "os:system"],
    "algorithm": ["dqn", "q_learning", "sarsa", "double_q_learning"],
    "own_characters": [[[], []], [["A"], ["B"]], [["A", "B"], []], [["A"] * 254] * 16, [[""], [" "]]],
    "reward": ["\x9b31m"],
    "actions": [["KEY_RIGHT", None], [None], ["\u202e"] * 5, ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]],
}


def fitting_facts(rng: random.Random, content: bytes) -> bytes:
    """Some facts are others, and all sizes and arrays are made to fit them as well as can be."""
    members = _unpack(content)
    facts = json.loads(np.load(io.BytesIO(members["facts.npy"])).tobytes())
    described = facts.get("policy") if isinstance(facts.get("policy"), dict) else facts
    for name in rng.sample(sorted(FACTS), rng.choice([1, 1, 2, 3])):
        described[name] = rng.choice(FACTS[name])
    if rng.random() < 0.8:
        side = 2 * described["egocentric_radius"] + 1
        picture = described["board_size"][::-1] if described["board"] else [side, side] if side > 1 else [0, 0]
        described["board_shape"] = picture if len(picture) == 2 else [0, 0]
        described["n_cells"] = described["board_shape"][0] * described["board_shape"][1]
        described["n_cells"] += (
            2 * (described["n_symbols"] - 2) if described["radar"] or described.get("room") or described.get("place") else 0
        )
    members["facts.npy"] = _text(json.dumps(facts))
    try:
        sizes = PolicyDescription.from_json(described, Path("a")).network_sizes
    except CheckpointError:
        return _pack(rng, members)
    for name, shape in parameter_shapes(**sizes).items():
        if np.prod(shape) < 2**21:
            for prefix in ("network/", "agent/network/", "agent/target/"):
                if f"{prefix}{name}.npy" in members or prefix == "network/":
                    members[f"{prefix}{name}.npy"] = _npy(np.ones(shape, np.float32))
    return _pack(rng, members)


def overlapping(rng: random.Random, content: bytes) -> bytes:
    """Entries of the zip file's directory point to where others are."""
    damaged = bytearray(content)
    entries = [place for place in range(len(content) - 46) if content[place : place + 4] == b"PK\x01\x02"]
    source = content[rng.choice(entries) :][16:28], rng.choice(entries)
    for place in rng.sample(entries, rng.randrange(1, len(entries) + 1)):
        damaged[place + 16 : place + 28] = source[0]
        damaged[place + 42 : place + 46] = content[source[1] + 42 : source[1] + 46]
    return bytes(damaged)


def many_members(rng: random.Random, content: bytes) -> bytes:
    members = _unpack(content)
    for number in range(rng.choice([300, 20_000])):
        members[f"{number}.npy"] = b""
    return _pack(rng, members)


HEAVY_TEXTS: List[Callable[[], str]] = [
    lambda: "[" + ",".join(["{}"] * 200_000) + "]",
    lambda: "[" * 100_000 + "]" * 100_000,
    lambda: '{"a":' * 100_000 + "1" + "}" * 100_000,
    lambda: '["' + "(" * 100_000 + '"]',
    lambda: "[" + ",".join(["1"] * 400_000) + "]",
    lambda: json.dumps([str(i * M) for i in range(20_000)]),
    lambda: json.dumps([f"({i * M},)" for i in range(20_000)]),
    lambda: json.dumps([f"(1.0,({i * M},),'a',)" for i in range(10_000)]),
    lambda: json.dumps(["1" if i % 99 else str(i) for i in range(200_000)]),
    lambda: json.dumps(["('a','b\\n',%d,)" % i for i in range(60_000)]),
    lambda: json.dumps(["1" * 5000, "(%s,)" % ("1" * 5000)]),
    lambda: json.dumps(["0." + "1" * 100_000]),
    lambda: json.dumps(["'\\\\x'", "'\\\\N{DIGIT ONE}'", "b'\\\\u1234'", "'\\ud800'"]),
    lambda: '{"format": 1, "episode": "\\u001b]0;owned\\u0007", "turns": ' + "9" * 200_000 + "}",
]


def heavy_text(rng: random.Random, content: bytes) -> bytes:
    """Facts or states that would take long, or much memory."""
    members = _unpack(content)
    names = [name for name in members if name.endswith(("facts.npy", "states.npy", "next_states.npy", "states_0.npy"))]
    members[rng.choice(names)] = _text(rng.choice(HEAVY_TEXTS)())
    return _pack(rng, members)


def heavy_shape(rng: random.Random, content: bytes) -> bytes:
    """An array of no length in one direction, and of any in the others."""
    members = _unpack(content)
    n = rng.choice([10**5, 10**5 + 1, 10**7, 10**9, 2**62])
    shape = rng.choice([f"({n}, 0)", f"(0, {n})", f"({n}, 0, {n})", f"({n}, {n}, 0)"])
    members[rng.choice(sorted(members))] = _header(shape, rng.choice(["|u1", "<f4", "<f8", "<i8", "|b1"]))
    return _pack(rng, members)


ARCHIVE_WAYS = [
    fitting_facts,
    fitting_facts,
    fitting_facts,
    overlapping,
    many_members,
    heavy_text,
    heavy_text,
    heavy_shape,
]


def damaged(rng: random.Random, content: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rng.choice(ARCHIVE_WAYS)(rng, content)


NAMES = "checkpoints training.log metrics.csv resume.npz .lock adversarial.json checkpoints/best.npz".split()


def replace_by_link(rng: random.Random, run: Path, outside: Path) -> None:
    """Something in the run is a link, a pipe or a folder now. `outside` must stay as it is."""
    path = run / rng.choice([*NAMES, "checkpoints/ep_9999.npz", "config.toml", f".resume.npz.{os.getpid()}.tmp"])
    if path.is_dir():
        shutil.rmtree(str(path))
    elif path.exists():
        path.unlink()
    way = rng.randrange(5)
    if way == 0:
        path.symlink_to(outside)
    elif way == 1:
        path.symlink_to(outside / "precious")
    elif way == 2:
        os.link(str(outside / "precious"), str(path))
    elif way == 3:
        os.mkfifo(str(path))
    else:
        path.mkdir() if rng.random() < 0.5 else path.symlink_to("/dev/zero")


# Pickles

PIECES = [
    *(bytes([code]) for code in b"})].(NseuatqrhjRbQ\x85\x86\x87\x88\x89\x94\x93"),
    b"q\x00",
    b"q\x01",
    b"h\x00",
    b"h\x01",
    b"K\x05",
    b"X\x01\x00\x00\x00a",
    b"X\x10\x00\x00\x00model_state_dict",
    b"X\x0b\x00\x00\x00total_steps",
    b"X\x07\x00\x00\x00storage",
    b"\x8a\x09" + M.to_bytes(9, "little"),
    b"ctorch\nFloatStorage\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ccollections\nOrderedDict\n",
    b"cos\nsystem\n",
    b"\x85" * 1000,
    b"h\x00h\x00\x86q\x00" * 60,
]


def change_pickle(rng: random.Random, content: bytes) -> bytes:
    """Instructions in the pickle of a .pt file are exchanged, doubled or left out."""
    members = _unpack(content)
    name = next(name for name in members if name.endswith("data.pkl"))
    program = members[name]
    for _ in range(rng.choice([1, 2, 5, 20])):
        place, length = rng.randrange(len(program)), rng.choice([0, 0, 1, 2, 5])
        piece = rng.choice(PIECES) * rng.choice([1, 1, 1, 3, 5000])
        program = program[:place] + piece + program[place + length :]
    if rng.random() < 0.2:
        program = b"\x80\x02" + b"".join(rng.choice(PIECES) for _ in range(300)) + b"."
    members[name] = program
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return file.getvalue()
