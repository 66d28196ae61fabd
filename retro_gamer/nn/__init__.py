"""Neural networks by hand: layers with their forward and backward passes, losses, optimizers.

Nothing here knows of games. Read `layers.py` first, then `network.py`; `convolutions.py` only for boards seen as pictures.
"""

from retro_gamer.nn.convolutions import Conv2D, Flatten, SymbolConv2D, Window
from retro_gamer.nn.layers import Dense, Dueling, ReLU
from retro_gamer.nn.losses import huber
from retro_gamer.nn.network import QNetwork
from retro_gamer.nn.optimizers import SGD, Adam, clip_by_global_norm
from retro_gamer.nn.parameters import Parameter, he_normal
from retro_gamer.nn.symbols import CompactInput, SparseInput, SymbolDense, SymbolEncoder, SymbolLists

__all__ = [
    "Adam",
    "CompactInput",
    "Conv2D",
    "Dense",
    "Dueling",
    "Flatten",
    "Parameter",
    "QNetwork",
    "ReLU",
    "SGD",
    "SparseInput",
    "SymbolConv2D",
    "SymbolDense",
    "SymbolEncoder",
    "SymbolLists",
    "Window",
    "clip_by_global_norm",
    "he_normal",
    "huber",
]
