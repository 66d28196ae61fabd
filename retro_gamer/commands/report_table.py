"""What a report says of a table: its rows, and as a map where its states are places."""

from __future__ import annotations

from html import escape
from typing import Any, Sequence

import numpy as np

from retro_gamer.agents.greedy import GreedyTable
from retro_gamer.environment.base import Environment
from retro_gamer.reporting.html import Table, paragraph, table
from retro_gamer.reporting.sight import action_shown, symbol_shown
from retro_gamer.training.player import Player

MAX_TABLE_ROWS = 40
WIDEST_VALUES = 110  # characters of a row of values


def the_table(player: Player) -> str:
    assert isinstance(player.agent, GreedyTable)
    agent, actions = player.agent, [action_shown(action) for action in player.environment.labels]
    table_of_means = {state: np.mean([table[state] for table in agent.tables], axis=0) for state in agent.tables[0]}
    rows = sorted(table_of_means.items(), key=lambda item: -max(item[1]))[:MAX_TABLE_ROWS]
    head = ["state", *actions, "it presses", *["turns there"] * bool(agent.visits)]
    cells = [
        [_shown_state(state, player), *(f"{value:.2f}" for value in row), actions[int(np.argmax(row))]]
        + [f"{agent.visits.get(state, 0):,}"] * bool(agent.visits)
        for state, row in rows
    ]
    intro = f"The table has {len(table_of_means):,} states."
    if len(rows) < len(table_of_means):
        intro += f" These {len(rows)} are worth most."
    if agent.visits:
        intro += " The last column tells how many turns it learned from there: few turns, and its values are guesses."
    places = _places(table_of_means, player.environment)
    return paragraph(intro) + _map_of(places, actions) + table(Table("", head, cells))


def _places(values: dict[Any, np.ndarray], environment: Environment) -> dict[tuple[int, int], np.ndarray]:
    """The values by place (x, y), where all states are places: pairs of small whole numbers, or the numbers that an
    environment gives the squares of its map, row after row; else nothing."""
    height, width = _map_size(environment)
    if width and all(type(state) is int for state in values):
        return {(state % width, state // width): row for state, row in values.items() if state < height * width}
    small = all(
        isinstance(state, tuple) and len(state) == 2 and all(type(n) is int and 0 <= n < 60 for n in state)
        for state in values
    )
    return dict(values) if small else {}


def _map_size(environment: Environment) -> tuple[int, int]:
    """(height, width) of the map that a Gymnasium environment says its numbers are squares of; (0, 0) for none."""
    inner = getattr(getattr(environment, "env", None), "unwrapped", None)
    sizes = [getattr(getattr(inner, "desc", None), "shape", None), getattr(inner, "shape", None)]
    count = getattr(getattr(environment, "observation_space", None), "n_values", None)
    for size in sizes:
        if isinstance(size, tuple) and len(size) == 2 and count == size[0] * size[1]:
            return int(size[0]), int(size[1])
    return 0, 0


def _map_of(places: dict[tuple[int, int], np.ndarray], actions: Sequence[str]) -> str:
    """The best key of each place, as on a map; and its value, where there is room for it."""
    if not places:
        return ""
    width, height = (1 + max(place[axis] for place in places) for axis in (0, 1))
    arrows = {"LEFT": "←", "RIGHT": "→", "UP": "↑", "DOWN": "↓", "none": "·"}
    lines, values = [], []
    for y in range(height):
        rows = [places.get((x, y)) for x in range(width)]
        keys = ["" if row is None else actions[int(np.argmax(row))] for row in rows]
        lines.append(" ".join(arrows.get(key, key[:1]) or " " for key in keys))
        values.append(" ".join(" " * 6 if row is None else f"{max(row):6.2f}" for row in rows))
    text = paragraph("As a map, with the key that it presses in each place:") + _boxed(lines)
    if 7 * width <= WIDEST_VALUES:
        text += paragraph("And what it expects from there:") + _boxed(values)
    return text


def _boxed(lines: Sequence[str]) -> str:
    return f'<pre class="seen">{escape(chr(10).join(lines))}</pre>\n'


def _shown_state(state: Any, player: Player) -> str:
    """A state as a person reads it: the cells of a board as its characters, row after row; else as it is."""
    height, width = player.environment.shape.board_shape
    if not isinstance(state, bytes) or not width:
        return str(state)[:60]
    characters = player.environment.characters
    shown = "".join(symbol_shown(number, characters) for number in state[: height * width]).replace(" ", "·")
    return " ".join(shown[row * width : (row + 1) * width] for row in range(height))
