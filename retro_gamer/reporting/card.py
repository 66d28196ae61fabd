"""What a notebook shows of a policy or a run: a card, and how the training went."""

from __future__ import annotations

from html import escape
from typing import Any, Sequence

from retro_gamer.errors import RetroGamerError
from retro_gamer.reporting.curves import panels_of
from retro_gamer.reporting.sight import inputs_in_words, key_shown
from retro_gamer.reporting.svg_chart import draw_svg
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription


def card(title: str, run: RunDirectory, facts: dict[str, Any] | None, keys: Sequence[Any], whole_run: RunDirectory) -> str:
    """HTML for a notebook: what this is, and how its training went. `facts` are those of its checkpoint, if it has one."""
    rows = [("run", str(run))]
    if facts is None:
        rows.append(("plays", "at random: there is no checkpoint yet"))
    rows.append(("keys", ", ".join(map(key_shown, keys))))
    if facts is not None:
        known = PolicyDescription.from_json(facts, run.path)
        seen = inputs_in_words(known, known.observation_function, bool(known.gym and not known.shows_planes))
        rows.append(("sees", ", ".join(seen) or "nothing"))
        rows.append(("trained", f"{facts['episode']:,} games, {facts['turns']:,} turns"))
    return _card(title, rows, whole_run)


def card_of_run(title: str, run: RunDirectory) -> str:
    """HTML for a notebook: what a run trains, how far it is, and its curves."""
    config, newest = run.load_config(), run.read_metrics()[-1:]
    rows = [
        ("run", str(run)),
        ("game", config.game.shown),
        ("learns by", config.training.algorithm),
        ("reward", config.metadata.reward),
        ("keys", ", ".join(map(key_shown, config.metadata.actions))),
    ]
    trained = [f"{row['episode']:,.0f} games, {row['turns']:,.0f} turns" for row in newest]
    rows.append(("trained", trained[0] if trained else "not yet"))
    return _card(title, [row for row in rows if row[1]], run)


def _card(title: str, rows: Sequence[tuple[str, str]], run: RunDirectory) -> str:
    body = "".join(
        f'<tr><th style="text-align:left">{name}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<p><b>{escape(title)}</b></p><table>{body}</table>{_curves(run)}"


def _curves(run: RunDirectory) -> str:
    try:
        return draw_svg(panels_of([run])[:2])  # what it is after; all of them are in `report`
    except (RetroGamerError, OSError):
        return ""  # only the policy was passed on, or it was never trained
