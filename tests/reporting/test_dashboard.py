"""The picture of a training in the terminal, with a clock and a size of its own."""

from __future__ import annotations

import io
import os
import re

import numpy as np
import pytest
from test_progress import Screen, status

from retro_gamer.reporting import progress
from retro_gamer.reporting.dashboard import Dashboard, Series
from retro_gamer.training.evaluation import Evaluation
from retro_gamer.training.loop import Episode

ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Ascii(Screen):
    encoding = "ascii"


class Utf8(Screen):
    encoding = "utf-8"


def dashboard(clock, size, stream=None):
    made = Dashboard(stream or Utf8(), clock=clock)
    made._size = lambda: size
    return made


def play(board, clock, games):
    for episode in games:
        evaluation = Evaluation(np.full(3, 10.0 * episode), np.full(3, 9), None) if episode % 5 == 0 else None
        last = Episode(float(episode), 10 + episode, 0.5 / episode, None)
        board.update(status(episode, last=last, epsilon=1 - episode / 100, evaluation=evaluation))
        clock.now += 1.0


def last_picture(board):
    return ESCAPES.sub("", re.split(r"\x1b\[\d+F", board.stream.getvalue())[-1]).splitlines()


@pytest.mark.parametrize("columns, rows", [(60, 22), (79, 24), (99, 40), (159, 50)])
@pytest.mark.parametrize("stream", [Utf8, Ascii])
def test_it_keeps_to_the_window_and_the_encoding(clock, columns, rows, stream):
    board = dashboard(clock, (columns, rows), stream())
    play(board, clock, range(1, 60))
    lines = last_picture(board)
    assert max(map(len, lines)) <= columns and len(lines) <= rows
    assert lines[0].endswith("%") and lines[-1].startswith("game 59")
    assert any("greedy reward" in line for line in lines) and any("random play" in line for line in lines)
    assert stream is Utf8 or board.stream.getvalue().isascii()


def test_a_large_window_shows_all_curves(clock):
    board = dashboard(clock, (159, 50))
    play(board, clock, range(1, 60))
    text = "\n".join(last_picture(board))
    names = ("greedy reward", "training reward", "game length", "loss", "exploration")
    assert all(name in text for name in names)


def test_the_bar_shows_the_minutes_where_they_end_it(clock):
    board = dashboard(clock, (79, 24))
    for _ in range(5):
        board.update(status(3, last=Episode(1.0, 9, 0.5, None), deadline=board._began + 20.0))
        clock.now += 2.0
    assert last_picture(board)[0].endswith(" 40%")


def test_a_terminal_that_knows_no_escape_codes_has_the_one_line(clock, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((100, 50)))
    stream = Utf8()
    stream.fileno = lambda: 2
    board = Dashboard(stream, clock=clock)
    play(board, clock, range(1, 9))
    assert "\x1b" not in stream.getvalue() and "game 8" in stream.getvalue()


@pytest.mark.parametrize("size", [(40, 50), (159, 10), (0, 0)])
def test_a_small_window_has_the_one_line(clock, size, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    board = dashboard(clock, size)
    play(board, clock, range(1, 20))
    assert "\x1b" not in board.stream.getvalue() and "game 19" in board.stream.getvalue()


def test_it_is_redrawn_in_place_without_clearing_the_screen(clock):
    board = dashboard(clock, (79, 24))
    play(board, clock, range(1, 30))
    text = board.stream.getvalue()
    assert "\x1b[2J" not in text and "\x1b[H" not in text
    ups = [int(number) for number in re.findall(r"\x1b\[(\d+)F", text)]
    pictures = re.split(r"\x1b\[\d+F", text)
    assert ups == [picture.count("\n") for picture in pictures[:-1]]  # each goes up to where the last began


def test_a_window_that_changes_its_size_is_not_littered(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    board = dashboard(clock, (99, 40))
    for size, begins in (
        ((99, 40), ""),  # nothing is there yet
        ((120, 40), r"\x1b\[\d+F"),  # over the picture, whose lines are whole
        ((70, 40), r"\x1b\[H\x1b\[2J"),  # the terminal has broken them
        ((49, 40), r"\x1b\[H\x1b\[2J\r"),
        ((99, 40), r"\r"),  # over the one line
    ):
        board._size = lambda size=size: size
        before = len(board.stream.getvalue())
        play(board, clock, range(5, 6))
        drawn = board.stream.getvalue()[before:]
        assert re.match(begins + (r"[█░]" if size[0] > 60 else "game 5"), drawn), drawn[:40]


def test_earlier_sittings_are_on_it(clock):
    board = dashboard(clock, (99, 40))
    # At the beginning of these games all keys were random, at their end six of ten.
    row = {"turns": 500.0, "mean_return": -7.0, "mean_length": 5.0, "epsilon": 0.61, "eval_return": -3.5}
    board.remember([row, {**row, "turns": 900.0, "mean_return": 8.0, "epsilon": 0.5}])
    play(board, clock, range(60, 80))
    assert any("-7" in line and "random play" in line for line in last_picture(board))
    first = board.series["eval_return"].curve("greedy")
    assert (first.x[0], first.y[0]) == (500.0, -3.5)


def test_a_notice_stays_above_the_picture(clock):
    board = dashboard(clock, (79, 24))
    play(board, clock, range(1, 5))
    board.say("a new character appeared")
    play(board, clock, range(5, 9))
    text = board.stream.getvalue()
    assert re.search(r"\x1b\[\d+F\x1b\[Ja new character appeared\n[^\x1b]", text)


def test_plain_lines_where_nobody_is_looking(clock, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", 10.0)
    board = Dashboard(io.StringIO(), clock=clock)
    play(board, clock, range(1, 20))
    board.clear()
    assert board.stream.getvalue().startswith("game 11  110 turns") and "\x1b" not in board.stream.getvalue()
    assert board.stream.getvalue().count("\n") == 1


def test_a_series_keeps_its_shape_and_few_points():
    series = Series()
    for i in range(10_000):
        series.add(i, 2.0 * i)
    series.add(0, float("nan"))
    series.add(0, None)
    curve = series.curve("rising")
    assert 50 < len(curve.x) < 200 and np.allclose(curve.y, 2 * curve.x)
    assert Series().curve("empty") is None
