"""The original's name for `retro_gamer.policy.trained_policy`."""

from retro_gamer.policy.policy_input import PolicyInput  # noqa: F401
from retro_gamer.policy.trained_policy import TrainedPolicy  # noqa: F401
