"""How does a policy act in a game? What the author of a game touches."""

from retro_gamer.policy.policy_input import PolicyInput
from retro_gamer.policy.trained_policy import TrainedPolicy

__all__ = ["PolicyInput", "TrainedPolicy"]
