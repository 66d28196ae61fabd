"""Line charts for a terminal: braille dots where the encoding has them, else letters."""

from __future__ import annotations

import textwrap
from typing import Any, Sequence

import numpy as np

from retro_gamer.reporting.curves import Curve, Panel

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LEFT = 9  # columns for the numbers beside the chart
SMALLEST = 24  # columns that a chart needs
# A braille cell is 2 x 4 dots; its character is U+2800 plus the sum of the dots' values.
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def can_show(stream: Any, characters: str) -> bool:
    """Whether a stream's encoding has these characters."""
    try:
        characters.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def draw_panels(panels: Sequence[Panel], width: int, unicode: bool) -> list[str]:
    """The lines of all panels, one below the other, none longer than `width`.

    One curve is drawn in braille dots; several are drawn in letters, so that no colour is needed to tell them apart.
    """
    lines: list[str] = []
    for panel in panels:
        lines += [*draw_panel(panel, width, 8, unicode), ""]
    return lines[:-1]


def draw_panel(panel: Panel, width: int, height: int = 8, unicode: bool = True) -> list[str]:
    curves = panel.curves
    if width < SMALLEST:  # no room for a picture: the last number says most
        return [f"{panel.title} {short_number(curve.y[-1])}"[:width] for curve in curves]
    columns = width - LEFT - 2
    (low, high), left, right = panel.range, 0.0, panel.last_turn
    grid = (
        _braille(curves[0], columns, height, (left, right), (low, high))
        if unicode and len(curves) == 1
        else _letters(curves, columns, height, (left, right), (low, high), "*" if len(curves) == 1 else LETTERS)
    )
    bar, corner, edge = ("│", "└", "─") if unicode else ("|", "+", "-")
    lines = textwrap.wrap(f"{panel.title}: {panel.meaning}", width)
    for row, cells in enumerate(grid):
        number = high if row == 0 else low if row == height - 1 else None
        beside = "" if number is None else short_number(number)
        lines.append(f"{beside:>{LEFT}} {bar}{cells}".rstrip())
    lines.append(" " * (LEFT + 1) + corner + edge * columns)
    first, last = short_number(left), f"{short_number(right)} turns"
    lines.append(" " * (LEFT + 2) + first + last.rjust(columns - len(first)))
    if panel.random_play is not None:
        lines.append(f"{'':{LEFT}} random play: {short_number(panel.random_play)}")
    if len(curves) > 1:
        lines += [f"{'':{LEFT}} {letter} {curve.name}"[:width] for letter, curve in zip(LETTERS, curves)]
    return [line[:width] for line in lines]


def short_number(number: float) -> str:
    """A number in few characters: 0.012, 3.5, 450, 12k, 1.4M."""
    size = abs(number)
    for smallest, unit, divisor in ((9.995e8, "G", 1e9), (9.995e5, "M", 1e6), (1e4, "k", 1e3)):
        if size >= smallest:
            return f"{number / divisor:.3g}{unit}"
    if size >= 100 or number == int(number):
        return f"{number:.0f}"
    return f"{number:.3g}"


def _braille(curve: Curve, columns: int, rows: int, x_range: tuple[float, float], y_range: tuple[float, float]) -> list[str]:
    cells = np.zeros((rows, columns), int)
    for x, y in _points(curve, 2 * columns, 4 * rows, x_range, y_range):
        cells[y // 4, x // 2] |= DOTS[y % 4, x % 2]
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in row) for row in cells.tolist()]


def _letters(
    curves: Sequence[Curve],
    columns: int,
    rows: int,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    letters: str,
) -> list[str]:
    cells = [[" "] * columns for _ in range(rows)]
    for letter, curve in zip(letters, curves):
        for x, y in _points(curve, columns, rows, x_range, y_range):
            cells[y][x] = letter
    return ["".join(row) for row in cells]


def _points(
    curve: Curve, columns: int, rows: int, x_range: tuple[float, float], y_range: tuple[float, float]
) -> list[tuple[int, int]]:
    """The dots (column, row from the top) of a curve: its line, drawn without gaps, and the ends of its spread."""
    (left, right), (low, high) = x_range, y_range
    across = (curve.x - left) / (right - left) * (columns - 1)
    first, last = int(round(across[0])), int(round(across[-1]))
    at = np.arange(first, last + 1)

    def heights(values: np.ndarray) -> np.ndarray:
        shown = np.interp(at, across, values)
        rounded: np.ndarray = np.round((high - shown) / (high - low) * (rows - 1)).astype(int)
        return rounded.clip(0, rows - 1)

    middle = heights(curve.y)
    dots: list[tuple[int, int]] = []
    for i, (x, y) in enumerate(zip(at.tolist(), middle.tolist())):
        before = middle[i - 1] if i else y
        dots += [(x, row) for row in range(min(before, y), max(before, y) + 1)] if i else [(x, y)]
    if curve.low is not curve.y:
        for bound in (curve.low, curve.high):
            dots += [(x, y) for x, y in zip(at.tolist(), heights(bound).tolist()) if x % 3 == 0]
    return dots
