"""Small self-play runs and games for the tests of self-play."""

from __future__ import annotations

import json

import pytest

from retro_gamer.agents.agent import Agent
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.teams import (
    TeamEncoder,
)
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError
from retro_gamer.games.engine import Game
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play_run import TeamPolicy

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
    "game": {"module": "selfplay_runs", "factory": "selfplay_runs:create_duel"},
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
    config = RunConfig.from_dict({**DUEL, **{name: {**DUEL.get(name, {}), **values} for name, values in sections.items()}})
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


def policies_for(config, *actions):
    encoder = TeamEncoder(config, Vocabulary(config.metadata.character_set, grows=True), [[] for _ in config.teams])
    return [TeamPolicy(Always(action), encoder) for action in actions]


# Training


def make(tmp_path, game, *flags):
    run = tmp_path / game
    assert main(["create", "--game", game, "--output", str(run), *TINY, *flags]) == 0
    return RunDirectory(run)


def write_other(run, line, other):
    """Write another line in place of one in config.toml."""
    text = run.config_path.read_text("utf-8")
    assert text.count(line) == 1
    run.config_path.write_text(text.replace(line, other), "utf-8")


def broken(change):
    data = json.loads(json.dumps(DUEL))
    change(data)
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_dict(data)
    return str(caught.value)
