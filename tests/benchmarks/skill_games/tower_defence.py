"""Tower defence: move a cursor, build towers beside the road (t) from gold that kills bring; ten monsters may pass."""

from retro_gamer.games import Game

WIDTH, HEIGHT, PRICE = 24, 9, 25
ROAD = [
    *((x, 4) for x in range(8)),
    (7, 3),
    *((x, 2) for x in range(7, 16)),
    *((15, y) for y in range(3, 7)),
    *((x, 6) for x in range(16, 24)),
]


class Cursor:
    name, character, z = "cursor", "+", 5

    def __init__(self):
        self.position = (3, 2)

    def handle_keystroke(self, key, game):
        x, y = self.position
        if key.name == "KEY_LEFT":
            x -= 1
        if key.name == "KEY_RIGHT":
            x += 1
        if key.name == "KEY_UP":
            y -= 1
        if key.name == "KEY_DOWN":
            y += 1
        if game.on_board((x, y)):
            self.position = (x, y)
        taken = [a.position for a in game.agents if isinstance(a, Tower)]
        if key == "t" and game.state["gold"] >= PRICE and self.position not in [*ROAD, *taken]:
            game.state["gold"] -= PRICE
            game.add_agent(Tower(self.position))


class Tower:
    character = "T"

    def __init__(self, position):
        self.position, self.wait = position, 0

    def play_turn(self, game):
        self.wait -= 1
        x, y = self.position
        near = [
            a for a in game.agents if isinstance(a, Monster) and abs(a.position[0] - x) <= 1 and abs(a.position[1] - y) <= 1
        ]
        if self.wait <= 0 and near:
            self.wait = 2
            near[0].hit(game)


class Monster:
    character = "m"

    def __init__(self, strength):
        self.step, self.strength, self.position = 0, strength, ROAD[0]

    def hit(self, game):
        self.strength -= 1
        if self.strength == 0:
            game.remove_agent(self)
            game.state["kills"] += 1
            game.state["gold"] += 5

    def play_turn(self, game):
        if game.turn_number % 2:
            return
        self.step += 1
        if self.step < len(ROAD):
            self.position = ROAD[self.step]
            return
        game.remove_agent(self)
        game.state["lives"] -= 1
        if game.state["lives"] == 0:
            game.end()


class Waves:
    display = False

    def play_turn(self, game):
        if game.turn_number % 100 == 0:
            game.state["wave"] += 1
        wave = game.state["wave"]
        if game.turn_number % max(4, 12 - wave) == 0:
            game.add_agent(Monster(2 + wave))
        if game.turn_number >= 600:
            game.end()


class Stone:
    character, z = ":", -1

    def __init__(self, position):
        self.position = position


def create_game():
    state = {"gold": 75, "lives": 10, "wave": 1, "kills": 0}
    return Game([Cursor(), Waves(), *map(Stone, ROAD)], state, board_size=(WIDTH, HEIGHT))


SPOTS = [
    (8, 3),
    (6, 3),
    (14, 3),
    (16, 5),
    (14, 5),
    (9, 3),
    (13, 3),
    (16, 4),
    (14, 4),
    (6, 2),
    (11, 3),
    (5, 3),
]


def by_hand(game):
    """Builds at the corners of the road, one after the other."""
    (x, y), taken = (
        game.get_agent_by_name("cursor").position,
        [a.position for a in game.agents if isinstance(a, Tower)],
    )
    for to_x, to_y in [spot for spot in SPOTS if spot not in taken][:1]:
        if to_x != x:
            return "KEY_RIGHT" if to_x > x else "KEY_LEFT"
        if to_y != y:
            return "KEY_DOWN" if to_y > y else "KEY_UP"
        return "t" if game.state["gold"] >= PRICE else None
    return None
