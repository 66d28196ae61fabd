"""`create` finds out whether a game waits for a key."""

from __future__ import annotations

import sys

import pytest

from retro_gamer.discovery.choose_settings import choose_settings

GAME = """
from random import choice, randrange
from retro_gamer.games import Game
class Mark:
    def __init__(self, place): self.position, self.character = (place, 0), "X"
class Table:
    display, name = False, "table"
    def __init__(self): self.taken, self.age, self.tally = [], 0, {{}}
    def handle_keystroke(self, key, game):
        place = int(str(key)) - 1 if str(key) in [*"123"] else 0
        if place not in self.taken:
            self.taken.append(place)
            game.add_agent(Mark(place))
            game.state["score"] += place
            if len(self.taken) == 3: game.end()
    def play_turn(self, game):
        {then}
def create_game():
    return Game([Table()], {{"score": 0, "time": 0}}, board_size=(3, 1))
"""


def chosen(tmp_path, monkeypatch, then, **flags):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "waiting_game", raising=False)
    (tmp_path / "waiting_game.py").write_text(GAME.format(then=then), encoding="utf-8")
    config, messages, notes = choose_settings("waiting_game.py", flags)
    return config.metadata.turn_based, "\n".join(messages), notes


def test_a_game_that_waits_for_a_key_is_turn_based(tmp_path, monkeypatch):
    turn_based, messages, notes = chosen(tmp_path, monkeypatch, "pass")
    assert turn_based and "waits for a key" in messages
    assert "no key was pressed" in notes["metadata.turn_based"]


@pytest.mark.parametrize("flags, penalty", [({}, 1.0), ({"repeat_penalty": 0.2}, 0.2), ({"turn_based": False}, 0.1)])
def test_where_it_waits_what_gained_nothing_on_a_board_counts_least(tmp_path, monkeypatch, flags, penalty):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "waiting_game", raising=False)
    (tmp_path / "waiting_game.py").write_text(GAME.format(then="pass"), encoding="utf-8")
    assert choose_settings("waiting_game.py", flags)[0].training.repeat_penalty == penalty


@pytest.mark.parametrize(
    "then, turn_based",
    [
        ("if game.turn_number >= 9: game.end()", True),  # a limit of turns: nothing is gained by waiting
        ("self.age += 1", False),  # something may come of it
        ("game.state['time'] += 1", False),
        ("if game.turn_number % 7 == 0: game.add_agent(Mark(2))", False),
        ("self.tally[game.turn_number] = 1", True),  # cannot be seen into
    ],
)
def test_what_moves_by_itself_is_not(tmp_path, monkeypatch, then, turn_based):
    assert chosen(tmp_path, monkeypatch, then)[0] == turn_based


@pytest.mark.parametrize("flags", [{"turn_based": False}, {"algorithm": "q_learning"}])
def test_not_where_it_is_not_wanted(tmp_path, monkeypatch, flags):
    assert not chosen(tmp_path, monkeypatch, "pass", **flags)[0]


def test_not_where_a_character_is_seen_through_a_window():
    config, _, _ = choose_settings("forager")
    assert config.preprocessing.egocentric_radius and not config.metadata.turn_based


@pytest.mark.parametrize(
    "more, observed", [("", []), ("\n        if game.state['time'] < -2: game.state['time'] = 0", ["time"])]
)
def test_what_only_counts_moves_down_is_not_observed_there(tmp_path, monkeypatch, more, observed):
    counts = f"if place in self.taken: game.state['time'] -= 1{more}\n        if place not"
    monkeypatch.setattr(sys.modules[__name__], "GAME", GAME.replace("if place not", counts, 1))
    assert chosen(tmp_path, monkeypatch, "pass")[0]
    assert choose_settings("waiting_game.py")[0].preprocessing.observe_state == observed
