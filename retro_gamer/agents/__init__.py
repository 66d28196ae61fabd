"""Agents: they choose actions and learn from what follows. `agent.py` says what every one of them can do."""

from retro_gamer.agents.agent import Agent, Transition
from retro_gamer.agents.dqn import DQNAgent
from retro_gamer.agents.make import make_agent
from retro_gamer.agents.tabular import DoubleQLearning, ExpectedSarsa, QLearning, Sarsa, TabularAgent

__all__ = [
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
