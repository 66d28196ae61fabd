"""DQNTrainer: training from a script, as the original retro-gamer's users write it."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, Callable

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import ModelSettings, TrainingSettings
from retro_gamer.config.values import toml_value
from retro_gamer.errors import ConfigError, ObservationError, command_line
from retro_gamer.hosting.game_protocol import Game
from retro_gamer.hosting.importing import refuse_while_imported
from retro_gamer.hosting.interrupts import stopping_on_signals
from retro_gamer.hosting.loading import make_game
from retro_gamer.original.game_environment import GameEnvironment
from retro_gamer.original.game_factory import check_factory, describe, locate
from retro_gamer.original.metadata import GameMetadata
from retro_gamer.reporting.progress import ProgressLine
from retro_gamer.runs.checkpoint_file import load_checkpoint
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.trainer import Status, Trainer

__all__ = ["DEFAULTS", "DQNTrainer", "MODEL_KEYS", "validate_hyperparams"]

MODEL_KEYS = frozenset(setting.name for setting in fields(ModelSettings))
DEFAULTS: dict[str, Any] = {**vars(ModelSettings()), **vars(TrainingSettings())}


def validate_hyperparams(hyperparams: dict[str, Any]) -> None:
    """Raise ConfigError (a ValueError) listing everything wrong with settings of [model] and [training]."""
    example = {"actions": ["a"], "reward": "score"}
    RunConfig.from_dict({"metadata": example, **_by_section(hyperparams)}, source="the hyperparameters")


class DQNTrainer:
    """Trains an agent to play a game.

    Arguments:
        game_factory: a function that returns a new game. The commands (`retro-gamer play` and others) find it if it is
            a function of a module; of others they say that only the script has it.
        metadata: what the game is. What it does not say, board_size and character_set, is found out and filled in.
        run_dir: the folder of the run; its config.toml is written if it is not there yet.
        preprocessing: settings of section [preprocessing].
        hyperparams: settings of sections [model] and [training].

    Raises ConfigError (a ValueError) that lists everything wrong with the settings, and ObservationError (a ValueError)
    when what is observed is not one flat vector of numbers, or shorter than the board that metadata describes.
    """

    def __init__(
        self,
        game_factory: Callable[[], Game],
        metadata: GameMetadata,
        run_dir: str | Path,
        preprocessing: dict[str, Any] | None = None,
        **hyperparams: Any,
    ):
        refuse_while_imported("It makes a DQNTrainer.")
        check_factory(game_factory)
        self.game_factory, self.metadata, self.run_dir = game_factory, metadata, Path(run_dir)
        self.run = RunDirectory(run_dir)
        config = self._config(preprocessing or {}, hyperparams)
        if self.run.config_path.is_file():
            given = {*(preprocessing or {}), *hyperparams, "actions", "reward", "observation_function"}
            self._check_same(config, given)
        else:
            only_here = f"Only the script that trains this run can make the game: {describe(game_factory)}."
            self.run.create(config.to_toml({} if config.game.factory else {"game.module": only_here}))
        if not config.game.factory:
            _notice(self._not_for_commands())
        self.trainer = Trainer(self.run, game_factory)
        if not self.trainer.resumed and self.run.original_checkpoints():
            _notice(f"This starts afresh. To go on from the .pt files here:  {command_line('import-torch', self.run)}")
        self._fill_in_metadata(config.metadata.board_size)

    def __repr__(self) -> str:
        name = getattr(self.game_factory, "__name__", repr(self.game_factory))
        return f"DQNTrainer({name}, run_dir={str(self.run)!r}, {self.trainer.episode} games trained)"

    def _repr_html_(self) -> str:
        from retro_gamer.reporting.html import card_of_run

        return card_of_run(repr(self), self.run)

    def _config(self, preprocessing: dict[str, Any], hyperparams: dict[str, Any]) -> RunConfig:
        metadata = self.metadata.to_dict()
        metadata.pop("extras_size", None)
        game = locate(self.game_factory)
        if metadata.get("observation_function", "").startswith("__main__:"):
            metadata["observation_function"] = self._named_for_others(metadata["observation_function"], game)
        metadata["board_size"] = list(self.metadata.board_size or make_game(self.game_factory).board_size)
        seen = {"spatial": self.metadata.spatial, "board": self.metadata.board, **preprocessing}
        return RunConfig.from_dict(
            {"game": game, "metadata": metadata, "preprocessing": seen, **_by_section(hyperparams)},
            source="the arguments of DQNTrainer",
        )

    def _named_for_others(self, reference: str, game: dict[str, str]) -> str:
        """What other programs import a function of this script by; `game` gets the script's folder."""
        function = self.metadata.resolve_observation_function()
        place = locate(function) if function is not None else {}
        if not place or game.get("path") not in (None, "", place["path"]):
            _notice(f"Only this script has the function {reference}, so only here can TrainedPolicy play this run.")
            return reference
        sys.modules.setdefault(place["module"], sys.modules["__main__"])  # it is not run again to be imported
        game["path"] = place["path"]
        return place["factory"]

    def _not_for_commands(self) -> str:
        """What to tell people whose game only this script can make."""
        game = self.run.load_config().game
        named = game.factory or game.module
        then = f"they play the game that {self.run.config_path} names, {named}" if named else "they will not find it"
        return (
            f"Only this script can make the game: {describe(self.game_factory)}. It trains here, and TrainedPolicy plays "
            f"it; but commands such as  {command_line('play', self.run)}  cannot: {then}. For those, pass a function of a "
            "module, one whose  def  stands at the left edge of a .py file."
        )

    def _check_same(self, config: RunConfig, names: set[str]) -> None:
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

    def _fill_in_metadata(self, board_size: list[int]) -> None:
        """Say in `metadata` what was found out about the game, as scripts expect it."""
        config, metadata, shape = self.trainer.config, self.metadata, self.trainer.environment.shape
        metadata.board = config.preprocessing.board
        metadata.board_size = board_size[0], board_size[1]
        by_function = config.metadata.observation_function
        if metadata.board and not by_function and not metadata.character_set:
            metadata.character_set = list(self.trainer.vocabulary.characters)
        metadata.extras_size = 0
        n_board = metadata.obs_size if by_function else 0
        if shape.n_features < n_board:
            raise ObservationError(
                f"The observation function returned {shape.n_features} numbers, but a board of character_set and board_size "
                f"alone has {n_board}. Make them fit, or set board = False if there is no board in what it returns."
            )
        metadata.extras_size = shape.n_features - n_board

    @property
    def hp(self) -> dict[str, Any]:
        """All settings of [model] and [training]."""
        return {**vars(self.trainer.config.model), **vars(self.trainer.config.training)}

    @property
    def env(self) -> GameEnvironment:
        """A new environment that shows the game as it is trained on, as one flat vector."""
        observe_state = self.trainer.config.preprocessing.observe_state
        return GameEnvironment(self.game_factory, self.metadata, observe_state, self.metadata.board)

    @property
    def epsilon(self) -> float:
        """The share of random actions at this point of the training."""
        return self.trainer.epsilon

    @property
    def total_steps(self) -> int:
        """Turns trained so far."""
        return self.trainer.turns

    @property
    def start_episode(self) -> int:
        """The number of the next game; the first is 1."""
        return self.trainer.episode + 1

    def train(
        self, on_checkpoint: Callable[[dict[str, Any]], None] | None = None, on_episode: Callable[[], None] | None = None
    ) -> None:
        """Train to the configured number of games, going on where a run in the same folder stopped.

        `on_checkpoint` gets a dict with episode, avg_reward, avg_steps, avg_loss and epsilon; `on_episode` is called
        after every game. Without either, a progress line is shown, in a terminal or a notebook.

        Ctrl-C (in a notebook, the stop button) ends it after the game being played: everything is saved, and `train`
        returns. A second one ends it at once.
        """
        line = ProgressLine()
        line.shown = line.shown and on_checkpoint is None and on_episode is None

        def watch(status: Status) -> None:
            line.update(status)
            if on_episode is not None:
                on_episode()

        def report(row: dict[str, Any]) -> None:
            if on_checkpoint is not None:
                on_checkpoint(_as_original(row))

        trainer = self.trainer
        trainer.stopping = False  # a stop counts for the call that it ended
        try:
            with stopping_on_signals(trainer.stop, line.blank):
                notice = line.say if line.shown else _notice
                trainer.train(on_episode=watch, on_checkpoint=report, on_notice=notice)
        finally:
            line.clear()
        if trainer.stopping:
            line.say(f"Stopped after game {trainer.episode} and saved. Train on from there with train().")

    def _run_episode(self) -> tuple[float, int, float, bool]:
        """Train for one game: its reward, turns and mean loss, and whether a learning step was made."""
        ended: list[Status] = []
        self.trainer.train(episodes=1, on_episode=ended.append)
        last = ended[0].last
        return last.episode_return, last.turns, last.mean_loss or 0.0, last.mean_loss is not None

    def load_checkpoint(self, path: str | Path) -> None:
        """Take over the weights of a checkpoint. (A run goes on by itself; this is for starting from another one.)

        Raises ConfigError when it does not fit this training, and CheckpointError when it cannot be read.
        """
        path = Path(path)
        if path.suffix == ".pt":
            raise ConfigError(
                f"{path} is a checkpoint of the original retro-gamer. Turn the whole run into ours first:\n"
                f"  {command_line('import-torch', path.parent.parent)}\nThen training goes on from the newest by itself."
            )
        checkpoint = load_checkpoint(path)
        try:
            self.trainer.agent.set_policy(checkpoint.arrays)
        except (KeyError, ValueError) as error:
            raise ConfigError(f"{path} does not fit this training: {error}") from error


def _by_section(hyperparams: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "model": {key: value for key, value in hyperparams.items() if key in MODEL_KEYS},
        "training": {key: value for key, value in hyperparams.items() if key not in MODEL_KEYS},
    }


def _as_original(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "episode": row["episode"],
        "avg_reward": row["mean_return"],
        "avg_steps": row["mean_length"],
        "avg_loss": row["loss"] or 0.0,
        "epsilon": row["epsilon"],
    }


def _notice(text: str) -> None:
    print(f"retro-gamer: {text}", file=sys.stderr)
