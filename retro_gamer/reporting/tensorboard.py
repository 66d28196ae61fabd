"""The curves of runs as event files for TensorBoard, which tensorboardX writes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Sequence

from retro_gamer.errors import ConfigError, install_command
from retro_gamer.reporting.curves import PANELS, panels_of, read_curve, teams_of
from retro_gamer.runs.directory import RunDirectory


def write_events(runs: Sequence[RunDirectory], folder: Path) -> None:
    """A folder for each run in this one, with a curve for each quantity; what stood there before is replaced.

    Raises ConfigError without tensorboardX, and for runs that were never trained or are of different games; OSError for a
    folder that cannot be written.
    """
    panels_of(runs)  # raises for what cannot be drawn together
    try:
        from tensorboardX import SummaryWriter  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise ConfigError(
            f"Event files for TensorBoard are written by tensorboardX. Install it with:\n  {install_command('tensorboardX')}"
            "\nWithout it, plot draws in the terminal, or a picture with --svg FILE."
        ) from None
    for run, name in zip(runs, _names(runs)):
        with SummaryWriter(str(folder / name), purge_step=0) as writer:
            for column, (title, _) in PANELS.items():
                for team in teams_of(run, column):
                    curve = read_curve(run, column, title, team)
                    tag = f"{title} {team}".strip().replace(" ", "_")
                    for turns, value in zip(curve.x.tolist(), curve.y.tolist()):
                        writer.add_scalar(tag, value, int(turns))


def _names(runs: Sequence[RunDirectory]) -> list[str]:
    """The name of each run's folder; with the one that it is in where two have the same."""
    paths = [run.path.resolve() for run in runs]
    counts = Counter(path.name for path in paths)
    return [path.name if counts[path.name] == 1 else f"{path.parent.name}_{path.name}" for path in paths]
