"""Where the replay memory keeps what was on the board."""

from __future__ import annotations

from typing import Any

import numpy as np

from retro_gamer.nn.sparse.lists import NO_MORE, SymbolLists, symbol_numbers

FIRST_WIDTH = 4
BYTES_PER_NUMBER = 4
BOARDS_AT_A_TIME = 4096


class BoardMemory:
    """Boards of symbols by slot: as lists of what is on them while these are short, else cell by cell.

    In most games nearly all of a board is empty. A list of its few symbols takes a small part of the memory, is
    fetched faster, and is what the network needs anyway (see `SymbolLists`). Once a board has so many symbols that
    its list would be larger than its cells, all are kept by their cells from then on. What is drawn is the same.
    """

    def __init__(self, capacity: int, n_cells: int):
        self.capacity, self.n_cells = capacity, n_cells
        self._clear(FIRST_WIDTH)

    def _clear(self, width: int) -> None:
        """Nothing on any board, and room for lists of this width, if these are not larger than the cells."""
        self.listed = width * BYTES_PER_NUMBER <= self.n_cells
        if self.listed:
            self._boards = np.full((self.capacity, width), NO_MORE, np.int32)
            self._lengths = np.zeros(self.capacity, np.int32)
        else:
            self._boards = np.zeros((self.capacity, self.n_cells), np.uint8)

    def put(self, slot: int, observation: Any) -> None:
        """Keep in a slot what an observation says of the board: its `symbols` [n], or its `inputs` [n_cells] uint8."""
        if self.listed:
            symbols = observation.symbols
            if len(symbols) > self._boards.shape[1]:
                self._make_room(len(symbols))
        if self.listed:
            self._put_list(slot, symbols)
        else:
            self._boards[slot] = observation.inputs

    def _put_list(self, slot: int, symbols: np.ndarray) -> None:
        n, row = len(symbols), self._boards[slot]
        row[:n] = symbols
        row[n:] = NO_MORE
        self._lengths[slot] = n

    def _make_room(self, n: int) -> None:
        """Make the lists long enough for n symbols a board; where they would be too long, turn all into cells."""
        old, lengths = self._boards, self._lengths
        if n <= old.shape[1]:
            return
        width = old.shape[1]
        while width < n:
            width *= 2
        self._clear(width)
        if self.listed:
            self._boards[:, : old.shape[1]], self._lengths = old, lengths
            return
        for start in range(0, self.capacity, BOARDS_AT_A_TIME):
            some = slice(start, start + BOARDS_AT_A_TIME)
            self._boards[some] = SymbolLists(old[some], self.n_cells).cells()

    def take(self, slots: np.ndarray) -> np.ndarray | SymbolLists:
        """The boards in these slots [n], as cells [n, n_cells] or as lists."""
        boards = self._boards.take(slots, axis=0)
        if not self.listed:
            return boards
        return SymbolLists(boards[:, : self._lengths.take(slots).max(initial=0)], self.n_cells)

    def widen_cells(self, n_cells: int) -> None:
        """Make room for more cells a board; in those that are there, nothing is in the new cells."""
        more, self.n_cells = n_cells - self.n_cells, n_cells
        if self.listed:  # (symbol - 1) * n_cells + cell
            there = self._boards != NO_MORE
            self._boards[there] += self._boards[there] // (n_cells - more) * more
        else:
            self._boards = np.pad(self._boards, ((0, 0), (0, more)))

    def largest_symbol(self) -> int:
        if not self.listed:
            return int(self._boards.max(initial=0))
        return int(self._boards.max(initial=-1, where=self._boards != NO_MORE)) // max(1, self.n_cells) + 1

    def get_state(self, n: int) -> dict[str, np.ndarray]:
        """The first n slots, as `lists` [n, width] int32 or `cells` [n, n_cells] uint8: a view, not a copy."""
        return {"lists" if self.listed else "cells": self._boards[:n]}

    def set_state(self, state: dict[str, np.ndarray], slots: np.ndarray) -> None:
        """Take over these slots [n] of a saved memory as the first n; raises ValueError where they are no boards."""
        n = len(slots)
        if "lists" not in state:  # full boards, or saved before there were lists
            cells = state["cells"]
            if cells.dtype != np.uint8 or cells.shape[1:] != (self.n_cells,):
                raise ValueError(f"the boards of the memory have not {self.n_cells} cells each")
            boards = cells[slots]
            self._clear(FIRST_WIDTH)
            if self.listed:
                self._make_room(int((boards != 0).sum(axis=1).max(initial=0)))
            if not self.listed:
                self._boards[:n] = boards
                return
            for slot, board in enumerate(boards):
                self._put_list(slot, symbol_numbers(board))
            return
        lists = state["lists"]
        if lists.dtype != np.int32 or lists.ndim != 2 or lists.min(initial=0) < 0:
            raise ValueError("the boards of the memory are not lists of numbers")
        self._clear(max(FIRST_WIDTH, lists.shape[1]))
        if not self.listed:
            raise ValueError("the lists of the memory are longer than a board")
        self._boards[:n, : lists.shape[1]] = lists[slots]
        self._lengths[:n] = (self._boards[:n] != NO_MORE).sum(axis=1)
