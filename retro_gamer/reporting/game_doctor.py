"""What is wrong with a game, as a hundred random games show it."""

from __future__ import annotations

import linecache
import re
import sys
from pathlib import Path
from typing import Any, Callable

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.environment.new_games import share_characters
from retro_gamer.reporting.findings import Finding, value_shown
from retro_gamer.reporting.keys_doctor import MOMENTS, keys_do_not_matter, keys_without_effect
from retro_gamer.reporting.random_games import RandomGames, same_view_pairs

HORIZON = 10  # turns over which a hidden number may show its effect
HIDDEN_CORRELATION = 0.35
HUGE_REWARD = 1e6


def examine_game(environment: Environment, games: RandomGames, config: RunConfig, moments: int = MOMENTS) -> list[Finding]:
    """Everything that random play finds wrong, the worst first; nothing for a game that is all right.

    Each key is tried in so many `moments`.
    """
    metadata = config.metadata
    hidden = _something_hides(games, config)
    blind = _shows_nothing(games) if config.game.environment_name else _sees_nothing(games)
    checks: list[Finding | None] = [
        None if config.game.environment_name else _games_too_short(games),  # a bandit's last one turn
        keys_without_effect(environment, metadata.actions, moments),
        _reward_never_changes(environment, games, metadata.reward),
        _reward_grows_without_end(games, metadata.reward),
        _reward_only_at_the_end(games, metadata.reward),
        hidden or blind,  # what hides says more than that nothing is seen
        _outside_the_window(games, config),
        _dying_pays(games),
    ]
    found = [finding for finding in checks if finding is not None]
    if not found:
        checks = [keys_do_not_matter(environment, games, metadata.reward)]
    return found or [finding for finding in checks if finding is not None]


def _reward_never_changes(environment: Environment, games: RandomGames, reward: str) -> Finding | None:
    if np.any(games.rewards):
        return None
    never = f"No line of the game changes {value_shown(reward)}: let it grow where the player does something good."
    too_far = "Random play never gets to where it changes: give a little for getting nearer too."
    line = _line_that_changes(environment, reward)
    if line:
        never = f"What {line} waits for cannot happen: try the game yourself, and get there."
        too_far = f"Random play never gets to {line}, where it changes: give a little for getting nearer too."
    causes = [too_far, never] if line else [never, too_far]
    # A clock is no score: it changes in nearly every turn.
    others = [
        name
        for name, changes in _changing_numbers(games).items()
        if name.startswith("state[") and name != f"state[{reward!r}]" and changes < 0.8 * len(games.rewards)
    ]
    if others:
        another = f"Another value is the score. These changed: {', '.join(others[:5])}. Name it as reward in config.toml."
        causes.insert(0, another)
    return Finding(
        "the reward never changes",
        f"In {len(games.games)} random games, {len(games.rewards):,} turns, {value_shown(reward)} stayed as it was.",
        causes,
    )


def _line_that_changes(environment: Environment, reward: str) -> str:
    """The first line of the game that seems to change this value of its state, such as "line 12 of my_game.py"."""
    game = getattr(environment, "game", None)
    if game is None or not reward:
        return ""
    changes = re.compile(rf"""state\[(["']){re.escape(reward)}\1\]\s*[-+*/|]?=[^=]""")
    files = {getattr(sys.modules.get(type(agent).__module__), "__file__", None) for agent in game.agents}
    for file in sorted(filter(None, files)):
        for number, line in enumerate(linecache.getlines(file), 1):
            if changes.search(line):
                return f"line {number} of {Path(file).name}"
    return ""


def _reward_grows_without_end(games: RandomGames, reward: str) -> Finding | None:
    largest = float(np.abs(games.rewards).max())
    if largest < HUGE_REWARD:
        return None
    return Finding(
        "the reward grows beyond all bounds",
        f"One turn of random play changed it by {largest:.3g}.",
        [
            f"{value_shown(reward)} is multiplied each turn, where it should be added to.",
            "It is an amount of something, like money with interest: reward its growth in steps of about 1 instead.",
        ],
    )


def _sees_nothing(games: RandomGames) -> Finding | None:
    if games.n_views > 2 or len(games.rewards) < 50:
        return None
    return Finding(
        "it sees nothing of the game",
        f"In {len(games.rewards):,} turns there {'was only one observation' if games.n_views == 1 else 'were only two'}.",
        [
            "The board is not observed: in config.toml try egocentric_radius = 3 and radar = true, or board = true.",
            "observation_function always returns the same.",
            "Everything that matters is in the state: name those values in observe_state.",
        ],
    )


def _shows_nothing(games: RandomGames) -> Finding | None:
    """The same of an environment, which may well have two different observations."""
    if games.n_views > 1 or len(games.rewards) < 50:
        return None
    return Finding(
        "the environment always shows the same",
        f"In {len(games.rewards):,} turns the observation never changed.",
        [
            "reset and step return what does not change: return what a player would look at.",
            "A step changes a copy, and returns the original.",
        ],
    )


def _games_too_short(games: RandomGames) -> Finding | None:
    if games.lengths.mean() > 2:
        return None
    return Finding(
        "games are over before they begin",
        f"A random game lasts {games.lengths.mean():.1f} turns.",
        [
            "A new game ends at once: look at what calls game.end(), and at the first position of the player.",
            "create_game gives a game that is over already: make a new one each time.",
            "Something must be pressed first: let create_game begin after the menu.",
        ],
    )


def _reward_only_at_the_end(games: RandomGames, reward: str) -> Finding | None:
    last = np.concatenate([np.arange(len(game)) == len(game) - 1 for game in games.games])
    rewarded = games.rewards != 0
    if not rewarded.any() or games.lengths.mean() < 40 or (rewarded & ~last).sum() > 0.02 * rewarded.sum():
        return None
    return Finding(
        "the reward comes only at the end",
        f"All {int(rewarded.sum())} changes of {value_shown(reward)} came in the last turn of a game, after "
        f"{games.lengths.mean():.0f} turns on average. It has to guess which of those turns mattered.",
        [
            "Give something on the way: for every step nearer, every coin, every turn survived.",
            "n_step = 5 in config.toml carries a reward back faster.",
            "Make games shorter while it learns.",
        ],
    )


def _something_hides(games: RandomGames, config: RunConfig) -> Finding | None:
    """A number that is not observed, and yet tells apart what comes of observations that look the same."""
    seen = {f"state[{name!r}]" for name in config.preprocessing.observe_state}
    unseen = [name for name in _changing_numbers(games) if name not in seen and not _is_reward(name, config)]
    if not unseen or config.metadata.observation_function or config.game.environment_name:
        return None
    views, returns, numbers = same_view_pairs(games, HORIZON)
    best: tuple[float, str, int] = (0.0, "", 0)
    for name in unseen:
        strength, count = _correlation_within(views, np.array([row.get(name, 0.0) for row in numbers]), returns)
        best = max(best, (strength, name, count))
    strength, name, count = best
    if strength < HIDDEN_CORRELATION:
        return None
    remedy = (
        f"Let it see that number: observe_state = [{name[6:-1]}] in config.toml."
        if name.startswith("state[")
        else f"Put {name} into the game's state each turn, and name it in observe_state in config.toml."
    )
    return Finding(
        "what decides is hidden from it",
        f"In {count:,} turns it saw exactly what it had seen before, and yet {name} told what came next "
        f"(correlation {strength:.2f} with the reward of the next {HORIZON} turns).",
        [remedy, "Show it on the board: another character when it is high."],
    )


def _correlation_within(views: np.ndarray, values: np.ndarray, returns: np.ndarray) -> tuple[float, int]:
    """(|r|, turns) between values and returns, among turns with the same view, each view's means taken away."""
    counts = np.bincount(views)
    means = [np.bincount(views, numbers) / np.maximum(counts, 1) for numbers in (values, returns)]
    often = counts[views] >= 4
    if often.sum() < 200:
        return 0.0, 0
    x, y = (values - means[0][views])[often], (returns - means[1][views])[often]
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return (abs(float((x * y).sum())) / size if size > 0 else 0.0), int(often.sum())


def _outside_the_window(games: RandomGames, config: RunConfig) -> Finding | None:
    seen = config.preprocessing
    if not seen.egocentric_radius or seen.radar or seen.board:
        return None
    outside = float(np.mean([turn.outside for game in games.games for turn in game]))
    if outside < 0.6:
        return None
    return Finding(
        "most of the board is outside its window",
        f"{100 * outside:.0f}% of the characters are more than {seen.egocentric_radius} cells away from its own.",
        [
            "radar = true in config.toml tells where the nearest of each kind is.",
            f"A larger window: egocentric_radius = {2 * seen.egocentric_radius}.",
        ],
    )


def _dying_pays(games: RandomGames) -> Finding | None:
    lengths, returns = games.lengths, games.returns
    if len(lengths) < 10 or returns.mean() >= 0 or lengths.std() < 1 or returns.std() == 0:
        return None
    correlation = float(np.corrcoef(lengths, returns)[0, 1])
    positive = float((games.rewards > 0).mean())
    if correlation > -0.9 or positive > 0.001:
        return None
    return Finding(
        "the sooner it dies, the better for it",
        f"Every turn costs, nothing pays, and long games end lowest (correlation of length and reward {correlation:.2f}).",
        ["Take away the cost of a turn, or make it much smaller than what dying costs.", "Reward what it should do."],
    )


def _changing_numbers(games: RandomGames) -> dict[str, int]:
    """How often each number changed, of those that did; first what changes rarely, as a score does and a clock does not."""
    changes: dict[str, int] = {}
    before: dict[str, float] = {}
    for game in games.games:
        for turn in game:
            for name, value in turn.numbers.items():
                if before.setdefault(name, value) != value:
                    changes[name] = changes.get(name, 0) + 1
            before.update(turn.numbers)
    return dict(sorted(changes.items(), key=lambda item: item[1]))


def _is_reward(name: str, config: RunConfig) -> bool:
    return name in {f"state[{value!r}]" for value in (config.metadata.reward, config.metadata.score)}


def returns_used_objects(factory: Callable[[], Any]) -> Finding | None:
    """Does create_game give the same game, or the same characters, again?"""
    one, other = factory(), factory()
    if not share_characters(one, one.agents, other):
        return None
    what = "the same game" if one is other else "a game with the same characters"
    return Finding(
        f"create_game gives {what} again",
        "Each game begins where the one before it ended, so nothing is ever new.",
        ["Make the Game and all its characters inside create_game, each time anew, not at the top of the file."],
    )
