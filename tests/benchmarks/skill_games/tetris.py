"""Tetris on 8 x 14, drawn by one that nobody sees: arrows move and turn, space drops, q leaves. Full rows score."""

from random import choice

from retro_gamer.games import Game

WIDTH, HEIGHT = 8, 14
SHAPES = {
    "I": [(0, 0), (1, 0), (2, 0), (3, 0)],
    "O": [(0, 0), (1, 0), (0, 1), (1, 1)],
    "L": [(0, 0), (1, 0), (2, 0), (2, 1)],
    "T": [(0, 0), (1, 0), (2, 0), (1, 1)],
}


def turned(shape):
    cells = [(-y, x) for x, y in shape]
    left, top = min(x for x, _ in cells), min(y for _, y in cells)
    return [(x - left, y - top) for x, y in cells]


class Cell:
    def __init__(self, position, character):
        self.position, self.character = position, character


class Tetris:
    name, display = "tetris", False

    def __init__(self):
        self.settled, self.cells = set(), []
        self.new_piece()

    def new_piece(self):
        self.kind = choice(list(SHAPES))
        self.shape, self.x, self.y = SHAPES[self.kind], 2, 0

    def blocks(self, shape=None, x=None, y=None):
        left, top = self.x if x is None else x, self.y if y is None else y
        return [(left + right, top + down) for right, down in shape or self.shape]

    def free(self, blocks):
        return all(0 <= x < WIDTH and y < HEIGHT and (x, y) not in self.settled for x, y in blocks)

    def handle_keystroke(self, key, game):
        side = {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if key == "q":
            game.end()
        elif side and self.free(self.blocks(x=self.x + side)):
            self.x += side
        elif key.name == "KEY_UP" and self.free(self.blocks(turned(self.shape))):
            self.shape = turned(self.shape)
        elif key.name == "KEY_DOWN" and self.free(self.blocks(y=self.y + 1)):
            self.y += 1
        elif key == " ":
            while self.free(self.blocks(y=self.y + 1)):
                self.y += 1

    def play_turn(self, game):
        if game.turn_number % 2 == 0:
            if self.free(self.blocks(y=self.y + 1)):
                self.y += 1
            else:
                self.settled |= set(self.blocks())
                self.clear(game)
                self.new_piece()
                if not self.free(self.blocks()) or game.turn_number >= 600:
                    game.end()
        for cell in self.cells:
            game.remove_agent(cell)
        falling = [(block, self.kind) for block in self.blocks() if block not in self.settled]
        self.cells = [Cell(*cell) for cell in [*((block, "#") for block in sorted(self.settled)), *falling]]
        for cell in self.cells:
            game.add_agent(cell)

    def clear(self, game):
        full = [y for y in range(HEIGHT) if all((x, y) in self.settled for x in range(WIDTH))]
        for row in full:
            self.settled = {(x, y + (y < row)) for x, y in self.settled if y != row}
        game.state["score"] += (0, 10, 30, 60, 100)[len(full)]
        game.state["lines"] += len(full)


def create_game():
    return Game([Tetris()], {"score": 0, "lines": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    """Where the piece leaves fewest holes, lowest (weights of Lee 2013)."""
    tetris, best = game.get_agent_by_name("tetris"), (-1e9, 0, 0)
    shape = tetris.shape
    for turns in range(4):
        for x in range(WIDTH):
            y = tetris.y
            if not tetris.free(tetris.blocks(shape, x, y)):
                continue
            while tetris.free(tetris.blocks(shape, x, y + 1)):
                y += 1
            best = max(best, (_worth(tetris.settled | set(tetris.blocks(shape, x, y))), turns, x))
        shape = turned(shape)
    _, turns, x = best
    return "KEY_UP" if turns else "KEY_LEFT" if x < tetris.x else "KEY_RIGHT" if x > tetris.x else " "


def _worth(cells):
    full = sum(all((x, y) in cells for x in range(WIDTH)) for y in range(HEIGHT))
    tops = [min((y for column, y in cells if column == x), default=HEIGHT) for x in range(WIDTH)]
    holes = sum((x, y) not in cells for x in range(WIDTH) for y in range(tops[x], HEIGHT))
    bumps = sum(abs(one - other) for one, other in zip(tops, tops[1:]))
    return 0.76 * full - 0.36 * holes - 0.18 * bumps - 0.51 * sum(HEIGHT - top for top in tops)
