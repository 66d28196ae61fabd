"""The files that lines are added to, training.log and metrics.csv, cut back to the games that count."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path

from retro_gamer.runs.archive import write_atomically
from retro_gamer.runs.metrics import read_table, to_text
from retro_gamer.runs.plain_files import read_whole


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
