"""The old home of `retro_gamer.commands.train`."""

from retro_gamer.commands.train import *  # noqa: F403
