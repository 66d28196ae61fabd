"""The number that should grow is found in a game's state."""

from __future__ import annotations

import pytest

from retro_gamer.discovery.rewards import find_reward
from retro_gamer.errors import ConfigError


@pytest.mark.parametrize(
    "numbers, expected",
    [
        ({"score": 3}, ("score", "")),
        ({"score": 0, "reward": 9}, ("reward", "score")),
        ({"points": 1, "lives": 2}, ("points", "")),
        ({"score": 0, "points": 1}, ("score", "points")),
        ({"gold": 5, "lives": 0}, ("gold", "")),
        ({"score": 0}, ("score", "")),
    ],
)
def test_the_reward_is_the_usual_name_or_the_only_number_that_changes(numbers, expected):
    assert find_reward(numbers, list(numbers)) == expected


@pytest.mark.parametrize(
    "numbers, state, expected",
    [
        ({"gold": 5, "fuel": 9}, ["gold", "fuel"], "Its numbers are: gold, fuel."),
        ({"gold": 0}, ["gold"], "Its numbers are: gold."),
        ({}, ["message"], "Its values are: message."),
        ({}, [], "Its values are: none."),
    ],
)
def test_otherwise_the_user_is_asked(numbers, state, expected):
    with pytest.raises(ConfigError) as caught:
        find_reward(numbers, state)
    assert expected in str(caught.value) and "--reward NAME" in str(caught.value)
