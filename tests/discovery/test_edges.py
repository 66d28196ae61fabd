"""`create` finds out whether who leaves the board on one side comes back on the other."""

from __future__ import annotations

import pytest

from retro_gamer import games
from retro_gamer.discovery.edges import edges_that_join
from retro_gamer.environment.player import player_finder

ARROWS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


class Walker:
    """Goes a step for each key, and at an edge where `beyond` says."""

    name, character = "walker", "W"

    def __init__(self, beyond, slow=False):
        self.position, self.beyond, self.slow, self.pressed = (4, 4), beyond, slow, None

    def handle_keystroke(self, keystroke, game):
        self.pressed = ARROWS.get(keystroke.name)

    def play_turn(self, game):
        if self.pressed and not (self.slow and game.turn_number % 2):
            self.position = self.beyond(self.position, self.pressed, game)
        self.pressed = None


class Stone:
    character, position = "o", (0, 0)


def over_both(position, step, game):
    width, height = game.board_size
    return (position[0] + step[0]) % width, (position[1] + step[1]) % height


def over_the_sides(position, step, game):
    width, height = game.board_size
    return (position[0] + step[0]) % width, min(max(position[1] + step[1], 0), height - 1)


def into_walls(position, step, game):
    ahead = position[0] + step[0], position[1] + step[1]
    return ahead if game.on_board(ahead) else position


def to_death(position, step, game):
    ahead = position[0] + step[0], position[1] + step[1]
    if not game.on_board(ahead):
        game.end()
        return position
    return ahead


def home_and_back(position, step, game):
    """A frog: above it is at home, and begins anew below."""
    ahead = into_walls(position, step, game)
    if position[1] == 0:
        game.state["score"] += 1
        return position[0], game.board_size[1] - 1
    return ahead


def over_the_sides_for_a_point(position, step, game):
    """As where a world scrolls by, and pays for it."""
    game.state["score"] += position[0] % 2
    return over_the_sides(position, step, game)


def home_unpaid(position, step, game):
    return (position[0], game.board_size[1] - 1) if position[1] == 0 else into_walls(position, step, game)


@pytest.mark.parametrize(
    "beyond, edges",
    [
        (over_both, "xy"),
        (over_the_sides, "x"),
        (over_the_sides_for_a_point, "x"),
        (into_walls, ""),
        (to_death, ""),
        (home_and_back, ""),
        (home_unpaid, ""),
    ],
)
@pytest.mark.parametrize("slow", [False, True])
def test_edges_that_join_are_found(beyond, edges, slow):
    def factory():
        return games.Game([Walker(beyond, slow)], {"score": 0}, board_size=(12, 9))

    assert edges_that_join(factory, list(ARROWS), player_finder(), "score", (12, 9)) == edges


def test_a_bowl_that_is_thrown_anew_crosses_nothing():
    """It begins below, and only at times where it would have come in."""

    def thrown_anew(position, step, game):
        if position[1]:
            return into_walls(position, step, game)
        game.state["thrown"] += 1
        return (position[0] + game.state["thrown"] % 2 * 3) % game.board_size[0], game.board_size[1] - 1

    def factory():
        return games.Game([Walker(thrown_anew)], {"score": 0, "thrown": 0}, board_size=(12, 9))

    assert edges_that_join(factory, ["KEY_UP"], player_finder(), "score", (12, 9)) == ""


@pytest.mark.parametrize("new, edges", [(True, ""), (False, "y")])
def test_where_all_is_new_the_next_level_begins(new, edges):
    def to_the_next(position, step, game):
        if position[1]:
            return into_walls(position, step, game)
        for stone in game.agents[1:] if new else ():
            game.remove_agent(stone)
            game.add_agent(Stone())
        return position[0], game.board_size[1] - 1

    def factory():
        return games.Game([Walker(to_the_next), Stone(), Stone(), Stone()], {"score": 0}, board_size=(12, 9))

    assert edges_that_join(factory, ["KEY_UP"], player_finder(), "score", (12, 9)) == edges


def test_a_ship_that_only_turns_and_thrusts_crosses_them_too():
    class Ship:
        name, character = "ship", "^"

        def __init__(self):
            self.heading, self.at, self.speed, self.position = 0, [5.0, 5.0], [0.0, 0.0], (5, 5)

        def handle_keystroke(self, keystroke, game):
            if keystroke.name == "KEY_RIGHT":
                self.heading = (self.heading + 1) % 4
            elif keystroke.name == "KEY_UP":
                for i in (0, 1):
                    self.speed[i] = max(-0.9, min(0.9, self.speed[i] + 0.25 * [*ARROWS.values()][self.heading][i]))

        def play_turn(self, game):
            self.at = [(at + by) % size for at, by, size in zip(self.at, self.speed, game.board_size)]
            self.position = int(self.at[0]), int(self.at[1])

    def factory():
        return games.Game([Ship()], {"score": 0}, board_size=(12, 9))

    assert edges_that_join(factory, ["KEY_RIGHT", "KEY_UP"], player_finder(), "score", (12, 9)) == "xy"
