"""Games between policies, from which one team may learn; and who won them."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Sequence

import numpy as np

from retro_gamer.agents import Transition
from retro_gamer.environment.teams import TeamEnvironment
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.nn.threads import one_blas_thread
from retro_gamer.selfplay.elo import result_between
from retro_gamer.selfplay.self_play_run import Decision, SelfPlayRun, TeamPolicy, play_decisions
from retro_gamer.training.loop import never


class MatchResult(NamedTuple):
    turns: int
    steps: list[int]  # [n_teams]: the turns of all its characters together
    returns: list[float]  # [n_teams]: the sum of each team's rewards
    outcomes: list[float]  # [n_teams]: above 0 for a win, below for a loss
    losses: list[float]  # of the learning steps
    truncated: bool  # cut short by the limit of turns, and not over


class Trajectory:
    """What happened to one character of the learning team in one game, turn by turn."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []  # [n_turns that the character was in the game]
        self.rewards: list[float] = []  # as many

    def add(self, decision: Decision) -> None:
        self.decisions.append(decision)
        self.rewards.append(0.0)

    def reward(self, amount: float) -> None:
        """Credit the last decision: also with what its team earns after the character has left the game."""
        if self.rewards:
            self.rewards[-1] += amount


# Number of a member -> what it does; None when it has left the game.
Decide = Callable[[int], Optional[Decision]]


@one_blas_thread
def play_match(
    environment: TeamEnvironment,
    policies: Sequence[TeamPolicy],
    epsilon: float = 0.0,
    learning_team: int | None = None,
    rng: np.random.Generator | None = None,
    seed: int | None = None,
    cut_short: Callable[[], bool] = never,
) -> MatchResult:
    """Play one game, with a policy for each team [n_teams] and a share of random actions.

    Those of the teams that do not learn are drawn from `rng`: a ghost keeps no state of its own between two games. The
    learning team's agent learns after the game: from each of its characters' trajectories, one after another. A
    character that leaves the game early still gets its team's rewards up to the end, with its last decision.

    Once `cut_short()` is true after a turn, the game ends there, truncated. Raises RetroGamerErrors for what the game
    does wrong.
    """

    def decide(number: int) -> Decision | None:
        member, character = environment.members[number], environment.character(number)
        if character is None:
            return None
        learns = member.team == learning_team
        policy = policies[member.team]
        decision = policy.act(environment.game, character, member.team, epsilon if learns else 0.0)
        if rng is not None and not learns and rng.random() < epsilon:
            return decision._replace(action=int(rng.integers(len(member.actions))))
        return decision

    environment.reset(seed)
    trajectories = {
        number: Trajectory() for number, member in enumerate(environment.members) if member.team == learning_team
    }
    result = _play(environment, decide, trajectories, cut_short)
    for number, trajectory in trajectories.items():
        policy = policies[environment.members[number].team]
        result.losses.extend(_learn(trajectory, policy, environment, number, result.truncated))
    return result


def _play(
    environment: TeamEnvironment, decide: Decide, trajectories: dict[int, Trajectory], cut_short: Callable[[], bool]
) -> MatchResult:
    members, n_teams = environment.members, len(environment.teams)
    returns, steps, turns = [0.0] * n_teams, [0] * n_teams, 0
    while True:
        decisions = [decide(number) for number in range(len(members))]
        for number, (member, decision) in enumerate(zip(members, decisions)):
            if decision is not None:
                steps[member.team] += 1
                if number in trajectories:
                    trajectories[number].add(decision)
        rewards, terminated, truncated = play_decisions(environment, decisions)
        turns += 1
        for team, reward in enumerate(rewards):
            returns[team] += reward
        for number, trajectory in trajectories.items():
            trajectory.reward(rewards[members[number].team])
        truncated = truncated or (not terminated and cut_short())
        if terminated or truncated:
            return MatchResult(turns, steps, returns, outcomes_of(rewards, returns), [], truncated)


def _learn(
    trajectory: Trajectory, policy: TeamPolicy, environment: TeamEnvironment, number: int, truncated: bool
) -> list[float]:
    agent, encoder = policy
    last = len(trajectory.decisions) - 1
    if last < 0:
        return []
    character = environment.character(number)
    observations = [decision.observation for decision in trajectory.decisions]
    if character is None:  # it left the game: nothing follows, for it
        observations.append(observations[-1])
        truncated = False
    else:
        observations.append(encoder.observe(environment.game, character, environment.members[number].team))
    policy.grow()
    losses = []
    for i, (decision, reward) in enumerate(zip(trajectory.decisions, trajectory.rewards)):
        loss = agent.learn(
            Transition(
                observations[i],
                decision.action,
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


def outcomes_of(rewards: Sequence[float], returns: Sequence[float]) -> list[float]:
    """Who won [n_teams]: above 0 for a win, below for a loss.

    The rewards of the last turn [n_teams] decide, as in ML-Agents. If it brought no team anything, the game is won on
    points: the returns [n_teams] are compared with their mean.
    """
    if any(rewards):
        return list(rewards)
    mean = sum(returns) / len(returns)
    return [total - mean if abs(total - mean) > 1e-9 * (1 + abs(mean)) else 0.0 for total in returns]


def play_series(
    run: SelfPlayRun,
    policies: Sequence[TeamPolicy],
    games: int,
    seed: int,
    on_game: Callable[[int], None] = lambda done: None,
    on_turn: Callable[[], None] = lambda: None,
) -> list[list[float]]:
    """The outcomes [games][n_teams] of greedy games with seeds seed, seed + 1, ..., by a policy for each team [n_teams].

    See `outcomes_of`. `on_game(done)` is called after each game, `on_turn()` after each turn. The process's own randomness
    stays as it is. Raises RetroGamerErrors for what the game does wrong.
    """

    def go_on() -> bool:
        on_turn()
        return False

    outcomes = []
    with OwnRandomness():
        for i in range(games):
            match = play_match(run.environment, policies, seed=seed + i, cut_short=go_on)
            outcomes.append(match.outcomes)
            on_game(i + 1)
    return outcomes


def count_results(outcomes: Sequence[Sequence[float]], team: int) -> list[int]:
    """[won, drawn, lost] by a team in these games [games][n_teams], each against the best of the others."""
    counts = [0, 0, 0]
    for outcome in outcomes:
        best = max(other for number, other in enumerate(outcome) if number != team)
        counts[int(2 - 2 * result_between(outcome[team], best))] += 1
    return counts
