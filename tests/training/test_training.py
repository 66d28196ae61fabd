"""Training as a whole: the same twice, the same in pieces, nothing lost, nothing diverging."""

from __future__ import annotations

import random

import numpy as np
import pytest
from small_runs import ALGORITHMS, make_run, same

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import TrainingSettings
from retro_gamer.environment.base import Environment, Step
from retro_gamer.errors import CheckpointError, ConfigError, GameError, TrainingDivergedError
from retro_gamer.games.engine import Game
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training import Trainer, evaluate, play_episode, random_play
from retro_gamer.training.evaluation import FIRST_TRAINING_EVALUATION_SEED, bootstrap_interval


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_same_seed_gives_the_same_training_to_the_last_bit(tmp_path, name):
    settings = {"algorithm": name, **ALGORITHMS[name]}
    runs = [make_run(tmp_path / str(i), **settings) for i in range(2)]
    for run in runs:
        Trainer(run).train()
    same(*runs)


def test_another_seed_gives_another_training(tmp_path):
    weights = []
    for seed in (1, 2):
        trainer = Trainer(make_run(tmp_path / str(seed), seed=seed))
        trainer.train(episodes=3)
        weights.append(trainer.agent.get_policy()["network/symbols"])
    assert not np.array_equal(*weights)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_training_in_pieces_equals_training_in_one_go(tmp_path, name):
    settings = {"algorithm": name, **ALGORITHMS[name]}
    whole, pieces = make_run(tmp_path / "whole", **settings), make_run(tmp_path / "pieces", **settings)
    Trainer(whole).train()
    for stop_after in (3, 10, 11, 24, 99):
        trainer = Trainer(pieces)
        trainer.train(on_episode=lambda status, t=trainer, n=stop_after: t.stop() if status.episode >= n else None)
        random.random()  # whatever happens between two sittings must not matter
        np.random.random()
    same(whole, pieces)


def test_a_stop_leaves_a_policy_to_play_with_until_the_next_checkpoint(tmp_path):
    run = make_run(tmp_path)
    trainer = Trainer(run)
    trainer.train(on_episode=lambda status: trainer.stop() if status.episode == 13 else None)
    assert [episode for episode, _ in run.checkpoints()] == [10, 13]
    Trainer(run).train()
    assert [episode for episode, _ in run.checkpoints()] == [10, 20, 25]


def test_episodes_asks_for_that_many_more(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=4)
    trainer = Trainer(run)
    assert trainer.resumed and trainer.episode == 4
    trainer.train(episodes=30)
    assert trainer.episode == 34 and run.checkpoints()[-1][0] == 34


def test_training_turns_end_a_training(tmp_path):
    trainer = Trainer(make_run(tmp_path, training_turns=200))
    trainer.train()
    assert 200 <= trainer.turns < 240 and trainer.is_complete()


def test_metrics_and_log_have_a_row_a_checkpoint(tmp_path):
    run = make_run(
        tmp_path,
        epsilon_decay_turns=0,
        epsilon_decay=0.5,
        epsilon_min=0.0,
        learning_rate=0.01,
        learning_rate_decay=0.9,
    )
    rows_seen = []
    Trainer(run).train(on_checkpoint=rows_seen.append)
    rows = run.read_metrics()
    assert [row["episode"] for row in rows] == [10, 20, 25] == [row["episode"] for row in rows_seen]
    assert rows[0]["epsilon"] == pytest.approx(0.5**10, rel=1e-4)
    assert rows[0]["learning_rate"] == pytest.approx(0.01 * 0.9**9, rel=1e-4)
    assert "eval_return" in rows[-1]
    assert run.log_path.read_text("utf-8").startswith("[ep_0010]  ep=0001-0010  avg_reward=")


def test_best_is_the_best_of_the_greedy_evaluations(tmp_path):
    run = make_run(
        tmp_path,
        algorithm="q_learning",
        learning_rate=0.2,
        training_episodes=200,
        evaluate_every=500,
        checkpoint_every=1000,
    )
    results = []
    trainer = Trainer(run)
    trainer.train(on_episode=lambda status: results.append(status.evaluation.mean if status.evaluation else None))
    best = max([result for result in results if result is not None] + [trainer.evaluation.mean])
    from retro_gamer.training.player import load_player

    player = load_player(run, "best")
    assert evaluate(player.environment, player.agent, 2, FIRST_TRAINING_EVALUATION_SEED).mean == pytest.approx(best)


def test_evaluating_does_not_disturb_the_training(tmp_path):
    policies = []
    for evaluate_every in (0, 100):
        trainer = Trainer(make_run(tmp_path / str(evaluate_every), evaluate_every=evaluate_every))
        trainer.train()
        policies.append(trainer.agent.get_policy())
    for name in policies[0]:
        assert np.array_equal(policies[0][name], policies[1][name]), name


def test_evaluation_is_the_same_for_the_same_seeds_and_random_play_too(tmp_path):
    trainer = Trainer(make_run(tmp_path))
    first, second = (random_play(trainer.environment, 5, seed=3) for _ in range(2))
    assert np.array_equal(first.returns, second.returns) and np.array_equal(first.turns, second.turns)
    state = random.getstate(), np.random.get_state()[1].tolist()
    evaluate(trainer.environment, trainer.agent, 3, seed=0)
    assert state == (random.getstate(), np.random.get_state()[1].tolist())


def test_the_bootstrap_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        low, high = bootstrap_interval(rng.exponential(size=60), resamples=400)
        covered += low <= 1.0 <= high
    assert 0.88 <= covered / 200 <= 0.98


@pytest.mark.parametrize("name", ALGORITHMS)
def test_without_a_resume_state_training_goes_on_from_the_newest_policy(tmp_path, name):
    run = (
        make_run(tmp_path, algorithm=name, **{k: v for k, v in ALGORITHMS[name].items() if k != "algorithm"})
        if name != "dqn_uniform"
        else make_run(tmp_path, **ALGORITHMS[name])
    )
    trainer = Trainer(run)
    trainer.train(episodes=20)
    before = trainer.agent.get_policy()
    run.resume_path.unlink()
    again = Trainer(run)
    assert again.resumed and (again.episode, again.turns) == (20, trainer.turns)
    after = again.agent.get_policy()
    assert all(np.array_equal(before[key], after[key]) for key in before)
    again.train()
    assert [row["episode"] for row in run.read_metrics()] == [10, 20, 25]


def test_a_kill_costs_at_most_what_came_after_the_last_resume_state(tmp_path):
    whole, killed = make_run(tmp_path / "whole"), make_run(tmp_path / "killed")
    Trainer(whole).train()

    def kill(status):
        if status.episode == 23:  # the first checkpoint saved the state, the second, soon after, did not
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(killed).train(on_episode=kill)
    assert [episode for episode, _ in killed.checkpoints()] == [10, 20]
    assert Trainer(killed).episode == 10
    Trainer(killed).train()
    same(whole, killed)


def test_a_character_added_to_the_configuration_keeps_the_numbers_of_the_others(tmp_path):
    run = make_run(tmp_path)
    trainer = Trainer(run)
    trainer.train(episodes=2)
    text = run.config_path.read_text("utf-8")
    run.config_path.write_text(text.replace("character_set = []", 'character_set = ["?", "!"]'), "utf-8")
    assert Trainer(run).vocabulary.characters == [*trainer.vocabulary.characters, "?", "!"]


# A changed configuration


@pytest.mark.parametrize(
    "change, message",
    [
        ({"hidden_sizes = [16]": "hidden_sizes = [32]"}, "hidden_sizes"),
        ({"egocentric_radius = 2": "egocentric_radius = 3"}, "egocentric_radius"),
        ({'reward = "reward"': 'reward = "score"'}, "reward"),
        ({'"KEY_UP", ': ""}, "actions"),
        ({"radar = true": "radar = false"}, "radar"),
        ({'algorithm = "dqn"': 'algorithm = "sarsa"'}, "algorithm"),
    ],
)
def test_changes_that_make_the_weights_meaningless_are_refused_by_name(tmp_path, change, message):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=2)
    text = run.config_path.read_text("utf-8")
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    run.config_path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=rf"(?s)cannot go on.*{message}\n    was: .*\n    now: .*\n    why: "):
        Trainer(run)


def test_changes_that_do_no_harm_are_taken_over(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=2)
    text = run.config_path.read_text("utf-8").replace("gamma = 0.99", "gamma = 0.9")
    run.config_path.write_text(text.replace("batch_size = 64", "batch_size = 8"), "utf-8")
    trainer = Trainer(run)
    trainer.train(episodes=1)
    assert trainer.episode == 3 and trainer.config.training.gamma == 0.9


def test_training_never_rewrites_the_configuration(tmp_path):
    run = make_run(tmp_path)
    run.config_path.write_text("# mine!\n" + run.config_path.read_text("utf-8"), "utf-8")
    before = run.config_path.read_bytes()
    Trainer(run).train(episodes=12)
    assert run.config_path.read_bytes() == before


# Games that change or break


class Walker:
    name, position, character = "walker", (0, 0), "W"

    def handle_keystroke(self, key, game):
        x, y = self.position
        if key.name == "KEY_RIGHT":
            self.position = (min(x + 1, 5), y)


class Alphabet:
    """Shows another letter every few turns."""

    name, position, character = "alphabet", (3, 1), "a"

    def play_turn(self, game):
        self.character = chr(ord("a") + game.turn_number // 5 % 26)
        game.state["score"] += 1
        if game.turn_number >= game.state["length"]:
            game.end()


def alphabet_game(length=120):
    return Game([Walker(), Alphabet()], {"score": 0, "length": length}, board_size=(6, 3))


def custom_run(path, preprocessing, **training):
    config = RunConfig.from_dict(
        {
            "game": {"module": "made_here"},
            "metadata": {"actions": ["KEY_RIGHT"], "reward": "score"},
            "preprocessing": preprocessing,
            "model": {"hidden_sizes": [8]},
            "training": {
                "batch_size": 8,
                "evaluate_every": 0,
                "checkpoint_every": 2,
                "exploration_turns": 3,
                "memory_capacity": 200,
                **training,
            },
        }
    )
    run = RunDirectory(path)
    run.create(config.to_toml())
    return run


@pytest.mark.parametrize(
    "preprocessing",
    [
        {"board": True},
        {"board": False, "egocentric_radius": 1, "radar": True},
        {"board": True, "spatial": True},
    ],
)
def test_a_character_that_appears_late_is_learned_about(tmp_path, preprocessing):
    run = custom_run(tmp_path, preprocessing)
    lengths = iter([30, 200, 200, 200])
    trainer = Trainer(run, lambda: alphabet_game(next(lengths, 200)))
    sizes = trainer.environment.shape
    trainer.train(episodes=4)
    assert len(trainer.vocabulary.characters) == 27 and trainer.environment.shape.n_symbols == 32 > sizes.n_symbols
    assert trainer.agent.online.shape["n_symbols"] == 32
    assert trainer.agent.online.shape["n_cells"] == trainer.environment.shape.n_cells
    again = Trainer(run, alphabet_game)  # and a grown network is saved and restored
    again.train(episodes=1)
    assert again.episode == 5


class Crowd:
    """Shows another character in every turn of its life: turn after turn, game after game."""

    position, character, shown = (0, 0), "!", 0

    def play_turn(self, game):
        Crowd.shown += 1
        self.character = chr(ord("!") + Crowd.shown)
        game.state["score"] += 1
        if game.state["score"] == game.state["length"]:
            game.end()


def test_the_first_observation_of_a_game_may_be_from_before_the_network_grew(tmp_path, monkeypatch):
    monkeypatch.setattr(Crowd, "shown", 0)
    run = custom_run(tmp_path, {"board": False, "egocentric_radius": 1, "radar": True}, exploration_turns=0)
    trainer = Trainer(run, lambda: Game([Walker(), Crowd()], {"score": 0, "length": 3}, board_size=(6, 3)))
    trainer.train(episodes=30)  # room for new characters is made in the first, second and third turn of some game
    assert trainer.environment.shape.n_symbols >= 64


def test_a_game_that_raises_in_training_loses_nothing(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    trainer = Trainer(run)
    step, turns = trainer.environment.step, 0

    def fail_later(action):
        nonlocal turns
        turns += 1
        if turns == 57:
            raise GameError("The game raised ZeroDivisionError in turn 3: division by zero")
        return step(action)

    trainer.environment.step = fail_later
    with pytest.raises(GameError, match=r"division by zero\n\(Game \d+ of the training"):
        trainer.train()
    again = Trainer(run)
    assert again.episode == trainer.episode >= 12
    again.train()
    assert again.episode == 25


# Numbers that stay bounded


class ScaledRewards(Environment):
    """A corridor of 8 cells: the right end pays 50, every step costs 1, the left end costs 10; all times `scale`."""

    actions = ["left", "right"]

    def __init__(self, scale):
        self.scale, self.place = scale, 0

    @property
    def shape(self):
        from retro_gamer.environment.observation import ObservationShape

        return ObservationShape(0, 1, 8, (0, 0))

    def _see(self):
        from retro_gamer.environment.observation import NO_CELLS, Observation

        features = np.zeros(8, np.float32)
        features[self.place] = 1
        return Observation(NO_CELLS, features)

    def reset(self, seed=None):
        self.place, self.turn = 3, 0
        return self._see()

    def step(self, action):
        self.place += 1 if action else -1
        self.turn += 1
        ended = self.place in (0, 7)
        reward = {0: -10.0, 7: 50.0}.get(self.place, -1.0)
        return Step(self._see(), reward * self.scale, ended, not ended and self.turn >= 50)


def corridor_agent(**settings):
    from retro_gamer.agents import make_agent

    usual = {"learning_rate": 1e-3, "train_every": 1, "target_update_freq": 100, "batch_size": 32}
    config = RunConfig().with_settings({"hidden_sizes": [32], **usual, **settings})
    return make_agent(config, ScaledRewards(1).shape, 2, np.random.default_rng(0))


def true_values(gamma=0.99):
    """Q* of the corridor by value iteration, [8, 2]."""
    q = np.zeros((8, 2))
    for _ in range(200):
        for place in range(1, 7):
            for action, after in ((0, place - 1), (1, place + 1)):
                reward = {0: -10.0, 7: 50.0}.get(after, -1.0)
                q[place, action] = reward + (0 if after in (0, 7) else gamma * q[after].max())
    return q


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"double": False},
        {"n_step": 3},
        {"dueling": True},
        {"prioritize_experiences": False},
        {"reward_scale": 0.1},
    ],
)
def test_dqn_finds_the_true_values_of_a_small_problem(settings):
    environment, agent = ScaledRewards(1.0), corridor_agent(**settings)
    for _ in range(350):
        play_episode(environment, agent, lambda: 0.5 if not settings.get("n_step") else 0.1)
    found = []
    for place in range(1, 7):
        environment.place = place
        found.append(agent.q_values(environment._see()))
    right = np.array(found)[:, 1]
    np.testing.assert_allclose(right, true_values()[1:7, 1], rtol=0.12, atol=1.5)
    assert (np.array(found).argmax(axis=1) == 1).all()


@pytest.mark.parametrize("train_every, gradient_steps", [(4, 1), (1, 1), (3, 2), (32, 8), (2, 8), (7, 20)])
def test_train_every_means_what_it_says(train_every, gradient_steps):
    """After every `train_every` turns come `gradient_steps` learning steps, no sooner and no later."""
    agent = corridor_agent(train_every=train_every, gradient_steps=gradient_steps)
    while agent.turns < 40:  # more than a batch
        play_episode(ScaledRewards(1.0), agent, lambda: 1.0)
    seen, losses, learn = [(agent.turns, agent.optimizer.t)], [], agent.learn

    def watched_learn(transition):
        losses.append(learn(transition))
        seen.append((agent.turns, agent.optimizer.t))
        return losses[-1]

    agent.learn = watched_learn
    while agent.turns < 240:
        play_episode(ScaledRewards(1.0), agent, lambda: 1.0)
    for (_, before), (turn, after) in zip(seen, seen[1:]):
        assert after - before == (0 if turn % train_every else gradient_steps)
    assert [loss is not None for loss in losses] == [turn % train_every == 0 for turn, _ in seen[1:]]


@pytest.mark.parametrize("batch_size, gradient_steps, drawn", [(64, 8, [8]), (64, 20, [8, 8, 4]), (200, 5, [2, 2, 1])])
def test_batches_of_steps_made_together_are_drawn_together(batch_size, gradient_steps, drawn):
    agent = corridor_agent(batch_size=batch_size, train_every=10**9)
    while len(agent.replay) < batch_size:
        play_episode(ScaledRewards(1.0), agent, lambda: 1.0)
    found, sample = [], agent.replay.sample_batches
    agent.replay.sample_batches = lambda size, n: found.append(n) or sample(size, n)
    agent._learning_steps(gradient_steps)
    assert found == drawn


@pytest.mark.parametrize(
    "batch_size, train_every, gradient_steps, as_it_was",
    [(32, 4, 1, (32, 8)), (32, 3, 2, (12, 8)), (32, 7, 20, (7, 20)), (100, 1, 1, (5, 5))],
)
def test_a_training_that_began_in_rounds_goes_on_in_them(batch_size, train_every, gradient_steps, as_it_was):
    """A state from before train_every was taken literally says nothing of rounds; then they were made of all settings."""
    settings = dict(batch_size=batch_size, train_every=train_every, gradient_steps=gradient_steps)
    old, state = corridor_agent(**settings), corridor_agent(**settings).get_state()
    assert state.pop("rounds") == 1
    old.set_state(state)
    assert (old.train_every, old.gradient_steps) == as_it_was
    later = corridor_agent(**settings)
    for _ in range(2):  # also in the sitting after the next, and however often it is loaded
        later.set_state(old.get_state())
        assert (later.train_every, later.gradient_steps) == as_it_was
    with pytest.raises(ValueError, match="rounds"):
        later.set_state({**state, "rounds": np.array(10**6)})


@pytest.mark.parametrize("prioritized", [False, True])
def test_steps_made_together_are_steps_one_after_the_other(prioritized):
    """The slow twin: from the same batches, one step and one update of priorities at a time."""
    agents = [corridor_agent(prioritize_experiences=prioritized, train_every=10**9) for _ in range(2)]
    for agent in agents:
        for _ in range(30):
            play_episode(ScaledRewards(1.0), agent, lambda: 1.0)
    together, twin = agents
    for _ in range(20):
        loss = together._learning_steps(4)
        batches, losses = list(twin.replay.sample_batches(twin.batch_size, 4)), []
        for batch in batches:
            one, td_errors = twin._learning_step(batch)
            losses.append(one)
            twin.replay.update_priorities(batch.indices, td_errors)
        assert loss == pytest.approx(sum(losses), rel=1e-6)
    for name, array in together.get_state().items():
        np.testing.assert_array_equal(array, twin.get_state()[name], err_msg=name)


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_loss_and_values_stay_bounded_whatever_the_size_of_the_rewards(scale):
    environment, agent = ScaledRewards(scale), corridor_agent()
    losses = [play_episode(environment, agent, lambda: 0.3).mean_loss for _ in range(200)]
    assert max(loss for loss in losses if loss is not None) < 10
    environment.place = 6
    assert agent.q_values(environment._see())[1] == pytest.approx(50 * scale, rel=0.1)
    environment.place = 3
    assert agent.act(environment._see(), 0.0) == 1


def test_a_change_of_the_reward_scale_leaves_the_predictions_as_they_were():
    environment, agent = ScaledRewards(1.0), corridor_agent(target_update_freq=10**9)
    for _ in range(60):
        play_episode(environment, agent, lambda: 0.5)
    observation = environment.reset()
    agent.scale.value *= 5  # as if the rewards had been small before
    before = agent.q_values(observation)
    factor = agent.scale.update()
    assert factor != 1.0
    agent.online.scale_output(factor)
    np.testing.assert_allclose(agent.q_values(observation), before, rtol=1e-5)


def test_truncation_bootstraps_and_termination_does_not():
    class OneState(ScaledRewards):
        """Pays 1 each turn for ever; a game is only ever cut short (or ends, if `ends`)."""

        ends = False

        def step(self, action):
            self.turn += 1
            over = self.turn >= 5
            return Step(self._see(), 1.0, over and self.ends, over and not self.ends)

    class Ends(OneState):
        ends = True

    values = []
    for environment in (OneState(1), Ends(1)):
        agent = corridor_agent(gamma=0.8, reward_scale=1.0)
        for _ in range(500):
            play_episode(environment, agent, lambda: 0.5)
        values.append(agent.q_values(environment.reset()).max())
    assert values[0] == pytest.approx(1 / (1 - 0.8), rel=0.06)  # 1 + 0.8 + 0.64 + ... never ends
    assert values[1] < 4.5


# Learning


def test_dqn_learns_catch(tmp_path):
    run = make_run(
        tmp_path,
        "catch",
        learning_rate=1e-3,
        training_episodes=10**6,
        training_turns=7000,
        evaluate_every=0,
        epsilon_decay_turns=3000,
        epsilon_min=0.02,
        model={"hidden_sizes": [32]},
        train_every=2,
        max_turns_per_episode=200,
        preprocessing={"board": False, "egocentric_radius": 1, "radar": True},
    )
    trainer = Trainer(run)
    trainer.train()
    greedy, chance = (
        evaluate(trainer.environment, trainer.agent, 10, 0),
        random_play(trainer.environment, 10, 0),
    )
    assert chance.mean < 0 and greedy.mean > 6


@pytest.mark.parametrize("algorithm", ["q_learning", "sarsa", "expected_sarsa", "double_q_learning"])
def test_tables_learn_forager(tmp_path, algorithm):
    run = make_run(
        tmp_path,
        algorithm=algorithm,
        learning_rate=0.2,
        training_episodes=10**6,
        training_turns=25000,
        epsilon_decay_turns=15000,
        epsilon_min=0.02,
        evaluate_every=0,
        preprocessing={"board": True},
        max_turns_per_episode=100,
    )
    trainer = Trainer(run)
    trainer.train()
    greedy, chance = (
        evaluate(trainer.environment, trainer.agent, 10, 0),
        random_play(trainer.environment, 10, 0),
    )
    assert chance.mean < 2 and greedy.mean > 8


# Schedules


def test_epsilon_and_learning_rate_fall_as_configured():
    from retro_gamer.training.learning import epsilon_at, learning_rate_at

    training = TrainingSettings(epsilon=1.0, epsilon_min=0.2, epsilon_decay_turns=100)
    assert [epsilon_at(training, turn, 0) for turn in (0, 50, 100, 1000)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    training = TrainingSettings(epsilon=1.0, epsilon_min=0.2, epsilon_decay=0.5)
    assert [epsilon_at(training, 0, episode) for episode in (0, 1, 2, 9)] == pytest.approx([1.0, 0.5, 0.25, 0.2])
    training = TrainingSettings(learning_rate=0.1, learning_rate_decay=1.0, training_turns=1000, learning_rate_min=0.02)
    assert [learning_rate_at(training, turn, 0) for turn in (0, 500, 1000, 9999)] == pytest.approx([0.1, 0.06, 0.02, 0.02])
    training = TrainingSettings(learning_rate=0.1, learning_rate_decay=0.5, training_turns=1000)
    assert [learning_rate_at(training, 999, episode) for episode in (0, 2)] == pytest.approx([0.1, 0.025])


def test_a_training_that_diverges_says_so_and_saves_nothing_of_it(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=5)
    before = {path: path.read_bytes() for path in sorted(run.path.rglob("*")) if path.is_file()}
    trainer = Trainer(run)
    trainer.agent.online.parameters[0].value[...] = 1e38
    with pytest.raises(TrainingDivergedError, match="smaller learning_rate"), np.errstate(all="ignore"):
        trainer.train(episodes=5)
    assert before == {path: path.read_bytes() for path in sorted(run.path.rglob("*")) if path.is_file()}


def test_a_remembered_board_with_an_unknown_symbol_is_refused(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=5)
    facts, arrays = run.load_resume()
    arrays["agent/replay/cells"] = np.full_like(arrays["agent/replay/cells"], 254)
    run.save_resume({name: value for name, value in facts.items() if name not in ("format", "resume")}, arrays)
    with pytest.raises(CheckpointError, match="a symbol that does not exist"):
        Trainer(run)
