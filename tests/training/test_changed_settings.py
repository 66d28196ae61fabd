"""A setting that changes between two sittings is taken over, or refused in words."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from end_to_end import TINY
from losing import snapshot
from small_runs import make_run

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import all_settings
from retro_gamer.config.values import toml_value
from retro_gamer.errors import ConfigError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import MEANINGLESS_AFTER
from retro_gamer.training import Trainer


def edit(run, *changes):
    text = run.config_path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    run.config_path.write_text(text, "utf-8")


REFUSED = {  # setting -> changes that touch it
    "actions": [{"actions": ["KEY_LEFT", "KEY_RIGHT", "KEY_UP", "KEY_DOWN", "x"]}, {"actions": ["KEY_LEFT"]}],
    "reward": [{"reward": "score"}],
    "player": [{"player": "forager"}],
    "board_size": [{"board_size": [12, 13]}],
    "observation_function": [{"observation_function": "seen:observe", "egocentric_radius": 0, "radar": False}],
    "spatial": [{"spatial": True}],
    "board": [{"board": True, "egocentric_radius": 0}],
    "egocentric_radius": [{"egocentric_radius": 3}],
    "far": [{"far": True}],
    "radar": [{"radar": False}],
    "observe_state": [{"observe_state": ["score"]}],
    "own_symbol": [{"own_symbol": True}],
    "last_step": [{"last_step": True}],
    "kinds": [{"kinds": True, "radar": False}],
    "flow": [{"flow": "down"}],
    "room": [{"room": True}],
    "place": [{"place": True}],
    "wrap": [{"wrap": "xy"}],
    "cell_size": [{"cell_size": [2, 1]}],
    "steps_of": [{"steps_of": ["o"]}],
    "rhythm_of": [{"rhythm_of": ["o"]}],
    "texts": [{"texts": False}],
    "tiles": [{"tiles": [0, 1, 2, 0, 1, 2], "board": True, "egocentric_radius": 0, "radar": False}],
    "way_around": [{"way_around": ["x"]}],
    "sight": [{"sight": 3}],
    "free_characters": [{"room": True, "free_characters": ["o"]}],
    "hidden_sizes": [{"hidden_sizes": [24]}, {"hidden_sizes": [16, 16]}],
    "dueling": [{"dueling": True}],
    "algorithm": [{"algorithm": "sarsa"}],
    "gym": [{"gym": "CartPole-v1"}],
}


TAKEN_OVER = {  # setting -> other values
    "module": ["retro_gamer.games"],
    "path": ["."],
    "factory": ["retro_gamer.games.forager:create_game"],
    "score": ["score"],
    "character_set": [["?", "!"]],
    "extras_size": [3],
    "seed": [77],
    "training_episodes": [400],
    "training_turns": [5000],
    "max_turns_per_episode": [20],
    "learning_rate": [0.02],
    "learning_rate_decay": [0.9],
    "learning_rate_min": [0.001],
    "gamma": [0.5],
    "epsilon": [0.5],
    "epsilon_min": [0.2],
    "epsilon_decay_turns": [10, 0],
    "epsilon_decay": [0.9],
    "batch_size": [8],
    "memory_capacity": [150, 299, 301, 1000],
    "learning_starts": [5],
    "train_every": [3],
    "gradient_steps": [2],
    "average_steps": [100],
    "target_update_freq": [33],
    "double": [False],
    "symmetry": ["x", "all"],
    "action_ways": [["right", "left", "up", "down"]],
    "n_step": [3],
    "prioritize_experiences": [False],
    "priority_alpha": [0.3],
    "priority_beta": [0.9],
    "priority_min": [0.5],
    "reward_scale": [0.5],
    "repeat_penalty": [0.2],
    "end_penalty_limit": [1.0],
    "planning_steps": [2],
    "exploration_turns": [5],
    "checkpoint_every": [3],
    "keep_checkpoints": [2],
    "evaluate_every": [50, 0],
    "evaluation_games": [1],
}


@pytest.fixture(scope="module")
def half_trained(tmp_path_factory):
    """A run of each kind, DQN and a table, stopped in the middle, its memory gone round."""
    runs = {}
    for name in ("dqn", "q_learning"):
        runs[name] = make_run(tmp_path_factory.mktemp(name), algorithm=name, batch_size=16, memory_capacity=300)
        Trainer(runs[name]).train(episodes=12)
    return runs


def changed(run, folder, changes):
    """A copy of a run with some settings changed."""
    config = run.load_config()
    for name, value in changes.items():
        section = next(section for section in vars(config).values() if hasattr(section, name))
        assert getattr(section, name) != value, f"{name} is not changed"
    config = config.with_settings(changes)
    copy = RunDirectory(shutil.copytree(str(run), str(folder)))
    copy.config_path.write_text(config.to_toml(), "utf-8")
    return copy


def test_every_setting_is_either_taken_over_or_refused():
    names = [setting.name for section, setting in all_settings() if section != "self_play"]
    names.remove("environment")  # refused as "gym" is, and under that name
    names.remove("turn_based")  # as "actions" are, since it takes one away
    assert sorted(names) == sorted([*REFUSED, *TAKEN_OVER])
    assert set(MEANINGLESS_AFTER) == {
        *REFUSED,
        "n_features",
        "own_characters",
        "policies",
        "teams",
    }  # self-play: elsewhere


@pytest.mark.parametrize("name, changes", [(name, changes) for name, several in REFUSED.items() for changes in several])
def test_what_makes_the_weights_meaningless_is_refused_with_was_now_why(tmp_path, monkeypatch, half_trained, name, changes):
    if name == "gym":
        pytest.importorskip("gymnasium")
    (tmp_path / "seen.py").write_text("def observe(game):\n    return [1.0]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    run = half_trained["dqn"]
    if name == "board_size":  # it matters where the board is seen
        run = make_run(tmp_path / "board", preprocessing={"board": True})
        Trainer(run).train(episodes=1)
    run = changed(run, tmp_path / "run", changes)
    before = snapshot(run)
    for without_state in (False, True):
        if without_state:
            run.resume_path.unlink()
            before.pop("resume.npz")
        with pytest.raises(
            ConfigError,
            match=rf"(?s)cannot go on.*\n  {name}\n    was: [^\n]+\n    now: [^\n]+\n    why: "
            rf"[^\n]+\n.*Put the old values back.*retro-gamer clean",
        ) as caught:
            Trainer(run)
        assert toml_value(next(iter(changes.values()))).strip('"[]') or not caught
        assert snapshot(run) == before


@pytest.mark.parametrize("name, value", [(name, value) for name, values in TAKEN_OVER.items() for value in values])
@pytest.mark.parametrize("algorithm", ["dqn", "q_learning"])
def test_what_may_change_between_two_sittings_does(tmp_path, half_trained, algorithm, name, value):
    run = changed(
        half_trained[algorithm],
        tmp_path / "run",
        {name: value} if name != "module" else {"module": value, "factory": "retro_gamer.games.forager:create_game"},
    )
    trainer = Trainer(run)
    assert trainer.episode == 12
    values = trainer.agent.q_values(trainer.environment.reset(seed=1))
    before = Trainer(half_trained[algorithm])
    np.testing.assert_allclose(values, before.agent.q_values(before.environment.reset(seed=1)), rtol=1e-5)
    trainer.train(episodes=8)
    assert trainer.episode == 20 and Trainer(run).episode == 20
    replay = getattr(trainer.agent, "replay", None)
    if replay is not None:
        assert replay.capacity == trainer.config.training.memory_capacity
        assert np.isfinite(trainer.agent.q_values(trainer.environment.reset(seed=1))).all()
        if name == "reward_scale":
            assert trainer.agent.scale.value == value


@pytest.mark.parametrize("prioritized", [False, True])
@pytest.mark.parametrize("capacity, turns", [(50, 30), (50, 50), (50, 51), (50, 400), (20, 30), (80, 400), (13, 400)])
def test_a_memory_of_another_capacity_keeps_the_newest_that_it_has_room_for(prioritized, capacity, turns):
    from retro_gamer.environment.observation import Observation
    from retro_gamer.replay import ReplayMemory

    def memory(capacity, prioritized):
        return ReplayMemory(capacity, 0, 1, n_step=2, gamma=0.9, rng=np.random.default_rng(0), prioritized=prioritized)

    def seen(number):
        return Observation(np.zeros(0, np.uint8), np.array([number], np.float32))

    def transitions(of, n=4000):
        batch = of.sample(n)
        return {
            (
                batch.features[i, 0],
                batch.features[n + i, 0],
                float(batch.reward_sums[i]),
                float(batch.discounts[i]),
            )
            for i in range(n)
        }

    old = memory(50, True)
    for turn in range(turns):
        old.add(seen(turn), 0, float(turn), seen(turn + 1), False, turn % 7 == 6)
    old.end_episode()
    new = memory(capacity, prioritized)
    new.set_state(old.get_state())
    kept, all_of_them = transitions(new), transitions(old)
    assert kept <= all_of_them and len(new) <= capacity
    newest = sorted(all_of_them)[-len(kept) :]
    assert sorted(kept) == newest and len(kept) >= min(len(all_of_them), int(0.7 * capacity) - 2)
    for turn in range(turns, turns + 3 * capacity):  # and it goes on as ever
        new.add(seen(turn), 0, float(turn), seen(turn + 1), False, turn % 7 == 6)
        for first, last, reward, _ in transitions(new, 50):
            assert 1 <= last - first <= 2 and (last - first == 1) == (reward == first)


def test_characters_added_to_the_settings_grow_the_network_and_nothing_is_forgotten(tmp_path):
    """More than the network has room for: what it knows stays, and it learns on."""
    run = make_run(tmp_path)
    trainer = Trainer(run)
    trainer.train(episodes=12)
    new = [chr(ord("α") + i) for i in range(20)]
    edit(run, ("character_set = []", f"character_set = {toml_value(new)}"))
    for without_state in (False, True):
        if without_state:
            run.resume_path.unlink()
        again = Trainer(run)
        assert again.vocabulary.characters == [*trainer.vocabulary.characters, *new]
        assert again.environment.shape.n_symbols == 32 > again.agent.online.shape["n_symbols"] == 16
        policy = trainer.agent.get_policy()
        assert all(np.array_equal(policy[name], value) for name, value in again.agent.get_policy().items())
    again.train(episodes=1)
    assert again.agent.online.shape["n_symbols"] == 32
    assert Trainer(run).agent.online.shape["n_symbols"] == 32


@pytest.mark.parametrize("game, flags", [("snake", []), ("forager", ["--algorithm", "q_learning"]), ("tron", [])])
def test_nobody_changes_settings_that_were_read(tmp_path, monkeypatch, game, flags):
    """Who trains, plays or measures may see a game in another way than config.toml says, but leaves the settings alone."""
    read, load = [], RunConfig.load

    def remember(path):
        config = load(path)
        read.append((config, config.to_dict()))
        return config

    monkeypatch.setattr(RunConfig, "load", remember)
    run = tmp_path / "run"
    assert main(["create", "--game", game, "--output", str(run), *TINY, *flags]) == 0
    for command in (["train"], ["info"], ["evaluate", "--games", "1"], ["report", "--quiet"]):
        main([command[0], str(run), *command[1:], *(["--episodes", "3"] if command == ["train"] else [])])
    policy = TrainedPolicy(run, team="blue" if game == "tron" else None)
    policy.reload()
    assert len(read) > 5
    for config, before in read:
        assert config.to_dict() == before
