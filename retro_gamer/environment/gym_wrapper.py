"""The old home of `retro_gamer.policy.gymnasium_env`."""

from retro_gamer.policy.gymnasium_env import RetroGymEnv, make_gym_env  # noqa: F401
