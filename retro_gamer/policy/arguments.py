"""What people hand to a policy: paths of many kinds, games, and things that are neither."""

from __future__ import annotations

import os
from pathlib import Path
from types import CodeType
from typing import Any, Iterator, NamedTuple

from retro_gamer.config.key_names import KEY_NAMES
from retro_gamer.errors import ConfigError, command_line

_OF_A_GAME = ("agents", "state", "board_size")


class Place(NamedTuple):
    run: Path
    checkpoint: str | None  # None for the newest
    policy: str | None  # the folder of a team in a self-play run, if that was named


def locate(run_dir: Any, checkpoint: Any) -> Place:
    """The run and the checkpoint that a path means: a run's folder, or a file or folder in it.

    Raises ConfigError for what can be neither.
    """
    if not isinstance(run_dir, (str, os.PathLike)):
        hint = " PolicyInput(ai, game) takes a game." if is_game(run_dir) else ""
        raise ConfigError(f'run_dir is {run_dir!r:.100}. It is the folder of a run, such as "runs/snake".{hint}')
    path, name = Path(run_dir), None if checkpoint is None else str(checkpoint)
    if path.suffix == ".pt":
        run = path.parent.parent
        raise ConfigError(
            f"{path} is a checkpoint of the original retro-gamer. Make it ours:  {command_line('import-torch', run)}"
        )
    if path.suffix == ".npz" and not path.is_dir():
        path, name = _within_a_run(path, name), path.stem
    elif path.name == "config.toml" and not path.is_dir():
        path = path.parent
    if (path / "config.toml").is_file():
        return Place(path, name, None)
    if path.name == "checkpoints":
        return Place(path.parent, name, None)
    if path.parent.name == "checkpoints":
        return Place(path.parent.parent, name, path.name)
    return Place(path, name, None)


def _within_a_run(path: Path, checkpoint: str | None) -> Path:
    if checkpoint is not None and checkpoint not in (path.name, path.stem):
        raise ConfigError(f"{path} names one checkpoint and checkpoint={checkpoint!r} another. Leave one of them out.")
    folder = path.parent
    if "checkpoints" in (folder.name, folder.parent.name):
        return folder
    if path.name == "resume.npz":
        raise ConfigError(f"{path} is for training on, and holds no policy to play. Name its folder: {str(folder)!r}")
    raise ConfigError(
        f"{path} is not in the folder checkpoints of a run, whose config.toml says how to play it. Name the run and the "
        f'checkpoint:  TrainedPolicy("runs/snake", checkpoint={path.stem!r})'
    )


def is_game(value: Any) -> bool:
    return all(hasattr(value, name) for name in _OF_A_GAME)


def check_game(game: Any, call: str) -> None:
    """Raise ConfigError for what is not a game, before anything trips over it."""
    if not is_game(game):
        raise ConfigError(
            f"{call} takes the game that is played, but got {game!r:.100}. In a character's play_turn(self, game) that is "
            "its second argument: game."
        )


def check_character(character: Any, call: str) -> None:
    """Raise ConfigError for what has no place in a game: a policy cannot look from it."""
    if character is None or isinstance(character, type) or not hasattr(character, "position"):
        raise ConfigError(
            f"{call} takes a character of the game, an object with a position, but got {character!r:.100}. In a method "
            "of the character that is self; elsewhere  game.get_agent_by_name(...)  finds it."
        )


def keys_named_elsewhere(game: Any, keys: list[str | None]) -> set[str]:
    """Names of keys in the methods that listen to keys, where none of these keys is among them; else an empty set."""
    named: set[str] = set()
    for agent in game.agents:
        handler = getattr(type(agent), "handle_keystroke", None)
        if handler is None or not hasattr(handler, "__code__"):
            continue
        used = [handler.__globals__.get(name) for name in handler.__code__.co_names]
        held = [*vars(type(agent)).values(), *getattr(agent, "__dict__", {}).values()]
        named |= set(_texts_in([handler.__code__, *used, *held]))
    known = {name for name in named if name in KEY_NAMES}
    letters = set("".join(named - known))
    return set() if any(key in known or key in letters for key in keys if key) else known


def _texts_in(value: Any, depth: int = 4) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, CodeType):
        yield from _texts_in(value.co_consts, depth - 1)
    elif depth and isinstance(value, dict):
        yield from _texts_in([*value, *value.values()], depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _texts_in(item, depth - 1)
