"""Runs and scripts of the original, tables, functions of one's own, Gymnasium, retro's examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from end_to_end import (
    ARROWS,
    HAVE_GYM,
    HAVE_RETRO,
    TINY,
    run_command,
    run_here,
    run_python,
)

needs_retro = pytest.mark.skipif(not HAVE_RETRO, reason="retro-games is not installed")


# What the original's users bring along

ORIGINAL_CONFIG = """\
[game]
module = "{module}"
path = ""

[metadata]
actions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]
reward = "reward"
board_size = [32, 16]
character_set = ["*", "<", ">", "@", "^", "v"]
extras_size = 0

[preprocessing]
spatial = {spatial}
board = true
observe_state = {observe_state}

[model]
hidden_sizes = [128, 64]

[training]
learning_rate = 0.0001
learning_rate_decay = 0.9999
gamma = 0.99
epsilon = 1.0
epsilon_decay = 0.9997
epsilon_min = 0.05
batch_size = 64
memory_capacity = 50000
target_update_freq = 500
train_every = 4
training_episodes = 20000
prioritize_experiences = true
exploration_turns = 200
max_turns_per_episode = 2000
unknown_character_strategy = "ignore"
"""


@pytest.mark.parametrize("spatial, observe_state", [("false", '["energy"]'), ("true", "[]")])
def test_a_run_of_the_original_trains_unchanged(empty, command, spatial, observe_state):
    module = "retro.examples.snake" if HAVE_RETRO else "retro_gamer.games.snake"
    Path("old").mkdir()
    Path("old/config.toml").write_text(ORIGINAL_CONFIG.format(module=module, spatial=spatial, observe_state=observe_state))
    before = Path("old/config.toml").read_bytes()
    for message in ("Trained 3 games", "Trained 5 games"):
        status, out, error = command("train", "old", "--episodes", "3" if "3" in message else "2")
        assert status == 0 and message in out, error
    assert Path("old/config.toml").read_bytes() == before
    assert command("evaluate", "old", "--games", "2")[0] == 0
    from retro_gamer import TrainedPolicy

    assert TrainedPolicy("old/").checkpoint == "ep_0005"


def test_checkpoints_of_the_original_are_named_for_what_they_are(empty, command):
    Path("old/checkpoints").mkdir(parents=True)
    Path("old/config.toml").write_text(
        ORIGINAL_CONFIG.format(module="retro_gamer.games.snake", spatial="false", observe_state="[]")
    )
    Path("old/checkpoints/ep_0100.pt").write_bytes(b"")
    status, _, error = command("play", "old")
    assert status == 1 and "holds checkpoints of the original retro-gamer (.pt), which need torch" in error


SCRIPT = """
from {home} import create_game
from retro_gamer import DQNTrainer, GameEnvironment, GameMetadata

def new_game():
    return create_game()

if __name__ == "__main__":
    metadata = GameMetadata(actions=["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"], reward="reward", board_size=(32, 16))
    environment = GameEnvironment(new_game, metadata, board=True)
    metadata.character_set = environment.discover_character_set(100)
    observation = environment.reset()
    print(observation.shape == (metadata.obs_size,), environment.step("KEY_UP")[2], environment.step(None)[1])
    trainer = DQNTrainer(new_game, metadata, "runs/scripted", preprocessing={{"observe_state": ["energy"]}},
                         hidden_sizes=[8], training_episodes={episodes}, batch_size=8, checkpoint_every=2,
                         max_turns_per_episode=10, evaluate_every=0)
    rows, games = [], []
    trainer.train(on_checkpoint=rows.append, on_episode=lambda: games.append(1))
    print([sorted(row) for row in rows][:1], [row["episode"] for row in rows], len(games))
    trainer.load_checkpoint("runs/scripted/checkpoints/ep_0002.npz")
"""


def test_a_script_of_the_original(empty, command):
    home = "retro.examples.snake" if HAVE_RETRO else "retro_gamer.games.snake"
    folder = empty / "scripts"
    folder.mkdir()
    (folder / "teach.py").write_text(SCRIPT.format(home=home, episodes=5))
    result = run_python("scripts/teach.py", cwd=empty)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].startswith("True ")
    keys = ["avg_loss", "avg_reward", "avg_steps", "episode", "epsilon"]
    assert result.stdout.splitlines()[1] == f"[{keys}] [2, 4, 5] 5"
    # The commands find the game of a script again, though it was __main__ there.
    result = run_command("evaluate", "runs/scripted", "--games", "1", cwd=empty)
    assert result.returncode == 0, result.stderr
    # Going on with other settings than those in the folder is not done silently.
    (folder / "teach.py").write_text(SCRIPT.format(home=home, episodes=9))
    error = run_python("scripts/teach.py", cwd=empty).stderr
    assert "was made with other settings than these:\n  training_episodes: here 9, there 5\n" in error


# Tables, functions of one's own, Gymnasium


@pytest.mark.parametrize("algorithm", ["q_learning", "sarsa", "expected_sarsa", "double_q_learning"])
def test_tabular_runs(empty, command, algorithm):
    status, _, error = command(
        "create",
        "--game",
        "forager",
        "--output",
        "run",
        "--algorithm",
        algorithm,
        "--planning-steps",
        "2",
        "--max-turns-per-episode",
        "20",
        "--evaluate-every",
        "0",
    )
    assert status == 0, error
    assert "Trained 20 games" in command("train", "run", "--episodes", "20")[1]
    assert "Going on after game 20" in command("train", "run", "--episodes", "2")[1]
    assert command("evaluate", "run", "--games", "2")[0] == 0
    assert "It expects of each key" in command("play", "run", "--seed", "1", "--explain")[1]


SEEING = """
from retro_gamer.games.forager import create_game

def as_tuple(game):
    return tuple(game.get_agent_by_name("{name}").position)

def as_list(game):
    return [*as_tuple(game), 0.5]
"""


def test_observation_functions(empty):
    from retro_gamer.games import forager

    name = next(agent.name for agent in forager.create_game().agents if hasattr(agent, "handle_keystroke"))
    Path("seeing.py").write_text(SEEING.format(name=name))
    for function, algorithm in (("as_tuple", "q_learning"), ("as_list", "dqn")):
        for arguments, said in (
            (
                [
                    "create",
                    "--game",
                    "seeing.py",
                    "--output",
                    function,
                    "--observation-function",
                    f"seeing:{function}",
                    "--algorithm",
                    algorithm,
                    "--actions",
                    ARROWS,
                    *TINY,
                    "--max-turns-per-episode",
                    "10",
                ],
                "Made ",
            ),
            (["train", function, "--episodes", "4"], "Trained 4 games"),
            (["train", function, "--episodes", "2"], "Going on after game 4"),
            (["evaluate", function, "--games", "2"], "2 greedy games"),
            (["play", function], "ep_0006: "),
        ):
            result = run_here(*arguments, cwd=empty)
            assert result.returncode == 0 and said in result.stdout, result.stderr


@pytest.mark.skipif(not HAVE_GYM, reason="Gymnasium is not installed")
def test_gymnasium(empty, command):
    from retro_gamer import TrainedPolicy
    from retro_gamer.errors import ConfigError

    assert command("create", "--game", "gym:CartPole-v1", "--output", "cart", *TINY)[0] == 0
    assert "Trained 3 games" in command("train", "cart", "--episodes", "3")[1]
    status, out, _ = command("play", "cart", "--seed", "1")
    assert status == 0 and re.fullmatch(r"ep_0003: \d+ turns, reward \d+ \(it has no picture to show\)\n", out)
    assert command("play", "cart", "--seed", "1")[1] == out
    assert command("evaluate", "cart", "--games", "2")[0] == 0
    with pytest.raises(ConfigError, match=r"was trained on an environment, not on a game.*ai.predict"):
        TrainedPolicy("cart").get_action(object())


@pytest.mark.skipif(HAVE_GYM, reason="Gymnasium is installed")
def test_without_gymnasium(empty, command):
    status, _, error = command("create", "--game", "gym:CartPole-v1", "--output", "cart")
    assert status == 2 and "Gymnasium is not installed. Install it with" in error


@needs_retro
@pytest.mark.parametrize("game", ["retro.examples.snake", "retro.examples.nav", "retro.examples.beast"])
def test_the_examples_of_retro_games(empty, command, game):
    status, out, error = command("create", "--game", game, "--output", "run", *TINY, "--max-turns-per-episode", "10")
    assert status == 0, error
    if game.endswith("snake"):  # which has no description
        assert f'Found by trying keys: actions = ["{ARROWS}"]'.replace(",", '", "') in out
        assert 'Found in the game\'s state: reward = "reward", score = "score"' in out
    status, out, error = command("train", "run", "--episodes", "3")
    assert status == 0 and "Trained 3 games" in out, error
