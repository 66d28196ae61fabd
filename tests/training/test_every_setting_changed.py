"""Every setting may change between two sittings, to every value in its range: trained on, or refused in words."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_runs import make_run, make_self_play_run

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import SECTIONS
from retro_gamer.errors import RetroGamerError
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.training import Trainer

SLOW = {  # more would take long, and be no other case
    "gradient_steps": 20,
    "planning_steps": 20,
    "evaluation_games": 2,
    "batch_size": 300,
    "memory_capacity": 5000,
    "exploration_turns": 50,
    "hidden_sizes": 50,
}
SMALL = {"batch_size": 8, "memory_capacity": 100, "max_turns_per_episode": 25, "evaluate_every": 60}
KINDS = {
    "dqn": (make_run, {**SMALL, "n_step": 3}),
    "not full": (make_run, {**SMALL, "memory_capacity": 5000}),
    "uniform": (make_run, {**SMALL, "prioritize_experiences": False}),
    "double_q_learning": (
        make_run,
        {"algorithm": "double_q_learning", "evaluate_every": 60, "planning_steps": 2},
    ),
    "self-play": (
        make_self_play_run,
        {"max_turns_per_episode": 15, "save_steps": 30, "team_change": 60, "swap_steps": 20},
    ),
}


def values_of(setting):
    """Values at the ends of a setting's range, and some inside."""
    default, limits = setting.default, setting.metadata
    if limits.get("choices"):
        return list(limits["choices"])
    if isinstance(default, bool):
        return [False, True]
    low = limits.get("low")
    if low is None:
        low = limits["above"] * 2 + 1e-6 if limits.get("above") is not None else None
    high = min(limits.get("high") or 10**9, SLOW.get(setting.name, 10**9))
    if isinstance(default, int):
        return sorted({low, low + 1, min(high, 7), high})
    if isinstance(default, float) or default == "auto":
        return [low, 0.5, high] + (["auto"] if default == "auto" else [])
    return []


SETTINGS = {
    (section, setting.name): values_of(setting)
    for section in ("preprocessing", "model", "training", "self_play")
    for setting in fields(SECTIONS[section])
    if section != "self_play" or setting.name != "teams"
}
SETTINGS["preprocessing", "observe_state"] = [["score"], ["nothing"]]
SETTINGS["model", "hidden_sizes"] = [[1], [16, 16]]
SETTINGS = {key: values for key, values in SETTINGS.items() if values}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of each kind, after 12 games."""
    runs = {}
    for kind, (make, more) in KINDS.items():
        runs[kind] = make(tmp_path_factory.mktemp("runs") / "run", checkpoint_every=5, **more)
        trainer_of(runs[kind]).train(episodes=12)
    return runs


def trainer_of(run):
    return (SelfPlayTrainer if run.load_config().teams else Trainer)(run)


def train_on(run, changes, with_state):
    """Change settings of a run, and train on twice; returns what it says when it refuses."""
    try:
        config = run.load_config()
        for (section, name), value in changes.items():
            config = replace(config, **{section: replace(getattr(config, section), **{name: value})})
        run.create(config.to_toml())
        RunConfig.load(run.config_path)
        if not with_state:
            run.resume_path.unlink()
        for _ in range(2):
            trainer = trainer_of(run)
            before = trainer.episode
            assert before >= 12
            trainer.train(episodes=3)
            assert trainer.episode == before + 3
        return ""
    except RetroGamerError as error:
        return str(error)


@pytest.mark.parametrize(
    "kind",
    ["dqn", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("double_q_learning", "self-play"))],
)
@pytest.mark.parametrize("section, name", SETTINGS, ids=lambda value: value)
def test_one_that_changes(trained, tmp_path, kind, section, name):
    if section == "self_play" and kind != "self-play":
        pytest.skip("not of this kind of run")
    for number, value in enumerate(SETTINGS[section, name]):
        for with_state in (True, False) if name == "shared_policy" else (number % 2 == 0,):
            folder = tmp_path / f"{number} {with_state}"
            run = RunDirectory(shutil.copytree(str(trained[kind].path), str(folder)))
            said = train_on(run, {(section, name): value}, with_state)
            assert not said or name in said, said


def test_a_memory_of_every_size_around_what_is_in_use(trained, tmp_path):
    used = len(trained["not full"].load_resume().arrays["agent/replay/actions"])
    for capacity in [*range(8, 16), *range(used - 3, used + 4)]:
        run = RunDirectory(shutil.copytree(str(trained["not full"].path), str(tmp_path / f"{capacity}")))
        assert train_on(run, {("training", "memory_capacity"): capacity}, True) == ""
    for capacity in range(97, 104):
        run = RunDirectory(shutil.copytree(str(trained["dqn"].path), str(tmp_path / f"dqn {capacity}")))
        assert train_on(run, {("training", "memory_capacity"): capacity}, True) == ""


CHANGES = st.dictionaries(st.sampled_from(sorted(SETTINGS)), st.integers(0, 10), min_size=2, max_size=4).map(
    lambda chosen: {key: SETTINGS[key][number % len(SETTINGS[key])] for key, number in chosen.items()}
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kind=st.sampled_from(sorted(KINDS)), changes=CHANGES, with_state=st.booleans())
def test_several_that_change(trained, tmp_path_factory, kind, changes, with_state):
    folder = tmp_path_factory.mktemp("changed") / "run"
    run = RunDirectory(shutil.copytree(str(trained[kind].path), str(folder)))
    said = train_on(run, changes, with_state)
    assert not said or any(name in said for _, name in changes), said
