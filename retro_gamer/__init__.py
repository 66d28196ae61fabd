"""Reinforcement learning for terminal games, on NumPy alone.

    from retro_gamer import TrainedPolicy, PolicyInput, GameMetadata, GameEnvironment, DQNTrainer

Each name is imported when it is first used, so that `import retro_gamer` costs next to nothing.
"""
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "TrainedPolicy": "retro_gamer.policy",
    "PolicyInput": "retro_gamer.policy",
    "GameMetadata": "retro_gamer.environment.metadata",
    "GameEnvironment": "retro_gamer.environment.game",
    "DQNTrainer": "retro_gamer.training.dqn_trainer",
    "RetroGamerError": "retro_gamer.errors",
}
__all__ = ["DQNTrainer", "GameEnvironment", "GameMetadata", "PolicyInput", "RetroGamerError", "TrainedPolicy"]

if TYPE_CHECKING:
    from retro_gamer.environment.game import GameEnvironment
    from retro_gamer.environment.metadata import GameMetadata
    from retro_gamer.errors import RetroGamerError
    from retro_gamer.policy import PolicyInput, TrainedPolicy
    from retro_gamer.training.dqn_trainer import DQNTrainer


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'retro_gamer' has no attribute {name!r}")


def __dir__() -> list:
    return sorted([*globals(), *__all__])
