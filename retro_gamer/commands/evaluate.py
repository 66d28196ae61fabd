"""`retro-gamer evaluate`: greedy games of a policy, of two, of a character of somebody's game, or of teams."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable, NamedTuple, Sequence

import numpy as np

from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.player import find_character, ignores_keys, names_in
from retro_gamer.errors import ConfigError
from retro_gamer.hosting.loading import load_factory, make_game, parse_game
from retro_gamer.hosting.randomness import seed_everything
from retro_gamer.policy.trained_policy import TrainedPolicy
from retro_gamer.reporting.progress import Counting, beside_random_play, counted
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.selfplay.match import count_results, play_series
from retro_gamer.selfplay.self_play_run import SelfPlayRun, TeamPolicy
from retro_gamer.training.evaluation import Evaluation, RandomAgent, bootstrap_interval
from retro_gamer.training.player import load_player


def evaluate_run(run: RunDirectory, checkpoint: str | None, games: int, seed: int, as_json: bool, quiet: bool) -> str:
    player = load_player(run, checkpoint)
    result, chance = beside_random_play(player, games, seed, quiet)
    if as_json:
        data = {**result.summary(), "random_mean": chance.mean, "checkpoint": player.name}
        if chance.scores is not None:
            data["random_mean_score"] = float(chance.scores.mean())
        return json.dumps(data)
    lines = [f"{run}, {player.name}: {games} greedy games with seeds {seed} to {seed + games - 1}", ""]
    lines += _table("reward", player.config.metadata.score, result, chance)
    return "\n".join(lines)


def _table(reward: str, score: str, result: Evaluation, chance: Evaluation) -> list[str]:
    lines = [f"{'':10}{'mean':>9}{'95% interval':>21}{'median':>9}{'best':>9}{'worst':>9}{'random':>9}"]
    for name, values, random_values in quantities(reward, score, result, chance):
        low, high = bootstrap_interval(values)
        lines.append(
            f"{name:10}{values.mean():9.2f}{f'{low:.2f} to {high:.2f}':>21}{np.median(values):9.2f}"
            f"{values.max():9.2f}{values.min():9.2f}{random_values.mean():9.2f}"
        )
    return lines


def quantities(reward: str, score: str, result: Evaluation, chance: Evaluation) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, of the policy, of random play): the reward of each game, its score if it has one, its turns."""
    found = [(reward, result.returns, chance.returns), ("turns", result.turns, chance.turns)]
    if result.scores is not None and chance.scores is not None:
        found.insert(1, (score, result.scores, chance.scores))
    return found


def compare_runs(
    run: RunDirectory, other: RunDirectory, checkpoint: str | None, games: int, seed: int, as_json: bool, quiet: bool = False
) -> str:
    """Two policies on the same seeds, and whether their difference is more than luck.

    The games are paired by seed; the difference is real when 0 lies outside the 95% interval of its mean. Of runs with
    different rewards the value is compared that both have for score or reward; raises ConfigError where there is none.
    """
    value = _value_of_both(run, other)
    results: list[tuple[RunDirectory, str, Evaluation]] = []
    numbers: list[np.ndarray] = []
    for directory in (run, other):
        player = load_player(directory, checkpoint)
        what = f"measuring game of {directory}"
        result = counted(what, player.environment, player.agent, games, seed, quiet)
        results.append((directory, player.name, result))
        in_returns = result.scores is None or value in ("", player.config.metadata.reward)
        numbers.append(np.asarray(result.returns if in_returns else result.scores))
    difference = numbers[1] - numbers[0]
    low, high = bootstrap_interval(difference)
    real = games > 1 and (low > 0 or high < 0)
    if as_json:
        data: dict[str, Any] = {
            "runs": [{"run": str(directory), "checkpoint": name, **result.summary()} for directory, name, result in results],
            "difference": float(difference.mean()),
            "difference_ci95": [low, high],
            "real": bool(real),
            **({"value": value} if value else {}),
        }
        return json.dumps(data)
    lines = [f"They have different rewards, so their {value} is compared:"] * bool(value)
    lines += [f"{games} greedy games each, with seeds {seed} to {seed + games - 1}", ""]
    for (directory, name, _), values in zip(results, numbers):
        interval = "(95% interval {:.2f} to {:.2f})".format(*bootstrap_interval(values))
        lines.append(f"{f'{directory}, {name}':40}{values.mean():10.2f}  {interval}")
    if real:
        verdict = f"The difference is real: {other if difference.mean() > 0 else run} is better."
    elif not difference.any() and np.array_equal(results[0][2].turns, results[1][2].turns):
        verdict = "Every game ended the same for both: they play alike."
    elif games == 1:
        verdict = "One game tells nothing about a difference. More games (--games) do."
    else:
        verdict = "The difference may be luck: 0 lies within its interval. More games (--games) tell more."
    lines += ["", f"Difference {difference.mean():+.2f} (95% interval {low:+.2f} to {high:+.2f}). {verdict}"]
    return "\n".join(lines)


def _value_of_both(run: RunDirectory, other: RunDirectory) -> str:
    """The value of the state by which runs with different rewards can be compared; empty where that is the reward."""
    configs = run.load_config(), other.load_config()
    one, two = (config.metadata for config in configs)
    if one.reward == two.reward or any(config.teams for config in configs):  # teams are refused when they are loaded
        return ""
    for name in (one.score, one.reward):
        if name and name in (two.score, two.reward):
            return name
    raise ConfigError(
        f"{run} learns to get {one.reward or 'its reward'}, and {other} {two.reward or 'its own'}: these cannot be "
        "compared. Let both report one value: name it as score in [metadata] of both config.toml."
    )


def evaluate_character(
    run: RunDirectory,
    game: str,
    character: str,
    checkpoint: str | None,
    games: int,
    seed: int,
    as_json: bool,
    quiet: bool = False,
) -> str:
    """How well the character does in that game, beside the policy as the player of its own (`PolicyInput`).

    A character that ignores keys is moved by its own code; for another one, the policy of the run presses keys. Raises
    ConfigError when the game has no such character.
    """
    player = load_player(run, checkpoint)
    config = player.config
    factory, steered = _with_character(TrainedPolicy(run.path, checkpoint), load_factory(parse_game(game)), character)
    metadata = replace(config.metadata, actions=[], turn_based=False)  # so there is one action: no key
    there = RetroEnvironment(factory, metadata, None, _unseen, tabular=True, max_turns=config.training.max_turns_per_episode)
    alone = counted("measuring game as the player", player.environment, player.agent, games, seed, quiet)
    inside = counted("measuring game as a character", there, RandomAgent(1, 0), games, seed, quiet)
    name = config.metadata.score or config.metadata.reward
    own, found = (one.returns if one.scores is None else one.scores for one in (alone, inside))
    share = _share(found, own)
    if as_json:
        return json.dumps(
            {
                "games": games,
                "checkpoint": player.name,
                "value": name,
                "player": _summary(own),
                "character": _summary(found),
                "share": share and share[0],
                "share_ci95": share and list(share[1:]),
                "moved_by": "the policy of the run" if steered() else "its own code",
            }
        )
    lines = [f"{run}, {player.name}: {name} of {games} games with seeds {seed} to {seed + games - 1}", ""]
    for who, values in (("the player of its own game", own), (f"{character!r} in {game}", found)):
        low, high = bootstrap_interval(values)
        lines.append(f"as {who:40}{values.mean():10.2f}  (95% interval {low:.2f} to {high:.2f}; worst {values.min():g})")
    if share is not None:
        shown = "{:.0%} (95% interval {:.0%} to {:.0%})".format(*share)
        lines += ["", f"There it reaches {shown} of what it does as the player."]
    moved = "The policy of this run pressed its keys" if steered() else "Its own code moved it"
    return "\n".join([*lines, f"{moved}; nobody was at the keyboard."])


def _unseen(game: Any) -> tuple[()]:
    return ()


def _with_character(
    ai: TrainedPolicy, factory: Callable[[], Any], name: str
) -> tuple[Callable[[], Any], Callable[[], bool]]:
    """A factory of the same game in which the character is played by the policy, unless its own code does it already;
    and whether it had to be."""
    classes: dict[type, Any] = {}

    def make() -> Any:
        game = make_game(factory)
        character = find_character(game, name)
        if character is None:
            raise ConfigError(f"A new game has no character {name!r}, by name or class. It has: {names_in(game)}.")
        if getattr(character, "plays_itself", False) or ignores_keys(type(character)):
            return game
        cls = type(character)
        if cls not in classes:
            classes[cls] = ai.character(cls)
        try:
            character.__class__ = classes[cls]
        except TypeError:
            raise ConfigError(
                f"The class {cls.__name__} cannot be played by a policy from outside (it has __slots__). Put  "
                f"ai.character({cls.__name__})  into the game."
            ) from None
        return game

    return make, lambda: bool(classes)


def _summary(values: np.ndarray) -> dict[str, Any]:
    return {"mean": float(values.mean()), "ci95": list(bootstrap_interval(values)), "worst": float(values.min())}


def _share(values: np.ndarray, whole: np.ndarray) -> tuple[float, float, float] | None:
    """The mean of the first as a share of the second's, with its 95% interval; None unless that is positive.

    The games are paired by their seeds.
    """
    if not whole.mean() > 0:
        return None
    drawn = np.random.default_rng(0).integers(len(values), size=(2000, len(values)))
    shares = values[drawn].mean(axis=1) / np.maximum(whole[drawn].mean(axis=1), 1e-9)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(values.mean() / whole.mean()), float(low), float(high)


class TeamGames(NamedTuple):
    """How the games of the teams ended. Of counts, each is [won, drawn, lost]."""

    outcomes: list[list[float]]  # [games][n_teams]: of those between all the policies
    against_trained: list[list[int]]  # [n_teams]: the same, counted
    against_random: list[list[int]]  # [n_teams]: against teams that press keys at random


def play_teams(played: SelfPlayRun, trained: Sequence[TeamPolicy], games: int, seed: int, quiet: bool = False) -> TeamGames:
    """Greedy games of each team: against the other teams' policies, and against teams that press keys at random."""
    teams = range(len(played.team_names))
    seed_everything(seed)
    against_random = []
    with Counting("measuring game", (1 + len(teams)) * games, quiet=quiet) as count:
        together = play_series(played, trained, games, seed, count, count.turn)
        for team in teams:
            count.next_part()
            policies = [trained[team] if other == team else played.random_policy(other, seed + other) for other in teams]
            alone = play_series(played, policies, games, seed, count, count.turn)
            against_random.append(count_results(alone, team))
    return TeamGames(together, [count_results(together, team) for team in teams], against_random)


def evaluate_teams(
    run: RunDirectory, checkpoint: str | None, games: int, seed: int, as_json: bool, quiet: bool = False
) -> str:
    """Those games as a table for a terminal, or as one JSON object."""
    played = SelfPlayRun(run)
    trained = [played.policy(team, checkpoint) for team in range(len(played.team_names))]
    result = play_teams(played, trained, games, seed, quiet)
    rows: list[dict[str, Any]] = [
        {"team": name, "against_trained": together, "against_random": alone}
        for name, together, alone in zip(played.team_names, result.against_trained, result.against_random)
    ]
    if as_json:
        return json.dumps({"games": games, "teams": rows})
    lines = [
        f"{games} greedy games each (won / drawn / lost):",
        f"{'':16}{'against the others':>24}{'against random play':>24}",
    ]
    for row in rows:
        shown = [results_shown(row[name]) for name in ("against_trained", "against_random")]
        lines.append(f"{row['team']:16}{shown[0]:>24}{shown[1]:>24}")
    return "\n".join(lines)


def results_shown(results: Sequence[int]) -> str:
    return " / ".join(map(str, results))
