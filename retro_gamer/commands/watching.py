"""A game in the terminal, drawn turn by turn: for `play`, whoever chooses the keys."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager
from typing import Any, Iterator, Sequence

from retro_gamer.commands.pace import Pace, keys_can_be_read
from retro_gamer.games.keyboard import Keyboard
from retro_gamer.games.screen import Screen
from retro_gamer.hosting.blame import blame
from retro_gamer.hosting.interrupts import handled, raise_through
from retro_gamer.hosting.signs import signs_of_life
from retro_gamer.hosting.supervision import supervised, to_stderr
from retro_gamer.reporting.sight import action_shown
from retro_gamer.training.player import Player


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
