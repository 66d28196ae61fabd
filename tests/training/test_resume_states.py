"""Training goes on without its resume state, and with those of other versions."""

from __future__ import annotations

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer.errors import CheckpointError
from retro_gamer.nn import SymbolLists
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training import Trainer


def test_a_run_without_its_resume_state_remembers_how_good_its_best_was(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train()
    best = read_policy(run, "best")[1]
    run.save_policy(run.best_path, {**best.facts, "evaluation": 1000.0}, best.arrays)
    saved = run.best_path.read_bytes()
    run.resume_path.unlink()
    trainer = Trainer(run)
    assert trainer.best_return == 1000.0
    trainer.train(episodes=20)
    assert trainer.evaluation is not None and run.best_path.read_bytes() == saved
    run.best_path.write_bytes(saved[:1000])  # a damaged one is replaced
    run.resume_path.unlink()
    Trainer(run).train(episodes=20)
    assert read_policy(run, "best")[1].facts["evaluation"] < 1000


@pytest.mark.parametrize("version, said", [(0, "an older version"), (99, "a newer version")])
def test_resume_states_of_other_versions_are_named_and_policies_are_still_good(tmp_path, version, said):
    run = make_run(tmp_path)
    trainer = Trainer(run)
    trainer.train(episodes=12)
    state = run.load_resume()
    run.save_resume({**state.facts, "resume": version}, state.arrays)
    with pytest.raises(CheckpointError, match=rf"(?s)resume.npz was written by {said} .*version {version},.*delete .*resum"):
        Trainer(run)
    run.resume_path.unlink()
    assert Trainer(run).episode == 12


def test_resume_states_of_version_1_are_read(tmp_path):
    """They have boards by their cells, and Adam's means: the same training, but for the last bits of what was divided."""
    run = make_run(tmp_path, "snake", {"board": True})
    Trainer(run).train(episodes=12)
    facts, arrays = run.load_resume()
    lists = arrays.pop("agent/replay/lists")
    n_cells = facts["policy"]["n_cells"]
    arrays["agent/replay/cells"] = SymbolLists(lists, n_cells).cells()
    for i, (b1, b2) in enumerate([(0.9, 0.999)] * 2):
        arrays[f"agent/optimizer/mean_{i}"] = arrays.pop(f"agent/optimizer/sum_{i}") * np.float32(1 - b1)
        arrays[f"agent/optimizer/square_{i}"] = arrays.pop(f"agent/optimizer/square_sum_{i}") * np.float32(1 - b2)
    new = Trainer(run)
    run.save_resume({**facts, "resume": 1}, arrays)
    old = Trainer(run)
    for name, array in new.agent.get_state().items():
        np.testing.assert_allclose(old.agent.get_state()[name], array, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts, arrays: facts.pop("random"),
        lambda facts, arrays: facts.pop("policy"),
        lambda facts, arrays: arrays.pop("agent/replay/actions"),
        lambda facts, arrays: facts.update(policy=3),
        lambda facts, arrays: arrays.update({"agent/network/symbols": np.zeros((3, 3), np.float32)}),
    ],
)
def test_a_resume_state_that_lacks_something_is_refused_in_words(tmp_path, change):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    facts, arrays = run.load_resume()
    change(facts, arrays)
    run.save_resume(facts, arrays)
    with pytest.raises(CheckpointError, match="resume.npz"):
        Trainer(run)


def test_making_a_trainer_changes_no_file(tmp_path):
    run = make_run(tmp_path)
    Trainer(run).train(episodes=12)
    run.log("[ep_0099]  from later")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    Trainer(run)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
