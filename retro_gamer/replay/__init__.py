"""Experience replay: what happened, kept to be learned from again. Knows nothing of games or networks.

`memory.py` puts the parts together: an n-step assembler, a ring of storage (the boards in `boards.py`), and a sampler.
"""

from retro_gamer.replay.boards import BoardMemory
from retro_gamer.replay.memory import Batch, ReplayMemory
from retro_gamer.replay.n_step import NStepAssembler, NStepTransition
from retro_gamer.replay.samplers import PrioritizedSampler, UniformSampler
from retro_gamer.replay.sum_tree import SumTree

__all__ = [
    "Batch",
    "BoardMemory",
    "NStepAssembler",
    "NStepTransition",
    "PrioritizedSampler",
    "ReplayMemory",
    "SumTree",
    "UniformSampler",
]
