"""What each command calls, and what it prints in the end.

What a command needs is imported when it runs, so that --help is instant.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from retro_gamer.config.settings import all_settings
from retro_gamer.errors import ConfigError, command_line, printable, python_command

if TYPE_CHECKING:
    from retro_gamer.runs.directory import RunDirectory

DONE, FAILED = 0, 1  # the exit status


def settings_with_flags() -> list[Any]:
    """(section, setting) of all that --game does not decide."""
    return [(section, setting) for section, setting in all_settings() if section != "game"]


def _run_at(path: str) -> RunDirectory:
    from retro_gamer.runs.directory import RunDirectory

    return RunDirectory(path)


def create_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.create import create_run
    from retro_gamer.hosting.patience import telling_when_slow
    from retro_gamer.hosting.supervision import supervised

    names = [setting.name for _, setting in settings_with_flags()]
    flags = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    with supervised(), telling_when_slow("Trying out the game, which takes a while: up to a minute"):
        made = create_run(options.game, options.output, flags)
    tell(made.messages)
    print(f"Made {Path(str(made.run), made.run.config_path.name)}. Next:\n  {command_line('train', made.run)}")
    return DONE


def tell(messages: Sequence[str]) -> None:
    """Print what was found out about a game; in a terminal no line ends within a word."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in (line for message in messages for line in printable(message).split("\n")):
        fits = not columns or line.startswith(" ")  # a command to copy
        print(line if fits else textwrap.fill(line, columns, subsequent_indent="  "))


def train_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.create import create_run
    from retro_gamer.commands.train import train_run
    from retro_gamer.games import BUNDLED

    run = _run_at(options.run)
    if not run.path.exists() and run.path.name in BUNDLED:
        print(f"There is no run at {run} yet: making one for the bundled game {run.path.name}.")
        tell(create_run(run.path.name, str(run.path)).messages)
    return train_run(run, options.episodes, options.minutes, options.quiet)


def play_command(options: argparse.Namespace) -> int:
    run = _run_at(options.run)
    if options.human is not None:
        from retro_gamer.commands.play_human import play_human

        print(play_human(run, options.human, options.checkpoint, options.fps, options.seed))
    else:
        from retro_gamer.commands.play import watch, watch_teams

        show = watch_teams if run.load_config().teams else watch
        print(show(run, options.checkpoint, options.fps or 12.0, options.explain, options.seed))
    return DONE


def evaluate_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.evaluate import compare_runs, evaluate_character, evaluate_run, evaluate_teams
    from retro_gamer.hosting.supervision import supervised

    run, other = _run_at(options.run), _run_at(options.other) if options.other else None
    if bool(options.game) != bool(options.character) or (options.game and other is not None):
        raise ConfigError(
            "--game and --character belong together, with one run:  "
            + command_line("evaluate", options.run, "--game", "my_game.py", "--character", "AI snake")
        )
    asked = options.checkpoint, options.games, options.seed, options.json, options.quiet
    with supervised():
        if options.character:
            text = evaluate_character(run, options.game, options.character, *asked)
        elif other is not None:
            text = compare_runs(run, other, *asked)
        elif run.load_config().teams:
            text = evaluate_teams(run, *asked)
        else:
            text = evaluate_run(run, *asked)
    print(text)
    return DONE


def adversarial_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.adversarial import Alternation, CrossTable
    from retro_gamer.hosting.supervision import supervised

    first, second = _run_at(options.run), _run_at(options.other)
    if not Alternation(first, second, options.episodes, options.quiet).play_rounds(options.rounds):
        print("Stopped, and saved. The same command goes on from here.")
        return DONE
    with supervised():
        table = str(CrossTable(first, second, options.games, 0, options.quiet))
    print(table)
    return DONE


def tournament_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.tournament import describe_tournament, hold_tournament
    from retro_gamer.hosting.supervision import supervised

    run = _run_at(options.run)
    with supervised():
        result = hold_tournament(run, options.snapshots, options.games, options.seed, options.quiet)
    print(describe_tournament(run, result, options.games, options.json))
    return DONE


def import_torch_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.import_torch import import_torch

    return FAILED if import_torch(options.run, options.output) else DONE


def info_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.info import describe_run

    print(describe_run(_run_at(options.run)))
    say_if_installed_twice(sys.stdout)
    return DONE


def plot_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.plot import plot_runs

    print(plot_runs(list(map(_run_at, options.runs)), options.svg, options.tensorboard))
    return DONE


def report_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.report import write_report

    print(write_report(_run_at(options.run), options.output, options.checkpoint, options.quiet))
    return DONE


def doctor_command(options: argparse.Namespace) -> int:
    from retro_gamer.commands.doctor import examine

    print(examine(_run_at(options.run), options.quiet))
    return DONE


def clean_command(options: argparse.Namespace) -> int:
    run = _run_at(options.run)
    run.load_config()
    with run.locked():
        return _clean(run, options.yes)


def _clean(run: RunDirectory, sure: bool) -> int:
    files = run.files_to_clean()
    if not files:
        print(f"There is nothing to clean in {run}.")
        return DONE
    print(f"This removes {len(files)} files from {run} and keeps config.toml:")
    for path in files:
        print(f"  {path.relative_to(run.path)}")
    if not sure:
        try:
            answer = input("Go on? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was removed.")
            return FAILED
    for path in files:
        path.unlink()
    print(f"Removed. Train afresh with:  {command_line('train', run)}")
    return DONE


def say_if_installed_twice(stream: Any) -> None:
    """Two distributions fill the same folder retro_gamer, each with files that overwrite the other's: tell who has both."""
    from importlib.metadata import PackageNotFoundError, distribution

    names = ("retro-gamer", "retro-gamer-numpy")  # the original's and ours
    try:
        original, ours = (f"{name} {distribution(name).version}" for name in names)
    except PackageNotFoundError:
        return
    text = (
        f"\nBoth {original} (the original, on torch) and {ours} are installed in this Python. They fill the same "
        "folder, so files of one have replaced files of the other. Remove both, then install the one you want again:\n"
        f"  {python_command()} -m pip uninstall {' '.join(names)}"
    )
    print(text, file=stream)
