"""A word for a person who waits because a game is slow, and the line of the game that takes the time."""

from __future__ import annotations

import linecache
import sys
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterator, Tuple
from typing import Counter as Counts

from retro_gamer.hosting.blame import is_game_code, is_library_code
from retro_gamer.hosting.supervision import to_stderr

SECONDS_BEFORE_A_WORD = 1.0
LOOKS_A_SECOND = 40
SLOW = 60.0  # turns a second: fewer are worth a word
SECONDS_BEFORE_A_LOOK, SECONDS_OF_A_LOOK, LOOKS_FOR_A_SLOW_GAME = 3.0, 2.0, 4
Place = Tuple[str, int, str]  # file, line, function
_named: set[str] = set()  # what makes a game slow, and was said


@contextmanager
def telling_when_slow(what: str, say: Callable[[str], None] = to_stderr) -> Iterator[None]:
    """While inside, say after a moment that this takes a while, and in which line of the game it spends the time."""
    done = threading.Event()
    thread = threading.get_ident()

    def watch() -> None:
        places = _look(thread, SECONDS_BEFORE_A_WORD, done)
        if not done.is_set():
            say(f"{what}. {describe(places)}".rstrip())

    with _watched(watch, done):
        yield


@contextmanager
def naming_a_slow_game(turns: Callable[[], int], say: Callable[[str], None]) -> Iterator[None]:
    """While inside, say when only few turns are played a second because of one line of the game; of each line, once.

    `turns()` is how many were played so far; it may begin again now and then.
    """
    done = threading.Event()
    thread = threading.get_ident()

    def watch() -> None:
        for _ in range(LOOKS_FOR_A_SLOW_GAME):
            if done.wait(SECONDS_BEFORE_A_LOOK):
                return
            before = turns()
            place = describe(_look(thread, SECONDS_OF_A_LOOK, done))
            rate = (turns() - before) / SECONDS_OF_A_LOOK
            if place and 0 < rate < SLOW and not done.is_set():
                if place not in _named:
                    _named.add(place)
                    say(f"Your game manages {rate:.2g} turns a second. {place}")
                return

    with _watched(watch, done):
        yield


@contextmanager
def _watched(watch: Callable[[], None], done: threading.Event) -> Iterator[None]:
    with suppress(RuntimeError):  # in a browser no thread can be started: then nothing is told
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _look(thread: int, seconds: float, done: threading.Event) -> Counts[Place | None]:
    """In which places of the game a thread is found over this many seconds, and how often."""
    places: Counts[Place | None] = Counter()
    for _ in range(max(1, int(seconds * LOOKS_A_SECOND))):
        if done.wait(1 / LOOKS_A_SECOND):
            break
        places[_place_in_the_game(sys._current_frames().get(thread))] += 1
    return places


def describe(places: Counts[Place | None]) -> str:
    """The line in which the game was seen most of the time; empty when there is none."""
    place, times = places.most_common(1)[0] if places else (None, 0)
    if place is None or times < 0.5 * sum(places.values()):
        return ""
    file, line, function = place
    sleeps = "sleep" in linecache.getline(file, line)
    does = "sleeps" if sleeps else "spends most of its time"
    advice = " Without that line it learns many times faster." if sleeps else ""
    return f"The game {does} in {file}, line {line}, in {function}.{advice}"


def _place_in_the_game(frame: Any) -> Place | None:
    """The innermost line of the game that this library called; the program that called the library is no game."""
    place = None
    while frame is not None:
        file = frame.f_code.co_filename
        if place is None and is_game_code(file):
            place = file, frame.f_lineno, frame.f_code.co_name
        elif place is not None and is_library_code(file):
            return place
        frame = frame.f_back
    return None
