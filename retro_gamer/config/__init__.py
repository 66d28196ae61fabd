"""What can be set? Settings, their values, and config.toml."""

from retro_gamer.config.run_config import RunConfig

__all__ = ["RunConfig"]
