"""The original's name for `retro_gamer.original.metadata`."""

from retro_gamer.original.metadata import *  # noqa: F403
