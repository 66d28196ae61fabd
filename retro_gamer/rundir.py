"""The old home of `retro_gamer.runs.directory`."""

from retro_gamer.runs.directory import *  # noqa: F403
