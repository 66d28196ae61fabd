"""metrics.csv after a spreadsheet had it in its hands, and when it cannot be written for a moment."""

from __future__ import annotations

import errno

import pytest

from retro_gamer.runs import archive
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.metrics import read_table

ROWS = [
    {"episode": 100, "turns": 1234567, "seconds": 1.5, "mean_return": -2.25, "learning_rate": 5e-05},
    {"episode": 200, "turns": 2345678, "seconds": 3.25, "mean_return": 4.0, "loss": 0.125},
]


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path)
    for row in ROWS:
        run.add_metrics(row)
        run.log(f"[ep_{row['episode']:04d}]")
    return run


def decimal_commas(text):
    return text.replace(",", ";").replace(".", ",")


def more_columns(text):
    head, *rows = text.splitlines()
    return "\n".join(["notes," + head + ",mine", *(f"a note,{row},x" for row in rows)]) + "\n"


EDITS = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "decimal commas": lambda text: decimal_commas(text).encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "utf-16": lambda text: text.replace(",", "\t").encode("utf-16"),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "a comment": lambda text: ("# my best run\n" + text).encode(),
    "a comment below": lambda text: (text + "# here it got good\n").encode(),
    "a title": lambda text: ("sep=,\nMy run,,,,,,,,\n" + text).encode(),
    "quotes": lambda text: ("".join(f'"{line}"\n' for line in text.replace(",", '","').splitlines())).encode(),
    "more columns": lambda text: more_columns(text).encode(),
    "empty rows": lambda text: (text + ",,,,,,,,\n\n").encode(),
    "no last line end": lambda text: text.replace("\n", "\r\n").rstrip().encode(),
    "everything": lambda text: ("# mine\r\n" + decimal_commas(text).replace("\n", "\r\n")).encode("utf-8-sig"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_spreadsheet_loses_no_row(run, edit):
    whole = run.metrics_path.read_bytes()
    edited = EDITS[edit](whole.decode())
    run.metrics_path.write_bytes(edited)
    assert run.read_metrics() == ROWS
    (notice,) = run.forget_after(300)
    assert "metrics.edited-1.csv" in notice and "2 can be read" in notice
    assert (run.path / "metrics.edited-1.csv").read_bytes() == edited
    assert run.metrics_path.read_bytes() == whole and run.forget_after(300) == []
    run.add_metrics({"episode": 300})
    assert run.read_metrics() == [*ROWS, {"episode": 300}]


@pytest.mark.parametrize(
    "content",
    [b"all of it is gone\n", b"\x89PNG\r\n\x1a\n\0\0", b"a;b\n1;2\n", b"\n" * 9, b"PK\3\4 a workbook"],
)
def test_what_cannot_be_read_is_set_aside_and_said(run, content):
    for number in (1, 2):
        run.metrics_path.write_bytes(content)
        assert run.read_metrics() == []
        (notice,) = run.forget_after(300)
        assert f"metrics.edited-{number}.csv" in notice
        assert (run.path / f"metrics.edited-{number}.csv").read_bytes() == content
        run.add_metrics(ROWS[1])
        assert run.read_metrics() == ROWS[1:]


def test_what_is_as_it_was_written_is_not_touched(run):
    assert read_table(run.metrics_path.read_bytes()).as_written
    assert read_table(run.metrics_path.read_bytes()[:-5]).as_written  # cut short by a kill
    assert run.forget_after(300) == [] and len(list(run.path.iterdir())) == 2


def test_a_log_that_another_program_made_unreadable_is_set_aside_and_said(run):
    edited = run.log_path.read_text("utf-8").encode("utf-16")
    run.log_path.write_bytes(edited)
    (notice,) = run.forget_after(300)
    assert "training.edited-1.log" in notice and (run.path / "training.edited-1.log").read_bytes() == edited
    run.log("[ep_0300]")
    assert run.log_path.read_text("utf-8") == "[ep_0300]\n"


def test_self_play_rows_keep_their_columns_when_all_are_played_again(tmp_path):
    run, row = RunDirectory(tmp_path), {"episode": 10, "team": "red", "rating": 1200.5}
    run.add_metrics(row)
    run.forget_after(5)
    run.add_metrics(row)
    assert run.read_metrics() == [row] and run.forget_after(10) == []


def test_half_of_a_line_is_taken_back(run, monkeypatch):
    whole = run.log_path.read_bytes()

    class HalfFull(archive.io.FileIO):
        def write(self, data):
            return super().write(data[: len(data) // 2])

    monkeypatch.setattr(archive, "open", lambda path, mode, buffering: HalfFull(path, mode), raising=False)
    with pytest.raises(OSError) as caught:
        run.log("[ep_0300]  a long line")
    assert caught.value.errno == errno.ENOSPC and run.log_path.read_bytes() == whole
