"""HTML: the report page, one file that needs no network; and a card, which a notebook shows of a policy or a run."""

from __future__ import annotations

import json
import pkgutil
from html import escape
from typing import Any, NamedTuple, Sequence

from retro_gamer.errors import RetroGamerError
from retro_gamer.reporting.curves import panels_of, trained
from retro_gamer.reporting.recording import Frame, Recording
from retro_gamer.reporting.sight import action_shown, inputs_in_words, key_shown
from retro_gamer.reporting.svg_chart import draw_svg
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription

MAX_BYTES = 1_350_000  # of the page for all games


class Table(NamedTuple):
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]  # the first cell of each is its name


class Section(NamedTuple):
    title: str
    html: str


def page(title: str, sections: Sequence[Section], games: dict[str, Any]) -> str:
    """The whole page. `games` is what report.js steps through (`games_data`)."""
    body = "\n".join(f"<section><h2>{escape(s.title)}</h2>\n{s.html}</section>" for s in sections)
    data = json.dumps(games, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/").replace("<!--", "<\\!--")
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_resource('report.css')}</style></head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n"
        f'<script type="application/json" id="games">{data}</script>\n<script>\n{_resource("report.js")}</script>\n'
        "</body></html>\n"
    )


def table(content: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in content.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{style}>{escape(cell)}</td>" for cell, style in zip(row[1:], _styles(row[1:])))
        + "</tr>"
        for row in content.rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if content.head else ""
    caption = f"<caption>{escape(content.caption)}</caption>" if content.caption else ""
    return f'<div class="scroll"><table>{caption}{head}<tbody>{rows}</tbody></table></div>\n'


def _styles(cells: Sequence[str]) -> list[str]:
    """Words begin at the left, numbers end at the right."""
    words = ' class="words"'
    return ["" if cell[:1].isdigit() or cell[:1] in "-+" else words for cell in cells] if len(cells) > 1 else [words]


def paragraph(text: str, style: str = "") -> str:
    return f"<p{f' class={style}' if style else ''}>{escape(text)}</p>\n"


REPLAY = """<p class="only-screen">Step with the buttons, the slider, or the keys <kbd>←</kbd> <kbd>→</kbd>.
<kbd>space</kbd> plays and pauses.</p>
<div class="controls" role="group" aria-label="which game">{buttons}</div>
<div class="controls" role="group" aria-label="steps">
<button id="back">One back</button><button id="play">Play</button><button id="forth">One on</button>
<label>Turn <input id="slider" type="range" min="0" max="0" value="0"></label>
<label>Turns a second
<select id="speed"><option>2</option><option selected>6</option><option>15</option><option>40</option></select></label>
</div>
<p id="where" role="status"></p>
<div class="replay"><pre id="board" class="board" aria-label="the board"></pre>
<div><h3>What it expects of each key</h3><div id="values"></div>
<h3>What it sees</h3><div id="sight"></div></div></div>
<h3>One learning step, worked out</h3><div id="step" class="step"></div>
{note}"""


def replay(recordings: Sequence[tuple[str, Recording]], note: str) -> str:
    buttons = "".join(
        f'<button data-game="{i}" aria-pressed="false">{escape(name)}: '
        f"{recording.total:g} in {recording.turns} turns</button>"
        for i, (name, recording) in enumerate(recordings)
    )
    return REPLAY.format(buttons=buttons, note=paragraph(note, "soft"))


def games_data(recordings: Sequence[Recording], gamma: float, alpha: float | None) -> dict[str, Any]:
    """The recordings as report.js reads them: of each board only what changed since the one before."""
    most = MAX_BYTES // max(1, len(recordings))
    games = [_game_data(recording, most) for recording in recordings]
    return {"gamma": gamma, "alpha": alpha, "games": games}


def _game_data(recording: Recording, most: int) -> dict[str, Any]:
    boards = [frame.board for frame in recording.frames]
    width = max((len(line) for board in boards for line in board), default=0)
    height = max(map(len, boards))  # what an environment draws may change its size
    first = _as_cells(boards[0], width, height)
    frames: list[dict[str, Any]] = []
    size, before = 0, first
    for frame in recording.frames:
        now = _as_cells(frame.board, width, height)
        changes: list[Any] = []
        for place, (old, new) in enumerate(zip(before, now)):
            if old != new:
                changes += [place, new]
        data = _frame_data(frame, changes)
        size += len(json.dumps(data, separators=(",", ":")))
        if size > most:
            break
        frames.append(data)
        before = now
    return {
        "actions": [action_shown(action) for action in recording.actions],
        "board": first,
        "width": max(1, width),
        "turns": recording.turns,
        "terminated": recording.terminated,
        "frames": frames,
    }


def _as_cells(board: Sequence[str], width: int, height: int) -> str:
    return "".join(line.ljust(width) for line in [*board, *[""] * (height - len(board))])


def _frame_data(frame: Frame, changes: list[Any]) -> dict[str, Any]:
    return {
        "board": changes,
        "state": frame.state,
        "seen": frame.sight.board,
        "radar": frame.sight.radar,
        "numbers": frame.sight.numbers,
        "values": frame.values,
        "action": frame.action,
        "reward": round(frame.reward, 4),
        "visits": frame.visits,
    }


def _resource(name: str) -> str:
    content = pkgutil.get_data("retro_gamer.reporting", name)
    assert content is not None, f"{name} is part of the package"
    return content.decode("utf-8")


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
        rows.append(("trained", trained([facts])))
    return _card(title, rows, whole_run)


def card_of_run(title: str, run: RunDirectory) -> str:
    """HTML for a notebook: what a run trains, how far it is, and its curves."""
    config = run.load_config()
    rows = [
        ("run", str(run)),
        ("game", config.game.shown),
        ("learns by", config.training.algorithm),
        ("reward", config.metadata.reward),
        ("keys", ", ".join(map(key_shown, config.metadata.actions))),
    ]
    rows.append(("trained", trained(run.read_metrics()) or "not yet"))
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
