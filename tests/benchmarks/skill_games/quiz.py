"""Quiz: a sum such as 3+4 is on the board; press the last digit of the answer. 1 when right, -1 when wrong, 30 questions."""

from random import randrange

from retro_gamer.games import Game


class Sign:
    def __init__(self, x, character):
        self.position, self.character = (x, 2), character


class Quiz:
    name, display = "quiz", False

    def ask(self, game):
        for agent in [agent for agent in game.agents if isinstance(agent, Sign)]:
            game.remove_agent(agent)
        self.left, self.right = randrange(6), randrange(6)
        for x, character in ((3, str(self.left)), (4, "+"), (5, str(self.right))):
            game.add_agent(Sign(x, character))

    def handle_keystroke(self, key, game):
        if str(key).isdigit():
            right = int(str(key)) == (self.left + self.right) % 10
            game.state["score"] += 1 if right else -1
            game.state["asked"] += 1
            if game.state["asked"] >= 30:
                game.end()
            else:
                self.ask(game)

    def play_turn(self, game):
        if game.turn_number >= 200:
            game.end()


def create_game():
    quiz = Quiz()
    game = Game([quiz], {"score": 0, "asked": 0}, board_size=(9, 5))
    quiz.ask(game)
    return game


def by_hand(game):
    quiz = game.get_agent_by_name("quiz")
    return str((quiz.left + quiz.right) % 10)
