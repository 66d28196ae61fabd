"""Everything this library raises on purpose.

Each error is one readable paragraph: what was found, what it means, what to try. The command line prints
it and nothing else; from Python, `except RetroGamerError` catches them all.
"""
from __future__ import annotations


class RetroGamerError(Exception):
    """The parent of every error raised on purpose."""


class ConfigError(RetroGamerError, ValueError):
    """A setting, a game description or an argument has a value that cannot work."""


class RunNotFoundError(RetroGamerError, FileNotFoundError):
    """There is no such run directory, or no such checkpoint in it."""

    def __str__(self) -> str:  # OSError would print its errno pair
        return str(self.args[0]) if self.args else ""


class CheckpointError(RetroGamerError, ValueError):
    """A checkpoint is damaged, too large, or does not belong to this run."""


class GameError(RetroGamerError):
    """The game itself went wrong: it could not be loaded, or it raised an error while it was played."""


class ObservationError(RetroGamerError, ValueError):
    """What a game or an observation function shows cannot be turned into numbers."""
