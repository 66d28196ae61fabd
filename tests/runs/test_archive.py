"""Files of arrays: written whole, read with care."""

from __future__ import annotations

import io
import itertools
import os
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retro_gamer.errors import CheckpointError
from retro_gamer.runs import archive
from retro_gamer.runs.archive import load_arrays, save_arrays, write_atomically

ARRAYS = {
    "weights": np.arange(12, dtype=np.float32).reshape(3, 4),
    "a/b/bias": np.array([1.5, -2.0]),
    "count": np.array(7),
    "empty": np.zeros((0, 3), np.uint8),
    "flags": np.array([True, False]),
    "half": np.ones((2, 1, 2, 1), np.float16),
    "number": np.array(-5, np.int8),
    "large": np.array([2**63], np.uint64),
}


def same(one, other):
    return list(one) == list(other) and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and np.array_equal(one[name], other[name])
        for name in one
    )


def refusal(path, **settings):
    with pytest.raises(CheckpointError) as caught:
        load_arrays(path, **settings)
    assert str(path) in str(caught.value)
    return str(caught.value)


def npy(array=None, header=None, version=(1, 0), data=b""):
    """The bytes of an .npy file, of an array or of any header."""
    file = io.BytesIO()
    if array is not None:
        np.lib.format.write_array(file, array)
        return file.getvalue()
    text = header.encode("latin-1") + b"\n"
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def write_zip(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def header(dtype="<f4", shape="(3,)", fortran=False):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (
        dtype if dtype[0] in "[(" else repr(dtype),
        fortran,
        shape,
    )


# Arrays: there and back


def test_arrays_come_back_as_they_were(tmp_path):
    save_arrays(tmp_path / "a.npz", ARRAYS)
    assert same(load_arrays(tmp_path / "a.npz"), ARRAYS)


def test_a_path_may_be_text(tmp_path):
    save_arrays(tmp_path / "a.npz", ARRAYS)
    assert same(load_arrays(str(tmp_path / "a.npz")), ARRAYS)


def test_no_arrays_at_all(tmp_path):
    save_arrays(tmp_path / "a.npz", {})
    assert load_arrays(tmp_path / "a.npz") == {}


@given(
    st.dictionaries(
        st.text("abc/_0", min_size=1, max_size=6).filter(lambda name: not name.startswith("/") and "//" not in name),
        st.tuples(st.sampled_from("?bBhHiIlLefd"), st.lists(st.integers(0, 3), max_size=4)),
        max_size=4,
    )
)
@settings(max_examples=60)
def test_arrays_of_any_plain_kind_come_back(tmp_path, wanted):
    rng = np.random.default_rng(0)
    arrays = {name: (100 * rng.random(shape)).astype(kind) for name, (kind, shape) in wanted.items()}
    save_arrays(tmp_path / "a.npz", arrays)
    assert same(load_arrays(tmp_path / "a.npz"), arrays)


def test_loaded_arrays_are_ones_own(tmp_path):
    save_arrays(tmp_path / "a.npz", ARRAYS)
    for array in load_arrays(tmp_path / "a.npz").values():
        assert array.flags.writeable and array.flags.c_contiguous and array.dtype.isnative


def test_big_endian_and_fortran_arrays_load_right(tmp_path):
    array = np.arange(6).reshape(2, 3)
    save_arrays(
        tmp_path / "a.npz",
        {
            "big": array.astype(">i4"),
            "fortran": np.asfortranarray(array),
            "both": np.asfortranarray(array.astype(">f8")),
            "slice": np.arange(20).reshape(4, 5)[::2, ::3],
            "big0": np.array(5, ">u2"),
        },
    )
    loaded = load_arrays(tmp_path / "a.npz")
    assert all((loaded[name] == array).all() for name in ("big", "fortran", "both"))
    assert loaded["slice"].tolist() == [[0, 3], [10, 13]] and loaded["big0"] == 5
    assert all(value.dtype.isnative and value.flags.c_contiguous for value in loaded.values())


def test_files_of_numpy_itself_load(tmp_path):
    np.savez(str(tmp_path / "stored.npz"), **{"x": np.arange(3), "y": np.eye(2)})
    np.savez_compressed(str(tmp_path / "packed.npz"), **{"x": np.arange(3), "y": np.eye(2)})
    for name in ("stored.npz", "packed.npz"):
        assert load_arrays(tmp_path / name)["x"].tolist() == [0, 1, 2]


def test_numpy_itself_loads_ours(tmp_path):
    save_arrays(tmp_path / "a.npz", ARRAYS)
    with np.load(str(tmp_path / "a.npz"), allow_pickle=False) as loaded:
        assert (loaded["a/b/bias"] == ARRAYS["a/b/bias"]).all() and loaded["count"] == 7


def test_the_same_arrays_give_the_same_file(tmp_path):
    for name in ("one", "two"):
        save_arrays(tmp_path / name, ARRAYS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_second_format_version_loads(tmp_path):
    content = npy(header=header(), version=(2, 0), data=np.arange(3, dtype="<f4").tobytes())
    assert load_arrays(write_zip(tmp_path / "a.npz", [("x.npy", content)]))["x"].tolist() == [0, 1, 2]


# All or nothing


def fail_half_way(file):
    file.write(b"half of the")
    raise KeyboardInterrupt


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, ARRAYS)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, fail_half_way)
    assert same(load_arrays(path), ARRAYS) and os.listdir(str(tmp_path)) == ["a.npz"]


def test_an_array_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, ARRAYS)
    with pytest.raises(ValueError):
        save_arrays(path, {"good": np.arange(3), "bad": np.array([{}], dtype=object)})
    assert same(load_arrays(path), ARRAYS) and os.listdir(str(tmp_path)) == ["a.npz"]


def test_a_first_write_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.npz", fail_half_way)
    assert os.listdir(str(tmp_path)) == []


def test_until_the_end_the_old_file_can_be_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    seen = []

    def write(file):
        file.write(b"new")
        file.flush()
        seen.append(path.read_bytes())

    write_atomically(path, write)
    assert seen == [b"old"] and path.read_bytes() == b"new" and os.listdir(str(tmp_path)) == ["a.txt"]


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    save_arrays(path, ARRAYS)

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_arrays(path, {})
    assert same(load_arrays(path), ARRAYS) and os.listdir(str(tmp_path)) == ["a.npz"]


# What is refused


def str_number():
    """Short test names for long values."""
    counter = itertools.count()
    return lambda value: str(next(counter))


@pytest.mark.parametrize(
    "member, expected",
    [
        (npy(np.array([{}, 1], dtype=object)), "holds object, not plain numbers"),
        (npy(np.array(["text"])), "not plain numbers"),
        (npy(np.array([b"text"])), "not plain numbers"),
        (npy(np.array([1j])), "not plain numbers"),
        (npy(header=header("<f16"), data=b"\0" * 48), "not plain numbers|damaged"),
        (npy(np.zeros(2, [("x", "f4")])), "not plain numbers"),
        (npy(np.array(["2020-01-01"], "M8[D]")), "not plain numbers"),
        (npy(np.zeros((1, 1, 1, 1, 1))), "has the shape (1, 1, 1, 1, 1)"),
        (
            npy(header=header(dtype="('<f4', (3,))", shape="(1,)"), data=b"\0" * 12),
            "damaged or is not a checkpoint|not plain numbers",
        ),
        (npy(header=header(shape="(2**40,)")), "damaged or is not a checkpoint"),
        (npy(header=header(shape="(1099511627776,)")), "says it has shape (1099511627776,)"),
        (
            npy(header=header(shape="(1099511627776, 1099511627776, 1099511627776, 9)")),
            "which is not how long it is",
        ),
        (npy(header=header(shape="(-3,)"), data=b"\0" * 12), "has the shape (-3,)"),
        (npy(header=header(shape="(-1, -3)"), data=b"\0" * 12), "has the shape (-1, -3)"),
        (
            npy(header=header(shape="(41, 0, 1000000000)")),
            "an array of no numbers has the shape (41, 0, 1000000000)",
        ),
        (npy(header=header(shape="(2,)"), data=b"\0" * 12), "which is not how long it is"),
        (npy(header=header(shape="(4,)"), data=b"\0" * 12), "which is not how long it is"),
        (npy(header=header(shape="3"), data=b"\0" * 12), "damaged or is not a checkpoint"),
        (npy(header="{'descr': '<f4'}"), "damaged or is not a checkpoint"),
        (npy(header="not python"), "damaged or is not a checkpoint"),
        (
            npy(header=header(dtype="|O", shape="(1,)"), data=b"cos\nsystem\n(S'touch owned'\ntR."),
            "holds object",
        ),
        (npy(header="(" * 900), "damaged or is not a checkpoint"),
        (npy(header=header() + " " * 2000), "a header of 20"),
        (npy(header=header(), version=(2, 0)) + b"\0" * 12, None),
        (npy(header=header(), version=(3, 0), data=b"\0" * 12), "unknown format version (3, 0)"),
        (b"", "damaged or is not a checkpoint"),
        (b"\x93NUMPY\x01", "damaged or is not a checkpoint"),
        (b"PK" * 50, "damaged or is not a checkpoint"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b"(" * 100, "a header of 2147483647 bytes"),
    ],
    ids=str_number(),
)
def test_a_member_that_is_not_a_plain_array_is_refused(tmp_path, member, expected):
    path = write_zip(tmp_path / "a.npz", [("good.npy", npy(np.arange(3))), ("x.npy", member)])
    if expected is None:
        assert load_arrays(path)["x"].tolist() == [0, 0, 0]
        return
    text = refusal(path)
    assert any(part in text for part in expected.split("|")), text


def test_reading_runs_no_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "owned",))

    write_zip(tmp_path / "a.npz", [("x.npy", npy(np.array([Evil()], dtype=object)))])
    refusal(tmp_path / "a.npz")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", ["../x.npy", "a/../../x.npy", "/etc/x.npy", "..\\x.npy", "x.txt", "x", ".npy/", "x.npy/"])
def test_a_name_that_is_no_array_is_refused(tmp_path, name):
    path = write_zip(tmp_path / "a.npz", [(name, npy(np.arange(3)))])
    assert "which is not an array of a checkpoint" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_are_refused(tmp_path):
    path = write_zip(tmp_path / "a.npz", [("x.npy", npy(np.arange(3))), ("x.npy", npy(np.arange(4)))])
    assert "two arrays of the same name" in refusal(path)


def test_too_many_arrays_are_refused(tmp_path):
    path = write_zip(tmp_path / "a.npz", [(f"x{i}.npy", b"") for i in range(257)])
    assert "it holds 257 arrays; a checkpoint has at most 256" in refusal(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = write_zip(tmp_path / "a.npz", [("x.npy", npy(np.zeros(4_000_000, np.uint8)))], zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10_000
    assert "x.npy would unpack to 4000128 bytes" in refusal(path)


def test_many_arrays_that_together_are_too_large_are_refused(tmp_path):
    path = write_zip(tmp_path / "a.npz", [(f"x{i}.npy", npy(np.zeros(1000, np.uint8))) for i in range(5)])
    assert "more than the 0 MB allowed" in refusal(path, max_bytes=5000)
    assert len(load_arrays(path, max_bytes=6000)) == 5


def test_a_size_that_lies_is_refused(tmp_path):
    """The directory of the file says that an array is short; packed, it is long."""
    path = write_zip(
        tmp_path / "a.npz",
        [("x.npy", npy(header=header("|u1", "(1000000,)"), data=os.urandom(1_000_000)))],
        zipfile.ZIP_DEFLATED,
    )
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 1000)
    path.write_bytes(bytes(content))
    refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(tmp_path, method):
    path = write_zip(tmp_path / "a.npz", [("x.npy", npy(np.arange(3)))], method)
    assert "x.npy is packed in an unknown way" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"text\n" * 100, b"\x80\x04\x95" + b"\0" * 50])
def test_what_is_no_zip_file_is_refused(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    text = refusal(path)
    assert "is damaged or is not a checkpoint" in text and "Use another checkpoint" in text


def test_a_folder_is_refused(tmp_path):
    with pytest.raises((CheckpointError, PermissionError)):  # Windows says it is not permitted
        load_arrays(tmp_path)


def test_a_missing_file_is_missing_and_not_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / "none.npz")


def test_a_forbidden_file_is_forbidden_and_not_damaged(tmp_path, monkeypatch):
    def forbid(*arguments):
        raise PermissionError(13, "Permission denied")

    save_arrays(tmp_path / "a.npz", ARRAYS)
    monkeypatch.setattr(zipfile, "ZipFile", forbid)
    with pytest.raises(PermissionError):
        load_arrays(tmp_path / "a.npz")


def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, ARRAYS)
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 37), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refusal(path)


@pytest.mark.filterwarnings("ignore")
def test_damage_anywhere_is_noticed_or_harmless(tmp_path):
    rng, path, refused = random.Random(0), tmp_path / "a.npz", 0
    for pack in (False, True):
        if pack:
            np.savez_compressed(str(path), **{name: array for name, array in ARRAYS.items() if "/" not in name})
        else:
            save_arrays(path, ARRAYS)
        whole = path.read_bytes()
        for _ in range(250):
            damaged = bytearray(whole)
            for _ in range(rng.choice([1, 1, 2, 8])):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            path.write_bytes(bytes(damaged))
            try:
                loaded = load_arrays(path)
            except CheckpointError:
                refused += 1
            else:
                assert all(array.dtype.kind in "biuf" and array.nbytes < 10_000 for array in loaded.values())
    assert refused > 300


def test_flipped_data_does_not_pass_for_weights(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, {"weights": np.arange(1000.0)})
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(bytes(content))
    assert "damaged" in refusal(path)
