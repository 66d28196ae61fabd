"""Pong against a wall that hits back at an angle: 1 for each ball returned, -3 for one that passes, which ends the game."""

from random import choice, randrange

from retro_gamer.games import Game

WIDTH, HEIGHT = 18, 12


class Paddle:
    name, character, size = "paddle", ["]", "]", "]"], (1, 3)

    def __init__(self):
        self.position = (1, HEIGHT // 2)

    def handle_keystroke(self, key, game):
        x, y = self.position
        y += {"KEY_UP": -1, "KEY_DOWN": 1}.get(key.name, 0)
        if 0 <= y <= HEIGHT - 3:
            self.position = (x, y)


class Ball:
    name, character = "ball", "o"

    def __init__(self):
        self.position, self.step = (WIDTH // 2, randrange(HEIGHT)), (choice((-1, 1)), choice((-1, 1)))

    def play_turn(self, game):
        x, y = self.position
        dx, dy = self.step
        if not 0 <= y + dy < HEIGHT:
            dy = -dy
        if x + dx >= WIDTH:
            dx, dy = -1, choice((-1, 0, 1))
            if not 0 <= y + dy < HEIGHT:
                dy = -dy
        px, py = game.get_agent_by_name("paddle").position
        if x + dx == px and py <= y + dy <= py + 2:
            dx = 1
            game.state["score"] += 1
        elif x + dx < px:
            game.state["score"] -= 3
            game.end()
            return
        self.position, self.step = (x + dx, y + dy), (dx, dy)
        if game.turn_number >= 600:
            game.end()


def create_game():
    return Game([Paddle(), Ball()], {"score": 0}, board_size=(WIDTH, HEIGHT))


def by_hand(game):
    ball, (_, y) = game.get_agent_by_name("ball"), game.get_agent_by_name("paddle").position
    middle, aim = y + 1, ball.position[1]
    return "KEY_UP" if aim < middle else "KEY_DOWN" if aim > middle else None
