"""Pictures of planes, seen as boards of characters."""

from __future__ import annotations

import random

import numpy as np
import pytest

from retro_gamer.cli import main
from retro_gamer.commands.create import create_run
from retro_gamer.discovery.planes import find_player
from retro_gamer.environment.planes import PlanesBoard
from retro_gamer.errors import CheckpointError, ConfigError, ObservationError
from retro_gamer.policy.trained_policy import TrainedPolicy
from retro_gamer.reporting.recording import record_game
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

ENVIRONMENT = '''
import random
import numpy as np

class Catch:
    """Plane 0: something that flits about. Plane 1: the player. Plane 2: what falls."""
    actions = ["left", "stay", "right"]

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        self.x, self.fruit, self.turn = 3, [self.random.randrange(7), 0], 0
        return self.picture(), {}

    def picture(self):
        picture = np.zeros((6, 7, 3), bool)
        picture[self.random.randrange(5), self.random.randrange(7), 0] = True
        picture[5, self.x, 1] = True
        picture[self.fruit[1], self.fruit[0], 2] = True
        return picture

    def step(self, action):
        self.x = min(6, max(0, self.x + self.actions.index(action) - 1))
        self.turn += 1
        self.fruit[1] += 1
        reward = 0
        if self.fruit[1] == 5:
            reward = 1 if self.fruit[0] == self.x else -1
            self.fruit = [self.random.randrange(7), 0]
        return self.picture(), reward, False, self.turn >= 40, {}
'''


@pytest.fixture
def game(tmp_path):
    file = tmp_path / f"planes_{tmp_path.name}.py"  # Python knows one module of a name
    file.write_text(ENVIRONMENT, encoding="utf-8")
    return f"{file}:Catch"


def train(game, path, **settings):
    made = create_run(game, str(path), settings)
    Trainer(made.run).train()
    return made


def test_create_finds_planes_and_player(game, tmp_path):
    made = create_run(game, str(tmp_path / "run"), {})
    config = made.run.load_config()
    assert config.metadata.character_set == ["A", "B", "C"]
    assert config.metadata.player == "B"
    assert config.metadata.board_size == [7, 6]
    assert config.preprocessing.egocentric_radius == 5 and config.preprocessing.radar  # it keeps to its row
    assert any("plane 1, called B" in message for message in made.messages)


def test_a_player_that_goes_everywhere_sees_a_smaller_window(tmp_path):
    source = ENVIRONMENT.replace("picture[5, self.x, 1]", "picture[5 - self.turn % 2, self.x, 1]")
    (tmp_path / "hopping.py").write_text(source, encoding="utf-8")
    config = create_run(f"{tmp_path / 'hopping.py'}:Catch", str(tmp_path / "run"), {}).run.load_config()
    assert config.metadata.player == "B" and config.preprocessing.egocentric_radius == 3


def test_whole_board_where_it_is_named(game, tmp_path):
    config = create_run(game, str(tmp_path / "run"), {"spatial": True}).run.load_config()
    seen = config.preprocessing
    assert (seen.board, seen.spatial, seen.egocentric_radius, seen.radar) == (True, True, 0, False)


def test_plain_numbers_where_they_are_named(game, tmp_path):
    config = create_run(game, str(tmp_path / "run"), {"character_set": []}).run.load_config()
    assert config.metadata.character_set == [] and not config.preprocessing.radar
    assert Trainer(RunDirectory(tmp_path / "run")).learning.environment.shape.n_features == 6 * 7 * 3


def test_pictures_of_other_numbers_are_no_planes(tmp_path):
    source = ENVIRONMENT.replace("zeros((6, 7, 3), bool)", "full((6, 7, 3), 0.5)")
    (tmp_path / "grey_fruit.py").write_text(source, encoding="utf-8")
    config = create_run(f"{tmp_path / 'grey_fruit.py'}:Catch", str(tmp_path / "run"), {}).run.load_config()
    assert config.metadata.character_set == []


def test_board_paints_the_player_on_top_and_higher_planes_over_lower():
    board = PlanesBoard((2, 3, 3), "ABC", "A")
    picture = np.zeros((2, 3, 3), bool)
    picture[0, 1] = True  # all three
    picture[1, 2, 1:] = True
    board.show(picture)
    assert board.board_size == (3, 2)
    assert [(thing.character, thing.position) for thing in board.agents] == [
        ("A", (1, 0)),
        ("C", (1, 0)),
        ("C", (2, 1)),
        ("B", (1, 0)),
        ("B", (2, 1)),
    ]


def test_player_is_the_plane_that_follows_the_actions():
    chooser, turns = random.Random(0), 400
    pictures, actions, x = np.zeros((turns, 5, 9, 3)), [None], 4
    for turn in range(turns):
        if turn:
            actions.append(chooser.randrange(3))
            x = min(8, max(0, x + actions[-1] - 1))
        pictures[turn, 1, chooser.randrange(9), 0] = 1
        pictures[turn, 2, x, 1] = 1
        pictures[turn, :2, :2, 2] = 1  # follows nothing, and is large
    assert find_player(pictures, actions, list("ABC")) == "B"
    assert find_player(pictures[..., [0, 2]], actions, list("AB")) == ""


def test_learns_from_the_window_and_predicts_what_training_saw(game, tmp_path):
    made = train(game, tmp_path / "run", training_turns=6000, epsilon_decay_turns=3000, evaluate_every=0)
    player = load_player(made.run)
    policy, environment = TrainedPolicy(tmp_path / "run"), player.environment
    seen, shown, total = environment.reset(seed=5), environment.env.picture, 0.0
    environment.env.random.seed(1)  # `picture` draws where the first plane shows
    for _ in range(40):
        state = environment.env.random.getstate()
        picture = shown()
        environment.env.random.setstate(state)
        seen = environment._observation(shown())
        action = player.agent.act(seen)
        assert policy.predict(picture) == environment.actions[action]
        assert "on the radar" in str(policy.explain(observation=picture))
        seen, reward, _, over = environment.step(action)
        total += reward
        if over:
            break
    assert total >= 5  # of 8; random play: -5


def test_whole_board_by_convolution_is_seen_by_predict_too(game, tmp_path):
    train(game, tmp_path / "run", spatial=True, training_turns=200, learning_starts=100, evaluate_every=0)
    policy = TrainedPolicy(tmp_path / "run")
    picture = np.zeros((6, 7, 3), bool)
    picture[5, 3, 1] = True
    values = policy.q_values(observation=picture)
    picture[0, 0, 2] = True
    assert policy.q_values(observation=picture) != values


def test_resumed_training_gives_the_same_bits(game, tmp_path):
    settings = dict(training_turns=600, learning_starts=100, evaluate_every=200, checkpoint_every=5)
    whole, halves = (create_run(game, str(tmp_path / name), settings).run for name in ("whole", "halves"))
    Trainer(whole).train()
    trainer = Trainer(halves)
    trainer.train(on_episode=lambda status: trainer.stop() if trainer.turns >= 280 else None)
    assert trainer.turns < 600
    Trainer(halves).train()
    ours, theirs = (load_player(run).agent.get_policy() for run in (whole, halves))
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_pictures_of_another_shape_are_refused(game, tmp_path):
    train(game, tmp_path / "run", training_turns=80, evaluate_every=0)
    policy = TrainedPolicy(tmp_path / "run")
    with pytest.raises(ObservationError, match=r"it has shape \(6, 7\), not \(6, 7, 3\)"):
        policy.predict(np.zeros((6, 7)))
    with pytest.raises(ObservationError, match="it does not hold numbers only"):
        policy.predict(np.full((6, 7, 3), "x"))


def test_letters_for_what_has_no_planes_are_refused(game, tmp_path):
    create_run(game, str(tmp_path / "run"), {"character_set": ["A", "B"], "radar": True})
    with pytest.raises(ConfigError, match="one for each plane"):
        Trainer(RunDirectory(tmp_path / "run"))


def test_a_player_that_is_no_plane_is_refused(game, tmp_path):
    with pytest.raises(ConfigError, match="called A, B, C in their order"):
        create_run(game, str(tmp_path / "run"), {"player": "cart"})


def test_two_ways_to_see_the_board_are_refused(game, tmp_path):
    with pytest.raises(ConfigError, match="egocentric_radius are both set"):
        create_run(game, str(tmp_path / "run"), {"board": True, "egocentric_radius": 2})


def test_play_and_report_show_the_board(game, tmp_path, capsys):
    made = train(game, tmp_path / "run", training_turns=80, evaluate_every=0)
    assert main(["play", str(made.run.path)]) == 0
    shown = capsys.readouterr().out
    assert "+-------+" in shown and "B" in shown
    frames = record_game(load_player(made.run), 0).frames
    assert len(frames[0].board) == 6 and "B" in frames[0].board[5]


def test_a_description_that_does_not_fit_its_planes_is_refused(game, tmp_path):
    made = train(game, tmp_path / "run", training_turns=80, evaluate_every=0)
    path = made.run.find_checkpoint(None)
    import json

    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    name = next(name for name in arrays if arrays[name].dtype.kind == "U" or arrays[name].dtype == np.uint8)
    text = arrays[name].item() if arrays[name].shape == () else arrays[name].tobytes().decode()
    facts = json.loads(text)
    assert facts["characters"][:3] == ["A", "B", "C"]
    facts["spaces"]["observations"]["box"] = [6, 7, 30]
    changed = json.dumps(facts)
    arrays[name] = np.array(changed) if arrays[name].dtype.kind == "U" else np.frombuffer(changed.encode(), np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(CheckpointError, match="spaces do not fit"):
        TrainedPolicy(tmp_path / "run")
