"""The folder of a run: checkpoints, log, metrics, cleaning."""

from __future__ import annotations

import numpy as np
import pytest

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import CheckpointError, ConfigError, RunNotFoundError
from retro_gamer.runs.archive import save_arrays
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import METRICS, RunDirectory

# Checkpoints


@pytest.fixture
def run(tmp_path):
    """A run directory with a configuration and nothing else."""
    run = RunDirectory(tmp_path / "run")
    config = RunConfig().with_settings({"module": "my_game", "actions": ["a"], "reward": "score"})
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


@pytest.mark.parametrize("name", ["ep_0501", "501", "best", "newest", "", "ep_", "../ep_0500", "ep_-500", "ep_0500.pt"])
def test_a_missing_checkpoint_is_named_with_those_there_are(run, name):
    save(run, 400, 500)
    with pytest.raises(RunNotFoundError) as caught:
        run.find_checkpoint(name)
    assert f"There is no checkpoint {name!r} in" in str(caught.value) and "There are: ep_0400, ep_0500." in str(caught.value)
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
    with pytest.raises(RunNotFoundError, match=r"checkpoints of the original retro-gamer \(\.pt\), which need torch"):
        run.find_checkpoint()


def test_a_folder_without_config_is_no_run(tmp_path):
    with pytest.raises(RunNotFoundError, match="the folder does not exist. Make one with\n  retro-gamer create"):
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
    run.save_policy(run.checkpoint_path(5), {"actions": ["é", None], "nested": {"a": [1, 2.5]}}, {"w": np.arange(3)})
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
    assert lines[0] == ",".join(METRICS) and lines[1] == "1,10,,0.5,,,,,0.333333" and lines[2] == "2,20,1.25,0.5,,,,,"
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
        "Training of the snake, seed 5\n[ep_0100]  ep=0001-0100\nA new character: é\\u2028\n"
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
