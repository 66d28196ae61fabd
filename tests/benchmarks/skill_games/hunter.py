"""The contract page's enemy, small: chase a player that moves at random. 10 for catching it, which ends the game."""

from random import choice, randrange

from retro_gamer.games import Game

SIDE = 8
STEPS = {"KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


def walk(agent, step, game):
    there = (agent.position[0] + step[0], agent.position[1] + step[1])
    if game.on_board(there):
        agent.position = there


class Enemy:
    name, character = "enemy", "E"

    def __init__(self):
        self.position = (randrange(SIDE), randrange(SIDE))

    def handle_keystroke(self, key, game):
        if key.name in STEPS:
            walk(self, STEPS[key.name], game)

    def play_turn(self, game):
        if game.get_agent_by_name("player").position == self.position:
            game.state["enemy_reward"] += 10
            game.end()
        elif game.turn_number >= 25:
            game.end()


class Player:
    name, character = "player", "P"

    def __init__(self):
        self.position = (randrange(SIDE), randrange(SIDE))

    def play_turn(self, game):
        walk(self, choice(list(STEPS.values())), game)


def create_game():
    return Game([Enemy(), Player()], {"enemy_reward": 0}, board_size=(SIDE, SIDE))


def by_hand(game):
    (x, y), (px, py) = game.get_agent_by_name("enemy").position, game.get_agent_by_name("player").position
    if abs(px - x) >= abs(py - y) and px != x:
        return "KEY_LEFT" if px < x else "KEY_RIGHT"
    return "KEY_UP" if py < y else "KEY_DOWN" if py > y else None
