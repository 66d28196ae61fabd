"""Not doing the same thing again and again: the rule by hand, in training, on resume, and in somebody's game."""

from __future__ import annotations

import random

import numpy as np
import pytest
from small_runs import make_run, same

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.agents.repetition import Repetition
from retro_gamer.environment.observation import NO_FEATURES, Observation
from retro_gamer.games import forager
from retro_gamer.games.engine import Game
from retro_gamer.policy.repeats import Repeats
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer
from retro_gamer.training.loop import play_episode
from retro_gamer.training.player import load_player

SAFE = np.array([1.00, 0.98, -9.0])  # two safe actions, and one that kills


def test_without_a_penalty_it_is_greedy():
    plain = Repetition(0.0)
    assert [plain.choose(SAFE, "s") for _ in range(30)] == [0] * 30


@pytest.mark.parametrize("penalty", [0.05, 0.1, 0.3, 1.0])
def test_the_next_safe_action_is_tried_and_the_deadly_one_never(penalty):
    restless = Repetition(penalty)
    deadly_first = SAFE[[2, 0, 1]]
    chosen = [restless.choose(deadly_first, "s") for _ in range(100)]
    assert chosen[:2] == [1, 2] and 0 not in chosen


def test_each_situation_counts_for_itself():
    restless = Repetition(0.05)
    assert [restless.choose(SAFE, state) for state in "abcabc"] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("reward, again", [(1.0, 0), (0.0, 1), (-1.0, 1)])
def test_a_reward_starts_anew(reward, again):
    restless = Repetition(0.05)
    restless.choose(SAFE, "s")
    restless.got(reward)
    assert restless.choose(SAFE, "s") == again


def test_what_is_lost_again_is_no_gain():
    restless = Repetition(0.05)
    chosen = []
    for _ in range(4):  # it buys in s and sells in t, at the same price
        chosen.append(restless.choose(SAFE, "s"))
        restless.got(-5.0)
        restless.choose(SAFE, "t")
        restless.got(5.0)
    assert chosen == [0, 1, 0, 1]


def test_a_gain_counts_where_it_was_before_though_the_return_was_higher_elsewhere():
    restless = Repetition(0.05)
    restless.got(9.0)
    restless.choose(SAFE, "r")
    restless.got(-7.0)
    restless.choose(SAFE, "s")
    restless.got(1.0)
    assert [restless.choose(SAFE, state) for state in "srs"] == [0, 1, 1]


def test_the_rule_is_the_equation():
    q, penalty, times = np.array([3.0, 2.0, -1.0]), 0.04, [0, 0, 0]
    restless = Repetition(penalty)
    for _ in range(60):
        expected = int(np.argmax(q - 4.0 * np.minimum(penalty * np.array(times), 0.9)))
        assert restless.choose(q, "s") == expected
        times[expected] += 1


SETTINGS = {"train_every": 2, "batch_size": 16, "memory_capacity": 300, "repeat_penalty": 0.1}


def test_training_in_pieces_equals_training_in_one_go(tmp_path):
    whole, pieces = make_run(tmp_path / "whole", **SETTINGS), make_run(tmp_path / "pieces", **SETTINGS)
    Trainer(whole).train()
    for stop_after in (3, 10, 99):
        trainer = Trainer(pieces)
        trainer.train(on_episode=lambda status, t=trainer, n=stop_after: t.stop() if status.episode >= n else None)
    same(whole, pieces)


class Asked(PolicyInput):
    """Asks twice in each turn, as a display of what it will do does, and notes the key."""

    def __init__(self, model, game):
        super().__init__(model, game)
        self.model, self.game, self.keys = model, game, []

    def collect(self):
        self.keys.append(self.model.get_action(self.game))
        pressed = super().collect()
        assert [key.name for key in pressed] == [key for key in self.keys[-1:] if key is not None]
        return pressed


def play_in_a_game(run, seed, turns=40):
    """The keys that PolicyInput presses in a game of its own, and the reward."""
    ai = TrainedPolicy(run)
    random.seed(seed)
    game = forager.create_game()
    game.input_source = asked = Asked(ai, game)
    game.start()
    while game.playing and game.turn_number < turns:
        before = ai.get_action(game)  # once more, before the turn begins
        game.step()
        assert asked.keys[-1] == before
    return asked.keys, game.state["reward"]


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_get_action_plays_as_evaluation_does(tmp_path, penalty):
    run = make_run(tmp_path / "run", **{**SETTINGS, "repeat_penalty": penalty})
    Trainer(run).train()
    player = load_player(RunDirectory(run.path))
    for seed in range(5):
        episode = play_episode(player.environment, player.agent, lambda: 0.0, learn=False, seed=seed)
        keys, total = play_in_a_game(run.path, seed)
        assert (len(keys), total) == (episode.turns, pytest.approx(episode.episode_return))


class Stub:
    """A policy that always sees SAFE."""

    def __init__(self):
        self.repetition = Repetition(0.05)

    def act(self, observation):
        return self.repetition.choose(SAFE, observation.to_bytes())


def seeing(number):
    return Observation(np.full(4, number, np.uint8), NO_FEATURES)


def test_characters_that_share_a_policy_do_not_count_each_others_actions():
    seen = seeing(0)
    game, player, other = Game([], {"score": 0}), object(), object()
    repeats = Repeats(Stub(), "score", lambda game: player)
    assert [repeats.act(seen, game, who) for who in (player, other)] == [0, 0]
    game.turn_number = 2
    assert [repeats.act(seen, game, who) for who in (None, other)] == [1, 1]  # None is the player
    game.turn_number, game.state["score"] = 3, 5  # a reward: anew
    assert [repeats.act(seen, game, who) for who in (None, other)] == [0, 0]
    assert repeats.act(seen, Game([], {"score": 5}), None) == 0  # another game


def test_of_several_answers_for_a_turn_the_last_one_counts():
    game = Game([], {})
    repeats = Repeats(Stub(), "score", lambda game: None)
    asked = [
        (1, 0),
        (1, 9),
        (1, 0),
        (2, 0),
        (2, 9),
        (3, 9),
    ]  # what 9 looked like was never acted on before turn 2
    answers = []
    for game.turn_number, number in asked:
        answers.append(repeats.act(seeing(number), game, None))
    assert answers == [0, 0, 0, 1, 0, 1]


def test_a_game_that_counts_no_turns_is_asked_once_a_turn():
    game = type("Own", (), {"state": {}, "agents": [], "board_size": (2, 2)})()
    repeats = Repeats(Stub(), "score", lambda game: None)
    assert [repeats.act(seeing(0), game, None) for _ in range(2)] == [0, 1]


def test_old_checkpoints_have_no_penalty(tmp_path):
    run = make_run(tmp_path / "run", **{**SETTINGS, "repeat_penalty": 0.0})
    Trainer(run).train(episodes=2)
    player = load_player(RunDirectory(run.path))
    assert "repeat_penalty" not in player.facts and player.agent.repetition.penalty == 0.0
