"""Neural networks by hand: layers with their forward and backward passes, losses, optimizers.

Nothing here knows of games. Read `layers.py` first, then `network.py`.
"""
from retro_gamer.nn.layers import Conv2D, Dense, Dueling, Flatten, ReLU
from retro_gamer.nn.losses import huber
from retro_gamer.nn.network import QNetwork
from retro_gamer.nn.optimizers import SGD, Adam, clip_by_global_norm
from retro_gamer.nn.parameters import Parameter, he_normal
from retro_gamer.nn.symbols import (
    CompactInput,
    SparseInput,
    SymbolConv2D,
    SymbolDense,
    SymbolEncoder,
    SymbolLists,
)

__all__ = [
    "Adam", "CompactInput", "Conv2D", "Dense", "Dueling", "Flatten", "Parameter", "QNetwork", "ReLU", "SGD",
    "SparseInput", "SymbolConv2D", "SymbolDense", "SymbolEncoder", "SymbolLists", "clip_by_global_norm", "he_normal",
    "huber",
]
