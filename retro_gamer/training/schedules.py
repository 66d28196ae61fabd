"""How the share of random actions and the learning rate fall while the agent learns."""

from __future__ import annotations

from retro_gamer.config.settings import TrainingSettings


def linear(turn: int, start: float, end: float, turns: int) -> float:
    """From start to end in equal steps over a number of turns, then end."""
    return end + (start - end) * max(0.0, 1.0 - turn / turns)


def exponential_epsilon(episode: int, start: float, end: float, decay: float) -> float:
    """start * decay^episode, but never below end."""
    return max(end, start * decay**episode)


def epsilon_at(training: TrainingSettings, turn: int, episode: int) -> float:
    """The exploration rate after this many turns and games, as configured."""
    if training.epsilon_decay_turns:
        return linear(turn, training.epsilon, training.epsilon_min, training.epsilon_decay_turns)
    return exponential_epsilon(episode, training.epsilon, training.epsilon_min, training.epsilon_decay)


def learning_rate_at(training: TrainingSettings, turn: int, episode: int) -> float:
    """The learning rate after this many turns and games, as configured."""
    rate = training.learning_rate
    if training.training_turns and 0 < training.learning_rate_min < rate:
        rate = linear(turn, rate, training.learning_rate_min, training.training_turns)
    return rate * training.learning_rate_decay**episode
