"""Agents from a configuration."""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Type

import numpy as np

from retro_gamer.agents.agent import Agent
from retro_gamer.agents.dqn import DQNAgent
from retro_gamer.agents.tabular import DoubleQLearning, ExpectedSarsa, QLearning, Sarsa, TabularAgent
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.observation import ObservationShape
from retro_gamer.nn.network import Convolution

TABULAR: Dict[str, Type[TabularAgent]] = {
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
    memory_capacity: int = 0,
    convolutions: Optional[Sequence[Convolution]] = None,
    feature_type: str = "float32",
) -> Agent:
    """A new agent. `memory_capacity` overrides the configured one (a policy that only plays needs no memory).

    `feature_type` is what features are remembered as.
    `convolutions` are those of a checkpoint, when `spatial`; the usual ones by default.
    """
    training, model = config.training, config.model
    if config.tabular:
        return TABULAR[training.algorithm](
            n_actions=n_actions,
            learning_rate=training.learning_rate,
            gamma=training.gamma,
            planning_steps=training.planning_steps,
            rng=rng,
        )
    return DQNAgent(
        shape=shape,
        n_actions=n_actions,
        hidden_sizes=model.hidden_sizes,
        dueling=model.dueling,
        spatial=config.preprocessing.spatial and shape.board_shape != (0, 0),
        learning_rate=training.learning_rate,
        gamma=training.gamma,
        batch_size=training.batch_size,
        memory_capacity=memory_capacity or training.memory_capacity,
        learning_starts=training.learning_starts,
        train_every=training.train_every,
        gradient_steps=training.gradient_steps,
        target_update_period=training.target_update_freq,
        double=training.double,
        n_step=training.n_step,
        prioritized=training.prioritize_experiences,
        alpha=training.priority_alpha,
        beta=training.priority_beta,
        reward_scale=training.reward_scale,
        rng=rng,
        convolutions=convolutions,
        feature_type=feature_type,
    )
