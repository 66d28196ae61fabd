"""What torch.save wrote, read without torch: the numbers it holds, and nothing that it might want to run."""

from __future__ import annotations

import os
import pickle
import random
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from torch_files import Storage, Tensor, change_members, save, tensor

from retro_gamer.errors import CheckpointError
from retro_gamer.original import torch_file
from retro_gamer.original.torch_file import open_torch_file
from retro_gamer.runs.archive import MAX_POLICY_BYTES

RUNS = Path(__file__).resolve().parent.parent / "data" / "torch_runs.zip"


@pytest.fixture
def original(tmp_path):
    """A checkpoint that the original made."""
    with zipfile.ZipFile(RUNS) as archive:
        return Path(archive.extract("mlp/checkpoints/ep_0120.pt", str(tmp_path)))


def read(path):
    """Everything in a file; a dict of arrays in place of the network."""
    with open_torch_file(path) as file:
        content = file.content
        if isinstance(content, dict):
            for name, value in content.items():
                if isinstance(value, torch_file.Tensor):
                    content[name] = file.read(value)
        return content


def refused(path, match):
    with pytest.raises(CheckpointError, match=match) as caught:
        read(path)
    assert str(path) in str(caught.value) and len(str(caught.value)) < 600
    return str(caught.value)


# What it must read


def test_what_the_original_wrote(original):
    with open_torch_file(original) as file:
        assert set(file.content) == {
            "model_state_dict",
            "optimizer_state_dict",
            "epsilon",
            "total_steps",
            "episode",
            "total_training_seconds",
            "config_snapshot",
        }
        assert (file.content["episode"], file.content["total_steps"]) == (120, 1440)
        assert file.content["config_snapshot"]["hidden_sizes"] == [12, 7]
        network = file.content["model_state_dict"]
        assert list(network) == [f"net.{i}.{what}" for i in (0, 2, 4) for what in ("weight", "bias")]
        weights = file.read(network["net.2.weight"])
        assert weights.shape == (7, 12) and weights.dtype == np.float32 and np.isfinite(weights).all()
        moment = file.content["optimizer_state_dict"]["state"][2]["exp_avg"]
        assert file.read(moment).shape == (7, 12)


@pytest.mark.parametrize("byte_order", ["little", "big"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_numbers_of_every_type(tmp_path, byte_order, protocol):
    if protocol > pickle.HIGHEST_PROTOCOL:
        pytest.skip("not in this Python")
    kinds = ("f4", "f8", "f2", "i8", "i4", "i2", "i1", "u1", "?")
    arrays = {kind: np.arange(6).reshape(2, 3).astype(kind) for kind in kinds}
    content = OrderedDict((kind, tensor(array, str(i))) for i, (kind, array) in enumerate(arrays.items()))
    for kind, found in read(save(tmp_path / "a.pt", content, byte_order, protocol)).items():
        assert found.dtype == arrays[kind].dtype and found.dtype.isnative
        np.testing.assert_array_equal(found, arrays[kind])
        found[0] = 0  # it may be written to


def test_a_file_without_its_byte_order(tmp_path):
    path = save(tmp_path / "a.pt", {"x": tensor(np.float32([1, 2]), "0")}, byteorder=None)
    np.testing.assert_array_equal(read(path)["x"], [1, 2])


def test_views(tmp_path):
    """Transposed, cut out, with steps, empty, and a single number: two of them in one storage."""
    numbers = np.arange(24, dtype=np.float32)
    storage = Storage(numbers, "0")
    found = read(
        save(
            tmp_path / "a.pt",
            {
                "transposed": Tensor(storage, (6, 4), (1, 6)),
                "part": Tensor(storage, (2, 3), (6, 2), 7),
                "empty": Tensor(storage, (0, 5), (5, 1)),
                "single": Tensor(storage, (), (), 23),
            },
        )
    )
    np.testing.assert_array_equal(found["transposed"], numbers.reshape(4, 6).T)
    np.testing.assert_array_equal(found["part"], numbers.reshape(4, 6)[1:3, 1::2])
    assert found["empty"].shape == (0, 5) and found["single"] == 23 and found["transposed"].flags.c_contiguous


# What it must refuse


class Attack:
    """Pickled, it asks to call a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "attack, name",
    [
        (lambda mark: Attack(os.system, f"touch {mark}"), f"{os.system.__module__}.system"),
        (lambda mark: Attack(os.mkdir, str(mark)), f"{os.mkdir.__module__}.mkdir"),
        (lambda mark: Attack(eval, f"open({str(mark)!r}, 'w')"), "(builtins|__builtin__).eval"),
        (lambda mark: Attack(Path.touch, mark), "[a-z_.]+[.](getattr|Path.touch)"),
    ],
)
def test_nothing_is_run(tmp_path, original, attack, name, protocol):
    if protocol > pickle.HIGHEST_PROTOCOL:
        pytest.skip("not in this Python")
    mark = tmp_path / "mark"
    program = pickle.dumps({"model_state_dict": attack(mark)}, protocol)
    change_members(original, **{"data.pkl": program})
    if protocol >= 2:  # older ones are made of opcodes that torch.save does not use
        refused(original, f"asks for {name}, which is neither a tensor nor a plain value")
    else:
        refused(original, "is not trusted, and none of it was run")
    assert not mark.exists()
    opened = pickle.loads(program)["model_state_dict"]  # it does work
    if hasattr(opened, "close"):
        opened.close()
    assert mark.exists()


@pytest.mark.parametrize(
    "name",
    [
        "torch._utils._rebuild_tensor",
        "torch.load",
        "numpy.core.multiarray._reconstruct",
        "builtins.dict",
        "copyreg._reconstructor",
        "retro_gamer.cli.main",
    ],
)
def test_only_tensors_are_known(tmp_path, name):
    module, _, function = name.rpartition(".")
    path = save(tmp_path / "a.pt", {}, **{"data.pkl": f"\x80\x02c{module}\n{function}\n)R.".encode("latin-1")})
    refused(path, f"asks for {name}")


def test_what_it_knows_cannot_be_changed_by_a_pickle(tmp_path):
    """BUILD sets attributes: those of a function or a class would stay set for the next file."""
    for name in torch_file.KNOWN:
        module, _, attribute = name.rpartition(".")
        for state in (
            b"}X\x01\x00\x00\x00xK\x01s",
            b"N}X\x08\x00\x00\x00__call__K\x01s\x86",
            b"N}X\x05\x00\x00\x00dtypeK\x01s\x86",
        ):
            before = repr(vars(torch_file.make_tensor)), repr(torch_file.KNOWN), repr(dir(OrderedDict))
            program = f"\x80\x02c{module}\n{attribute}\n".encode("latin-1") + state + b"b."
            refused(save(tmp_path / "a.pt", {}, **{"data.pkl": program}), "is damaged")
            assert before == (
                repr(vars(torch_file.make_tensor)),
                repr(torch_file.KNOWN),
                repr(dir(OrderedDict)),
            )


# A tuple of two that are the same tuple of two, and so on, sixty deep: 2**60 in all.
LAUGHS = b")q\x00" + b"".join(b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1]) for i in range(60))
COLLIDING = b"".join(  # numbers that have one hash
    b"\x8a\x0a" + (i * (2**61 - 1)).to_bytes(10, "little") + b"N" for i in range(10_000)
)


@pytest.mark.parametrize(
    "program, match",
    [
        (b"", "is damaged"),
        (b"\x80\x02}q\x00", "is damaged"),
        (b"\x80\x02.", "is damaged"),
        (b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".", "is damaged"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b".", "is damaged"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 1) + b"x.", "uses BINBYTES8"),
        (b"\x80\x02\x82\x01.", "uses EXT1"),
        (b"\x80\x02(i__main__\nx\n.", "uses INST"),
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "uses NEWOBJ"),
        (b"\x80\x02K\x07Q.", "is damaged"),
        (
            b"\x80\x02})" + b"\x85" * 200_000 + b"Ns.",
            "other keys than texts and small numbers",
        ),  # a deep tuple
        (b"\x80\x02)" + b"\x85" * 200_000 + b".", "lists in lists without end"),
        (b"\x80\x02" + LAUGHS + b"}h\x3cNs.", "other keys than texts and small numbers"),
        (b"\x80\x02" + LAUGHS + b".", "lists in lists without end"),
        (b"\x80\x02]q\x00h\x00a.", "lists in lists without end"),  # a list in itself
        (b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", "lists in lists without end"),
        (b"\x80\x02}(" + COLLIDING + b"u.", "other keys than texts and small numbers"),
        (b"\x80\x02}G?\xf0\x00\x00\x00\x00\x00\x00Ns.", "other keys than texts and small numbers"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NN" + LAUGHS + b"NtR.", "described wrongly"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00" + LAUGHS + b"h\x05tR.", "described wrongly"),
        (b"\x80\x02ccollections\nOrderedDict\n]\x85R.", "is damaged"),
        (b"\x80\x02}(NNNu.", "is damaged"),
        (b"\x80\x02NNs.", "is damaged"),
        (b"\x80\x02Na.", "is damaged"),
        (b"\x80\x02(t\x85\x86.", "is damaged"),
        (b"\x80\x02h\x07.", "is damaged"),
        (b"\x80\x02(" + b"K\x01" * 2**20 + b"t.", "at most 262144 are allowed"),
    ],
)
def test_pickles_that_are_not_those_of_a_checkpoint(tmp_path, program, match):
    refused(save(tmp_path / "a.pt", {}, **{"data.pkl": program}), match)


NUMBERS = Storage(np.arange(6, dtype=np.float32), "0")


@pytest.mark.parametrize(
    "described, match",
    [
        (Tensor(NUMBERS, (7,), (1,)), r"shape \(7,\) in it reaches beyond its storage"),
        (Tensor(NUMBERS, (2, 3), (4, 1)), "reaches beyond its storage"),
        (Tensor(NUMBERS, (3,), (1,), 4), "reaches beyond its storage"),
        (Tensor(NUMBERS, (2**20, 2**20), (0, 0)), "reaches beyond its storage"),  # 4 TB of one number
        (Tensor(NUMBERS, (2,), (-1,), 5), "described wrongly"),
        (Tensor(NUMBERS, (-2, -3), (3, 1)), "described wrongly"),
        (Tensor(NUMBERS, (2,), (1,), -1), "described wrongly"),
        (Tensor(NUMBERS, (2.0,), (1,)), "described wrongly"),
        (Tensor(NUMBERS, (True,), (1,)), "described wrongly"),
        (Tensor("not a storage", (2,), (1,)), "described wrongly"),
        (Tensor(NUMBERS, (2, 3), (1,)), "strides"),
        (Tensor(NUMBERS, (1,) * 5, (1,) * 5), "has the shape"),
        (Tensor(NUMBERS._replace(length=7), (7,), (1,)), "storage 0 has 24 bytes instead of 28"),
        (Tensor(NUMBERS._replace(length=2**60), (2**60,), (1,)), "storage 0 has 24 bytes instead of"),
        (Tensor(NUMBERS._replace(length=-1), (0,), (1,)), "a storage in it is described wrongly"),
        (Tensor(NUMBERS._replace(key="../../data.pkl"), (6,), (1,)), "a storage in it is described wrongly"),
    ],
)
def test_tensors_described_wrongly(tmp_path, described, match):
    refused(save(tmp_path / "a.pt", {"x": described}), match)


@pytest.mark.parametrize(
    "changes, match",
    [
        ({"data/0": b"1234"}, "storage 0 has 4 bytes instead of 1296"),
        ({"data/0": None}, "data/0 is missing"),
        ({"data.pkl": None}, "not one of torch.save"),
        ({"more/data.pkl": b""}, None),
    ],
)
def test_members_that_are_wrong(original, changes, match):
    change_members(original, **changes)
    with open_torch_file(original) if match is None else pytest.raises(CheckpointError, match=match):
        with open_torch_file(original) as file:
            assert file.read(file.content["model_state_dict"]["net.0.weight"]).shape == (12, 27)


def test_a_member_that_would_unpack_to_much(original, monkeypatch):
    with zipfile.ZipFile(original, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ep_0120/data/99", bytes(2**24))
    with open_torch_file(original) as file, pytest.raises(CheckpointError, match="is packed or encrypted"):
        file._read_member("data/99", MAX_POLICY_BYTES)
    monkeypatch.setattr(torch_file, "MAX_POLICY_BYTES", 1000)
    with pytest.raises(CheckpointError, match="data/0 has 1296 bytes; at most 1000 are allowed"):
        with open_torch_file(original) as file:
            file.read(file.content["model_state_dict"]["net.0.weight"])


def test_two_members_of_one_name(original):
    with zipfile.ZipFile(original, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("ep_0120/data.pkl", b"")
    refused(original, "two files of the same name")


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all" * 100, pickle.dumps({"model_state_dict": {}})])
def test_other_files(tmp_path, content):
    (tmp_path / "a.pt").write_bytes(content)
    refused(tmp_path / "a.pt", "is damaged, or is not a checkpoint that torch.save wrote")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "a.pt")


def test_a_file_cut_short_anywhere(original):
    content = original.read_bytes()
    for length in range(0, len(content), 331):
        original.write_bytes(content[:length])
        refused(original, "is damaged")


def test_changed_bytes_anywhere(original):
    """Either it is noticed, or it was of no matter: never another error, and never other numbers."""
    content, chooser, n_noticed = original.read_bytes(), random.Random(0), 0
    with open_torch_file(original) as file:
        expected = {name: file.read(value) for name, value in file.content["model_state_dict"].items()}
    for _ in range(400):
        damaged = bytearray(content)
        damaged[chooser.randrange(len(content))] ^= 1 << chooser.randrange(8)
        original.write_bytes(bytes(damaged))
        try:
            with open_torch_file(original) as file:
                found = {name: file.read(value) for name, value in file.content["model_state_dict"].items()}
        except CheckpointError:
            n_noticed += 1
        else:
            for name, array in expected.items():
                np.testing.assert_array_equal(found[name], array)
    assert n_noticed > 100
