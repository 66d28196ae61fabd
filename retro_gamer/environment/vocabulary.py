"""Which number stands for which character."""

from __future__ import annotations

from typing import Dict, Sequence

from retro_gamer.errors import ObservationError

NOTHING = 0
OFF_BOARD = 1
FIRST_CHARACTER = 2
ROOM = 8
ME = "(me)"  # stands for the character that acts, where it has a symbol of its own; no cell can show it
ROOM_ACROSS = "(room x)"  # their readings are the free cells to its left and right, and above and below it;
ROOM_DOWN = "(room y)"  # no cell can show them
PLACE = "(place)"  # its readings are the column and row of the character that acts
STEP_OF = "step of "  # and a character: its readings are which way that one went
RHYTHM_OF = "rhythm of "  # and a character: its first reading is how many turns ago one of these moved
UNSEEN = "(unseen)"  # stands for cells that were never in sight; no cell can show it
MAX_SYMBOLS = 256  # they are stored as bytes
MAX_CHARACTERS = MAX_SYMBOLS - FIRST_CHARACTER


class Vocabulary(Dict[str, int]):
    """character -> symbol number; 0 is nothing there, 1 is off the board.

    While it `grows`, looking up a new character gives it the next number: the body of a snake is learned about
    from the turn it first appears. Otherwise, and once all 254 numbers are taken, it counts as nothing there, and is
    noted in `unknown`.
    """

    def __init__(self, characters: Sequence[str] = (), grows: bool = False):
        super().__init__({" ": NOTHING, "": NOTHING})
        self.characters: list[str] = []
        self.grows = grows
        self.unknown: dict[str, None] = {}  # in the order in which they were seen
        self.n_symbols = ROOM  # how many symbols a network should have room for
        for character in characters:
            self.add(character)

    def __missing__(self, character: str) -> int:
        if not self.grows:
            self.unknown[character] = None
            return NOTHING
        if not isinstance(character, str) or len(character) != 1:
            raise ObservationError(f"A cell of the board shows {character!r:.200}, but it can show one character only.")
        return self.add(character)

    def add(self, character: str) -> int:
        if character in self:
            return self[character]
        if len(self.characters) >= MAX_CHARACTERS:
            return NOTHING
        number = FIRST_CHARACTER + len(self.characters)
        self[character] = number
        self.characters.append(character)
        self.make_room(number + 1)
        return number

    def make_room(self, n_symbols: int) -> None:
        """Have room for at least n_symbols symbols. It grows in steps of ROOM, because the network grows with it."""
        while self.n_symbols < n_symbols:
            self.n_symbols += ROOM
