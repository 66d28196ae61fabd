"""What supervision promises to a thread, it takes from no other; and it does without threads where there are none."""

from __future__ import annotations

import io
import re
import sys
import threading
import time
from contextlib import nullcontext

import pytest

from retro_gamer.config.settings import MetadataSettings
from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.games import Game
from retro_gamer.hosting import supervision
from retro_gamer.hosting.output import harmless_output
from retro_gamer.hosting.supervision import supervised


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_threads_that_overlap_put_the_streams_back(first_to_leave, filtered, capsys):
    real = sys.stdin, sys.stdout, sys.stderr
    said, events = ([], []), [threading.Event() for _ in range(4)]

    def guest(number):
        with harmless_output() if filtered else nullcontext(), supervised(said[number].append):
            events[number].set()
            events[2 + number].wait()
            print(f"from {number}")
            with pytest.raises(EOFError):
                input()

    guests = [threading.Thread(target=guest, args=(number,)) for number in (0, 1)]
    for number in (0, 1):
        guests[number].start()
        events[number].wait()
    print("ours")
    for number in (first_to_leave, 1 - first_to_leave):
        events[2 + number].set()
        guests[number].join()
    assert (sys.stdin, sys.stdout, sys.stderr) == real
    assert said == (["The game prints: from 0"], ["The game prints: from 1"])
    assert capsys.readouterr().out == "ours\n"


def test_one_inside_another_of_the_same_thread():
    real, outer, inner = sys.stdout, [], []
    with supervised(outer.append):
        with supervised(inner.append):
            print("in")
        print("out")
    assert (outer, inner) == (["The game prints: out"], ["The game prints: in"]) and sys.stdout is real


def test_a_stream_that_somebody_else_replaced_meanwhile_is_passed_on():
    real, outer, inner, buffer = sys.stdout, [], [], io.StringIO()
    first = supervised(outer.append)
    first.__enter__()
    switch, sys.stdout = sys.stdout, buffer
    with supervised(inner.append):
        print("in")
    assert sys.stdout is buffer
    sys.stdout = switch
    print("out")
    first.__exit__(None, None, None)
    assert (outer, inner) == (["The game prints: out"], ["The game prints: in"]) and sys.stdout is real


def test_what_a_game_left_in_place_of_a_stream_is_gone():
    real = sys.stdout
    with supervised([].append):
        sys.stdout = io.StringIO()
    assert sys.stdout is real


def test_where_no_thread_can_be_started_nobody_watches_and_all_else_works(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    real, said = sys.stdout, []
    with supervised(said.append):
        print("hello")
    assert said == ["The game prints: hello"] and sys.stdout is real


def test_a_loop_of_the_engine_is_named_with_the_line_that_keeps_it_going(monkeypatch):
    monkeypatch.setattr(supervision, "SECONDS_BEFORE_WARNING", 0.2)
    said, deadline = [], time.monotonic() + 30

    class Spark:
        character, position = "*", (0, 0)

        def play_turn(self, game):
            if not said and time.monotonic() < deadline:
                game.agents.append(self)  # plays at the end of this turn, and so on

    environment = RetroEnvironment(
        lambda: Game([Spark()], {"score": 0}, board_size=(3, 3)),
        MetadataSettings(actions=["KEY_LEFT"], reward="score"),
        None,
        lambda game: 0,
        tabular=True,
    )
    environment.reset()
    with supervised(said.append):
        environment.step(0)
    first = Spark.play_turn.__code__.co_firstlineno
    assert re.search(rf"in {re.escape(__file__)}, line ({first}|{first + 1}|{first + 2}), in play_turn", said[0])


def test_what_a_game_prints_again_and_again_is_shown_once():
    said = []
    with supervised(said.append):
        print("Welcome!\n" * 30 + "Level 1\nWelcome!")
    assert said == ["The game prints: Welcome!", "The game prints: Level 1", "The game prints: Welcome!"]
