"""2048: arrows slide the tiles. Numbers are text agents four cells wide."""

import random

from retro.game import Game


class Tile:
    size, color = (4, 1), "white"

    def __init__(self, column, row):
        self.position, self.value = (1 + 5 * column, 1 + 2 * row), 0

    @property
    def character(self):
        return [str(self.value).center(4) if self.value else " .  "]


def slide(line):
    tiles, out, gained = [v for v in line if v], [], 0
    while tiles:
        v = tiles.pop(0)
        if tiles and tiles[0] == v:
            v += tiles.pop(0)
            gained += v
        out.append(v)
    return out + [0] * (4 - len(out)), gained


class Board:
    display, name = False, "board"

    def __init__(self):
        self.rows = [[0] * 4 for _ in range(4)]
        self.spawn()
        self.spawn()

    def spawn(self):
        r, c = random.choice([(r, c) for r in range(4) for c in range(4) if not self.rows[r][c]])
        self.rows[r][c] = 4 if random.random() < 0.1 else 2

    def moved(self, key):
        rows = [list(r) for r in self.rows]
        if key in ("KEY_UP", "KEY_DOWN"):
            rows = [list(c) for c in zip(*rows)]
        back = key in ("KEY_RIGHT", "KEY_DOWN")
        total, new = 0, []
        for r in rows:
            line, gained = slide(r[::-1] if back else r)
            new.append(line[::-1] if back else line)
            total += gained
        if key in ("KEY_UP", "KEY_DOWN"):
            new = [list(c) for c in zip(*new)]
        return new, total

    def handle_keystroke(self, key, game):
        if key.name not in ("KEY_UP", "KEY_DOWN", "KEY_LEFT", "KEY_RIGHT"):
            return
        new, gained = self.moved(key.name)
        if new == self.rows:
            return
        self.rows = new
        game.state["score"] += gained
        self.spawn()
        game.state["biggest"] = max(map(max, self.rows))
        if all(self.moved(k)[0] == self.rows for k in ("KEY_UP", "KEY_DOWN", "KEY_LEFT", "KEY_RIGHT")):
            game.end()

    def play_turn(self, game):
        for tile, value in zip(game.tiles, sum(self.rows, [])):
            tile.value = value


def create_game():
    tiles = [Tile(c, r) for r in range(4) for c in range(4)]
    game = Game([Board(), *tiles], {"score": 0, "biggest": 2}, board_size=(21, 9))
    game.tiles = tiles
    return game
