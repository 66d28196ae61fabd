"""Draws a game in any terminal with plain escape codes, or as text where there is no terminal.

It works for the games of both engines, reads them only, and needs nothing but the standard library.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any, Callable, NamedTuple, Sequence, TextIO
from unicodedata import east_asian_width

from retro_gamer.games import occupied_positions
from retro_gamer.games.colors import escape_parameters

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # the other screen buffer, no cursor, no line wrap, clear
LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
_LOG_LINES = 4  # newest messages shown of a game in debug mode

# What stands for a character that the terminal's encoding does not have, where "?" would not do.
_SUBSTITUTES = {"─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", **dict.fromkeys("█▓▒░■▀▄▌▐", "#")}


class _Cell(NamedTuple):
    character: str  # one column wide, or two for a wide character
    color: str | None


def board_lines(game: Any) -> list[str]:
    """The whole board as text: one line per row, one character per cell, a space where nothing is displayed.

    Where agents overlap the highest `z` shows, and of equal ones the first in the list of agents. Positions
    are those of the agents now. Cells off the board are left out.
    """
    width, height = game.board_size
    rows = [[" "] * width for _ in range(height)]
    for (x, y), cell in visible_cells(game).items():
        if 0 <= x < width and 0 <= y < height:
            rows[int(y)][int(x)] = cell.character
    return ["".join(row) for row in rows]


def visible_cells(game: Any) -> dict[tuple[int, int], _Cell]:
    # Not game.get_agents_by_position(): to fill its cache between two turns could change the next one.
    top: dict[tuple[int, int], tuple[int, Any]] = {}
    for agent in game.agents:
        if getattr(agent, "display", True):
            z = getattr(agent, "z", 0) or 0
            for position in occupied_positions(agent):
                if position not in top or z > top[position][0]:
                    top[position] = (z, agent)
    return {
        position: _Cell(_character_at(agent, position), getattr(agent, "color", None))
        for position, (_, agent) in top.items()
    }


def _character_at(agent: Any, position: tuple[int, int]) -> str:
    """The one character that an agent shows at a position; unprintable ones become '?'."""
    picture = getattr(agent, "character", "?")
    if not isinstance(picture, str):  # rows of characters, top row first
        x, y = agent.position
        rows = list(picture)
        row, column = int(position[1] - y), int(position[0] - x)
        picture = rows[row][column:] if row < len(rows) else ""
    character = str(picture[:1]) or " "
    return character if character.isprintable() else "?"


class Screen:
    """A place to draw a game, as a context manager that leaves the terminal as it was.

    Arguments:
        output: where to draw, by default `sys.stdout`. If it is not a terminal, or TERM is "dumb",
            every frame is written as plain text with a blank line after it.
        size: columns and rows to use; by default those the terminal has at each frame.
    """

    def __init__(self, output: TextIO | None = None, size: tuple[int, int] | None = None) -> None:
        output = sys.stdout if output is None else output
        self.output: TextIO = getattr(output, "unfiltered", output)
        self.size = size
        self.is_terminal = _is_terminal(self.output)
        self.use_color = self.is_terminal and not os.environ.get("NO_COLOR")
        self._drawable: dict[str, str] = {}
        self._shown: list[str] = []
        self._shown_layout: tuple[int, ...] | None = None
        self._beside = 0, 0  # the most lines, and the longest, that stood beside the board
        self._restore_console: Callable[[], None] | None = None

    def __enter__(self) -> Screen:
        if self.is_terminal and os.name == "nt":
            self._restore_console = understand_escape_codes()
            self.is_terminal = self._restore_console is not None
            self.use_color = self.use_color and self.is_terminal
        if self.is_terminal:
            self._write(ENTER)
        self._shown_layout = None
        return self

    def __exit__(self, *exception: Any) -> None:
        try:
            if self.is_terminal:
                self._write(LEAVE)
        finally:
            if self._restore_console is not None:
                self._restore_console()
                self._restore_console = None

    def on_game_start(self, game: Any) -> None:
        """Draw the game as it is before the first turn (so that a Screen can be a game's `view`)."""
        self.render(game)

    def render(self, game: Any, caption: str = "", beside: Sequence[str] = ()) -> None:
        """Draw a border, the part of the board in view, the state values and a caption of one or more lines.

        Lines `beside` the board have to fit into `room_beside` it.

        When the terminal is too small for the part in view, a window of it is shown, around the only agent that
        handles keys, else from `game.view_position`.
        """
        if not self.is_terminal:
            box, below, _ = self._compose(game, caption, None)
            self._write("\n".join(box + below) + "\n\n")
            return
        columns, rows = self.size or _terminal_size(self.output)
        box, below, width = self._compose(game, caption, (columns, rows))
        if beside:  # the board stays where it is when there is less to say than before
            self._beside = max(self._beside[0], len(beside)), max(self._beside[1], *map(len, beside))
            box += [" " * width] * (min(self._beside[0], rows - len(below)) - len(box))
            box = [f"{line}  {self._text(text)}" for line, text in zip(box, [*beside, *[""] * len(box)])]
            width += 2 + self._beside[1]
        left, top = max(0, (columns - width) // 2), max(0, (rows - len(box) - len(below)) // 2)
        # A line of text that would run into the right edge begins further to the left than the box.
        lines = [f"\x1b[{left + 1}G{line}" for line in box]
        lines += [f"\x1b[{max(0, min(left, columns - len(line))) + 1}G{line}" for line in below]
        lines = lines[:rows]
        layout = (columns, rows, left, top, len(lines))
        parts = []
        if layout != self._shown_layout:
            parts.append("\x1b[0m\x1b[2J")
            self._shown_layout, self._shown = layout, [""] * len(lines)
        for row, (line, shown) in enumerate(zip(lines, self._shown)):
            if line != shown:
                # Cleared first, since after writing the cursor may stand on the character in the last column.
                parts.append(f"\x1b[{top + row + 1};1H\x1b[2K{line}")
        self._shown = lines
        if parts:
            self._write("".join(parts))

    def room_beside(self, game: Any) -> tuple[int, int]:
        """Columns and rows that are free for text to the right of the board, its state below it; (0, 0) for none."""
        if not self.is_terminal:
            return 0, 0
        columns, rows = self.size or _terminal_size(self.output)
        width, height = (int(n) for n in game.view_size)
        below = 2 + len(_packed(_state_of(game), columns - 1))
        if height + 2 + below > rows:
            return 0, 0
        return max(0, columns - width - 5), rows - below

    # Composing a frame

    def _compose(self, game: Any, caption: str, size: tuple[int, int] | None) -> tuple[list[str], list[str], int]:
        """The lines of the box with the board, the lines below it, and how wide the box is."""
        view_width, view_height = (int(n) for n in game.view_size)
        columns, rows = size or (10**6, 10**6)
        width = max(1, min(view_width, columns - 2))
        below = self._below(game, caption, columns, max(1, rows - 2), view_height)
        height = max(1, min(view_height, rows - 2 - len(below)))

        is_cut = width < view_width or height < view_height
        focus = _only_player_position(game) if is_cut else None
        origin_x, origin_y = game.view_position
        x = _window_start(int(origin_x), view_width, width, None if focus is None else int(focus[0]))
        y = _window_start(int(origin_y), view_height, height, None if focus is None else int(focus[1]))

        edge, bar = self._draw("─") * width, self._draw("│")
        cells = visible_cells(game)
        box = [self._draw("┌") + edge + self._draw("┐")]
        box += [bar + self._board_row(game, cells, x, row, width) + bar for row in range(y, y + height)]
        box.append(self._draw("└") + edge + self._draw("┘"))
        return box, below, width + 2

    def _board_row(self, game: Any, cells: dict[tuple[int, int], _Cell], left: int, y: int, width: int) -> str:
        parts: list[str] = []
        base = escape_parameters(game.color) if self.use_color else ""
        current = ""
        x = left
        while x < left + width:
            cell = cells.get((x, y))
            style, character = base, " "
            if cell is not None:
                style = escape_parameters(cell.color, game.color) if self.use_color else ""
                character = self._draw(cell.character)
                if east_asian_width(character) in "WF":  # takes two columns: the second must be free
                    if x + 1 < left + width and (x + 1, y) not in cells:
                        x += 1
                    else:
                        character = "?"
            if style != current:
                parts.append(f"\x1b[0;{style}m" if style else "\x1b[0m")
                current = style
            parts.append(character)
            x += 1
        if current:
            parts.append("\x1b[0m")
        return "".join(parts)

    def _below(self, game: Any, caption: str, columns: int, rows: int, view_height: int) -> list[str]:
        """State, log and caption: what fits under the board, or half of `rows` if the board leaves less."""
        state = _state_of(game)
        captions = caption.splitlines()
        log = []
        if getattr(game, "debug", False):
            log = [f"{turn}. {message}" for turn, message in game.log_messages[-_LOG_LINES:]]
        room = rows - view_height
        if len(state) + len(log) + len(captions) > room:
            state = _packed(state, columns - 1)
        lines = state + log + captions
        if len(lines) > room:
            lines = state + captions
        lines = lines[max(0, len(lines) - max(room, rows // 2)) :]  # the caption is the last to go
        return [self._text(" " + line).rstrip()[:columns] for line in lines]

    def _text(self, text: str) -> str:
        return "".join(self._draw(character if character.isprintable() else " ") for character in text)

    def _draw(self, character: str) -> str:
        """The character, or a substitute if the output's encoding does not have it."""
        drawable = self._drawable.get(character)
        if drawable is None:
            try:
                character.encode(getattr(self.output, "encoding", None) or "utf-8")
                drawable = character
            except (UnicodeEncodeError, LookupError):
                drawable = _SUBSTITUTES.get(character, "?")
            self._drawable[character] = drawable
        return drawable

    def _write(self, text: str) -> None:
        self.output.write(text)
        self.output.flush()


def _state_of(game: Any) -> list[str]:
    """The state values that are shown, each as a line."""
    show = getattr(game, "show_state", True)
    keys = sorted(game.state, key=str) if show is True else [key for key in show or () if key in game.state]
    return [f"{key}: {_readable(game.state[key])}" for key in keys]


def _readable(value: Any) -> str:
    """A state value as text: floats with at most three decimals."""
    if isinstance(value, float):
        return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")
    return str(value)


def _packed(items: Sequence[str], width: int) -> list[str]:
    """The items in as few lines of this width as their order allows."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 2 + len(item) <= width:
            lines[-1] += "  " + item
        else:
            lines.append(item)
    return lines


def _window_start(start: int, length: int, shown: int, focus: int | None) -> int:
    """Where a window of `shown` cells begins on the stretch of `length` cells from `start`."""
    if focus is None:
        return start
    return max(start, min(focus - shown // 2, start + length - shown))


def _only_player_position(game: Any) -> tuple[int, int] | None:
    players = [agent for agent in game.agents if hasattr(agent, "handle_keystroke")]
    if len(players) != 1 or not getattr(players[0], "display", True):
        return None
    x, y = players[0].position
    return x, y


def _is_terminal(output: TextIO) -> bool:
    try:
        return output.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):  # not quite a file, or a closed one
        return False


def _terminal_size(output: TextIO) -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(output.fileno())
    except (OSError, ValueError, AttributeError):
        columns, rows = 0, 0
    if columns < 1 or rows < 1:  # some terminals do not know their size
        columns, rows = shutil.get_terminal_size()
    return columns, rows


def understand_escape_codes() -> Callable[[], None] | None:
    """Switch on escape codes in the Windows console; return what undoes it, or None if there is none or that fails."""
    try:
        import ctypes

        kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
        kernel32.GetStdHandle.restype = ctypes.c_void_p
        console = ctypes.c_void_p(kernel32.GetStdHandle(-11))  # STD_OUTPUT_HANDLE
        mode = ctypes.c_uint32()
        if not kernel32.GetConsoleMode(console, ctypes.byref(mode)):
            return None
        if not kernel32.SetConsoleMode(console, mode.value | 0x0004):  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
            return None
    except (ImportError, AttributeError, OSError):
        return None
    return lambda: kernel32.SetConsoleMode(console, mode.value)
