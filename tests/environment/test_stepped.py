"""What an environment does wrong is said, in words; what it may do is taken."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from end_to_end import PATIENCE

from retro_gamer.cli import main
from retro_gamer.environment.gym import GymEnvironment
from retro_gamer.errors import GameError, ObservationError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer

gymnasium = pytest.importorskip("gymnasium")
spaces = gymnasium.spaces
REPOSITORY = Path(__file__).resolve().parents[2]


class Scripted(gymnasium.Env):
    """Returns from reset and step what it is told to."""

    def __init__(self, observation_space=None, action_space=None, reset=(0, {}), step=(1, 1.0, False, False, {})):
        self.observation_space = observation_space or spaces.Discrete(4)
        self.action_space = action_space or spaces.Discrete(2)
        self.script, self.actions = (reset, step), []

    def reset(self, *, seed=None, options=None):
        return self.script[0]

    def step(self, action):
        assert self.action_space.contains(action)
        self.actions.append(action)
        return self.script[1]


@contextmanager
def registered(make=Scripted, **kwargs):
    gymnasium.register("Made-v0", entry_point=lambda **more: make(**kwargs, **more))
    try:
        yield "Made-v0"
    finally:
        del gymnasium.registry["Made-v0"]


@pytest.mark.parametrize(
    "step, words",
    [
        ((1, 1.0), "step returned 2 things in turn 1.*five: observation"),
        (None, "step returned None"),
        (1, "step returned 1 in turn 1"),
        ((1, 1.0, None, False, {}), "terminated as None.*True or False"),
        ((1, 1.0, np.zeros(2), False, {}), "terminated as array.*True or False"),
        ((1, 1.0, False, "no", {}), "truncated as 'no'.*True or False"),
    ],
)
def test_a_step_of_another_form_is_explained(step, words):
    with registered(step=step) as name:
        environment = GymEnvironment(name)
        environment.reset()
        with pytest.raises(GameError, match=words):
            environment.step(0)


@pytest.mark.parametrize(
    "step",
    [
        (1, 1, 0, np.False_, {}),
        [1, np.float32(1), False, False, {}],
        (1, np.array(1.0), np.array(False), False, {}),
        (1, 1.0, False, {}),  # the older Gym's
        (1, 1.0, False),
    ],
)
def test_numbers_and_truths_of_any_kind_are_taken(step):
    with registered(step=step) as name:
        environment = GymEnvironment(name)
        environment.reset()
        assert environment.step(0)[1:] == (1.0, False, False) and type(environment.step(0).terminated) is bool


def test_the_older_gyms_reset_returns_the_observation_alone():
    with registered(reset=2) as name:
        assert GymEnvironment(name).first_observation() == 2


def test_an_observation_that_changes_shape_is_explained():
    box = spaces.Box(-1, 1, (2, 3), np.float32)
    with registered(
        observation_space=box, reset=(np.zeros((2, 3)), {}), step=(np.zeros((3, 2)), 0.0, False, False, {})
    ) as name:
        environment = GymEnvironment(name)
        environment.reset()
        with pytest.raises(ObservationError, match=r"in turn 1.*shape \(3, 2\), not \(2, 3\)"):
            environment.step(0)


@pytest.mark.parametrize("value, said", [(5.0, True), (1.0, False), (-1.0000001, False)])
def test_an_observation_out_of_bounds_is_learned_from_and_said_once(value, said):
    box = spaces.Box(-1, 1, (2,), np.float32)
    observation = np.array([0, value])
    with registered(observation_space=box, reset=(np.zeros(2), {}), step=(observation, 0.0, False, False, {})) as name:
        environment = GymEnvironment(name)
        environment.reset()
        environment.step(0), environment.step(0)
        notices = environment.notices()
        assert len(notices) == said and environment.notices() == []
        if said:
            assert "number 2 of it was 5 in turn 1" in notices[0] and "Box(-1.0, 1.0" in notices[0]


@pytest.mark.parametrize(
    "space, n",
    [
        (spaces.MultiDiscrete([2, 3]), 6),
        (spaces.MultiBinary(3), 8),
        (spaces.Discrete(3, start=-1), 3),
        (spaces.Tuple([spaces.Discrete(2), spaces.MultiBinary(1)]), 4),
        (spaces.Dict({"x": spaces.Discrete(2), "y": spaces.Discrete(3)}), 6),
    ],
)
def test_every_action_of_a_finite_space_is_one_to_choose(space, n):
    with registered(action_space=space) as name:
        environment = GymEnvironment(name)
        environment.reset()
        assert len(environment.actions) == len(set(environment.actions)) == n
        for action in range(n):
            environment.step(action)  # Scripted asserts that it is one of its own
        assert len({str(action) for action in environment.env.unwrapped.actions}) == n


def test_actions_are_called_what_they_are():
    with registered(action_space=spaces.Discrete(3, start=-1)) as name:
        environment = GymEnvironment(name)
        assert list(environment.labels) == ["-1", "0", "1"]
        assert environment.actions == ["0", "1", "2"]  # as in older runs
    with registered(action_space=spaces.MultiDiscrete([2, 2])) as name:
        assert list(GymEnvironment(name).labels) == ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"]


class Lights(gymnasium.Env):
    """Which of two lights is on? The action must match."""

    action_space = spaces.Discrete(2)
    observation_space = spaces.Box(0, 255, (4, 4, 1), np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.turns = 0
        return self.new(), {}

    def new(self):
        self.lit = int(self.np_random.integers(2))
        picture = np.zeros((4, 4, 1), np.uint8)
        picture[:, 2 * self.lit : 2 * self.lit + 2] = 255
        return picture

    def step(self, action):
        reward, self.turns = float(action == self.lit), self.turns + 1
        return self.new(), reward, self.turns >= 20, False, {}


def test_pictures_are_kept_as_bytes_and_learned(tmp_path):
    with registered(make=Lights) as name:
        flags = "--training-turns 1500 --epsilon-decay-turns 800 --evaluate-every 0 --hidden-sizes 16"
        assert main(["create", "--game", f"gym:{name}", "--output", str(tmp_path / "run"), *flags.split()]) == 0
        trainer = Trainer(RunDirectory(tmp_path / "run"))
        trainer.train(episodes=30)
        assert trainer.agent.replay.features.dtype == np.uint8
        trainer = Trainer(RunDirectory(tmp_path / "run"))  # goes on with them
        assert trainer.agent.replay.features[:600].any()
        trainer.train()
        from retro_gamer.training import evaluate

        assert evaluate(trainer.evaluation_environment, trainer.agent, 10, 0).mean == 20


OWN = """
import gymmodule
import gymnasium, numpy as np

class Env(gymnasium.Env):  # takes no render_mode
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.turns = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.turns += 1
        return np.zeros(2, np.float32), 1.0, self.turns >= 10, False, {}

gymnasium.register("Own-v0", entry_point="own_env:Env")
"""


@pytest.mark.parametrize(
    "spec",
    [
        "gym:own_env.py:Own-v0",
        pytest.param("gym:own_env:Own-v0", marks=pytest.mark.slow),
        pytest.param("gym:{folder}/own_env.py:Own-v0", marks=pytest.mark.slow),
    ],
)
def test_an_environment_in_a_file_of_ones_own_works_from_any_folder(tmp_path, spec):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir(), elsewhere.mkdir()
    (home / "own_env.py").write_text(OWN)
    (home / "gymmodule.py").write_text("")

    def run(folder, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "retro_gamer", *arguments], cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    start = elsewhere if "{folder}" in spec else home
    run(start, "create", "--game", spec.format(folder=home), "--output", str(tmp_path / "run"))
    run(elsewhere, "train", str(tmp_path / "run"), "--episodes", "5")
    assert "10.00" in run(elsewhere, "evaluate", str(tmp_path / "run"), "--games", "2")
    assert "10 turns" in run(elsewhere, "play", str(tmp_path / "run"))
