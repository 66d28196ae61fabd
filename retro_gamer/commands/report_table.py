"""What a report says of a table: its rows, and as a map where its states are places."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from retro_gamer.agents.greedy import GreedyTable
from retro_gamer.reporting.html import Table, paragraph, table
from retro_gamer.reporting.sight import action_shown, symbol_shown
from retro_gamer.training.player import Player

MAX_TABLE_ROWS = 40


def the_table(player: Player) -> str:
    """The states with the largest values; those that are places on a map, as a map."""
    assert isinstance(player.agent, GreedyTable)
    agent, actions = player.agent, [action_shown(action) for action in player.environment.labels]
    rows = sorted(agent.tables[0].items(), key=lambda item: -max(item[1]))[:MAX_TABLE_ROWS]
    head = ["state", *actions, "it presses"]
    cells = [
        [_shown_state(state, player), *(f"{value:.2f}" for value in row), actions[int(np.argmax(row))]]
        for state, row in rows
    ]
    intro = f"The table has {len(agent.tables[0]):,} states. These {len(rows)} are worth most."
    return paragraph(intro) + _map_of(agent, actions) + table(Table("", head, cells))


def _map_of(agent: GreedyTable, actions: Sequence[str]) -> str:
    """Where all states are pairs of small whole numbers: the best key of each place, as on a map."""
    places = [state for state in agent.tables[0] if isinstance(state, tuple) and len(state) == 2]
    if (
        not places
        or len(places) < len(agent.tables[0])
        or not all(type(n) is int and 0 <= n < 60 for s in places for n in s)
    ):
        return ""
    arrows = {"LEFT": "←", "RIGHT": "→", "UP": "↑", "DOWN": "↓", "none": "·"}
    lines = []
    for y in range(max(y for _, y in places) + 1):
        line = ""
        for x in range(max(x for x, _ in places) + 1):
            row = agent.tables[0].get((x, y))
            key = actions[int(np.argmax(row))] if row is not None else ""
            line += arrows.get(key, key[:1]) if key else " "
        lines.append(line)
    return (
        paragraph("As a map, with the key that it presses in each place:")
        + '<pre class="seen">'
        + "\n".join(lines)
        + "</pre>\n"
    )


def _shown_state(state: Any, player: Player) -> str:
    """A state as a person reads it: the cells of a board as its characters, row after row; else as it is."""
    height, width = player.environment.shape.board_shape
    if not isinstance(state, bytes) or not width:
        return str(state)[:60]
    characters = player.environment.characters
    shown = "".join(symbol_shown(number, characters) for number in state[: height * width]).replace(" ", "·")
    return " ".join(shown[row * width : (row + 1) * width] for row in range(height))
