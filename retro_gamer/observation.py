"""The old home of `retro_gamer.original.observation`: the helpers of custom observation functions."""

from retro_gamer.original.observation import *  # noqa: F403
from retro_gamer.original.observation import FlatEncoder  # noqa: F401
