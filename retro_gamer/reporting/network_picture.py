"""A picture of the network: what goes in, its layers, what comes out."""

from __future__ import annotations

from html import escape
from typing import Sequence

BOX_WIDTH, GAP, HEIGHT = 178, 40, 150


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
