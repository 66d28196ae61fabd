"""Our games in other programs that speak Gymnasium: ids, actions, pictures, copies."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from end_to_end import PATIENCE

from retro_gamer.errors import ConfigError
from retro_gamer.games import BUNDLED

gymnasium = pytest.importorskip("gymnasium")
from retro_gamer.policy.gymnasium_env import RetroGymEnv, make_gym_env  # noqa: E402
from retro_gamer.policy.picture import CELL_HEIGHT, CELL_WIDTH, PIXELS, board_picture  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
ONE_PLAYER = ["snake", "forager", "catch"]


@pytest.mark.parametrize("game", BUNDLED)
def test_every_bundled_game_has_an_id(game):
    name = f"retro_gamer.policy.gymnasium_env:retro_gamer/{game.capitalize()}-v0"
    if game not in ONE_PLAYER:
        with pytest.raises(ConfigError, match="teams"):
            gymnasium.make(name)
        return
    env = gymnasium.make(name, render_mode="rgb_array")
    observation, _ = env.reset(seed=1)
    assert env.observation_space.contains(observation) and env.render().dtype == np.uint8


@pytest.mark.parametrize(
    "imports, name",
    [
        ("import gymnasium", "retro_gamer.policy.gymnasium_env:retro_gamer/Snake-v0"),
        ("import retro_gamer, gymnasium", "retro_gamer.policy.gymnasium_env:retro_gamer/Snake-v0"),
        ("import gymnasium", "retro_gamer.environment.gym_wrapper:retro_gamer/Game-v0"),
        ("import gymnasium", "retro_gamer:retro_gamer/Snake-v0"),
        ("import gymnasium, retro_gamer", "retro_gamer/Snake-v0"),
    ],
)
def test_the_ids_are_found_in_a_new_process(tmp_path, imports, name):
    game = ", game='snake'" if "Game-v0" in name else ""
    code = f"{imports}; env = gymnasium.make({name!r}{game}); env.reset(seed=1); env.step(0); print('made')"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == "made\n", done.stderr


def test_importing_the_library_does_not_import_gymnasium(tmp_path):
    code = "import retro_gamer, sys; assert 'gymnasium' not in sys.modules and 'numpy' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=True, timeout=PATIENCE)


@pytest.mark.parametrize("game", ONE_PLAYER)
def test_the_environment_checker_has_no_complaints_in_any_render_mode(game, capsys):
    from gymnasium.utils.env_checker import check_env

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        check_env(gymnasium.make(f"retro_gamer/{game.capitalize()}-v0", render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize("game", ["retro_gamer.games.snake", "snake"])
def test_the_class_takes_what_the_function_takes(game):
    assert RetroGymEnv(game).observation_space == make_gym_env("snake").observation_space


def test_vector_environments():
    make = [lambda: gymnasium.make("retro_gamer/Forager-v0")] * 2
    for vector in (gymnasium.vector.SyncVectorEnv(make), gymnasium.vector.AsyncVectorEnv(make)):
        try:
            observations, _ = vector.reset(seed=1)
            assert len(observations) == 2
            assert len(vector.step([0, 1])[1]) == 2
        finally:
            vector.close()


@pytest.mark.parametrize("action", [-1, 5, 99, 0.5, None, "KEY_LEFT", np.array([0, 1])])
def test_what_is_no_action_is_refused_with_the_ones_there_are(action):
    env = make_gym_env("snake")
    env.reset(seed=1)
    with pytest.raises(ConfigError, match=r"no action .*0 \(KEY_.*4 \(no key\)"):
        env.step(action)


@pytest.mark.parametrize("action", [0, np.int64(0), np.array(0), np.uint8(0)])
def test_an_action_may_be_any_whole_number(action):
    env = make_gym_env("snake")
    env.reset(seed=1)
    env.step(action)


@pytest.mark.parametrize("copied", [lambda env: pickle.loads(pickle.dumps(env)), copy.deepcopy])
@pytest.mark.parametrize("game", ONE_PLAYER)
def test_a_copy_goes_on_with_the_game_and_its_chance(copied, game):
    env = gymnasium.make(f"retro_gamer/{game.capitalize()}-v0", render_mode="ansi")
    env.reset(seed=4)
    chooser = np.random.default_rng(1)
    for _ in range(3):
        env.step(int(chooser.integers(2)))
    other = copied(env)
    for _ in range(200):
        action = int(chooser.integers(env.action_space.n))
        ours, theirs = env.step(action), other.step(action)
        assert (ours[0] == theirs[0]).all() and ours[1:4] == theirs[1:4] and env.render() == other.render()
        if ours[2] or ours[3]:
            assert (env.reset()[0] == other.reset()[0]).all()


def test_a_copy_before_the_first_game_and_in_another_process(tmp_path):
    (tmp_path / "my_walk.py").write_text(
        "from retro_gamer.games.engine import Game\n"
        "class Walker:\n"
        "    name, character, position = 'w', '@', (0, 0)\n"
        "    def handle_keystroke(self, key, game): self.position = (min(29, self.position[0] + 1), 0)\n"
        "    def play_turn(self, game): game.state['reward'] = game.state['score'] = self.position[0]\n"
        "def create_game(): return Game([Walker()], {'score': 0, 'reward': 0}, board_size=(30, 1))\n"
    )
    env = make_gym_env(str(tmp_path / "my_walk.py"), actions=["KEY_RIGHT"])
    assert pickle.loads(pickle.dumps(env)).reset(seed=1)[1] == {"score": 0.0}
    env.reset(seed=1)
    env.step(0), env.step(0)
    (tmp_path / "env.pickle").write_bytes(pickle.dumps(env))
    code = "import pickle; env = pickle.load(open('env.pickle', 'rb')); print(env.step(0)[4])"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code.replace("env.pickle", str(tmp_path / "env.pickle"))],
        env=environment, cwd=elsewhere, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stdout == "{'score': 3.0}\n", done.stderr


def test_pictures_show_characters_in_their_colours():
    from retro_gamer.games.engine import Game

    class Thing:
        def __init__(self, character, position, color=None):
            self.character, self.position, self.color = character, position, color

    things = [Thing("█", (1, 0), "red"), Thing("★", (2, 1)), Thing("a", (0, 1), "black_on_white")]
    picture = board_picture(Game(things, {"score": 0}, board_size=(3, 2)))
    width, height = CELL_WIDTH * PIXELS, CELL_HEIGHT * PIXELS
    assert picture.shape == (2 * height, 3 * width, 3) and picture.dtype == np.uint8
    cells = picture.reshape(2, height, 3, width, 3).swapaxes(1, 2)
    assert not cells[0, 0].any() and (cells[0, 1] == (205, 0, 0)).all() and cells[1, 2].any()
    assert (cells[1, 0] == 229).any() and (cells[1, 0] == 0).any()


def test_human_rendering_draws_every_turn(capsys):
    env = gymnasium.make("retro_gamer/Forager-v0", render_mode="human")
    env.reset(seed=1)
    for _ in range(3):
        env.step(0)
    assert env.render() is None
    env.close()
    assert capsys.readouterr().out.count("┌") == 4


def test_record_video(tmp_path):
    pytest.importorskip("moviepy")
    env = gymnasium.make("retro_gamer/Snake-v0", render_mode="rgb_array")
    env = gymnasium.wrappers.RecordVideo(env, str(tmp_path / "videos"), disable_logger=True)
    env.reset(seed=1)
    for _ in range(5):
        env.step(4)
    env.close()
    assert list((tmp_path / "videos").glob("*.mp4"))
