"""How does a policy act in a game? What the author of a game touches."""

from retro_gamer.policy.trained_policy import PolicyInput, TrainedPolicy

__all__ = ["PolicyInput", "TrainedPolicy"]
