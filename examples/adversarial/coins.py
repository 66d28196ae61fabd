"""A game of coins: the player collects them, the enemy catches the player. Both are moved by keys or by a policy.

player_game.py and enemy_game.py are the two variants to train on; this file is the game for a person:

    python coins.py            you against the enemy trained in runs/enemy (needs retro-games)
"""

from random import randint

from retro_gamer.games import Game

WIDTH, HEIGHT, TURNS = 14, 9, 100
STEPS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


class Mover:
    """A character that goes one cell for each key it is given."""

    def __init__(self, position):
        self.position = position

    def move(self, key):
        dx, dy = STEPS.get(key, (0, 0))
        x, y = self.position[0] + dx, self.position[1] + dy
        if 0 <= x < WIDTH and 0 <= y < HEIGHT:
            self.position = (x, y)


class Player(Mover):
    """Moves by the keys that are pressed."""

    name, character, color = "player", "@", "bright_green_on_black"

    def handle_keystroke(self, keystroke, game):
        self.move(keystroke.name)


class AIPlayer(Mover):
    """Moves by a policy. It has no handle_keystroke, so the trainer's keys do not reach it."""

    name, character, color = "player", "@", "bright_green_on_black"

    def __init__(self, position, policy):
        super().__init__(position)
        self.policy = policy

    def play_turn(self, game):
        self.move(self.policy.get_action(game, agent=self))


class Enemy(Mover):
    """Moves by the keys that are pressed, but rests every third turn."""

    name, character, color = "enemy", "E", "bright_red_on_black"

    def handle_keystroke(self, keystroke, game):
        if game.turn_number % 3:
            self.move(keystroke.name)


class AIEnemy(Mover):
    """Moves by a policy, and rests every third turn."""

    name, character, color = "enemy", "E", "bright_red_on_black"

    def __init__(self, position, policy):
        super().__init__(position)
        self.policy = policy

    def play_turn(self, game):
        if game.turn_number % 3:
            self.move(self.policy.get_action(game, agent=self))


class Coin:
    """Lies somewhere until the player stands on it."""

    name, character, color = "coin", "o", "bright_yellow_on_black"

    def __init__(self):
        self.position = (randint(0, WIDTH - 1), randint(0, HEIGHT - 1))


class Rules:
    """Looks, at the end of each turn, what has happened. Nobody sees the rules."""

    display = False

    def play_turn(self, game):
        player, enemy, coin = (game.get_agent_by_name(name) for name in ("player", "enemy", "coin"))
        if coin.position == player.position:
            game.state["coins"] += 1
            coin.position = Coin().position
        if enemy.position == player.position:
            game.state["caught"] = 1
            game.end()
        elif game.turn_number >= TURNS:
            game.end()
        game.state["player_reward"] = game.state["coins"] - 5 * game.state["caught"]
        game.state["enemy_reward"] = -game.state["player_reward"]


def make_game(player, enemy):
    """A new game with these two, and a coin."""
    state = {"coins": 0, "caught": 0, "player_reward": 0, "enemy_reward": 0}
    return Game([player, enemy, Coin(), Rules()], state, board_size=(WIDTH, HEIGHT), framerate=6)


def corner():
    return (randint(0, 3), randint(0, HEIGHT - 1))


def opposite():
    return (randint(WIDTH - 4, WIDTH - 1), randint(0, HEIGHT - 1))


def create_game():
    """A person plays the player; the enemy is the newest one that was trained."""
    from retro_gamer import TrainedPolicy

    return make_game(Player(corner()), AIEnemy(opposite(), TrainedPolicy("runs/enemy", if_missing="random")))


if __name__ == "__main__":
    create_game().play()
