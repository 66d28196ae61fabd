"""`doctor`: the right cause on games and trainings broken on purpose, and nothing to complain about on the bundled ones."""

from __future__ import annotations

import re
from typing import List

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer.cli import main
from retro_gamer.commands.doctor import examine_before
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import PreprocessingSettings
from retro_gamer.environment.make import make_environment
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.reporting.findings import Finding, describe
from retro_gamer.reporting.game_doctor import examine_game
from retro_gamer.reporting.random_games import play_randomly
from retro_gamer.reporting.training_doctor import (
    GreedyGames,
    examine_metrics,
    examine_play,
    is_worth_using,
    learned_nothing,
    verdict,
    watch_greedy_games,
)
from retro_gamer.training.evaluation import Evaluation
from retro_gamer.training.player import Player

# A game that is all right: catch what falls. Each broken game changes one piece of it.
PIECES = {
    "top": "",
    "keys": "KEY_LEFT KEY_RIGHT",
    "names": '"KEY_LEFT", "KEY_RIGHT"',
    "start": "(5, 9)",
    "caught": "game.state['score'] += 1",
    "every_turn": "pass",
    "fallen": "self.drop()",
    "drop": "self.position = (randint(0, 9), 0)",
    "state": "{'score': 0}",
    "create": "return Game([Player(), Apple()], dict(STATE), board_size=SIZE)",
    "size": "(10, 10)",
    "bottom": "",
}
GAME = """
from random import randint
from retro_gamer.games import Game
{top}
STATE, SIZE = {state}, {size}

class Player:
    name, character = "player", "P"
    def __init__(self): self.position = {start}
    def handle_keystroke(self, key, game):
        x, y = self.position
        left, right = {names}
        if key.name == left and x > 0: self.position = (x - 1, y)
        if key.name == right and x < 9: self.position = (x + 1, y)
    def play_turn(self, game):
        self.turns = getattr(self, "turns", 0) + 1
        {every_turn}
        if self.turns >= 60: game.end()

class Apple:
    name, character = "apple", "o"
    def __init__(self): self.drop()
    def drop(self): {drop}
    def play_turn(self, game):
        x, y = self.position
        if y < 9: self.position = (x, y + 1); return
        if game.get_agent_by_name("player").position == self.position: {caught}
        {fallen}

def create_game():
    {create}
{bottom}
"""


def findings_of(tmp_path, preprocessing=None, metadata=None, **pieces) -> List[Finding]:
    pieces = {**PIECES, **pieces}
    path = tmp_path / "broken_game.py"
    path.write_text(GAME.format(**pieces), encoding="utf-8")
    config = RunConfig.from_dict(
        {
            "game": {"module": "broken_game", "path": str(path.parent)},
            "metadata": {"actions": pieces["keys"].split(), "reward": "score", **(metadata or {})},
            "preprocessing": preprocessing or {"board": False, "egocentric_radius": 3, "radar": True},
        }
    )
    return examine_before(config)


@pytest.fixture(autouse=True)
def fresh_modules(monkeypatch):
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "broken_game", raising=False)
    yield
    sys.modules.pop("broken_game", None)


def test_nothing_to_complain_about_in_a_game_that_is_all_right(tmp_path):
    assert findings_of(tmp_path) == []


BROKEN = {
    "the reward never changes": dict(caught="pass"),
    "no key does anything": dict(names='"LEFT", "RIGHT"'),
    "KEY_UP does nothing": dict(keys="KEY_LEFT KEY_RIGHT KEY_UP"),
    "create_game gives the same game again": dict(bottom="game = create_game()\ndef create_game():\n    return game"),
    "create_game gives a game with the same characters again": dict(
        bottom="player = Player()\ndef create_game():\n    return Game([player, Apple()], dict(STATE), board_size=SIZE)"
    ),
    "the reward grows beyond all bounds": dict(every_turn="game.state['score'] = game.state['score'] * 1.6 + 1"),
    "the same seed does not give the same game": dict(
        top="import itertools\nclock = itertools.count()", drop="self.position = (next(clock) % 7, 0)"
    ),
    "the reward comes only at the end": dict(
        caught="game.state['luck'] = 1",
        every_turn="game.state['score'] += 5 if self.turns == 60 and game.state['luck'] else 0",
        state="{'score': 0, 'luck': 0}",
    ),
    "what decides is hidden from it": dict(
        top="from random import random",
        caught="pass",
        every_turn="game.state['wind'] = game.state['wind'] if self.turns % 20 else int(random() * 3) - 1; "
        "game.state['score'] += game.state['wind']",
        state="{'score': 0, 'wind': 1}",
    ),
    "most of the board is outside its window": dict(
        size="(60, 40)",  # where random play gets nothing, either
        start="(5, 39)",
        preprocessing={"board": False, "egocentric_radius": 2, "radar": False},
    ),
    "the sooner it dies, the better for it": dict(
        top="from random import random",
        caught="pass",
        every_turn="game.state['score'] -= 1\n        if random() < 0.05: game.end()",
    ),
    "games are over before they begin": dict(every_turn="game.end()"),
    "what it does makes no difference": dict(
        top="from random import gauss", caught="pass", every_turn="game.state['score'] += gauss(0, 1)"
    ),
    "it sees nothing of the game": dict(
        bottom="def look(game): return [1.0, 2.0]",
        metadata={"observation_function": "broken_game:look"},
        preprocessing={"board": False},
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_right_cause_of_a_broken_game(tmp_path, name):
    findings = findings_of(tmp_path, **BROKEN[name])
    names = [finding.name for finding in findings]
    assert name == names[0] or names == [
        "the reward never changes",
        "most of the board is outside its window",
    ]
    assert all(finding.evidence and finding.causes for finding in findings)


DUEL = """
from retro_gamer.games import Game
class Duelist:
    def __init__(self, name, character, x, keys):
        self.name, self.character, self.position, self.keys = name, character, (x, 2), keys
    def handle_keystroke(self, key, game):
        name = key.name or str(key)
        if name in self.keys:
            self.position = (self.position[0], [1, 3][self.keys.index(name)])
    def play_turn(self, game):
        if game.turn_number > 20: game.end()
def create_game():
    players = [Duelist("left one", "L", 0, ["w", "s"]), Duelist("right one", "R", 4, ["KEY_UP", "KEY_DOWN"])]
    return Game(players, STATE, board_size=(5, 5))
"""


@pytest.mark.parametrize("state, teams", [("{'left': 0, 'right': 0}", 2), ("{'left': 0}", 0)])
def test_one_agent_for_two_players_is_given_teams_to_paste(tmp_path, state, teams):
    (tmp_path / "broken_game.py").write_text(DUEL.replace("STATE", state))
    config = {
        "game": {"module": "broken_game", "path": str(tmp_path)},
        "metadata": {"actions": ["w", "s", "KEY_UP", "KEY_DOWN"], "reward": "left"},
        "preprocessing": {"board": True, "egocentric_radius": 0, "radar": False},
    }
    text = describe(examine_before(RunConfig.from_dict(config))[:1])
    assert text.startswith("2 players sit at one keyboard")
    assert "left one listens to w, s; right one" in " ".join(text.split()) and "--actions w,s --reward" in text
    assert text.count("[[tool.retro-gamer.teams]]") == teams
    assert ('reward = "right"' in text) == ('["KEY_UP", "KEY_DOWN"]' in text) == bool(teams)


def test_what_no_random_game_reaches_is_named_with_its_line(tmp_path):
    """And a clock is not taken for the score."""
    (finding,) = findings_of(
        tmp_path,
        caught="game.state['score'] += 1 if y > 50 else 0",
        every_turn="game.state['left'] -= 1",
        state="{'score': 0, 'left': 90}",
    )
    assert re.match(r"Random play never gets to line \d+ of broken_game.py, where it changes", finding.causes[0])
    assert not any("left" in cause for cause in finding.causes)


def test_a_handler_that_hides_its_errors_is_named(tmp_path):
    handle = "def handle(self, key, game):\n    try: self.jump()\n    except Exception: pass\n"
    (finding, *_) = findings_of(tmp_path, bottom=f"{handle}Player.handle_keystroke = handle")
    assert finding.name == "no key does anything"
    assert re.match(r"handle_keystroke may fail, and line \d+ of broken_game.py hides why", finding.causes[0])


def test_another_value_that_changes_is_named(tmp_path):
    (finding, *_) = findings_of(tmp_path, caught="game.state['points'] += 1", state="{'score': 0, 'points': 0}")
    assert "state['points']" in finding.causes[0]


def test_a_hidden_number_is_named_with_the_line_to_write(tmp_path):
    findings = findings_of(tmp_path, **BROKEN["what decides is hidden from it"])
    assert any("observe_state = ['wind']" in cause for finding in findings for cause in finding.causes)


# After a training


def rows(n=20, **changes):
    """Rows of metrics.csv of a training that went well; each change is a function of the row's number."""
    usual = dict(
        episode=lambda i: 10.0 * (i + 1),
        turns=lambda i: 1000.0 * (i + 1),
        mean_return=lambda i: float(i),
        mean_length=lambda i: 50.0 + i,
        loss=lambda i: 0.1,
        epsilon=lambda i: 0.02,
    )
    return [{name: value(i) for name, value in {**usual, **changes}.items()} for i in range(n)]


METRICS = {
    "the reward never changed": dict(mean_return=lambda i: 0.0),
    "every game hit the turn limit": dict(mean_length=lambda i: 2000.0, mean_return=lambda i: -5.0),
    "it is still exploring": dict(epsilon=lambda i: 0.9 - 0.01 * i),
    "its expectations run away": dict(loss=lambda i: 0.1 * 1.6**i),
}


@pytest.mark.parametrize("name", METRICS)
def test_the_right_cause_of_a_training_gone_wrong(name):
    assert [finding.name for finding in examine_metrics(rows(**METRICS[name]), RunConfig())] == [name]


def test_nothing_to_complain_about_in_a_training_that_went_well():
    assert examine_metrics(rows(), RunConfig()) == [] and examine_metrics([], RunConfig()) == []


def results(mean, spread=1.0, games=30):
    values = mean + spread * np.sin(np.arange(games))
    return Evaluation(values, np.full(games, 50), None)


FINE = GreedyGames(np.full(10, 8.0), np.linspace(5, 10, 10), 0.1, 0.0)


def test_what_greedy_games_show():
    assert examine_play(FINE, results(10), results(0), results(10)) == []
    circles = FINE._replace(repeated=0.9)
    assert [f.name for f in examine_play(circles, results(0), results(0.1))] == ["it goes round in circles"]
    nothing = results(0, spread=0)
    assert examine_play(circles, nothing, nothing)[0].name == "the reward never changed"
    assert examine_play(circles, results(3), results(3))[0].name == "what it does makes no difference"
    assert examine_play(circles, results(10), results(0)) == []  # it plays well: let it
    stuck = circles._replace(repeated=0.99, cut_short=1.0)  # it is better than random play, and goes nowhere
    assert [f.name for f in examine_play(stuck, results(10), results(0))] == ["it goes round in circles"]
    assert [f.name for f in examine_play(FINE, results(5), results(0), results(9))] == ["it got worse"]
    high = FINE._replace(expected=np.full(10, 500.0))
    assert [f.name for f in examine_play(high, results(10), results(0))] == ["it expects far more than ever comes"]


class Shop:
    """Buying costs 5, selling brings back `price`: it is played for ten turns, and the same is seen in every other."""

    def __init__(self, price):
        self.price = price

    def reset(self, seed=None):
        self.turn = 0
        return 0

    def step(self, action):
        self.turn += 1
        reward = -5.0 if self.turn % 2 else self.price
        return self.turn % 2, reward, False, self.turn == 10


class Trader:
    q_values = staticmethod(lambda observation: np.zeros(1))
    act = staticmethod(lambda observation, epsilon: 0)
    begin_episode, got = (staticmethod(lambda *what: None),) * 2


@pytest.mark.parametrize("price, repeated", [(4.0, 0.8), (5.0, 0.8), (6.0, 0.0)])
def test_what_is_seen_again_with_nothing_gained_is_repeated(price, repeated):
    player = Player(Shop(price), Trader(), {}, "ep_1", RunConfig())
    assert watch_greedy_games(player, 3, quiet=True).repeated == pytest.approx(repeated)


def test_what_to_see_more_of_is_what_can_be_seen_there():
    nothing = Evaluation(np.zeros(3), np.ones(3, int), None)

    def advice(**seen):
        return " ".join(learned_nothing(nothing, nothing, PreprocessingSettings(**seen)).causes)

    assert "a larger egocentric_radius, radar = true, values" in advice(egocentric_radius=3)
    assert "radar" not in advice(egocentric_radius=3, radar=True)
    tiles = advice(board=True, tiles=[0, 1, 2, 0, 1, 2])
    assert "egocentric_radius" not in tiles and "radar" not in tiles and "observe_state" in tiles


def test_the_verdict_says_better_worse_or_neither_with_numbers():
    assert verdict(results(10), results(0)).startswith("It learned: reward 10") and "95% interval" in verdict(
        results(10), results(0)
    )
    assert "worse than random play" in verdict(results(-5), results(0))
    assert "no better than random play" in verdict(results(0.05), results(0, spread=5))
    assert is_worth_using(results(10), results(0)) and not is_worth_using(results(0.05), results(0, spread=5))


@pytest.mark.parametrize("name", ["snake", "forager", "catch"])
def test_nothing_to_complain_about_in_the_bundled_games(tmp_path, name, capsys):
    assert main(["create", "--game", name, "--output", str(tmp_path / "run")]) == 0
    assert main(["doctor", str(tmp_path / "run")]) == 0
    assert "Nothing to complain about" in capsys.readouterr().out


def test_the_command_after_a_training(workshop, capsys):
    assert main(["doctor", "runs/forager", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "random play gets" in out and "still exploring" in out
    assert main(["doctor", "runs/missing"]) == 1


def test_what_is_found_before_is_not_said_again_after_the_training(tmp_path, capsys):
    path = tmp_path / "still_game.py"
    path.write_text(GAME.format(**{**PIECES, "caught": "pass"}), encoding="utf-8")
    flags = ["--actions", "KEY_LEFT,KEY_RIGHT", "--reward", "score", "--algorithm", "q_learning"]
    assert main(["create", "--game", str(path), "--output", str(tmp_path / "run"), *flags]) == 0
    assert main(["train", str(tmp_path / "run"), "--episodes", "2", "--quiet"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("The reward never change") == 1 and "1. " in said
    assert main(["doctor", str(tmp_path / "run"), "--quiet"]) == 0
    assert capsys.readouterr().out.count("The reward never change") == 1


def test_teams_are_told_what_there_is_for_them(tmp_path, capsys):
    assert main(["create", "--game", "tron", "--output", str(tmp_path / "tron")]) == 0
    assert main(["doctor", str(tmp_path / "tron")]) == 2
    assert "tournament" in capsys.readouterr().err


def test_a_slow_game_has_fewer_random_games(tmp_path, clock):
    clock.step = 0.25  # seconds that go by at each look
    config = make_run(tmp_path / "run", "catch").load_config()
    environment = make_environment(config, Vocabulary(config.metadata.character_set, grows=True))
    played = play_randomly(environment, 100, seconds=60.0)
    assert 1 < len(played.games) < 100 and 100 < len(played.rewards) < 300
    cut = play_randomly(environment, 100, seconds=2.0)
    assert len(cut.games) == 1 and len(cut.rewards) < 20
    assert isinstance(examine_game(environment, cut, config, moments=1), list)


def test_findings_are_readable_paragraphs():
    text = describe([Finding("it is late", "Very late. " * 20, ["Go. " * 40, "Paste this:\na = 1"])])
    assert text.startswith("It is late. Very late.") and max(map(len, text.splitlines())) <= 88
    assert "\n  1. Go." in text and "\n       a = 1" in text


def test_a_run_that_has_no_metrics_yet(tmp_path):
    assert examine_metrics(make_run(tmp_path / "run").read_metrics(), RunConfig()) == []
