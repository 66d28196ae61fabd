"""What `evaluate` and `info` print."""
from __future__ import annotations

import json
import textwrap
from typing import Any, Dict, List, Optional

import numpy as np

from retro_gamer.config import RunConfig, toml_value
from retro_gamer.rundir import RunDirectory, load_checkpoint
from retro_gamer.teams import policy_names
from retro_gamer.training.evaluation import Evaluation, bootstrap_interval, evaluate, random_play
from retro_gamer.training.player import load_player

UNBROKEN = "\xa0"  # stands for a space at which a line may not be broken


def evaluate_run(run: RunDirectory, checkpoint: Optional[str], games: int, seed: int, as_json: bool) -> str:
    """Greedy games of a policy, and random play on the same seeds."""
    player = load_player(run, checkpoint)
    result = evaluate(player.environment, player.agent, games, seed)
    chance = random_play(player.environment, games, seed)
    if as_json:
        data = {**result.summary(), "random_mean": chance.mean, "checkpoint": player.name}
        if chance.scores is not None:
            data["random_mean_score"] = float(chance.scores.mean())
        return json.dumps(data)
    lines = [f"{run}, {player.name}: {games} greedy games with seeds {seed} to {seed + games - 1}", ""]
    lines += _table("reward", player.config.metadata.score, result, chance)
    return "\n".join(lines)


def _table(reward: str, score: str, result: Evaluation, chance: Evaluation) -> List[str]:
    lines = [f"{'':10}{'mean':>9}{'95% interval':>21}{'median':>9}{'best':>9}{'worst':>9}{'random':>9}"]
    rows = [(reward, result.returns, chance.returns), ("turns", result.turns, chance.turns)]
    if result.scores is not None and chance.scores is not None:
        rows.insert(1, (score, result.scores, chance.scores))
    for name, values, random_values in rows:
        low, high = bootstrap_interval(values)
        lines.append(f"{name:10}{values.mean():9.2f}{f'{low:.2f} to {high:.2f}':>21}{np.median(values):9.2f}"
                     f"{values.max():9.2f}{values.min():9.2f}{random_values.mean():9.2f}")
    return lines


def compare_runs(run: RunDirectory, other: RunDirectory, checkpoint: Optional[str], games: int, seed: int,
                 as_json: bool) -> str:
    """Two policies on the same seeds, and whether their difference is more than luck.

    The games are paired by seed; the difference is real when 0 lies outside the 95% interval of its mean.
    """
    results = []
    for directory in (run, other):
        player = load_player(directory, checkpoint)
        results.append((directory, player.name, evaluate(player.environment, player.agent, games, seed)))
    difference = results[1][2].returns - results[0][2].returns
    low, high = bootstrap_interval(difference)
    real = low > 0 or high < 0
    if as_json:
        data: Dict[str, Any] = {
            "runs": [{"run": str(directory), "checkpoint": name, **result.summary()} for directory, name, result in results],
            "difference": float(difference.mean()), "difference_ci95": [low, high], "real": bool(real)}
        return json.dumps(data)
    lines = [f"{games} greedy games each, with seeds {seed} to {seed + games - 1}", ""]
    for directory, name, result in results:
        summary = result.summary()
        lines.append(f"{f'{directory}, {name}':40}{summary['mean']:10.2f}  "
                     f"(95% interval {summary['ci95'][0]:.2f} to {summary['ci95'][1]:.2f})")
    better = other if difference.mean() > 0 else run
    verdict = (f"The difference is real: {better} is better." if real else
               "The difference may be luck: 0 lies within its interval. More games (--games) tell more.")
    lines += ["", f"Difference {difference.mean():+.2f} (95% interval {low:+.2f} to {high:+.2f}). {verdict}"]
    return "\n".join(lines)


def describe_run(run: RunDirectory) -> str:
    """What is in a run: the game, the settings that differ from the usual, checkpoints, and the last results."""
    config = run.load_config()
    game = config.game.gym or config.game.factory or config.game.module
    actions = "those of the environment" if config.game.gym else toml_value(config.metadata.actions)
    lines = [f"Run          {run}", f"Game         {game}" + (f" (in {config.game.path})" if config.game.path else "")]
    if config.teams:
        lines += [f"Team         {team.name}, whose reward is {team.reward}: "
                  + ", ".join(f"{member.character} {toml_value(member.actions)}" for member in team.members)
                  for team in config.teams]
    else:
        lines += [f"Actions      {actions}", f"Reward       {config.metadata.reward or 'that of the environment'}"]
    lines.append(f"Algorithm    {config.training.algorithm}")
    changed = _changed_settings(config)
    if changed:
        wrapped = textwrap.wrap(", ".join(changed), 79, initial_indent="Settings     ", subsequent_indent=" " * 13)
        lines += [line.replace(UNBROKEN, " ") for line in wrapped]
    for name in policy_names(config) if config.teams else [""]:
        lines += _describe_checkpoints(run.of(name), f"Policy       {name}: " if name else "Checkpoints  ")
    last = ("team", "rating") if config.teams else ("greedy", "epsilon")
    needed = {"episode", "turns", "mean_return", "mean_length", *(last if config.teams else last[1:])}
    rows = [row for row in run.read_metrics() if needed <= set(row)]
    if rows:
        lines += ["", f"{'game':>8}{'turns':>10}{'reward':>10}{'length':>8}{last[0]:>10}{last[1]:>9}"]
        for row in rows[-5:]:
            if config.teams:
                shown = f"{row['team']:>10}{row['rating']:9.0f}"
            else:
                greedy = f"{row['eval_return']:.1f}" if "eval_return" in row else ""
                shown = f"{greedy:>10}{row['epsilon']:9.3f}"
            lines.append(f"{row['episode']:8.0f}{row['turns']:10,.0f}{row['mean_return']:10.1f}{row['mean_length']:8.0f}{shown}")
    return "\n".join(lines)


def _describe_checkpoints(run: RunDirectory, heading: str) -> List[str]:
    checkpoints = run.checkpoints()
    if run.original_checkpoints() and not checkpoints:
        return [f"{heading}of the original retro-gamer only; make them ours with:  retro-gamer import-torch {run}"]
    if not checkpoints:
        return [f"{heading}none yet; train with:  retro-gamer train {run}"]
    names = [path.stem for _, path in checkpoints]
    shown = ", ".join(names if len(names) <= 5 else [names[0], "...", *names[-3:]])
    facts = load_checkpoint(checkpoints[-1][1]).facts
    return [f"{heading}{len(names)}: {shown}" + (", best" if run.best_path.is_file() else ""),
            f"Trained      {facts.get('episode')} games, {facts.get('turns'):,} turns"
            if isinstance(facts.get("turns"), int) else f"Trained      {checkpoints[-1][0]} games"]


def _changed_settings(config: RunConfig) -> List[str]:
    """The settings of how it sees and learns that are not what they are by default."""
    usual = RunConfig().to_dict()
    return [f"{name} = {toml_value(value)}".replace(" ", UNBROKEN)
            for section, values in config.to_dict().items() if section in ("preprocessing", "model", "training")
            for name, value in values.items() if value != usual[section][name] and name != "algorithm"]
