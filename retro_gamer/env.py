"""The original's name for `retro_gamer.original.game_environment`."""

from retro_gamer.original.game_environment import *  # noqa: F403
