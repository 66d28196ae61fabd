"""How an agent sees a game: from the characters on the board to an `Observation`.

Six ways of seeing, which `config.toml` switches on and off:

    board         every cell of the board, where it is
    egocentric    the cells around the character that the agent controls; beyond the edge is a symbol of its own
    far           what is beyond the window, in parts of the board that grow with the distance
    radar         for every kind of character, roughly where the nearest one is; with a flow, the next to arrive
    kinds         for every kind of character, how many there are and how far the first has come (instead of the radar)
    observe_state values of the game's state

With tiles, as in 2048, the whole board is the tiles on it (environment/tiles.py).
"""

from __future__ import annotations

from typing import Any, Callable, Sequence, Tuple

import numpy as np

from retro_gamer.environment.characters import board_size_of, explain, in_colors, visible_cells, without_texts
from retro_gamer.environment.far import FarSight
from retro_gamer.environment.flow import kind_readings, urgency
from retro_gamer.environment.memories import Charts, LastSteps
from retro_gamer.environment.observation import (
    NO_CELLS,
    NO_FEATURES,
    UINT8,
    WHICH,
    Observation,
    ObservationShape,
    as_numbers,
    check_features,
)
from retro_gamer.environment.readings import (
    LONGEST_RHYTHM,
    N_READINGS,
    READINGS_PER_CHARACTER,
    Canvas,
    Painted,
    grid_size,
    note,
    note_nearest,
    radar_reading,
    shortest,
)
from retro_gamer.environment.rooms import Rooms
from retro_gamer.environment.tiles import look_at_tiles, tiles_shape
from retro_gamer.environment.vocabulary import (
    FIRST_CHARACTER,
    ME,
    NOTHING,
    OFF_BOARD,
    PLACE,
    RHYTHM_OF,
    ROOM_ACROSS,
    ROOM_DOWN,
    STEP_OF,
    UNSEEN,
    Vocabulary,
)
from retro_gamer.environment.ways import HERE, N_STEPS, Ways
from retro_gamer.errors import ObservationError

MOST_PLACES = 64  # columns or rows that place tells apart

Pair = Tuple[int, int]


class Encoder:
    """Builds observations straight from a game's characters.

    `board_size` is (width, height); a window has (2 egocentric_radius + 1)^2 cells. `find_player(game)` returns the
    character that the agent controls, or None.

    With `own_symbol` that character is the symbol ME; and what a vocabulary that does not grow does not know is not there,
    and hides nothing. With `last_step` the readings of ME on the radar are the last step of that character. With `room`
    those of ROOM_ACROSS and ROOM_DOWN are the free cells on each side of it: free is what shows nothing, or one of
    `free_characters`. With `place` those of PLACE are its column and row, from 1 on; and cells beyond the edge show
    nothing, for then it is known where the edge is. With `wrap` edges join, "x" left and right, "y" above and below: the
    board is turned until the character is in the middle. With `cell_size`, (width, height), so many columns and rows of the
    board are one cell of all that is seen; what is in it beside the character covers that. `steps_of` are characters whose
    last step is seen, such as a ball; `rhythm_of` are those that move in some turns only, of which it is seen how many
    turns ago the last did.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        board_size: tuple[int, int],
        board: bool,
        egocentric_radius: int,
        radar: bool,
        observe_state: Sequence[str],
        find_player: Callable[[Any], Any],
        own_symbol: bool = False,
        last_step: bool = False,
        kinds: bool = False,
        flow: str = "",
        room: bool = False,
        free_characters: Sequence[str] = (),
        way_around: Sequence[str] = (),
        sight: int = 0,
        texts: bool = True,
        place: bool = False,
        wrap: str = "",
        cell_size: Sequence[int] = (),
        far: bool = False,
        tiles: Sequence[int] = (),
        steps_of: Sequence[str] = (),
        rhythm_of: Sequence[str] = (),
    ):
        self.vocabulary, self.find_player = vocabulary, find_player
        self.own_symbol, self.last_step, self.last_steps = own_symbol, last_step, LastSteps()
        self._me = vocabulary.add(ME) if own_symbol or last_step else NOTHING
        self.rooms: Rooms | None = None
        if room:
            self._across, self._down = vocabulary.add(ROOM_ACROSS), vocabulary.add(ROOM_DOWN)
            if self._down:  # there was a number left for it
                self.rooms = Rooms(map(vocabulary.add, free_characters))
        self.charts: Charts | None = None
        self.ways: Ways | None = None
        if radar and (way_around or sight):
            self.ways = Ways(map(vocabulary.add, way_around), self._me)
            unseen = vocabulary.add(UNSEEN) if sight else NOTHING
            if unseen:
                self.charts = Charts(sight, unseen)
        self.board, self.radius, self.radar = board, 0 if board else egocentric_radius, radar
        self.far_sight = FarSight(self.radius) if far and not board else None
        self.kinds, self.flow, self._urgency = kinds, flow, urgency(flow) if flow else None
        self._in_colors = any(shown[1:2] == " " for shown in vocabulary.characters)
        self.texts, self.tiles, self.wrap = texts, tiles, wrap
        self.cell_size = tuple(cell_size)
        self.place = vocabulary.add(PLACE) if place else NOTHING
        self._stepping = {shown: vocabulary.add(STEP_OF + shown) for shown in steps_of}
        self._rhythms = {shown: vocabulary.add(RHYTHM_OF + shown) for shown in rhythm_of}
        self.has_readings = bool(radar or last_step or kinds or self.rooms or self.place or steps_of or rhythm_of)
        if self.has_readings:
            # The first layer has as many rows for an input as there are symbols; a reading needs one for each value.
            side = min(1 + max(board_size), MOST_PLACES) if place else 0
            vocabulary.make_room(max(N_STEPS if self.ways else N_READINGS, side))
        self.observe_state = list(observe_state)
        self.feature_names: list[str] = []  # once a state was seen
        self._values = [named.partition(WHICH)[:2] for named in observe_state]
        self.n_features: int | None = None if self.observe_state else 0
        self._last_position: tuple[int, int] | None = None
        self._set_board_size(board_size)

    def _set_board_size(self, board_size: tuple[int, int]) -> None:
        """Prepare a blank board, framed with `radius` off-board cells on each side: a window never leaves it."""
        self.board_size, radius = board_size, self.radius
        self.seen_size = width, height = grid_size(board_size, self.cell_size)
        beyond = OFF_BOARD if not self.place else NOTHING
        blank = np.full((height + 2 * radius, width + 2 * radius), beyond, np.uint8)
        blank[radius : radius + height, radius : radius + width] = 0
        self._blank, self._framed_shape = blank.tobytes(), blank.shape
        self._first = radius * blank.shape[1] + radius  # of the cells that are on the board

    @property
    def shape(self) -> ObservationShape:
        """The sizes of an observation; with a vocabulary that grows, they do too."""
        side = 2 * self.radius + 1
        board_shape = (side, side) if self.radius else (0, 0)
        if self.board:
            board_shape = tiles_shape(self.tiles) if self.tiles else self.board_size[::-1]
        n_cells, n_symbols = board_shape[0] * board_shape[1], self.vocabulary.n_symbols
        if self.far_sight is not None:
            n_cells += self.far_sight.n_parts
        if self.has_readings:
            n_cells += READINGS_PER_CHARACTER * (n_symbols - FIRST_CHARACTER)
        return ObservationShape(n_cells, n_symbols, self.n_features or 0, board_shape)

    @property
    def remembers(self) -> bool:
        """Whether what it sees follows from what it saw before, so that it must look each turn."""
        return self.last_step or bool(self._stepping or self._rhythms) or self.charts is not None

    def observe(self, game: Any, character: Any = None) -> Observation:
        """The observation of `game`, seen from `character` (default: the one that the keys control).

        Raises ObservationError when the board has another size than a whole board must have, or something on it or in
        the observed state cannot be read.
        """
        if game.board_size != self.board_size:
            self._other_board(board_size_of(game))
        try:
            inputs, n_readings, n_far = self._look(game, character)
        except (TypeError, ValueError, AttributeError) as error:
            raise explain(game, error) from error
        return Observation(inputs, self.features(game.state) if self.observe_state else NO_FEATURES, n_readings, n_far)

    def _look(self, game: Any, character: Any) -> tuple[np.ndarray, int, int]:
        """The cells, then what is far, then the radar's readings; how many readings, and how many parts far away."""
        if self.tiles:
            return look_at_tiles(game.agents, self.board_size, self.tiles, self.vocabulary), 0, 0
        if not (self.radius or self.has_readings or self.own_symbol or self.far_sight):
            if not self.board:
                return NO_CELLS, 0, 0
            characters = game.agents if self.texts else without_texts(game.agents)
            return np.frombuffer(self._paint(self._cells(characters)), UINT8), 0, 0
        player = character if character is not None else self.find_player(game)
        center = self._center(player)
        characters = game.agents if self.texts else without_texts(game.agents, player)
        # A crowd: most are out of sight.
        if (
            self.radius
            and not (self.wrap or self.cell_size or self.radar or self.kinds or self.rooms)
            and not (self.far_sight or self._stepping or self._rhythms)
            and len(characters) > (2 * self.radius + 1) ** 2
        ):
            characters = self._near(characters, center)
        painted = list(self._cells(characters))
        is_there = player is not None and tuple(player.position) == center
        if self.cell_size:
            painted, center = self._in_cells(painted, center, player)
        place = center
        if self.wrap:
            painted, center = self._turned(painted, center)
        cells: Any = self._paint_with_me(painted, player) if self.own_symbol else self._paint(painted)
        room, ways = [], {}
        if self.rooms is not None or self.ways is not None:
            canvas = Canvas(cells, self._first, self._framed_shape[1], self.seen_size)
            room = self.rooms.readings(canvas, center) if is_there and self.rooms is not None else []
            ways = self._way_readings(canvas, painted, game, player, center) if is_there else {}
        if self.radius:
            (x, y), side = center, 2 * self.radius + 1
            framed = np.frombuffer(cells, UINT8).reshape(self._framed_shape)
            cells = framed[y : y + side, x : x + side].tobytes()
        elif not self.board:
            cells = b""
        far = self.far_sight.look(painted, player, center, self.vocabulary) if self.far_sight else b""
        n_kinds = self.vocabulary.n_symbols - FIRST_CHARACTER if self.has_readings else 0
        readings = bytearray(READINGS_PER_CHARACTER * n_kinds)
        if self.radar:
            seen = painted if self.ways is None else self.ways.only_barriers(painted, player, self.vocabulary)
            note_nearest(readings, seen, player, center, self.vocabulary, self._urgency)
        if self.kinds:
            self._note_kinds(readings, painted, player)
        for symbol, (steps, length) in ways.items():
            note(readings, symbol, steps, length)
        if self.last_step and player is not None:
            self._note_step(readings, self._me, game, player)
        if self._stepping:
            for character, _, _, shown in painted:
                if shown in self._stepping and character is not player:
                    self._note_step(readings, self._stepping[shown], game, character)
        if self._rhythms:
            self._note_rhythms(readings, game, painted)
        if self.place:
            most = self.vocabulary.n_symbols - 1  # less than the columns of a board larger than in training
            note(readings, self.place, min(1 + place[0], most), min(1 + place[1], most))
        if room:
            note(readings, self._across, room[0], room[1])
            note(readings, self._down, room[2], room[3])
        return np.frombuffer(cells + far + readings, UINT8), len(readings), len(far)

    def _cells(self, characters: Sequence[Any]) -> Painted:
        """What shows in each cell, in paint order; with its color where the vocabulary knows it so, as in "o red"."""
        cells = visible_cells(characters, self.board_size)
        return in_colors(cells, self.vocabulary) if self._in_colors else cells

    def _center(self, player: Any) -> tuple[int, int]:
        """Where the player is; where it was last, when it is gone or off the board."""
        width, height = self.board_size
        if player is not None:
            x, y = player.position
            if 0 <= x < width and 0 <= y < height:
                self._last_position = (x, y)
        if self._last_position is None or not (self._last_position[0] < width and self._last_position[1] < height):
            self._last_position = (width // 2, height // 2)
        return self._last_position

    def _paint(self, painted: Painted) -> bytearray:
        """The symbol in each cell of the framed board, row by row: what is painted later covers what is there."""
        canvas = bytearray(self._blank)
        first, stride, symbols = self._first, self._framed_shape[1], self.vocabulary
        for _, x, y, shown in painted:
            canvas[first + y * stride + x] = symbols[shown]
        return canvas

    def _paint_with_me(self, painted: Painted, player: Any) -> bytearray:
        """The same, where the player is ME, and what training never saw is not there."""
        canvas = bytearray(self._blank)
        first, stride, symbols = self._first, self._framed_shape[1], self.vocabulary
        for character, x, y, shown in painted:
            if character is player:
                if not isinstance(shown, str) or len(shown) > 1 and shown not in symbols:
                    # Which one it is does not matter, but it must be one.
                    raise ValueError("not one character")
                hole = shown == " " and getattr(player, "size", None) is not None
                symbol = NOTHING if hole else self._me
            else:
                symbol = symbols[shown]
                if not symbol and shown not in symbols:
                    continue
            canvas[first + y * stride + x] = symbol
        return canvas

    def _note_step(self, readings: bytearray, symbol: int, game: Any, character: Any) -> None:
        """In the place of a symbol the last step of a character; 0 while it is not known."""
        step = self.last_steps.of(game, character)
        if step is not None and symbol:
            along = zip(step, self.board_size, self.cell_size or (1, 1), "xy")
            dx, dy = (
                round((shortest(by, size) if edges in self.wrap else by) / of_cell) for by, size, of_cell, edges in along
            )
            note(readings, symbol, radar_reading(dx), radar_reading(dy))

    def _note_rhythms(self, readings: bytearray, game: Any, painted: Painted) -> None:
        """For each character that has a rhythm, 1 + the turns since one of these moved; 0 while none has."""
        since: dict[str, int] = {}
        for character, _, _, shown in painted:
            if shown in self._rhythms:
                turns = self.last_steps.turns_since(game, character)
                if turns is not None:
                    since[shown] = min(turns, since.get(shown, LONGEST_RHYTHM - 1))
        for shown, turns in since.items():
            note(readings, self._rhythms[shown], 1 + turns, 0)

    def _note_kinds(self, readings: bytearray, painted: Painted, player: Any) -> None:
        """For each kind how many there are, and how far the first of them has come."""
        symbols = self.vocabulary
        places = [(symbols[shown], x, y) for character, x, y, shown in painted if character is not player]
        for symbol, pair in kind_readings(places, self.flow, self.seen_size).items():
            note(readings, symbol, *pair)

    def _in_cells(self, painted: Painted, center: Pair, player: Any) -> tuple[list[Any], Pair]:
        """The same in cells of this size: the player first, so that what is there with it covers it."""
        wide, high = self.cell_size
        cells = [(one, x // wide, y // high, shown) for one, x, y, shown in painted]
        cells.sort(key=lambda cell: cell[0] is not player)
        return cells, (center[0] // wide, center[1] // high)

    def _turned(self, painted: Painted, center: Pair) -> tuple[list[Any], Pair]:
        """The same where edges join: turned until the center is in the middle of the board."""
        (width, height), (x, y) = self.seen_size, center
        dx = width // 2 - x if "x" in self.wrap else 0
        dy = height // 2 - y if "y" in self.wrap else 0
        turned = [(one, (x + dx) % width, (y + dy) % height, shown) for one, x, y, shown in painted]
        return turned, (x + dx, y + dy)

    def _way_readings(
        self, canvas: Canvas, painted: Painted, game: Any, player: Any, position: Pair
    ) -> dict[int, tuple[int, int]]:
        """By symbol, how the shortest walks of the player begin and how long they are."""
        if self.ways is None:
            return {}
        if self.charts is not None:
            canvas = self.charts.look(game, player, canvas, position)
        n_symbols = FIRST_CHARACTER + len(self.vocabulary.characters)
        told = self.ways.readings(canvas, position, n_symbols)
        for symbol in self.ways.here(painted, player, position, self.vocabulary):
            if self.ways.is_told(symbol):
                told[symbol] = 0, HERE
        return told

    def _near(self, characters: Sequence[Any], center: tuple[int, int]) -> list[Any]:
        # Not game.get_agents_by_position(): it may be from before the last move, and asking could change the next turn.
        (center_x, center_y), radius = center, self.radius
        near = []
        for character in characters:
            if getattr(character, "display", True):
                x, y = character.position
                in_sight = abs(x - center_x) <= radius and abs(y - center_y) <= radius
                if in_sight or getattr(character, "size", None) is not None:
                    near.append(character)
        return near

    def features(self, state: Any) -> np.ndarray:
        """The observed state values as one vector [n_features] float32; lists, tuples and texts are several numbers.

        Raises ObservationError for a value that is missing or is neither.
        """
        values: list[float] = []
        ends = [0]  # of each value among the numbers
        for key, which in self._values:
            if key not in state:
                raise ObservationError(
                    f"observe_state names {key!r}, but the game's state has no such value. It has: "
                    f"{', '.join(map(str, state)) or 'nothing'}."
                )
            value = state[key]
            try:
                values.extend(as_numbers(f"{value}:" if which else value))
                ends.append(len(values))
            except (TypeError, ValueError, OverflowError):
                raise ObservationError(
                    f"observe_state names {key!r}, whose value is {value!r:.200}: not a number, or one too large. Only "
                    "numbers, lists of numbers and words can be observed."
                ) from None
        with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused
            features = np.array(values, np.float32)
        if self.n_features is None:
            self.n_features = len(features)
        if not self.feature_names:
            parts = zip(self.observe_state, ends, ends[1:])
            self.feature_names = [
                named if end == begin + 1 else f"{named} {i}"
                for named, begin, end in parts
                for i in range(1, end - begin + 1)
            ]
        return check_features(features, self.n_features)

    def _other_board(self, board_size: tuple[int, int]) -> None:
        if board_size == self.board_size:
            return
        if self.board:
            raise ObservationError(
                "The board is {}x{}, but this agent sees a whole board of {}x{}: a network with board = true works on "
                "boards of one size only. Train on a board of this size, or with egocentric_radius = 4 and board = "
                "false, which works on any.".format(*board_size, *self.board_size)
            )
        self._set_board_size(board_size)
