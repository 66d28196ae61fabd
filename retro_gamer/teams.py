"""The old home of `retro_gamer.config.teams`."""

from retro_gamer.config.teams import *  # noqa: F403
