"""A student's game for two at one keyboard: the left one moves with w and s, the right one with the arrows."""

from retro_gamer.games import Game


class Paddle:
    character = "#"

    def __init__(self, name, x, up, down):
        self.name, self.position = name, (x, 2)
        self.steps = {up: -1, down: 1}

    def handle_keystroke(self, keystroke, game):
        x, y = self.position
        y += self.steps.get(keystroke.name or str(keystroke), 0)
        if game.on_board((x, y)):
            self.position = (x, y)


class Ball:
    character = "o"

    def __init__(self):
        self.position, self.step = (4, 2), 1

    def play_turn(self, game):
        x, y = self.position
        if not game.is_empty((x + self.step, y)) and 0 < x < 8:
            self.step = -self.step
            game.state["points"] += 1
        self.position = (x + self.step, y)
        if not 0 < self.position[0] < 8:
            game.end()


def create_game():
    paddles = [Paddle("left", 0, "w", "s"), Paddle("right", 8, "KEY_UP", "KEY_DOWN")]
    return Game([*paddles, Ball()], {"points": 0}, board_size=(9, 5))
