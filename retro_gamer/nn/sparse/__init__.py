"""How are boards computed with that are empty nearly everywhere? Fast forms of what textbooks write with zeros.

The door is `SymbolDense` and `ConvolutionalFront`: each encodes a batch of boards once (`encode`), for all the networks
that will look at it, and has `forward`, `backward` and, for a single board, `apply`. Read `nn/one_hot.py` first: the same
first layer without a trick, and an example. Then `lists.py`, `symbols.py`; `geometry.py`, `convolutions.py`, `front.py`
only for boards seen as pictures.
"""

from retro_gamer.nn.sparse.convolutions import Conv2D, Flatten, SymbolConv2D
from retro_gamer.nn.sparse.front import Convolution, ConvolutionalFront
from retro_gamer.nn.sparse.geometry import KernelGeometry
from retro_gamer.nn.sparse.lists import Boards, SymbolLists, symbol_numbers
from retro_gamer.nn.sparse.symbols import CompactInput, SparseInput, SymbolDense

__all__ = [
    "Boards",
    "CompactInput",
    "Conv2D",
    "Convolution",
    "ConvolutionalFront",
    "Flatten",
    "KernelGeometry",
    "SparseInput",
    "SymbolConv2D",
    "SymbolDense",
    "SymbolLists",
    "symbol_numbers",
]
