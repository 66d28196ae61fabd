"""What the agent sees: a game turned into small numbers.

Four encoders, which `config.toml` switches on and off:

    board         every cell of the board, where it is
    egocentric    the cells around the character that the agent controls; beyond the edge is a symbol of its own
    radar         for every kind of character, roughly where the nearest one is
    observe_state values of the game's state
"""

from __future__ import annotations

from operator import index
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from retro_gamer.environment.vocabulary import FIRST_CHARACTER, OFF_BOARD, Vocabulary
from retro_gamer.errors import ObservationError


class Observation(NamedTuple):
    """What is seen in one turn."""

    cells: np.ndarray  # [n_cells] uint8: symbol numbers, 0 for nothing there; then the radar's readings
    features: np.ndarray  # [n_features] float32; uint8 of a Gymnasium picture


class ObservationShape(NamedTuple):
    """The sizes that a network needs to know."""

    n_cells: int
    n_symbols: int
    n_features: int
    board_shape: Tuple[
        int, int
    ]  # (height, width) of the part of the cells that is a picture; (0, 0) for none


def widened(observation: Observation, n_cells: int) -> Observation:
    """An observation from before a new character made them longer: the new cells have nothing in them."""
    if len(observation.cells) >= n_cells:
        return observation
    cells = np.zeros(n_cells, np.uint8)
    cells[: len(observation.cells)] = observation.cells
    return observation._replace(cells=cells)


MAX_BOARD_SIDE = 4096
UINT8 = np.dtype(np.uint8)  # sooner understood than np.uint8, which NumPy has to look up each time
NO_CELLS = np.zeros(0, UINT8)
NO_FEATURES = np.zeros(0, np.float32)
Painted = Tuple[
    Any, int, int, int
]  # a character of the game, and the symbol, x and y of a cell that it covers

# The radar's reading of a distance: 5 is zero; 6, 7, 8, 9 are 1, 2-3, 4-7 and 8 or more cells to the right or
# below; 4, 3, 2, 1 the same to the left or above. 0: no such character.
READINGS_PER_CHARACTER = 2
N_READINGS = 10


def radar_reading(distance: int) -> int:
    size = min(4, abs(distance).bit_length())
    return 5 + size if distance > 0 else 5 - size


class Encoder:
    """Builds observations straight from a game's characters.

    `find_player(game)` returns the character the agent controls; only the window and the radar need it.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        board_size: Tuple[int, int],
        board: bool,
        egocentric_radius: int,
        radar: bool,
        observe_state: Sequence[str],
        find_player: Callable[[Any], Any],
    ):
        self.vocabulary, self.find_player = vocabulary, find_player
        self.board, self.radius, self.radar = board, egocentric_radius, radar
        if radar:
            vocabulary.make_room(N_READINGS)  # they are symbols too
        self.observe_state = list(observe_state)
        self.n_features: Optional[int] = None if self.observe_state else 0
        self._readings: Dict[int, int] = {d: radar_reading(d) for d in range(-512, 513)}
        self._last_position: Optional[Tuple[int, int]] = None
        self._set_board_size(board_size)

    def _set_board_size(self, board_size: Tuple[int, int]) -> None:
        """Prepare a blank board with a border of `radius` off-board cells."""
        self.board_size = width, height = board_size
        radius = self.radius
        blank = np.full((height + 2 * radius, width + 2 * radius), OFF_BOARD, np.uint8)
        blank[radius : radius + height, radius : radius + width] = 0
        self._blank = blank.tobytes()
        self._padded_shape = blank.shape

    @property
    def shape(self) -> ObservationShape:
        side = 2 * self.radius + 1
        board_shape = (
            (self.board_size[1], self.board_size[0])
            if self.board
            else (side, side)
            if self.radius
            else (0, 0)
        )
        n_cells = board_shape[0] * board_shape[1]
        if self.radar:
            n_cells += READINGS_PER_CHARACTER * (self.vocabulary.n_symbols - FIRST_CHARACTER)
        return ObservationShape(n_cells, self.vocabulary.n_symbols, self.n_features or 0, board_shape)

    def observe(self, game: Any, agent: Any = None) -> Observation:
        """The observation of `game`, seen from `agent` (default: the character that the keys control)."""
        if game.board_size != self.board_size:
            self._other_board(board_size_of(game))
        try:
            cells = self._cells(game, agent)
        except (TypeError, ValueError, AttributeError) as error:
            raise explain(game, error) from error
        return Observation(cells, self.features(game.state) if self.observe_state else NO_FEATURES)

    def _cells(self, game: Any, agent: Any) -> np.ndarray:
        if self.board and not self.radar:
            return np.frombuffer(self._paint(game), UINT8)
        if not (self.board or self.radius or self.radar):
            return NO_CELLS
        player = agent if agent is not None else self.find_player(game)
        center = self._center(player)
        if self.radius and not self.radar and len(game.agents) > (2 * self.radius + 1) ** 2:
            return self._look_around(game, center)
        painted: Optional[List[Painted]] = [] if self.radar else None
        view = np.frombuffer(self._paint(game, painted), UINT8)
        if self.radius:
            x, y = center
            side = 2 * self.radius + 1
            view = view.reshape(self._padded_shape)[y : y + side, x : x + side]
        elif not self.board:
            view = NO_CELLS
        if painted is None:
            return view.ravel()
        return np.frombuffer(view.tobytes() + self._radar_readings(painted, player, center), UINT8)

    def _center(self, player: Any) -> Tuple[int, int]:
        """Where the player is; where it was last, when it is gone or off the board."""
        width, height = self.board_size
        if player is not None:
            x, y = player.position
            if 0 <= x < width and 0 <= y < height:
                self._last_position = (x, y)
        if self._last_position is None or not (
            self._last_position[0] < width and self._last_position[1] < height
        ):
            self._last_position = (width // 2, height // 2)
        return self._last_position

    def _paint(self, game: Any, painted: Optional[List[Painted]] = None) -> bytearray:
        """Paint all characters on a blank board; `painted`, for the radar, gets what was painted, in this order."""
        canvas = bytearray(self._blank)
        width, height = self.board_size
        stride, radius, symbols = self._padded_shape[1], self.radius, self.vocabulary
        origin = radius * stride + radius
        for agent in in_paint_order(game.agents):
            if not getattr(agent, "display", True):
                continue
            if getattr(agent, "size", None) is None:  # nearly always: soon done
                (x, y), character = agent.position, agent.character
                if 0 <= x < width and 0 <= y < height:
                    canvas[origin + y * stride + x] = symbol = symbols[character]
                    if painted is not None:
                        painted.append((agent, symbol, x, y))
                continue
            for (x, y), character in tuple(cells_of(agent)):
                if 0 <= x < width and 0 <= y < height:
                    canvas[origin + y * stride + x] = symbol = symbols[character]
                    if painted is not None:
                        painted.append((agent, symbol, x, y))
        return canvas

    def _radar_readings(self, painted: List[Painted], player: Any, center: Tuple[int, int]) -> bytes:
        """Where the nearest of each kind of character is; of several equally near ones, the one painted last."""
        center_x, center_y = center
        nearest: Dict[int, Tuple[int, int, int]] = {}  # symbol -> (distance, dx, dy)
        for agent, symbol, x, y in painted:
            if agent is not player:
                dx, dy = x - center_x, y - center_y
                distance = abs(dx) + abs(dy)
                best = nearest.get(symbol)
                if best is None or distance <= best[0]:
                    nearest[symbol] = (distance, dx, dy)
        readings = bytearray(READINGS_PER_CHARACTER * (self.vocabulary.n_symbols - FIRST_CHARACTER))
        for symbol, (_, dx, dy) in nearest.items():
            if symbol >= FIRST_CHARACTER:
                place = READINGS_PER_CHARACTER * (symbol - FIRST_CHARACTER)
                readings[place] = self._reading(dx)
                readings[place + 1] = self._reading(dy)
        return bytes(readings)

    def _reading(self, distance: int) -> int:
        reading = self._readings.get(distance)
        return radar_reading(int(distance)) if reading is None else reading

    def _look_around(self, game: Any, center: Tuple[int, int]) -> np.ndarray:
        """The window alone, when the game has more characters than the window has cells: only what is near is painted."""
        # Not game.get_agents_by_position(): it may be from before the last move, and asking could change the next turn.
        width, height = self.board_size
        radius, symbols = self.radius, self.vocabulary
        left, top = center[0] - radius, center[1] - radius
        right, bottom = center[0] + radius, center[1] + radius
        near = []
        for agent in game.agents:
            if getattr(agent, "display", True):
                x, y = agent.position
                if (left <= x <= right and top <= y <= bottom) or getattr(agent, "size", None) is not None:
                    near.append(agent)
        side = 2 * radius + 1
        blank = np.frombuffer(self._blank, np.uint8).reshape(self._padded_shape)
        window = bytearray(blank[center[1] : center[1] + side, center[0] : center[0] + side].tobytes())
        for agent in in_paint_order(near):
            for (x, y), character in cells_of(agent):
                if left <= x <= right and top <= y <= bottom and 0 <= x < width and 0 <= y < height:
                    window[(y - top) * side + x - left] = symbols[character]
        return np.frombuffer(window, np.uint8)

    def features(self, state: Any) -> np.ndarray:
        """The observed state values as one vector [n_features]; lists and tuples count value by value."""
        values: List[float] = []
        for key in self.observe_state:
            if key not in state:
                raise ObservationError(
                    f"observe_state names {key!r}, but the game's state has no such value. It has: "
                    f"{', '.join(map(str, state)) or 'nothing'}."
                )
            value = state[key]
            try:
                values.extend(map(as_number, value if isinstance(value, (list, tuple)) else [value]))
            except (TypeError, ValueError, OverflowError):
                raise ObservationError(
                    f"observe_state names {key!r}, whose value is {value!r:.200}: not a number, or one too large. Only "
                    "numbers, or lists of numbers, can be observed."
                ) from None
        with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused
            features = np.array(values, np.float32)
        if self.n_features is None:
            self.n_features = len(features)
        return check_features(features, self.n_features)

    def _other_board(self, board_size: Tuple[int, int]) -> None:
        if board_size == self.board_size:
            return
        if self.board:
            raise ObservationError(
                "The board is {}x{}, but this agent sees a whole board of {}x{}: a network with board = true works on "
                "boards of one size only. Train on a board of this size, or with egocentric_radius = 4 and board = "
                "false, which works on any.".format(*board_size, *self.board_size)
            )
        self._set_board_size(board_size)


def board_size_of(game: Any) -> Tuple[int, int]:
    """(width, height) of a game's board; raises ObservationError when it is not a size."""
    try:
        width, height = map(index, game.board_size)
        if 1 <= width <= MAX_BOARD_SIDE and 1 <= height <= MAX_BOARD_SIDE:
            return width, height
    except (TypeError, ValueError):
        pass
    raise ObservationError(
        f"The game's board_size is {game.board_size!r:.100}. It is (width, height): two whole numbers "
        f"from 1 to {MAX_BOARD_SIDE}."
    )


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


def in_paint_order(agents: Sequence[Any]) -> Iterable[Any]:
    """The agents in an order in which to paint them: the highest z last, and of equal ones the first in the list."""
    for agent in agents:
        if getattr(agent, "z", 0):
            return sorted(reversed(agents), key=_height)
    return reversed(agents)


def _height(agent: Any) -> Any:
    return getattr(agent, "z", 0) or 0


def shown_characters(game: Any) -> Dict[Tuple[int, int], str]:
    """Which character shows in each occupied cell of the board."""
    width, height = game.board_size
    shown: Dict[Tuple[int, int], str] = {}
    try:
        for agent in in_paint_order(game.agents):
            if getattr(agent, "display", True):
                for (x, y), character in cells_of(agent):
                    if 0 <= x < width and 0 <= y < height:
                        shown[x, y] = character
    except (TypeError, ValueError, AttributeError) as error:
        raise explain(game, error) from error
    return shown


def check_characters(game: Any, characters: Iterable[Any]) -> None:
    """Raise ObservationError for what cannot be shown in one cell of the board, naming whose it is."""
    for character in characters:
        if not isinstance(character, str) or len(character) > 1:
            raise explain(
                game,
                ObservationError(
                    f'A cell of the board shows {character!r:.200}, but it can show one character only, like "@".'
                ),
            )


def check_features(features: np.ndarray, n_features: int) -> np.ndarray:
    """The same vector, if it has the length it should have and only ordinary numbers."""
    if len(features) != n_features:
        raise ObservationError(
            f"The observation changed its length: it had {n_features} numbers, now it has {len(features)}. A network has "
            "a fixed number of inputs; make the game or the observation function always give as many."
        )
    if not np.isfinite(features).all():
        raise ObservationError(
            f"The observation contains {features[~np.isfinite(features)][0]}, which is not an ordinary number. Look for "
            "a division by zero where the game computes it."
        )
    return features


def custom_observation(value: Any, n_features: Optional[int], tabular: bool) -> Any:
    """What an observation function returned, ready for the agent.

    A tabular agent takes any hashable value as it is. A network needs a flat vector of numbers.
    """
    if tabular:
        return value
    try:
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "biuf":
            raise TypeError
        with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused
            features = numbers.astype(np.float32)
    except (TypeError, ValueError):
        raise ObservationError(
            f"The observation function returned {value!r:.200}, which a network cannot read. Return a list of numbers, or "
            'use algorithm = "q_learning".'
        ) from None
    if features.ndim != 1:
        raise ObservationError(
            f"The observation function returned numbers of shape {features.shape}; a network needs one flat list. "
            "numpy.ravel makes one."
        )
    return Observation(
        NO_CELLS, check_features(features, len(features) if n_features is None else n_features)
    )


def as_number(value: Any) -> float:
    """A state value as a float; raises TypeError, ValueError or OverflowError. Text is not a number, not even "5"."""
    if isinstance(value, str):
        raise TypeError
    return float(value)


def explain(game: Any, error: Exception) -> Exception:
    """The error again, naming the character whose position or appearance is at fault where there is one."""
    if not isinstance(game.state, dict):
        return ObservationError(
            f"The game's state is {game.state!r:.100}. It must be a dict, like {{'score': 0}}."
        )
    if not isinstance(game.agents, (list, tuple)):
        return ObservationError(
            f"game.agents is {game.agents!r:.100}, not a list. Use game.add_agent and game.remove_agent."
        )
    for agent in game.agents:
        if not getattr(agent, "display", True):
            continue
        name = getattr(agent, "name", type(agent).__name__)
        position = getattr(agent, "position", None)
        try:
            x, y = position  # type: ignore[misc]
            index(x), index(y)
        except (TypeError, ValueError):
            return ObservationError(
                f"The character {name!r} has position {position!r}. A position is a pair of whole numbers, like (3, 4): "
                "round(x) makes one."
            )
        character = getattr(agent, "character", None)
        if getattr(agent, "size", None) is None and not (isinstance(character, str) and len(character) < 2):
            return ObservationError(
                f'The character {name!r} is drawn as {character!r:.200}. It must be one character in quotes, like "@"; '
                "what is larger needs a size too, like (3, 1)."
            )
    if isinstance(error, ObservationError):
        return error
    return ObservationError(f"The characters on the board cannot be read ({type(error).__name__}: {error}).")
