"""Drawing games: as text, on a pretended terminal, and through a real pseudo terminal."""

from __future__ import annotations

import io
import os
import random
import re
import sys
import threading

import pytest

from retro_gamer.games import colors, engine, screen
from retro_gamer.games.screen import Screen, board_lines

pty = pytest.importorskip("pty") if os.name != "nt" else None
needs_pty = pytest.mark.skipif(pty is None, reason="Windows has no pseudo terminals")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


class Piece:
    def __init__(self, character, position, **attributes):
        self.character = character
        self.position = position
        self.__dict__.update(attributes)


class Player(Piece):
    def handle_keystroke(self, keystroke, game):
        self.position = (self.position[0] + 1, self.position[1])


def make_game(*agents, state=None, board_size=(6, 3), **settings):
    return engine.Game(list(agents), state or {}, board_size=board_size, **settings)


class Terminal(io.StringIO):
    """A terminal made of a dict of cells, which knows the escape codes that Screen uses."""

    encoding = "utf-8"

    def __init__(self, columns=80, rows=24, encoding="utf-8"):
        super().__init__()
        self.encoding = encoding
        self.columns, self.rows = columns, rows
        self.cells, self.styles, self.modes = {}, {}, {}
        self.style = ""
        self.x = self.y = 0
        self.written = []

    def isatty(self):
        return True

    def write(self, text):
        text.encode(self.encoding)
        self.written.append(text)
        for code, character in re.findall(r"\x1b\[([?\d;]*[A-Za-z])|([^\x1b])", text):
            if code:
                self.obey(code[:-1], code[-1])
                continue
            assert character.isprintable()
            if self.x < self.columns:
                self.cells[self.y, self.x] = character
                self.styles[self.y, self.x] = self.style
            self.x += 2 if screen.east_asian_width(character) in "WF" else 1

    def obey(self, parameters, letter):
        if letter == "H":
            self.y, self.x = (int(n) - 1 for n in parameters.split(";"))
        elif letter == "G":
            self.x = int(parameters) - 1
        elif letter == "J":
            self.cells.clear()
        elif letter == "K":
            self.cells = {cell: c for cell, c in self.cells.items() if cell[0] != self.y}
        elif letter == "m":
            self.style = "" if parameters == "0" else parameters
        elif letter in "hl":
            self.modes[parameters] = letter
        else:
            raise AssertionError(f"unknown code {letter}")
        if letter in "HG":
            assert 0 <= self.x < self.columns and 0 <= self.y < self.rows

    def lines(self):
        return ["".join(self.cells.get((y, x), " ") for x in range(self.columns)).rstrip() for y in range(self.rows)]

    def picture(self):
        """The lines without the empty ones around and the margin on the left."""
        lines = self.lines()
        while lines and not lines[0]:
            del lines[0]
        while lines and not lines[-1]:
            del lines[-1]
        margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
        return [line[margin:] for line in lines]


def draw(game, columns=80, rows=24, encoding="utf-8", **options):
    """One frame on a fresh terminal."""
    terminal = Terminal(columns, rows, encoding)
    Screen(terminal, size=(columns, rows)).render(game, **options)
    return terminal


# The board as text


def test_board_lines():
    game = make_game(
        Piece("a", (0, 0)),
        Piece("b", (0, 0)),
        Piece("c", (1, 0), z=1),
        Piece("d", (1, 0), z=1),
        Piece("e", (1, 0), z=2, display=False),
        Piece("f", (2, 0), z=-1),
        Piece(["gh", "i"], (3, 1), size=(3, 2)),
        Piece("j", (0, 1), size=(2, 2)),
        Piece("k", (1, 2), z=1),
        Piece("longer", (5, 0)),
        Piece("\n", (3, 0)),
    )
    assert board_lines(game) == ["acf? l", "jj gh ", "jk i  "]


def test_board_lines_leave_out_what_is_off_the_board():
    stray = Piece("s", (0, 0))
    game = make_game(stray, Piece("a", (5, 2)))
    stray.position = (-1, 0)
    assert board_lines(game) == ["      ", "      ", "     a"]


def test_drawing_does_not_count_positions():
    """To count them between two turns would change what the next turn sees."""
    player = Player("p", (0, 0))
    game = make_game(player)
    board_lines(game)
    draw(game)
    assert game._position_cache is None


@pytest.mark.parametrize("name", ["snake", "nav", "beast"])
def test_board_lines_are_what_the_headless_view_shows(name):
    retro_input = pytest.importorskip("retro.input")
    from importlib import import_module

    from retro.views import HeadlessView

    module = import_module(f"retro.examples.{name}")
    for seed in range(4):
        random.seed(seed)
        game = module.create_game()
        game.input_source, game.view = retro_input.ProgrammaticInput(), HeadlessView()
        game.start()
        while game.playing and game.turn_number < 120:
            game.input_source.press(random.choice(["KEY_LEFT", "KEY_RIGHT", "KEY_UP", None]))
            game.step()
            assert board_lines(game) == ["".join(row) for row in game.view.board_characters]


def test_board_lines_are_what_the_headless_view_shows_when_agents_overlap():
    retro = pytest.importorskip("retro.game")
    from retro.views import HeadlessView

    random.seed(5)
    for _ in range(60):
        agents = []
        for _ in range(8):
            piece = Piece(random.choice("abc"), (random.randrange(5), random.randrange(3)))
            if random.random() < 0.5:
                piece.z = random.randrange(-1, 2)
            if random.random() < 0.5:
                piece.size = (random.randint(1, 2), random.randint(1, 2))
                if random.random() < 0.7:
                    row = random.choice(["", "x", "yz"])[: piece.size[0]]
                    piece.character = [row] * random.randint(0, piece.size[1])
            if random.random() < 0.2:
                piece.display = False
            agents.append(piece)
        game = retro.Game(agents, {}, board_size=(6, 4))
        view = HeadlessView()
        view.render(game)
        assert board_lines(game) == ["".join(row) for row in view.board_characters]


# Colours


@pytest.mark.parametrize(
    "color, background, parameters",
    [
        ("red_on_black", None, "38;5;1;48;5;0"),
        ("white_on_black", None, "38;5;7;48;5;0"),
        ("crimson_on_skyblue1", None, "38;5;161;48;5;117"),
        ("skyblue1", None, "38;5;117"),
        ("skyblue1", "white_on_black", "38;5;117;48;5;0"),
        ("on_blue", "white_on_black", "38;5;7;48;5;4"),
        ("Bright_Red", None, "38;5;9"),
        ("no_such_color", None, ""),
        ("no_such_color_on_green4", None, "48;5;28"),
        ("", None, ""),
        (None, "red", "38;5;1"),
        (7, None, ""),
    ],
)
def test_color_names(color, background, parameters):
    assert colors.escape_parameters(color, background) == parameters


def test_the_colors_of_the_retro_examples_are_known():
    retro = pytest.importorskip("retro")
    from pathlib import Path

    found = set()
    for path in (Path(retro.__file__).parent / "examples").rglob("*.py"):
        found.update(re.findall(r"""color\s*=\s*["'](\w+)["']""", path.read_text(encoding="utf-8")))
    assert len(found) > 5
    for name in found:
        for part in name.split("_on_"):
            assert part in colors.PALETTE


def test_agents_are_drawn_in_their_colors():
    terminal = draw(make_game(Piece("a", (0, 0), color="red"), Piece("b", (1, 0)), color="white_on_blue"))
    style = {terminal.cells[cell]: terminal.styles[cell] for cell in terminal.cells}
    assert style["a"] == "0;38;5;1;48;5;4"
    assert style["b"] == style[" "] == "0;38;5;7;48;5;4"
    assert style["│"] == ""


def test_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = draw(make_game(Piece("a", (0, 0), color="red")))
    assert set(terminal.styles.values()) == {""}
    assert "a" in terminal.cells.values()


# Frames


def test_a_frame():
    state = {"score": 1, "energy": 0.1 + 0.2, "x": -0.0}
    game = make_game(Piece("a", (0, 0)), Piece("b", (5, 2)), state=state)
    assert draw(game, caption="one\ntwo").picture() == [
        "┌──────┐",
        "│a     │",
        "│      │",
        "│     b│",
        "└──────┘",
        " energy: 0.3",
        " score: 1",
        " x: 0",
        " one",
        " two",
    ]


@pytest.mark.parametrize("show, lines", [(["b", "c"], [" b: 2"]), ([], []), (None, []), (False, [])])
def test_only_the_wanted_state_is_shown(show, lines):
    assert draw(make_game(state={"a": 1, "b": 2}, show_state=show)).picture()[5:] == lines


def test_a_game_in_debug_mode_shows_its_newest_messages():
    game = make_game(debug=True)
    for number in range(9):
        game.log(f"m{number}")
    assert draw(game).picture()[5:] == [" 0. m5", " 0. m6", " 0. m7", " 0. m8"]


def test_only_the_part_in_view_is_shown():
    game = make_game(Piece("a", (2, 1)), Piece("b", (0, 0)), view_size=(3, 2), view_position=(2, 1))
    assert draw(game).picture() == ["┌───┐", "│a  │", "│   │", "└───┘"]
    game.view_position = (5, 2)
    assert draw(game).picture()[1:-1] == ["│   │", "│   │"]


def numbered_board(player=None):
    cells = [(x, y) for x in range(30) for y in range(10)]
    pieces = [
        (Player if cell == player else Piece)("abcdefghij"[cell[1]] if cell[0] == cell[1] else ".", cell) for cell in cells
    ]
    return make_game(*pieces, state={"s": 1, "t": 2}, board_size=(30, 10))


def test_a_small_terminal_shows_a_window_around_the_player():
    picture = draw(numbered_board(player=(5, 5)), 12, 9, caption="hi").picture()
    assert picture == [
        "┌──────────┐",
        "│...d......│",
        "│....e.....│",
        "│.....f....│",
        "│......g...│",
        "│.......h..│",
        "└──────────┘",
        " s: 1  t: 2",
        " hi",
    ]
    corner = draw(numbered_board(player=(29, 9)), 12, 9)
    assert corner.picture()[-2:] == ["└──────────┘", " s: 1  t: 2"]
    assert "j" not in corner.cells.values()  # it is at (9, 9), far to the left
    assert draw(numbered_board(player=(0, 0)), 12, 9).picture()[1] == "│a.........│"


def test_a_small_terminal_follows_the_only_player_or_the_view():
    game = numbered_board()
    assert draw(game, 10, 9).picture()[1] == "│a.......│"
    player = Player("P", (5, 5), z=1)
    game.add_agent(player)
    assert "│....P...│" in draw(game, 10, 9).picture()
    player.display = False
    assert "│....f...│" not in draw(game, 10, 9).picture()
    player.display = True
    game.add_agent(Player("Q", (9, 9), z=1))
    game.view_position = (1, 0)
    assert draw(game, 10, 9).picture()[2] == "│b.......│"


@pytest.mark.parametrize("columns", [1, 2, 3, 9, 40])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 40])
def test_no_terminal_is_too_small(columns, rows):
    draw(numbered_board(player=(7, 7)), columns, rows, caption="a caption of some length\nand another")


def test_a_long_caption_uses_the_whole_width():
    terminal = draw(make_game(), 40, 24, caption="x" * 39)
    assert " " + "x" * 39 in terminal.lines()


@pytest.mark.parametrize(
    "encoding, block, other, corner",
    [("ascii", "#", "?", "+"), ("cp1252", "#", "é", "+"), ("cp437", "█", "é", "┌"), ("utf-8", "█", "é", "┌")],
)
def test_characters_that_the_encoding_does_not_have(encoding, block, other, corner):
    game = make_game(Piece("█", (0, 0)), Piece("é", (1, 0)))
    picture = draw(game, encoding=encoding, caption="naïve 漢").picture()
    assert picture[0][0] == corner
    assert picture[1][1:3] == block + other


def test_wide_and_unprintable_characters_do_not_shift_the_row():
    apples = [Piece("🍎", (x, 0)) for x in (0, 2, 5)]
    game = make_game(*apples, Piece("x", (3, 0)), Piece("\x1b", (0, 1)))
    lines = draw(game).picture()
    assert lines[1] == "│🍎 ?x ?│"  # a wide character leaves the cell to its right blank here
    assert lines[2] == "│?     │"


def test_only_changed_lines_are_written_again():
    player = Player("p", (0, 1))
    game = make_game(player, Piece("x", (0, 0)), state={"score": 0})
    terminal = Terminal()
    with Screen(terminal, size=(80, 24)) as shown:
        shown.render(game)
        before = terminal.picture()
        del terminal.written[:]
        shown.render(game)
        assert terminal.written == []
        player.position = (3, 1)
        shown.render(game)
        assert len(terminal.written) == 1
        assert "p" in terminal.written[0] and "x" not in terminal.written[0]
        assert terminal.picture() == [*before[:2], "│   p  │", *before[3:]]
        game.state["message"] = "new"  # another line: everything moves
        shown.render(game)
        assert terminal.picture() == draw(game).picture()
        shown.size = (20, 10)
        terminal.columns, terminal.rows = 20, 10
        shown.render(game)
        assert terminal.picture() == draw(game, 20, 10).picture()


def test_many_frames_end_like_a_fresh_one():
    random.seed(2)
    pieces = [Piece(c, (0, 0)) for c in "abcdefg"]
    game = make_game(*pieces, state={"n": 0}, board_size=(9, 5))
    terminal = Terminal()
    with Screen(terminal, size=(80, 24)) as shown:
        for turn in range(40):
            for piece in pieces:
                piece.position = (random.randrange(9), random.randrange(5))
                piece.color = random.choice(["red", "blue_on_white"])
            game.state["n"] = random.choice([turn, 10**turn])
            shown.render(game)
            fresh = draw(game)
            assert terminal.cells == fresh.cells
            assert all(terminal.styles[cell] == fresh.styles[cell] for cell in fresh.cells)


def test_the_terminal_is_restored_even_after_an_error():
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), Screen(terminal, size=(80, 24)) as shown:
        shown.render(make_game())
        assert terminal.modes == {"?1049": "h", "?25": "l", "?7": "l"}
        raise KeyboardInterrupt
    assert terminal.modes == {"?1049": "l", "?25": "h", "?7": "h"}


# Without a terminal


class Pipe(io.StringIO):
    encoding = "ascii"


def test_without_a_terminal_frames_are_plain_text():
    output = Pipe()
    game = make_game(Piece("█", (0, 0), color="red"), state={"score": 1})
    with Screen(output) as shown:
        shown.on_game_start(game)
        shown.render(game, "bye")
    frame = "+------+\n|#     |\n|      |\n|      |\n+------+\n score: 1\n"
    assert output.getvalue() == frame + "\n" + frame + " bye\n\n"


def test_a_dumb_terminal_gets_plain_text(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    assert not Screen(terminal).is_terminal


def test_the_standard_output_of_the_moment_is_used(capsys):
    with Screen() as shown:
        shown.render(make_game())
    assert "\x1b" not in capsys.readouterr().out


class FakeConsole:
    """Stands for the Windows functions that Screen calls."""

    def __init__(self, works=True):
        self.works = works
        self.modes = []
        self.GetStdHandle = lambda number: 7
        self.GetStdHandle.restype = None

    def GetConsoleMode(self, console, mode):
        mode._obj.value = 3
        return self.works

    def SetConsoleMode(self, console, mode):
        self.modes.append(mode)
        return True


@pytest.mark.parametrize("works", [True, False])
def test_the_windows_console_is_asked_for_escape_codes(works, monkeypatch):
    import ctypes

    console = FakeConsole(works)
    monkeypatch.setattr(ctypes, "WinDLL", lambda name: console, raising=False)
    restore = screen.understand_escape_codes()
    if works:
        restore()
        assert console.modes == [7, 3]
    else:
        assert restore is None


@pytest.mark.skipif(os.name == "nt", reason="this is about systems without a Windows console")
def test_elsewhere_there_is_no_windows_console():
    assert screen.understand_escape_codes() is None


# A real pseudo terminal


class PseudoTerminal:
    """Both ends of a pseudo terminal, with a thread that reads what is drawn."""

    def __init__(self, columns, rows):
        import fcntl
        import struct
        import termios

        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.output = open(slave, "w", encoding="utf-8", newline="")
        self.chunks = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            while True:
                chunk = os.read(self.master, 65536)
                if not chunk:
                    return
                self.chunks.append(chunk)
        except OSError:  # Linux reports the closed other end in this way
            pass

    def text(self):
        self.output.close()
        self.reader.join(5)
        os.close(self.master)
        return b"".join(self.chunks).decode("utf-8")


class Ending:
    """Moves right with every key and ends the game after a while."""

    character = "E"
    color = "bright_red_on_black"
    position = (0, 0)

    def __init__(self, turns):
        self.turns = turns

    def play_turn(self, game):
        x, y = self.position
        self.position = (x + 1, y)
        game.state["turn"] = game.turn_number
        if game.turn_number == self.turns:
            game.end()


class NoKeys:
    def collect(self):
        return set()


class Breaking:
    def __init__(self, error):
        self.error = error

    def collect(self):
        raise self.error


@needs_pty
def test_play_in_a_pseudo_terminal(monkeypatch):
    terminal = PseudoTerminal(30, 12)
    monkeypatch.setattr(sys, "stdout", terminal.output)
    view, keys = object(), NoKeys()
    game = make_game(Ending(4), state={"turn": 0}, framerate=1000, view=view)
    game.play(input_source=keys)
    monkeypatch.undo()
    assert (game.view, game.input_source, game.turn_number) == (view, keys, 4)
    text = terminal.text()
    assert text.startswith(screen.ENTER) and text.endswith(screen.LEAVE)
    pretended = Terminal(30, 12)
    pretended.write(text[: -len(screen.LEAVE)])
    assert pretended.picture()[1] == "│    E │"
    assert pretended.picture()[5] == " turn: 4"
    assert pretended.lines()[3].index("┌") == (30 - 8) // 2


@needs_pty
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a mistake in a game")])
def test_play_restores_the_terminal_whatever_happens(error, monkeypatch):
    terminal = PseudoTerminal(30, 12)
    monkeypatch.setattr(sys, "stdout", terminal.output)
    game = make_game(Ending(4), framerate=1000)
    with pytest.raises(type(error)):
        game.play(input_source=Breaking(error))
    monkeypatch.undo()
    assert game.view is None
    assert terminal.text().endswith(screen.LEAVE)


@needs_pty
def test_a_terminal_that_does_not_know_its_size(monkeypatch):
    terminal = PseudoTerminal(0, 0)
    monkeypatch.setenv("COLUMNS", "33")
    monkeypatch.setenv("LINES", "11")
    assert screen._terminal_size(terminal.output) == (33, 11)
    terminal.text()


def test_play_without_a_terminal_writes_every_turn(capsys):
    game = make_game(Ending(3), state={"turn": 0}, framerate=1000)
    game.play(input_source=NoKeys())
    out = capsys.readouterr().out
    assert [int(n) for n in re.findall(r"turn: (\d)", out)] == [0, 1, 2, 3]


def test_wait_for_enter_waits_only_where_someone_can_press_it(monkeypatch, capsys):
    class Stdin(io.StringIO):
        tty = False
        asked = 0

        def isatty(self):
            return self.tty

        def readline(self, *size):
            self.asked += 1
            return "\n"

    stdin = Stdin()
    monkeypatch.setattr(sys, "stdin", stdin)
    for stdin.tty in (False, True):
        make_game(Ending(1), framerate=1000, wait_for_enter=True).play(input_source=NoKeys())
    assert stdin.asked == 1
    assert capsys.readouterr().out.count("Press Enter") == 1


def test_a_screen_can_be_the_view_of_a_retro_game():
    module = pytest.importorskip("retro.examples.nav")
    from retro.input import ProgrammaticInput

    random.seed(1)
    game = module.create_game()
    terminal = Terminal(60, 30)
    game.input_source, game.view = ProgrammaticInput(), Screen(terminal, size=(60, 30))
    game.start()
    for _ in range(60):
        game.step()
    picture = terminal.picture()
    assert picture[1:26] == [f"│{line}│" for line in board_lines(game)]
    assert picture[27] == " score: 60"


def test_the_board_stays_where_it_is_when_there_is_less_to_say_beside_it():
    terminal = Terminal(60, 12)
    with Screen(terminal, size=(60, 12)) as drawn:
        drawn.render(make_game(), beside=["what mattered, and by how much", *"abcdefg"])
        before = [cell for cell, character in terminal.cells.items() if character in "┌┘"]
        drawn.render(make_game(), beside=["nothing"])
    assert [cell for cell, character in terminal.cells.items() if character in "┌┘"] == before
    assert terminal.written[-2].count("\x1b[2J") == 0
