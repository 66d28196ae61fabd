"""Which cells of the board an agent stands on."""

from __future__ import annotations

from typing import Any, Tuple

Position = Tuple[int, int]


def occupied_positions(agent: Any) -> list[Position]:
    """Every cell an agent stands on: one, or a rectangle of `size` with `position` as its top left corner."""
    x, y = agent.position
    size = getattr(agent, "size", None)
    if size is None:
        return [(x, y)]
    width, height = size
    return [(x + dx, y + dy) for dy in range(height) for dx in range(width)]
