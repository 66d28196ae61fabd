"""What to do with a trained run: commands, and a script that works as it stands."""

from __future__ import annotations

import sys
from pathlib import Path

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import command_line
from retro_gamer.runs.directory import RunDirectory

IN_A_GAME = """\
{imports}
game = create_game()
ai = TrainedPolicy({run!r}{team})
game.play(input_source=PolicyInput(ai, game))"""

IN_AN_ENVIRONMENT = """\
{imports}
env = {make}
ai = TrainedPolicy({run!r})
observation, info = env.reset(seed=0)
total = 0.0
for turn in range({turns}):
    observation, reward, terminated, truncated, info = env.step(ai.predict(observation))
    total += reward
    if terminated or truncated:
        break
print("reward", total)"""


def what_next(run: RunDirectory, config: RunConfig, complete: bool, worth_using: bool = True) -> str:
    measure = "tournament" if config.teams else "evaluate"
    lines = [] if complete else [f"Train on:      {command_line('train', run)}"]
    lines += [f"Watch it:      {command_line('play', run)}", f"Measure it:    {command_line(measure, run)}"]
    if not worth_using:
        return "\n".join(lines)
    lines.append(f"See why:       {command_line('report', run)}")
    where = "with a script" if config.game.environment_name else "in a game, with a script"
    return "\n".join([*lines, f"Use it {where}, such as play_it.py:", "", script_for(run, config)])


def script_for(run: RunDirectory, config: RunConfig) -> str:
    """A Python script that plays the game of a run with its policy; it works from any folder."""
    if config.game.environment_name:
        return _script_for_environment(run, config)
    team = f", team={config.teams[0].name!r}" if config.teams else ""
    return IN_A_GAME.format(imports=_imports(config), run=str(run.path), team=team)


def _script_for_environment(run: RunDirectory, config: RunConfig) -> str:
    game = config.game
    module, _, name = game.environment.rpartition(":")
    make = f"gymnasium.make({game.gym!r})" if game.gym else f"{name}()"
    theirs = "import gymnasium" if game.gym else f"from {module} import {name}"
    ours = "from retro_gamer import TrainedPolicy"
    # Beside a folder of the same name, which an import would find.
    if game.path.endswith(".py") and not game.gym:
        lines = ["import runpy", ours, "", f"{name} = runpy.run_path({game.path!r})[{name!r}]"]
    elif game.path:
        folder = str(Path(game.path).parent) if game.path.endswith(".py") else game.path
        where = f"sys.path.insert(0, {folder!r})  # where the environment is"
        lines = ["import sys", theirs, ours, "", where] if game.gym else ["import sys", ours, "", where, theirs]
    else:
        lines = [theirs, ours, ""] if game.gym else [ours, theirs, ""]
    turns = config.training.max_turns_per_episode
    return IN_AN_ENVIRONMENT.format(imports="\n".join(lines), make=make, run=str(run.path), turns=turns)


def _imports(config: RunConfig) -> str:
    game = config.game
    module, _, function = (game.factory or f"{game.module}:create_game").rpartition(":")
    ours = ["from retro_gamer import PolicyInput, TrainedPolicy"]
    if game.path.endswith(".py"):  # beside a folder of the same name, which an import would find
        return "\n".join(["import runpy", *ours, "", f"create_game = runpy.run_path({game.path!r})[{function!r}]"])
    # Made by main(), or a class of games.
    if module in sys.modules and not hasattr(sys.modules[module], function):
        where = Path(game.path, *module.split("."))
        spec = f"{where}.py" if where.with_suffix(".py").is_file() else str(where) if game.path else module
        ours.append("from retro_gamer.hosting.loading import load_factory, parse_game")
        return "\n".join([*ours, "", f"create_game = load_factory(parse_game({spec!r}))"])
    as_create_game = "" if function == "create_game" else " as create_game"
    theirs = f"from {module} import {function}{as_create_game}"
    if not game.path:
        return "\n".join([*ours, theirs, ""])
    return "\n".join(["import sys", *ours, "", f"sys.path.insert(0, {game.path!r})  # where the game is", theirs])
