"""GameMetadata: what the original retro-gamer's users describe their games with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.values import toml_value
from retro_gamer.errors import ConfigError, GameError
from retro_gamer.hosting.loading import load_function, parse_game, read_description

__all__ = ["GameMetadata"]

EXAMPLE = '[tool.retro-gamer]\nactions = ["KEY_RIGHT", "KEY_UP", "KEY_LEFT", "KEY_DOWN"]\nreward = "score"'


@dataclass
class GameMetadata:
    """The keys of a game, the state value to maximise, and how it is seen.

    `board_size` is (width, height) in cells. `observation_function` and `factory` are "module:function". Making a
    DQNTrainer fills in what is not given: `board_size`, `character_set`, and `extras_size`, how many numbers of an
    observation come after the board.
    """

    actions: list[str]
    reward: str
    character_set: list[str] | None = None
    spatial: bool = False
    board: bool = True
    board_size: tuple[int, int] | None = None
    observation_function: str | None = None
    factory: str | None = None
    extras_size: int = 0

    def validate(self) -> None:
        """Raise ConfigError (a ValueError) listing everything that is wrong."""
        values = {key: value for key, value in self.to_dict().items() if value is not None}
        game = {} if self.factory is None else {"factory": self.factory}
        RunConfig.from_dict({"game": game, "metadata": values}, source="the game's description")

    @classmethod
    def from_pyproject(cls, module_name: str) -> GameMetadata:
        """The description in the pyproject.toml beside a module.

        Raises an error that is a FileNotFoundError and a ValueError when there is no such module or description, and
        ConfigError (a ValueError) when it lacks something.
        """
        try:
            section, path = read_description(parse_game(module_name))
        except ConfigError as error:
            raise DescriptionNotFoundError(str(error)) from error
        if path is None:
            raise DescriptionNotFoundError(
                f"There is no pyproject.toml with a [tool.retro-gamer] section beside {module_name}. Write one:\n\n{EXAMPLE}"
            )
        return cls.from_dict(section)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> GameMetadata:
        """From a [tool.retro-gamer] or [metadata] section; raises ConfigError without `actions` and `reward`."""
        missing = [key for key in ("actions", "reward") if key not in data]
        if missing:
            raise ConfigError(
                f"The description of the game lacks {' and '.join(missing)}. The least it must say is:\n\n{EXAMPLE}"
            )
        size = data.get("board_size") or None
        return cls(
            actions=data["actions"],
            reward=data["reward"],
            character_set=data.get("character_set"),
            spatial=data.get("spatial", False),
            board_size=tuple(size) if isinstance(size, list) else size,  # of another kind: `validate` tells
            observation_function=data.get("observation_function") or None,  # config.toml has "" for none
            factory=data.get("factory") or None,
            extras_size=data.get("extras_size", 0),
        )

    def to_dict(self) -> dict[str, Any]:
        """Section [metadata] of a config.toml: what is not set is left out."""
        result: dict[str, Any] = {"actions": self.actions, "reward": self.reward}
        if self.board_size is not None:
            size = self.board_size
            result["board_size"] = list(size) if isinstance(size, tuple) else size
        if self.character_set is not None:
            result["character_set"] = self.character_set
        if self.observation_function is not None:
            result["observation_function"] = self.observation_function
        if self.extras_size:
            result["extras_size"] = self.extras_size
        return result

    def to_toml(self, path: str | Path) -> None:
        """Write `to_dict()` to a file as its section [metadata]."""
        lines = [f"{name} = {toml_value(value)}\n" for name, value in self.to_dict().items()]
        Path(path).write_bytes(("[metadata]\n" + "".join(lines)).encode("utf-8"))

    def resolve_factory(self) -> Callable[[], Any] | None:
        """The function that makes games, imported; None when `factory` is not set. Raises ConfigError (a ValueError)."""
        return _resolve(self.factory, "factory")

    def resolve_observation_function(self) -> Callable[[Any], Any] | None:
        """The function that observes games, imported; None when there is none. Raises ConfigError (a ValueError)."""
        return _resolve(self.observation_function, "observation_function")

    @property
    def obs_size(self) -> int:
        """Length of the flat one-hot observation."""
        if not self.board or self.board_size is None:
            return self.extras_size
        return len(self.character_set or ()) * self.board_size[0] * self.board_size[1] + self.extras_size

    @property
    def n_actions(self) -> int:
        """The number of actions: one for each key, and doing nothing, which is always the last."""
        return len(self.actions) + 1


def _resolve(reference: str | None, what: str) -> Callable[..., Any] | None:
    if not reference:
        return None
    module, colon, name = reference.partition(":")
    if not (module and colon and name):
        raise ConfigError(f'{what} = {reference!r}: it names a function of a module. Try: "my_game:{name or "function"}"')
    try:
        return load_function(reference, what)
    except GameError as error:
        raise ConfigError(str(error)) from error


class DescriptionNotFoundError(ConfigError, FileNotFoundError):
    __str__ = Exception.__str__
