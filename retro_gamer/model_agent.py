"""The original's name for `retro_gamer.policy.trained_policy`."""

from retro_gamer.policy.trained_policy import PolicyInput, TrainedPolicy  # noqa: F401
