"""Configurations as text."""

from __future__ import annotations

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import ConfigError

LEAST = {"game": {"module": "my_game"}, "metadata": {"actions": ["KEY_LEFT", "a"], "reward": "score"}}


def with_setting(section, name, value):
    data = {key: dict(values) for key, values in LEAST.items()}
    data.setdefault(section, {})[name] = value
    return data


def problems_of(data):
    """The text of the ConfigError that these settings raise; empty if they are right."""
    try:
        RunConfig.from_dict(data)
    except ConfigError as error:
        return str(error)
    return ""
