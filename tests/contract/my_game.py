# "Training an enemy model". The page prints create_enemy_training_game and leaves the characters to the reader.
from random import choice, randint

from retro_gamer.games import Game

STEPS = {"KEY_RIGHT": (1, 0), "KEY_LEFT": (-1, 0), "KEY_UP": (0, -1), "KEY_DOWN": (0, 1)}


def walk(agent, step, game):
    there = (agent.position[0] + step[0], agent.position[1] + step[1])
    if game.on_board(there):
        agent.position = there


class Enemy:
    name, character = "enemy", "E"

    def __init__(self):
        self.position = (randint(0, 31), randint(0, 15))

    def play_turn(self, game):
        if game.get_agent_by_name("player").position == self.position:
            game.state["enemy_reward"] += 10
            game.end()


class EnemyAgent(Enemy):
    def handle_keystroke(self, keystroke, game):
        if keystroke.name in STEPS:
            walk(self, STEPS[keystroke.name], game)


class RandomPlayer:
    name, character = "player", "P"

    def __init__(self):
        self.position = (randint(0, 31), randint(0, 15))

    def play_turn(self, game):
        walk(self, choice(list(STEPS.values())), game)


def create_enemy_training_game():
    enemy = EnemyAgent()      # the character the trainer will control
    player = RandomPlayer()   # a stand-in; no human involved
    game = Game([enemy, player], {'enemy_reward': 0}, board_size=(32, 16))
    return game
