"""`retro-gamer info`: what is in a run."""

from __future__ import annotations

import textwrap

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import new_run_values
from retro_gamer.config.teams import policy_names
from retro_gamer.config.values import toml_value
from retro_gamer.errors import command_line, on_one_line
from retro_gamer.runs.checkpoint_file import is_count, load_checkpoint
from retro_gamer.runs.directory import RunDirectory

UNBROKEN = "\xa0"  # stands for a space at which a line may not be broken


def describe_run(run: RunDirectory) -> str:
    config = run.load_config()
    actions = "those of the environment" if config.game.environment_name else toml_value(config.metadata.actions)
    lines = [
        f"Run          {run}",
        f"Game         {on_one_line(config.game.shown or 'not named')}"
        + (f" (in {on_one_line(config.game.path)})" if config.game.path else ""),
    ]
    if config.teams:
        lines += [
            f"Team         {on_one_line(team.name)}, whose reward is {on_one_line(team.reward)}: "
            + ", ".join(on_one_line(f"{member.character} {toml_value(member.actions)}") for member in team.members)
            for team in config.teams
        ]
    else:
        lines += [
            f"Actions      {on_one_line(actions)}",
            f"Reward       {on_one_line(config.metadata.reward or 'that of the environment')}",
        ]
    lines.append(f"Algorithm    {config.training.algorithm}")
    lines += _wrapped_settings(config)
    for name in policy_names(config) if config.teams else [""]:
        lines += _describe_checkpoints(run.of(name), f"Policy       {name}: " if name else "Checkpoints  ")
    return "\n".join(lines + _last_results(run, bool(config.teams)))


def _wrapped_settings(config: RunConfig) -> list[str]:
    changed = _changed_settings(config)
    wrapped = textwrap.wrap(", ".join(changed), 79, initial_indent="Settings     ", subsequent_indent=" " * 13)
    return [line.replace(UNBROKEN, " ") for line in wrapped] if changed else []


def _last_results(run: RunDirectory, teams: bool) -> list[str]:
    last = ("team", "rating") if teams else ("greedy", "epsilon")
    needed = {"episode", "turns", "mean_return", "mean_length", *(last if teams else last[1:])}
    rows = [row for row in run.read_metrics() if needed <= set(row)]
    lines = ["", f"{'game':>8}{'turns':>10}{'reward':>10}{'length':>8}{last[0]:>10}{last[1]:>9}"]
    for row in rows[-5:]:
        if teams:
            shown = f"{on_one_line(row['team']):>10}{row['rating']:9.0f}"
        else:
            greedy = f"{row['eval_return']:.1f}" if "eval_return" in row else ""
            shown = f"{greedy:>10}{row['epsilon']:9.3f}"
        lines.append(f"{row['episode']:8.0f}{row['turns']:10,.0f}{row['mean_return']:10.1f}{row['mean_length']:8.0f}{shown}")
    return lines if rows else []


def _describe_checkpoints(run: RunDirectory, heading: str) -> list[str]:
    checkpoints = run.checkpoints()
    if run.original_checkpoints() and not checkpoints:
        return [f"{heading}of the original retro-gamer only; make them ours with:  {command_line('import-torch', run)}"]
    if not checkpoints and run.best_path.is_file():
        return [f"{heading}best only; train on with:  {command_line('train', run)}"]
    if not checkpoints:
        return [f"{heading}none yet; train with:  {command_line('train', run)}"]
    names = [path.stem for _, path in checkpoints]
    shown = ", ".join(names if len(names) <= 5 else [names[0], "...", *names[-3:]])
    facts = load_checkpoint(checkpoints[-1][1]).facts
    games = f"{facts['episode']} games" if is_count(facts.get("episode")) else f"{checkpoints[-1][0]} games"
    turns = f", {facts['turns']:,} turns" if is_count(facts.get("turns")) else ""
    return [
        f"{heading}{len(names)}: {shown}" + (", best" if run.best_path.is_file() else ""),
        f"Trained      {games}{turns}",
    ]


def _changed_settings(config: RunConfig) -> list[str]:
    defaults, training = RunConfig().to_dict(), config.training
    usual = new_run_values(training.algorithm, self_play=bool(config.teams))
    usual["training_episodes"] = max(defaults["training"]["training_episodes"], training.training_turns)
    return [
        on_one_line(f"{name} = {toml_value(value)}").replace(" ", UNBROKEN)
        for section, values in config.to_dict().items()
        if section in ("preprocessing", "model", "training")
        for name, value in values.items()
        if value != usual.get(name, defaults[section][name]) and name != "algorithm"
    ]
