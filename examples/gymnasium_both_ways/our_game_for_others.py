"""A terminal game as a Gymnasium environment, for other learning programs (needs gymnasium).

    python examples/gymnasium_both_ways/our_game_for_others.py

`stable_baselines3_dqn.py` beside this trains Stable-Baselines3 on such an environment; here random actions play.
"""

from retro_gamer.policy.gymnasium_env import make_gym_env

environment = make_gym_env("catch", render_mode="ansi")
environment.action_space.seed(0)
observation, info = environment.reset(seed=0)
total, over = 0.0, False
while not over:
    observation, reward, terminated, truncated, info = environment.step(environment.action_space.sample())
    total, over = total + reward, terminated or truncated
print(environment.render())
print("Random actions got", total)
