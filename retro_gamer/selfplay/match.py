"""One game between policies, from which one team may learn."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence

import numpy as np

from retro_gamer.agents import Agent, Transition
from retro_gamer.environment.observation import widened
from retro_gamer.environment.teams import TeamEncoder, TeamEnvironment


class Pilot(NamedTuple):
    """A policy that plays: an agent, and how it sees the game."""

    agent: Agent
    encoder: TeamEncoder

    def act(self, game: Any, character: Any, team: int, epsilon: float = 0.0) -> "Move":
        observation = self.encoder.observe(game, character, team)
        self.grow()
        return Move(observation, self.agent.act(observation, epsilon))

    def grow(self) -> None:
        """Make room in the agent when a new character turned up and there is none."""
        if self.encoder.encoder.vocabulary.n_symbols > self.agent.n_symbols:
            self.agent.grow(self.encoder.shape)


class Move(NamedTuple):
    observation: Any
    action: int


class Match(NamedTuple):
    """What became of a game."""

    turns: int
    steps: List[int]  # [n_teams]: the turns of all its characters together
    returns: List[float]  # [n_teams]: the sum of each team's rewards
    outcomes: List[float]  # [n_teams]: above 0 for a win, below for a loss
    losses: List[float]  # of the learning steps


class _Story:
    """What happened to one character of the learning team in one game."""

    def __init__(self) -> None:
        self.moves: List[Move] = []
        self.rewards: List[float] = []


def play_match(
    environment: TeamEnvironment,
    pilots: Sequence[Pilot],
    epsilon: float = 0.0,
    learning_team: Optional[int] = None,
    rng: Optional[np.random.Generator] = None,
    seed: Optional[int] = None,
) -> Match:
    """Play one game, with a pilot for each team and a share of random actions.

    Those of the teams that do not learn are drawn from `rng`: a ghost keeps no state of its own between two games. The
    learning team's agent learns after the game: from each of its characters' stories, one after another. A character
    that leaves the game early still gets its team's rewards up to the end, with its last move.
    """
    environment.reset(seed)
    seats = environment.seats
    stories = [_Story() if seat.team == learning_team else None for seat in seats]
    returns, steps, turns = [0.0] * len(pilots), [0] * len(pilots), 0
    while True:
        keys: List[Optional[str]] = []
        for number, seat in enumerate(seats):
            character, team, story = environment.character(number), seat.team, stories[number]
            if character is None:
                keys.append(None)
                continue
            move = pilots[team].act(
                environment.game, character, team, epsilon if team == learning_team else 0.0
            )
            if rng is not None and team != learning_team and rng.random() < epsilon:
                move = Move(move.observation, int(rng.integers(len(seat.actions))))
            keys.append(seat.actions[move.action])
            steps[team] += 1
            if story is not None:
                story.moves.append(move)
                story.rewards.append(0.0)
        rewards, terminated, truncated = environment.step(keys)
        turns += 1
        for team, reward in enumerate(rewards):
            returns[team] += reward
        for seat, story in zip(seats, stories):
            if story is not None and story.moves:
                story.rewards[-1] += rewards[seat.team]
        if terminated or truncated:
            break
    losses: List[float] = []
    for number, (seat, story) in enumerate(zip(seats, stories)):
        if story is not None and story.moves:
            losses += _learn(story, pilots[seat.team], environment, number, truncated)
    return Match(turns, steps, returns, outcomes_of(rewards, returns), losses)


def _learn(
    story: _Story, pilot: Pilot, environment: TeamEnvironment, number: int, truncated: bool
) -> List[float]:
    """Let the agent learn from one character's game, turn by turn; returns the losses."""
    agent, encoder = pilot
    character = environment.character(number)
    observations = [move.observation for move in story.moves]
    if character is None:  # it left the game: nothing follows, for it
        observations.append(observations[-1])
        truncated = False
    else:
        observations.append(encoder.observe(environment.game, character, environment.seats[number].team))
        pilot.grow()
    n_cells = encoder.shape.n_cells
    observations = [widened(observation, n_cells) for observation in observations]
    losses, last = [], len(story.moves) - 1
    for i, (move, reward) in enumerate(zip(story.moves, story.rewards)):
        loss = agent.learn(
            Transition(
                observations[i],
                move.action,
                reward,
                observations[i + 1],
                i == last and not truncated,
                i == last and truncated,
            )
        )
        if loss is not None:
            losses.append(loss)
    agent.end_episode()
    return losses


def outcomes_of(rewards: Sequence[float], returns: Sequence[float]) -> List[float]:
    """Who won [n_teams]: above 0 for a win, below for a loss.

    The rewards of the last turn decide, as in ML-Agents. If it brought nobody anything, the game is won on points:
    the returns are compared with their mean.
    """
    if any(rewards):
        return list(rewards)
    mean = sum(returns) / len(returns)
    return [total - mean if abs(total - mean) > 1e-9 * (1 + abs(mean)) else 0.0 for total in returns]
