"""The one training loop: an agent plays a game and learns from every turn."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from retro_gamer.agents.agent import Actor, Transition
from retro_gamer.environment.base import Environment
from retro_gamer.nn.threads import one_blas_thread


class Episode(NamedTuple):
    """What became of one game."""

    episode_return: float  # the sum of its rewards
    turns: int
    mean_loss: float | None  # over its learning steps; None if there was none
    score: float | None  # the value people would ask for, where it is another one


def never() -> bool:
    return False


@one_blas_thread
def play_episode(
    environment: Environment,
    agent: Actor,
    epsilon: Callable[[], float],
    learn: bool = True,
    seed: int | None = None,
    cut_short: Callable[[], bool] = never,
) -> Episode:
    """Play one game. `epsilon()` is asked before each turn for the share of random actions.

    Once `cut_short()` is true after a turn, the game ends there, truncated.
    """
    learner: Any = agent  # an Agent, where it is to learn
    episode_return, turns, losses, n_losses = 0.0, 0, 0.0, 0
    try:
        observation = environment.reset(seed)
        agent.begin_episode(environment)
        while True:
            action = agent.act(observation, epsilon())
            next_observation, reward, terminated, truncated = environment.step(action)
            truncated = truncated or (not terminated and cut_short())
            turns += 1
            episode_return += reward
            agent.got(reward)
            if learn:
                loss = learner.learn(Transition(observation, action, reward, next_observation, terminated, truncated))
                if loss is not None:
                    losses += loss
                    n_losses += 1
            observation = next_observation
            if terminated or truncated:
                break
    finally:
        if learn:
            learner.end_episode()  # also when the game broke off: what was seen so far still counts
    return Episode(episode_return, turns, losses / n_losses if n_losses else None, environment.score)
