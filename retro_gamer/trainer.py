"""The original's name for `retro_gamer.original.dqn_trainer`."""

from retro_gamer.original.dqn_trainer import *  # noqa: F403
