"""The progress line, with a clock of its own."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from retro_gamer.reporting import progress
from retro_gamer.reporting.progress import ProgressLine
from retro_gamer.training.trainer import Status


class Screen(io.StringIO):
    """What a terminal is given."""

    def isatty(self):
        return True


def status(episode, **more):
    """After `episode` games of ten turns."""
    known = {
        "episode": episode,
        "turns": 10 * episode,
        "goal_episodes": 1000,
        "goal_turns": 0,
        "last": SimpleNamespace(episode_return=float(episode)),
        "epsilon": 0.5,
        "evaluation": None,
    }
    return Status(**{**known, **more})


@pytest.fixture
def line(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    return ProgressLine(Screen(), clock=clock)


def frames_of(line):
    return line.stream.getvalue().split("\r")[1:]


def test_it_is_drawn_five_times_a_second_at_the_most(line, clock):
    for episode in range(1, 101):
        line.update(status(episode))
        clock.now += 0.125  # every second time is sooner than a fifth of a second after the last
    assert [int(frame.split()[1]) for frame in frames_of(line)] == list(range(1, 101, 2))


def test_speed_and_what_is_left_follow_from_the_clock(line, clock):
    for episode in (100, 140):
        line.update(status(episode))
        clock.now += 2.0  # 20 games and 200 turns a second: 860 more games take 43 seconds
    assert frames_of(line) == [
        "game 100  1,000 turns  0 turns/s  reward 100  epsilon 0.50",
        "game 140  1,400 turns  200 turns/s  reward 120  epsilon 0.50  0:43 left",
    ]


def test_the_goal_that_comes_first_is_counted_down_to(line, clock):
    for episode in (100, 140):
        line.update(status(episode, goal_turns=2000))
        clock.now += 2.0
    assert frames_of(line)[-1].endswith("0:03 left")


def test_a_narrow_terminal_gets_what_matters(line, clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    for episode in (100, 140):
        line.update(status(episode))
        clock.now += 2.0
    assert frames_of(line)[-1].rstrip() == "game 140  reward 120  0:43 left"


def test_it_is_wiped_away_and_stands_below_what_is_said(line, clock):
    line.update(status(1))
    width = len(frames_of(line)[0])
    line.say("Look.")
    line.clear()
    assert line.stream.getvalue().endswith("\r" + " " * width + "\rLook.\n")


def test_without_a_terminal_there_is_a_line_every_ten_seconds(clock, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", 10.0)
    line = ProgressLine(io.StringIO(), clock=clock)
    for episode in range(1, 30):
        line.update(status(episode))
        clock.now += 1.0
    line.wait("game 30, turn 12")
    line.clear()
    assert [text.split("  ")[0] for text in line.stream.getvalue().splitlines()] == [
        "game 11",
        "game 21",
    ]
    assert "10 turns/s" in line.stream.getvalue() and "\r" not in line.stream.getvalue()
    clock.now += 10.0
    line.wait("game 30, turn 12")
    assert line.stream.getvalue().splitlines()[-1].startswith("game 30, turn 12  ")


@pytest.mark.parametrize("screen", [io.StringIO, Screen])
def test_quiet_shows_only_what_is_said(clock, screen):
    line = ProgressLine(screen(), clock=clock, quiet=True)
    clock.now += 20.0
    line.update(status(1))
    line.wait("game 2, turn 5")
    line.say("Look.")
    line.clear()
    assert line.stream.getvalue() == "Look.\n"


def test_a_long_game_is_shown_before_any_has_ended(line, clock):
    line.wait("game 1, turn 1,204")
    clock.now += 0.5
    line.update(status(1))
    clock.now += 0.5
    line.wait("game 2, turn 12")
    assert [frame.rstrip() for frame in frames_of(line)] == [
        "game 1, turn 1,204",
        "game 1  10 turns  0 turns/s  reward 1.0  epsilon 0.50",
        "game 2, turn 12  10 turns  0 turns/s  reward 1.0  epsilon 0.50",
    ]


@pytest.mark.parametrize("columns", [12, 20, 24, 30])
def test_no_number_is_cut_off_in_a_narrow_terminal(clock, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = Screen()
    line = ProgressLine(screen, clock=clock)
    line.update(status(683, last=SimpleNamespace(episode_return=1206.0)))
    shown = screen.getvalue().strip()
    assert shown.split("  ")[0] == "game 683" and len(shown) < columns
    assert set(shown.split("  ")[1:]) <= set(line._parts.values())


def test_a_sign_of_life_before_the_first_line_of_a_file_says_how_far_it_is(clock):
    line = ProgressLine(io.StringIO(), clock=clock)  # no terminal: a line every ten seconds
    line.still_working("still working, 11 s")
    line.update(status(7))
    line.still_working("still working, 12 s")
    first, second = line.stream.getvalue().splitlines()
    assert first == "getting ready (still working, 11 s)"
    assert second.startswith("game 7 (still working, 12 s)  70 turns")
