"""Teams at one table: keys, rewards, ends; and games that look the same from both sides."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from selfplay_runs import DUEL, Duelist, create_duel, policies_for

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.teams import (
    TeamEncoder,
    TeamEnvironment,
    own_characters,
    rotation,
)
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.games import tron, wolves
from retro_gamer.games.engine import Game
from retro_gamer.selfplay.match import play_match


def test_every_member_gets_its_own_key_and_only_the_learning_team_learns():
    config = RunConfig.from_dict(DUEL)
    environment = TeamEnvironment(config, create_duel)
    policies = policies_for(config, 0, 1)  # left: paper, right: scissors
    match = play_match(environment, policies, learning_team=1)
    assert match.returns == match.outcomes == [-1, 1] and match.steps == [1, 1] and match.turns == 1
    assert not policies[0].agent.taught
    (transition,) = policies[1].agent.taught
    assert transition.reward == 1 and transition.terminated and not transition.truncated and policies[1].agent.endings == 1
    assert play_match(environment, policies_for(config, 2, 1)).outcomes == [1, -1]  # rock beats scissors


def test_two_named_keys_in_one_turn_are_two_keys():
    config = RunConfig.from_dict(
        {
            **DUEL,
            "teams": [
                {**DUEL["teams"][0], "members": [{"character": "left", "actions": ["KEY_UP", "KEY_DOWN"]}]},
                DUEL["teams"][1],
            ],
        }
    )

    def create():
        game = create_duel()
        game.agents[0].keys = ["KEY_UP", "KEY_DOWN"]
        return game

    assert play_match(TeamEnvironment(config, create), policies_for(config, 0, 0)).outcomes == [0, 0]
    assert play_match(TeamEnvironment(config, create), policies_for(config, 1, 0)).outcomes == [1, -1]


class Doomed(Duelist):
    """Leaves the game in its second turn."""

    def play_turn(self, game):
        if game.turn_number >= 2:
            game.remove_agent(self)


def test_a_member_that_dies_gets_the_rewards_of_its_team_until_the_end():
    class Bell:
        display = False

        def play_turn(self, game):
            game.state["left"] += 1
            game.state["right"] -= 1
            if game.turn_number == 5:
                game.end()

    def create():
        return Game(
            [Doomed("left", ["a", "b"], 0), Duelist("right", ["KEY_LEFT", "KEY_RIGHT"], 2), Bell()],
            {"left": 0, "right": 0},
            board_size=(3, 1),
        )

    config = RunConfig.from_dict(DUEL)
    policies = policies_for(config, 0, 0)
    environment = TeamEnvironment(config, create)
    match = play_match(environment, policies, learning_team=0)
    rewards = [transition.reward for transition in policies[0].agent.taught]
    assert sum(rewards) == 5 == match.returns[0] and rewards[:-1] == [1] * (len(rewards) - 1) and rewards[-1] > 1
    assert match.steps == [len(rewards), match.turns] and len(rewards) < match.turns
    assert policies[0].agent.taught[-1].terminated


def test_a_game_cut_short_is_truncated_for_those_still_in_it():
    config = RunConfig.from_dict({**DUEL, "training": {"max_turns_per_episode": 3}})

    def create():
        game = create_duel()
        game.agents[2].length = 100
        return game

    policies = policies_for(config, 0, 0)
    assert play_match(TeamEnvironment(config, create), policies, learning_team=0).turns == 3
    assert [(t.terminated, t.truncated) for t in policies[0].agent.taught] == [
        (False, False),
        (False, False),
        (False, True),
    ]


def test_both_members_of_a_team_learn_their_own_story():
    random.seed(3)
    run_config = RunConfig.from_dict(
        {
            "game": {"module": "retro_gamer.games.wolves"},
            "metadata": {"character_set": ["S", "W"], "board_size": [14, 7]},
            "preprocessing": {"board": False, "egocentric_radius": 2},
            "training": {"max_turns_per_episode": 6},
            "teams": [
                {
                    "name": "wolves",
                    "reward": "reward_wolves",
                    "members": [
                        {"character": "first wolf", "actions": ["d", "w", "a", "s"]},
                        {
                            "character": "second wolf",
                            "actions": ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"],
                        },
                    ],
                },
                {
                    "name": "sheep",
                    "reward": "reward_sheep",
                    "members": [{"character": "sheep", "actions": ["l", "i", "j", "k"]}],
                },
            ],
        }
    )
    policies = policies_for(run_config, 3, 0)  # both wolves go down
    match = play_match(TeamEnvironment(run_config, wolves.create_game), policies, learning_team=0)
    taught = policies[0].agent.taught
    assert (
        match.steps == [2 * match.turns, match.turns] and len(taught) == 2 * match.turns and policies[0].agent.endings == 2
    )
    for story in (
        taught[: match.turns],
        taught[match.turns :],
    ):  # one after the other, each an unbroken chain
        for before, after in zip(story, story[1:]):
            assert np.array_equal(before.next_observation.cells, after.observation.cells)
    assert not np.array_equal(taught[0].observation.cells, taught[match.turns].observation.cells)


# Symmetric games


def test_each_side_sees_its_own_as_the_first_side_sees_its_own():
    assert rotation([["A", "a"], ["B", "b"]], 0) == {"A": "A", "a": "a", "B": "B", "b": "b"}
    assert rotation([["A", "a"], ["B", "b"]], 1) == {"A": "B", "a": "b", "B": "A", "b": "a"}
    assert rotation([["1"], ["2"], ["3"]], 2) == {"3": "1", "1": "2", "2": "3"}


@pytest.mark.parametrize("seen", [{"board": False, "egocentric_radius": 3, "radar": True}, {"board": True}])
def test_tron_looks_the_same_from_both_sides(seen):
    """Whoever looks from red at a board sees what blue would see if the colours were exchanged."""
    config = tron_config(seen)
    encoder = TeamEncoder(config, Vocabulary(["A", "B", "a", "b"]), [["A", "a"], ["B", "b"]])
    random.seed(5)
    game = tron.create_game()
    blue, red = (game.get_agent_by_name(name) for name in ("blue", "red"))
    from_red = encoder.observe(game, red, 1)
    for cycle in (blue, red):
        cycle.character = {"A": "B", "B": "A"}[cycle.character]
    as_blue = encoder.observe(game, red, 0)
    assert np.array_equal(from_red.cells, as_blue.cells)


def tron_config(seen):
    return RunConfig.from_dict(
        {
            "game": {"module": "retro_gamer.games.tron"},
            "metadata": {"board_size": [20, 14]},
            "preprocessing": seen,
            "self_play": {"shared_policy": True},
            "teams": [
                {
                    "name": "blue",
                    "reward": "reward_blue",
                    "characters": ["A", "a"],
                    "members": [{"character": "blue", "actions": ["d", "w", "a", "s"]}],
                },
                {
                    "name": "red",
                    "reward": "reward_red",
                    "characters": ["B", "b"],
                    "members": [{"character": "red", "actions": ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]}],
                },
            ],
        }
    )


def test_characters_of_teams_are_found_out_where_they_are_not_named():
    config = tron_config({"board": True})
    game = tron.create_game()
    assert own_characters(config.teams, True, game) == [["A", "a"], ["B", "b"]]
    teams = [replace(team, characters=[]) for team in config.teams]
    assert own_characters(teams, True, game) == [["A"], ["B"]]
    assert own_characters(teams, False, game) == [[], []]
