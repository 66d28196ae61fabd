"""The old home of `retro_gamer.commands.create`."""

from retro_gamer.commands.create import *  # noqa: F403
