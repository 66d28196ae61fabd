"""metrics.csv and training.log: their lines, as a training writes them and as other programs may leave them."""

from __future__ import annotations

import csv
import os
import re
from itertools import count
from pathlib import Path
from typing import Any, Dict, Iterable, NamedTuple, Sequence

from retro_gamer.runs.archive import write_atomically
from retro_gamer.runs.plain_files import read_whole

METRICS = ("episode", "turns", "seconds", "mean_return", "mean_length", "loss", "epsilon", "learning_rate", "eval_return")
SELF_PLAY_METRICS = (*METRICS, "team", "rating")
TEXT = ("team",)  # all other values are numbers
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}

Row = Dict[str, str]  # the values by name, without the empty ones


class Table(NamedTuple):
    """What can be read in a file, and whether a training wrote it so."""

    rows: list[Row]
    as_written: bool


def read_table(content: bytes) -> Table:
    """The rows of a file. A last line that was cut short is not a row, nor a change by another program."""
    head, *lines = content.decode("utf-8", errors="replace").split("\n")[:-1] or [""]
    for names in (METRICS, SELF_PLAY_METRICS):
        if head == ",".join(names):
            rows = [_read_row(names, line.split(",")) for line in lines]
            if None not in rows:
                return Table([row for row in rows if row is not None], as_written=True)
        if ",".join(names).encode().startswith(content):
            return Table([], as_written=True)
    return Table(_read_edited(content), as_written=False)


def _read_edited(content: bytes) -> list[Row]:
    """The rows that are left of a file that another program saved: with other separators, marks, comments, columns."""
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    lines = content.decode(encoding, errors="replace").replace("\0", "").splitlines()
    for number, line in enumerate(lines):
        for separator in ",;\t":
            names = [name.strip() for name in next(csv.reader([line], delimiter=separator), [])]
            if "episode" in names:
                rows = csv.reader(lines[number + 1 :], delimiter=separator)
                decimal_comma = separator != ","
                return [row for row in (_read_row(names, values, decimal_comma) for values in rows) if row]
    return []


def _read_row(names: Sequence[str], values: Sequence[str], decimal_comma: bool = False) -> Row | None:
    """The known values of a row; None if it is not a row of these columns."""
    if len(values) != len(names):
        return None
    row: Row = {}
    for name, value in zip(names, values):
        if name in SELF_PLAY_METRICS and value.strip():
            row[name] = value.strip()
            if decimal_comma and name not in TEXT:
                row[name] = row[name].replace(",", ".")
    try:
        episode = to_values(row).get("episode", -1)
    except ValueError:
        return None
    return row if 0 <= episode < float("inf") else None


def to_values(row: Row) -> dict[str, Any]:
    """The numbers in a row; raises ValueError when one is none."""
    return {name: value if name in TEXT else float(value) for name, value in row.items()}


def to_row(values: dict[str, Any]) -> Row:
    texts = {name: f"{value:.6g}" if isinstance(value, float) else str(value) for name, value in values.items()}
    return {name: texts[name] for name, value in values.items() if value is not None}


def to_text(rows: Iterable[Row], head: bool) -> str:
    """The lines of a file for these rows, which all are of one kind of training."""
    rows = list(rows)
    names = SELF_PLAY_METRICS if any("team" in row for row in rows) else METRICS
    lines = [",".join(row.get(name, "") for name in names) for row in rows]
    return "".join(line + "\n" for line in ([",".join(names)] if head else []) + lines)


def cut_metrics(path: Path, episode: int) -> list[str]:
    """Drop the rows of games after `episode`, and one cut short. A file that another program changed is kept under another
    name; returns what a person should be told."""
    notices: list[str] = []
    if path.is_file():
        table = read_table(read_whole(path))
        if not table.as_written:
            aside = _set_aside(path)
            notices.append(
                f"Another program has changed {path}. It is kept as {aside.name}; of its rows, "
                f"{len(table.rows)} can be read and stay in {path.name}."
            )
        rows = [row for row in table.rows if float(row["episode"]) <= episode]
        _rewrite(path, to_text(rows, head=bool(rows)))
    return notices


def cut_log(path: Path, episode: int) -> list[str]:
    """The same for the lines of training.log."""
    notices: list[str] = []
    if path.is_file():
        try:
            whole_lines, _, _ = read_whole(path).rpartition(b"\n")
            lines = (whole_lines + b"\n").decode("utf-8").split("\n")[:-1] if whole_lines else []
        except UnicodeDecodeError:
            aside, lines = _set_aside(path), []
            notices.append(f"Another program has changed {path}. It is kept as {aside.name}.")
        kept = [line + "\n" for line in lines if _log_episode(line) <= episode]
        _rewrite(path, "".join(kept))
    return notices


def _set_aside(path: Path) -> Path:
    """Keep a copy of a file beside it, under a name that is free; returns the name."""
    names = (path.with_name(f"{path.stem}.edited-{number}{path.suffix}") for number in count(1))
    aside = next(name for name in names if not os.path.lexists(name))
    content = read_whole(path)
    write_atomically(aside, lambda file: file.write(content))
    return aside


def copy_in_place(path: Path) -> None:
    """Make a file another one with the same content: other names of the old one keep that."""
    content = read_whole(path)
    write_atomically(path, lambda file: file.write(content))


def _rewrite(path: Path, text: str) -> None:
    content = text.encode("utf-8")
    if content != read_whole(path):
        write_atomically(path, lambda file: file.write(content))


def _log_episode(line: str) -> int:
    match = re.match(r"\[ep_(\d{1,19})\]", line)
    return int(match.group(1)) if match else 0
