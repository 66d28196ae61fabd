"""`retro-gamer create`: a run directory for a game."""

from __future__ import annotations

from typing import Any, NamedTuple

from retro_gamer.config.run_config import RunConfig
from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.errors import ConfigError, command_line
from retro_gamer.hosting.loading import local_twin
from retro_gamer.runs.directory import RunDirectory


class NewRun(NamedTuple):
    run: RunDirectory
    config: RunConfig
    messages: list[str]


def create_run(game: str, output: str, flags: dict[str, Any] | None = None) -> NewRun:
    """Make a run directory for a game.

    `flags` are settings by name; they go before the game's own description, that before what playing finds out, and
    that before the defaults. Raises RetroGamerErrors.
    """
    run = RunDirectory(output)
    if run.config_path.exists():
        raise ConfigError(
            f"There is a run at {run} already. Train it with  {command_line('train', run)} , or give another --output."
        )
    if run.path.exists() and not run.path.is_dir():
        raise ConfigError(f"{run} is a file, not a folder. Give another --output.")
    config, messages, notes = choose_settings(game, flags)
    twin = local_twin(game)
    if twin:
        other = command_line("create", "--game", twin, "--output", f"{run}_own")
        messages.insert(0, f"This is the game {game} that comes with retro-gamer. For {twin} in this folder:\n  {other}")
    try:
        run.create(config.to_toml(notes))
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"The run cannot be written to {run}: {why}. Give another --output.") from error
    return NewRun(run, config, messages)
