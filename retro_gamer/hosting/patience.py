"""A word for a person who waits because a game is slow, and the line of the game that takes the time."""

from __future__ import annotations

import linecache
import sys
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterator, Optional, Tuple
from typing import Counter as Counts

from retro_gamer.hosting.blame import is_game_code
from retro_gamer.hosting.supervision import to_stderr

SECONDS_BEFORE_A_WORD = 1.0
LOOKS_A_SECOND = 40
Place = Tuple[str, int, str]  # file, line, function


@contextmanager
def telling_when_slow(what: str, say: Callable[[str], None] = to_stderr) -> Iterator[None]:
    """While inside, say after a moment that this takes a while, and in which line of the game it spends the time."""
    done = threading.Event()
    thread = threading.get_ident()

    def watch() -> None:
        places: Counts[Optional[Place]] = Counter()
        for _ in range(int(SECONDS_BEFORE_A_WORD * LOOKS_A_SECOND)):
            if done.wait(1 / LOOKS_A_SECOND):
                return
            places[_place_in_the_game(sys._current_frames().get(thread))] += 1
        say(f"{what}. {describe(places)}".rstrip())

    with suppress(RuntimeError):  # in a browser no thread can be started: then nobody is told
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def describe(places: "Counts[Optional[Place]]") -> str:
    """The line in which the game was seen most of the time; empty when there is none."""
    place, times = places.most_common(1)[0]
    if place is None or times < 0.5 * sum(places.values()):
        return ""
    file, line, function = place
    sleeps = "sleep" in linecache.getline(file, line)
    does = "sleeps" if sleeps else "spends most of its time"
    advice = " Without that line it learns many times faster." if sleeps else ""
    return f"The game {does} in {file}, line {line}, in {function}.{advice}"


def _place_in_the_game(frame: Any) -> Optional[Place]:
    while frame is not None:
        if is_game_code(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name
        frame = frame.f_back
    return None
