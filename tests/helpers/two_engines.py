"""Both engines, and keys to play on them."""

from __future__ import annotations

import random
from collections import deque

import pytest

from retro_gamer.games import catch, forager, snake, tag, tron, wolves

ARROWS = ("KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN")


SEEN = ("name", "position", "character", "display", "z", "size")


BUNDLED = {"snake": snake, "forager": forager, "catch": catch, "tron": tron, "tag": tag, "wolves": wolves}


TEAM_GAMES = ("tron", "tag", "wolves")


class Key(str):
    """A key as games see it: text with a name."""

    def __new__(cls, name):
        key = super().__new__(cls, "" if name.startswith("KEY_") else name)
        key.name = name if name.startswith("KEY_") else None
        return key


class Keys:
    """An input source that plays the given keys, one or none a turn."""

    def __init__(self, names=()):
        self.names = deque(names)

    def collect(self):
        name = self.names.popleft() if self.names else None
        return set() if name is None else {Key(name)}


def retro_game_class():
    return pytest.importorskip("retro.game").Game


def play(game, *names):
    """Play a turn for every key, or until the game is over."""
    game.input_source = Keys(names)
    game.start()
    for _ in names:
        game.step()
        if not game.playing:
            break
    return game


class Recorder:
    """Everything that can be seen of a game, in a form that can be compared between two runs."""

    def __init__(self):
        self.seen = []  # keeps the agents alive, so that no identity is used twice

    def number(self, agent):
        for number, other in enumerate(self.seen):
            if other is agent:
                return number
        self.seen.append(agent)
        return len(self.seen) - 1

    def cells(self, positions):
        return {cell: [self.number(agent) for agent in agents] for cell, agents in positions.items()}

    def snapshot(self, game):
        agents = [
            (self.number(agent), type(agent).__name__) + tuple(getattr(agent, key, None) for key in SEEN)
            for agent in game.agents
        ]
        return {
            "agents": agents,
            "names": {name: self.number(agent) for name, agent in game.agents_by_name.items()},
            "state": dict(game.state),
            "changed": (game.state.changed, game.view_position_changed),
            "playing": game.playing,
            "turn": game.turn_number,
            "keys": sorted(key.name or str(key) for key in getattr(game, "keys_pressed", ())),
            "cells": self.cells(game.agent_positions),
            "cells before": self.cells(game.prior_agent_positions),
            "view": (game.view_position, game.prior_view_position, game.view_size, game.board_size),
            "log": list(game.log_messages),
            "random": random.getstate(),
        }


def trajectory(create_game, seed, keys, turns):
    """The snapshots of one game, with the name of the error that ended it, if one did."""
    random.seed(seed)
    recorder = Recorder()
    record = []
    try:
        game = create_game()
        game.input_source = Keys(random.Random(seed).choice(keys) for _ in range(turns))
        game.start()
        record.append(recorder.snapshot(game))
        while game.playing and game.turn_number < turns:
            game.step()
            record.append(recorder.snapshot(game))
    except Exception as error:
        record.append(type(error).__name__)
    return record


def assert_same(ours, theirs):
    assert len(ours) == len(theirs), (ours[-1], theirs[-1])
    for turn, (our_turn, their_turn) in enumerate(zip(ours, theirs)):
        assert our_turn == their_turn, f"turn {turn}"
