"""Tic-tac-toe, keys 1 to 9 from the top left. The computer wins when it can, blocks when it must, else plays at random."""

from random import choice

from retro_gamer.games import Game

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def won(marks, who):
    return any(all(marks.get(place) == who for place in line) for line in LINES)


def winning(marks, who):
    """Where one more mark wins; None for nowhere."""
    free = (place for place in range(9) if place not in marks)
    return next((place for place in free if won({**marks, place: who}, who)), None)


class Mark:
    def __init__(self, place, who):
        self.position, self.character = (place % 3, place // 3), who


class Referee:
    name, display = "referee", False

    def __init__(self):
        self.marks = {}

    def put(self, place, who, game):
        self.marks[place] = who
        game.add_agent(Mark(place, who))
        if won(self.marks, who):
            game.state["score"] += 1 if who == "X" else -1
        if won(self.marks, who) or len(self.marks) == 9:
            game.end()

    def answer(self):
        for who in "OX":
            place = winning(self.marks, who)
            if place is not None:
                return place
        return choice([place for place in range(9) if place not in self.marks])

    def handle_keystroke(self, key, game):
        if str(key) in [*"123456789"] and int(str(key)) - 1 not in self.marks:
            self.put(int(str(key)) - 1, "X", game)
            if game.playing:
                self.put(self.answer(), "O", game)


def create_game():
    """Half of the games the computer begins."""
    referee, place = Referee(), choice(range(9))
    first = [Mark(place, "O")] if choice([True, False]) else []
    referee.marks.update({place: "O"} if first else {})
    return Game([referee, *first], {"score": 0}, board_size=(3, 3))


def by_hand(game):
    marks = game.get_agent_by_name("referee").marks
    for who in "XO":
        place = winning(marks, who)
        if place is not None:
            return str(place + 1)
    return next(str(place + 1) for place in (4, 0, 2, 6, 8, 1, 3, 5, 7) if place not in marks)
