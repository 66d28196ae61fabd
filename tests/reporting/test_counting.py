"""The line that counts what is being measured, with a clock of its own."""

from __future__ import annotations

import builtins
import io
import sys

from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.progress import Counting


class Screen(io.StringIO):
    """What a terminal is given."""

    def isatty(self):
        return True


def test_what_a_game_prints_meanwhile_stands_above_it(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Screen())
    with supervised(), Counting("measuring", 30, clock=clock) as count:
        count(4)
        print("here")
        clock.now += 10.0
        count(5)
    with supervised():
        print("there")
    assert sys.stderr.getvalue().split("\r") == [
        "",
        "measuring 4 of 30",
        " " * len("measuring 4 of 30"),
        "The game prints: here\n",
        "measuring 5 of 30",
        " " * len("measuring 5 of 30"),
        "The game prints: there\n",
    ]


def test_a_narrow_terminal_gets_one_line_too(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    screen = Screen()
    with Counting("measuring greedy game", 30, screen, clock=clock) as count:
        count(4)
        clock.now += 10.0
        count(12)
    assert all(len(text) <= 19 for text in screen.getvalue().split("\r"))


def test_parts_are_counted_on_top_of_each_other(clock):
    screen = Screen()
    with Counting("game", 6, screen, clock=clock) as count:
        for _ in range(2):
            for done in (1, 2, 3):
                clock.now += 1.0
                count(done)
            count.next_part()
    shown = [text.strip() for text in screen.getvalue().split("\r")]
    assert shown[1:-2] == [f"game {number} of 6" for number in range(1, 7)]


def test_a_notebook_has_one_line_that_changes(clock, monkeypatch):
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with Counting("measuring", 30, clock=clock) as count:
        for done in (1, 2):
            clock.now += 1.0
            count(done)
    shown = sys.stderr.getvalue()
    assert shown.startswith("\rmeasuring 1 of 30\rmeasuring 2 of 30\r") and "\n" not in shown
