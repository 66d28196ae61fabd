"""A policy that was trained on an environment, or with an observation function, acts on what it is shown."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from end_to_end import run_python

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import CheckpointError, ConfigError, ObservationError, RunNotFoundError
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer
from retro_gamer.training.player import load_player

gymnasium = pytest.importorskip("gymnasium")
spaces = gymnasium.spaces


class Any(gymnasium.Env):
    """Random observations of a space; the reward is 1."""

    def __init__(self, observation_space, action_space):
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        return self.observation_space.sample(), 1.0, bool(self.np_random.random() < 0.2), False, {}


@pytest.fixture
def trained(tmp_path):
    def train(observations, actions, **training):
        gymnasium.register("Any-v0", entry_point=lambda: Any(observations, actions))
        run = RunDirectory(tmp_path / "run")
        settings = {"batch_size": 8, "evaluate_every": 0, **training}
        values = {"game": {"gym": "Any-v0"}, "training": settings, "model": {"hidden_sizes": [8]}}
        run.create(RunConfig.from_dict(values).to_toml())
        Trainer(run).train(episodes=10)
        return run

    yield train
    gymnasium.registry.pop("Any-v0", None)


PICTURE = spaces.Box(0, 255, (4, 4, 1), np.uint8)
NESTED = spaces.Dict({"way": spaces.Box(-1, 1, (2,)), "lives": spaces.Discrete(3, start=1)})


@pytest.mark.parametrize(
    "observations, actions, algorithm",
    [
        (spaces.Box(-1, 1, (2, 3)), spaces.Discrete(3), "dqn"),
        (spaces.Box(-1e6, 1e6, (2,)), spaces.Discrete(3, start=-1), "dqn"),
        (PICTURE, spaces.MultiDiscrete([2, 2]), "dqn"),
        (NESTED, spaces.Dict({"x": spaces.Discrete(2), "y": spaces.MultiBinary(2)}), "dqn"),
        (spaces.Discrete(4, start=2), spaces.Discrete(2), "dqn"),
        (spaces.Discrete(4, start=2), spaces.MultiBinary(2), "q_learning"),
        (
            spaces.Tuple([spaces.Discrete(3), spaces.MultiDiscrete([2, 2])]),
            spaces.Discrete(2),
            "double_q_learning",
        ),
    ],
)
def test_it_acts_as_the_agent_does_in_its_environment(trained, observations, actions, algorithm):
    run = trained(observations, actions, algorithm=algorithm)
    ai, player = TrainedPolicy(run.path), load_player(run)
    for _ in range(20):
        seen = observations.sample()
        expected = player.agent.act(player.environment._observation(seen), 0.0)
        action, values = ai.predict(seen), ai.q_values(observation=seen)
        assert actions.contains(action) and str(action) == str(player.environment.action_space.value_at(expected))
        assert list(values.values()) == player.agent.q_values(player.environment._observation(seen)).tolist()
        assert list(values) == ai.actions and ai.actions[expected] == player.environment.action_space.key(expected)


def test_what_was_asked_before_changes_nothing(trained):
    """There are no games and no rewards to it: after 20 games it would count what was done in the first."""
    run = trained(spaces.Discrete(2), spaces.Discrete(3), algorithm="dqn", repeat_penalty=0.5)
    ai = TrainedPolicy(run.path)
    assert len({ai.predict(1) for _ in range(20)}) == 1


def test_epsilon_is_the_share_of_other_actions(trained):
    run = trained(spaces.Box(-1, 1, (2,)), spaces.Discrete(5))
    ai, seen = TrainedPolicy(run.path, epsilon=1.0), np.zeros(2)
    assert {ai.predict(seen) for _ in range(100)} == set(range(5))
    assert len({TrainedPolicy(run.path).predict(seen) for _ in range(5)}) == 1


def test_gymnasium_is_not_needed_to_act(trained, tmp_path):
    run = trained(NESTED, spaces.MultiDiscrete([2, 2]))
    code = (
        "import sys; sys.modules['gymnasium'] = None\n"
        "from retro_gamer import TrainedPolicy\n"
        f"print(TrainedPolicy({str(run.path)!r}).predict({{'way': [0.5, 0], 'lives': 3}}).shape)"
    )
    done = run_python("-c", code, cwd=tmp_path)
    assert done.stdout == "(2,)\n", done.stderr


@pytest.mark.parametrize(
    "observations, given, words",
    [
        (spaces.Box(-1, 1, (2, 3)), np.zeros((3, 2)), r"shape \(3, 2\), not \(2, 3\)"),
        (spaces.Box(-1, 1, (2,)), [1, 2, 3], r"shape \(3,\), not \(2,\)"),
        (spaces.Box(-1, 1, (2,)), 1.0, r"shape \(\), not \(2,\)"),
        (spaces.Box(-1, 1, (2,)), "left", "numbers only"),
        (spaces.Box(-1, 1, (2,)), None, "numbers only"),
        (spaces.Box(-1, 1, (2,)), [1, np.nan], "contains nan"),
        (spaces.Box(-1, 1, (2,)), {}, "numbers only"),
        (spaces.Box(-1, 1, (2,)), ([1, 2], {}), "all that reset or step returned. Give .* return first"),
        (spaces.Box(-1, 1, (2,)), [1, [2, 3]], "different lengths|numbers only"),
        (PICTURE, np.full((4, 4, 1), 0.5), "0 to 255"),
        (NESTED, {"way": [0, 0]}, "dict of"),
        (spaces.Discrete(4), 4, "from 0 to 3, but is 4"),
    ],
)
def test_what_is_no_observation_is_refused_in_words(trained, observations, given, words):
    ai = TrainedPolicy(trained(observations, spaces.Discrete(2)).path)
    for ask in (
        ai.predict,
        lambda seen: ai.q_values(observation=seen) if seen is not None else ai.predict(seen),
    ):
        with pytest.raises(ObservationError, match=words):
            ask(given)


def test_a_game_is_refused_by_a_policy_of_an_environment_and_the_other_way_round(trained, tmp_path):
    ai = TrainedPolicy(trained(spaces.Discrete(4), spaces.Discrete(2)).path)
    for ask in (ai.get_action, ai.q_values, ai.keys, lambda game: PolicyInput(ai, game)):
        with pytest.raises(ConfigError, match=r"on an environment, not on a game(.|\n)*ai.predict\(observation\)"):
            ask(np.zeros(4))
    run = str(tmp_path / "forager")
    assert main(["create", "--game", "forager", "--output", run, "--algorithm", "q_learning"]) == 0
    with pytest.raises(RunNotFoundError, match="no checkpoint"):
        TrainedPolicy(run, if_missing="random").predict([0])
    assert main(["train", run, "--episodes", "2"]) == 0
    for ask in (TrainedPolicy(run).predict, lambda seen: TrainedPolicy(run).q_values(observation=seen)):
        with pytest.raises(ConfigError, match=r"looks at the game itself.*ai.get_action\(game\)"):
            ask([0])


GAME = """
from retro_gamer.games import Game
class Player:
    name, character, position = "player", "P", (2, 0)
    def handle_keystroke(self, key, game):
        self.position = (max(0, min(4, self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0))), 0)
    def play_turn(self, game):
        game.state["score"] += self.position[0] == 4
        if game.turn_number == 9: game.end()
def create_game():
    return Game([Player()], {"score": 0}, board_size=(5, 1))
def observe(game):
    return (game.agents[0].position[0], 1)
"""


@pytest.mark.parametrize("algorithm", ["dqn", "q_learning"])
def test_what_an_observation_function_returns_is_taken_too(tmp_path, monkeypatch, algorithm):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "seen_game", raising=False)
    (tmp_path / "seen_game.py").write_text(GAME)
    monkeypatch.chdir(tmp_path)
    flags = [
        "--actions",
        "KEY_LEFT,KEY_RIGHT",
        "--observation-function",
        "seen_game:observe",
        "--batch-size",
        "8",
    ]
    assert main(["create", "--game", "seen_game.py", "--output", "run", "--algorithm", algorithm, *flags]) == 0
    assert main(["train", "run", "--episodes", "20"]) == 0
    ai = TrainedPolicy("run")
    import seen_game

    for x in range(5):
        game = seen_game.create_game()
        game.agents[0].position = (x, 0)
        assert ai.predict((x, 1)) == ai.get_action(game)
        assert ai.q_values(observation=(x, 1)) == ai.q_values(game)
    if algorithm == "dqn":
        with pytest.raises(ObservationError, match="shape"):
            ai.predict((1, 2, 3))


@pytest.mark.parametrize(
    "observations, algorithm, given",
    [
        (spaces.Box(-1, 1, (2, 3)), "dqn", np.ones((2, 3))),
        (spaces.Discrete(4), "dqn", 3),
        (spaces.Discrete(4), "q_learning", 3),
    ],
)
def test_a_policy_from_before_spaces_were_written_down_acts_too(trained, observations, algorithm, given):
    run = trained(observations, spaces.Discrete(3), algorithm=algorithm)
    before = TrainedPolicy(run.path).predict(given)
    path = run.find_checkpoint()
    facts, arrays = load_checkpoint(path)
    del facts["spaces"]
    run.save_policy(path, facts, arrays)
    assert TrainedPolicy(run.path).predict(given) == before
    assert main(["evaluate", str(run.path), "--games", "2"]) == 0


@pytest.mark.parametrize(
    "damage",
    [
        {"spaces": 3},
        {"spaces": {}},
        {"spaces": {"observations": {"box": [3]}, "actions": {"discrete": 2}}},
        {"spaces": {"observations": {"box": [2]}, "actions": {"discrete": 3}}},
        {"spaces": {"observations": {"box": [2]}, "actions": {"choice": ["a", {"tuple": 3}]}}},
    ],
)
def test_a_description_that_does_not_fit_is_refused(trained, damage):
    run = trained(spaces.Box(-1, 1, (2,)), spaces.Discrete(2))
    path = run.find_checkpoint()
    facts, arrays = load_checkpoint(path)
    run.save_policy(path, {**facts, **damage}, arrays)
    with pytest.raises(CheckpointError, match="spaces do not fit"):
        TrainedPolicy(run.path)
