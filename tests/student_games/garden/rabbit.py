import random


class Carrot:
    name = "carrot"
    character = "c"

    def __init__(self):
        self.position = (random.randint(0, 4), random.randint(0, 4))


class Rabbit:
    name = "rabbit"
    character = "r"
    steps = {"KEY_UP": (0, -1), "KEY_DOWN": (0, 1), "KEY_LEFT": (-1, 0), "KEY_RIGHT": (1, 0)}

    def __init__(self):
        self.position = (2, 2)

    def handle_keystroke(self, keystroke, game):
        dx, dy = self.steps.get(keystroke.name, (0, 0))
        ahead = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(ahead):
            self.position = ahead

    def play_turn(self, game):
        carrot = game.get_agent_by_name("carrot")
        if carrot.position == self.position:
            game.state["carrots"] += 1
            carrot.position = (random.randint(0, 4), random.randint(0, 4))
        if game.turn_number >= 30:
            game.end()
