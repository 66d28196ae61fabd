"""Gymnasium's spaces, read without Gymnasium: the same numbers as its own functions give."""

from __future__ import annotations

import json

import numpy as np
import pytest

from retro_gamer.environment.space_reading import UnknownSpace, read_space, space_from_json

gymnasium = pytest.importorskip("gymnasium")
spaces = gymnasium.spaces
NESTED = spaces.Dict(
    {
        "walls": spaces.MultiBinary([2, 3]),
        "me": spaces.Tuple([spaces.Discrete(4, start=-1), spaces.Box(-1, 1, (2,), np.float32)]),
        "inner": spaces.Dict({"z": spaces.Discrete(2), "a": spaces.MultiDiscrete([3, 2])}),
    }
)
ALL = [
    spaces.Box(-1, 1, (2, 3), np.float32),
    spaces.Box(0, 255, (4, 4, 3), np.uint8),
    spaces.Box(-5, 5, (), np.float64),
    spaces.Box(-5, 5, (3,), np.int64),
    spaces.Discrete(5),
    spaces.Discrete(5, start=3),
    spaces.MultiDiscrete([2, 3, 4]),
    spaces.MultiDiscrete([[2, 3], [4, 5]]),
    spaces.MultiBinary(4),
    spaces.MultiBinary([2, 2]),
    spaces.Tuple([spaces.Discrete(3), spaces.Discrete(2)]),
    NESTED,
]


@pytest.mark.parametrize("theirs", ALL, ids=str)
def test_flattened_as_gymnasium_flattens(theirs):
    ours = read_space(theirs)
    again = space_from_json(json.loads(json.dumps(ours.to_json())))
    theirs.seed(1)
    for _ in range(20):
        value = theirs.sample()
        expected = gymnasium.spaces.utils.flatten(theirs, value)
        for space in (ours, again):
            features = space.flatten(value)
            assert features.shape == (space.n_features,) and (features == expected.astype(features.dtype)).all()
            assert features.dtype == (np.uint8 if theirs.dtype == np.uint8 else np.float32)


@pytest.mark.parametrize("theirs", [space for space in ALL if read_space(space).n_values], ids=str)
def test_every_value_has_a_number_and_is_one_of_theirs(theirs):
    space = space_from_json(read_space(theirs).to_json())
    values = [space.value_at(number) for number in range(space.n_values)]
    assert all(theirs.contains(value) for value in values)
    assert len({space.state_of(value) for value in values}) == space.n_values
    assert len({space.label(number) for number in range(space.n_values)}) == space.n_values


def test_what_is_flattened_is_a_copy():
    buffer = np.zeros(3, np.float32)
    features = read_space(spaces.Box(-1, 1, (3,), np.float32)).flatten(buffer)
    buffer += 1
    assert features.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "space, value, words",
    [
        (spaces.Box(-1, 1, (2, 3), np.float32), np.zeros((3, 2)), r"shape \(3, 2\), not \(2, 3\)"),
        (spaces.Box(0, 255, (2,), np.uint8), np.array([0.5, 1.0]), r"0.5.*0 to 255"),
        (spaces.Box(0, 255, (2,), np.uint8), [-1, 300], r"-1.*0 to 255"),
        (spaces.Discrete(4, start=3), 2, "from 3 to 6, but is 2"),
        (spaces.Discrete(4), 1.5, "a whole number"),
        (spaces.Discrete(4), "1", "a whole number"),
        (spaces.MultiDiscrete([2, 2]), [0, 2], "out of range"),
        (spaces.MultiDiscrete([2, 2]), [0.5, 1], "whole numbers of shape"),
        (spaces.Tuple([spaces.Discrete(2)]), (0, 0), "1 parts"),
        (spaces.Dict({"x": spaces.Discrete(2)}), {"y": 0}, "dict of 'x'"),
    ],
)
def test_a_wrong_value_is_explained(space, value, words):
    with pytest.raises(ValueError, match=words):
        read_space(space).flatten(value)


@pytest.mark.parametrize("space", [spaces.Text(5), spaces.Sequence(spaces.Discrete(2)), object()])
def test_spaces_without_a_fixed_number_of_values_are_unknown(space):
    with pytest.raises(UnknownSpace):
        read_space(spaces.Tuple([space]) if isinstance(space, spaces.Space) else space)


def nested(depth):
    return {"tuple": [nested(depth - 1)]} if depth else {"discrete": 2}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"discrete": 10**9},
        {"discrete": 0},
        {"discrete": True},
        {"discrete": "4"},
        {"box": [10**5, 10**5]},
        {"box": [-1]},
        {"box": 3},
        {"box": [1] * 100},
        {"multi_binary": [10**9]},
        {"multi_discrete": [10**9]},
        {"multi_discrete": [0]},
        {"multi_discrete": "x"},
        {"multi_discrete": [[1], [1, 2]]},
        {"tuple": 3},
        {"dict": {"x": {"discrete": 2}}},
        {"dict": [[["x"], {"discrete": 2}]]},
        {"tuple": [{"discrete": 10**6}, {"discrete": 10**6}]},
        nested(100),
    ],
)
def test_a_strangers_description_is_refused(data):
    with pytest.raises(ValueError):
        space_from_json(data)
