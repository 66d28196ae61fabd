"""Asteroids, in German: turn, thrust and shoot among rocks that split; three lives, and speed that nothing shows."""

import math
from random import choice, randrange, uniform

from retro_gamer.games import Game

BREIT, HOCH = 30, 20
BILDER = "^/>\\v/<\\"


class Schiff:
    name, character = "schiff", "^"

    def __init__(self):
        self.x, self.y, self.vx, self.vy = BREIT / 2, HOCH / 2, 0.0, 0.0
        self.winkel, self.laden, self.schutz = 0, 0, 10
        self.position = (BREIT // 2, HOCH // 2)

    def richtung(self):
        winkel = self.winkel * math.pi / 4
        return math.sin(winkel), -math.cos(winkel)

    def handle_keystroke(self, key, game):
        dx, dy = self.richtung()
        if key.name == "KEY_LEFT":
            self.winkel = (self.winkel - 1) % 8
        elif key.name == "KEY_RIGHT":
            self.winkel = (self.winkel + 1) % 8
        elif key.name == "KEY_UP":
            self.vx = max(-1.0, min(1.0, self.vx + 0.3 * dx))
            self.vy = max(-1.0, min(1.0, self.vy + 0.3 * dy))
        elif key == " " and self.laden == 0:
            game.add_agent(Schuss(self.position, (dx, dy)))
            self.laden = 3
        self.character = BILDER[self.winkel]

    def play_turn(self, game):
        self.laden, self.schutz = max(0, self.laden - 1), max(0, self.schutz - 1)
        self.x, self.y = (self.x + self.vx) % BREIT, (self.y + self.vy) % HOCH
        self.vx, self.vy = 0.97 * self.vx, 0.97 * self.vy
        self.position = (int(self.x) % BREIT, int(self.y) % HOCH)
        for rock in [a for a in game.agents if isinstance(a, Brocken) and a.position == self.position]:
            if not self.schutz:
                game.remove_agent(rock)
                game.state["leben"] -= 1
                self.schutz = 10
        if game.state["leben"] == 0 or game.turn_number >= 600:
            game.end()


class Schuss:
    character = "."

    def __init__(self, position, richtung):
        self.position, self.richtung, self.rest = position, richtung, 12
        self.x, self.y = position

    def play_turn(self, game):
        for _ in range(2):
            self.x, self.y = (
                (self.x + 0.75 * self.richtung[0]) % BREIT,
                (self.y + 0.75 * self.richtung[1]) % HOCH,
            )
            self.position = x, y = int(self.x) % BREIT, int(self.y) % HOCH
            for rock in [a for a in game.agents if isinstance(a, Brocken)]:
                if abs(rock.position[0] - x) <= rock.radius and abs(rock.position[1] - y) <= rock.radius:
                    game.remove_agent(rock)
                    game.remove_agent(self)
                    game.state["punkte"] += 20 if rock.radius else 50
                    for _ in range(2 * rock.radius):
                        game.add_agent(Brocken(rock.position, 0))
                    return
        self.rest -= 1
        if self.rest == 0:
            game.remove_agent(self)


class Brocken:
    def __init__(self, position, radius):
        self.x, self.y = self.position = position
        self.radius, self.character = radius, "O" if radius else "o"
        self.vx, self.vy = uniform(-0.5, 0.5), uniform(-0.4, 0.4)

    def play_turn(self, game):
        self.x, self.y = (self.x + self.vx) % BREIT, (self.y + self.vy) % HOCH
        self.position = (int(self.x) % BREIT, int(self.y) % HOCH)


class Nachschub:
    display = False

    def play_turn(self, game):
        if len([a for a in game.agents if isinstance(a, Brocken)]) < 4:
            game.add_agent(Brocken((0, randrange(HOCH)), 1))


def create_game():
    rocks = [Brocken((randrange(BREIT), choice([1, 2, HOCH - 3, HOCH - 2])), 1) for _ in range(4)]
    return Game([Schiff(), Nachschub(), *rocks], {"punkte": 0, "leben": 3}, board_size=(BREIT, HOCH))


def by_hand(game):
    """Turns towards the nearest rock and shoots."""
    ship, nearest = game.get_agent_by_name("schiff"), None
    for rock in [a for a in game.agents if isinstance(a, Brocken)]:
        dx = (rock.x - ship.x + BREIT / 2) % BREIT - BREIT / 2
        dy = (rock.y - ship.y + HOCH / 2) % HOCH - HOCH / 2
        far = math.hypot(dx, dy)
        if nearest is None or far < nearest[0]:
            nearest = far, dx + rock.vx * far / 1.5, dy + rock.vy * far / 1.5
    if nearest is None:
        return None
    wanted = round(math.atan2(nearest[1], -nearest[2]) / (math.pi / 4)) % 8
    turn = (wanted - ship.winkel) % 8
    if turn == 0:
        return " " if ship.laden == 0 else None
    return "KEY_RIGHT" if turn <= 4 else "KEY_LEFT"
