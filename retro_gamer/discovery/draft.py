"""A run that is being made, while its game is tried out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import find_setting
from retro_gamer.errors import RetroGamerError
from retro_gamer.hosting.blame import blame


class Draft:
    """A run that is being made: its settings so far, what there is to tell, and why some settings are what they are."""

    def __init__(self, config: RunConfig):
        self.config = config
        self.named: dict[str, Any] = {}  # settings that the game's description or a flag names: these are not found out
        self.messages: list[str] = []
        self.notes: dict[str, str] = {}  # "section.name" -> a line for the comment of the setting

    def set(self, values: dict[str, Any], why: str = "") -> None:
        """Choose the values of settings, by their names; `why` is the comment of the first."""
        self.config = self.config.with_settings(values)
        if why:
            self.explain(next(iter(values)), why)

    def explain(self, name: str, why: str) -> None:
        """Let this be the comment of a setting in config.toml."""
        self.notes[f"{find_setting(name)[0]}.{name}"] = why

    def say(self, message: str) -> None:
        self.messages.append(message)

    def is_free(self, *names: str) -> bool:
        """Whether nobody named any of these settings."""
        return not any(name in self.named for name in names)

    def get(self, name: str) -> Any:
        """A value of [metadata]: what somebody named, or what was found out."""
        return self.named.get(name) or getattr(self.config.metadata, name)

    @property
    def is_dqn(self) -> bool:
        return bool(self.named.get("algorithm", "dqn") == "dqn")


@contextmanager
def trying_out() -> Iterator[None]:
    """An error inside is the game's: its board, its characters or its state are not what they should be."""
    try:
        yield
    except RetroGamerError:
        raise
    except Exception as error:
        raise blame(error, "while it was tried out") from error
