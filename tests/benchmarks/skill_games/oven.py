"""Oven: keep the temperature near its target, which changes. Heat comes late; all is in the state, not on the board."""

from random import randrange, uniform

from retro_gamer.games import Game


class Oven:
    name, character = "oven", "O"

    def __init__(self):
        self.position, self.heat, self.flow = (2, 1), uniform(10, 30), 0.0

    def handle_keystroke(self, key, game):
        self.flow += {"KEY_UP": 0.5, "KEY_DOWN": -0.5}.get(key.name, 0.0)
        self.flow = max(-2.0, min(2.0, self.flow))

    def play_turn(self, game):
        if game.turn_number % 60 == 0:
            game.state["target"] = randrange(15, 30)
        self.heat += self.flow - 0.02 * (self.heat - 15)
        game.state["heat"], game.state["flow"] = round(self.heat, 2), self.flow
        game.state["score"] += 1 if abs(self.heat - game.state["target"]) < 1.5 else 0
        if game.turn_number >= 300:
            game.end()


def create_game():
    return Game([Oven()], {"score": 0, "heat": 20.0, "flow": 0.0, "target": 22}, board_size=(5, 3))


def by_hand(game):
    oven = game.get_agent_by_name("oven")
    wanted = 0.4 * (game.state["target"] - oven.heat) + 0.02 * (oven.heat - 15)
    return "KEY_UP" if oven.flow < wanted - 0.25 else "KEY_DOWN" if oven.flow > wanted + 0.25 else None
