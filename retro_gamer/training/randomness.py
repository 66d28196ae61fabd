"""The state of every source of chance, as plain data that a resume state can hold."""

from __future__ import annotations

import random
from typing import Any, Dict

import numpy as np


def get_random_state(rng: np.random.Generator) -> Dict[str, Any]:
    """Python's and NumPy's global generators (games draw from them), and the trainer's own."""
    version, numbers, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [name, [int(key) for key in keys], int(position), int(has_gauss), float(cached)],
        "generator": rng.bit_generator.state,
    }


def set_random_state(state: Dict[str, Any], rng: np.random.Generator) -> None:
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, np.array(keys, np.uint32), position, has_gauss, cached))
    rng.bit_generator.state = state["generator"]


def stream_of_agents(seed: int) -> np.random.Generator:
    """The source of chance of a training's agents: what they draw does not depend on what the games draw."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
