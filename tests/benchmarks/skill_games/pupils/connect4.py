"""Connect four: keys 1 to 7. The computer wins when it can, blocks when it must, else plays at random."""

import random

from retro.game import Game


def won(b, who):
    for c in range(7):
        for r in range(6):
            for dc, dr in ((1, 0), (0, 1), (1, 1), (1, -1)):
                if all(
                    0 <= c + k * dc < 7 and 0 <= r + k * dr < 6 and b.get((c + k * dc, r + k * dr)) == who
                    for k in range(4)
                ):
                    return True
    return False


def free(b):
    return [c for c in range(7) if (c, 0) not in b]


def drop(b, c):
    return max(r for r in range(6) if (c, r) not in b)


class Disc:
    def __init__(self, position, who):
        self.position, self.character = position, who


class Table:
    name, display = "table", False

    def __init__(self):
        self.b = {}

    def put(self, c, who, game):
        r = drop(self.b, c)
        self.b[c, r] = who
        game.add_agent(Disc((c, r), who))
        if won(self.b, who):
            game.state["score"] += 1 if who == "X" else -1
            game.end()
        elif len(self.b) == 42:
            game.end()

    def computer(self):
        for who in "OX":
            for c in free(self.b):
                r = drop(self.b, c)
                self.b[c, r] = who
                w = won(self.b, who)
                del self.b[c, r]
                if w:
                    return c
        return random.choice(free(self.b))

    def handle_keystroke(self, key, game):
        if str(key) in "1234567" and str(key) and int(key) - 1 in free(self.b) and game.playing:
            self.put(int(key) - 1, "X", game)
            if game.playing:
                self.put(self.computer(), "O", game)


def create_game():
    return Game([Table()], {"score": 0}, board_size=(7, 6))
