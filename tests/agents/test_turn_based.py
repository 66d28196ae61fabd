"""Games that wait for a key: a key in every turn, none again that changed nothing, and what such a turn costs."""

from __future__ import annotations

import random

import numpy as np
import pytest
from small_runs import make_run, same

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.agents.agent import Transition
from retro_gamer.agents.repetition import Repetition
from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.observation import NO_FEATURES, Observation
from retro_gamer.games import forager
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer
from retro_gamer.training.loop import play_episode
from retro_gamer.training.player import load_player
from retro_gamer.training.single_agent import SingleAgent

VALUES = np.array([1.0, 0.5, -9.0])
WHOLE_BOARD = {"board": True, "egocentric_radius": 0, "radar": False}


def run_of(path, **seen):
    """A run of a game that waits for a key, with the whole board seen."""
    settings = {"train_every": 2, "batch_size": 16, "memory_capacity": 300, "repeat_penalty": 0.1}
    run = make_run(path, preprocessing=seen or WHOLE_BOARD, **settings)
    run.config_path.write_text(run.load_config().with_settings({"turn_based": True}).to_toml(), encoding="utf-8")
    return run


def test_what_changed_nothing_is_not_done_again():
    choices = Repetition(0.1, turn_based=True)
    assert [choices.choose(VALUES, "s") for _ in range(3)] == [0, 1, 2]  # even what seems deadly
    assert choices.choose(VALUES, "s") == 0  # nothing helps: from the beginning
    other = Repetition(0.1)
    assert 2 not in [other.choose(VALUES, "s") for _ in range(100)]


def test_what_changed_something_counts_as_done_once():
    choices = Repetition(0.1, turn_based=True)
    assert [choices.choose(VALUES, state) for state in "stst"] == [0, 0, 1, 1]
    assert choices.choose(VALUES, "t") == 0  # after t came t, but only the second time


def test_it_is_known_later_in_the_game_and_not_in_the_next():
    choices = Repetition(0.1, turn_based=True)
    assert [choices.choose(VALUES, state) for state in "sst"] == [0, 1, 0]
    assert choices.choose(VALUES, "s") == 1
    choices.forget()
    assert choices.choose(VALUES, "s") == 0


@pytest.mark.parametrize("then", [Repetition.did_something_else, lambda choices: choices.take_back("s", 0)])
def test_what_others_did_tells_nothing_of_the_choice(then):
    choices = Repetition(0.01, turn_based=True)
    choices.choose(VALUES, "s")
    then(choices)
    assert choices.choose(VALUES, "s") == 0


def test_no_action_is_to_press_nothing(tmp_path):
    run = run_of(tmp_path / "run")
    environment = SingleAgent(run).environment
    assert isinstance(environment, RetroEnvironment) and None not in environment.actions
    environment.reset(0)
    before = environment.observe().to_bytes()
    assert environment.press(None).observation.to_bytes() == before  # but a person may


def seen(number):
    return Observation(np.full(9, number, np.uint8), NO_FEATURES)


def test_a_turn_that_changed_nothing_costs_a_usual_reward(tmp_path):
    agent = SingleAgent(run_of(tmp_path / "run")).agent
    agent.scale.value = 1 / 12  # as if the root mean square of the rewards were 3
    cost = [
        agent._with_cost(Transition(seen(0), 0, reward, seen(then), over, False)).reward
        for reward, then, over in [(0, 0, False), (-1, 0, False), (2, 0, False), (0, 1, False), (0, 0, True)]
    ]
    assert cost == pytest.approx([-3, -4, 2, 0, 0])


def test_training_in_pieces_equals_training_in_one_go(tmp_path):
    whole, pieces = run_of(tmp_path / "whole"), run_of(tmp_path / "pieces")
    Trainer(whole).train()
    for stop_after in (3, 99):
        trainer = Trainer(pieces)
        trainer.train(on_episode=lambda status, t=trainer, n=stop_after: t.stop() if status.episode >= n else None)
    same(whole, pieces)


def keys_in_a_game(run, seed, turns=40):
    """The keys that PolicyInput presses in a game of its own, and the reward."""
    random.seed(seed)
    game, keys = forager.create_game(), []
    ai = TrainedPolicy(run)
    game.input_source = PolicyInput(ai, game)
    game.start()
    while game.playing and game.turn_number < turns:
        keys.append(ai.get_action(game))
        game.step()
    return keys, game.state["reward"]


def test_get_action_plays_as_evaluation_does(tmp_path):
    run = run_of(tmp_path / "run")
    Trainer(run).train()
    player = load_player(RunDirectory(run.path))
    assert player.agent.repetition.turn_based
    for seed in range(5):
        episode = play_episode(player.environment, player.agent, lambda: 0.0, learn=False, seed=seed)
        keys, total = keys_in_a_game(run.path, seed)
        assert None not in keys
        assert (len(keys), total) == (episode.turns, pytest.approx(episode.episode_return))


def test_through_a_window_it_is_not_known_what_changed(tmp_path):
    run = run_of(tmp_path / "run", board=False, egocentric_radius=1)
    Trainer(run).train(episodes=2)
    player = load_player(RunDirectory(run.path))
    assert not player.agent.repetition.turn_based and None not in player.environment.actions


def test_a_policy_goes_on_as_it_was_trained(tmp_path):
    """What config.toml says of it later changes neither its keys nor how it acts."""
    run = run_of(tmp_path / "run")
    Trainer(run).train(episodes=2)
    text = run.config_path.read_text(encoding="utf-8")
    run.config_path.write_text(text.replace("turn_based = true", "turn_based = false"), encoding="utf-8")
    player = load_player(RunDirectory(run.path))
    assert None not in player.environment.actions and player.agent.repetition.turn_based
