"""Dungeon, in French: rooms, coins, monsters, chests (e opens one), stairs to the next floor. Three lives; who dies comes
back at the entrance, a moment later."""

from random import choice, random, shuffle

from retro_gamer.games import Game

LARGE, HAUT = 21, 13
PAS = {"w": (0, -1), "s": (0, 1), "a": (-1, 0), "d": (1, 0)}
PORTES = [(10, 3), (10, 9), (5, 6), (15, 6)]


class Chose:
    def __init__(self, position):
        self.position = position


class Mur(Chose):
    character = "#"


class Coffre(Chose):
    character = "C"


class Piece(Chose):
    character = "$"


class Escalier(Chose):
    character = ">"


class Monstre(Chose):
    character = "M"

    def play_turn(self, game):
        if game.turn_number % 2:
            return
        x, y = self.position
        heros = [a for a in game.agents if isinstance(a, Heros)]
        dx, dy = choice(list(PAS.values()))
        if heros and random() < 0.5:
            far_x, far_y = heros[0].position[0] - x, heros[0].position[1] - y
            dx, dy = ((far_x > 0) - (far_x < 0), 0) if abs(far_x) > abs(far_y) else (0, (far_y > 0) - (far_y < 0))
        there = (x + dx, y + dy)
        solid = (Mur, Monstre, Coffre, Escalier)
        if not any(isinstance(a, solid) and a.position == there for a in game.agents):
            self.position = there
        for one in heros:
            if one.position == self.position:
                one.mourir(game)


class Heros(Chose):
    name, character = "heros", "@"

    def handle_keystroke(self, key, game):
        x, y = self.position
        if str(key) in PAS:
            there = (x + PAS[str(key)][0], y + PAS[str(key)][1])
            found = [a for a in game.agents if a is not self and a.position == there]
            if any(isinstance(a, (Mur, Coffre)) for a in found):
                return
            self.position = there
            for one in found:
                if isinstance(one, Monstre):
                    self.mourir(game)
                    return
                if isinstance(one, Piece):
                    game.remove_agent(one)
                    game.state["pieces"] += 1
                if isinstance(one, Escalier):
                    game.state["etage"] += 1
                    game.state["pieces"] += 5
                    game.get_agent_by_name("maitre").construire(game)
                    return
        if key == "e":
            for one in [a for a in game.agents if isinstance(a, Coffre)]:
                if abs(one.position[0] - x) + abs(one.position[1] - y) == 1:
                    game.remove_agent(one)
                    game.state["pieces"] += 4

    def mourir(self, game):
        game.state["vies"] -= 1
        game.remove_agent(self)
        game.get_agent_by_name("maitre").attente = 3
        if game.state["vies"] == 0:
            game.end()


class Maitre(Chose):
    name, display, attente = "maitre", False, 0

    def construire(self, game):
        for one in [a for a in game.agents if a is not self]:
            game.remove_agent(one)
        murs, libres = [], []
        for x in range(LARGE):
            for y in range(HAUT):
                bord = x in (0, LARGE - 1) or y in (0, HAUT - 1)
                entre = (x == 10 or y == 6) and (x, y) not in PORTES
                if bord or entre:
                    murs.append((x, y))
                elif x + y > 6 and (x, y) != (LARGE - 2, HAUT - 2):
                    libres.append((x, y))
        shuffle(libres)
        ouverts = [p for p in libres if all(abs(p[0] - x) + abs(p[1] - y) > 2 for x, y in PORTES)]
        coffres, autres = ouverts[:2], [p for p in libres if p not in ouverts[:2]]
        monstres = 2 + min(3, game.state["etage"])
        for kind, places in (
            (Mur, murs),
            (Coffre, coffres),
            (Piece, autres[:8]),
            (Monstre, autres[8 : 8 + monstres]),
            (Escalier, [(LARGE - 2, HAUT - 2)]),
            (Heros, [(1, 1)]),
        ):
            for place in places:
                game.add_agent(kind(place))

    def play_turn(self, game):
        if self.attente:
            self.attente -= 1
            if not self.attente:
                game.add_agent(Heros((1, 1)))
        if game.turn_number >= 500:
            game.end()


def create_game():
    maitre = Maitre((0, 0))
    game = Game([maitre], {"vies": 3, "etage": 1, "pieces": 0}, board_size=(LARGE, HAUT))
    maitre.construire(game)
    return game


def by_hand(game):
    """To coins and chests, then to the stairs, by ways that no monster is beside."""
    from players import way

    heros = [a for a in game.agents if isinstance(a, Heros)]
    if not heros:
        return None
    x, y = heros[0].position
    of = {kind: {a.position for a in game.agents if isinstance(a, kind)} for kind in (Mur, Coffre, Piece, Escalier, Monstre)}
    steps = [(0, 0), *PAS.values()]
    beside = {kind: {(cx + dx, cy + dy) for cx, cy in of[kind] for dx, dy in steps} for kind in of}
    if (x, y) in beside[Coffre]:
        return "e"
    goals, walls = of[Piece] | beside[Coffre], of[Mur] | of[Coffre]
    danger = beside[Monstre] - {(x, y)}
    for wanted, blocked in (
        (goals, walls | danger | of[Escalier]),
        (of[Escalier], walls | danger),
        (goals | of[Escalier], walls),
    ):
        key = way((x, y), wanted, blocked, game.board_size, PAS)
        if key:
            return key
    return None
