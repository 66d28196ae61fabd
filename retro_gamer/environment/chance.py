"""The global generators that games draw from, put in a known state."""

from __future__ import annotations

import random

import numpy as np


def seed_everything(seed: int) -> None:
    """Games draw from Python's and NumPy's global generators: put both in a known state."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
