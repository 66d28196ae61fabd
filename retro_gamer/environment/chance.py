"""The global generators that games draw from: put in a known state, and put back."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import Iterator

import numpy as np


def seed_everything(seed: int) -> None:
    """Games draw from Python's and NumPy's global generators: put both in a known state."""
    random.seed(seed)
    np.random.seed(seed % 2**32)


@contextmanager
def undisturbed_randomness() -> Iterator[None]:
    """Put the global random generators back afterwards, as if nothing had been drawn in between."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
