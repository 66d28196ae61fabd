"""Boards as lists of the symbols on them: short where most of a board is empty. `nn/one_hot.py` has an example."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Union

import numpy as np

NO_MORE = 2**30  # in the place of a number: this board has no more symbols


class SymbolLists(NamedTuple):
    """A batch of boards. A symbol is written as the place of its 1 in the one-hot board, (symbol - 1) * n_cells + cell."""

    # [batch, most] int32, in the order of the cells; NO_MORE where a board has no more symbols.
    numbers: np.ndarray
    n_cells: int

    def cells(self) -> np.ndarray:
        """The same boards, cell by cell: [batch, n_cells] uint8."""
        cells = np.zeros((len(self.numbers), self.n_cells), np.uint8)
        board, symbol, cell = entries(self)
        cells[board, cell] = symbol
        return cells


Boards = Union[np.ndarray, SymbolLists]  # cells [batch, n_cells] uint8, or lists


def entries(boards: Boards) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everything on a batch of boards, board after board and cell after cell: board, symbol and cell, each [n] int."""
    if isinstance(boards, SymbolLists):
        board, place = (boards.numbers != NO_MORE).nonzero()
        symbol, cell = np.divmod(boards.numbers[board, place], max(1, boards.n_cells))
        return board, symbol + 1, cell
    flat, n_cells = boards.ravel(), max(1, boards.shape[1])
    present = (flat != 0).nonzero()[0]  # far faster on booleans than on bytes
    board = present // n_cells
    return board, flat[present].astype(np.intp), present - board * n_cells


def symbol_numbers(cells: np.ndarray) -> np.ndarray:
    """One board, cells [n_cells] uint8, as in a list of SymbolLists: [n] int."""
    places = cells.astype(bool).nonzero()[0]  # far faster on booleans than on bytes
    numbers: np.ndarray = _first_numbers(len(cells)).take(cells.take(places)) + places
    return numbers


@lru_cache(maxsize=8)
def _first_numbers(n_cells: int) -> np.ndarray:
    """(symbol - 1) * n_cells for every symbol [256]: a table is faster than computing it."""
    return (np.arange(256, dtype=np.intp) - 1) * n_cells
