"""What to do with a trained run: commands, and a script that works as it stands."""

from __future__ import annotations

from retro_gamer.config.run_config import RunConfig
from retro_gamer.errors import command_line
from retro_gamer.runs.directory import RunDirectory

IN_A_GAME = """\
{imports}
game = create_game()
ai = TrainedPolicy({run!r}{team})
game.play(input_source=PolicyInput(ai, game))"""

IN_GYMNASIUM = """\
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.player import load_player

player = load_player(RunDirectory({run!r}))
environment, agent = player.environment, player.agent
observation, total, over = environment.reset(seed=0), 0.0, False
while not over:
    step = environment.step(agent.act(observation, 0.0))
    observation, total, over = step.observation, total + step.reward, step.terminated or step.truncated
print("reward", total)"""


def what_next(run: RunDirectory, config: RunConfig, complete: bool, worth_using: bool = True) -> str:
    """The commands for a trained run, and a script that plays with it where it is worth using."""
    measure = "tournament" if config.teams else "evaluate"
    lines = [] if complete else [f"Train on:      {command_line('train', run)}"]
    lines += [f"Watch it:      {command_line('play', run)}", f"Measure it:    {command_line(measure, run)}"]
    if not worth_using:
        return "\n".join(lines)
    lines.append(f"See why:       {command_line('report', run)}")
    where = "with a script" if config.game.gym else "in a game, with a script"
    return "\n".join([*lines, f"Use it {where}, such as play_it.py:", "", script_for(run, config)])


def script_for(run: RunDirectory, config: RunConfig) -> str:
    """A Python script that plays the game of a run with its policy; it works from any folder."""
    if config.game.gym:
        return IN_GYMNASIUM.format(run=str(run.path))
    team = f", team={config.teams[0].name!r}" if config.teams else ""
    return IN_A_GAME.format(imports=_imports(config), run=str(run.path), team=team)


def _imports(config: RunConfig) -> str:
    game = config.game
    module, _, function = (game.factory or f"{game.module}:create_game").rpartition(":")
    ours = ["from retro_gamer import PolicyInput, TrainedPolicy"]
    if game.path.endswith(".py"):  # beside a folder of the same name, which an import would find
        return "\n".join(
            ["import runpy", *ours, "", f"create_game = runpy.run_path({game.path!r})[{function!r}]"]
        )
    as_create_game = "" if function == "create_game" else " as create_game"
    theirs = f"from {module} import {function}{as_create_game}"
    if not game.path:
        return "\n".join([*ours, theirs, ""])
    return "\n".join(
        ["import sys", *ours, "", f"sys.path.insert(0, {game.path!r})  # where the game is", theirs]
    )
