"""Helpers for the tests of retro_gamer.nn: gradients by finite differences, and inputs written out in full."""
from __future__ import annotations

import numpy as np
import pytest

from retro_gamer.nn import symbols

# Boards with few symbols are multiplied in another way than boards with many: make all of them the one or the other.
each_form = pytest.mark.parametrize("form", ["sparse", "compact"])


def force_form(form, monkeypatch):
    monkeypatch.setattr(symbols, "COLUMNS_PER_SYMBOL", {"sparse": 0, "compact": 10**9}[form])


def numeric_gradient(loss, array, indices=None, step=1e-5):
    """dloss/darray by central differences, (L(x + h) - L(x - h)) / 2h, at some flat indices or at all of them.

    `loss` takes no arguments and looks at `array`, which is changed in place and put back.
    """
    indices = np.arange(array.size) if indices is None else indices
    result = np.zeros(len(indices))
    for k, i in enumerate(indices):
        place = np.unravel_index(i, array.shape)
        old = array[place]
        array[place] = old + step
        above = loss()
        array[place] = old - step
        below = loss()
        array[place] = old
        result[k] = (above - below) / (2 * step)
    return result


def assert_same_gradient(analytic, numeric):
    np.testing.assert_allclose(np.ravel(analytic), np.ravel(numeric), rtol=1e-6, atol=1e-8)


def full_gradient(parameter):
    """The gradient of a parameter in the shape of its value, also where only some rows have one."""
    if parameter.rows is None:
        return parameter.gradient
    assert len(set(parameter.rows.tolist())) == len(parameter.rows), "a row stands twice"
    full = np.zeros_like(parameter.value)
    full[parameter.rows] = parameter.gradient
    return full


def one_hot_input(cells, features, n_symbols):
    """The textbook input, cell by cell: the features, then for symbol 1 every cell, for symbol 2 every cell ..."""
    cells, features = np.asarray(cells), np.asarray(features)
    (batch, n_cells), n_features = cells.shape, features.shape[1]
    x = np.zeros((batch, n_features + (n_symbols - 1) * n_cells))
    x[:, :n_features] = features
    for sample in range(batch):
        for cell in range(n_cells):
            symbol = int(cells[sample, cell])
            if symbol > 0:
                x[sample, n_features + (symbol - 1) * n_cells + cell] = 1
    return x


def lists_of(cells):
    """Boards [boards, n_cells] as lists of their symbols, cell by cell."""
    n_cells = cells.shape[1]
    lists = [[(int(symbol) - 1) * n_cells + cell for cell, symbol in enumerate(board) if symbol] for board in cells]
    most = max(map(len, lists), default=0)
    padded = [numbers + [symbols.NOTHING] * (most - len(numbers)) for numbers in lists]
    return symbols.SymbolLists(np.array(padded, np.int32).reshape(len(cells), most), n_cells)
