"""Gymnasium, both ways: its environments learned here, and our games played there."""

from __future__ import annotations

import builtins
import json
import random
import sys
import types
import warnings
from contextlib import contextmanager

import numpy as np
import pytest

from retro_gamer.cli import main
from retro_gamer.commands.create import create_run
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.gym import LONGEST_GAME, PACKAGES, GymEnvironment
from retro_gamer.errors import ConfigError, GameError, ObservationError, RetroGamerError
from retro_gamer.policy.trained_policy import TrainedPolicy
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer, evaluate

gymnasium = pytest.importorskip("gymnasium")
spaces = gymnasium.spaces


class Scripted(gymnasium.Env):
    """Says what it is told to say."""

    def __init__(
        self,
        observation_space=None,
        action_space=None,
        first=0,
        observation=1,
        reward=1.0,
        error=None,
        errs_in="step",
    ):
        if errs_in == "make":
            raise error
        self.errs_in = errs_in
        self.observation_space = observation_space or spaces.Discrete(4)
        self.action_space = action_space or spaces.Discrete(2)
        self.first, self.observation, self.reward, self.error = first, observation, reward, error

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if self.errs_in == "reset":
            raise self.error
        return self.first, {}

    def step(self, action):
        assert self.action_space.contains(action)
        if self.error:
            raise self.error
        return self.observation, self.reward, False, False, {}


@contextmanager
def registered(**kwargs):
    """A Gymnasium id for a Scripted environment."""
    gymnasium.register("Scripted-v0", entry_point=lambda **more: Scripted(**kwargs))
    try:
        yield "Scripted-v0"
    finally:
        del gymnasium.registry["Scripted-v0"]


BOX = spaces.Box(-1, 1, (2, 3), np.float32)


# Their environments, learned here


def test_a_box_is_flattened():
    with registered(observation_space=BOX, first=np.zeros((2, 3)), observation=np.arange(6).reshape(2, 3) / 6) as name:
        environment = GymEnvironment(name)
        assert environment.shape.n_features == 6 and environment.actions == ["0", "1"]
        assert list(environment.reset(0).features) == [0] * 6
        observation, reward, terminated, truncated = environment.step(1)
        assert observation.features == pytest.approx(np.arange(6) / 6) and observation.features.dtype == np.float32
        assert (reward, terminated, truncated) == (1.0, False, False)


def test_a_discrete_observation_is_one_hot_for_a_network_and_a_number_for_a_table():
    space = spaces.Discrete(4, start=3)
    with registered(observation_space=space, first=np.int64(3), observation=5) as name:
        network, table = GymEnvironment(name), GymEnvironment(name, tabular=True)
        assert list(network.reset(0).features) == [1, 0, 0, 0]
        assert list(network.step(0).observation.features) == [0, 0, 1, 0]
        assert table.reset(0) == 3 and type(table.reset(0)) is int
        assert table.step(0).observation == 5


def test_actions_may_start_anywhere():
    with registered(action_space=spaces.Discrete(3, start=-1)) as name:
        environment = GymEnvironment(name, tabular=True)
        environment.reset(0)
        for action in range(3):
            environment.step(action)  # Scripted asserts that it is one of its own


def test_a_game_is_truncated_at_the_turn_limit():
    with registered() as name:
        environment = GymEnvironment(name, tabular=True, max_turns=3)
        for _ in range(2):
            environment.reset()
            assert [environment.step(0).truncated for _ in range(3)] == [False, False, True]


def test_the_limit_of_the_environment_truncates_and_does_not_terminate():
    environment = GymEnvironment("CartPole-v1", max_turns=10**6)
    environment.env.unwrapped.theta_threshold_radians = environment.env.unwrapped.x_threshold = 1e9
    environment.reset(0)
    steps = [environment.step(0) for _ in range(500)]
    assert steps[-1].truncated and not steps[-1].terminated
    assert not any(step.terminated or step.truncated for step in steps[:-1])


@pytest.mark.parametrize("tabular", [False, True])
def test_the_same_seed_gives_the_same_game(tabular):
    environment = GymEnvironment("FrozenLake-v1", tabular=tabular)

    def game(seed):
        seen = [environment.reset(seed)]
        while True:
            step = environment.step(2)
            seen.append(step.observation)
            if step.terminated or step.truncated:
                return [str(observation) for observation in seen]

    assert game(7) == game(7)
    assert len({tuple(game(seed)) for seed in range(20)}) > 1
    random.seed(5)
    first = [game(None) for _ in range(5)]
    random.seed(5)
    assert [game(None) for _ in range(5)] == first


@pytest.mark.parametrize(
    "kwargs, words",
    [
        (
            {"action_space": spaces.Box(-1, 1, (1,))},
            r"actions of the kind Box.*a list of actions.*ActionWrapper",
        ),
        ({"action_space": spaces.MultiDiscrete([40, 40])}, "1,600 different actions.*At most 1,024"),
        ({"action_space": spaces.Tuple([spaces.Discrete(2), BOX])}, "actions of the kind Tuple"),
        (
            {"observation_space": spaces.Dict({"x": BOX, "y": spaces.Text(5)})},
            "kind Dict.*A Text has no fixed number",
        ),
        ({"observation_space": spaces.Tuple([spaces.Sequence(BOX)])}, "kind Tuple.*A Sequence has"),
        ({"observation_space": spaces.Text(5)}, "observations of the kind Text"),
        ({"observation_space": spaces.Box(0, 1, (0,))}, "observations of 0 numbers"),
    ],
)
def test_spaces_that_cannot_be_learned_are_refused_by_name(kwargs, words):
    with registered(**kwargs) as name, pytest.raises(ConfigError, match=words):
        GymEnvironment(name)


def test_a_table_cannot_learn_from_continuous_numbers():
    with pytest.raises(ConfigError, match='a table cannot learn.*algorithm = "dqn"'):
        GymEnvironment("CartPole-v1", tabular=True)


@pytest.mark.parametrize("name", ["NoSuchGame-v0", "CartPole-v99", "no_such_module:Game-v0", "", "not a name at all!"])
def test_unknown_environments_are_refused_by_name(name):
    with pytest.raises(ConfigError, match="Gymnasium cannot make"):
        GymEnvironment(name)


@pytest.mark.parametrize("number, words", [(np.nan, "nan"), (np.inf, "inf"), (1e300, "inf")])
def test_observations_must_be_ordinary_numbers(number, words):
    wrong = np.zeros((2, 3))
    wrong[1, 1] = number
    with registered(observation_space=BOX, first=np.zeros((2, 3)), observation=wrong) as name:
        environment = GymEnvironment(name)
        environment.reset()
        with pytest.raises(ObservationError, match=f"Scripted-v0 returned an observation .* {words} in turn 1"):
            environment.step(0)
    with registered(observation_space=BOX, first=wrong) as name:
        with pytest.raises(ObservationError, match="in turn 0"):
            GymEnvironment(name).reset()


@pytest.mark.parametrize("observation", [np.zeros(5), "text", None, {"x": 1}, [[1, 2], [3]]])
def test_a_box_must_hold_what_it_promised(observation):
    with registered(observation_space=BOX, first=np.zeros((2, 3)), observation=observation) as name:
        environment = GymEnvironment(name)
        environment.reset()
        with pytest.raises(ObservationError):
            environment.step(0)


@pytest.mark.parametrize("tabular", [False, True])
@pytest.mark.parametrize("observation", [4, -1, None, "x", np.nan])
def test_a_discrete_observation_must_be_one_of_its_states(observation, tabular):
    with registered(observation=observation) as name:
        environment = GymEnvironment(name, tabular=tabular)
        environment.reset()
        with pytest.raises(ObservationError, match="not what it says it returns"):
            environment.step(0)


@pytest.mark.parametrize(
    "reward, words",
    [
        (np.inf, "reward inf in turn 1"),
        (np.nan, "reward nan"),
        (None, "reward None in turn 1.*return"),
        (np.ones(1), r"an array of shape \(1,\).*float\(reward\[0\]\)"),
        ([1.0], r"reward \[1.0\]"),
        (np.ones((1, 3)), r"shape \(1, 3\).*several games at once"),
        ("1.0", "this is text"),
        (10**400, "ordinary number"),
        ({}, "ordinary number"),
    ],
)
def test_rewards_must_be_ordinary_numbers(reward, words):
    with registered(reward=reward) as name:
        environment = GymEnvironment(name, tabular=True)
        environment.reset()
        with pytest.raises(GameError, match=words):
            environment.step(0)


def test_an_environment_that_raises_is_named():
    with registered(error=KeyError("pole")) as name:
        environment = GymEnvironment(name, tabular=True)
        environment.reset()
        with pytest.raises(GameError, match=r"(?s)KeyError in turn 1 \(Scripted-v0\).*pole"):
            environment.step(0)


@pytest.mark.parametrize("error", [SystemExit(), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("where", ["make", "reset", "step"])
def test_an_environment_that_ends_the_program_is_named(error, where):
    with registered(error=error, errs_in=where) as name:
        words = rf"(?s)The game raised {type(error).__name__} .*Scripted-v0.*test_gym.py, line"
        with pytest.raises(GameError, match=words):
            environment = GymEnvironment(name, tabular=True)
            environment.reset()
            environment.step(0)


def test_an_environment_that_exits_ends_training_with_status_1_and_nothing_is_lost(tmp_path, capsys):
    run, turns = str(tmp_path / "run"), []
    with registered() as name:
        assert main(["create", "--game", f"gym:{name}", "--output", run, "--algorithm", "q_learning"]) == 0
        assert main(["train", run, "--episodes", "3"]) == 0
        step = Scripted.step

        def exit_later(self, action):
            turns.append(action)
            return step(self, action) if len(turns) < 5000 else sys.exit()

        Scripted.step = exit_later
        try:
            capsys.readouterr()
            assert main(["train", run, "--episodes", "30"]) == 1
            error = capsys.readouterr().err
            assert "SystemExit" in error and "What was learned before is saved" in error
            assert RunDirectory(run).load_resume().facts["episode"] > 3
            assert main(["evaluate", run]) == main(["play", run]) == 1
        finally:
            Scripted.step = step


def test_a_training_that_meets_nan_says_so_and_saves_what_was_learned(tmp_path):
    with registered(observation_space=BOX, first=np.zeros((2, 3)), observation=np.full((2, 3), np.nan)) as name:
        run = RunDirectory(tmp_path)
        run.create(RunConfig.from_dict({"game": {"gym": name}}).to_toml())
        with pytest.raises(RetroGamerError, match="contains nan"):
            Trainer(run).train()


def test_gymnasium_is_asked_for_when_it_is_missing(monkeypatch, tmp_path, capsys):
    real = builtins.__import__

    def no_gymnasium(name, *args, **kwargs):
        if name.partition(".")[0] == "gymnasium":
            raise ModuleNotFoundError("No module named 'gymnasium'", name="gymnasium")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_gymnasium)
    for module in [module for module in sys.modules if module.partition(".")[0] == "gymnasium"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match="-m pip install gymnasium"):
        GymEnvironment("CartPole-v1")
    assert main(["create", "--game", "gym:CartPole-v1", "--output", str(tmp_path / "run")]) == 2
    assert "-m pip install gymnasium" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


class Planes(gymnasium.Env):
    """Like an environment of MinAtar: planes, of which the second shows the player; no limit of turns."""

    observation_space = spaces.Box(0.0, 1.0, (4, 5, 3), bool)
    action_space = spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = 2
        return self._picture(), {}

    def _picture(self):
        picture = np.zeros((4, 5, 3), bool)
        picture[0, self.np_random.integers(5), 0] = picture[3, self.x, 1] = picture[1, :, 2] = True
        return picture

    def step(self, action):
        self.x = min(4, max(0, self.x + action - 1))
        return self._picture(), float(self.x == 4), bool(self.np_random.random() < 0.1), False, {}


@pytest.fixture
def package(monkeypatch):
    """A package whose environments Gymnasium knows once it was asked to register them."""
    module = types.ModuleType("stand_in_of_planes")
    module.register_envs = lambda: gymnasium.register("StandIn/Planes-v1", entry_point=Planes)
    monkeypatch.setitem(sys.modules, "stand_in_of_planes", module)
    monkeypatch.setitem(PACKAGES, "StandIn", ("stand_in_of_planes", "stand-in"))
    yield "StandIn/Planes-v1"
    gymnasium.registry.pop("StandIn/Planes-v1", None)


def test_a_package_is_asked_to_register_its_environments(package, tmp_path):
    """As MinAtar is; its pictures are seen from the player, and games without a limit get one."""
    made = create_run(f"gym:{package}", str(tmp_path / "run"), {"training_turns": 200, "evaluate_every": 0})
    config = made.run.load_config()
    assert config.metadata.player == "B" and config.preprocessing.radar
    assert config.training.max_turns_per_episode == LONGEST_GAME
    Trainer(made.run).train()
    observation, _ = gymnasium.make(package, disable_env_checker=True).reset(seed=0)
    assert TrainedPolicy(tmp_path / "run").predict(observation) in range(3)


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(PACKAGES, "NotThere", ("not_there_at_all", "not-there"))
    with pytest.raises(ConfigError, match="pip install not-there"):
        GymEnvironment("NotThere/Planes-v1")


# The command line


@pytest.mark.parametrize(
    "name, flags",
    [
        ("CartPole-v1", ["--hidden-sizes", "16", "--learning-starts", "50", "--batch-size", "16"]),
        ("FrozenLake-v1", ["--algorithm", "q_learning"]),
        ("FrozenLake-v1", ["--algorithm", "double_q_learning", "--planning-steps", "2"]),
        ("FrozenLake-v1", ["--hidden-sizes", "16", "--batch-size", "16"]),
        ("Blackjack-v1", ["--hidden-sizes", "16", "--batch-size", "16"]),
        ("Blackjack-v1", ["--algorithm", "q_learning"]),
    ],
)
def test_create_train_evaluate_and_play(tmp_path, capsys, name, flags):
    run = str(tmp_path / "run")
    assert main(["create", "--game", f"gym:{name}", "--output", run, *flags]) == 0
    config = RunConfig.load(tmp_path / "run" / "config.toml")
    assert config.game.gym == name and config.training.max_turns_per_episode == {
        "CartPole-v1": 500,
        "FrozenLake-v1": 100,
    }.get(name, 3000)
    assert main(["train", run, "--episodes", "20"]) == 0
    assert main(["train", run, "--episodes", "5"]) == 0
    capsys.readouterr()
    assert main(["evaluate", run, "--games", "5", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["games"] == 5 and result["checkpoint"] == "ep_0025"
    assert main(["play", run]) == 0
    assert "ep_0025" in capsys.readouterr().out
    assert main(["info", run]) == 0


@pytest.mark.parametrize("game", ["gym:Pendulum-v1", "gym:NoSuchGame-v0", "gym:no_file.py:Game-v0", "gym:"])
def test_create_refuses_what_cannot_be_learned(tmp_path, capsys, game):
    assert main(["create", "--game", game, "--output", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err.startswith("retro-gamer: ")
    assert not (tmp_path / "run").exists()


def test_training_on_an_environment_resumes_exactly(tmp_path):
    states = []
    for name, parts in (("whole", [30]), ("pieces", [7, 23])):
        run = RunDirectory(tmp_path / name)
        run.create(
            RunConfig.from_dict(
                {
                    "game": {"gym": "FrozenLake-v1"},
                    "training": {
                        "algorithm": "q_learning",
                        "learning_rate": 0.5,
                        "checkpoint_every": 1000,
                        "evaluate_every": 0,
                    },
                }
            ).to_toml()
        )
        for episodes in parts:
            trainer = Trainer(run)
            trainer.train(episodes=episodes)
        states.append({key: value.tobytes() for key, value in trainer.agent.get_state().items()})
    assert states[0] == states[1]


def test_a_table_learns_the_way_across_a_lake_that_is_not_slippery(tmp_path):
    gymnasium.register(
        "Ice-v0",
        entry_point="gymnasium.envs.toy_text.frozen_lake:FrozenLakeEnv",
        kwargs={"is_slippery": False},
        max_episode_steps=100,
    )
    try:
        run = RunDirectory(tmp_path)
        run.create(
            RunConfig.from_dict(
                {
                    "game": {"gym": "Ice-v0"},
                    "training": {
                        "algorithm": "q_learning",
                        "learning_rate": 0.5,
                        "training_turns": 6000,
                        "epsilon": 0.8,
                        "epsilon_min": 0.1,
                        "epsilon_decay_turns": 6000,
                    },
                }
            ).to_toml()
        )
        trainer = Trainer(run)
        trainer.train()
        result = evaluate(trainer.evaluation_environment, trainer.agent, 5, 0)
        assert list(result.returns) == [1.0] * 5 and list(result.turns) == [6] * 5
    finally:
        del gymnasium.registry["Ice-v0"]


# Our games, played there


@pytest.fixture(scope="module")
def wrapper():
    from retro_gamer.policy import gymnasium_env as gym_wrapper

    return gym_wrapper


class Walker:
    """Walks right for a key, and shows a new character at every step."""

    name, position = "walker", (0, 0)

    def handle_keystroke(self, keystroke, game):
        self.moving = keystroke.name == "KEY_RIGHT"

    def play_turn(self, game):
        if getattr(self, "moving", False):
            self.position = (self.position[0] + 1, 0)
            game.state["score"] += random.choice([1, 2])
        self.moving = False
        if self.position[0] == 29:
            game.end()

    @property
    def character(self):
        return chr(ord("A") + self.position[0])


def create_walk():
    from retro_gamer.games.engine import Game

    return Game([Walker()], {"score": 0, "speed": 2.5}, board_size=(30, 1))


WALK = dict(actions=["KEY_RIGHT"], reward="score", max_turns_per_episode=50)


@pytest.mark.parametrize(
    "game, settings",
    [
        ("forager", {}),
        ("catch", {"board": True}),
        ("snake", {}),
        ("forager", {"observe_state": ["score"]}),
        (
            "forager",
            {"board": False, "egocentric_radius": 0, "radar": False, "observe_state": ["score", "reward"]},
        ),
    ],
)
def test_the_environment_checker_has_no_complaints(wrapper, game, settings):
    from gymnasium.utils.env_checker import check_env

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make("retro_gamer/Game-v0", game=game, render_mode="ansi", **settings)
        check_env(env.unwrapped)


def test_spaces_follow_the_settings(wrapper):
    assert wrapper.make_gym_env(create_walk, **WALK).observation_space == spaces.MultiDiscrete([16] * 30)
    env = wrapper.make_gym_env(create_walk, observe_state=["speed"], **WALK)
    assert set(env.observation_space) == {"cells", "features"}
    observation, _ = env.reset()
    assert env.observation_space.contains(observation) and observation["features"] == pytest.approx([2.5])
    env = wrapper.make_gym_env(create_walk, board=False, observe_state=["speed"], **WALK)
    assert isinstance(env.observation_space, spaces.Box) and env.observation_space.shape == (1,)
    assert env.actions == ["KEY_RIGHT", None] and env.action_space == spaces.Discrete(2)


def test_characters_beyond_the_room_there_is_count_as_nothing(wrapper):
    env = wrapper.make_gym_env(create_walk, **WALK)
    env.reset(seed=0)
    seen, over = [], False
    while not over:
        observation, reward, over, truncated, _ = env.step(0)
        assert env.observation_space.contains(observation) and not truncated and reward in (1, 2)
        seen.append(int(observation.max()))
    assert seen == [*range(3, 16), *[0] * 16]


def test_a_turn_limit_truncates(wrapper):
    env = wrapper.make_gym_env(create_walk, **{**WALK, "max_turns_per_episode": 4})
    env.reset()
    assert [env.step(np.int64(1))[2:4] for _ in range(4)] == [(False, False)] * 3 + [(False, True)]


def test_seeds_and_everybody_else_s_randomness(wrapper):
    def play(env, seed, disturb):
        rewards = []
        for game in range(3):
            env.reset(seed=seed if game == 0 else None)
            for _ in range(20):
                if disturb:
                    random.random(), np.random.random()
                rewards.append(env.step(0)[1])
        return rewards

    env = wrapper.make_gym_env(create_walk, **WALK)
    first = play(env, 1, False)
    assert play(env, 1, True) == first == play(wrapper.make_gym_env(create_walk, **WALK), 1, True)
    assert first[:20] != first[20:40] and play(env, 2, False) != first
    random.seed(3), np.random.seed(3)
    expected = random.random(), np.random.random()
    random.seed(3), np.random.seed(3)
    play(env, 1, False)
    wrapper.make_gym_env(create_walk, **WALK)
    assert (random.random(), np.random.random()) == expected


def test_render_and_info(wrapper):
    env = wrapper.make_gym_env("forager", render_mode="ansi")
    _, info = env.reset(seed=0)
    rows = env.render().split("\n")
    assert len(rows) == 4 and sorted("".join(rows).replace(" ", "")) == ["F", "o", "x"]
    assert info == {"score": 0.0}
    plain = wrapper.make_gym_env("forager")
    plain.reset()
    assert plain.render() is None


@pytest.mark.parametrize(
    "arguments, settings, words",
    [
        ((create_walk,), {}, "actions is empty"),
        ((create_walk,), {**WALK, "speed": 3}, "no setting 'speed'"),
        ((create_walk, "video"), WALK, "render_mode = 'video'.*ansi, rgb_array, human"),
        (("tron",), {}, r"(?s)tron is a game for 2 teams .*one player.*--game tron"),
        (("no_such_game",), {}, "no_such_game"),
        (("gym:CartPole-v1",), {}, "Only a retro game"),
        (("forager",), {"algorithm": "q_learning"}, "without an algorithm"),
    ],
)
def test_what_cannot_be_wrapped_is_refused_readably(wrapper, arguments, settings, words):
    with pytest.raises(RetroGamerError, match=words):
        wrapper.make_gym_env(*arguments, **settings)


def test_step_before_reset_is_refused(wrapper):
    env = wrapper.make_gym_env(create_walk, **WALK)
    with pytest.raises(ConfigError, match="before reset"):
        env.step(0)
