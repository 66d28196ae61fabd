"""The old home of `retro_gamer.runs.directory`."""

from retro_gamer.runs.checkpoint_file import *  # noqa: F403
from retro_gamer.runs.directory import *  # noqa: F403
