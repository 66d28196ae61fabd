"""A class of one's own with reset and step is trained like a game, without Gymnasium."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest
from end_to_end import run_python

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.environment.own_class import OwnEnvironment
from retro_gamer.errors import RetroGamerError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer

CATCH = """
import random

class Catch:
    actions = ["left", "stay", "right"]

    def reset(self, seed=None, options=None):
        random.seed(seed)
        self.x, self.fruit, self.y, self.turns = 2, random.randrange(5), 0, 0
        return self.seen(), {}

    def seen(self):
        return {SEEN}

    def step(self, action):
        self.x = max(0, min(4, self.x + {"left": -1, "stay": 0, "right": 1}[action]))
        self.y, self.turns, reward = self.y + 1, self.turns + 1, 0.0
        if self.y == 5:
            reward, self.y = float(self.x == self.fruit), 0
            self.fruit = random.randrange(5)
        return self.seen(), reward, self.turns >= 50, False, {}

    def render(self):
        return "x" * self.x + f"|{self.fruit}"
"""
VECTOR = "[(self.fruit - self.x) / 4, self.y / 5]"
TINY = (
    "--hidden-sizes 16 --learning-rate 0.005 --learning-rate-min 0 --training-turns 4000 --epsilon-decay-turns 2000"
).split()


def write(folder, seen=VECTOR, name="my_catch.py"):
    (folder / name).write_text(CATCH.replace("{SEEN}", seen))
    return f"{folder / name}:Catch"


@pytest.fixture(autouse=True)
def forget_modules(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("my_"):
            del sys.modules[name]


@pytest.mark.parametrize(
    "seen, flags",
    [
        (VECTOR, TINY),
        ("{'way': self.fruit - self.x, 'height': [self.y]}", TINY),
        ("(self.fruit - self.x, self.y)", ["--algorithm", "q_learning", "--training-turns", "20000"]),
        ("'left' if self.fruit < self.x else 'right' if self.fruit > self.x else 'there'",
         ["--algorithm", "q_learning", "--training-turns", "4000", "--epsilon-decay-turns", "2000"]),
    ],
)  # fmt: skip
def test_it_learns_and_every_command_works(tmp_path, capsys, seen, flags):
    run = str(tmp_path / "run")
    assert main(["create", "--game", write(tmp_path, seen), "--output", run, *flags]) == 0
    assert "my_catch:Catch: actions left, stay, right" in capsys.readouterr().out
    config = RunConfig.load(tmp_path / "run" / "config.toml")
    assert config.game.environment == "my_catch:Catch" and config.game.path == str(tmp_path)
    assert main(["train", run, "--episodes", "3"]) == 0
    assert main(["train", run]) == 0
    assert "ai.predict(observation)" in capsys.readouterr().out
    assert main(["evaluate", run, "--games", "20", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["mean"] > 8.5 > result["random_mean"]
    assert main(["play", run, "--explain", "--seed", "1"]) == 0
    out = capsys.readouterr().out
    assert re.search(r">(left|stay|right) \d", out) and "|" in out and "50 turns" in out
    for command in (["info", run], ["plot", run], ["report", run], ["doctor", run]):
        assert main(command) == 0
    assert "Actions      those of the environment" in capsys.readouterr().out


def test_training_in_pieces_is_training_in_one_go(tmp_path):
    states = []
    for name, parts in (("whole", [8]), ("pieces", [3, 5])):
        run = RunDirectory(tmp_path / name)
        assert main(["create", "--game", write(tmp_path), "--output", str(run.path), *TINY]) == 0
        for episodes in parts:
            trainer = Trainer(run)
            trainer.train(episodes=episodes)
        states.append({key: value.tobytes() for key, value in trainer.agent.get_state().items()})
    assert states[0] == states[1]


def test_gymnasium_is_not_needed_and_the_script_runs_from_anywhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    code = (
        "import sys; sys.modules['gymnasium'] = None\n"
        "from retro_gamer.cli import main\n"
        f"assert main(['create', '--game', {write(tmp_path)!r}, '--output', 'run', *{TINY!r}]) == 0\n"
        "assert main(['train', 'run']) == 0\n"
    )
    done = run_python("-c", code, cwd=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stderr
    script = done.stdout[done.stdout.index("play_it.py:") :].partition("\n\n")[2]
    done = run_python("-c", script, cwd=tmp_path / "elsewhere")
    assert done.returncode == 0 and done.stdout.startswith("reward "), done.stderr


class Own:
    """A module with an environment as a test describes it."""

    def __init__(self, folder):
        self.folder, self.n = folder, 0

    def __call__(self, body, tabular=False, **attributes):
        self.n += 1
        lines = ["import numpy as np", "import enum", "class Env:"]
        lines += [f"    {name} = {value}" for name, value in {"actions": "[0, 1]", **attributes}.items() if value]
        parts = {
            "reset": "    def reset(self, seed=None, options=None): return [0.0], {}",
            "step": "    def step(self, action): return [0.0], 1.0, False, False, {}",
            **body,
        }
        (self.folder / f"my_env_{self.n}.py").write_text("\n".join([*lines, *filter(None, parts.values())]) + "\n")
        return OwnEnvironment(f"my_env_{self.n}:Env", tabular, 100, path=str(self.folder))


@pytest.fixture
def own(tmp_path):
    return Own(tmp_path)


def reset(what):
    return {"reset": f"    def reset(self, seed=None, options=None): return {what}"}


def step(what):
    return {"step": f"    def step(self, action): return {what}"}


@pytest.mark.parametrize(
    "attributes, labels, given",
    [
        ({"actions": '["left", "right"]'}, ["left", "right"], "left"),
        ({"actions": "((0, 1), (1, 0))"}, ["(0, 1)", "(1, 0)"], (0, 1)),
        ({"actions": "[None, 'a', 2, 1.5, True]"}, ["None", "a", "2", "1.5", "True"], None),
        ({"actions": "{'up': 1, 'down': 2}"}, ["up", "down"], "up"),
        ({"actions": "range(3)"}, ["0", "1", "2"], 0),
        ({"actions": "", "n_actions": "3"}, ["0", "1", "2"], 0),
        ({"actions": "", "n_actions": "np.int64(3)"}, ["0", "1", "2"], 0),
    ],
)
def test_actions_are_given_to_step_as_they_were_written(own, attributes, labels, given):
    environment = own(
        {"step": "    def step(self, action): self.last = action; return [0.0], 1.0, False, False, {}"},
        **attributes,
    )
    environment.reset()
    environment.step(0)
    assert list(environment.labels) == labels and environment.env.last == given
    assert type(environment.env.last) is type(given)


@pytest.mark.parametrize(
    "returned, n_features",
    [
        ("[1, 2.5]", 2),
        ("np.zeros((2, 3))", 6),
        ("3", 1),
        ("{'a': [1, 2], 'b': 3}", 3),
        ("([1, 2], 3)", 3),
        ("np.zeros((4, 4), np.uint8)", 16),
    ],
)
def test_the_first_observation_says_what_observations_are(own, returned, n_features):
    environment = own({**reset(f"{returned}, {{}}"), **step(f"{returned}, 1.0, False, False, {{}}")})
    assert environment.shape.n_features == n_features == len(environment.reset().features)
    assert environment.step(0).observation.features.dtype == (np.uint8 if "uint8" in returned else np.float32)


def test_numbers_of_states_are_one_hot(own):
    environment = own({**reset("3, {}"), **step("0, 1.0, False, False, {}")}, n_observations="4")
    assert environment.reset().features.tolist() == [0, 0, 0, 1]


def test_spaces_of_gymnasium_are_taken_where_they_are_used(own):
    spaces = pytest.importorskip("gymnasium").spaces
    assert spaces
    environment = own(
        {},
        actions="",
        gym="__import__('gymnasium')",
        action_space="gym.spaces.Discrete(3, start=1)",
        observation_space="gym.spaces.Box(-1, 1, (1,))",
    )
    environment.reset()
    assert list(environment.labels) == ["1", "2", "3"] and environment.step(0).reward == 1


def test_reset_may_do_without_a_seed(own):
    environment = own({"reset": "    def reset(self): return [np.random.random()], {}"})
    assert environment.reset(3).features == environment.reset(3).features != environment.reset(4).features


@pytest.mark.parametrize(
    "body, attributes, words",
    [
        ({}, {"actions": "[]"}, r"actions = \[\], so there is nothing to choose"),
        ({}, {"actions": ""}, r"does not say what can be done(.|\n)*actions = \["),
        ({}, {"actions": "'left'"}, "must be a list"),
        ({}, {"actions": "5"}, "must be a list"),
        ({}, {"actions": "['a', 'a']"}, "only once"),
        ({}, {"actions": "list(enum.Enum('E', 'A B'))"}, "must be a text, a number(.|\n)*E.A"),
        ({}, {"actions": "", "n_actions": "0"}, "n_actions = 0"),
        ({}, {"actions": "", "n_actions": "2.0"}, "n_actions = 2.0"),
        ({}, {"n_observations": "-1"}, "n_observations = -1"),
        ({}, {"action_space": "['a', 'b']"}, r"action_space = \['a', 'b'\](.|\n)*  actions = "),
        ({}, {"action_space": "object()"}, "has actions of the kind"),
        ({}, {"action_space": "type('Discrete', (), {})()"}, "Discrete, cannot be read.* a Discrete needs n"),
        (
            step("[0.0], 'much', False, False, {}"),
            {},
            "^[^ ]+ gave the reward 'much'",  # not: the game raised GameError
        ),
        (
            {"init": "    def __init__(self, size): pass"},
            {},
            r"cannot be called without size.*def __init__\(self, size=1\)",
        ),
        (reset("None"), {}, "observation None, in which there is a NoneType"),
        (reset("'wall', {}"), {}, r"observation 'wall', in which there is a str(.|\n)*q_learning"),
        (reset("[1, 'x'], {}"), {}, "there is a str"),
        (reset("[], {}"), {}, "observations of 0 numbers"),
        (reset("1 / 0"), {}, "ZeroDivisionError when it was reset"),
        (step("[0.0], 1.0"), {}, "step returned 2 things in turn 1"),
        (step("[0.0], 'much', False, False, {}"), {}, "reward 'much' in turn 1.*this is text"),
        (step("[0.0], None, False, False, {}"), {}, "reward None in turn 1"),
        (
            step("[0.0, 1.0], 1.0, False, False, {}"),
            {},
            r"in turn 1, which is not like the first that it returned, \[0.0\]: it has shape \(2,\), not \(1,\)",
        ),
        (step("[float('nan')], 1.0, False, False, {}"), {}, "contains nan in turn 1"),
    ],
)
def test_what_is_missing_or_wrong_is_said(own, body, attributes, words):
    with pytest.raises(RetroGamerError, match=words):
        environment = own(body, **attributes)
        environment.reset(seed=0)
        environment.step(0)


@pytest.mark.parametrize(
    "source, words",
    [
        ("class Env:\n    def reset(self): pass", "has no step. An environment is a class with"),
        ("class Env:\n    character = '@'", "has no reset and no step"),
        ("class Other:\n    def step(self, action): pass", "It has the class Other: an environment is named"),
        (
            "class Other:\n    def reset(self): pass\n    def step(self, action): pass\ndef Env(): return Other()",
            "name its class instead:  --game my_file.py:Other",
        ),
        (
            "class Env:\n    actions = []\n    def reset(self, seed=None): return [0], {}\n    def step(self, a): pass",
            "nothing to choose",
        ),
    ],
)
def test_create_refuses_in_words(tmp_path, capsys, source, words):
    (tmp_path / "my_class.py").write_text(source)
    assert main(["create", "--game", f"{tmp_path / 'my_class.py'}:Env", "--output", str(tmp_path / "run")]) > 0
    assert words in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_class_that_is_a_game_is_still_a_game(tmp_path):
    (tmp_path / "my_game_class.py").write_text(
        "from retro_gamer.games import Game\n"
        "class P:\n"
        "    name, character, position = 'p', '@', (1, 1)\n"
        "    def handle_keystroke(self, key, game): game.state['score'] += 1\n"
        "class MyGame(Game):\n"
        "    def __init__(self): super().__init__([P()], {'score': 0}, board_size=(3, 3))\n"
    )
    game = f"{tmp_path / 'my_game_class.py'}:MyGame"
    assert main(["create", "--game", game, "--output", str(tmp_path / "run"), "--actions", "a"]) == 0
    assert RunConfig.load(tmp_path / "run" / "config.toml").game.factory == "my_game_class:MyGame"


def test_a_policy_acts_outside(tmp_path):
    run = str(tmp_path / "run")
    assert main(["create", "--game", write(tmp_path), "--output", run, *TINY]) == 0
    assert main(["train", run]) == 0
    ai = TrainedPolicy(run)
    assert ai.predict([1.0, 0.6]) == "right" and ai.predict(np.array([-1.0, 0.6])) == "left"
    values = ai.q_values(observation=[1.0, 0.6])
    assert list(values) == ["left", "stay", "right"] and max(values, key=values.get) == "right"


@pytest.mark.parametrize("flags", [{}, {"algorithm": "q_learning"}])
def test_actions_that_all_do_the_same_are_doubted(tmp_path, flags):
    sys.modules.pop("by_number", None)
    path = tmp_path / "by_number.py"
    text = CATCH.replace("{SEEN}", "self.x, self.fruit, self.y")
    path.write_text(text)
    assert not any("But whichever" in line for line in choose_settings(str(path), flags)[1])
    path.write_text(text.replace('{"left": -1, "stay": 0, "right": 1}[action]', "(action == 0) - (action == 2)"))
    sys.modules.pop("by_number")
    assert any(
        "But whichever of them is done for 20 turns, the same" in line for line in choose_settings(str(path), flags)[1]
    )
