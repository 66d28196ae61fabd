"""Runs of the original retro-gamer become ours. `data/make_torch_runs.py` made them; no torch is needed here."""

from __future__ import annotations

import io
import os
import shutil
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from torch_files import save, tensor

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.errors import CheckpointError, ConfigError, RunNotFoundError
from retro_gamer.original.observation import encode_observation
from retro_gamer.original.torch_import import import_run
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.trainer import Trainer

# These games show characters that the runs were not trained on.
pytestmark = pytest.mark.filterwarnings("ignore::retro_gamer.errors.PolicyWarning")

DATA = Path(__file__).resolve().parent.parent / "data"
RUNS = ("mlp", "spatial", "custom")
each_run = pytest.mark.parametrize("name", RUNS)


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """The runs of the original, as the current folder, with their game."""
    with zipfile.ZipFile(DATA / "torch_runs.zip") as archive:
        archive.extractall(str(tmp_path))
    shutil.copy(str(DATA / "torch_game.py"), str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    sys.modules.pop("torch_game", None)


@pytest.fixture
def command(workshop, capsys):
    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        return (status, *capsys.readouterr())

    return run


def contents(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def edit(name, old, new):
    path = Path(name) / "config.toml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_the_file_is_small():
    assert (DATA / "torch_runs.zip").stat().st_size < 100_000


@each_run
def test_the_same_values_and_keys_as_the_original(workshop, name):
    import torch_game

    import_run(RunDirectory(name))
    with np.load(io.BytesIO((workshop / "expected.npz").read_bytes())) as file:
        situations, expected = file["situations"], file[name]
    assert len(situations) == len(expected) == 1000 and len(set(expected.argmax(axis=1))) > 1
    policy, game = TrainedPolicy(name), torch_game.create_game()
    found = []
    for numbers, values in zip(situations, expected):
        torch_game.put_in(game, numbers)
        assert policy.get_action(game) == [*torch_game.STEPS, None][values.argmax()]
        found.append(list(policy.q_values(game).values()))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)


def test_every_checkpoint_has_its_own_number_and_weights(workshop):
    done = import_run(RunDirectory("mlp"))
    assert [path.name for path in done.written] == ["ep_0100.npz", "ep_0120.npz"] and not done.kept and not done.failed
    facts, arrays = load_checkpoint(done.written[0])
    assert (facts["episode"], facts["turns"], facts["characters"]) == (100, 1200, ["*", "@"])
    assert not np.array_equal(arrays["network/symbols"], load_checkpoint(done.written[1]).arrays["network/symbols"])
    assert TrainedPolicy("mlp", checkpoint="ep_0100").checkpoint == "ep_0100"


@each_run
def test_training_goes_on_from_what_was_imported(workshop, name):
    import torch_game

    import_run(RunDirectory(name))
    before, game = TrainedPolicy(name), torch_game.create_game()
    trainer = Trainer(RunDirectory(name))
    assert trainer.episode == {"mlp": 120, "spatial": 2, "custom": 100}[name] and trainer.turns == 12 * trainer.episode
    torch_game.put_in(game, [0, 0, 2, 1, 3, 2, 1, 7, 2, 1])  # the ghost is of no account to the MLP: it never saw one
    trainer.environment.runner.game = game
    values = list(before.q_values(game).values())
    np.testing.assert_allclose(trainer.agent.q_values(trainer.environment.observe()), values, rtol=1e-5)
    trainer.train(episodes=7)
    again = Trainer(RunDirectory(name))  # from resume.npz
    assert again.episode == trainer.episode
    again.train(episodes=1)
    after = TrainedPolicy(name)
    assert after.checkpoint == f"ep_{again.episode:04d}"
    facts = load_checkpoint(RunDirectory(name).find_checkpoint()).facts
    assert facts["characters"] == {"mlp": ["*", "@", "?"], "spatial": ["*", "?", "@"], "custom": []}[name]
    assert not np.allclose(list(after.q_values(game).values()), values, atol=1e-6)
    assert ("convolutions" in facts) == (name == "spatial")


# Characters in an order, and of a kind, that the original allows


def flat_network(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return {
        f"net.{2 * i}.{what}": rng.normal(size=shape).astype(np.float32)
        for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:]))
        for what, shape in (("weight", (n_out, n_in)), ("bias", (n_out,)))
    }


def slow_flat_q(network, x):
    """The original's _FlatNet."""
    for i in range(0, len(network), 2):
        x = network[f"net.{i}.weight"].astype(float) @ x + network[f"net.{i}.bias"]
        x = np.maximum(x, 0) if i < len(network) - 2 else x
    return x


def make_run(folder, network, settings, **content):
    Path(folder, "checkpoints").mkdir(parents=True)
    Path(folder, "config.toml").write_text(settings)
    tensors = {name: tensor(array, str(i)) for i, (name, array) in enumerate(network.items())}
    save(
        Path(folder, "checkpoints", "ep_0100.pt"),
        {"model_state_dict": tensors, "total_steps": 1200, **content},
    )
    return RunDirectory(folder)


SETTINGS = """
[game]
module = "torch_game"
[metadata]
actions = ["KEY_RIGHT", "KEY_LEFT", "KEY_DOWN"]
reward = "score"
board_size = [4, 3]
character_set = {characters}
extras_size = {extras}
[preprocessing]
spatial = false
board = {board}
observe_state = {observe}
[model]
hidden_sizes = [5]
"""


@pytest.mark.parametrize("characters", ["@*?", "?@*", " @*?", "@* ?", "@*@?*", " *"])
@pytest.mark.parametrize("board, observe", [(True, ()), (True, ("dy", "energy")), (False, ("energy",))])
def test_a_flat_network_over_any_characters(workshop, characters, board, observe):
    import torch_game

    metadata = SimpleNamespace(character_set=list(characters), spatial=False)
    network = flat_network([12 * len(characters) * board + len(observe), 5, 4])
    settings = SETTINGS.format(
        characters=str(list(characters)).replace("'", '"'),
        extras=len(observe),
        board=str(board).lower(),
        observe=str(list(observe)).replace("'", '"'),
    )
    import_run(make_run("run", network, settings))
    policy, game = TrainedPolicy("run"), torch_game.create_game()
    rng = np.random.default_rng(1)
    known = [name for name, character in zip(torch_game.PIECES, "@*?") if character in characters]
    for _ in range(20):
        # With a space in the set, a character that is not counts as an empty cell: keep it off the board.
        torch_game.put_in(
            game,
            [
                *rng.permutation(12)[[0, 0, 1, 1, 2, 2]] // [1, 4, 1, 4, 1, 4] % [4, 3, 4, 3, 4, 3],
                0,
                rng.integers(12),
                0,
                rng.integers(-2, 3),
            ],
        )
        lines = [[" "] * 4 for _ in range(3)]
        for piece in game.agents:
            if piece.name in known:
                lines[piece.position[1]][piece.position[0]] = piece.character
            elif " " in characters:
                piece.position = (9, 9)
        expected = slow_flat_q(network, encode_observation(lines, game.state, metadata, observe, board))
        np.testing.assert_allclose(list(policy.q_values(game).values()), expected, rtol=1e-4, atol=1e-5)


# The files of the run


def test_importing_again_changes_nothing(workshop, command):
    before = contents("mlp")
    assert command("import-torch", "mlp")[0] == 0
    after = contents("mlp")
    assert {path: after[path] for path in before} == before
    assert {path.name for path in set(after) - set(before)} == {"ep_0100.npz", "ep_0120.npz"}
    status, out, _ = command("import-torch", "mlp")
    assert status == 0 and "2 of these numbers were there already and stay as they are" in out and contents("mlp") == after
    os.remove("mlp/checkpoints/ep_0100.npz")
    Path("mlp/checkpoints/ep_0120.npz").write_bytes(b"mine")
    assert "Imported 1 checkpoint into" in command("import-torch", "mlp")[1]
    assert contents("mlp") == {**after, Path("mlp/checkpoints/ep_0120.npz"): b"mine"}  # the same bytes again


def test_into_another_folder(workshop, command):
    before = contents("mlp")
    status, out, _ = command("import-torch", "mlp", "--output", "runs/new")
    assert status == 0 and "ep_0100 to ep_0120" in out and "retro-gamer train runs/new" in out and contents("mlp") == before
    assert {str(path) for path in contents("runs/new")} == {
        os.path.join("runs", "new", *names)
        for names in (("config.toml",), ("checkpoints", "ep_0100.npz"), ("checkpoints", "ep_0120.npz"))
    }
    assert command("evaluate", "runs/new", "--games", "2")[0] == 0
    assert command("import-torch", "mlp", "--output", "runs/new")[0] == 0
    status, _, error = command("import-torch", "spatial", "--output", "runs/new")
    assert status == 2 and "runs/new holds another run already" in error.replace(os.sep, "/")
    assert command("import-torch", "spatial", "--output", "mlp")[0] == 2 and contents("mlp") == before


def test_who_trains_or_plays_first_is_told(workshop, command):
    status, _, error = command("play", "mlp")
    assert status == 1 and "retro-gamer import-torch mlp" in error
    assert "make them ours with:  retro-gamer import-torch mlp" in command("info", "mlp")[1]
    out = command("train", "mlp", "--episodes", "2")[1]
    assert "This starts afresh" in out and "retro-gamer import-torch mlp" in out
    out = command("import-torch", "mlp")[1]
    assert "remove that file first" in out and "resume.npz" in out
    os.remove("mlp/resume.npz")
    assert "Going on after game 120 (1,440 turns)" in command("train", "mlp", "--episodes", "2")[1]


def test_a_broken_file_does_not_stop_the_others(workshop, command):
    path = Path("mlp/checkpoints/ep_0120.pt")
    path.write_bytes(path.read_bytes()[:5000])  # a kill while the original saved
    status, out, error = command("import-torch", "mlp")
    assert status == 1 and "Imported 1 checkpoint into" in out and "ep_0100." in out
    assert error.count("retro-gamer: ") == 1 and f"{path} is damaged" in error and "Traceback" not in error
    assert not Path("mlp/checkpoints/ep_0120.npz").exists() and TrainedPolicy("mlp").checkpoint == "ep_0100"
    os.remove("mlp/checkpoints/ep_0100.pt")
    os.remove("mlp/checkpoints/ep_0100.npz")
    status, out, error = command("import-torch", "mlp", "--output", "new")
    assert (status, out) == (1, "") and "is damaged" in error and not Path("new").exists()


def test_folders_that_are_no_such_run(workshop, command):
    assert command("import-torch", "nowhere")[0] == 1
    with pytest.raises(RunNotFoundError, match="the folder has no config.toml"):
        import_run(RunDirectory("mlp/checkpoints"))
    for path in Path("mlp/checkpoints").iterdir():
        path.unlink()
    status, _, error = command("import-torch", "mlp")
    assert status == 1 and "There is no checkpoint of the original retro-gamer (ep_0100.pt, ...) in" in error


# What does not fit


@pytest.mark.parametrize(
    "name, old, new, match",
    [
        (
            "mlp",
            '"KEY_LEFT",\n',
            "",
            r"actions: was \['KEY_RIGHT', 'KEY_LEFT', 'KEY_DOWN'\], is \['KEY_RIGHT', 'KEY_DOWN'\]",
        ),
        ("mlp", 'reward = "score"', 'reward = "energy"', "reward: was 'score', is 'energy'"),
        ("mlp", '"*",\n    "@"', '"@",\n    "*"', "character_set: was"),
        ("mlp", "    4,\n    3,\n", "    3,\n    4,\n", r"board_size: was \[4, 3\], is \[3, 4\]"),
        ("mlp", "12,\n", "11,\n", r"hidden_sizes: was \[12, 7\], is \[11, 7\]"),
        ("mlp", "spatial = false", "spatial = true", "spatial: was False, is True"),
        ("mlp", '"dx",\n', "", "observe_state: was"),
        ("spatial", "spatial = true", "spatial = false", "spatial: was True, is False"),
        (
            "custom",
            "torch_game:observe",
            "torch_game:look",
            "observation_function: was 'torch_game:observe', is",
        ),
        (
            "mlp",
            "extras_size = 3",
            "extras_size = 2",
            r"net.0.weight has shape \(12, 27\) and type f4, but .* shape \(12, 26\)",
        ),
    ],
)
def test_a_config_that_was_changed(workshop, name, old, new, match):
    edit(name, old, new)
    with pytest.raises(CheckpointError, match=match):
        import_run(RunDirectory(name))


@pytest.mark.parametrize(
    "name, old, new, match",
    [
        (
            "mlp",
            "board = true",
            "board = true\nradar = true",
            "sets radar, which the original retro-gamer did not have",
        ),
        ("mlp", "hidden_sizes", "dueling = true\nhidden_sizes", "sets dueling"),
        ("mlp", "batch_size = 8", 'batch_size = 8\nalgorithm = "sarsa"', "sets algorithm"),
        ("mlp", 'character_set = [\n    "*",\n    "@",\n]', "", "lacks board_size or character_set"),
        ("spatial", '"?"', '" "', "has a space in its character_set"),
        (
            "custom",
            "spatial = false\nboard = false",
            "spatial = true\nboard = true",
            "observation_function and spatial = true are both set",
        ),
    ],
)
def test_a_config_that_no_such_run_can_have(workshop, name, old, new, match):
    edit(name, old, new)
    with pytest.raises(ConfigError, match=match):
        import_run(RunDirectory(name))
    assert main(["import-torch", name]) == 2


NETWORK = flat_network([24, 5, 4])
PLAIN = SETTINGS.format(characters='["@", "*"]', extras=0, board="true", observe="[]")
BOMB = "x"
for _ in range(40):
    BOMB = [BOMB, BOMB]  # type: ignore[assignment]


@pytest.mark.parametrize(
    "network, content, match",
    [
        (
            {**NETWORK, "net.0.bias": np.zeros(5, "f8")},
            {},
            r"net.0.bias has shape \(5,\) and type f8, but .* type f4",
        ),
        ({**NETWORK, "net.0.bias": np.zeros(6, "f4")}, {}, r"net.0.bias has shape \(6,\)"),
        ({**NETWORK, "net.4.bias": np.zeros(4, "f4")}, {}, "its network has 5 arrays, but .* there are 4"),
        (
            {name: array for name, array in NETWORK.items() if name != "net.2.weight"},
            {},
            "net.2.weight is missing",
        ),
        (
            {**NETWORK, "net.2.bias": np.full(4, np.nan, "f4")},
            {},
            "numbers that are infinite or not numbers at all",
        ),
        (NETWORK, {"model_state_dict": None}, "there is no network in it"),
        (NETWORK, {"model_state_dict": {"net.0.weight": 5}}, "net.0.weight is missing"),
        (NETWORK, {"total_steps": "many"}, "after how many turns it was saved"),
        (NETWORK, {"total_steps": -1}, "after how many turns it was saved"),
        (NETWORK, {"total_steps": True}, "after how many turns it was saved"),
        (NETWORK, {"config_snapshot": {"metadata": {"actions": BOMB}}}, "lists in lists without end"),
        (NETWORK, {"config_snapshot": {"hidden_sizes": {}}}, r"hidden_sizes: was {}, is \[5\]"),
    ],
)
def test_checkpoints_that_do_not_fit(workshop, network, content, match):
    run = make_run("run", network, PLAIN, **content)
    with pytest.raises(CheckpointError, match=match) as caught:
        import_run(run)
    assert len(str(caught.value)) < 1000 and str(Path("run/checkpoints/ep_0100.pt")) in str(caught.value)
    assert not list(Path("run/checkpoints").glob("*.npz"))


@pytest.mark.parametrize(
    "content", [{}, {"config_snapshot": None}, {"config_snapshot": {"metadata": None}}, {"epsilon": {}}]
)
def test_what_it_does_not_need_may_be_missing(workshop, content):
    assert len(import_run(make_run("run", NETWORK, PLAIN, **content)).written) == 1
