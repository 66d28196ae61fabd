"""Tower defence in three lanes: keys 1 to 3 fire down a lane, three turns apart. 2 a monster; three losses end it."""

from random import choice, randrange

from retro_gamer.games import Game

WIDTH = 16


class Monster:
    def __init__(self, lane, strength):
        self.position, self.character, self.strength = (WIDTH - 1, 1 + 2 * lane), "mM"[strength - 1], strength

    def play_turn(self, game):
        x, y = self.position
        if game.turn_number % 2 == 0:
            if x == 1:
                game.state["lives"] -= 1
                game.state["score"] -= 2
                game.remove_agent(self)
                if game.state["lives"] <= 0:
                    game.end()
            else:
                self.position = (x - 1, y)


class Tower:
    character = "T"

    def __init__(self, lane):
        self.position, self.name = (0, 1 + 2 * lane), f"tower {lane}"


class Commander:
    name, display = "commander", False

    def __init__(self):
        self.ready = 0

    def handle_keystroke(self, key, game):
        if str(key) not in ("1", "2", "3") or game.turn_number < self.ready:
            return
        self.ready = game.turn_number + 3
        row = 2 * int(str(key)) - 1
        hit = [agent for agent in game.agents if isinstance(agent, Monster) and agent.position[1] == row]
        if hit:
            target = min(hit, key=lambda monster: monster.position[0])
            target.strength -= 1
            target.character = "m"
            if target.strength == 0:
                game.remove_agent(target)
                game.state["score"] += 2

    def play_turn(self, game):
        game.state["loading"] = max(0, self.ready - game.turn_number)
        if game.turn_number % 6 == 0:
            game.add_agent(Monster(randrange(3), choice((1, 1, 2))))
        if game.turn_number >= 400:
            game.end()


def create_game():
    agents = [Commander(), Tower(0), Tower(1), Tower(2)]
    return Game(agents, {"score": 0, "lives": 3, "loading": 0}, board_size=(WIDTH, 7))


def by_hand(game):
    monsters = [agent for agent in game.agents if isinstance(agent, Monster)]
    if not monsters:
        return None
    return str((min(monsters, key=lambda monster: monster.position[0]).position[1] + 1) // 2)
