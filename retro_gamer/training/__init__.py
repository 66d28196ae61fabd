"""Training: one loop for every agent and every game."""

from retro_gamer.training.evaluation import Evaluation, evaluate, random_play
from retro_gamer.training.loop import Episode, play_episode
from retro_gamer.training.trainer import Trainer

__all__ = ["Episode", "Evaluation", "Trainer", "evaluate", "play_episode", "random_play"]
