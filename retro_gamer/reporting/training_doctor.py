"""What went wrong in a training, as its metrics and its greedy games show it."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import numpy as np

from retro_gamer.agents.states import state_of
from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import PreprocessingSettings
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.reporting.findings import NO_DIFFERENCE, Finding
from retro_gamer.reporting.progress import Counting
from retro_gamer.training.evaluation import Evaluation, bootstrap_interval
from retro_gamer.training.player import Player

STILL_EXPLORING = 0.2
LOOPING = 0.5  # share of turns spent on what was seen before in the same game, without a reward since
STUCK = 0.9  # share of such turns, and of games that only the turn limit ends


class GreedyGames(NamedTuple):
    expected: np.ndarray  # [games]: the value of the first state
    got: np.ndarray  # [games]: the discounted sum of the rewards that came
    repeated: float  # share of turns in which it saw what it had seen before, and had gained nothing since
    cut_short: float  # share of games that ended by the turn limit


def watch_greedy_games(player: Player, games: int, quiet: bool) -> GreedyGames:
    """Play with seeds 0, 1, ... and note what it expected, what it got, and whether it goes round in circles."""
    environment, agent, gamma = player.environment, player.agent, player.config.training.gamma
    expected, got, cut_short = [], [], 0
    turns = repeated = 0
    with Counting("looking at game", games, quiet=quiet) as count, OwnRandomness():
        for seed in range(games):
            observation, over = environment.reset(seed), False
            expected.append(float(np.max(agent.q_values(observation))))
            discounted, discount, total = 0.0, 1.0, 0.0
            totals: dict[Any, float] = {}  # what was seen -> the return then
            agent.begin_episode()
            while not over:
                state = state_of(observation)
                repeated += total <= totals.get(state, -np.inf)
                totals[state] = total
                observation, reward, terminated, truncated = environment.step(agent.act(observation, 0.0))
                agent.got(reward)
                discounted, discount = discounted + discount * reward, discount * gamma
                total += reward
                turns += 1
                count.turn()
                over = terminated or truncated
            count(seed + 1)
            cut_short += not terminated
            got.append(discounted)
    return GreedyGames(np.array(expected), np.array(got), repeated / max(1, turns), cut_short / games)


def examine_metrics(rows: Sequence[dict[str, Any]], config: RunConfig) -> list[Finding]:
    rows = [row for row in rows if "turns" in row and "mean_return" in row]
    if not rows:
        return []
    checks = [
        _reward_never_changed(rows, config),
        _always_the_turn_limit(rows, config),
        _still_exploring(rows, config),
        _loss_grows(rows),
    ]
    return [finding for finding in checks if finding is not None]


def examine_play(
    watched: GreedyGames, greedy: Evaluation, chance: Evaluation, best: Evaluation | None = None
) -> list[Finding]:
    """What greedy games tell, beside random play and beside the best earlier policy on the same seeds."""
    checks = [
        _nothing_ever_came(greedy, chance) or _keys_made_no_difference(greedy, chance),
        _goes_in_circles(watched, greedy, chance),
        worse_than_before(greedy, best),
        _expects_too_much(watched),
    ]
    return [finding for finding in checks if finding is not None]


def verdict(greedy: Evaluation, chance: Evaluation, reward: str = "reward") -> str:
    difference = greedy.returns - chance.returns
    low, high = bootstrap_interval(difference)
    interval = f"95% interval {low:.2f} to {high:.2f}"
    numbers = f"{reward} {greedy.mean:.2f} a game, where random play gets {chance.mean:.2f}"
    if low > 0:
        return f"It learned: {numbers} (better by {difference.mean():.2f}, {interval})."
    if high < 0:
        return f"It plays worse than random play: {numbers} (worse by {-difference.mean():.2f}, {interval})."
    return f"It plays no better than random play: {numbers} (difference {difference.mean():+.2f}, {interval})."


def is_worth_using(greedy: Evaluation, chance: Evaluation) -> bool:
    """Whether it plays better than random play beyond doubt."""
    return bootstrap_interval(greedy.returns - chance.returns)[0] > 0


def _reward_never_changed(rows: Sequence[dict[str, Any]], config: RunConfig) -> Finding | None:
    if any(row["mean_return"] for row in rows):
        return None
    reward = config.metadata.reward or "the reward"
    return Finding(
        "the reward never changed",
        f"In {rows[-1]['episode']:,.0f} games of training, {reward} stayed as it was.",
        _causes_of_no_reward(f"state[{reward!r}]")
        if not config.game.environment_name
        else [
            "step returns the reward 0 wherever it ends: return more where the player does something good.",
            "It never got to where it is more: give a little for getting nearer too.",
        ],
    )


def _nothing_ever_came(greedy: Evaluation, chance: Evaluation) -> Finding | None:
    """The same of games after a training that was too short for a row of metrics.csv."""
    if greedy.returns.any() or chance.returns.any():
        return None
    games = len(greedy.returns) + len(chance.returns)
    evidence = f"In {games} games, greedy ones and random ones, the reward was 0 in the end."
    return Finding("the reward never changed", evidence, _causes_of_no_reward("the reward"))


def _keys_made_no_difference(greedy: Evaluation, chance: Evaluation) -> Finding | None:
    same = np.array_equal(greedy.returns, chance.returns) and np.array_equal(greedy.turns, chance.turns)
    if not same or len(greedy.returns) < 5:
        return None
    return Finding(
        "what it does makes no difference",
        f"In {len(greedy.returns)} games it got to the last digit what random keys got on the same seeds.",
        NO_DIFFERENCE,
    )


def learned_nothing(greedy: Evaluation, chance: Evaluation, seen: PreprocessingSettings) -> Finding:
    """Where nothing else is found that is wrong, and yet it plays no better than random play."""
    more = ["a larger egocentric_radius"] * bool(seen.egocentric_radius)
    more += ["radar = true"] * bool(seen.egocentric_radius and not (seen.radar or seen.kinds))
    return Finding(
        "it has learned nothing that shows",
        f"It gets {greedy.mean:.2f} a game, and random play {chance.mean:.2f}.",
        [
            "It has not played enough: train on, ten times as long.",
            f"It cannot see what matters: {', '.join([*more, 'values of the state in observe_state'])}, in config.toml.",
            "The reward comes too rarely, or too long after what it is for: give a little on the way.",
        ],
    )


def _causes_of_no_reward(what: str) -> list[str]:
    return [
        f"No line of the game changes {what}: let it grow where the player does something good.",
        "It never got to where it changes: give a little for getting nearer too.",
        "Another value is the score: name it as reward in config.toml, and train anew.",
    ]


def _always_the_turn_limit(rows: Sequence[dict[str, Any]], config: RunConfig) -> Finding | None:
    limit = config.training.max_turns_per_episode
    late = rows[-max(1, len(rows) // 4) :]
    returns = [row["mean_return"] for row in late]
    if any(row.get("mean_length", 0) < limit for row in late) or max(returns) - min(returns) > 0.01 * abs(max(returns)):
        return None
    return Finding(
        "every game hit the turn limit",
        f"All late games of the training lasted {limit} turns, and brought the same.",
        [
            "Nothing ends the game: call game.end() when it is won or lost.",
            "It found a place where nothing happens: let a turn cost a little, or end the game when nothing happens.",
            "Shorter games teach more: max_turns_per_episode = 300 in config.toml."
            if limit > 300
            else f"The limit is too short to get anywhere: max_turns_per_episode = {max(100, 5 * limit)} in config.toml.",
        ],
    )


def _still_exploring(rows: Sequence[dict[str, Any]], config: RunConfig) -> Finding | None:
    epsilon = rows[-1].get("epsilon", 0.0)
    if epsilon <= max(STILL_EXPLORING, 1.5 * config.training.epsilon_min):
        return None
    decay, faster = config.training.epsilon_decay_turns, max(1000, int(rows[-1]["turns"] / 3))
    return Finding(
        "it is still exploring",
        f"After {rows[-1]['turns']:,.0f} turns, {100 * epsilon:.0f} of 100 keys are still random.",
        [
            "Train on: the share of random keys falls with the turns"
            + (f" until {decay:,} of them are played." if decay else "."),
            f"For a short training let it fall faster: epsilon_decay_turns = {faster} in config.toml.",
        ],
    )


def _loss_grows(rows: Sequence[dict[str, Any]]) -> Finding | None:
    losses = np.array([row["loss"] for row in rows if row.get("loss") is not None])
    if len(losses) < 8:
        return None
    quarter = len(losses) // 4
    early, late = float(np.median(losses[quarter : 2 * quarter])), float(np.median(losses[-quarter:]))
    if late < 20 * max(early, 1e-9) or late < 1.0:
        return None
    return Finding(
        "its expectations run away",
        f"The loss grew from {early:.3g} to {late:.3g}.",
        [
            "A smaller learning_rate in config.toml, a third of what it is now.",
            "A smaller gamma, such as 0.95.",
            "Rewards that grow during the training: keep them of about the same size.",
        ],
    )


def _goes_in_circles(watched: GreedyGames, greedy: Evaluation, chance: Evaluation) -> Finding | None:
    stuck = watched.repeated > STUCK and watched.cut_short > STUCK  # whatever else it learned
    if not stuck and (watched.repeated < LOOPING or is_worth_using(greedy, chance)):
        return None
    return Finding(
        "it goes round in circles",
        f"In {100 * watched.repeated:.0f} of 100 turns it saw what it had seen before, with nothing gained since.",
        [
            "Standing still is safe, and nothing drives it on: let a turn cost a little.",
            "It looks too far ahead to tell a step's worth: gamma = 0.95 in config.toml.",
            "It explored too little: epsilon_decay_turns three times as large, and train longer.",
        ],
    )


def worse_than_before(greedy: Evaluation, best: Evaluation | None) -> Finding | None:
    """Where an earlier policy is better beyond doubt, on the same seeds."""
    if best is None:
        return None
    difference = greedy.returns - best.returns
    low, high = bootstrap_interval(difference)
    if high >= 0:
        return None
    return Finding(
        "it got worse",
        f"An earlier policy, best.npz, brings {best.mean:.2f} a game, the newest {greedy.mean:.2f} "
        f"(95% interval of the difference {low:.2f} to {high:.2f}).",
        [
            'Use the better one:  TrainedPolicy(..., checkpoint="best")  and  --checkpoint best .',
            "A learning rate that falls to a smaller end: learning_rate_min in config.toml.",
            "Train on: it may find its way back.",
        ],
    )


def _expects_too_much(watched: GreedyGames) -> Finding | None:
    expected, most = float(np.median(watched.expected)), float(watched.got.max())
    spread = float(watched.got.max() - watched.got.min())
    if expected <= max(3 * abs(most), most + 3 * spread) or expected < most + 1.0 or watched.cut_short > 0.5:
        return None
    return Finding(
        "it expects far more than ever comes",
        f"At the start of a game it expects {expected:.2f}; the most it ever got is {most:.2f}.",
        [
            "Train longer: expectations are the last to settle.",
            "double = true in config.toml, if it is off.",
            "A smaller gamma, such as 0.95, or a smaller learning_rate.",
        ],
    )
