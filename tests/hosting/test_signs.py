"""Where nothing is shown for a while, a line says that work goes on; and it is gone when something is."""

from __future__ import annotations

import io
import re
import sys
import threading
import time

import pytest

from retro_gamer.hosting import patience, signs
from retro_gamer.hosting.output import harmless_output
from retro_gamer.hosting.patience import naming_a_slow_game
from retro_gamer.hosting.signs import shown_by, signs_of_life, silently
from retro_gamer.reporting.progress import Counting, ProgressLine


class Stream(io.StringIO):
    """What a terminal is given, or a file; tells when it has read a sign of life."""

    def __init__(self, terminal):
        super().__init__()
        self.terminal, self.heard = terminal, threading.Event()

    def isatty(self):
        return self.terminal

    def write(self, text):
        written = super().write(text)
        if "still working" in text:
            self.heard.set()
        return written


@pytest.fixture
def impatient(monkeypatch):
    for name in ("SECONDS_OF_SILENCE", "PLAIN_SECONDS", "LOOK"):
        monkeypatch.setattr(signs, name, 0.01)


@pytest.mark.parametrize("terminal", [True, False])
def test_silence_is_broken_and_the_next_word_stands_alone(impatient, monkeypatch, terminal):
    stream = Stream(terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    with harmless_output(), signs_of_life():
        stream.heard.wait()
        print("done", file=sys.stderr)
    text = stream.getvalue()
    if terminal:
        assert re.search(r"\rstill working, \d s\r +\rdone\n", text) and "\n" not in text.partition("done")[0]
    else:
        assert text.startswith("still working, 0 s\n") and "\ndone\n" in text and "\r" not in text


def test_who_counts_tells_it_beside_what_it_counts(impatient, monkeypatch):
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    with Counting("measuring", 30) as count, signs_of_life():
        count(4)
        stream.heard.wait()
    assert "\rmeasuring 4 of 30 (still working, 0 s)" in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_a_training_that_is_busy_tells_it_beside_its_game(impatient, monkeypatch):
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    line = ProgressLine(interval=0.0)
    line.wait("game 7, turn 3")
    with shown_by(line.still_working), signs_of_life():
        stream.heard.wait()
    assert "game 7, turn 3 (still working, 0 s)" in stream.getvalue()


def test_a_question_is_left_alone(monkeypatch):
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    signs.printed("Go on? [y/N] ")
    signs.show("still working, 5 s", in_place=True)
    signs.printed("\n")
    with shown_by(silently):
        signs.show("still working, 5 s", in_place=True)
    assert not stream.getvalue()


@pytest.mark.parametrize("turns_a_look, told", [(9, True), (9000, False), (-4, False)])
def test_a_slow_game_is_named_with_its_speed_and_line(tmp_path, monkeypatch, turns_a_look, told):
    path = tmp_path / "sleepy.py"
    path.write_text("def rest(event):\n    event.wait(60)  # sleep\n")
    space, heard, over = {}, [], threading.Event()
    exec(compile(path.read_text(), str(path), "exec"), space)
    monkeypatch.setattr(patience, "SECONDS_BEFORE_A_LOOK", 0.01)
    monkeypatch.setattr(patience, "SECONDS_OF_A_LOOK", 0.5)
    looks = []

    def turns():
        looks.append(None)
        if len(looks) == 2 * patience.LOOKS_FOR_A_SLOW_GAME:
            over.set()
        return turns_a_look * len(looks)

    def say(text):
        heard.append(text)
        over.set()

    monkeypatch.setattr(patience, "_look", lambda *_: patience.Counter({(str(path), 2, "rest"): 20}))
    with naming_a_slow_game(turns, say):
        space["rest"](over)
    monkeypatch.setattr(patience, "SECONDS_BEFORE_A_LOOK", 0.0)
    with naming_a_slow_game(turns, heard.append):  # and never again
        while told and len(looks) < 4:
            time.sleep(0.001)
    assert len(heard) == told
    for text in heard:
        assert text.startswith("Your game manages 18 turns a second. The game sleeps in ")
        assert f"{path}, line 2, in rest" in text
