"""What an agent sees at one time step, and how large it is."""

from __future__ import annotations

from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from retro_gamer.errors import ObservationError
from retro_gamer.nn.sparse.lists import symbol_numbers

UINT8 = np.dtype(np.uint8)
NO_CELLS = np.zeros(0, UINT8)
NO_FEATURES = np.zeros(0, np.float32)
WHICH = " (which)"  # behind the name of a value of the state: it is seen as a word is
BITS_OF_A_WORD = 8  # of its sign, that are seen: of ten words, hardly any two have the same


class Observation:
    """What is seen at one time step: a picture, the radar's readings, and ordinary numbers. Never changed.

    inputs     [n_cells of the shape] uint8: the cells, the parts far away, the readings; what the first layer looks at
    features   [n_features] float32: such as values of the game's state; uint8 of a Gymnasium picture
    """

    __slots__ = ("inputs", "features", "n_readings", "n_far", "_symbols")

    def __init__(self, inputs: np.ndarray, features: np.ndarray, n_readings: int = 0, n_far: int = 0):
        self.inputs, self.features, self.n_readings, self.n_far = inputs, features, n_readings, n_far
        self._symbols: np.ndarray | None = None

    def __repr__(self) -> str:
        parts = (self.cells, self.radar, self.features)
        return "Observation(cells={}, radar={}, features={})".format(*(part.tolist() for part in parts))

    @property
    def cells(self) -> np.ndarray:
        """[height * width] uint8: the number of the symbol in each cell, row by row; 0 where there is nothing."""
        return self.inputs[: len(self.inputs) - self.n_readings - self.n_far]

    @property
    def far(self) -> np.ndarray:
        """[n_far] uint8: the number of the symbol in each part of the board beyond the window (see `far_parts`)."""
        end = len(self.inputs) - self.n_readings
        return self.inputs[end - self.n_far : end]

    @property
    def radar(self) -> np.ndarray:
        """[n_readings] uint8: for each kind of character a reading for its column and one for its row."""
        return self.inputs[len(self.inputs) - self.n_readings :]

    @property
    def symbols(self) -> np.ndarray:
        """The inputs that are not 0, as a list (see `SymbolLists`), [n] int: made once, for memory and network alike."""
        if self._symbols is None:
            self._symbols = symbol_numbers(self.inputs)
        return self._symbols

    def widened(self, n_cells: int) -> Observation:
        """The same with n_cells inputs, as if made after new characters had brought more readings of the radar."""
        missing = n_cells - len(self.inputs)
        return Observation(np.pad(self.inputs, (0, missing)), self.features, self.n_readings + missing, self.n_far)

    def to_bytes(self) -> bytes:
        """All of it, as what a table knows a state by."""
        seen = self.inputs.tobytes()
        return seen + self.features.tobytes() if len(self.features) else seen


class ObservationShape(NamedTuple):
    """The sizes that a network needs to know. A checkpoint holds them under these names."""

    n_cells: int  # of the picture, of the parts far away, and one for each reading of the radar
    n_symbols: int  # there is room for: the numbers of cells and readings are below it
    n_features: int
    board_shape: tuple[int, int]  # (height, width) of the picture; (0, 0) for none

    @property
    def n_readings(self) -> int:
        """How many of the n_cells are not cells of the picture: the parts far away, and the radar's readings."""
        return self.n_cells - self.board_shape[0] * self.board_shape[1]


def custom_observation(value: Any, n_features: int | None, tabular: bool) -> Any:
    """What an observation function returned, ready for the agent.

    A tabular agent takes any hashable value as it is. A network needs a flat list of numbers, always equally long
    (`n_features`; None if this is the first). Raises ObservationError for anything else.
    """
    if tabular:
        return value
    try:
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "biuf":
            raise TypeError
        with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused
            features = numbers.astype(np.float32)
    except (TypeError, ValueError):
        raise ObservationError(
            f"The observation function returned {value!r:.200}, which a network cannot read. Return a list of numbers, or "
            'use algorithm = "q_learning".'
        ) from None
    if features.ndim != 1:
        raise ObservationError(
            f"The observation function returned numbers of shape {features.shape}; a network needs one flat list. "
            "numpy.ravel makes one."
        )
    return Observation(NO_CELLS, check_features(features, len(features) if n_features is None else n_features))


def check_features(features: np.ndarray, n_features: int) -> np.ndarray:
    """The same vector; raises ObservationError unless it has this length and only finite numbers."""
    if len(features) != n_features:
        raise ObservationError(
            f"The observation changed its length: it had {n_features} numbers, now it has {len(features)}. A network has "
            "a fixed number of inputs; make the game or the observation function always give as many."
        )
    if not np.isfinite(features).all():
        raise ObservationError(
            f"The observation contains {features[~np.isfinite(features)][0]}, which is not an ordinary number. Look for "
            "a division by zero where the game computes it."
        )
    return features


def as_number(value: Any) -> float:
    """A state value as a float; raises TypeError, ValueError or OverflowError. Text is not a number, not even "5"."""
    if isinstance(value, str):
        raise TypeError
    return float(value)


def as_numbers(value: Any) -> list[float]:
    """A state value as numbers, those of a list, or the sign of a word; raises as `as_number` does."""
    if isinstance(value, str) and is_word(value):
        sign = sign_of(value)
        return [float(sign >> bit & 1) for bit in range(BITS_OF_A_WORD)]
    return list(map(as_number, value if isinstance(value, (list, tuple)) else [value]))


def is_word(text: str) -> bool:
    """Whether a text is seen as a word: not one of digits, which was meant to be a number."""
    return not text.strip().isdigit()


def sign_of(word: str) -> int:
    """A number that hardly any other word has."""
    return crc32(word.encode("utf-8", "replace"))
