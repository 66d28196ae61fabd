"""The sum tree against a naive one."""

from __future__ import annotations

import numpy as np
import pytest
from replaying import check_tree

from retro_gamer.replay import (
    SumTree,
)

SIZES = [1, 2, 15, 16, 17, 63, 64, 65, 128, 1000]


class NaiveSumTree:
    """The slow obvious twin: a list, and a running sum over all of it."""

    def __init__(self, size):
        self.values = [0.0] * size

    def set(self, indices, values):
        for index, value in zip(indices, values):
            self.values[index] = float(value)

    def query(self, height):
        total = 0.0
        for index, value in enumerate(self.values):
            total += value
            if total > height:
                return index
        raise AssertionError("height is beyond the root")


class TestSumTree:
    @pytest.mark.parametrize("size", SIZES)
    def test_against_the_naive_tree(self, size):
        """Values that are whole numbers of eighths, so that all sums are exact and must agree to the last bit."""
        for seed in range(5):
            rng = np.random.default_rng(seed)
            tree, naive = SumTree(size), NaiveSumTree(size)
            for _ in range(25):
                if rng.random() < 0.5:
                    n = int(rng.integers(1, 20))
                    indices, values = rng.integers(0, size, n), rng.integers(0, 40, n) / 8
                    values[rng.random(n) < 0.3] = 0
                    tree.set(indices, values)
                    naive.set(indices, values)
                else:
                    index, value = int(rng.integers(size)), float(rng.integers(0, 40)) / 8
                    tree.set_one(index, value)
                    naive.set([index], [value])
                check_tree(tree)
                np.testing.assert_array_equal(tree.get(np.arange(size)), naive.values)
                assert tree.get(size - 1) == naive.values[-1]
                assert tree.root == sum(naive.values)
                if tree.root > 0:
                    heights = np.concatenate([rng.random(6) * tree.root, rng.integers(0, tree.root * 8, 6) / 8])
                    assert tree.query(heights).tolist() == [naive.query(height) for height in heights]

    def test_boundaries(self):
        """Values 1 2 0 3 with running sums 1 3 3 6, in a tree whose second block holds a 4 at its end.

        index     0    1    2   3    ...   127
        value     1    2    0   3     0     4
        heights  0-1  1-3   -  3-6    -    6-10
        """
        tree = SumTree(128)
        tree.set(np.array([0, 1, 3, 127]), np.array([1.0, 2.0, 3.0, 4.0]))
        assert tree.root == 10
        table = [
            (0.0, 0),
            (0.9, 0),
            (1.0, 1),
            (2.9, 1),
            (3.0, 3),
            (5.9, 3),
            (6.0, 127),
            (9.9, 127),
            (np.nextafter(10, 0), 127),
        ]
        heights, indices = zip(*table)
        assert tree.query(np.array(heights)).tolist() == list(indices)
        assert tree.query(np.array(heights[::-1])).tolist() == list(indices[::-1])

    def test_the_last_of_duplicate_indices_counts(self):
        tree = SumTree(20)
        tree.set(np.array([3, 17, 3, 17, 3]), np.array([1.0, 2.0, 5.0, 0.0, 7.0]))
        assert (tree.get(3), tree.get(17), tree.root) == (7.0, 0.0, 7.0)
        check_tree(tree)

    @pytest.mark.parametrize("size", SIZES)
    def test_one_value_anywhere_is_always_found(self, size):
        for index in {0, size // 2, size - 1}:
            tree = SumTree(size)
            tree.set_one(index, 0.1)
            assert set(tree.query(np.linspace(0, tree.root, 50, endpoint=False)).tolist()) == {index}
            tree.set_one(index, 0.0)
            assert tree.root == 0

    @pytest.mark.parametrize("size", [40, 64, 400, 1000])
    def test_zeros_are_never_drawn_not_even_at_the_edges_of_rounding(self, size):
        """Heights exactly at, just below and just above every sum of blocks, and at the very top."""
        for seed in range(40):
            rng = np.random.default_rng(seed)
            values = rng.random(size) ** 3 * 10
            values[rng.random(size) < 0.3] = 0
            values[::16] = 0  # the first of every block
            values[int(size * rng.random()) :] *= seed % 2  # half of them not yet filled
            values[1] = 0.1
            tree = SumTree(size)
            tree.set(np.arange(size), values)
            sums = np.concatenate([np.cumsum(values), np.add.accumulate(tree.block_sums()), [tree.root]])
            heights = np.concatenate([sums, np.nextafter(sums, 0), np.nextafter(sums, np.inf), [0.0]])
            indices = tree.query(heights[heights <= tree.root])
            assert indices.max() < size
            assert (values[indices] > 0).all()

    def test_random_numbers_agree_with_the_naive_tree(self):
        rng = np.random.default_rng(0)
        tree, naive = SumTree(300), NaiveSumTree(300)
        for scale in (1e-9, 1.0, 1e6):
            values = rng.random(300) * scale
            tree.set(np.arange(300), values)
            naive.set(range(300), values)
            heights = rng.random(50) * tree.root
            assert tree.query(heights).tolist() == [naive.query(height) for height in heights]

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e-9])
    def test_bad_priorities_are_refused_and_change_nothing(self, bad):
        tree = SumTree(5)
        tree.set_one(2, 1.5)
        with pytest.raises(ValueError, match="priorities must be finite numbers, zero or more"):
            tree.set(np.array([1, 2]), np.array([1.0, bad]))
        assert tree.get(np.arange(5)).tolist() == [0, 0, 1.5, 0, 0]
        check_tree(tree)

    def test_drawing_from_nothing_is_an_error(self):
        with pytest.raises(ValueError, match="nothing can be drawn"):
            SumTree(100).query(np.array([0.0]))
