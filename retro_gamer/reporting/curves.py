"""The curves of a run: what metrics.csv says, as arrays; and as event files for TensorBoard."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import numpy as np

from retro_gamer.errors import ConfigError, command_line, install_command
from retro_gamer.runs.directory import RunDirectory

# What is drawn, from top to bottom: column of metrics.csv -> (title, what it is in plain words).
PANELS: dict[str, Any] = {
    "eval_return": ("greedy reward", "a game's reward when it plays as well as it can, without random keys"),
    "rating": ("rating", "Elo: 400 points more means ten wins for each loss"),
    "mean_return": ("training reward", "a game's reward while it learns, with random keys among its own"),
    "mean_length": ("game length", "turns of a game"),
    "loss": ("loss", "how far its expectations were from what came"),
    "epsilon": ("exploration", "the share of random keys"),
}


class Curve(NamedTuple):
    """Points of one line. `low` and `high` are its spread over several runs; else they are `y` itself."""

    name: str
    x: np.ndarray  # [n] turns
    y: np.ndarray  # [n]
    low: np.ndarray  # [n]
    high: np.ndarray  # [n]


class Panel(NamedTuple):
    """A chart of one quantity."""

    title: str
    meaning: str
    curves: list[Curve]
    random_play: float | None = None  # a level to compare with

    def beside(self, random_play: float) -> Panel:
        return self._replace(random_play=random_play)

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest number in it; never the same."""
        numbers = [float(bound) for curve in self.curves for bound in (curve.low.min(), curve.high.max())]
        numbers += [] if self.random_play is None else [self.random_play]
        low, high = min(numbers), max(numbers)
        return (low - 0.5, high + 0.5) if high - low < 1e-12 * max(1.0, abs(high)) else (low, high)

    @property
    def last_turn(self) -> float:
        return max(1.0, max(float(curve.x[-1]) for curve in self.curves))


def read_curve(run: RunDirectory, column: str, name: str, team: str = "") -> Curve:
    """One column of a run's metrics.csv against turns; rows without a value are left out."""
    rows = [row for row in run.read_metrics() if "turns" in row and column in row]
    if team:
        rows = [row for row in rows if row.get("team") == team]
    x = np.array([float(row["turns"]) for row in rows])
    y = np.array([float(row[column]) for row in rows])
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    order = np.argsort(x, kind="stable")
    return Curve(name, x[order], y[order], y[order], y[order])


def trained(rows: Sequence[dict[str, Any]]) -> str:
    """How long a training was, by rows of metrics.csv or the facts of a checkpoint; empty where none of them says."""
    told = [row for row in rows if {"episode", "turns"} <= set(row)]
    return f"{told[-1]['episode']:,.0f} games, {told[-1]['turns']:,.0f} turns" if told else ""


def spread_of(curves: Sequence[Curve], name: str) -> Curve:
    """The mean of curves of several seeds, between the lowest and the highest of them, where all of them have points."""
    first, last = max(curve.x[0] for curve in curves), min(curve.x[-1] for curve in curves)
    x = np.unique(np.concatenate([curve.x for curve in curves]))
    x = x[(first <= x) & (x <= last)]
    if not len(x):
        x = np.array([last])
    ys = np.array([np.interp(x, curve.x, curve.y) for curve in curves])
    return Curve(name, x, ys.mean(axis=0), ys.min(axis=0), ys.max(axis=0))


def panels_of(runs: Sequence[RunDirectory]) -> list[Panel]:
    """What is known of the training of one or several runs, a panel for each quantity.

    Runs whose settings differ in nothing but the seed become one curve with its spread. Raises ConfigError when none of
    the runs was trained, or when they are of different games.
    """
    _check_same_game(runs)
    groups = _groups(runs)
    panels = []
    for column, (title, meaning) in PANELS.items():
        curves: list[Curve] = []
        for name, members in groups.items():
            for team in teams_of(members[0], column):
                label = f"{name} {team}".strip() if len(groups) > 1 or team else name
                found = [read_curve(run, column, label, team) for run in members]
                found = [curve for curve in found if len(curve.x)]
                if found:
                    curves.append(found[0] if len(found) == 1 else spread_of(found, label))
        if curves:
            panels.append(Panel(title, meaning, curves))
    if not panels:
        names = ", ".join(map(str, runs))
        raise ConfigError(
            f"There is nothing to draw: no training has been noted in metrics.csv of {names}.\n"
            f"Train first:  {command_line('train', runs[0])}"
        )
    return panels


def teams_of(run: RunDirectory, column: str) -> list[str]:
    """The teams that have a curve of their own in this column: of ratings, those that learned."""
    if column != "rating":
        return [""]
    teams = [str(row["team"]) for row in run.read_metrics() if row.get("team")]
    return list(dict.fromkeys(teams)) or [""]


def _groups(runs: Sequence[RunDirectory]) -> dict[str, list[RunDirectory]]:
    """Runs that differ only in their seeds are one group, named after the first."""
    groups: dict[str, list[RunDirectory]] = {}
    settings: list[Any] = []
    for run in runs:
        described = run.load_config().to_dict()
        described["training"].pop("seed")
        for known, name in settings:
            if known == described:
                groups[name].append(run)
                break
        else:
            settings.append((described, str(run)))
            groups[str(run)] = [run]
    return {
        name if len(members) == 1 else f"{name} and {len(members) - 1} more seeds": members
        for name, members in groups.items()
    }


def _check_same_game(runs: Sequence[RunDirectory]) -> None:
    games: dict[str, str] = {}
    for run in runs:
        config = run.load_config()
        game = config.game.shown
        games.setdefault(f"{game}, {config.metadata.reward}" if config.metadata.reward else game, str(run))
    if len(games) > 1:
        shown = "\n".join(f"  {run}: {game}" for game, run in games.items())
        raise ConfigError(
            f"These runs are of different games, or have different rewards:\n{shown}\n"
            "Their numbers cannot be compared in one picture. Draw them one at a time."
        )


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
    """The name of each run's folder; with those that it is in, as far as it takes to tell the runs apart."""
    paths = [run.path.resolve() for run in runs]
    for depth in count(1):
        names = ["_".join(path.parts[-depth:]) for path in paths]
        if len(set(names)) == len(set(paths)):
            break
    return names
