"""Files: arrays that are written whole and read with care, and the folder of a run."""

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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import CheckpointError, ConfigError, RunNotFoundError
from retro_gamer.runs import archive
from retro_gamer.runs.archive import load_arrays, save_arrays, write_atomically
from retro_gamer.runs.directory import METRICS, RunDirectory, load_checkpoint

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
        st.text("abc/_0", min_size=1, max_size=6).filter(
            lambda name: not name.startswith("/") and "//" not in name
        ),
        st.tuples(st.sampled_from("?bBhHiIlLefd"), st.lists(st.integers(0, 3), max_size=4)),
        max_size=4,
    )
)
@settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
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


@pytest.mark.parametrize(
    "name", ["../x.npy", "a/../../x.npy", "/etc/x.npy", "..\\x.npy", "x.txt", "x", ".npy/", "x.npy/"]
)
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
    path = write_zip(
        tmp_path / "a.npz", [("x.npy", npy(np.zeros(4_000_000, np.uint8)))], zipfile.ZIP_DEFLATED
    )
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
            np.savez_compressed(
                str(path), **{name: array for name, array in ARRAYS.items() if "/" not in name}
            )
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


# Checkpoints


@pytest.fixture
def run(tmp_path):
    """A run directory with a configuration and nothing else."""
    run = RunDirectory(tmp_path / "run")
    config = RunConfig()
    config.game.module, config.metadata.actions, config.metadata.reward = "my_game", ["a"], "score"
    run.create(config.to_toml())
    return run


def save(run, *episodes, best=False):
    for episode in episodes:
        run.save_policy(run.checkpoint_path(episode), {"episode": episode}, {"w": np.arange(3)})
    if best:
        run.save_policy(run.best_path, {"episode": 0}, {})


def test_checkpoints_are_named_by_number_with_four_digits(run):
    assert [run.checkpoint_path(n).name for n in (5, 100, 9999, 10000, 123456)] == [
        "ep_0005.npz",
        "ep_0100.npz",
        "ep_9999.npz",
        "ep_10000.npz",
        "ep_123456.npz",
    ]


def test_the_newest_checkpoint_is_that_of_the_highest_number(run):
    """Text order, in which 9900 comes after 10000, made the original play ep_9900 for ever."""
    save(run, 9900, 10000, 9999, 100)
    assert run.find_checkpoint() == run.checkpoint_path(10000)
    assert [number for number, _ in run.checkpoints()] == [100, 9900, 9999, 10000]


def test_best_is_not_the_newest(run):
    save(run, 5, best=True)
    assert run.find_checkpoint() == run.checkpoint_path(5)
    assert run.find_checkpoint("best") == run.best_path == run.find_checkpoint("best.npz")


@pytest.mark.parametrize("name", ["ep_0500", "ep_0500.npz", "ep_500", "500", "0500", 500])
def test_a_checkpoint_has_many_names(run, name):
    save(run, 400, 500, 600)
    assert run.find_checkpoint(name) == run.checkpoint_path(500)


@pytest.mark.parametrize(
    "name", ["ep_0501", "501", "best", "newest", "", "ep_", "../ep_0500", "ep_-500", "ep_0500.pt"]
)
def test_a_missing_checkpoint_is_named_with_those_there_are(run, name):
    save(run, 400, 500)
    with pytest.raises(RunNotFoundError) as caught:
        run.find_checkpoint(name)
    assert f"There is no checkpoint {name!r} in" in str(
        caught.value
    ) and "There are: ep_0400, ep_0500." in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)


def test_of_many_checkpoints_some_are_named(run):
    run.checkpoints_path.mkdir()
    for episode in range(1, 50):
        run.checkpoint_path(episode).touch()
    run.best_path.touch()
    with pytest.raises(RunNotFoundError) as caught:
        run.find_checkpoint("ep_0050")
    assert (
        "There are: ep_0001, ep_0002, ep_0003, ep_0004, ep_0005, ..., ep_0045, ep_0046, ep_0047, ep_0048, ep_0049, best."
        in str(caught.value)
    )


@pytest.mark.parametrize("name", [None, "ep_0100", "best"])
def test_a_run_without_checkpoints_says_train_first(run, name):
    with pytest.raises(RunNotFoundError, match="has no checkpoint yet. Train it first:  retro-gamer train"):
        run.find_checkpoint(name)


def test_checkpoints_of_the_original_are_recognized(run):
    run.checkpoints_path.mkdir()
    (run.checkpoints_path / "ep_0100.pt").touch()
    with pytest.raises(
        RunNotFoundError, match=r"checkpoints of the original retro-gamer \(\.pt\), which need torch"
    ):
        run.find_checkpoint()


def test_a_folder_without_config_is_no_run(tmp_path):
    with pytest.raises(
        RunNotFoundError, match="the folder does not exist. Make one with\n  retro-gamer create"
    ):
        RunDirectory(tmp_path / "none").load_config()
    with pytest.raises(RunNotFoundError, match="the folder has no config.toml"):
        RunDirectory(str(tmp_path)).find_checkpoint()


def test_other_files_are_no_checkpoints(run):
    save(run, 5)
    for name in (
        "ep_5.txt",
        "notes.npz",
        "ep_0007.npz.bak",
        ".ep_0009.npz.123.tmp",
        "ep_.npz",
        "xep_0008.npz",
    ):
        (run.checkpoints_path / name).touch()
    assert [path.name for _, path in run.checkpoints()] == ["ep_0005.npz"]


def test_a_checkpoint_comes_back_with_its_facts(run):
    run.save_policy(
        run.checkpoint_path(5), {"actions": ["é", None], "nested": {"a": [1, 2.5]}}, {"w": np.arange(3)}
    )
    facts, arrays = load_checkpoint(run.checkpoint_path(5))
    assert facts["actions"] == ["é", None] and facts["nested"] == {"a": [1, 2.5]} and facts["format"] == 1
    assert list(arrays) == ["w"] and arrays["w"].tolist() == [0, 1, 2]


def test_the_resume_state_comes_back_or_is_none(run):
    assert run.load_resume() is None
    run.save_resume({"episode": 7}, {"memory": np.ones(3)})
    resume = run.load_resume()
    assert resume.facts["episode"] == 7 and resume.arrays["memory"].tolist() == [1, 1, 1]


def test_a_checkpoint_of_another_format_says_so(run):
    run.save_policy(run.checkpoint_path(5), {"format": 99}, {})
    with pytest.raises(CheckpointError, match="has format 99; this version of the library reads format 1"):
        load_checkpoint(run.checkpoint_path(5))


@pytest.mark.parametrize(
    "facts",
    [
        None,
        np.arange(3.0),
        np.frombuffer(b"[1]", np.uint8),
        np.frombuffer(b"{", np.uint8),
        np.frombuffer(b"\xff\xfe", np.uint8),
        np.zeros((2, 2), np.uint8),
        np.frombuffer(b"[" * 100_000, np.uint8),
    ],
)
def test_a_file_without_facts_is_no_checkpoint(run, facts):
    save_arrays(run.path / "x.npz", {} if facts is None else {"facts": facts})
    with pytest.raises(CheckpointError, match="is not a checkpoint of this library"):
        load_checkpoint(run.path / "x.npz")


def test_a_configuration_with_accents_is_written_in_utf_8(tmp_path):
    run = RunDirectory(tmp_path / "a" / "b")
    run.create("# é ✓\n")
    assert run.config_path.read_bytes() == "# é ✓\n".encode("utf-8") and str(run) == str(tmp_path / "a" / "b")
    with pytest.raises(ConfigError):
        run.load_config()


# Log and metrics


def row(episode, **values):
    return {"episode": episode, "turns": 10 * episode, "mean_return": 0.5, **values}


def test_metrics_are_appended_under_one_head(run):
    run.add_metrics(row(1, loss=None, eval_return=1 / 3))
    run.add_metrics(row(2, seconds=1.25))
    lines = run.metrics_path.read_text("utf-8").splitlines()
    assert (
        lines[0] == ",".join(METRICS)
        and lines[1] == "1,10,,0.5,,,,,0.333333"
        and lines[2] == "2,20,1.25,0.5,,,,,"
    )
    assert run.read_metrics() == [
        {"episode": 1, "turns": 10, "mean_return": 0.5, "eval_return": 0.333333},
        {"episode": 2, "turns": 20, "seconds": 1.25, "mean_return": 0.5},
    ]


def test_no_metrics_yet(run):
    assert run.read_metrics() == []
    run.forget_after(5)
    assert not run.metrics_path.exists() and not run.log_path.exists()


def test_an_empty_metrics_file_gets_its_head(run):
    run.metrics_path.touch()
    assert run.read_metrics() == []
    run.forget_after(5)
    run.add_metrics(row(1))
    assert run.read_metrics()[0]["episode"] == 1


def test_what_will_be_played_again_is_forgotten(run):
    for episode in (100, 200, 300, 10000):
        run.add_metrics(row(episode))
        run.log(f"[ep_{episode:04d}]  ep=0001-{episode:04d}  avg_reward=+1.0")
        save(run, episode)
    run.forget_after(200)
    assert [values["episode"] for values in run.read_metrics()] == [100, 200]
    assert [line[:9] for line in run.log_path.read_text("utf-8").splitlines()] == ["[ep_0100]", "[ep_0200]"]
    assert [number for number, _ in run.checkpoints()] == [100, 200]


def test_lines_without_a_number_stay_in_the_log(run):
    run.log("Training of the snake, seed 5")
    run.log("[ep_0100]  ep=0001-0100")
    run.log("A new character: é\u2028")
    run.log("[ep_0200]  ep=0101-0200")
    run.forget_after(100)
    assert run.log_path.read_bytes().decode("utf-8").replace("\r\n", "\n") == (
        "Training of the snake, seed 5\n[ep_0100]  ep=0001-0100\nA new character: é\u2028\n"
    )


def test_last_lines_that_were_cut_short_are_dropped(run):
    run.add_metrics(row(100))
    run.log("[ep_0100]  ep=0001-0100")
    whole = run.metrics_path.read_bytes(), run.log_path.read_bytes()
    for torn in (b"2", b"20", b"200,2000,1.", b"200,2000,1e", b"200,2000,,0.5,,,,,"):
        run.metrics_path.write_bytes(whole[0] + torn)
        run.log_path.write_bytes(whole[1] + b"[ep_02")
        assert [values["episode"] for values in run.read_metrics()] == [100]
        run.forget_after(300)
        assert (run.metrics_path.read_bytes(), run.log_path.read_bytes()) == whole


def test_a_head_that_was_cut_short_is_written_again(run):
    run.metrics_path.write_bytes(b"episode,tur")
    assert run.read_metrics() == []
    run.forget_after(300)
    run.add_metrics(row(1))
    assert run.read_metrics()[0]["turns"] == 10


def test_rows_that_a_crash_filled_with_nothing_are_dropped(run):
    run.add_metrics(row(100))
    with open(str(run.metrics_path), "ab") as file:
        file.write(b"\0" * 40 + b"\n\xff,1\n\n")
    run.add_metrics(row(200))
    assert [values["episode"] for values in run.read_metrics()] == [100, 200]
    run.forget_after(300)
    assert b"\0" not in run.metrics_path.read_bytes() and len(run.read_metrics()) == 2


def test_nothing_to_forget_touches_no_file(run):
    run.add_metrics(row(100))
    run.log("[ep_0100]")
    before = [path.stat().st_mtime_ns for path in (run.metrics_path, run.log_path)]
    run.forget_after(100)
    assert [path.stat().st_mtime_ns for path in (run.metrics_path, run.log_path)] == before


# Cleaning


def test_what_training_made_can_be_cleaned_and_nothing_else(run):
    save(run, 1, 10000, best=True)
    run.save_resume({}, {})
    run.log("x")
    run.add_metrics(row(1))
    made = {
        run.checkpoint_path(1),
        run.checkpoint_path(10000),
        run.best_path,
        run.resume_path,
        run.log_path,
        run.metrics_path,
    }
    own = [
        run.path / "notes.txt",
        run.checkpoints_path / "my_favourite.npz",
        run.path / "game.py",
        run.path / ".secret.1.tmp",
        run.checkpoints_path / "ep_0100.pt",
        run.path / ".notes.txt.12.tmp",
    ]
    for path in own:
        path.write_text("mine")
    left = [
        run.path / ".resume.npz.4242.tmp",
        run.checkpoints_path / ".ep_0300.npz.4242.tmp",
    ]  # by a kill during a save
    for path in left:
        path.write_text("half")
    assert set(run.files_to_clean()) == made | set(left)
    for path in run.files_to_clean():
        path.unlink()
    assert all(path.exists() for path in own) and run.config_path.is_file() and run.files_to_clean() == []


def test_there_is_nothing_to_clean_in_a_new_run(run):
    assert run.files_to_clean() == []
