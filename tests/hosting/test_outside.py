"""A game that reads the clock is the same game however fast it is played: a turn takes as long as on the screen."""

from __future__ import annotations

import sys
import textwrap
import time

import pytest

from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.environment.own_class import OwnEnvironment
from retro_gamer.environment.runner import GameRunner
from retro_gamer.errors import GameError
from retro_gamer.hosting import outside
from retro_gamer.hosting.loading import load_factory, parse_game

TIMED = """
    {imports}
    from retro_gamer.games import Game

    AT_THE_TOP = {now}

    class Enemy:
        name, character, position = "enemy", "E", (0, 0)

        def __init__(self):
            self.last, self.moves = {now}, 0

        def play_turn(self, game):
            if {now} - self.last >= {half}:
                self.last = {now}
                self.moves += 1
            game.state["seconds"] = {now} - game.began
            game.state["since import"] = {now} - AT_THE_TOP

    def create_game():
        game = Game([Enemy()], {{"score": 0, "seconds": 0, "since import": 0}}, framerate=10)
        game.began = {now}
        return game
"""
WAYS = {
    "time.time": ("import time as t", "t.time()"),
    "time": ("from time import time", "time()"),
    "monotonic": ("import time", "time.monotonic()"),
    "perf_counter": ("from time import perf_counter as now", "now()"),
    "datetime.datetime": ("import datetime", "datetime.datetime.now().timestamp()"),
    "datetime": ("from datetime import datetime", "datetime.now().timestamp()"),
}


def load(tmp_path, name, text):
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    return load_factory(parse_game(str(path)))


@pytest.mark.parametrize("way", WAYS)
def test_a_second_has_as_many_turns_as_on_the_screen(tmp_path, way):
    imports, now = WAYS[way]
    text = TIMED.format(imports=imports, now=now, half=0.5)
    runner = GameRunner(load(tmp_path, f"timed_{way.replace('.', '_')}", text), [])
    for _ in range(2):  # the second game has the same clock
        runner.reset(0)
        for _ in range(21):
            runner.play_turn([None])
        assert runner.game.agents[0].moves == 4
        assert 1.9 <= runner.game.state["seconds"] <= 2.1
        if "datetime" not in way:  # while it was imported, that was the real one
            assert abs(runner.game.state["since import"] - runner.game.state["seconds"]) < 1e-6


def test_a_date_is_a_date(tmp_path):
    text = (
        "import datetime\nfrom datetime import datetime as date\nfrom retro_gamer.games import Game\n\ndef create_game():\n"
    )
    factory = load(tmp_path, "dated", text + "    return Game([], {'score': 0})\n")
    GameRunner(factory, []).reset(0)
    own, real = factory.__globals__, sys.modules["datetime"]
    for made in (own["date"].now(), own["date"](2026, 1, 2), real.datetime(2026, 1, 2), own["datetime"].datetime.now()):
        assert isinstance(made, own["date"]) and isinstance(made, real.datetime)
    assert not isinstance(real.date(2026, 1, 2), own["date"])
    assert own["date"].now() - real.datetime(2026, 1, 1) > real.timedelta(0)


def test_a_game_does_not_sleep(tmp_path):
    text = """
        import time
        from time import sleep
        from retro_gamer.games import Game

        class Sleeper:
            name, character, position = "sleeper", "S", (0, 0)

            def play_turn(self, game):
                time.sleep(86400)
                sleep(86400)

        def create_game():
            sleep(86400)
            return Game([Sleeper()], {"score": 0})
    """
    runner = GameRunner(load(tmp_path, "sleeps_in_turns", text), [])
    for _ in range(2):
        runner.reset(0)
        runner.play_turn([None])
    assert runner.turn == 1


def test_a_game_without_a_framerate_has_the_usual_one(tmp_path):
    text = TIMED.format(imports="import time as t", now="t.time()", half=0.5).replace("framerate=10", "framerate=0")
    runner = GameRunner(load(tmp_path, "never_shown", text), [])
    runner.reset(0)
    for _ in range(25):
        runner.play_turn([None])
    assert runner.game.state["seconds"] == pytest.approx(1, abs=0.05)


def test_outside_a_game_the_clock_is_the_real_one(tmp_path):
    """Such as where the program that trains is the game's own, or plays it with game.play()."""
    text = "import time\nfrom time import perf_counter\nfrom retro_gamer.games import Game\n\n\ndef create_game():\n"
    factory = load(tmp_path, "also_a_program", text + "    return Game([], {'score': 0})\n")
    GameRunner(factory, []).reset(0)
    own = factory.__globals__
    real_time = sys.modules["time"]
    assert own["time"] is not real_time and outside.is_asked
    for mine, real in ((own["time"].time, real_time.time), (own["perf_counter"], real_time.perf_counter)):
        before = real()
        assert before <= mine() <= real()
    assert own["time"].strftime is real_time.strftime
    with pytest.raises(ValueError):
        own["time"].sleep(-1)


def test_two_trainings_of_a_timed_game_are_the_same_to_the_bit(tmp_path):
    imports, now = WAYS["time"]
    factory = load(tmp_path, "timed_twice", TIMED.format(imports=imports, now=now, half=0.3))
    seen = []
    for _ in range(2):
        runner = GameRunner(factory, [])
        runner.reset(0)
        for _ in range(50):
            runner.play_turn([None])
        seen.append((runner.game.agents[0].moves, runner.game.state["seconds"]))
        time.sleep(0.01)
    assert seen[0] == seen[1] and seen[0][0] > 10


def test_who_waits_for_a_time_in_a_turn_does_not_wait_for_ever(tmp_path):
    text = TIMED.format(imports="import time as t", now="t.time()", half=0.5)
    wait = "while t.time() < self.last + 2: t.sleep(0.1)"
    runner = GameRunner(load(tmp_path, "waiting", text.replace("self.moves += 1", wait)), [])
    runner.reset()
    for _ in range(10):
        runner.play_turn([None])
    assert runner.value("seconds") < 1  # the next turn begins when it would have begun


SCORES = """
    import json
    from pathlib import Path
    from retro_gamer.games import Game

    FILE = Path(__file__).parent / "scores.json"

    class Player:
        name, character, position = "player", "P", (0, 0)

        def play_turn(self, game):
            if game.turn_number == 3:
                with open(FILE) as file:
                    scores = json.load(file)
                game.state["best"] = max(scores)
                with open(FILE, "w") as file:
                    json.dump([*scores, game.turn_number + max(scores)], file)
                with open(Path(FILE).with_name("log.txt"), "a") as file:
                    file.write("a game\\n")
                game.end()

    def create_game():
        return Game([Player()], {"score": 0, "best": 0})
"""


def test_what_a_game_writes_is_a_copy_and_what_it_reads_again_too(tmp_path):
    (tmp_path / "scores.json").write_text("[7]")
    runner = GameRunner(load(tmp_path, "keeps_scores", SCORES), [])
    best = []
    for _ in range(3):
        runner.reset(0)
        while not runner.play_turn([None]):
            pass
        best.append(runner.game.state["best"])
    assert best == [7, 9, 11] or best == [7, 10, 13]
    assert (tmp_path / "scores.json").read_text() == "[7]" and not (tmp_path / "log.txt").exists()


def test_create_tells_of_what_this_game_writes_only(tmp_path):
    path = tmp_path / "plain_game.py"
    path.write_text("from retro_gamer.games.snake import create_game")
    (tmp_path / "scores.json").write_text("[7]")
    runner = GameRunner(load(tmp_path, "keeps_more_scores", SCORES), [])
    runner.reset(0)
    while not runner.play_turn([None]):
        pass
    assert not any("It writes" in message for message in choose_settings(str(path))[1])


def test_a_file_that_is_not_there_is_missed_by_its_own_name(tmp_path):
    text = "from retro_gamer.games import Game\n\ndef create_game():\n    return Game([], {'score': open('no such file')})\n"
    with pytest.raises(GameError, match="'no such file'(.|\n)*It was looked for in"):
        GameRunner(load(tmp_path, "misses_a_file", text), []).reset(0)


def test_outside_a_game_its_files_are_the_real_ones(tmp_path):
    text = SCORES + "\n    def write():\n        with open(FILE, 'w') as file:\n            file.write('[1]')\n"
    factory = load(tmp_path, "writes_by_itself", text)
    GameRunner(factory, []).reset(0)
    factory.__globals__["write"]()
    assert (tmp_path / "scores.json").read_text() == "[1]"


def test_no_other_program_is_run(tmp_path):
    text = """
        import os
        from retro_gamer.games import Game

        class Loud:
            name, character, position = "loud", "L", (0, 0)

            def play_turn(self, game):
                game.state["score"] = os.system(f"touch {os.path.dirname(__file__)}/loud")

        def create_game():
            return Game([Loud()], {"score": 0})
    """
    runner = GameRunner(load(tmp_path, "makes_a_sound", text), [])
    runner.reset(0)
    runner.play_turn([None])
    assert not (tmp_path / "loud").exists() and runner.game.state["score"] == 0


def test_an_environment_is_hosted_too(tmp_path):
    text = """
        import time

        class Env:
            actions = ["wait", "go"]

            def reset(self):
                time.sleep(86400)
                self.began = time.monotonic()
                return [0.0]

            def step(self, action):
                time.sleep(86400)
                with open(__file__ + ".txt", "w") as file:
                    file.write("a step")
                return [time.monotonic() - self.began], 1.0, False, {}
    """
    (tmp_path / "slow_env.py").write_text(textwrap.dedent(text))
    environment = OwnEnvironment("slow_env:Env", path=str(tmp_path / "slow_env.py"))
    for _ in range(2):
        environment.reset(0)
        for turn in range(1, 4):
            assert environment.step(0).observation.features[0] == pytest.approx(turn / 24, abs=1e-6)
    assert not (tmp_path / "slow_env.py.txt").exists()
