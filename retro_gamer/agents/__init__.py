"""Agents: they choose actions and learn from what follows. `agent.py` says what every one of them can do.

`make_agent` makes the one that a configuration describes.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from retro_gamer.agents.agent import Agent, Transition
from retro_gamer.agents.dqn import DQNAgent
from retro_gamer.agents.tabular import DoubleQLearning, ExpectedSarsa, QLearning, Sarsa, TabularAgent
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.environment.symmetry import Symmetry
from retro_gamer.nn.sparse import Convolution

__all__ = [
    "TABULAR",
    "Agent",
    "DQNAgent",
    "DoubleQLearning",
    "ExpectedSarsa",
    "QLearning",
    "Sarsa",
    "TabularAgent",
    "Transition",
    "make_agent",
]

TABULAR: dict[str, type[TabularAgent]] = {
    "q_learning": QLearning,
    "sarsa": Sarsa,
    "expected_sarsa": ExpectedSarsa,
    "double_q_learning": DoubleQLearning,
}


def make_agent(
    config: RunConfig,
    shape: ObservationShape,
    n_actions: int,
    rng: np.random.Generator,
    convolutions: Sequence[Convolution] | None = None,
    feature_type: str = "float32",
    encoder: Encoder | None = None,
) -> Agent:
    """The agent that a configuration describes, new.

    `convolutions` are those of a checkpoint, when `spatial`; the usual ones by default. `feature_type` is what features
    are remembered as. `encoder` makes the observations, if one does: a symmetry of the game needs it.
    """
    training = config.training
    if config.tabular:
        return TABULAR[training.algorithm](
            n_actions=n_actions,
            learning_rate=training.learning_rate,
            gamma=training.gamma,
            planning_steps=training.planning_steps,
            rng=rng,
        )
    symmetry = None
    if training.symmetry:
        ways = training.action_ways or [key.replace("KEY_", "").lower() for key in config.metadata.actions]
        symmetry = Symmetry(encoder, training.symmetry, ways, n_actions)
    return DQNAgent(
        shape,
        n_actions,
        config.model,
        training,
        rng,
        spatial=config.preprocessing.spatial and shape.board_shape != (0, 0),
        convolutions=convolutions,
        feature_type=feature_type,
        repeat_penalty=0.0 if config.teams else training.repeat_penalty,
        turn_based=config.turn_based,
        symmetry=symmetry,
    )
