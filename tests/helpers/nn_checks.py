"""Helpers for the tests of retro_gamer.nn: gradients by finite differences, and inputs written out in full."""

from __future__ import annotations

import numpy as np
import pytest

from retro_gamer.nn.sparse import symbols
from retro_gamer.nn.sparse.geometry import FIRST, Seen
from retro_gamer.nn.sparse.lists import NO_MORE, SymbolLists

# Boards with few symbols are multiplied in another way than boards with many: make all of them the one or the other.
each_form = pytest.mark.parametrize("form", ["sparse", "compact"])


def force_form(form, monkeypatch):
    monkeypatch.setattr(symbols, "COLUMNS_PER_SYMBOL", {"sparse": 1e-9, "compact": 1e9}[form])


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
    padded = [numbers + [NO_MORE] * (most - len(numbers)) for numbers in lists]
    return SymbolLists(np.array(padded, np.int32).reshape(len(cells), most), n_cells)


def randomize(layer, rng):
    """Biases start at zero, where a mistake could hide."""
    for parameter in layer.parameters():
        parameter.value[...] = rng.normal(size=parameter.value.shape)


def check_layer(layer, x, rng):
    """Both gradients of sum(c * layer(x)) for a random c, against finite differences."""
    randomize(layer, rng)
    c = rng.normal(size=layer.forward(x.copy()).shape)

    def loss():
        return float((layer.forward(x.copy()) * c).sum())

    layer.forward(x.copy())
    input_gradient = np.array(layer.backward(c.copy()))
    parameter_gradients = [parameter.gradient.copy() for parameter in layer.parameters()]
    assert input_gradient.shape == x.shape
    assert_same_gradient(input_gradient, numeric_gradient(loss, x))
    for parameter, gradient in zip(layer.parameters(), parameter_gradients):
        assert_same_gradient(gradient, numeric_gradient(loss, parameter.value))


def check_first_rows(layer, x, n, rng):
    """backward on the gradient of the first n rows is backward after a forward of those rows alone."""
    randomize(layer, rng)
    gradient = rng.normal(size=layer.forward(x.copy()).shape)[:n]
    partly = np.array(layer.backward(gradient.copy()))
    partly_parameters = [parameter.gradient.copy() for parameter in layer.parameters()]
    layer.forward(x[:n].copy())
    alone = np.array(layer.backward(gradient.copy()))
    np.testing.assert_allclose(partly, alone, rtol=1e-12)
    for before, parameter in zip(partly_parameters, layer.parameters()):
        np.testing.assert_allclose(before, parameter.gradient, rtol=1e-12, atol=1e-14)


def random_cells(rng, batch, n_cells, n_symbols, filled):
    cells = rng.integers(1, n_symbols, (batch, n_cells)) if n_symbols > 1 else np.zeros((batch, n_cells))
    return (cells * (rng.random((batch, n_cells)) < filled)).astype(np.uint8)


class OverImages:
    """A Conv2D for images [batch, height, width, channels], as if every place of them saw something."""

    def __init__(self, layer):
        self.layer, self.parameters = layer, layer.parameters

    def forward(self, x):
        batch, height, width, channels = self.shape = x.shape
        seen, looks = Seen.where(np.ones((batch, 1 + height * width), bool)).through(self.layer.geometry)
        rows = np.concatenate([np.zeros((FIRST, channels), x.dtype), x.reshape(batch * height * width, channels)])
        y = self.layer.forward(rows, looks)
        assert len(y) == FIRST + len(seen.places) and not y[0].any()
        return y[FIRST:].reshape((batch,) + self.layer.geometry.output_size + (-1,))

    def backward(self, gradient):
        n, n_outputs = len(gradient), gradient.shape[-1]
        rows = self.layer.backward(
            np.concatenate([np.zeros((FIRST, n_outputs), gradient.dtype), gradient.reshape(-1, n_outputs)])
        )
        full = np.zeros((FIRST + n * self.shape[1] * self.shape[2], self.shape[3]))
        full[: len(rows)] = rows  # the last places may be between the patches: then they have no rows
        return full[FIRST:].reshape((n,) + self.shape[1:])
