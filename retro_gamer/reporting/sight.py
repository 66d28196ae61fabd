"""What an observation shows, in words and pictures that people can read."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import numpy as np

from retro_gamer.environment.base import Environment
from retro_gamer.environment.encoder import Encoder
from retro_gamer.environment.far import far_parts
from retro_gamer.environment.flow import COUNTS, LEVELS
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.rooms import FREE_CELLS, WORDS
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ME, OFF_BOARD, PLACE, RHYTHM_OF, STEP_OF, UNSEEN
from retro_gamer.environment.ways import Ways, walk_in_words

OFF_BOARD_SHOWN = "▒"
ME_SHOWN = "●"
# The radar's readings of a distance (environment/encoder.py), to the right or below: above, to the left, they mirror.
DISTANCES = {5: "0", 6: "1", 7: "2-3", 8: "4-7", 9: "8 or more", 4: "1", 3: "2-3", 2: "4-7", 1: "8 or more"}


class Sight(NamedTuple):
    """One observation. What is not observed is empty."""

    board: list[str]  # rows of the window or the whole board
    # (the nearest of a character, where it is); and what else is read there or far away.
    radar: list[tuple[str, str]]
    numbers: list[tuple[str, float]]  # (name, value)


def inputs_in_words(seen: Any, observation_function: str, of_environment: bool) -> list[str]:
    """What a policy is shown. `seen` are the settings of [preprocessing], or a description that has them."""
    if of_environment:
        return ["what the environment tells"]
    if observation_function:
        return [observation_function]
    side = 2 * seen.egocentric_radius + 1
    parts = [f"a window of {side} x {side} cells"] * (side > 1)
    board = "tiles, and which are equal" if seen.tiles else "the whole board"
    parts += [board] * seen.board + ["what is beyond it, roughly"] * bool(seen.far)
    parts += ["a radar"] * seen.radar
    parts += ["the shortest walks"] * bool(seen.radar and (seen.way_around or seen.sight))
    parts += ["how many of each kind there are"] * bool(seen.kinds)
    parts += ["the first of each"] * bool(seen.kinds and seen.flow)
    parts += ["what is across the edges"] * bool(seen.wrap)
    parts += [f"cells of {' x '.join(map(str, seen.cell_size or ()))} as one"] * bool(seen.cell_size)
    parts += ["the free cells on each side"] * bool(seen.room)
    parts += ["its own column and row"] * bool(seen.place)
    parts += ["the last " + STEP_OF + shown for shown in seen.steps_of or ()]
    parts += ["the " + RHYTHM_OF + shown for shown in seen.rhythm_of or ()]
    return [*parts, *seen.observe_state]


def sight_of(environment: Environment, observation: Any) -> Sight:
    """The parts of an observation that a policy of this environment is shown."""
    if not isinstance(observation, Observation):  # a table with an observation function of its own
        return Sight([], [], [("state", value) for value in _flat(observation)])
    encoder = getattr(environment, "encoder", None)
    return _sight(observation, environment.shape.board_shape, environment.characters, encoder)


def sight_of_team(encoder: Encoder, characters: Sequence[str], observation: Observation) -> Sight:
    """What a member of a team is shown; `characters` are those that the symbols stand for from its side."""
    return _sight(observation, encoder.shape.board_shape, characters, encoder)


def _sight(observation: Observation, shape: tuple[int, int], characters: Sequence[str], encoder: Encoder | None) -> Sight:
    rows = observation.cells.reshape(shape).tolist()
    board = [[symbol_shown(number, characters).split(" ")[0] or " " for number in row] for row in rows]  # of "o red" the o
    if encoder is not None and encoder.tiles:  # which may be several letters wide
        width = max(map(len, characters), default=1)
        board = [[shown.center(width) for shown in row] for row in board]
    observed, kinds, flow = ([], False, "") if encoder is None else (encoder.feature_names, encoder.kinds, encoder.flow)
    if kinds:
        readings = _kinds(observation.radar, characters, flow)
    else:
        readings = _radar(observation.radar, characters, flow, None if encoder is None else encoder.ways)
    readings += _free_cells(observation.radar, characters)
    readings += [(f"{symbol_shown(symbol, characters)} far away", where) for symbol, where, _ in far_things(observation)]
    return Sight(["".join(row) for row in board], readings, _numbers(observation, observed))


def far_things(observation: Observation) -> list[tuple[int, str, int]]:
    """(symbol, where it is, its place among the parts) of all that is seen beyond the window."""
    if not observation.n_far:
        return []
    parts = far_parts(int(len(observation.cells) ** 0.5) // 2)
    return [
        (symbol, _place_in_words(*parts[place]), place) for place, symbol in enumerate(observation.far.tolist()) if symbol
    ]


def _place_in_words(across: int, down: int) -> str:
    sideways = f"{DISTANCES[across]} to the {'right' if across > 5 else 'left'}"
    upright = f"{DISTANCES[down]} {'below' if down > 5 else 'above'}"
    return ", ".join([sideways] * (across != 5) + [upright] * (down != 5)) or "here"


def action_shown(action: str | None) -> str:
    """A key, short enough for the head of a column."""
    return "none" if action is None else key_shown(action).replace("KEY_", "")


def key_shown(key: str | None) -> str:
    """A key in words: the space bar would not be seen."""
    return "no key" if key is None else "space" if key == " " else str(key)


def symbol_shown(number: int, characters: Sequence[str]) -> str:
    """What stands for a symbol number: its character, a space for nothing, or a shade beyond the edge of the board."""
    if number == OFF_BOARD:
        return OFF_BOARD_SHOWN
    place = number - FIRST_CHARACTER
    if not 0 <= place < len(characters):
        return " "
    return ME_SHOWN if characters[place] == ME else characters[place]


def _radar(readings: np.ndarray, characters: Sequence[str], flow: str, ways: Ways | None) -> list[tuple[str, str]]:
    found = []
    pairs = readings.reshape(-1, 2).tolist()
    for symbol, (character, (across, down)) in enumerate(zip(characters, pairs), FIRST_CHARACTER):
        if character.startswith(RHYTHM_OF) and across:
            turns = f"{across - 1} turn{'s' * (across != 2)} ago"
            found.append((f"the last move of {character[len(RHYTHM_OF) :]}", turns if across > 1 else "now"))
        if not down or character in FREE_CELLS:
            continue
        if character == PLACE:
            found.append(("its own place", f"column {across}, row {down}"))
        elif character == ME or character.startswith(STEP_OF):
            which = "its last step" if character == ME else f"the last {character}"
            found.append((which, _place_in_words(across, down)))
        elif ways is not None and ways.is_told(symbol):
            which = "what it never saw" if character == UNSEEN else f"the nearest {character}"
            found.append((f"the way to {which}", walk_in_words(across, down)))
        else:
            which = f"the next {character} to arrive" if flow else f"the nearest {character}"
            found.append((which, _place_in_words(across, down)))
    return found


def _kinds(readings: np.ndarray, characters: Sequence[str], flow: str) -> list[tuple[str, str]]:
    found = []
    for character, (count, level) in zip(characters, readings.reshape(-1, 2).tolist()):
        if count and len(character) == 1:
            come = f", the first in part {level} of {LEVELS} of the way {flow}" * bool(level)
            found.append((character, f"{COUNTS[count]} there{come}"))
    return found


def _free_cells(readings: np.ndarray, characters: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (side, WORDS[reading])
        for character, pair in zip(characters, readings.reshape(-1, 2).tolist())
        for side, reading in zip(FREE_CELLS.get(character, ()), pair)
    ]


def _numbers(observation: Observation, names: Sequence[str]) -> list[tuple[str, float]]:
    values = observation.features.tolist()
    if len(names) != len(values):
        names = [f"number {i + 1}" for i in range(len(values))]
    return [(name, round(value, 4)) for name, value in zip(names, values)]


def _flat(state: Any) -> list[float]:
    values = state if isinstance(state, (tuple, list)) else [state]
    return [value for value in values if isinstance(value, (int, float))]
