"""Self-play: controller, window, ghost steps, Elo, matches, training, resume, tournaments, and teams in config.toml."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from end_to_end import child_environment

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.agents.agent import Agent
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.teams import swap_steps
from retro_gamer.environment.teams import (
    TeamEncoder,
    TeamEnvironment,
    find_character,
    own_characters,
    rotation,
)
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import CheckpointError, ConfigError
from retro_gamer.games import tag, tron, wolves
from retro_gamer.games.engine import Game
from retro_gamer.runs.directory import RunDirectory, load_checkpoint
from retro_gamer.selfplay.controller import GhostController
from retro_gamer.selfplay.elo import expected_score, rating_changes, result_between
from retro_gamer.selfplay.match import Pilot, outcomes_of, play_match
from retro_gamer.selfplay.pilots import Table
from retro_gamer.selfplay.snapshots import GhostClock, SnapshotWindow
from retro_gamer.selfplay.tournament import (
    Pairing,
    beaten,
    find_cycle,
    fit_ratings,
    play_tournament,
    rating_intervals,
    spread,
)
from retro_gamer.selfplay.trainer import Opponent, SelfPlayTrainer

TINY = [
    "--hidden-sizes",
    "16",
    "--batch-size",
    "8",
    "--save-steps",
    "60",
    "--team-change",
    "150",
    "--swap-steps",
    "40",
    "--window",
    "3",
    "--epsilon-decay-turns",
    "200",
    "--memory-capacity",
    "500",
    "--max-turns-per-episode",
    "30",
]


# The controller


def test_the_first_subscriber_learns_first_and_the_queue_goes_round():
    controller = GhostController()
    for team in (7, 3, 5):
        controller.subscribe_team_id(team)
    assert controller.learning_team == 7
    assert [controller.change_training_team() for _ in range(6)] == [3, 5, 7, 3, 5, 7]


def test_subscribing_twice_changes_nothing():
    controller = GhostController()
    for team in (0, 1, 0, 1):
        controller.subscribe_team_id(team)
    assert controller.get_state() == {"queue": [1], "learning_team": 0}
    with pytest.raises(RuntimeError, match="no team has subscribed"):
        GhostController().learning_team  # noqa: B018


def test_the_controllers_state_is_all_of_it():
    controller, other = GhostController(), GhostController()
    for team in range(3):
        controller.subscribe_team_id(team)
    controller.change_training_team()
    other.set_state(json.loads(json.dumps(controller.get_state())))
    assert [other.change_training_team() for _ in range(3)] == [
        controller.change_training_team() for _ in range(3)
    ]


# The window, ghost steps


def test_a_window_keeps_the_newest_and_their_ratings():
    window = SnapshotWindow(3)
    for i in range(5):
        window.push(f"ep_{i}", 1200 + i)
    assert window.get_state() == [["ep_2", 1202], ["ep_3", 1203], ["ep_4", 1204]]
    window.push("ep_4", 9)  # saved again after a stop: the same snapshot
    assert [snapshot.name for snapshot in window.snapshots] == ["ep_2", "ep_3", "ep_4"]
    assert window.find("ep_4").rating == 9 and window.find("ep_0") is None


def test_opponents_are_drawn_from_the_latest_and_evenly_from_the_window():
    window, rng = SnapshotWindow(4), np.random.default_rng(0)
    assert window.draw(rng, 0.0) is None  # nothing but the newest is there
    for i in range(4):
        window.push(str(i), 0)
    drawn = [window.draw(rng, 0.25) for _ in range(8000)]
    shares = [sum(snapshot is other for other in drawn) / 8000 for snapshot in [None, *window.snapshots]]
    assert np.allclose(shares, [0.25] + 4 * [0.1875], atol=0.015)


def test_ghost_steps_are_counted_and_swaps_fall_due():
    clock = GhostClock(10)
    assert [clock.add(steps) for steps in (4, 5, 1)] == [False, False, True]
    clock.swapped()
    assert [clock.add(9), clock.add(1), clock.steps] == [False, True, 20]
    again = GhostClock(10)
    again.set_state(clock.get_state())
    assert again.add(0) and again.steps == 20


def test_swap_steps_of_teams_of_different_sizes():
    """The 2 v 1 example of the ML-Agents documentation: 4 swaps in a team change of 200,000 steps."""
    assert swap_steps(1, 2, 200_000, 4) == 25_000
    assert swap_steps(2, 1, 200_000, 4) == 100_000
    assert swap_steps(1, 1, 200_000, 4) == 50_000


# Elo


def test_elo_by_hand():
    assert expected_score(1200, 1200) == 0.5
    assert expected_score(1600, 1200) == pytest.approx(10 / 11)  # 1 / (1 + 10^-1)
    assert rating_changes([1200, 1200], [1, -1], 16) == [8, -8]
    assert rating_changes([1600, 1200], [-1, 1], 11) == pytest.approx([-10, 10])  # 11 * (0 - 10/11)
    assert rating_changes([1600, 1200], [0, 0], 22) == pytest.approx(
        [22 * (0.5 - 10 / 11), 22 * (0.5 - 1 / 11)]
    )


@pytest.mark.parametrize(
    "outcome, other, result",
    [(1, -1, 1), (-1, 1, 0), (0, 0, 0.5), (1, 1, 0.5), (-1, -1, 0.5), (1, 0, 1), (0, -3, 1), (5, 2, 0.5)],
)
def test_only_the_signs_of_the_outcomes_count(outcome, other, result):
    assert result_between(outcome, other) == result == 1 - result_between(other, outcome)


def test_more_than_two_teams_are_rated_pair_by_pair():
    # The winner beats two equals (0.5 each), the other two draw: 16 / 2 * (0.5 + 0.5) = 8.
    assert rating_changes([1200, 1200, 1200], [1, -1, -1], 16) == [8, -4, -4]
    changes = rating_changes([1300, 1200, 1100, 1250], [0, 1, -1, 1], 16)
    assert sum(changes) == pytest.approx(0)


def test_the_last_turn_decides_and_else_the_points():
    assert outcomes_of([0.01, -0.01], [-5, 5]) == [0.01, -0.01]
    assert outcomes_of([0, 0], [3, 1]) == [1, -1]
    assert outcomes_of([0.0, 0.0], [2, 2]) == [0, 0]


# Teams at a table


class Duelist:
    def __init__(self, name, keys, column):
        self.name, self.keys, self.position, self.character, self.chosen = (
            name,
            keys,
            (column, 0),
            name[0].upper(),
            0,
        )

    def handle_keystroke(self, keystroke, game):
        key = keystroke.name or str(keystroke)
        if key in self.keys:
            self.chosen = self.keys.index(key) + 1


class Umpire:
    """After `length` turns, who chose what beats the other's choice wins: 1 beats 0, 2 beats 1, 0 beats 2."""

    display, length = False, 1

    def play_turn(self, game):
        game.state["turns"] += 1
        if game.turn_number < self.length:
            return
        left, right = (game.get_agent_by_name(name).chosen for name in ("left", "right"))
        won = [0, 1, -1][(left - right) % 3]
        game.state["left"] += won
        game.state["right"] -= won
        game.end()


def create_duel():
    """Rock, paper, scissors: no key, the first key, the second key."""
    state = {"left": 0, "right": 0, "turns": 0}
    return Game(
        [Duelist("left", ["a", "b"], 0), Duelist("right", ["KEY_LEFT", "KEY_RIGHT"], 2), Umpire()],
        state,
        board_size=(3, 1),
    )


DUEL = {
    "game": {"module": "test_selfplay", "factory": "test_selfplay:create_duel"},
    "metadata": {"board_size": [3, 1], "character_set": ["L", "R"]},
    "preprocessing": {"board": True},
    "model": {"hidden_sizes": [8]},
    "training": {"batch_size": 8, "evaluate_every": 0, "memory_capacity": 200, "epsilon_decay_turns": 100},
    "self_play": {"save_steps": 20, "team_change": 50, "swap_steps": 10, "window": 3},
    "teams": [
        {"name": "left", "reward": "left", "members": [{"character": "left", "actions": ["a", "b"]}]},
        {
            "name": "right",
            "reward": "right",
            "members": [{"character": "right", "actions": ["KEY_LEFT", "KEY_RIGHT"]}],
        },
    ],
}


def duel_run(path, **sections):
    config = RunConfig.from_dict(
        {**DUEL, **{name: {**DUEL.get(name, {}), **values} for name, values in sections.items()}}
    )
    run = RunDirectory(path)
    run.create(config.to_toml())
    return run


class Always(Agent):
    """Takes the same action always, and notes what it is taught."""

    n_symbols = 256

    def __init__(self, action):
        self.action, self.taught, self.endings = action, [], 0

    def act(self, observation, epsilon):
        return self.action

    def learn(self, transition):
        self.taught.append(transition)

    def end_episode(self):
        self.endings += 1


def pilots_for(config, *actions):
    encoder = TeamEncoder(
        config, Vocabulary(config.metadata.character_set, grows=True), [[] for _ in config.teams]
    )
    return [Pilot(Always(action), encoder) for action in actions]


def test_every_seat_gets_its_own_key_and_only_the_learning_team_learns():
    config = RunConfig.from_dict(DUEL)
    environment = TeamEnvironment(config, create_duel)
    pilots = pilots_for(config, 0, 1)  # left: paper, right: scissors
    match = play_match(environment, pilots, learning_team=1)
    assert match.returns == match.outcomes == [-1, 1] and match.steps == [1, 1] and match.turns == 1
    assert not pilots[0].agent.taught
    (transition,) = pilots[1].agent.taught
    assert (
        transition.reward == 1
        and transition.terminated
        and not transition.truncated
        and pilots[1].agent.endings == 1
    )
    assert play_match(environment, pilots_for(config, 2, 1)).outcomes == [1, -1]  # rock beats scissors


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

    assert play_match(TeamEnvironment(config, create), pilots_for(config, 0, 0)).outcomes == [0, 0]
    assert play_match(TeamEnvironment(config, create), pilots_for(config, 1, 0)).outcomes == [1, -1]


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
    pilots = pilots_for(config, 0, 0)
    environment = TeamEnvironment(config, create)
    match = play_match(environment, pilots, learning_team=0)
    rewards = [transition.reward for transition in pilots[0].agent.taught]
    assert (
        sum(rewards) == 5 == match.returns[0] and rewards[:-1] == [1] * (len(rewards) - 1) and rewards[-1] > 1
    )
    assert match.steps == [len(rewards), match.turns] and len(rewards) < match.turns
    assert pilots[0].agent.taught[-1].terminated


def test_a_game_cut_short_is_truncated_for_those_still_in_it():
    config = RunConfig.from_dict({**DUEL, "training": {"max_turns_per_episode": 3}})

    def create():
        game = create_duel()
        game.agents[2].length = 100
        return game

    pilots = pilots_for(config, 0, 0)
    assert play_match(TeamEnvironment(config, create), pilots, learning_team=0).turns == 3
    assert [(t.terminated, t.truncated) for t in pilots[0].agent.taught] == [
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
    pilots = pilots_for(run_config, 3, 0)  # both wolves go down
    match = play_match(TeamEnvironment(run_config, wolves.create_game), pilots, learning_team=0)
    taught = pilots[0].agent.taught
    assert (
        match.steps == [2 * match.turns, match.turns]
        and len(taught) == 2 * match.turns
        and pilots[0].agent.endings == 2
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
                    "members": [
                        {"character": "red", "actions": ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]}
                    ],
                },
            ],
        }
    )


def test_characters_of_teams_are_found_out_where_they_are_not_named():
    config = tron_config({"board": True})
    game = tron.create_game()
    assert own_characters(config.teams, True, game) == [["A", "a"], ["B", "b"]]
    for team in config.teams:
        team.characters = []
    assert own_characters(config.teams, True, game) == [["A"], ["B"]]
    assert own_characters(config.teams, False, game) == [[], []]


# Training


def make(tmp_path, game, *flags):
    run = tmp_path / game
    assert main(["create", "--game", game, "--output", str(run), *TINY, *flags]) == 0
    return RunDirectory(run)


def state_of(run):
    """Everything that a training leaves, apart from what the clock says."""
    resume = load_checkpoint(run.resume_path)
    facts = {key: value for key, value in resume.facts.items() if key != "seconds"}
    files = sorted(str(path.relative_to(run.path)) for path in run.checkpoints_path.rglob("*.npz"))
    policies = [load_checkpoint(run.path / name) for name in files]
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in run.read_metrics()]
    arrays = {
        f"{i}/{key}": value for i, policy in enumerate(policies) for key, value in policy.arrays.items()
    }
    return facts, rows, files, [policy.facts for policy in policies], {**resume.arrays, **arrays}


def assert_same(one, other):
    assert one[:4] == other[:4]
    assert one[4].keys() == other[4].keys()
    for name in one[4]:
        assert np.array_equal(one[4][name], other[4][name]), name


@pytest.mark.parametrize("game", ["tron", "tag", "wolves"])
def test_training_in_pieces_is_training_in_one_go(tmp_path, game):
    whole, pieces = make(tmp_path / "a", game), make(tmp_path / "b", game)
    SelfPlayTrainer(whole).train(episodes=40)
    for episodes in (3, 11, 19, 7):
        SelfPlayTrainer(pieces).train(episodes=episodes)
    one, other = state_of(whole), state_of(pieces)
    # A goal reached in between leaves a checkpoint and a row of its own; weights, memories, ratings and ghosts are the same.
    for name in ("rating", "learner_steps"):
        assert [policy[name] for policy in one[0]["policies"]] == [
            policy[name] for policy in other[0]["policies"]
        ]
    assert one[0]["controller"] == other[0]["controller"] and one[0]["clocks"] == other[0]["clocks"]
    for name, array in load_checkpoint(whole.resume_path).arrays.items():
        assert np.array_equal(array, load_checkpoint(pieces.resume_path).arrays[name]), name


WALKERS = """
import random
from retro_gamer.games import Game


class Walker:
    def __init__(self, name, character, keys, position, size=None):
        self.name, self.character, self.keys, self.position, self.size = name, character, keys, position, size

    def handle_keystroke(self, keystroke, game):
        if str(keystroke) in self.keys:
            step = 1 if self.keys.index(str(keystroke)) else -1
            self.position = (max(0, min(8, self.position[0] + step)), self.position[1])


class Newcomer:
    def __init__(self, character):
        self.character, self.position = character, (4, 2)


class Referee:
    display = False

    def play_turn(self, game):
        if game.turn_number == 10:
            if random.random() < 0.6:
                game.add_agent(Newcomer(random.choice("cdefghijklmnopqrstuvwxyz")))
            won = random.choice([1, -1])
            game.state["a"] += won
            game.state["b"] -= won
            game.end()


def create_game():
    both = [Walker("A", {look_a!r}, "xy", (1, 1), {size}), Walker("B", {look_b!r}, "vw", (6, 3), {size})]
    return Game([*both, Referee()], {{"a": 0, "b": 0}}, board_size=(10, 5))
"""
WALKERS_TEAMS = """
[tool.retro-gamer]
character_set = ["A", "B"]

[[tool.retro-gamer.teams]]
name = "A"
reward = "a"
members = [{ character = "A", actions = ["x", "y"] }]

[[tool.retro-gamer.teams]]
name = "B"
reward = "b"
members = [{ character = "B", actions = ["v", "w"] }]

[tool.retro-gamer.self_play]
"""


@pytest.fixture
def walkers(tmp_path, monkeypatch):
    """Writes a game of two teams, and makes runs of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(self_play="", change=("", ""), look_a="A", look_b="B", size=None):
        game = WALKERS.format(look_a=look_a, look_b=look_b, size=size).replace(*change)
        (tmp_path / "walkers.py").write_text(game, "utf-8")
        (tmp_path / "pyproject.toml").write_text(WALKERS_TEAMS + self_play, "utf-8")
        return [
            "create",
            "--game",
            "walkers.py",
            "--hidden-sizes",
            "8",
            "--batch-size",
            "8",
            "--memory-capacity",
            "500",
            "--save-steps",
            "100",
            "--team-change",
            "200",
            "--output",
        ]

    yield write
    sys.modules.pop("walkers", None)


def test_new_characters_leave_a_resume_exact(walkers):
    create = walkers("swap_steps = 50")
    assert main([*create, "whole"]) == 0
    whole = RunDirectory("whole")
    SelfPlayTrainer(whole).train(episodes=48)
    assert SelfPlayTrainer(whole).vocabulary.n_symbols > 16  # the networks have grown, and more than once
    for stop in range(1, 48, 3):
        name = f"stopped_{stop}"
        assert main([*create, name]) == 0
        SelfPlayTrainer(RunDirectory(name)).train(episodes=stop)
        SelfPlayTrainer(RunDirectory(name)).train(episodes=48 - stop)
        arrays = load_checkpoint(RunDirectory(name).resume_path).arrays
        for key, array in load_checkpoint(whole.resume_path).arrays.items():
            assert np.array_equal(array, arrays[key]), (stop, key)


def test_characters_of_several_cells_can_be_symmetric(walkers):
    assert (
        main([*walkers("shared_policy = true", look_a=["Aa", "aA"], look_b=["Bb", "bB"], size=(2, 2)), "run"])
        == 0
    )
    trainer = SelfPlayTrainer(RunDirectory("run"))
    assert trainer.table.characters == [["A", "a"], ["B", "b"]]
    trainer.train(episodes=3)
    assert TrainedPolicy("run", team="B").checkpoint == "ep_0003"


@pytest.mark.parametrize("command", ["create", "train"])
def test_an_error_while_the_board_is_looked_at_names_the_games_line(walkers, capsys, command):
    broken = (
        "class Newcomer:",
        """    @property
    def character(self):
        return {0: self.shown}[int(BROKEN)]

    @character.setter
    def character(self, value):
        self.shown = value


BROKEN = False


class Newcomer:""",
    )
    create = walkers(change=broken)
    if command == "train":
        assert main([*create, "run"]) == 0
        sys.modules["walkers"].BROKEN = True
        status = main(["train", "run"])
    else:
        path = "walkers.py"
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("BROKEN = False", "BROKEN = True")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        status = main([*create, "run"])
    error = capsys.readouterr().err
    assert status == 1 and "KeyError" in error and "walkers.py, line" in error, error


def test_two_members_that_are_one_character_are_refused(walkers, capsys):
    create = walkers(change=('"B", ', '"second", '))
    with open("pyproject.toml", encoding="utf-8") as file:
        text = file.read().replace('character = "B"', 'character = "Walker"')
    with open("pyproject.toml", "w", encoding="utf-8") as file:
        file.write(text)
    assert main([*create, "run"]) == 2
    assert "The members 'A' and 'Walker' are one and the same character." in capsys.readouterr().err


def test_what_teams_make_useless_is_refused(walkers, capsys):
    assert main([*walkers(), "run", "--reward", "a", "--actions", "x"]) == 2
    assert "actions, reward: the game has teams" in capsys.readouterr().err


def test_swap_steps_of_a_description_are_those_of_all_teams(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    text = Path(wolves.__file__).with_name("pyproject.toml").read_text("utf-8")
    Path("pyproject.toml").write_text(
        text + "\n[tool.retro-gamer.self_play]\nswap_steps = 777\n"
        if "self_play]" not in text
        else text.replace("self_play]", "self_play]\nswap_steps = 777"),
        "utf-8",
    )
    Path("pack.py").write_text("from retro_gamer.games.wolves import create_game\n", "utf-8")
    assert main(["create", "--game", "pack.py", "--output", "run"]) == 0
    config = RunDirectory("run").load_config()
    assert config.self_play.swap_steps == 777 and [team.swap_steps for team in config.teams] == [0, 0]


def train_and_stop(run, episode):
    trainer = SelfPlayTrainer(run)
    trainer.train(
        episodes=40 - trainer.episode, on_episode=lambda status: episode <= status.episode and trainer.stop()
    )
    return trainer.episode


@pytest.mark.parametrize("game", ["tron", "wolves"])
def test_stopping_anywhere_changes_nothing(tmp_path, game):
    whole, pieces = make(tmp_path / "a", game), make(tmp_path / "b", game)
    SelfPlayTrainer(whole).train(episodes=40)
    for stop_after in (2, 9, 10, 24):
        assert train_and_stop(pieces, stop_after) == stop_after
    trainer = SelfPlayTrainer(pieces)
    trainer.train(episodes=40 - trainer.episode)
    assert_same(state_of(whole), state_of(pieces))


CHILD = """
import sys
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.trainer import SelfPlayTrainer
from retro_gamer.training import trainer
trainer.SECONDS_BETWEEN_RESUME_STATES = 0.0
run = RunDirectory(sys.argv[1])
with run.locked():
    training = SelfPlayTrainer(run)
    print("start", flush=True)
    training.train(episodes=int(sys.argv[2]) - training.episode)
"""


def kill_again_and_again(run, kills, goal, chance):
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(run), str(goal)],
            stdout=subprocess.PIPE,
            env=child_environment(),
        )
        if chance.random() < 0.9:
            process.stdout.readline()
        time.sleep(chance.random() * 0.5)
        process.kill()
        process.communicate()


@pytest.mark.parametrize("game, kills", [("tag", 4)])
def test_killed_anywhere_it_goes_on_as_if_never_killed(tmp_path, game, kills):
    whole, killed, goal = make(tmp_path / "a", game), make(tmp_path / "b", game), 300
    kill_again_and_again(killed, kills, goal, random.Random(1))
    for run in (whole, killed):
        trainer = SelfPlayTrainer(run)
        trainer.train(episodes=goal - trainer.episode)
    assert_same(state_of(whole), state_of(killed))
    assert not killed.left_behind()


def test_teams_take_turns_and_leave_snapshots(tmp_path):
    run = make(tmp_path, "tag")
    trainer = SelfPlayTrainer(run)
    assert [run.of(name).find_checkpoint().stem for name in ("chaser", "runner")] == ["ep_0000", "ep_0000"]
    trainer.train(episodes=30)
    rows = run.read_metrics()
    assert {row["team"] for row in rows} == {"chaser", "runner"} and rows[0]["team"] == "chaser"
    assert all(row["rating"] > 0 for row in rows)
    for name, policy in trainer.policies.items():
        names = [path.stem for _, path in run.of(name).checkpoints()]
        window = [snapshot.name for snapshot in policy.window.snapshots]
        assert len(window) == 3 and set(window) <= set(names[-4:])
    assert sum(policy.learner_steps for policy in trainer.policies.values()) == trainer.turns
    assert sum(clock.steps for clock in trainer.clocks) == trainer.turns
    line = run.log_path.read_text("utf-8").splitlines()[-1]
    assert "team=" in line and "rating=" in line and "won=" in line and "ghost_steps=" in line


def read_rating(run, name):
    return load_checkpoint(run.of(name).find_checkpoint()).facts["rating"]


def test_without_its_resume_state_training_goes_on_from_the_newest_policies(tmp_path):
    run = make(tmp_path, "tag")
    before = SelfPlayTrainer(run)
    before.train(episodes=30)
    run.resume_path.unlink()
    after = SelfPlayTrainer(run)
    assert after.episode == 30 and after.turns == before.turns
    for name, policy in after.policies.items():
        # The rating it had when it was saved: the points it won since, played against by others, are lost.
        assert policy.rating == pytest.approx(read_rating(run, name))
        assert abs(policy.rating - before.policies[name].rating) < 3 * before.config.self_play.elo_k
        assert {snapshot.name for snapshot in policy.window.snapshots} <= {
            path.stem for _, path in run.of(name).checkpoints()
        } and policy.window.snapshots
        for key, value in policy.agent.get_policy().items():
            assert np.array_equal(value, before.policies[name].agent.get_policy()[key])
    after.train(episodes=10)
    numbers = [row["episode"] for row in run.read_metrics()]
    assert after.episode == 40 and numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "change",
    [('name = "runner"', 'name = "hare"'), ("[self_play]", "[self_play]\nshared_policy = true")],
    ids=["renamed", "shared"],
)
def test_training_does_not_go_on_with_other_teams(tmp_path, capsys, change):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=2)
    text = run.config_path.read_text("utf-8")
    lines = [
        line
        for line in text.splitlines()
        if not (change[0] == "[self_play]" and line.startswith("shared_policy"))
    ]
    run.config_path.write_text("\n".join(lines).replace(*change, 1), "utf-8")
    before = run.resume_path.read_bytes()
    assert main(["train", str(run)]) == 2
    said = capsys.readouterr().err
    assert "cannot go on" in said and "policies" in said and "was: ['chaser', 'runner']" in said, said
    assert run.resume_path.read_bytes() == before


def test_a_team_of_which_one_has_left_is_asked_for_the_other(tmp_path):
    run = make(tmp_path, "wolves")
    SelfPlayTrainer(run).train(episodes=2)
    ai = TrainedPolicy(run.path, team="wolves")
    game = wolves.create_game()
    game.start()
    game.remove_agent(find_character(game, "first wolf"))
    second = find_character(game, "second wolf")
    assert ai.get_action(game) == ai.get_action(game, agent=second) and ai.q_values(game) == ai.q_values(
        game, agent=second
    )


def test_a_checkpoint_stands_for_all_teams_at_that_time(tmp_path, capsys):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=30)
    numbers = {team: [number for number, _ in run.of(team).checkpoints()] for team in ("chaser", "runner")}
    alone = next(number for number in numbers["chaser"] if number and number not in numbers["runner"])
    assert main(["evaluate", str(run), "--games", "2", "--checkpoint", f"ep_{alone:04d}"]) == 0
    assert main(["evaluate", str(run), "--games", "2", "--checkpoint", "ep_9999"]) == 1
    assert "There is no checkpoint 'ep_9999'" in capsys.readouterr().err
    table = Table(run)
    for team, name in enumerate(("chaser", "runner")):
        expected = load_checkpoint(
            run.of(name).checkpoint_path(max(n for n in numbers[name] if n <= alone))
        ).arrays
        found = table.pilot(team, str(alone)).agent.get_policy()
        assert all(np.array_equal(found[key], expected[key]) for key in found)


def test_a_policy_does_not_play_for_a_team_that_came_later(tmp_path):
    run = make(tmp_path, "tron")
    SelfPlayTrainer(run).train(episodes=2)
    with open(run.config_path, "a", encoding="utf-8") as file:
        file.write("""
[[teams]]
name = "green"
reward = "reward_green"
characters = ["C", "c"]
members = [{ character = "green", actions = ["1", "2", "3", "4"] }]
""")
    assert TrainedPolicy(run.path, team="red").checkpoint
    with pytest.raises(CheckpointError, match="was trained for 2 teams"):
        TrainedPolicy(run.path, team="green")


def test_a_policy_that_was_not_made_by_self_play_plays_for_no_team(tmp_path):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=2)
    path = run.of("chaser").find_checkpoint()
    facts, arrays = load_checkpoint(path)
    for lacking in ("own_characters", "rating", "learner_steps"):
        run.save_policy(path, {name: value for name, value in facts.items() if name != lacking}, arrays)
        for use in (lambda: TrainedPolicy(run.path, team="chaser"), lambda: Table(run).pilot(0)):
            with pytest.raises(CheckpointError, match="was not made by self-play"):
                use()
    assert TrainedPolicy(run.path, team="runner").checkpoint == "ep_0000"


@pytest.mark.parametrize("with_resume", [True, False])
def test_added_characters_grow_the_networks_of_all_teams(tmp_path, with_resume):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=12)
    if not with_resume:
        run.resume_path.unlink()
    text = run.config_path.read_text("utf-8")
    more = ", ".join(f'"{letter}"' for letter in "abcdefghijklmnopqrst")
    run.config_path.write_text(text.replace("character_set = [", f"character_set = [{more}, "), "utf-8")
    trainer = SelfPlayTrainer(run)
    trainer.train(episodes=12)
    assert trainer.episode == 24 and trainer.vocabulary.n_symbols > 20
    assert all(policy.agent.n_symbols == trainer.vocabulary.n_symbols for policy in trainer.policies.values())
    SelfPlayTrainer(run).train(episodes=2)


def test_old_snapshots_thin_out_but_for_the_window(tmp_path):
    run = make(tmp_path, "tag", "--keep-checkpoints", "3", "--save-steps", "30")
    trainer = SelfPlayTrainer(run)
    trainer.train(episodes=40)
    for name, policy in trainer.policies.items():
        there = [path.stem for _, path in run.of(name).checkpoints()]
        assert {snapshot.name for snapshot in policy.window.snapshots} <= set(there) and there[0] == "ep_0000"
        assert len(there) <= 1 + 3 + 3 + 1 < len(run.read_metrics())
    assert SelfPlayTrainer(run).opponents.keys() == trainer.opponents.keys()


def test_the_team_that_does_not_learn_keeps_its_weights(tmp_path):
    run = make(tmp_path, "tag", "--team-change", "100000")
    trainer = SelfPlayTrainer(run)
    before = {name: policy.agent.get_policy() for name, policy in trainer.policies.items()}
    before = {name: {key: value.copy() for key, value in policy.items()} for name, policy in before.items()}
    trainer.train(episodes=12)
    after = {name: policy.agent.get_policy() for name, policy in trainer.policies.items()}
    same = {
        name: all(np.array_equal(before[name][key], after[name][key]) for key in after[name])
        for name in after
    }
    assert same == {"chaser": False, "runner": True}


def test_ghosts_are_swapped_after_so_many_ghost_steps(tmp_path):
    trainer = SelfPlayTrainer(
        make(
            tmp_path,
            "tag",
            "--swap-steps",
            "60",
            "--team-change",
            "100000",
            "--play-against-latest-model-ratio",
            "0",
        )
    )
    swaps, opponent = [], trainer.opponents[1]

    def watch(status):
        nonlocal opponent
        if trainer.opponents[1] is not opponent:
            opponent = trainer.opponents[1]
            swaps.append(trainer.clocks[1].steps)

    trainer.train(episodes=20, on_episode=watch)
    gaps = np.diff([0, *swaps])
    assert (
        len(swaps) >= 3 and (gaps >= 60).all() and (gaps <= 60 + 2 * 30).all()
    )  # a game has at most 30 turns


def test_ratings_and_results_follow_from_the_games(tmp_path, monkeypatch):
    trainer = SelfPlayTrainer(duel_run(tmp_path, self_play={"play_against_latest_model_ratio": 0.0}))
    snapshot = trainer.opponents[1].snapshot
    match = trainer._play_game
    ratings = [trainer.learner.rating, snapshot.rating]
    outcomes = []
    monkeypatch.setattr(
        "retro_gamer.selfplay.trainer.play_match",
        lambda *args: outcomes.append(play_match(*args)) or outcomes[-1],
    )
    match()
    won = result_between(*outcomes[0].outcomes)
    assert [trainer.learner.rating, snapshot.rating] == [1200 + 16 * (won - 0.5), 1200 - 16 * (won - 0.5)]
    assert ratings == [1200, 1200] and trainer.results[int(2 - 2 * won)] == 1 and sum(trainer.results) == 1
    assert trainer.tallies[0] == trainer.results and trainer.tallies[1] == [0, 0, 0]
    shown = [line.split()[1] for line in trainer.describe_teams().splitlines()[1:]]
    assert shown == [f"{trainer.learner.rating:.0f}", "1200"]


def test_against_itself_no_rating_changes(tmp_path):
    trainer = SelfPlayTrainer(make(tmp_path, "tron", "--play-against-latest-model-ratio", "1"))
    trainer.train(episodes=8)
    assert trainer.learner.rating == pytest.approx(1200) and sum(trainer.results) == 0


def test_missing_and_broken_snapshots_are_named_and_the_rest_goes_on(tmp_path):
    run = make(tmp_path, "tag", "--play-against-latest-model-ratio", "0", "--team-change", "100000")
    SelfPlayTrainer(run).train(episodes=20)
    folder = run.of("runner").checkpoints_path
    facts = load_checkpoint(folder / "ep_0000.npz")
    for name in ("ep_0003", "ep_0004"):
        run.save_policy(folder / f"{name}.npz", *facts)
    trainer = SelfPlayTrainer(run)
    for name in ("ep_0003", "ep_0004"):
        trainer.policies["runner"].window.push(name, 1200)
    (folder / "ep_0003.npz").unlink()
    (folder / "ep_0004.npz").write_bytes(b"broken")
    told = []
    trainer.train(episodes=60, on_notice=told.append)
    left = [snapshot.name for snapshot in trainer.policies["runner"].window.snapshots]
    assert trainer.episode == 80 and left == ["ep_0000"]
    assert len(told) == 2 and all("is left out" in text for text in told)
    assert sum("ep_0003" in text and "no checkpoint" in text for text in told) == 1


def test_rewards_that_do_not_add_up_to_zero_are_told_once(tmp_path):
    run = duel_run(tmp_path)
    config = run.load_config()
    config.teams[1].reward = "turns"
    run.config_path.write_text(config.to_toml(), "utf-8")
    told = []
    SelfPlayTrainer(run, create_duel).train(episodes=250, on_notice=told.append)
    assert len([text for text in told if "add up to zero" in text]) == 1
    told.clear()
    SelfPlayTrainer(duel_run(tmp_path / "fair"), create_duel).train(episodes=250, on_notice=told.append)
    assert not told


def test_games_of_one_turn_are_learned_from(tmp_path):
    """Against somebody who always shows the same, a table finds what beats it."""
    run = duel_run(
        tmp_path,
        training={"algorithm": "q_learning", "learning_rate": 0.2, "epsilon_decay_turns": 300},
        self_play={"team_change": 1000, "save_steps": 1000, "swap_steps": 1000},
    )
    trainer = SelfPlayTrainer(run, create_duel)
    trainer.opponents[1] = Opponent(None, Pilot(Always(0), trainer.policies["right"].pilot.encoder))
    trainer.train(episodes=400)
    pilots = [trainer.learner.pilot, trainer.opponents[1].pilot]
    assert play_match(trainer.environment, pilots).outcomes == [1, -1]


# Tournaments


def points(share, games=400):
    return np.repeat([1.0, 0.0], [round(games * share), games - round(games * share)])


def test_fitted_ratings_agree_with_elos_formula():
    share = expected_score(1400, 1200)
    ratings = fit_ratings(
        3,
        [
            Pairing(0, 1, points(share, 40000)),
            Pairing(1, 2, points(share, 40000)),
            Pairing(0, 2, points(expected_score(1600, 1200), 40000)),
        ],
    )
    assert ratings == pytest.approx([1400, 1200, 1000], abs=2)


def test_someone_who_never_wins_has_a_finite_rating_and_intervals_hold_the_rating():
    pairings = [Pairing(0, 1, points(1.0)), Pairing(1, 2, points(0.6)), Pairing(0, 2, points(0.97))]
    ratings, intervals = fit_ratings(3, pairings), rating_intervals(3, pairings)
    assert np.isfinite(ratings).all() and ratings[0] > ratings[1] > ratings[2]
    assert (intervals[:, 0] <= ratings).all() and (ratings <= intervals[:, 1]).all()


def test_a_circle_is_found_and_ratings_do_not_lie_about_it():
    pairings = [
        Pairing(0, 1, points(0.9)),
        Pairing(1, 2, points(0.9)),
        Pairing(2, 0, points(0.9)),
        Pairing(0, 3, points(0.9)),
        Pairing(1, 3, points(0.9)),
        Pairing(2, 3, points(0.9)),
    ]
    cycle = find_cycle(4, beaten(pairings))
    assert len(cycle) == 3 and set(cycle) == {0, 1, 2} and (cycle.index(1) - cycle.index(0)) % 3 == 1
    ratings = fit_ratings(4, pairings)
    assert np.ptp(ratings[:3]) < 1 and ratings[3] < ratings[0] - 200
    assert (
        find_cycle(4, beaten([*pairings[:2], Pairing(2, 0, points(0.52)), *pairings[3:]])) == []
    )  # may be luck


def test_spread_takes_first_and_last():
    assert spread(list(range(100)), 4) == [0, 33, 66, 99]
    assert spread([1, 2], 8) == [1, 2] and spread([1, 2, 3], 1) == [3]


@pytest.mark.parametrize("game, n_players", [("tron", 3), ("wolves", 6)])
def test_a_tournament_of_a_run(tmp_path, capsys, game, n_players):
    run = make(tmp_path, game)
    SelfPlayTrainer(run).train(episodes=40)
    result = play_tournament(run, 3, 6, seed=0)
    assert len(result.players) == n_players == len(result.ratings)
    assert all(len(pairing.points) == 6 for pairing in result.pairings)
    assert len(result.pairings) == (3 if game == "tron" else 9)
    assert main(["tournament", str(run), "--snapshots", "3", "--games", "6"]) == 0
    text = capsys.readouterr().out
    assert "ep_0000" in text and "higher rating" in text and ("circle" in text or "who is stronger" in text)
    assert main(["tournament", str(run), "--snapshots", "3", "--games", "6", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert len(data["ratings"]) == n_players and data["ratings"] == pytest.approx(result.ratings.tolist())


def test_rock_paper_scissors_is_a_circle(tmp_path):
    """Three policies that always show the same: each beats one other, and all are rated alike."""
    config = RunConfig.from_dict(DUEL)
    environment, pairings = TeamEnvironment(config, create_duel), []
    for one, other in ((0, 1), (1, 2), (2, 0)):
        results = [
            result_between(*play_match(environment, pilots_for(config, *actions)).outcomes)
            for actions in [(one, other)] * 30
        ]
        pairings.append(Pairing(one, other, np.array(results)))
    assert np.ptp(fit_ratings(3, pairings)) < 1e-6
    assert len(find_cycle(3, beaten(pairings))) == 3


# What users do


def test_train_play_evaluate_and_use_a_run_with_teams(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = make(tmp_path, "wolves")
    assert main(["train", str(run), "--episodes", "5"]) == 0
    said = capsys.readouterr().out
    assert "ghost steps" in said and "against snapshots" in said
    assert "first wolf" in said and "against random play" in said and "team='wolves'" in said
    assert main(["evaluate", str(run), "--games", "4"]) == 0
    assert "wolves" in capsys.readouterr().out
    assert main(["evaluate", str(run), "--games", "4", "--json"]) == 0
    assert [sum(row["against_random"]) for row in json.loads(capsys.readouterr().out)["teams"]] == [4, 4]
    assert main(["info", str(run)]) == 0
    assert "sheep" in capsys.readouterr().out
    assert main(["play", str(run), "--seed", "1"]) == 0
    assert "wolves" in capsys.readouterr().out
    hunters, sheep = TrainedPolicy(run.path, team="wolves"), TrainedPolicy(run.path, team="sheep")
    game = wolves.create_game()
    game.input_source = PolicyInput(hunters, game)
    game.start()
    game.step()
    first, second = (game.get_agent_by_name(name) for name in ("first wolf", "second wolf"))
    assert hunters.get_action(game, agent=first) in ["d", "w", "a", "s", None]
    assert hunters.get_action(game, agent=second) in ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN", None]
    assert set(sheep.q_values(game)) == {"l", "i", "j", "k", None}
    assert len(hunters.keys(game)) <= 2 and len(sheep.keys(game)) <= 1
    assert main(["clean", str(run), "--yes"]) == 0
    assert sorted(path.name for path in run.path.rglob("*") if path.is_file()) == ["config.toml"]


def test_a_team_must_be_named_and_known(tmp_path):
    run = make(tmp_path, "tag")
    with pytest.raises(ConfigError, match="team='chaser'. The teams are: chaser, runner"):
        TrainedPolicy(run.path)
    with pytest.raises(ConfigError, match="no team 'bird'"):
        TrainedPolicy(run.path, team="bird")
    assert TrainedPolicy(run.path, team="runner", if_missing="random").keys(tag.create_game()) is not None
    single = tmp_path / "single"
    assert main(["create", "--game", "catch", "--output", str(single)]) == 0
    with pytest.raises(ConfigError, match="has no teams"):
        TrainedPolicy(single, team="runner")


def broken(change):
    data = json.loads(json.dumps(DUEL))
    change(data)
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict(data)
    return str(caught.value)


def test_keys_that_two_characters_listen_to_are_refused():
    text = broken(lambda data: data["teams"][1]["members"][0].update(actions=["a", "KEY_RIGHT"]))
    assert "'a' is a key of left and of right" in text and "all keys" in text


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda data: data["teams"][0].pop("reward"), "has no reward"),
        (lambda data: data["teams"][0].pop("members"), "has no members"),
        (lambda data: data["teams"].pop(), "2 to 16 teams"),
        (lambda data: data["teams"][0].update(name="right"), "Two teams have this name"),
        (lambda data: data["teams"][0].update(name="../x"), "folder of its name"),
        (lambda data: data["teams"][0].update(colour="red"), "no such setting of a team"),
        (
            lambda data: data["teams"][0]["members"][0].update(actions=["KEY_LEF", "b"]),
            "Did you mean KEY_LEFT",
        ),
        (lambda data: data["teams"][0].update(members="left"), "list of characters"),
        (lambda data: data.update(teams={"name": "left"}), "section of its own"),
        (lambda data: data["self_play"].update(window=0), "window = 0"),
        (
            lambda data: (
                data["self_play"].update(shared_policy=True),
                data["teams"][0]["members"][0].update(actions=["a", "b", "c"]),
            ),
            "equally many keys",
        ),
        (
            lambda data: (
                data["self_play"].update(shared_policy=True),
                data["teams"][0].update(characters=["x"]),
            ),
            "as many characters",
        ),
        (lambda data: data["metadata"].update(observation_function="a:b"), "without knowing for which team"),
    ],
)
def test_what_cannot_be_teams_is_refused_with_an_explanation(change, message):
    assert message in broken(change)


def test_a_character_or_reward_that_the_game_lacks_is_named(tmp_path):
    run = duel_run(tmp_path / "a")
    config = run.load_config()
    config.teams[0].members[0].character = "middle"
    run.config_path.write_text(config.to_toml(), "utf-8")
    with pytest.raises(
        ConfigError, match="'middle', but a new game has none of that name or class. It has: left, right"
    ):
        SelfPlayTrainer(run, create_duel)
    run = duel_run(tmp_path / "b")
    config = run.load_config()
    config.teams[0].reward = "gold"
    run.config_path.write_text(config.to_toml(), "utf-8")
    with pytest.raises(
        ConfigError, match="'gold', but the state of a new game has no such value. It has: left, right"
    ):
        SelfPlayTrainer(run, create_duel)


def test_changed_keys_or_sides_are_refused_when_training_goes_on(tmp_path):
    run = make(tmp_path, "tag")
    SelfPlayTrainer(run).train(episodes=2)
    text = run.config_path.read_text("utf-8")
    run.config_path.write_text(text.replace('["d", "w", "a", "s"]', '["d", "w", "a", "x"]'), "utf-8")
    with pytest.raises(ConfigError, match="actions"):
        SelfPlayTrainer(run)


def test_a_run_without_teams_has_no_table_and_no_settings_for_it(tmp_path, capsys):
    run = tmp_path / "single"
    assert main(["create", "--game", "catch", "--output", str(run), "--window", "3"]) == 2
    assert (
        "window: settings of self-play, but the game's description names no teams" in capsys.readouterr().err
    )
    assert main(["create", "--game", "catch", "--output", str(run)]) == 0
    with pytest.raises(ConfigError, match="no self-play run"):
        Table(RunDirectory(run))


# Adversarial training

GAMES = """
import os
from retro_gamer import TrainedPolicy
from retro_gamer.games import Game

{opponent} = TrainedPolicy("runs/{opponent}", if_missing="random")

class Mover:
    def __init__(self, name, x, policy=None):
        self.name, self.position, self.character, self.policy = name, (x, 0), name[0], policy
        if policy is None:
            self.handle_keystroke = self.go
    def go(self, keystroke, game):
        self.move(keystroke.name)
    def move(self, key):
        x = self.position[0] + dict(KEY_LEFT=-1, KEY_RIGHT=1).get(key, 0)
        self.position = (min(7, max(0, x)), 0)
    def play_turn(self, game):
        if self.policy is not None:
            self.move(self.policy.get_action(game))
        if self.name == "{me}":
            near = game.get_agent_by_name("player").position == game.get_agent_by_name("enemy").position
            game.state["reward"] += near if self.name == "enemy" else 1 - near
            if game.turn_number >= 8:
                game.end()

def create_game():
    mine = Mover("{me}", 2)
    other = Mover("{opponent}", 5, {opponent})
    return Game([other, mine], {{"reward": 0}}, board_size=(8, 1))
"""


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A player and an enemy, each trained in a game in which the other is a character."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for me, opponent in (("player", "enemy"), ("enemy", "player")):
        (tmp_path / f"{me}_game.py").write_text(GAMES.format(me=me, opponent=opponent), "utf-8")
        assert (
            main(
                [
                    "create",
                    "--game",
                    f"{me}_game.py",
                    "--output",
                    f"runs/{me}",
                    "--actions",
                    "KEY_LEFT,KEY_RIGHT",
                    "--reward",
                    "reward",
                    "--hidden-sizes",
                    "8",
                    "--batch-size",
                    "8",
                    "--memory-capacity",
                    "200",
                    "--player",
                    me,
                ]
            )
            == 0
        )
    yield tmp_path
    for name in ("player_game", "enemy_game"):
        sys.modules.pop(name, None)


def test_adversarial_training_takes_turns_and_ends_with_a_table(pair, capfd):
    assert (
        main(["adversarial", "runs/player", "runs/enemy", "--rounds", "2", "--episodes", "5", "--games", "3"])
        == 0
    )
    said = capfd.readouterr().out
    assert (
        "Round 1: runs/player has played 5 games" in said
        and "Round 2: runs/enemy has played 10 games" in said
    )
    table = [line.split() for line in said.splitlines() if line.startswith("round_")]
    assert [row[0] for row in table] == ["round_001", "round_002"] and all(len(row) == 3 for row in table)
    for me in ("player", "enemy"):
        folder = pair / "runs" / me / "checkpoints"
        assert load_checkpoint(folder / "round_002.npz").facts["episode"] == 10
        assert TrainedPolicy(folder.parent, checkpoint="round_001").checkpoint == "round_001"
    assert (
        main(["adversarial", "runs/player", "runs/enemy", "--rounds", "3", "--episodes", "5", "--games", "2"])
        == 0
    )
    said = capfd.readouterr().out  # two rounds are there already
    assert "Round 2" not in said and "Round 3: runs/enemy has played 15 games" in said


def test_adversarial_training_goes_on_where_it_was_stopped(pair, capfd):
    assert main(["train", "runs/player", "--episodes", "3"]) == 0  # as if killed in the middle of round 1 ...
    (pair / "runs/player/adversarial.json").write_text("{}", "utf-8")
    assert (
        main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "5", "--games", "2"])
        == 0
    )
    assert "runs/player has played 5 games" in capfd.readouterr().out
    assert not (pair / "runs/player/checkpoints/round_000.npz").exists()


def test_adversarial_training_after_a_kill_goes_on_from_the_resume_state(pair, capfd):
    assert main(["train", "runs/player", "--episodes", "4"]) == 0
    state = (pair / "runs/player/resume.npz").read_bytes()
    assert main(["train", "runs/player", "--episodes", "5"]) == 0
    (pair / "runs/player/resume.npz").write_bytes(state)  # the newest state is older than the newest policy
    (pair / "runs/player/adversarial.json").write_text("{}", "utf-8")
    assert (
        main(
            ["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "10", "--games", "2"]
        )
        == 0
    )
    said = capfd.readouterr().out
    assert "runs/player has played 10 games" in said and "round_001" in said and "Stopped" not in said


def test_adversarial_training_is_for_two_ordinary_runs(pair, capfd):
    assert main(["create", "--game", "tag", "--output", "runs/tag", *TINY]) == 0
    for arguments, message in (
        (["runs/player", "runs/../runs/player"], "are one run"),
        (["runs/player", "runs/tag"], "runs/tag is a self-play run"),
    ):
        assert main(["adversarial", *arguments]) == 2
        assert message in capfd.readouterr().err
    assert not (pair / "runs/player/checkpoints").exists()


def test_a_side_that_was_changed_stops_the_rounds_as_wrong_use(pair, capfd):
    assert main(["train", "runs/enemy", "--episodes", "2"]) == 0
    path = pair / "runs/enemy/config.toml"
    path.write_text(path.read_text("utf-8").replace("hidden_sizes = [8]", "hidden_sizes = [9]"), "utf-8")
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "2"]) == 2
    error = capfd.readouterr().err
    assert "hidden_sizes" in error and "cannot go on" in error and "the same command goes on" not in error


def test_what_was_trained_before_is_round_zero(pair, capfd):
    assert main(["train", "runs/enemy", "--episodes", "4"]) == 0
    assert (
        main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "2", "--games", "2"])
        == 0
    )
    assert "runs/enemy has played 6 games" in capfd.readouterr().out
    assert load_checkpoint(pair / "runs/enemy/checkpoints/round_000.npz").facts["episode"] == 4


@pytest.mark.skipif(os.name != "posix", reason="signals of a terminal")
def test_ctrl_c_stops_adversarial_training_and_the_same_command_goes_on(pair):
    command = [
        sys.executable,
        "-m",
        "retro_gamer",
        "adversarial",
        "runs/player",
        "runs/enemy",
        "--rounds",
        "1",
        "--games",
        "2",
    ]
    process = subprocess.Popen(
        [*command, "--episodes", "1000000"], stdout=subprocess.PIPE, env=child_environment()
    )
    player = RunDirectory("runs/player")
    try:
        deadline = time.monotonic() + 60
        while not player.checkpoints() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGINT)
    assert b"Stopped, and saved" in process.communicate(timeout=60)[0] and process.returncode == 0
    played = player.checkpoints()[-1][0]
    assert played > 0 and not list(player.checkpoints_path.glob("round_*"))
    done = subprocess.run(
        [*command, "--episodes", str(played + 3)],
        stdout=subprocess.PIPE,
        env=child_environment(),
        timeout=300,
    )
    assert f"runs/player has played {played + 3} games".encode() in done.stdout and done.returncode == 0


def test_a_failing_side_stops_the_rounds_with_its_message(pair, capfd):
    (pair / "enemy_game.py").write_text("raise RuntimeError('no enemy today')", "utf-8")
    assert main(["adversarial", "runs/player", "runs/enemy", "--rounds", "1", "--episodes", "2"]) == 1
    error = capfd.readouterr().err
    assert "no enemy today" in error and "exit status" in error and "Traceback" not in error
    assert (pair / "runs/player/checkpoints/round_001.npz").is_file()


def test_the_pages_alternation_as_printed(pair):
    for _ in range(2):
        for me in ("player", "enemy"):
            done = subprocess.run(
                [sys.executable, "-m", "retro_gamer", "train", f"runs/{me}", "--episodes", "2"],
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stderr
    assert RunDirectory("runs/player").find_checkpoint().stem == "ep_0004"
    shutil.rmtree("runs/enemy/checkpoints")
    assert TrainedPolicy("runs/enemy", if_missing="random").checkpoint is None
