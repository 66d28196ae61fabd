"""The original's name for `retro_gamer.original.observation`."""

from retro_gamer.original.observation import *  # noqa: F403
from retro_gamer.original.observation import FlatEncoder  # noqa: F401
