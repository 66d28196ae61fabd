"""The line that counts what is being measured, with a clock of its own."""

from __future__ import annotations

import io
import sys

from retro_gamer.hosting.supervision import supervised
from retro_gamer.reporting.counting import Counting


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
