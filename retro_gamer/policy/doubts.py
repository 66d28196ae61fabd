"""What an author should be told about a policy in a game, each once: why it may play worse than it could."""

from __future__ import annotations

import atexit
import sys
import warnings
from typing import Any, Iterable

import numpy as np

from retro_gamer.environment.player import name_of
from retro_gamer.errors import PolicyWarning, on_one_line

TURNS_OF_EQUAL_VALUES = 100  # in a row, before it is said
TURNS_AFTER_A_DIFFERENCE = 9  # that are not looked at
NEARLY_EQUAL = 1e-3  # of the largest value: between the best key and the worst


class Doubts:
    """Says each thing once, as a PolicyWarning."""

    def __init__(self, name: str) -> None:
        self._name = name  # of the run
        self._said: set[str] = set()
        self._unknown: set[str] = set()  # characters that were told of
        self._later: list[str] = []  # to be said when the program ends
        self._equal = self._clear = 0

    def guessed(self, game: Any, character: Any) -> None:
        self._say(
            "guessed",
            "It does not follow from the call of get_action(game) which character it is for, so it was guessed: "
            f"{_name_of(character)}. If that is wrong, the policy looks through the wrong eyes. Say which: "
            "get_action(game, agent=self), where self is the character.",
            game,
        )

    def unknown_characters(self, game: Any, unknown: Iterable[str]) -> None:
        new = [character for character in unknown if character not in self._unknown]
        if not new:
            return
        shown = ", ".join(on_one_line(repr(character), 20) for character in new[:20])
        text = f"On the board are other characters, which the policy of {self._name} never saw in training: {shown}."
        if not self._unknown:
            text += " It plays as if they were not there. Train it in a game in which they are: docs/how-to/enemies.md."
        self._unknown.update(new)
        self._say(f"unknown {shown}", text, game)

    def values(self, game: Any, values: Any) -> None:
        """Count the turns in which it makes no difference to the policy which key is pressed."""
        if self._clear:  # a while ago it did: no need to look in every turn
            self._clear -= 1
            return
        numbers = values.tolist() if isinstance(values, np.ndarray) else values
        low, high = min(numbers), max(numbers)
        if len(numbers) < 2 or high - low > NEARLY_EQUAL * max(high, -low):
            self._equal, self._clear = 0, TURNS_AFTER_A_DIFFERENCE
            return
        self._equal += 1
        if self._equal == TURNS_OF_EQUAL_VALUES:
            self._say(
                "equal",
                f"For {TURNS_OF_EQUAL_VALUES} turns the policy of {self._name} has expected nearly the same of every key. "
                "Either it learned too little (retro-gamer evaluate tells), or what it sees here is unlike anything in its "
                "training: other characters, another board, a state that stays the same.",
                game,
            )

    def _say(self, what: str, text: str, game: Any) -> None:
        if what in self._said:
            return
        self._said.add(what)
        if getattr(game, "view", None) is None:
            warnings.warn(text, PolicyWarning, stacklevel=_frames_of_ours())
        else:  # the game's picture is in the terminal: a line would be lost in it
            if not self._later:
                atexit.register(_say_all, self._later)
            self._later.append(text)


def _say_all(texts: list[str]) -> None:
    for text in texts:
        warnings.warn(text, PolicyWarning, stacklevel=2)


def _frames_of_ours() -> int:
    """The stacklevel of the first call that is not this library's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("retro_gamer."):
        level, frame = level + 1, frame.f_back
    return level


def _name_of(character: Any) -> str:
    if character is None:
        return "nobody, as no character listens to keys"
    return repr(on_one_line(name_of(character)))
