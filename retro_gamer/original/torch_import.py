"""Runs of the original retro-gamer (0.1.0 to 0.4.0, on torch): its checkpoints made ours, with the same Q-values."""

from __future__ import annotations

import reprlib
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from retro_gamer.agents.agent import with_prefix
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.game import make_encoder
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.environment.vocabulary import MAX_CHARACTERS, Vocabulary
from retro_gamer.errors import CheckpointError, ConfigError, RunNotFoundError
from retro_gamer.original.torch_file import Tensor, open_torch_file
from retro_gamer.original.torch_weights import CONVOLUTIONS, expected_shapes, n_inputs_of, network_of, read_weights
from retro_gamer.runs.checkpoint_file import Checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import SavedPolicy, build_policy


class Imported(NamedTuple):
    written: list[Path]
    kept: list[Path]  # there was a checkpoint of this number already
    failed: list[CheckpointError]


def import_run(run: RunDirectory, output: RunDirectory | None = None) -> Imported:
    """Make a checkpoint ep_N.npz of every ep_N.pt of a run; in another run directory if `output` is given.

    Existing files are never changed. A file that cannot be read does not stop the others, unless it is the only one.
    """
    config, originals = run.load_config(), run.original_checkpoints()
    if not originals:
        raise RunNotFoundError(
            f"There is no checkpoint of the original retro-gamer (ep_0100.pt, ...) in "
            f"{run.checkpoints_path}. Name the folder that has config.toml and checkpoints/ in it."
        )
    _check_config(config, run)
    output = output or run
    _check_output(run, output)
    output.check_places()
    done = Imported([], [], [])
    for number, path in originals:
        target = output.checkpoint_path(number)
        if target.exists():
            done.kept.append(target)
            continue
        try:
            checkpoint = convert(path, config, number)
        except CheckpointError as error:
            done.failed.append(error)
            continue
        if not output.config_path.exists():
            output.create(run.config_path.read_bytes().decode("utf-8"))
        output.save_policy(target, checkpoint.facts, checkpoint.arrays)
        done.written.append(target)
    if done.failed and not (done.written or done.kept):
        raise done.failed[-1]
    return done


def _check_config(config: RunConfig, run: RunDirectory) -> None:
    seen, metadata = config.preprocessing, config.metadata
    foreign = [
        name
        for name, there in (
            ("gym", config.game.environment_name),
            ("algorithm", config.tabular),
            ("egocentric_radius", seen.egocentric_radius),
            ("radar", seen.radar),
            ("kinds", seen.kinds),
            ("dueling", config.model.dueling),
        )
        if there
    ]
    if foreign:
        raise ConfigError(
            f"{run.config_path} sets {', '.join(foreign)}, which the original retro-gamer did not have: its "
            "checkpoints cannot have been trained with it. Put the config.toml back that it wrote."
        )
    if not metadata.board_size or (seen.board and not metadata.character_set):
        raise ConfigError(
            f"{run.config_path} lacks board_size or character_set in [metadata]. The original writes them "
            "when it trains: put the config.toml back that it wrote."
        )
    if len(set(metadata.character_set)) > MAX_CHARACTERS:
        raise ConfigError(
            f"{run.config_path} has {len(metadata.character_set)} characters; here there can be {MAX_CHARACTERS}."
        )
    if seen.spatial and " " in metadata.character_set:
        raise ConfigError(
            f"{run.config_path} has a space in its character_set. Here an empty cell is no character, which a "
            "convolution tells apart at the edge of the board, so this run cannot be imported."
        )


def _check_output(run: RunDirectory, output: RunDirectory) -> None:
    if output.config_path.exists() and output.config_path.read_bytes() != run.config_path.read_bytes():
        raise ConfigError(f"{output} holds another run already. Name a folder that is not there yet.")


def convert(path: Path, config: RunConfig, episode: int) -> Checkpoint:
    """The checkpoint in a .pt file as one of ours; raises CheckpointError unless it fits the configuration."""
    with open_torch_file(path) as file:
        content = file.content
        if not isinstance(content, dict) or not isinstance(content.get("model_state_dict"), dict):
            raise CheckpointError("there is no network in it (model_state_dict)")
        _check_snapshot(content.get("config_snapshot"), config)
        turns = content.get("total_steps")
        if type(turns) is not int or not 0 <= turns < 2**53:
            raise CheckpointError("it does not say after how many turns it was saved (total_steps)")
        config = _with_extras_size(config, content["model_state_dict"])
        weights = read_weights(file, content["model_state_dict"], config)
    vocabulary = Vocabulary(config.metadata.character_set)
    description = replace(
        PolicyDescription.of(config, _what_is_seen(config, vocabulary), vocabulary),
        convolutions=CONVOLUTIONS if config.preprocessing.spatial else None,
    )
    PolicyDescription.from_json(description.to_json(), path)  # finds out whether there can be such a policy
    network = network_of(weights, config, vocabulary, description)
    facts = {**description.to_json(), "episode": episode, "turns": turns, "evaluation": None}
    arrays = {**with_prefix("network", network), "scale": np.array(1.0)}
    build_policy(SavedPolicy(description, facts, arrays), path)  # and whether the weights can be used
    return Checkpoint(facts, arrays)


class Seen(NamedTuple):
    """What a policy's description says of its environment."""

    actions: list[str | None]
    shape: ObservationShape
    encoder: Encoder | None  # None: a function observes


def _what_is_seen(config: RunConfig, vocabulary: Vocabulary) -> Seen:
    n_board, n_more = n_inputs_of(config)
    actions = [*config.metadata.actions, None]
    if config.metadata.observation_function:
        return Seen(actions, ObservationShape(0, 1, n_board + n_more, (0, 0)), None)
    encoder = make_encoder(config.metadata, config.preprocessing, vocabulary)
    return Seen(actions, encoder.shape._replace(n_features=n_more), encoder)


def _with_extras_size(config: RunConfig, tensors: dict[Any, Any]) -> RunConfig:
    """The configuration with extras_size, which versions before 0.3.4 did not write: what the board leaves of the inputs."""
    metadata, seen = config.metadata, config.preprocessing
    if metadata.extras_size or not (seen.observe_state or metadata.observation_function):
        return config
    layer = "mlp" if seen.spatial else "net"
    first, n_inputs = tensors.get(f"{layer}.0.weight"), expected_shapes(config)[f"{layer}.0.weight"][1]
    if not isinstance(first, Tensor) or len(first.shape) != 2 or first.shape[1] < n_inputs:
        return config  # what is wrong with it is said when it is read
    return replace(config, metadata=replace(metadata, extras_size=first.shape[1] - n_inputs))


def _check_snapshot(snapshot: Any, config: RunConfig) -> None:
    """Compare what the checkpoint says it was trained with (if it does) with what config.toml says now."""
    snapshot = snapshot if isinstance(snapshot, dict) else {}
    metadata, preprocessing = (
        {**part} if isinstance(part, dict) else {} for part in (snapshot.get("metadata"), snapshot.get("preprocessing"))
    )
    pairs = [
        (name, metadata.get(name), getattr(config.metadata, name))
        for name in ("actions", "reward", "board_size", "character_set", "observation_function")
        if metadata
    ]
    pairs += [
        (name, preprocessing.get(name), getattr(config.preprocessing, name))
        for name in ("spatial", "board", "observe_state")
        if preprocessing
    ]
    pairs += [("hidden_sizes", snapshot["hidden_sizes"], config.model.hidden_sizes)] if "hidden_sizes" in snapshot else []
    # What is not set is None there, and empty here.
    changes = [
        f"  {name}: was {reprlib.repr(old)}, is {reprlib.repr(new)}"
        for name, old, new in pairs
        if (old or type(new)()) != new
    ]
    if changes:
        raise CheckpointError(
            "the run's config.toml is not what it was trained with any more:\n"
            + "\n".join(changes)
            + "\nPut the old values back"
        )
