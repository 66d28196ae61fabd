"""A policy as a notebook shows it: its card, and how its training went."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, Optional, Sequence

from retro_gamer.errors import RetroGamerError
from retro_gamer.reporting.curves import panels_of
from retro_gamer.reporting.sight import inputs_in_words
from retro_gamer.reporting.svg_chart import draw_svg
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription


def card(
    title: str,
    run: RunDirectory,
    facts: Optional[Dict[str, Any]],
    keys: Sequence[Any],
    whole_run: RunDirectory,
) -> str:
    """HTML for a notebook: what this is, and how its training went. `facts` are those of its checkpoint, if it has one."""
    rows = [("run", str(run))]
    if facts is None:
        rows.append(("plays", "at random: there is no checkpoint yet"))
    rows.append(("keys", ", ".join("no key" if key is None else str(key) for key in keys)))
    if facts is not None:
        known = PolicyDescription.from_json(facts, run.path)
        seen = inputs_in_words(known, known.observation_function, bool(known.gym))
        rows.append(("sees", ", ".join(seen) or "nothing"))
        rows.append(("trained", f"{facts['episode']:,} games, {facts['turns']:,} turns"))
    body = "".join(
        f'<tr><th style="text-align:left">{name}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<p><b>{escape(title)}</b></p><table>{body}</table>{_curves(whole_run)}"


def _curves(run: RunDirectory) -> str:
    try:
        return draw_svg(panels_of([run])[:2])  # what it is after; all of them are in `report`
    except (RetroGamerError, OSError):
        return ""  # only the policy was passed on, or it was never trained
