"""`create` finds out whether a game knows left from right, and above from below."""

from __future__ import annotations

import random

import pytest
from observing import ARROWS, STEPS

from retro_gamer import games
from retro_gamer.discovery.probing import probe_game

SIDE = 11


class Walker:
    """Goes where an arrow says, as far as `stride`; by itself where the wind blows."""

    name, character = "walker", "W"

    def __init__(self, stride=(1, 1), wind=(0, 0)):
        self.position, self.stride, self.wind = (SIDE // 2, SIDE // 2), stride, wind

    def handle_keystroke(self, keystroke, game):
        step = STEPS.get(keystroke.name)
        if step:
            self.go(step[0] * self.stride[0], step[1] * self.stride[1], game)

    def play_turn(self, game):
        if random.random() < 0.3:
            self.position = tuple((at + by) % SIDE for at, by in zip(self.position, self.wind))

    def go(self, dx, dy, game):
        ahead = self.position[0] + dx, self.position[1] + dy
        if game.on_board(ahead):
            self.position = ahead


class Thing:
    """Moves in each turn as `step` says."""

    def __init__(self, character, position, step):
        self.character, self.position, self.step = character, position, step

    def play_turn(self, game):
        x, y = self.position
        dx, dy = self.step(self)
        self.position = (x + dx) % SIDE, (y + dy) % SIDE


def anywhere(thing):
    return random.choice(list(STEPS.values()))


def down(thing):
    return 0, 1


def down_fast(thing):
    """In every fourth turn or so it is at the top again."""
    return 0, 3


def to_and_fro(thing):
    """Along a row, and back."""
    thing.way = getattr(thing, "way", 1)
    if not 0 <= thing.position[0] + thing.way < SIDE:
        thing.way = -thing.way
    return thing.way, 0


def in_lanes(thing):
    """To the right in one row, to the left in the next, as cars do."""
    return (1 if thing.position[1] % 2 else -1), 0


class Payer:
    """Pays by what the walker does."""

    display = False

    def __init__(self, pays):
        self.pays, self.was = pays, None

    def play_turn(self, game):
        at = game.get_agent_by_name("walker").position
        if self.was is not None:
            game.state["score"] += self.pays(at[0] - self.was[0], at[1] - self.was[1])
        self.was = at


def symmetry_of(walker=Walker, things=(), pays=None, keys=ARROWS, values=("score",), others=()):
    def create_game():
        agents = [walker(), *(Thing(*thing) for thing in things), *(other() for other in others)]
        if pays is not None:
            agents.append(Payer(pays))
        return games.Game(agents, {"score": 0}, board_size=(SIDE, SIDE))

    probe = probe_game(create_game, keys)
    histories = [probe.histories[name] for name in values]
    return probe.sides.symmetry("walker", keys, probe.characters, histories, (1, 1))


def test_a_walk_among_what_goes_anywhere_has_no_sides():
    beasts = [("B", (x, 1), anywhere) for x in range(4)]
    assert symmetry_of(things=beasts) == ("all", ["right", "up", "left", "down"])


@pytest.mark.parametrize(
    "things, symmetry",
    [
        ([("O", (x, x), down) for x in range(4)], "x"),
        ([("O", (x, x), down_fast) for x in range(4)], "x"),
        ([("T", (x, x), to_and_fro) for x in range(4)], "xy"),
        ([("C", (x, x), in_lanes) for x in range(4)], "y"),
        ([("<", (1, 1), anywhere), (">", (3, 3), anywhere)], "y"),
        ([(">", (3, 3), anywhere)], "all"),
        ([*(("B", (x, 1), anywhere) for x in range(6)), ("O", (1, 1), down), ("O", (2, 1), down)], "x"),
        ([("-", (1, 1), anywhere), ("|", (3, 3), anywhere)], "xy"),
    ],
    ids=[
        "falling rocks",
        "rocks that fall fast",
        "guards",
        "lanes of cars",
        "noses",
        "one arrow",
        "rocks of the beasts' class",
        "walls that lie and stand",
    ],
)
def test_what_goes_one_way_takes_a_symmetry_away(things, symmetry):
    assert symmetry_of(things=things)[0] == symmetry


class Maker:
    """Brings things, one after the other."""

    display = False

    def __init__(self, entry):
        self.entry = entry

    def play_turn(self, game):
        if game.turn_number % 5 == 0 and len(game.agents) < 9:
            x, y = random.randrange(SIDE), random.randrange(SIDE)
            game.add_agent(
                Thing("m", {"anywhere": (x, y), "row": (x, 5), "column": (5, y)}[self.entry], lambda thing: (0, 0))
            )


@pytest.mark.parametrize("entry, symmetry", [("anywhere", "all"), ("row", "x"), ("column", "y")])
def test_what_always_appears_in_one_line_takes_a_symmetry_away(entry, symmetry):
    assert symmetry_of(others=[lambda: Maker(entry)])[0] == symmetry


class Hidden:
    display = False


def test_of_more_than_are_watched_nothing_is_known():
    assert symmetry_of(others=[Hidden] * 500)[0] == ""


def test_wind_has_a_side():
    assert symmetry_of(lambda: Walker(wind=(0, 1)))[0] == "x"


def test_longer_steps_to_the_sides_are_not_turned():
    assert symmetry_of(lambda: Walker(stride=(2, 1)))[0] == "xy"


def test_where_only_the_way_to_the_right_pays_there_are_sides():
    assert symmetry_of(pays=lambda dx, dy: dx > 0)[0] == "y"


def test_a_value_that_keys_push_has_a_side():
    assert symmetry_of(pays=lambda dx, dy: dx, values=("score",))[0] == "y"


def test_a_key_without_its_opposite_is_no_symmetry():
    assert symmetry_of(keys=("KEY_RIGHT", "KEY_UP", "KEY_DOWN")) == ("y", ["right", "up", "down"])
    assert symmetry_of(keys=(" ",)) == ("", [])
