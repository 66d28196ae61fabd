"""`retro-gamer evaluate`: greedy games beside random play, or two policies beside each other."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from retro_gamer.reporting.counting import beside_random_play, counted
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation, bootstrap_interval
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
    rows = [(reward, result.returns, chance.returns), ("turns", result.turns, chance.turns)]
    if result.scores is not None and chance.scores is not None:
        rows.insert(1, (score, result.scores, chance.scores))
    for name, values, random_values in rows:
        low, high = bootstrap_interval(values)
        lines.append(
            f"{name:10}{values.mean():9.2f}{f'{low:.2f} to {high:.2f}':>21}{np.median(values):9.2f}"
            f"{values.max():9.2f}{values.min():9.2f}{random_values.mean():9.2f}"
        )
    return lines


def compare_runs(
    run: RunDirectory, other: RunDirectory, checkpoint: str | None, games: int, seed: int, as_json: bool, quiet: bool = False
) -> str:
    """Two policies on the same seeds, and whether their difference is more than luck.

    The games are paired by seed; the difference is real when 0 lies outside the 95% interval of its mean.
    """
    results = []
    for directory in (run, other):
        player = load_player(directory, checkpoint)
        what = f"measuring game of {directory}"
        result = counted(what, player.environment, player.agent, games, seed, quiet)
        results.append((directory, player.name, result))
    difference = results[1][2].returns - results[0][2].returns
    low, high = bootstrap_interval(difference)
    real = games > 1 and (low > 0 or high < 0)
    if as_json:
        data: dict[str, Any] = {
            "runs": [{"run": str(directory), "checkpoint": name, **result.summary()} for directory, name, result in results],
            "difference": float(difference.mean()),
            "difference_ci95": [low, high],
            "real": bool(real),
        }
        return json.dumps(data)
    lines = [f"{games} greedy games each, with seeds {seed} to {seed + games - 1}", ""]
    for directory, name, result in results:
        summary = result.summary()
        lines.append(
            f"{f'{directory}, {name}':40}{summary['mean']:10.2f}  "
            f"(95% interval {summary['ci95'][0]:.2f} to {summary['ci95'][1]:.2f})"
        )
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
