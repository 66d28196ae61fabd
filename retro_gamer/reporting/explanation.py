"""Why a policy chose a key: the value of each, how sure it is, and what it saw that mattered."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import numpy as np

from retro_gamer.agents.states import state_of
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.rooms import FREE_CELLS
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ME, OFF_BOARD, PLACE, RHYTHM_OF, STEP_OF, UNSEEN
from retro_gamer.reporting.sight import far_things, key_shown
from retro_gamer.training.player import Player

MOST_SHOWN = 5  # of what mattered
NEVER_MET = "It never met this position in its training: its table has no row for it."
BAR = 24  # characters of the longest bar


class Cause(NamedTuple):
    """Something that was seen, and by how much the chosen key's lead would be smaller without it."""

    what: str
    effect: float


class Explanation(NamedTuple):
    """`print` shows it; a notebook shows it as a table."""

    action: str | None  # the key it chooses; None for no key
    values: dict[str | None, float]  # what it expects of each
    margin: float  # how far the chosen one is ahead of the next best
    causes: list[Cause]  # what mattered, the most first; empty for a table
    note: str = ""  # what else there is to know
    visits: int | None = None  # of a table: how often it learned from a turn in this position; None: not counted

    def __str__(self) -> str:
        lines = self.bars()
        if self.causes:
            lines.append("What mattered (its lead without it would be smaller by):")
            lines += self.what_mattered()
        lines += [self.note] * bool(self.note)
        return "\n".join(lines)

    def bars(self, longest: int = BAR) -> list[str]:
        """What it does, and a line with a bar for each key; `longest` characters for the longest bar."""
        lines = [f"It presses {key_shown(self.action)}, ahead by {self.margin:.3g}."]
        low, high = min(*self.values.values(), 0.0), max(self.values.values())
        width = max(len(key_shown(key)) for key in self.values)
        for key, value in self.values.items():
            bar = "#" * round(longest * (value - low) / max(high - low, 1e-9))
            mark = ">" if key == self.action else " "
            lines.append(f"{mark} {key_shown(key):{width}} {value:10.3f} {bar}".rstrip())
        return lines

    def what_mattered(self) -> list[str]:
        return [f"  {cause.what}: {cause.effect:+.3f}" for cause in self.causes[:MOST_SHOWN]]

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{'&#9654;' if key == self.action else ''}</td><td>{escape(key_shown(key))}</td>"
            f'<td style="text-align:right">{value:.3f}</td></tr>'
            for key, value in self.values.items()
        )
        causes = "".join(f"<li>{escape(cause.what)}: {cause.effect:+.3f}</li>" for cause in self.causes[:MOST_SHOWN])
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return f"<table>{rows}</table>" + (f"<p>What mattered:</p><ul>{causes}</ul>" if causes else "") + note


def explain_choice(
    policy: Any,
    observation: Any,
    actions: Sequence[str | None],
    characters: Sequence[str],
    board_shape: tuple[int, int],
    seen: Any = None,
) -> Explanation:
    """Explain the greedy choice of a policy (anything with `q_values`) for an observation.

    What mattered is found by hiding one thing that is seen after the other, and asking again. `characters` are those that
    the symbols 2, 3, ... stand for; board_shape is (height, width) of the picture; `seen` are the settings of
    [preprocessing], or a policy's description, which say what readings mean (None: they are those of a plain radar).
    """
    q = np.asarray(policy.q_values(observation), float)
    chosen = int(q.argmax())
    lead = _lead(q, chosen)
    causes: list[Cause] = []
    tables = getattr(policy, "tables", None)
    if tables is None and isinstance(observation, Observation) and len(observation.inputs):
        for what, places in _things_seen(observation, characters, board_shape, seen):
            inputs = observation.inputs.copy()
            inputs[places] = 0
            hidden = Observation(inputs, observation.features, observation.n_readings, observation.n_far)
            effect = lead - _lead(np.asarray(policy.q_values(hidden), float), chosen)
            causes.append(Cause(what, float(effect)))
    causes.sort(key=lambda cause: -abs(cause.effect))
    values = dict(zip(actions, map(float, q)))
    visits = visits_of(policy, observation)
    return Explanation(actions[chosen], values, lead, causes, _note(visits), visits)


def explain_player(player: Player, observation: Any) -> Explanation:
    """Explain the greedy choice of a policy in the game of its run."""
    seen, shape = player.environment, player.environment.shape.board_shape
    return explain_choice(player.agent, observation, seen.labels, seen.characters, shape, player.config.preprocessing)


def visits_of(policy: Any, observation: Any) -> int | None:
    """How often a table learned from a turn in this position; None for a network, and where it was not counted."""
    tables = getattr(policy, "tables", None)
    if tables is None:
        return None
    state = state_of(observation)
    if not any(state in table for table in tables):
        return 0
    visits: int | None = policy.visits.get(state)
    return visits or None  # a table from before visits were counted


def _note(visits: int | None) -> str:
    if visits is None:
        return ""
    return f"It learned from this position {visits:,} time{'s' * (visits != 1)}." if visits else NEVER_MET


def _lead(q: np.ndarray, chosen: int) -> float:
    """How far an action's value is above the best of the others; 0 where there are no others."""
    others = np.delete(q, chosen)
    return float(q[chosen] - others.max()) if len(others) else 0.0


def _things_seen(
    observation: Observation, characters: Sequence[str], board_shape: tuple[int, int], seen: Any
) -> list[tuple[str, list[int]]]:
    """(name, its places in the inputs) of all that is not nothing: cells of the picture, kinds on the radar, free cells."""
    height, width = board_shape
    things: list[tuple[str, list[int]]] = []
    edge = []
    for place in np.flatnonzero(observation.cells).tolist():
        symbol = int(observation.cells[place])
        if symbol == OFF_BOARD:
            edge.append(place)
        else:
            where = _where(place, height, width, whole=seen is not None and seen.board)
            things.append((f"{_character(symbol, characters)} ({where})", [place]))
    if edge:
        things.append(("the edge of the board", edge))
    for symbol, where, place in far_things(observation):
        things.append((f"{_character(symbol, characters)} ({where})", [len(observation.cells) + place]))
    first = len(observation.cells) + observation.n_far
    for number, character in enumerate(characters[: len(observation.radar) // 2]):
        places = [first + 2 * number, first + 2 * number + 1]
        if character in FREE_CELLS:
            sides = zip(FREE_CELLS[character], places)
            things += [(name, [place]) for name, place in sides if observation.inputs[place]]
        elif observation.inputs[places].any():
            things.append((_reading_of(character, seen), places))
    return things


def _reading_of(character: str, seen: Any) -> str:
    if character in (ME, PLACE):
        return "its last step" if character == ME else "its own place on the board"
    if character.startswith(STEP_OF):
        return f"the last {character}"
    if character.startswith(RHYTHM_OF):
        return f"the {character}"
    if seen is not None and seen.kinds:
        return f"how many {character} there are" + ", and how far the first has come" * bool(seen.flow)
    if character == UNSEEN:
        return "the way to what it never saw"
    if seen is not None and (seen.way_around or seen.sight) and character not in (seen.way_around or ()):
        return f"the way to the nearest {character}"
    which = f"the next {character} to arrive" if seen is not None and seen.flow else f"the nearest {character}"
    return f"{which} on the radar"


def _character(symbol: int, characters: Sequence[str]) -> str:
    place = symbol - FIRST_CHARACTER
    if not 0 <= place < len(characters):
        return f"symbol {symbol}"
    return "itself" if characters[place] == ME else characters[place]


def _where(place: int, height: int, width: int, whole: bool) -> str:
    """In the whole board, or in a window, as seen from its middle."""
    row, column = divmod(place, width)
    if whole:
        return f"column {column + 1}, row {row + 1}"
    down, right = row - height // 2, column - width // 2
    parts = [f"{abs(down)} {'below' if down > 0 else 'above'}"] * bool(down)
    parts += [f"{abs(right)} to the {'right' if right > 0 else 'left'}"] * bool(right)
    return ", ".join(parts) or "in the middle"
