"""Convolutions that compute what sees nothing only once, against slow ones that compute every place on its own."""

from __future__ import annotations

import numpy as np
import pytest
from nn_checks import (
    OverImages,
    assert_same_gradient,
    check_first_rows,
    check_layer,
    numeric_gradient,
    random_cells,
    randomize,
)

from retro_gamer.nn import Conv2D, Flatten, KernelGeometry, SymbolConv2D
from retro_gamer.nn.sparse.front import Convolution, ConvolutionalFront
from retro_gamer.nn.sparse.geometry import FIRST, Seen

CONV_CASES = [  # height, width, kernel, stride
    (5, 5, 3, 1),
    (4, 6, 3, 1),
    (5, 4, 3, 2),
    (6, 7, 3, 2),
    (3, 4, 1, 1),
    (5, 4, 1, 2),
    (4, 5, 2, 1),
    (5, 6, 2, 2),
    (5, 4, 4, 1),
    (6, 5, 4, 2),
    (5, 6, 5, 1),
    (7, 4, 5, 2),
    (1, 1, 3, 1),
    (1, 2, 5, 2),
    (2, 1, 2, 2),
    (7, 8, 3, 3),
    (6, 8, 2, 2),
]
conv_case = pytest.mark.parametrize("height, width, kernel, stride", CONV_CASES)


def slow_convolution(x, weights, bias, kernel, stride):
    """Every output number on its own: the places outside the image are zero."""
    batch, height, width, channels = x.shape
    n_outputs = len(bias)
    kernel_weights = weights.reshape(kernel, kernel, channels, n_outputs)
    before = (kernel - 1) // 2
    rows, columns = range(0, height, stride), range(0, width, stride)
    y = np.zeros((batch, len(rows), len(columns), n_outputs))
    for sample in range(batch):
        for a, row in enumerate(rows):
            for b, column in enumerate(columns):
                for o in range(n_outputs):
                    total = bias[o]
                    for i in range(kernel):
                        for j in range(kernel):
                            r, c = row + i - before, column + j - before
                            if 0 <= r < height and 0 <= c < width:
                                for channel in range(channels):
                                    total += x[sample, r, c, channel] * kernel_weights[i, j, channel, o]
                    y[sample, a, b, o] = total
    return y


def one_hot_image(board, n_symbols):
    """[batch, height, width] -> [batch, height, width, n_symbols - 1], cell by cell."""
    image = np.zeros(board.shape + (n_symbols - 1,))
    for place in np.ndindex(*board.shape):
        if board[place]:
            image[place + (int(board[place]) - 1,)] = 1
    return image


def random_boards(rng, batch, height, width, n_symbols, filled=0.6):
    return random_cells(rng, batch, height * width, n_symbols, filled).reshape(batch, height, width)


def written_out(rows, seen, size):
    """[2 + n, channels] -> [batch, height, width, channels], place by place."""
    batch, (height, width) = len(seen.rows), size
    image = np.empty((batch, height * width, rows.shape[1]))
    image[...] = rows[1]
    for i, (board, place) in enumerate(zip(seen.boards, seen.places)):
        image[board, place - 1] = rows[FIRST + i]
    return image.reshape(batch, height, width, -1)


def on_board(cells):
    """The symbols on a board [n_cells], less 1, and their cells."""
    cell = cells.nonzero()[0]
    return cells[cell].astype(int) - 1, cell


class TestKernelGeometry:
    @conv_case
    def test_looks_at_and_seen_by_are_the_same_the_other_way_round(self, height, width, kernel, stride):
        geometry = KernelGeometry(height, width, kernel, stride)
        assert geometry.looks_at.shape == (1 + geometry.n_outputs, kernel**2) and not geometry.looks_at[0].any()
        forth = {
            (place, i, int(cell))
            for place in range(1, 1 + geometry.n_outputs)
            for i, cell in enumerate(geometry.looks_at[place])
            if cell
        }
        back = {
            (int(place), int(i), cell)
            for cell in range(1, 1 + geometry.n_inputs)
            for place, i in zip(geometry.seen_by[cell], geometry.seen_with[cell])
            if place
        }
        assert forth == back and not geometry.seen_by[0].any()
        assert set(geometry.border) == {
            place for place in range(1, 1 + geometry.n_outputs) if not geometry.looks_at[place].all()
        }

    def test_by_hand(self):
        geometry = KernelGeometry(3, 4, kernel=2, stride=2)  # 2 x 2 places; the lower ones reach below the picture
        assert geometry.output_size == (2, 2)
        np.testing.assert_array_equal(
            geometry.looks_at, [[0] * 4, [1, 2, 5, 6], [3, 4, 7, 8], [9, 10, 0, 0], [11, 12, 0, 0]]
        )
        np.testing.assert_array_equal(geometry.border, [3, 4])
        np.testing.assert_array_equal(geometry.seen_by.ravel(), [0, 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4])
        np.testing.assert_array_equal(geometry.seen_with.ravel(), [0, 0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1])


class TestConv2D:
    @conv_case
    def test_forward_is_the_slow_one(self, height, width, kernel, stride):
        rng = np.random.default_rng(8)
        layer = Conv2D(2, 3, rng, KernelGeometry(height, width, kernel, stride), dtype=np.float64)
        randomize(layer, rng)
        x = rng.normal(size=(2, height, width, 2))
        y = OverImages(layer).forward(x)
        assert y.shape[1:3] == layer.geometry.output_size == (-(-height // stride), -(-width // stride))
        slow = slow_convolution(x, layer.weights.value, layer.bias.value, kernel, stride)
        np.testing.assert_allclose(y, slow, rtol=1e-11, atol=1e-12)
        for image, expected in zip(x, slow):
            alone = layer.apply(np.concatenate([np.zeros((1, 2)), image.reshape(-1, 2)]))
            assert not alone[0].any()
            np.testing.assert_allclose(alone[1:], expected.reshape(-1, 3), rtol=1e-11, atol=1e-12)

    @conv_case
    def test_gradients(self, height, width, kernel, stride):
        rng = np.random.default_rng(9)
        layer = Conv2D(2, 2, rng, KernelGeometry(height, width, kernel, stride), dtype=np.float64)
        check_layer(OverImages(layer), rng.normal(size=(2, height, width, 2)), rng)

    @pytest.mark.parametrize("kernel, stride", [(3, 1), (3, 2), (2, 1), (2, 2)])
    def test_backward_on_the_first_rows(self, kernel, stride):
        rng = np.random.default_rng(10)
        layer = Conv2D(2, 3, rng, KernelGeometry(5, 6, kernel, stride), dtype=np.float64)
        check_first_rows(OverImages(layer), rng.normal(size=(4, 5, 6, 2)), 2, rng)

    @staticmethod
    def partly_seen(height, width, kernel, stride, filled=0.2):
        """Three pictures that are the same in most places, as rows; and a layer that looks at them."""
        rng = np.random.default_rng(13)
        layer = Conv2D(2, 3, rng, KernelGeometry(height, width, kernel, stride), dtype=np.float64)
        randomize(layer, rng)
        mask = rng.random((3, 1 + height * width)) < filled
        mask[1] = False
        seen = Seen.where(mask)
        rows = rng.normal(size=(FIRST + len(seen.places), 2))
        rows[0] = 0
        return rng, layer, seen, rows

    @conv_case
    def test_places_that_see_nothing_are_computed_once(self, height, width, kernel, stride):
        rng, layer, seen, rows = self.partly_seen(height, width, kernel, stride)
        after, looks = seen.through(layer.geometry)
        y = layer.forward(rows.copy(), looks)
        assert len(y) == FIRST + len(after.places) and not y[0].any()
        slow = slow_convolution(
            written_out(rows, seen, (height, width)), layer.weights.value, layer.bias.value, kernel, stride
        )
        np.testing.assert_allclose(written_out(y, after, layer.geometry.output_size), slow, rtol=1e-11, atol=1e-12)
        # On a picture without anything only the border sees something else than nothing.
        np.testing.assert_array_equal(after.places[after.boards == 1], layer.geometry.border)

    @conv_case
    def test_gradients_where_most_see_nothing(self, height, width, kernel, stride):
        rng, layer, seen, rows = self.partly_seen(height, width, kernel, stride)
        after, looks = seen.through(layer.geometry)
        c = rng.normal(size=(FIRST + len(after.places), 3))
        c[0] = 0

        def loss():
            return float((layer.forward(rows, looks) * c).sum())

        layer.forward(rows, looks)
        gradient = np.zeros_like(rows)
        found = layer.backward(c.copy())
        gradient[: len(found)] = found
        expected = numeric_gradient(loss, rows).reshape(rows.shape)
        expected[0] = 0  # a part of the layer, and no input
        assert_same_gradient(gradient, expected)
        for parameter in layer.parameters():
            assert_same_gradient(parameter.gradient.copy(), numeric_gradient(loss, parameter.value))

    def test_input_stays_as_it_is(self):
        rng = np.random.default_rng(11)
        x = rng.normal(size=(18, 1))
        before = x.copy()
        layer = Conv2D(1, 2, rng, KernelGeometry(4, 4), dtype=np.float64)
        looks = Seen.where(np.ones((1, 17), bool)).through(layer.geometry)[1]
        layer.backward(layer.forward(x, looks))
        layer.apply(x[1:])
        np.testing.assert_array_equal(x, before)

    def test_apply_remembers_nothing(self):
        rng, layer, seen, rows = self.partly_seen(4, 6, 3, 1)
        _, looks = seen.through(layer.geometry)
        c = rng.normal(size=layer.forward(rows, looks).shape)
        expected = layer.backward(c.copy())
        layer.apply(rng.normal(size=(25, 2)))
        np.testing.assert_array_equal(layer.backward(c.copy()), expected)

    def test_a_picture_of_no_channels_gives_the_bias(self):
        layer = Conv2D(0, 2, np.random.default_rng(12), KernelGeometry(3, 4))
        layer.bias.value[...] = 3, 4
        y = OverImages(layer).forward(np.zeros((2, 3, 4, 0), np.float32))
        np.testing.assert_array_equal(y, np.broadcast_to(np.float32([3, 4]), (2, 3, 4, 2)))

    def test_repr(self):
        assert (
            repr(Conv2D(2, 5, np.random.default_rng(0), KernelGeometry(3, 3, stride=2)))
            == "Conv2D(2, 5, kernel=3, stride=2)"
        )


class TestSymbolConv2D:
    """Against the slow convolution, and against Conv2D, over the one-hot picture of the same boards."""

    @staticmethod
    def build(rng, n_symbols, geometry, n_outputs=3):
        layer = SymbolConv2D(n_symbols, n_outputs, rng, geometry, dtype=np.float64)
        randomize(layer, rng)
        twin = Conv2D(n_symbols - 1, n_outputs, rng, geometry, dtype=np.float64)
        twin.weights.value[...], twin.bias.value[...] = layer.weights.value, layer.bias.value
        return layer, OverImages(twin)

    @pytest.mark.parametrize("filled", [0.0, 0.1, 0.3, 1.0])
    @conv_case
    def test_forward_and_backward(self, height, width, kernel, stride, filled):
        rng = np.random.default_rng(28)
        layer, twin = self.build(rng, 4, KernelGeometry(height, width, kernel, stride))
        board = random_boards(rng, 3, height, width, 4, filled)
        image = one_hot_image(board, 4)
        seen, patches = layer.encode(board.reshape(3, -1))
        rows = layer.forward(patches)
        y = written_out(rows, seen, layer.geometry.output_size)
        slow = slow_convolution(image, layer.weights.value, layer.bias.value, kernel, stride)
        assert not rows[0].any() and y.shape == slow.shape
        np.testing.assert_allclose(y, twin.forward(image), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(y, slow, rtol=1e-11, atol=1e-12)
        for cells, expected in zip(board, slow):
            alone = layer.apply(*on_board(cells.ravel()))
            assert not alone[0].any()
            np.testing.assert_allclose(alone[1:], expected.reshape(-1, 3), rtol=1e-11, atol=1e-12)
        gradient = rng.normal(size=y.shape)
        flatten = Flatten()
        flatten.forward(rows, seen.rows[:, 1:])
        assert layer.backward(flatten.backward(gradient.reshape(3, -1))) is None
        twin.backward(gradient.copy())
        np.testing.assert_allclose(layer.weights.gradient, twin.layer.weights.gradient, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(layer.bias.gradient, twin.layer.bias.gradient, rtol=1e-11, atol=1e-12)

    @pytest.mark.parametrize("kernel, stride", [(3, 1), (3, 2), (2, 2)])
    def test_gradients_by_finite_differences(self, kernel, stride):
        rng = np.random.default_rng(29)
        layer, _ = self.build(rng, 3, KernelGeometry(4, 5, kernel, stride), n_outputs=2)
        _, patches = layer.encode(random_boards(rng, 2, 4, 5, 3, 0.3).reshape(2, -1))
        c = rng.normal(size=layer.forward(patches).shape)
        c[0] = 0

        def loss():
            return float((layer.forward(patches) * c).sum())

        layer.backward(c.copy())
        for parameter in layer.parameters():
            assert_same_gradient(parameter.gradient.copy(), numeric_gradient(loss, parameter.value))

    def test_no_symbols_give_the_bias(self):
        layer = SymbolConv2D(1, 2, np.random.default_rng(31), KernelGeometry(3, 4))
        layer.bias.value[...] = 3, 4
        y = layer.forward(layer.encode(np.zeros((2, 12), np.uint8))[1])
        np.testing.assert_array_equal(y, [[0, 0], [3, 4]])
        layer.backward(np.float32([[0, 0], [24, 24]]))
        np.testing.assert_array_equal(layer.bias.gradient, [24, 24])

    def test_an_unknown_symbol_is_an_error(self):
        layer, _ = self.build(np.random.default_rng(32), 3, KernelGeometry(2, 2))
        with pytest.raises(IndexError):
            layer.encode(np.full((1, 4), 3, np.uint8))
        with pytest.raises(IndexError):
            layer.apply(*on_board(np.full(4, 3, np.uint8)))

    def test_first_weights_are_those_of_the_convolution_over_the_one_hot_image(self):
        layer = SymbolConv2D(30, 32, np.random.default_rng(33), KernelGeometry(3, 3))
        assert layer.weights.value.dtype == np.float32 and layer.weights.value.shape == (9 * 29, 32)
        twin = Conv2D(29, 32, np.random.default_rng(33), KernelGeometry(3, 3))
        np.testing.assert_array_equal(layer.weights.value, twin.weights.value)
        assert twin.weights.value.std() == pytest.approx((2 / (9 * 29)) ** 0.5, rel=0.03)
        smaller = SymbolConv2D(30, 32, np.random.default_rng(33), KernelGeometry(3, 3), scale=0.25)
        np.testing.assert_array_equal(smaller.weights.value, layer.weights.value / 4)
        assert smaller.weights.value.dtype == np.float32
        assert repr(layer) == "SymbolConv2D(29, 32, kernel=3, stride=1)"


class TestFlatten:
    def test_by_hand(self):
        """A batch of two pictures of three places; rows 2 and 3 are in the first one, row 4 in the second."""
        flatten = Flatten()
        y = flatten.forward(np.array([[0, 0], [1, 2], [3, 4], [5, 6], [7, 8]]), np.array([[2, 1, 3], [1, 1, 4]]))
        np.testing.assert_array_equal(y, [[3, 4, 1, 2, 5, 6], [1, 2, 1, 2, 7, 8]])
        gradient = np.arange(1.0, 13).reshape(2, 6)
        np.testing.assert_array_equal(
            flatten.backward(gradient), [[0, 0], [3 + 7 + 9, 4 + 8 + 10], [1, 2], [5, 6], [11, 12]]
        )
        np.testing.assert_array_equal(flatten.backward(gradient[:1]), [[0, 0], [3, 4], [1, 2], [5, 6]])

    def test_apply(self):
        np.testing.assert_array_equal(Flatten().apply(np.array([[0, 0], [1, 2], [3, 4]])), [1, 2, 3, 4])


FRONTS = {
    "usual": [Convolution(4, 3, 1), Convolution(5, 2, 2)],
    "in steps of two": [Convolution(4, 3, 2), Convolution(5, 2, 2)],
    "one": [Convolution(3, 3, 2)],
    "three": [Convolution(3, 2, 3), Convolution(4, 3, 1), Convolution(2, 4, 2)],
    "overlapping": [Convolution(3, 5, 1), Convolution(2, 3, 1)],
}


@pytest.mark.parametrize("filled", [0.0, 0.05, 0.6])
@pytest.mark.parametrize("size", [(6, 8), (7, 5)])
@pytest.mark.parametrize("kind", FRONTS)
class TestFront:
    @staticmethod
    def build(kind, size, filled):
        rng = np.random.default_rng(40)
        front = ConvolutionalFront(size[0], size[1], 4, FRONTS[kind], rng, 1.0, np.float64)
        for layer in front.layers:
            randomize(layer, rng)
        board = random_boards(rng, 6, size[0], size[1], 4, filled)
        board[3] = 0  # an empty board on the border between the parts
        return rng, front, board

    def test_forward_and_apply_are_the_slow_one(self, kind, size, filled):
        _, front, board = self.build(kind, size, filled)
        image = one_hot_image(board, 4)
        for layer, (_, kernel, stride) in zip(front.layers[::2], FRONTS[kind]):
            image = np.maximum(slow_convolution(image, layer.weights.value, layer.bias.value, kernel, stride), 0)
        expected = image.reshape(6, -1)
        np.testing.assert_allclose(front.forward(front.encode(board.reshape(6, -1))), expected, rtol=1e-10, atol=1e-11)
        for cells, y in zip(board.reshape(6, -1), expected):
            np.testing.assert_allclose(front.apply(*on_board(cells)), y, rtol=1e-10, atol=1e-11)

    def test_parts_of_a_batch(self, kind, size, filled):
        """`first` and `after` are the encoding of these boards alone."""
        rng, front, board = self.build(kind, size, filled)
        cells = board.reshape(6, -1)
        x = front.encode(cells)
        whole = front.forward(x)
        for n in range(1, 6):
            for part, alone in (
                (x.first(n), cells[:n]),
                (x.after(n), cells[n:]),
                (x.after(n).first(1), cells[n : n + 1]),
            ):
                expected = front.encode(alone)
                np.testing.assert_array_equal(part.patches[1:], expected.patches[1:])
                np.testing.assert_array_equal(part.rows, expected.rows)
                for mine, theirs in zip(part.looks + part.boards, expected.looks + expected.boards):
                    np.testing.assert_array_equal(mine, theirs)
            gradient = rng.normal(size=whole[:n].shape)
            gradients = []
            for seen in (x, x.first(n)):
                front.forward(seen)
                front.backward(gradient.copy())
                gradients.append([parameter.gradient.copy() for layer in front.layers for parameter in layer.parameters()])
            for partly, alone in zip(*gradients):
                np.testing.assert_allclose(partly, alone, rtol=1e-11, atol=1e-12)

    def test_gradients(self, kind, size, filled):
        rng, front, board = self.build(kind, size, filled)
        x = front.encode(board.reshape(6, -1))
        c = rng.normal(size=front.forward(x).shape)

        def loss():
            return float((front.forward(x) * c).sum())

        front.forward(x)
        front.backward(c.copy())
        for layer in front.layers:
            for parameter in layer.parameters():
                gradient, some = parameter.gradient.copy(), rng.permutation(parameter.value.size)[:20]
                assert_same_gradient(gradient.ravel()[some], numeric_gradient(loss, parameter.value, some))
