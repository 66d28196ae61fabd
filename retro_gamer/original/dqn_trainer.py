"""DQNTrainer: training from a script, as the original retro-gamer's users write it."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Set, Union

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import ModelSettings
from retro_gamer.config.values import toml_value
from retro_gamer.errors import ConfigError
from retro_gamer.original.metadata import GameMetadata
from retro_gamer.reporting.progress import ProgressLine
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.trainer import Status, Trainer


class DQNTrainer:
    """Trains an agent to play a game.

    Arguments:
        game_factory: a function that returns a new game.
        metadata: what the game is.
        run_dir: the folder of the run; its config.toml is written if it is not there yet.
        preprocessing: settings of section [preprocessing].
        hyperparams: settings of sections [model] and [training].

    Raises ConfigError (a ValueError) that lists everything wrong with the settings.
    """

    def __init__(
        self,
        game_factory: Callable[[], Any],
        metadata: GameMetadata,
        run_dir: Union[str, Path],
        preprocessing: Optional[Dict[str, Any]] = None,
        **hyperparams: Any,
    ):
        self.game_factory, self.metadata = game_factory, metadata
        self.run = RunDirectory(run_dir)
        config = self._config(preprocessing or {}, hyperparams)
        if self.run.config_path.is_file():
            self._check_same(
                config, {*(preprocessing or {}), *hyperparams, "actions", "reward", "observation_function"}
            )
        else:
            self.run.create(config.to_toml())
        self.trainer = Trainer(self.run, game_factory)

    def _config(self, preprocessing: Dict[str, Any], hyperparams: Dict[str, Any]) -> RunConfig:
        metadata = self.metadata.to_dict()
        metadata.pop("extras_size", None)
        metadata["board_size"] = list(self.metadata.board_size or self.game_factory().board_size)
        model_names = {setting.name for setting in fields(ModelSettings)}
        return RunConfig.from_dict(
            {
                "game": _where_from(self.game_factory),
                "metadata": metadata,
                "preprocessing": {
                    "spatial": self.metadata.spatial,
                    "board": self.metadata.board,
                    **preprocessing,
                },
                "model": {key: value for key, value in hyperparams.items() if key in model_names},
                "training": {key: value for key, value in hyperparams.items() if key not in model_names},
            },
            source="the arguments of DQNTrainer",
        )

    def _check_same(self, config: RunConfig, names: Set[str]) -> None:
        """Raise ConfigError when the arguments say something else than the config.toml that is there already."""
        there, differences = self.run.load_config().to_dict(), []
        for section, values in config.to_dict().items():
            differences += [
                f"  {name}: here {toml_value(value)}, there {toml_value(there[section][name])}"
                for name, value in values.items()
                if name in names and value != there[section][name]
            ]
        if differences:
            raise ConfigError(
                f"{self.run.config_path} was made with other settings than these:\n"
                + "\n".join(differences)
                + "\nChange the settings there, or use another run_dir."
            )

    def train(
        self,
        on_checkpoint: Optional[Callable[[Dict[str, Any]], None]] = None,
        on_episode: Optional[Callable[[], None]] = None,
    ) -> None:
        """Train to the configured number of games, going on where a run in the same folder stopped.

        `on_checkpoint` gets a dict with episode, avg_reward, avg_steps, avg_loss and epsilon; `on_episode` is called
        after every game. Without either, a progress line is shown.
        """
        line = ProgressLine() if on_checkpoint is None and on_episode is None else None

        def watch(status: Status) -> None:
            if line is not None:
                line.update(status)
            if on_episode is not None:
                on_episode()

        def report(row: Dict[str, Any]) -> None:
            if on_checkpoint is not None:
                on_checkpoint(
                    {
                        "episode": row["episode"],
                        "avg_reward": row["mean_return"],
                        "avg_steps": row["mean_length"],
                        "avg_loss": row["loss"] or 0.0,
                        "epsilon": row["epsilon"],
                    }
                )

        try:
            self.trainer.train(on_episode=watch, on_checkpoint=report)
        finally:
            if line is not None:
                line.clear()

    def load_checkpoint(self, path: Union[str, Path]) -> None:
        """Take over the weights of a checkpoint. (A run goes on by itself; this is for starting from another one.)"""
        from retro_gamer.runs.directory import load_checkpoint

        checkpoint = load_checkpoint(Path(path))
        try:
            self.trainer.agent.set_policy(checkpoint.arrays)
        except (KeyError, ValueError) as error:
            raise ConfigError(f"{path} does not fit this training: {error}") from error


def _where_from(factory: Callable[[], Any]) -> Dict[str, str]:
    """Section [game] for a function, so that `retro-gamer play` finds it too, wherever it is called from."""
    module, name = getattr(factory, "__module__", "game"), getattr(factory, "__name__", "")
    file = getattr(sys.modules.get(module), "__file__", None)
    folder = ""
    if file is not None and module == "__main__":
        module, folder = Path(file).stem, str(Path(file).resolve().parent)
    elif file is not None and "." not in module and "site-packages" not in Path(file).parts:
        folder = str(Path(file).resolve().parent)
    return {"module": module, "path": folder, "factory": f"{module}:{name}" if name.isidentifier() else ""}
