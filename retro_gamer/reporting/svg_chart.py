"""Pictures without a library, as SVG: the same charts, and the network."""

from __future__ import annotations

from html import escape
from typing import Callable, List, Sequence, Tuple

import numpy as np

from retro_gamer.reporting.curves import Curve, Panel
from retro_gamer.reporting.text_chart import short_number

WIDTH, PANEL_HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 34  # margins of a panel
# Okabe and Ito's colours, which colour-blind people can tell apart too; and dashes, for paper without colour.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "12 4", "1 4")
BOX_WIDTH, GAP, HEIGHT = 178, 40, 150  # of the boxes of a network
LARGEST = 1500  # points of a line; more cannot be seen

Place = Callable[[np.ndarray, np.ndarray], List[Tuple[float, float]]]  # data -> places in the picture

STYLE = (
    "text { font: 12px system-ui, sans-serif; fill: #222 } .title { font-weight: 600 } .meaning { fill: #555 } "
    ".axis { stroke: #888; stroke-width: 1 } .grid { stroke: #ddd; stroke-width: 1 } "
    ".level { stroke: #222; stroke-width: 1; stroke-dasharray: 4 4 } "
    ".line { fill: none; stroke-width: 2 } .spread { stroke: none; opacity: 0.2 }"
)


def draw_svg(panels: Sequence[Panel]) -> str:
    legend = _legend(panels)
    height = PANEL_HEIGHT * len(panels) + 20 * len(legend)
    names = ", ".join(panel.title for panel in panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape("Curves of a training: " + names, quote=True)}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate(0 {number * PANEL_HEIGHT})">{"".join(_draw_panel(panel))}</g>')
    for row, line in enumerate(legend):
        parts.append(f'<g transform="translate({LEFT} {PANEL_HEIGHT * len(panels) + 20 * row})">{line}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(panels: Sequence[Panel]) -> list[str]:
    most = max((panel.curves for panel in panels), key=len)
    if len(most) == 1:
        return []
    return [
        f'<line x1="0" y1="6" x2="30" y2="6" stroke="{COLORS[i % len(COLORS)]}" stroke-width="2" '
        f'stroke-dasharray="{DASHES[i % len(DASHES)]}"/><text x="38" y="10">{escape(curve.name)}</text>'
        for i, curve in enumerate(most)
    ]


def _draw_panel(panel: Panel) -> list[str]:
    (low, high), right = panel.range, panel.last_turn

    def place(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
        across = LEFT + x / right * (WIDTH - LEFT - RIGHT)
        down = TOP + (high - y) / (high - low) * (PANEL_HEIGHT - TOP - BOTTOM)
        return list(zip(across.tolist(), down.tolist()))

    parts = [
        f'<text class="title" x="{LEFT}" y="16">{escape(panel.title)}'
        f'<tspan class="meaning" dx="8" font-weight="400">{escape(panel.meaning)}</tspan></text>'
    ]
    for value in ticks(low, high):
        ((_, y),) = place(np.zeros(1), np.array([value]))
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short_number(value)}</text>')
    bottom = PANEL_HEIGHT - BOTTOM
    parts.append(f'<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}"/>')
    for value in ticks(0, right):
        ((x, _),) = place(np.array([value]), np.array([low]))
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{short_number(value)}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{bottom + 30}" text-anchor="end">turns</text>')
    if panel.random_play is not None:
        ((_, y),) = place(np.zeros(1), np.array([panel.random_play]))
        parts.append(f'<line class="level" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{y - 4:.1f}" text-anchor="end">random play</text>')
    for i, curve in enumerate(panel.curves):
        parts += _draw_curve(_thinned(curve), i, place)
    return parts


def _draw_curve(curve: Curve, number: int, place: Place) -> list[str]:
    color, dash = COLORS[number % len(COLORS)], DASHES[number % len(DASHES)]

    def text(points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

    parts = []
    if curve.low is not curve.y:
        outline = [*place(curve.x, curve.high), *reversed(place(curve.x, curve.low))]
        parts.append(f'<polygon class="spread" fill="{color}" points="{text(outline)}"/>')
    points = place(curve.x, curve.y)
    if len(points) == 1:
        parts.append(f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3" fill="{color}"/>')
    parts.append(
        f'<polyline class="line" stroke="{color}" stroke-dasharray="{dash}" points="{text(points)}">'
        f"<title>{escape(curve.name)}</title></polyline>"
    )
    return parts


def _thinned(curve: Curve) -> Curve:
    if len(curve.x) <= LARGEST:
        return curve
    kept = np.unique(np.linspace(0, len(curve.x) - 1, LARGEST).astype(int))
    y = curve.y[kept]
    if curve.low is curve.y:
        return Curve(curve.name, curve.x[kept], y, y, y)
    return Curve(curve.name, curve.x[kept], y, curve.low[kept], curve.high[kept])


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between low and high: steps of 1, 2 or 5 times a power of ten, at most six of them."""
    step = 10.0 ** np.floor(np.log10((high - low) / 5))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 5:
            step *= factor
            break
    first = np.ceil(low / step - 1e-9)
    return [float(i * step) + 0.0 for i in np.arange(first, np.floor(high / step + 1e-9) + 1)]


def draw_network(inputs: Sequence[str], layers: Sequence[tuple[str, str]], actions: Sequence[str]) -> str:
    """An SVG with a box for the inputs, one for each layer (name, size) and one for the actions."""
    shown = [*actions[:6], *(["..."] if len(actions) > 6 else [])]
    boxes = [("what it sees", list(inputs)), *((name, [size]) for name, size in layers), ("a value for each key", shown)]
    width = len(boxes) * BOX_WIDTH + (len(boxes) - 1) * GAP + 20
    words = "; ".join(f"{title}: {', '.join(lines)}" for title, lines in boxes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 20}" width="{width}" '
        f'height="{HEIGHT + 20}" '
        f'role="img" aria-label="{escape("The network. " + words, quote=True)}">'
        "<style>text { font: 12px system-ui, sans-serif; fill: #222 } .head { font-weight: 600 }</style>"
        f'<rect width="{width}" height="{HEIGHT + 20}" fill="#fff"/>'
    ]
    for i, (title, lines) in enumerate(boxes):
        parts += _box(10 + i * (BOX_WIDTH + GAP), title, lines, last=i == len(boxes) - 1)
    return "".join(parts) + "</svg>\n"


def _box(x: int, title: str, lines: Sequence[str], last: bool) -> list[str]:
    parts = [
        f'<rect x="{x}" y="10" width="{BOX_WIDTH}" height="{HEIGHT}" rx="6" fill="#eef4fa" stroke="#0072b2"/>',
        f'<text class="head" x="{x + 10}" y="32">{escape(title)}</text>',
    ]
    parts += [f'<text x="{x + 10}" y="{54 + 16 * row}">{escape(line)}</text>' for row, line in enumerate(lines)]
    if not last:
        start, end, y = x + BOX_WIDTH + 4, x + BOX_WIDTH + GAP - 4, 10 + HEIGHT // 2
        parts.append(f'<path d="M{start} {y}H{end}m-8 -5l8 5l-8 5" fill="none" stroke="#555" stroke-width="2"/>')
    return parts
