"""Neural networks by hand: layers with their forward and backward passes, losses, optimizers.

Nothing here knows of games. Read `layers.py` first, then `one_hot.py` and `network.py`; `sparse/` has the fast forms.
"""

from retro_gamer.nn.layers import Dense, Dueling, Parameter, ReLU, he_normal
from retro_gamer.nn.losses import huber
from retro_gamer.nn.network import QNetwork
from retro_gamer.nn.one_hot import OneHotDense
from retro_gamer.nn.optimizers import Adam, clip_by_global_norm
from retro_gamer.nn.sparse import (
    CompactInput,
    Conv2D,
    Flatten,
    KernelGeometry,
    SparseInput,
    SymbolConv2D,
    SymbolDense,
    SymbolLists,
)

__all__ = [
    "Adam",
    "CompactInput",
    "Conv2D",
    "Dense",
    "Dueling",
    "Flatten",
    "KernelGeometry",
    "OneHotDense",
    "Parameter",
    "QNetwork",
    "ReLU",
    "SparseInput",
    "SymbolConv2D",
    "SymbolDense",
    "SymbolLists",
    "clip_by_global_norm",
    "he_normal",
    "huber",
]
