"""`retro-gamer import-torch`: checkpoints of the original retro-gamer become ours."""

from __future__ import annotations

import sys

from retro_gamer.errors import command_line
from retro_gamer.original.torch_import import Imported, import_run
from retro_gamer.runs.directory import RunDirectory


def import_torch(run: str, output: str | None = None) -> int:
    """Import the checkpoints of a run and say what became of them; returns how many could not be read."""
    target = RunDirectory(output or run)
    done = import_run(RunDirectory(run), target)
    _say_what_is_there(done, target)
    for error in done.failed:
        print(f"retro-gamer: {error}", file=sys.stderr)
    _say_what_next(done, target)
    return len(done.failed)


def _say_what_is_there(done: Imported, target: RunDirectory) -> None:
    if done.written:
        names, s = done.written[0].stem, ""
        if len(done.written) > 1:
            names, s = f"{names} to {done.written[-1].stem}", "s"
        print(f"Imported {len(done.written)} checkpoint{s} into {target.checkpoints_path}: {names}.")
    if done.kept:
        print(f"{len(done.kept)} of these numbers were there already and stay as they are.")


def _say_what_next(done: Imported, target: RunDirectory) -> None:
    if target.resume_path.is_file() and done.written:
        print(
            f"But a training was started here without them: it goes on from {target.resume_path}, and removes checkpoints "
            "with\nhigher numbers than its own. To go on from the imported ones, remove that file first."
        )
    game = target.load_config().game
    if game.module or game.factory:
        print(f"Watch it:      {command_line('play', target)}\nTrain on:      {command_line('train', target)}")
        return
    print(
        f"TrainedPolicy({str(target)!r}) plays it. To watch it or to train on, name its game in {target.config_path}:\n"
        '  [game]\n  module = "my_game"\n  path = "the folder of my_game.py"'
    )
