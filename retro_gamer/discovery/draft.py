"""A run that is being made, while its game is tried out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import RetroGamerError
from retro_gamer.hosting.blame import blame


class Draft:
    """A run that is being made: its settings so far, what there is to tell, and why some settings are what they are."""

    def __init__(self, config: RunConfig):
        self.config = config
        self.messages: list[str] = []
        self.notes: dict[str, str] = {}  # "section.name" -> a line for the comment of the setting

    def set(self, values: dict[str, Any]) -> None:
        """Choose the values of settings, by their names."""
        self.config = self.config.with_settings(values)

    def say(self, message: str) -> None:
        self.messages.append(message)


@contextmanager
def trying_out() -> Iterator[None]:
    """An error inside is the game's: its board, its characters or its state are not what they should be."""
    try:
        yield
    except RetroGamerError:
        raise
    except Exception as error:
        raise blame(error, "while it was tried out") from error
