"""Minesweeper, 8 x 6: arrows move the marker, space opens the cell beside it. A point a cell, 10 for all; 6 mines."""

from random import sample

from players import ARROWS, way

from retro_gamer.games import Game

SIZE, MINES = (8, 6), 6
CELLS = [(x, y) for x in range(SIZE[0]) for y in range(SIZE[1])]


def around(cell):
    return [(x, y) for x, y in CELLS if (x, y) != cell and abs(x - cell[0]) < 2 and abs(y - cell[1]) < 2]


class Cell:
    def __init__(self, place):
        self.position, self.character = (2 * place[0] + 1, place[1]), "?"


class Marker:
    character, name = ">", "marker"

    def __init__(self, cells):
        self.cells, self.at, self.mines = cells, (4, 3), set()

    @property
    def position(self):
        return 2 * self.at[0], self.at[1]

    def handle_keystroke(self, key, game):
        if key.name in ARROWS:
            there = tuple(a + b for a, b in zip(self.at, ARROWS[key.name]))
            self.at = there if there in self.cells else self.at
        elif str(key) == " ":
            self.open(self.at, game)

    def open(self, cell, game):
        if not self.mines:  # the first cell is safe
            self.mines = set(sample([c for c in CELLS if c != cell], MINES))
        if cell in self.mines:
            return game.end()
        if self.cells[cell].character != "?":
            return
        near = sum(c in self.mines for c in around(cell))
        self.cells[cell].character = str(near) if near else "."
        game.state["score"] += 1
        if not near:
            for c in around(cell):
                self.open(c, game)
        if sum(c.character == "?" for c in self.cells.values()) == MINES and game.playing:
            game.state["score"] += 10
            game.end()

    def play_turn(self, game):
        if game.turn_number >= 400:
            game.end()


def create_game():
    cells = {place: Cell(place) for place in CELLS}
    return Game([Marker(cells), *cells.values()], {"score": 0}, board_size=(2 * SIZE[0], SIZE[1]))


def by_hand(game):
    """Opens what one number alone shows to be safe, else the cell that seems least likely to hide a mine."""
    marker = game.get_agent_by_name("marker")
    shown = {place: cell.character for place, cell in marker.cells.items()}
    closed = {place for place in CELLS if shown[place] == "?"}
    numbers = {place: 0 if sign == "." else int(sign) for place, sign in shown.items() if sign != "?"}
    mines = {c for place, n in numbers.items() for c in around(place) if len(closed & {*around(place)}) == n}
    mines &= closed
    goals = {
        c for place, n in numbers.items() if len(mines & {*around(place)}) == n for c in around(place) if c in closed - mines
    }
    if not goals:
        risk = {
            c: max(
                [(n - len(mines & {*around(p)})) / len(closed & {*around(p)}) for p, n in numbers.items() if c in around(p)]
                or [0.2]
            )
            for c in closed - mines
        }
        goals = {min(risk, key=lambda c: (risk[c], c))} if risk else closed
    return " " if marker.at in goals else way(marker.at, goals, set(), SIZE)
