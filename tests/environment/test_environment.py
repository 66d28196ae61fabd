"""Environments: rewards, ends, actions, seeds, what goes wrong in a game; the face for Gymnasium."""

from __future__ import annotations

import random
import re
import signal
from types import SimpleNamespace

import numpy as np
import pytest
from costs import lines_run
from observing import ARROWS, Hero, Piece, game_classes, make_encoder, needs_retro
from scripted_games import THE_LINE, divide, make_environment, script_factory, set_score

from retro_gamer import GameEnvironment, GameMetadata
from retro_gamer.config.settings import MetadataSettings
from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.keys import KeyInput, Keystroke, make_keystroke
from retro_gamer.environment.runner import state_number
from retro_gamer.errors import ConfigError, GameError, ObservationError
from retro_gamer.games import catch, engine, forager, snake
from retro_gamer.hosting.randomness import seed_everything


def rewards_of(environment, n_turns):
    environment.reset()
    return [environment.step(0).reward for _ in range(n_turns)]


# Rewards


def test_the_reward_is_the_change_since_the_turn_before():
    assert rewards_of(make_environment(script_factory(set_score(15), set_score(15), set_score(2))), 4) == [
        5,
        0,
        -13,
        0,
    ]


def test_each_game_counts_from_its_own_beginning():
    environment = make_environment(script_factory(set_score(15)))
    assert [rewards_of(environment, 1) for _ in range(3)] == [[5.0]] * 3


@pytest.mark.parametrize("value", [np.float32(12), np.int64(12), np.float64(12), np.array(12.0)])
def test_numpy_numbers_are_rewards(value):
    (reward,) = rewards_of(make_environment(script_factory(set_score(value))), 1)
    assert reward == 2.0 and type(reward) is float


def test_a_truth_value_is_a_reward():
    assert rewards_of(make_environment(script_factory(set_score(True), state={"score": False})), 2) == [
        1.0,
        0.0,
    ]


@pytest.mark.parametrize(
    "value, expected",
    [
        ("12", "state['score'] is '12' after turn 2, which is not a number"),
        (None, "state['score'] is None after turn 2"),
        ((1, 2), "state['score'] is (1, 2) after turn 2"),
        (1j, "is 1j after turn 2"),
        (float("nan"), "state['score'] is nan after turn 2. Look for a division by zero"),
        (float("inf"), "state['score'] is inf after turn 2"),
        (
            10**400,
            "state['score'] is inf after turn 2. Look for a division by zero, or a number that doubles for ever.",
        ),
    ],
)
def test_a_reward_that_is_not_a_number_is_explained(value, expected):
    environment = make_environment(script_factory(set_score(11), set_score(value)))
    environment.reset()
    assert environment.step(0).reward == 1
    with pytest.raises(GameError) as caught:
        environment.step(0)
    assert expected in str(caught.value)


def test_a_reward_that_the_state_lacks_is_named_with_what_there_is():
    environment = make_environment(script_factory(state={"points": 0, "lives": 3}))
    with pytest.raises(GameError, match="no value 'score' to learn from. It has: points, lives") as caught:
        environment.reset()
    assert "--reward" in str(caught.value)


def test_an_empty_state_is_said_to_be_empty():
    with pytest.raises(GameError, match="It has: nothing"):
        state_number(SimpleNamespace(state={}), "score")


def test_a_reward_that_disappears_is_noticed():
    environment = make_environment(script_factory(lambda game: game.state.pop("score")))
    environment.reset()
    with pytest.raises(GameError, match="no value 'score' to learn from after turn 1"):
        environment.step(0)


def test_the_score_is_reported_beside_the_reward():
    environment = make_environment(script_factory(set_score(11), state={"score": 10, "coins": 3}), score="coins")
    environment.reset()
    environment.step(0)
    assert environment.score == 3.0
    assert make_environment(script_factory()).score is None


# Ends


@pytest.mark.parametrize("game_class", game_classes(), ids=lambda game_class: game_class.__module__)
def test_a_game_that_ends_is_terminated_and_not_truncated(game_class):
    environment = make_environment(script_factory(set_score(0), lambda game: game.end(), game_class=game_class), max_turns=2)
    environment.reset()
    assert environment.step(0)[2:] == (False, False)
    assert environment.step(0)[2:] == (True, False)  # also when it ends in the last turn there is


def test_a_game_that_is_cut_short_is_truncated_and_not_terminated():
    environment = make_environment(script_factory(), max_turns=3)
    for _ in range(2):  # and the next game has as many turns
        environment.reset()
        assert [environment.step(0)[2:] for _ in range(3)] == [(False, False), (False, False), (False, True)]


# Actions


def test_the_last_action_is_to_do_nothing():
    pressed = []

    class Listener(Piece):
        def handle_keystroke(self, keystroke, game):
            pressed.append(keystroke.name or str(keystroke))

    environment = make_environment(
        lambda: engine.Game([Listener("s", (0, 0))], {"score": 0}, board_size=(3, 2)),
        actions=["KEY_LEFT", "a", " "],
    )
    assert environment.actions == ["KEY_LEFT", "a", " ", None]
    environment.reset()
    for action in (0, 3, 1, 2, 3):
        environment.step(action)
    assert pressed == ["KEY_LEFT", "a", " "]


def test_every_character_is_offered_the_key():
    heard = []

    class Listener(Piece):
        def handle_keystroke(self, keystroke, game):
            heard.append((self.position, keystroke.name))

    game_class = game_classes()[-1]
    environment = make_environment(
        lambda: game_class([Listener("s", (x, 0)) for x in range(3)], {"score": 0}, board_size=(3, 2))
    )
    environment.reset()
    environment.step(0)
    assert heard == [((x, 0), "KEY_LEFT") for x in range(3)]


@pytest.mark.parametrize(
    "key, name, text",
    [
        ("KEY_LEFT", "KEY_LEFT", "\x1b[D"),
        ("KEY_ENTER", "KEY_ENTER", "\n"),
        ("a", None, "a"),
        (" ", None, " "),
    ],
)
def test_keystrokes_look_as_those_of_blessed(key, name, text):
    for keystroke in (make_keystroke(key), Keystroke(text, name=name)):
        assert (keystroke.name, str(keystroke), keystroke.is_sequence) == (name, text, name is not None)


@needs_retro
def test_with_retro_games_a_keystroke_is_its_own():
    from blessed.keyboard import Keystroke as BlessedKeystroke

    assert type(make_keystroke("KEY_LEFT")) is BlessedKeystroke
    assert isinstance(make_keystroke("KEY_LEFT").code, int)


def test_a_key_is_pressed_for_one_turn_only():
    keys = KeyInput()
    keys.press("a")
    assert ([str(key) for key in keys.collect()], keys.collect()) == (["a"], set())


# Seeds


def trajectory(environment, seed, n_turns=60):
    chooser, seen = random.Random(seed), [environment.reset(seed)]
    for _ in range(n_turns):
        step = environment.step(chooser.randrange(len(environment.actions)))
        seen.append((step.observation.inputs.tolist(), step.reward, step.terminated))
        if step.terminated:
            break
    return [seen[0].inputs.tolist(), *seen[1:]]


@pytest.mark.parametrize("module", [snake, catch, forager], ids=lambda module: module.__name__)
def test_a_seed_fixes_the_game(module):
    size = list(module.create_game().board_size)
    metadata = MetadataSettings(actions=list(ARROWS), reward="score", board_size=size)
    environment = RetroEnvironment(
        module.create_game, metadata, make_encoder(grows=True, board_size=tuple(size), board=True)
    )
    first = trajectory(environment, 3)
    trajectory(environment, 4)
    random.seed(99)
    assert trajectory(environment, 3) == first
    assert trajectory(environment, 5) != first


def test_a_seed_fixes_numpy_too_and_may_be_large():
    for seed in (0, 2**32 - 1, 2**40):
        seed_everything(seed)
        before = (random.random(), np.random.rand())
        seed_everything(seed)
        assert (random.random(), np.random.rand()) == before


def test_without_a_seed_the_games_differ():
    environment = make_environment(
        lambda: engine.Game(
            [Piece("s", (random.randrange(3), 0)), Piece("s", (random.randrange(3), 1))],
            {"score": 0},
            board_size=(3, 2),
        )
    )
    seed_everything(0)
    assert len({environment.reset().cells.tobytes() for _ in range(30)}) > 3


@pytest.mark.parametrize("game_class", game_classes(), ids=lambda game_class: game_class.__module__)
def test_a_game_that_raises_is_blamed_with_turn_file_and_line(game_class):
    environment = make_environment(script_factory(set_score(1), set_score(2), divide, game_class=game_class))
    environment.reset()
    environment.step(0), environment.step(0)
    with pytest.raises(GameError) as caught:
        environment.step(0)
    assert "The game raised ZeroDivisionError in turn 3: division by zero" in str(caught.value)
    assert re.search(rf"scripted_games\.py, line {THE_LINE}, in divide", str(caught.value))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("game_class", game_classes(), ids=lambda game_class: game_class.__module__)
def test_a_rule_that_a_game_breaks_is_explained_with_the_turn(game_class):
    def leave(game):
        game.agents[0].position = (-1, 0)

    environment = make_environment(script_factory(leave, game_class=game_class))
    environment.reset()
    with pytest.raises(GameError, match=r"The game raised IllegalMove in turn 1: .*\(-1, 0\)"):
        environment.step(0)


def test_a_game_that_exits_is_told_how_to_end():
    environment = make_environment(script_factory(lambda game: exit_program()))
    environment.reset()
    with pytest.raises(GameError, match=r"The game raised SystemExit in turn 1(.|\n)*game\.end\(\)"):
        environment.step(0)


def exit_program():
    raise SystemExit


def test_ctrl_c_in_a_game_is_not_the_games_fault():
    def interrupt(game):
        signal.raise_signal(signal.SIGINT)

    environment = make_environment(script_factory(interrupt))
    environment.reset()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it would be ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            environment.step(0)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_game_that_raises_when_it_starts_is_blamed():
    class Stubborn(engine.Game):
        def start(self):
            raise RuntimeError("not today")

    with pytest.raises(GameError, match="The game raised RuntimeError when it started: not today"):
        make_environment(script_factory(game_class=Stubborn)).reset()


def test_a_factory_that_raises_is_blamed():
    def create_game():
        raise KeyError("level 1")

    with pytest.raises(
        GameError, match=r"The game raised KeyError while create_game\(\) made a new game: 'level 1'"
    ) as caught:
        make_environment(create_game).reset()
    assert "test_environment.py, line" in str(caught.value)


def test_a_factory_that_returns_nothing_is_told_to():
    def create_game():
        script_factory()()

    with pytest.raises(
        GameError, match=r"create_game\(\) returned NoneType, not a Game \(.*test_environment\.py, line \d+\)"
    ) as caught:
        make_environment(create_game).reset()
    assert "return game" in str(caught.value)


def test_an_observation_function_that_raises_is_blamed():
    with pytest.raises(GameError, match="The game raised ZeroDivisionError in its observation function"):
        make_environment(script_factory(), function=divide).reset()


def test_an_observation_error_is_not_wrapped():
    def observe(game):
        raise ObservationError("already readable")

    with pytest.raises(ObservationError, match="^already readable$"):
        make_environment(script_factory(), function=observe).reset()


# Gymnasium


class TestGymnasium:
    @pytest.fixture(autouse=True)
    def gymnasium(self):
        pytest.importorskip("gymnasium")

    def make(self, *arguments, **settings):
        from retro_gamer.environment.gym import GymEnvironment

        return GymEnvironment(*arguments, **settings)

    def test_a_box_is_a_flat_list_of_features(self):
        environment = self.make("CartPole-v1")
        seen = environment.reset(3)
        assert environment.actions == ["0", "1"] and environment.shape == (0, 1, 4, (0, 0))
        assert seen.features.shape == (4,) and seen.features.dtype == np.float32 and seen.cells.size == 0
        assert (environment.reset(3).features == seen.features).all()

    def test_a_discrete_observation_is_one_hot_or_itself(self):
        assert self.make("FrozenLake-v1").reset(0).features.tolist() == [1] + [0] * 15
        assert self.make("FrozenLake-v1", tabular=True).reset(0) == 0

    def test_its_own_limit_truncates_and_so_does_ours(self):
        environment = self.make("FrozenLake-v1", max_turns=3)
        for seed in range(20):
            environment.reset(seed)
            steps = [environment.step(0) for _ in range(3)]
            assert steps[-1][2:] == (False, True) and not any(step.truncated for step in steps[:-1])

    @pytest.mark.parametrize(
        "name, tabular, expected",
        [
            ("NoSuchThing-v0", False, "Gymnasium cannot make 'NoSuchThing-v0'"),
            ("Pendulum-v1", False, "Only a list of actions"),
            ("CartPole-v1", True, "a table cannot learn"),
            ("Blackjack-v2", False, "cannot make"),
        ],
    )
    def test_what_cannot_be_learned_is_explained(self, name, tabular, expected):
        with pytest.raises(ConfigError) as caught:
            self.make(name, tabular=tabular)
        assert expected in str(caught.value)


def test_gymnasium_that_is_missing_is_named(monkeypatch):
    import sys

    from retro_gamer.environment.gym import GymEnvironment

    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ConfigError, match="-m pip install gymnasium"):
        GymEnvironment("CartPole-v1")


@pytest.mark.parametrize("game_class", game_classes(), ids=lambda game_class: game_class.__module__)
def test_the_flat_environment_looks_at_characters_and_not_at_cells(game_class):
    """The naive way walks over the board, and takes twenty times as long as the game itself."""

    def lines_of_a_step(*board_size):
        environment = GameEnvironment(
            lambda: game_class([Hero("s", (5, 5))], {"score": 0}, board_size=board_size),
            GameMetadata(list(ARROWS), "score", character_set=list("abcdes")),
        )
        environment.reset()
        environment.step("KEY_LEFT")
        return lines_run(lambda: environment.step("KEY_LEFT"))

    assert lines_of_a_step(8, 8) == lines_of_a_step(64, 32) < 300


def test_a_character_without_a_position_is_named_when_the_engine_trips_over_it():
    class Ghost:
        name, position, character = "ghost", (1, 1), "G"

        def handle_keystroke(self, key, game):
            self.position = None

    environment = RetroEnvironment(
        lambda: engine.Game([Ghost()], {"score": 0}, board_size=(3, 3)),
        MetadataSettings(actions=["a"], reward="score", board_size=[3, 3]),
        None,
        lambda game: 0,
        tabular=True,
    )
    environment.reset()
    with pytest.raises(GameError, match="(?s)in turn 1: .*The character 'ghost' has position None"):
        environment.step(0)
