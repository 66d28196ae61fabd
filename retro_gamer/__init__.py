"""Reinforcement learning for terminal games, on NumPy alone.

    from retro_gamer import TrainedPolicy, PolicyInput, GameMetadata, GameEnvironment, DQNTrainer

Each name is imported when it is first used, so that `import retro_gamer` costs next to nothing.
"""

from __future__ import annotations

from retro_gamer.hosting import hidden_modules

hidden_modules.install()  # before anything else is imported

import sys  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

__version__ = "0.1.0"

_HOMES = {
    "TrainedPolicy": "retro_gamer.policy.trained_policy",
    "PolicyInput": "retro_gamer.policy.policy_input",
    "GameMetadata": "retro_gamer.original.metadata",
    "GameEnvironment": "retro_gamer.original.game_environment",
    "DQNTrainer": "retro_gamer.original.dqn_trainer",
    "RetroGamerError": "retro_gamer.errors",
}
__all__ = ["DQNTrainer", "GameEnvironment", "GameMetadata", "PolicyInput", "RetroGamerError", "TrainedPolicy"]

if TYPE_CHECKING:
    from retro_gamer.errors import RetroGamerError
    from retro_gamer.original.dqn_trainer import DQNTrainer
    from retro_gamer.original.game_environment import GameEnvironment
    from retro_gamer.original.metadata import GameMetadata
    from retro_gamer.policy.policy_input import PolicyInput
    from retro_gamer.policy.trained_policy import TrainedPolicy


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'retro_gamer' has no attribute {name!r}")


if hasattr(sys.modules.get("gymnasium"), "registry"):  # it is imported: our games may be wanted from it
    from retro_gamer.games import register

    register(sys.modules["gymnasium"])


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
