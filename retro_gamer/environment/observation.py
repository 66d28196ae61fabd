"""What the agent sees: a game turned into small numbers.

Four encoders, which `config.toml` switches on and off:

    board         every cell of the board, where it is
    egocentric    the cells around the character that the agent controls; beyond the edge is a symbol of its own
    radar         for every kind of character, roughly where the nearest one is
    observe_state values of the game's state
"""
from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from retro_gamer.environment.vocabulary import FIRST_CHARACTER, OFF_BOARD, Vocabulary
from retro_gamer.errors import ObservationError


class Observation(NamedTuple):
    """What is seen in one turn."""

    cells: np.ndarray  # [n_cells] uint8: symbol numbers, 0 for nothing there; then the radar's readings
    features: np.ndarray  # [n_features] float32


class ObservationShape(NamedTuple):
    """The sizes that a network needs to know."""

    n_cells: int
    n_symbols: int
    n_features: int
    board_shape: Tuple[int, int]  # (height, width) of the part of the cells that is a picture; (0, 0) for none


NO_CELLS = np.zeros(0, np.uint8)
NO_FEATURES = np.zeros(0, np.float32)

# The radar's reading of a distance: 5 is zero; 6, 7, 8, 9 are 1, 2-3, 4-7 and 8 or more cells to the right or
# below; 4, 3, 2, 1 the same to the left or above. 0: no such character.
READINGS_PER_CHARACTER = 2


def radar_reading(distance: int) -> int:
    size = min(4, abs(distance).bit_length())
    return 5 + size if distance > 0 else 5 - size


class Encoder:
    """Builds observations straight from a game's characters.

    `find_player(game)` returns the character the agent controls; only the window and the radar need it.
    """

    def __init__(self, vocabulary: Vocabulary, *, board_size: Tuple[int, int], board: bool, egocentric_radius: int,
                 radar: bool, observe_state: Sequence[str], find_player: Callable[[Any], Any]):
        self.vocabulary, self.find_player = vocabulary, find_player
        self.board, self.radius, self.radar = board, egocentric_radius, radar
        self.observe_state = list(observe_state)
        self.n_symbols = vocabulary.n_symbols
        self.n_features: Optional[int] = None if self.observe_state else 0
        self._readings: Dict[int, int] = {d: radar_reading(d) for d in range(-512, 513)}
        self._last_position: Optional[Tuple[int, int]] = None
        self._set_board_size(board_size)

    def _set_board_size(self, board_size: Tuple[int, int]) -> None:
        """Prepare a blank board with a border of `radius` off-board cells."""
        self.board_size = width, height = board_size
        radius = self.radius
        blank = np.full((height + 2 * radius, width + 2 * radius), OFF_BOARD, np.uint8)
        blank[radius:radius + height, radius:radius + width] = 0
        self._blank = blank.tobytes()
        self._padded_shape = blank.shape

    @property
    def shape(self) -> ObservationShape:
        side = 2 * self.radius + 1
        board_shape = (self.board_size[1], self.board_size[0]) if self.board else (side, side) if self.radius else (0, 0)
        n_cells = board_shape[0] * board_shape[1]
        if self.radar:
            n_cells += READINGS_PER_CHARACTER * (self.n_symbols - FIRST_CHARACTER)
        return ObservationShape(n_cells, self.n_symbols, self.n_features or 0, board_shape)

    def observe(self, game: Any, agent: Any = None) -> Observation:
        """The observation of `game`, seen from `agent` (default: the character that the keys control)."""
        if tuple(game.board_size) != self.board_size:
            self._other_board(tuple(game.board_size))
        try:
            cells = self._cells(game, agent)
        except (TypeError, ValueError, AttributeError) as error:
            raise _explain(game, error) from error
        return Observation(cells, self.features(game.state) if self.observe_state else NO_FEATURES)

    def _cells(self, game: Any, agent: Any) -> np.ndarray:
        if not (self.board or self.radius or self.radar):
            return NO_CELLS
        if self.board and not self.radar:
            return np.frombuffer(self._paint(game, None, (0, 0))[0], np.uint8)
        player = agent if agent is not None else self.find_player(game)
        center = self._center(player)
        if self.radius and not self.radar and len(game.agents) > (2 * self.radius + 1) ** 2:
            return self._look_around(game, center)
        canvas, readings = self._paint(game, player, center)
        view = np.frombuffer(canvas, np.uint8)
        if self.radius:
            x, y = center
            side = 2 * self.radius + 1
            view = view.reshape(self._padded_shape)[y:y + side, x:x + side]
        elif not self.board:
            view = NO_CELLS
        if readings is None:
            return view.ravel()
        return np.frombuffer(view.tobytes() + readings, np.uint8)

    def _center(self, player: Any) -> Tuple[int, int]:
        """Where the player is; where it was last, when it is gone or off the board."""
        width, height = self.board_size
        if player is not None:
            x, y = player.position
            if 0 <= x < width and 0 <= y < height:
                self._last_position = (x, y)
        if self._last_position is None or not (self._last_position[0] < width and self._last_position[1] < height):
            self._last_position = (width // 2, height // 2)
        return self._last_position

    def _paint(self, game: Any, player: Any, center: Tuple[int, int]) -> Tuple[bytearray, Optional[bytes]]:
        """Paint all characters on a blank board; with the radar on, find the nearest of each kind on the way."""
        canvas = bytearray(self._blank)
        width, height = self.board_size
        stride, radius, symbols = self._padded_shape[1], self.radius, self.vocabulary
        origin = radius * stride + radius
        radar = self.radar
        center_x, center_y = center
        nearest: Dict[int, Tuple[int, int, int]] = {}  # symbol -> (distance, dx, dy)
        # Where characters overlap, the highest z shows; of equal ones the first: paint in the opposite order.
        agents = reversed(game.agents)
        if any(getattr(agent, "z", 0) for agent in game.agents):
            agents = iter(sorted(agents, key=lambda agent: getattr(agent, "z", 0) or 0))
        for agent in agents:
            if not getattr(agent, "display", True):
                continue
            if getattr(agent, "size", None) is None:
                parts = ((agent.position, agent.character),)
            else:
                parts = tuple(cells_of(agent))
            for (x, y), character in parts:
                if 0 <= x < width and 0 <= y < height:
                    symbol = symbols[character]
                    canvas[origin + y * stride + x] = symbol
                    if radar and agent is not player:
                        dx, dy = x - center_x, y - center_y
                        distance = abs(dx) + abs(dy)
                        best = nearest.get(symbol)
                        if best is None or distance <= best[0]:
                            nearest[symbol] = (distance, dx, dy)
        if not radar:
            return canvas, None
        self.n_symbols = max(self.n_symbols, symbols.n_symbols)
        readings = bytearray(READINGS_PER_CHARACTER * (self.n_symbols - FIRST_CHARACTER))
        for symbol, (_, dx, dy) in nearest.items():
            if symbol >= FIRST_CHARACTER:
                place = READINGS_PER_CHARACTER * (symbol - FIRST_CHARACTER)
                readings[place] = self._reading(dx)
                readings[place + 1] = self._reading(dy)
        return canvas, bytes(readings)

    def _reading(self, distance: int) -> int:
        reading = self._readings.get(distance)
        return radar_reading(int(distance)) if reading is None else reading

    def _look_around(self, game: Any, center: Tuple[int, int]) -> np.ndarray:
        """The window alone, when the game has more characters than the window has cells."""
        width, height = self.board_size
        # A game keeps this answer for the rest of the turn. Asking must not change what its characters see next.
        kept = getattr(game, "_position_cache", None)
        positions = game.get_agents_by_position()
        if kept is None:
            game._position_cache = None
        symbols, radius = self.vocabulary, self.radius
        center_x, center_y = center
        window = bytearray()
        for y in range(center_y - radius, center_y + radius + 1):
            for x in range(center_x - radius, center_x + radius + 1):
                if not (0 <= x < width and 0 <= y < height):
                    window.append(OFF_BOARD)
                    continue
                there = positions.get((x, y))
                window.append(symbols[top_character(there, (x, y))] if there else 0)
        return np.frombuffer(window, np.uint8)

    def features(self, state: Any) -> np.ndarray:
        """The observed state values as one vector [n_features]; lists and tuples count value by value."""
        values: List[float] = []
        for key in self.observe_state:
            if key not in state:
                raise ObservationError(
                    f"observe_state names {key!r}, but the game's state has no such value. It has: "
                    f"{', '.join(map(str, state)) or 'nothing'}.")
            value = state[key]
            try:
                values.extend(map(float, value if isinstance(value, (list, tuple)) else [value]))
            except (TypeError, ValueError):
                raise ObservationError(
                    f"observe_state names {key!r}, whose value is {value!r}: not a number. Only numbers, or lists of "
                    "numbers, can be observed.") from None
        features = np.array(values, np.float32)
        if self.n_features is None:
            self.n_features = len(features)
        return check_features(features, self.n_features)

    def _other_board(self, board_size: Tuple[int, int]) -> None:
        if self.board:
            raise ObservationError(
                "The board is {}x{}, but this agent sees a whole board of {}x{}: a network with board = true works on "
                "boards of one size only. Train on a board of this size, or with egocentric_radius = 4 and board = "
                "false, which works on any.".format(*board_size, *self.board_size))
        self._set_board_size(board_size)


def cells_of(agent: Any):
    """((x, y), character) of every cell that a character covers, as retro-games draws it."""
    x, y = agent.position
    size = getattr(agent, "size", None)
    if size is None:
        yield (x, y), agent.character
        return
    rows = agent.character
    for dy in range(size[1]):
        for dx in range(size[0]):
            if isinstance(rows, str):
                yield (x + dx, y + dy), rows
            else:
                row = rows[dy] if dy < len(rows) else ""
                yield (x + dx, y + dy), row[dx] if dx < len(row) else " "


def top_character(agents: Sequence[Any], position: Tuple[int, int]) -> str:
    """The character that shows where several agents overlap: the highest z, of equal ones the first."""
    top = max(agents, key=lambda agent: getattr(agent, "z", 0) or 0) if len(agents) > 1 else agents[0]
    if getattr(top, "size", None) is None:
        return top.character
    return dict(cells_of(top))[position]


def check_features(features: np.ndarray, n_features: int) -> np.ndarray:
    """The same vector, if it has the length it should have and only ordinary numbers."""
    if len(features) != n_features:
        raise ObservationError(
            f"The observation changed its length: it had {n_features} numbers, now it has {len(features)}. A network has "
            "a fixed number of inputs; make the game or the observation function always give as many.")
    if not np.isfinite(features).all():
        raise ObservationError(
            f"The observation contains {features[~np.isfinite(features)][0]}, which is not an ordinary number. Look for "
            "a division by zero where the game computes it.")
    return features


def custom_observation(value: Any, n_features: Optional[int], tabular: bool) -> Any:
    """What an observation function returned, ready for the agent.

    A tabular agent takes any hashable value as it is. A network needs a flat vector of numbers.
    """
    if tabular:
        return value
    try:
        features = np.array(value, np.float32)
    except (TypeError, ValueError):
        raise ObservationError(
            f"The observation function returned {value!r:.200}, which a network cannot read. Return a list of numbers, or "
            'use algorithm = "q_learning".') from None
    if features.ndim != 1:
        raise ObservationError(
            f"The observation function returned numbers of shape {features.shape}; a network needs one flat list. "
            "numpy.ravel makes one.")
    return Observation(NO_CELLS, check_features(features, len(features) if n_features is None else n_features))


def _explain(game: Any, error: Exception) -> Exception:
    """The error again, naming the character whose position or appearance is at fault where there is one."""
    for agent in game.agents:
        if not getattr(agent, "display", True):
            continue
        name = getattr(agent, "name", type(agent).__name__)
        position = getattr(agent, "position", None)
        if not (isinstance(position, tuple) and len(position) == 2
                and all(isinstance(number, (int, np.integer)) for number in position)):
            return ObservationError(
                f"The character {name!r} has position {position!r}. A position is a pair of whole numbers, like (3, 4).")
        if getattr(agent, "size", None) is None and not isinstance(getattr(agent, "character", None), str):
            return ObservationError(
                f"The character {name!r} is drawn as {getattr(agent, 'character', None)!r}. It must be one character "
                'in quotes, like "@".')
    return error
