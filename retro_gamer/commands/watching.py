"""A game in the terminal, drawn turn by turn, as fast as the keys say: for `play`, whoever plays."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Sequence

from retro_gamer.games.keyboard import ESCAPE, Keyboard
from retro_gamer.games.screen import Screen
from retro_gamer.hosting.blame import blame
from retro_gamer.hosting.interrupts import handled, raise_through
from retro_gamer.hosting.signs import signs_of_life
from retro_gamer.hosting.supervision import supervised, to_stderr
from retro_gamer.reporting.sight import action_shown
from retro_gamer.training.player import Player

FASTER, SLOWEST, FASTEST = 1.5, 0.01, 2000.0
FEW_ROWS = 12  # in a window with fewer, keys are named only while it is paused
LOOK = 0.5  # seconds between two while it is paused: the window may have changed its size


class Pace:
    """The speed of what is shown, and the keys that change it; a context, inside which the keyboard is ours.

    Without a keyboard the speed stays as it is.
    """

    def __init__(self, fps: float, keyboard: Keyboard | None):
        self.fps, self._keyboard = fps, keyboard
        self._paused = self._left = False
        self._steps = 0  # turns to be played while it is paused
        self._drawn = time.perf_counter()

    def __enter__(self) -> Pace:
        if self._keyboard is not None:
            self._keyboard.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._keyboard is not None:
            self._keyboard.__exit__(*exception)

    @property
    def keys(self) -> str:
        """What the keys do now, the most important first: in a narrow window the end is cut off."""
        if self._keyboard is None or (not self._paused and shutil.get_terminal_size().lines < FEW_ROWS):
            return ""
        if self._paused:
            return "PAUSED  space: go on  q: leave  right: one turn"
        return f"space: pause  q: leave  up, down: speed ({self.fps:.3g} turns/s)"

    def wait(self, draw: Callable[[str], None]) -> bool:
        """Wait until the next turn is to be played; says whether to play it, or to leave. `draw` shows what keys do."""
        if self._keyboard is None:
            time.sleep(max(0.0, self._drawn + 1 / self.fps - time.perf_counter()))
            self._drawn = time.perf_counter()
            return True
        while True:
            left = max(0.0, self._drawn + 1 / self.fps - time.perf_counter())
            try:
                pressed = self._keyboard.wait(min(left, LOOK) if not self._paused else LOOK)
            except EOFError:  # the terminal is gone
                return False
            for key in pressed:
                self._press(key)
            over = not self._paused and time.perf_counter() >= self._drawn + 1 / self.fps
            if over or self._steps or self._left:
                break
            draw(self.keys)
        self._steps = max(0, self._steps - 1)
        self._drawn = time.perf_counter()
        return not self._left

    def _press(self, key: str) -> None:
        if key == " ":
            self._paused, self._steps = not self._paused, 0
        elif key == "KEY_RIGHT":
            self._steps += self._paused
        elif key in ("KEY_UP", "KEY_DOWN"):
            factor = FASTER if key == "KEY_UP" else 1 / FASTER
            self.fps = min(max(self.fps * factor, SLOWEST), FASTEST)
        elif key in ("q", "Q", ESCAPE):
            self._left = True


def keys_can_be_read() -> bool:
    """Whether standard input is a terminal, and ours: a program in the background is stopped when it asks for keys."""
    try:
        if sys.stdin is None or not sys.stdin.isatty():
            return False
        return os.name == "nt" or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):  # it was closed
        return False


class Shown:
    """A game that is played before somebody's eyes."""

    game: Any  # to be drawn

    def begin(self) -> None:
        """Load what plays, and start the game."""
        raise NotImplementedError

    def caption(self, turns: int) -> str:
        """What stands below the picture after `turns` turns."""
        raise NotImplementedError

    def beside(self, columns: int, rows: int) -> list[str]:
        """What stands beside the picture, where there is so much room; nothing where it is too little."""
        return []

    def instead(self) -> str:
        """What stands below the picture where there is no room beside it."""
        return ""

    def play_turn(self) -> bool:
        """Play one turn; returns whether the game is over."""
        raise NotImplementedError

    def summary(self, turns: int) -> str:
        """How it went, in a few words."""
        raise NotImplementedError


def show(shown: Shown, fps: float) -> str:
    """Draw a game until it is over, `fps` turns a second; returns how it went. Keys pause it; q and Ctrl-C end it early.

    What the game prints is shown when its picture is gone. Raises RetroGamerErrors for what the game does wrong.
    """
    printed: list[str] = []
    turns, over = 0, False
    watched, screen = sys.stdout.isatty(), Screen()  # which draws on what is sys.stdout now
    pace = Pace(fps, Keyboard() if watched and keys_can_be_read() else None)
    try:
        with signs_of_life(), supervised(printed.append):
            shown.begin()
        try:
            with tidy_end(), screen, pace, supervised(printed.append):
                while not over:
                    picture = Picture(screen, shown, turns)
                    picture.draw(pace.keys)
                    if watched and not pace.wait(picture.draw):
                        break
                    over = shown.play_turn()
                    turns += 1
                Picture(screen, shown, turns).draw("")
                if watched and over:
                    time.sleep(1.0)  # time to see how it ended
        except KeyboardInterrupt:
            pass
    finally:
        for line in printed:
            to_stderr(line)
    return shown.summary(turns) + ("" if over else " (stopped)")


class Picture:
    """A game as it is after `turns` turns, and what there is to say about it."""

    def __init__(self, screen: Screen, shown: Shown, turns: int):
        self.screen, self.shown, self.turns = screen, shown, turns
        self.caption, self._room = shown.caption(turns), (-1, -1)

    def draw(self, keys: str) -> None:
        """Draw it, and what keys do below it. Raises RetroGamerErrors for what the game does wrong."""
        try:
            room = self.screen.room_beside(self.shown.game)
            if room != self._room:  # asked once, unless the window changes its size
                self._room, self._beside = room, self.shown.beside(*room)
            instead = "" if self._beside else self.shown.instead()
            caption = "\n".join(filter(None, (self.caption, instead, keys)))
            self.screen.render(self.shown.game, caption, beside=self._beside)
        except OSError:  # nobody reads our output any more
            raise
        except Exception as error:
            raise blame(error, f"when it was drawn after turn {self.turns}") from error


@contextmanager
def tidy_end() -> Iterator[None]:
    """While inside, SIGTERM and a closed terminal end the program by way of an exception: the screen is put back."""

    def leave(number: int, frame: Any) -> None:
        raise_through(SystemExit(128 + number))  # the exit status that the system gives it too

    with handled(("SIGTERM", "SIGHUP", "SIGBREAK"), leave):
        yield


def explain_values_of(player: Player, observation: Any) -> str:
    return "It expects of each key:\n" + explain_values(player.agent.q_values(observation), player.environment.labels)


def explain_values(values: Any, actions: Sequence[str | None], whose: str = "") -> str:
    """The value of each key, the best one marked; each at its own place, so that it can be read. `whose` comes first."""
    best, decimals = int(values.argmax()), 0 if abs(values).max() >= 100 else 2
    names = [action_shown(action) for action in actions]
    width = max(map(len, names)) + 9
    cells = [
        f"{'>' if i == best else ' '}{name} {value:.{decimals}f}".ljust(width)
        for i, (name, value) in enumerate(zip(names, values))
    ]
    in_a_row = max(1, (shutil.get_terminal_size().columns - 2 - len(whose)) // width)
    rows = ["".join(cells[start : start + in_a_row]).rstrip() for start in range(0, len(cells), in_a_row)]
    return "\n".join((" " * len(whose) if number else whose) + row for number, row in enumerate(rows))
