"""Every code block of the contract page "Integrating a Trained Model" runs.

The blocks stand in tests/contract/, each as printed but for what its comments say. The page says
`runs/snake/`; here that run is trained on retro-games' own snake where retro-games is installed, else on the
bundled one.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from end_to_end import (
    DRIVER,
    HAVE_RETRO,
    TINY,
    checkpoint_names,
    needs_terminal,
    play_in_terminal,
    run_command,
    run_python,
)

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.games import engine

CONTRACT = Path(__file__).resolve().parent.parent / "contract"
needs_retro = pytest.mark.skipif(not HAVE_RETRO, reason="retro-games is not installed")

ENGINES = [pytest.param(True, id="built-in engine"), pytest.param(False, id="retro-games", marks=needs_retro)]


def block(name, without_retro=False, seed=1, replace=(), after="print(dict(game.state), game.turn_number)"):
    """The arguments for a Python that runs a block and then `after`, with its variables at hand."""
    text = (CONTRACT / name).read_text("utf-8")
    for old, new in replace:
        assert old in text
        text = text.replace(old, new)
    return ["-c", DRIVER.format(without_retro=without_retro, seed=seed) + text + "\n" + after]


def left_well(status, output, restored):
    assert status == 0 and "Traceback" not in output, output
    assert restored
    assert "\x1b[?1049h" in output and "\x1b[?1049l" in output  # into the other screen and out again
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")  # the cursor is back
    return output[output.rindex("\x1b[?1049l") :]


# Loading a trained model


def test_load_the_latest_checkpoint(workshop):
    ai = TrainedPolicy("runs/snake/")
    assert ai.checkpoint == "ep_0500"


def test_load_a_specific_checkpoint(workshop):
    assert checkpoint_names("runs/snake") == ["best.npz", "ep_0250.npz", "ep_0500.npz"]
    ai = TrainedPolicy("runs/snake/", checkpoint="ep_0500")
    assert ai.checkpoint == "ep_0500"
    assert TrainedPolicy("runs/snake/", checkpoint="ep_0250.npz").checkpoint == "ep_0250"


def test_latest_is_by_number_not_by_text(workshop):
    folder = Path("runs/snake/checkpoints")
    shutil.copy(str(folder / "ep_0250.npz"), str(folder / "ep_9900.npz"))
    shutil.copy(str(folder / "ep_0500.npz"), str(folder / "ep_10000.npz"))
    assert TrainedPolicy("runs/snake/").checkpoint == "ep_10000"


# PolicyInput: model as player


@needs_retro
@needs_terminal
def test_play_in_a_terminal_with_retro_games(workshop):
    after = left_well(*play_in_terminal(block("play.py"), workshop, rows=30))
    assert "'energy'" in after


@needs_terminal
@pytest.mark.parametrize("without_retro", ENGINES)
def test_play_the_bundled_snake_in_a_terminal(workshop, without_retro):
    program = block(
        "play.py",
        without_retro,
        replace=[("retro.examples.snake", "retro_gamer.games.snake"), ("runs/snake/", "runs/board/")],
    )
    after = left_well(*play_in_terminal(program, workshop, rows=30))
    assert "'score'" in after


@pytest.mark.parametrize("without_retro", ENGINES)
def test_the_policys_keys_reach_the_game_as_keys_of_the_keyboard(workshop, without_retro, monkeypatch):
    if without_retro:
        monkeypatch.setattr("retro_gamer.environment.keys._keystroke_class", None)
        monkeypatch.setitem(sys.modules, "retro", None)
    pressed = []

    class Listener:
        name, character, position = "snake head", "v", (3, 3)

        def handle_keystroke(self, keystroke, game):
            pressed.append((keystroke.name, str(keystroke), type(keystroke).__module__.split(".")[0]))

    game = engine.Game([Listener()], {}, board_size=(32, 16))
    ai = TrainedPolicy("runs/board/", epsilon=1.0)
    game.input_source = PolicyInput(ai, game)
    game.start()
    for _ in range(60):
        game.step()
    home = "retro_gamer" if without_retro else "blessed"
    texts = {"KEY_RIGHT": "\x1b[C", "KEY_UP": "\x1b[A", "KEY_LEFT": "\x1b[D", "KEY_DOWN": "\x1b[B"}
    assert set(pressed) == {(key, text, home) for key, text in texts.items()}
    assert 30 < len(pressed) < 60  # and sometimes none
    monkeypatch.setattr("retro_gamer.environment.keys._keystroke_class", None)


# TrainedPolicy in play_turn: model as autonomous character


@needs_retro
@needs_terminal
def test_embed_in_a_game_beside_a_human(workshop):
    # 32 x 16 and three state values do not fit into 80 x 24: that is the game's own business.
    after = left_well(*play_in_terminal(block("embed.py"), workshop, rows=30))
    assert "'energy'" in after


@needs_terminal
@pytest.mark.parametrize("without_retro", ENGINES)
def test_embed_in_the_bundled_snake(workshop, without_retro):
    program = block("embed_bundled.py", without_retro, replace=[("runs/snake/", "runs/board/")])
    after = left_well(*play_in_terminal(program, workshop, rows=30))
    assert "'energy'" in after


@pytest.mark.filterwarnings("ignore:On the board are other characters")  # the letter v, which nobody else had
def test_a_character_that_asks_sees_from_itself(tmp_path, monkeypatch):
    """Two characters of one game ask the same model, each from its own place; from outside it is the player's."""
    monkeypatch.chdir(tmp_path)
    from retro_gamer.cli import main

    assert main(["create", "--game", "snake", "--output", "runs/window", *TINY, "--max-turns-per-episode", "5"]) == 0
    assert main(["train", "runs/window", "--episodes", "10"]) == 0
    ai = TrainedPolicy("runs/window/")
    seen = {}

    class Character:
        character = "v"

        def __init__(self, name, position):
            self.name, self.position = name, position

        def play_turn(self, game):
            seen[self.name] = ai.q_values(game)
            assert ai.get_action(game) == ai.get_action(game, agent=self)

    class Player(Character):
        def handle_keystroke(self, keystroke, game):
            pass

    class Source:
        position = (9, 9)  # has a position too, but is no character of the game

        def collect(self):
            seen["source"] = ai.q_values(game)
            return set()

    player, near, far = Player("snake head", (0, 0)), Character("near", (5, 5)), Character("far", (31, 15))
    game = engine.Game([player, near, far], {}, board_size=(32, 16), input_source=Source())
    game.start()
    game.step()
    outside = {agent.name: ai.q_values(game, agent=agent) for agent in (player, near, far)}
    assert {name: seen[name] for name in outside} == outside
    assert seen["source"] == ai.q_values(game) == outside["snake head"]
    assert len({tuple(values.values()) for values in outside.values()}) == 3  # they do see different things


# Training an enemy model, and adversarial training


def edit(path, *pairs):
    text = Path(path).read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    Path(path).write_text(text, "utf-8")


def ok(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_enemy_and_adversarial_training(tmp_path):
    for name in ("my_game.py", "player_training_game.py", "enemy_training_game.py"):
        shutil.copy(str(CONTRACT / name), str(tmp_path))

    def run(*arguments):
        return ok(run_command(*arguments, cwd=tmp_path))

    few = [*TINY, "--max-turns-per-episode", "20", "--checkpoint-every", "5"]
    # % retro-gamer create --game my_game:create_enemy_training_game --output runs/enemy/
    made = run("create", "--game", "my_game:create_enemy_training_game", "--output", "runs/enemy/", *few)
    assert 'reward = "enemy_reward"' in made and "Seen from enemy" in made
    # % retro-gamer train runs/enemy/
    assert "Trained 5 games" in run("train", "runs/enemy/", "--episodes", "5")

    run("create", "--game", "player_training_game", "--output", "runs/player/", *few)
    assert "Trained 5 games" in run("train", "runs/player/", "--episodes", "5")
    # From now on the enemy is trained against the player's model: its run gets the other game.
    edit(
        tmp_path / "runs/enemy/config.toml",
        ('module = "my_game"', 'module = "enemy_training_game"'),
        ('"my_game:create_enemy_training_game"', '"enemy_training_game:create_game"'),
    )
    assert "Going on after game 5" in run("train", "runs/enemy/", "--episodes", "5")
    assert "Trained 10 games" in run("train", "runs/player/", "--episodes", "5")
    assert checkpoint_names(tmp_path / "runs/enemy") == ["ep_0005.npz", "ep_0010.npz"]

    # The opponent's model is loaded once a run, and looks from its own character.
    probe = """
from retro_gamer import TrainedPolicy
loads, load = [], TrainedPolicy._load
TrainedPolicy._load = lambda self: (loads.append(str(self._run)), load(self))
import player_training_game
for _ in range(3):
    game = player_training_game.create_game()
    from retro_gamer.environment.keys import KeyInput
    game.input_source = KeyInput()
    game.start()
    enemy = game.get_agent_by_name("enemy")
    values = player_training_game._enemy.q_values(game, agent=enemy)
    before, expected = enemy.position, max(values, key=values.get)
    game.step()
    moved = (enemy.position[0] - before[0], enemy.position[1] - before[1])
    assert moved in (player_training_game.STEPS.get(expected, (0, 0)), (0, 0)), (expected, moved)
print(loads)
"""
    assert ok(run_python("-c", probe, cwd=tmp_path)) == f"{[os.path.join('runs', 'enemy')]}\n"


def test_autoplay_convention(workshop):
    """A game whose input source is a policy can be driven with start() and step(), as other tools do."""
    from retro_gamer.games.snake import create_game

    game = create_game()
    game.input_source = PolicyInput(TrainedPolicy("runs/board/"), game)
    game.start()
    while game.playing and game.turn_number < 40:
        game.step()
    assert game.turn_number > 0
