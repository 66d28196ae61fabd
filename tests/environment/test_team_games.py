"""The bundled games for several players: their rules by hand, fairness, and how hard they are for simple players."""

from __future__ import annotations

import os
import random
from collections import Counter, deque
from functools import lru_cache

import pytest
from end_to_end import HAVE_RETRO, PseudoTerminal

from retro_gamer.environment.keys import make_keystroke
from retro_gamer.games import engine, tag, tron, wolves

STAY = (0, 0)
MODULES = (tron, tag, wolves)


@pytest.fixture(autouse=True, params=["ours", "retro"])
def game_class(request, monkeypatch):
    """Each engine in turn."""
    chosen = engine.Game if request.param == "ours" else pytest.importorskip("retro.game").Game
    for module in MODULES:
        monkeypatch.setattr(module, "Game", chosen)


class Turns:
    """An input source that is told the keys of every turn, in one text: "a KEY_UP"."""

    keys = ""

    def collect(self):
        return {make_keystroke(key) for key in self.keys.split()}


def begin(game):
    game.input_source = Turns()
    game.start()
    return game


def play(game, *turns):
    """Play these turns, or as many as there are until the game is over."""
    for game.input_source.keys in turns:
        game.step()
        if not game.playing:
            break
    return game


def placed(module, **places):
    """A new game of tag or wolves with its players at the given places ("first wolf" is first_wolf)."""
    game = module.create_game()
    for name, place in places.items():
        game.get_agent_by_name(name.replace("_", " ")).position = place
    return begin(game)


def where(game, *names):
    return [game.get_agent_by_name(name).position for name in names]


def rewards(game):
    return [value for name, value in sorted(game.state.items()) if name.startswith("reward_")]


# Tron


def tron_game(blue, red, swap=False):
    """A game with the cycles at (position, step); `swap` has red first in the list of agents."""
    game = tron.create_game()
    for name, (position, step) in (("blue", blue), ("red", red)):
        cycle = game.get_agent_by_name(name)
        cycle.position, cycle.step, cycle.last_step = position, step, step
    if swap:
        game.agents[0], game.agents[1] = game.agents[1], game.agents[0]
    return begin(game)


def test_the_cycles_go_on_turn_and_leave_light():
    game = tron_game(((2, 2), tron.RIGHT), ((17, 11), tron.LEFT))
    play(game, "", "s KEY_UP", "KEY_LEFT x")
    assert where(game, "blue", "red") == [(3, 4), (15, 10)]
    trails = {agent.position: agent.character for agent in game.agents if isinstance(agent, tron.Trail)}
    assert trails == {(2, 2): "a", (3, 2): "a", (3, 3): "a", (17, 11): "b", (16, 11): "b", (16, 10): "b"}
    assert game.playing and rewards(game) == [0, 0]


def test_no_cycle_turns_right_round():
    game = tron_game(((2, 2), tron.RIGHT), ((17, 11), tron.LEFT))
    play(game, "a KEY_RIGHT", "s KEY_UP", "w KEY_DOWN")
    assert where(game, "blue", "red") == [(3, 4), (16, 9)]


FAR = ((17, 11), tron.LEFT)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    "blue, red, turns, expected",
    [
        (((0, 5), tron.LEFT), FAR, [""], [-1, 1]),  # wall
        (((5, 0), tron.UP), FAR, [""], [-1, 1]),
        (((2, 2), tron.RIGHT), ((18, 11), tron.RIGHT), ["", ""], [1, -1]),
        (((5, 5), tron.RIGHT), FAR, ["", "s", "a", "w"], [-1, 1]),  # its own light
        (
            ((5, 5), tron.RIGHT),
            ((6, 8), tron.UP),
            ["", "", ""],
            [1, -1],
        ),  # the light that blue left a turn ago
        (((5, 5), tron.RIGHT), ((7, 5), tron.LEFT), [""], [0, 0]),  # the same free cell
        (((5, 5), tron.RIGHT), ((6, 6), tron.UP), [""], [0, 0]),  # the same free cell, round a corner
        (((5, 5), tron.RIGHT), ((6, 5), tron.LEFT), [""], [0, 0]),  # they would change places
        (((5, 5), tron.RIGHT), ((6, 5), tron.UP), [""], [-1, 1]),  # into the place that red is just leaving
        (((0, 5), tron.LEFT), ((19, 5), tron.RIGHT), [""], [0, 0]),  # both into the wall
    ],
)
def test_who_crashes_loses_whatever_the_order_of_the_agents(blue, red, turns, expected, swap):
    game = play(tron_game(blue, red, swap), *turns)
    assert rewards(game) == expected
    assert not game.playing and game.turn_number == len(turns)
    assert game.state["winner"] == {-1: "red", 0: "nobody", 1: "blue"}[expected[0]]


def test_the_start_is_the_same_for_both():
    starts = set()
    for seed in range(200):
        random.seed(seed)
        game = tron.create_game()
        blue, red = game.get_agent_by_name("blue"), game.get_agent_by_name("red")
        assert turned(blue.position) == red.position and blue.step == (-red.step[0], -red.step[1])
        starts.add((blue.position, blue.step))
        play(begin(game), "")
        assert game.playing  # nobody is dead before the first key
    assert len(starts) > 50


def turned(cell):
    """Where a cell of tron's board is when the board is upside down."""
    return (tron.WIDTH - 1 - cell[0], tron.HEIGHT - 1 - cell[1])


def test_changed_sides_give_the_mirrored_game():
    """Each plays the other's turns, upside down: everything comes out the other way round."""
    opposite = {"d": "KEY_LEFT", "w": "KEY_DOWN", "a": "KEY_RIGHT", "s": "KEY_UP"}
    opposite.update({there: here for here, there in opposite.items()})
    results = Counter()
    for seed in range(40):
        random.seed(seed)
        first = begin(tron.create_game())
        random.seed(seed)
        second = begin(tron.create_game())
        for name, other in (("blue", "red"), ("red", "blue")):
            here, there = first.get_agent_by_name(name), second.get_agent_by_name(other)
            there.step = there.last_step = (-here.step[0], -here.step[1])
        while first.playing:
            keys = [random.choice([*keys, ""]) for keys in (tron.BLUE_KEYS, tron.RED_KEYS)]
            play(first, " ".join(keys))
            play(second, " ".join(opposite.get(key, "") for key in keys))
            assert second.playing == first.playing
            assert where(second, "red", "blue") == [turned(cell) for cell in where(first, "blue", "red")]
        assert rewards(second) == rewards(first)[::-1]
        results[rewards(first)[0]] += 1
    assert set(results) == {-1, 0, 1}


# Tag


@pytest.fixture
def steady(monkeypatch):
    """A runner that never stumbles."""
    monkeypatch.setattr(tag, "random", lambda: 1.0)


def test_both_walk_and_stop_at_walls(steady):
    game = placed(tag, chaser=(0, 0), runner=(13, 9))
    play(game, "a KEY_RIGHT", "d KEY_UP", "s KEY_LEFT", "s", "d")
    assert where(game, "chaser", "runner") == [(1, 2), (12, 8)]  # at (2, 2) is a wall
    assert rewards(game) == [-0.05, 0.05]
    assert tag.YARD[2][2] == "#"


@pytest.mark.parametrize(
    "chaser, runner, keys, caught",
    [
        ((0, 0), (1, 0), "d", True),
        ((0, 0), (1, 0), "d KEY_RIGHT", False),  # the runner goes first
        ((0, 0), (2, 0), "d KEY_LEFT", True),  # into its arms
        ((0, 0), (1, 0), "KEY_LEFT", True),
        ((0, 0), (1, 0), "d KEY_LEFT", True),  # they do not pass through each other
        (
            (0, 0),
            (1, 0),
            "s KEY_LEFT",
            True,
        ),  # whoever runs into the chaser is caught, wherever that wanted to go
        ((0, 0), (1, 1), "d KEY_UP", True),  # a good guess
        ((0, 0), (1, 1), "d KEY_DOWN", False),
    ],
)
def test_a_catch(chaser, runner, keys, caught, steady):
    game = play(placed(tag, chaser=chaser, runner=runner), keys)
    assert game.playing != caught
    assert len(set(where(game, "chaser", "runner"))) == (1 if caught else 2)  # where it was caught, there they stay
    assert rewards(game) == ([0.99, -0.99] if caught else [-0.01, 0.01])
    assert game.state.get("winner") == ("chaser" if caught else None)


def test_the_runner_stumbles_now_and_then():
    random.seed(3)
    stumbles = 0
    for _ in range(1000):
        game = play(placed(tag, chaser=(0, 0), runner=(8, 0)), "KEY_RIGHT d")
        assert where(game, "chaser") == [(1, 0)]
        stumbles += where(game, "runner") == [(8, 0)]
    assert 70 < stumbles < 130  # a tenth, give or take three standard deviations


def test_the_sign_of_the_reward_says_who_has_won(steady):
    game = play(placed(tag, chaser=(0, 0), runner=(13, 9)), *[""] * 99)
    assert (game.turn_number, rewards(game), game.state["winner"]) == (75, [-0.75, 0.75], "runner")
    game = play(placed(tag, chaser=(0, 0), runner=(1, 0)), *[""] * 74, "d")
    assert (game.turn_number, rewards(game), game.state["winner"]) == (75, [0.25, -0.25], "chaser")


def test_tag_starts_far_apart_and_in_the_open():
    for seed in range(200):
        random.seed(seed)
        chaser, runner = where(tag.create_game(), "chaser", "runner")
        assert abs(chaser[0] - runner[0]) + abs(chaser[1] - runner[1]) >= 8
        assert all(tag.YARD[y][x] == "." for x, y in (chaser, runner))


# Wolves


def test_all_three_walk_and_wolves_do_not_share_a_cell():
    game = placed(wolves, sheep=(13, 6), first_wolf=(0, 0), second_wolf=(1, 0))
    play(game, "l d KEY_UP", "j d KEY_DOWN", "i s KEY_LEFT")
    # The first wolf waits while the second is at (1, 0), and then the second while the first is at (0, 1).
    assert where(game, "sheep", "first wolf", "second wolf") == [(12, 5), (0, 1), (1, 1)]
    assert rewards(game) == [0.0225, -0.0225]


@pytest.mark.parametrize(
    "sheep, keys, caught",
    [
        ((1, 4), "d", True),
        ((1, 4), "d l", False),  # the sheep goes first
        ((8, 3), "KEY_UP", True),  # either wolf will do
        ((8, 3), "j", False),
        ((1, 4), "j", True),  # into the wolf
        ((1, 4), "j w", True),  # wherever that wanted to go
        ((1, 3), "d k", True),  # a good guess
    ],
)
def test_a_wolf_catches_the_sheep(sheep, keys, caught):
    game = play(placed(wolves, sheep=sheep, first_wolf=(0, 4), second_wolf=(8, 4)), keys)
    assert game.playing != caught
    assert (where(game, "sheep")[0] in where(game, "first wolf", "second wolf")) == caught
    assert rewards(game) == ([-0.9925, 0.9925] if caught else [0.0075, -0.0075])


def test_a_sheep_in_the_corner_between_two_wolves_is_lost():
    for key in "lijk":
        game = play(placed(wolves, sheep=(0, 0), first_wolf=(1, 0), second_wolf=(0, 1)), f"{key} a KEY_UP")
        assert not game.playing and game.state["winner"] == "wolves"


def test_a_sheep_that_lives_long_enough_has_won():
    game = play(placed(wolves, sheep=(13, 6), first_wolf=(0, 0), second_wolf=(1, 0)), *[""] * 120)
    assert (game.turn_number, rewards(game), game.state["winner"]) == (100, [0.75, -0.75], "sheep")
    game = play(placed(wolves, sheep=(13, 6), first_wolf=(13, 5), second_wolf=(1, 0)), *[""] * 99, "s")
    assert (game.turn_number, rewards(game), game.state["winner"]) == (100, [-0.25, 0.25], "wolves")


# What holds for all of them, and how hard they are


def chooser_of_random_keys(player, game):
    return random.choice([*player.keys.values(), STAY])


def play_out(module, choose=chooser_of_random_keys, **choosers):
    """Play a game to its end, each player by its own chooser; returns the game and its rewards turn by turn."""
    game = begin(module.create_game())
    turns = [rewards(game)]
    while game.playing:
        keys = []
        for player in (agent for agent in game.agents if hasattr(agent, "keys")):
            step = choosers.get(player.name.replace(" ", "_"), choose)(player, game)
            keys += [key for key, stands_for in player.keys.items() if stands_for == step]
        play(game, " ".join(keys))
        turns.append(rewards(game))
    return game, turns


@pytest.mark.parametrize("module", MODULES)
def test_what_one_side_gets_the_other_pays(module):
    random.seed(0)
    for _ in range(10):
        _, turns = play_out(module)
        assert all(first + second == 0 for first, second in turns)
        assert all(abs(after[0] - before[0]) <= 1 for before, after in zip(turns, turns[1:]))


@lru_cache(maxsize=None)
def distances(module, goal):
    """Steps to `goal` from every cell of the game."""
    free = tag.FREE if module is tag else [(x, y) for x in range(wolves.WIDTH) for y in range(wolves.HEIGHT)]
    found, ways = {goal: 0}, deque([goal])
    while ways:
        x, y = ways.popleft()
        for cell in ((x + 1, y), (x, y - 1), (x - 1, y), (x, y + 1)):
            if cell in free and cell not in found:
                found[cell] = found[x, y] + 1
                ways.append(cell)
    return found


def after(player, step):
    return (player.position[0] + step[0], player.position[1] + step[1])


def shortest_way(module, prey, prefer=0):
    """A chooser that takes a shortest way; of two equally short steps the one along x (0) or y (1)."""

    def choose(player, game):
        to_prey = distances(module, game.get_agent_by_name(prey).position)
        return min(player.keys.values(), key=lambda step: (to_prey.get(after(player, step), 99), step[prefer] == 0))

    return choose


def farthest(module, *hunters):
    """A chooser that goes where the nearest hunter is as far away as can be."""

    def choose(player, game):
        maps = [distances(module, place) for place in where(game, *hunters)]
        steps = random.sample([*player.keys.values(), STAY], 5)
        return max(steps, key=lambda step: min(to_hunter.get(after(player, step), -1) for to_hunter in maps))

    return choose


def caught(module, games, **choosers):
    """In how many of the games the prey is caught, and the mean number of turns."""
    random.seed(1)
    played = [play_out(module, **choosers)[0] for _ in range(games)]
    wins = sum(game.state["winner"] in ("chaser", "wolves") for game in played)
    return wins, sum(game.turn_number for game in played) / games


def test_tag_can_be_learned_by_both_sides():
    chase, flee = shortest_way(tag, "runner"), farthest(tag, "chaser")
    lucky, _ = caught(tag, 20)
    chased, short = caught(tag, 20, chaser=chase)
    fled, long = caught(tag, 20, chaser=chase, runner=flee)
    escaped, _ = caught(tag, 20, runner=flee)
    assert lucky < 10 < fled <= chased == 20 and escaped == 0
    assert long > 2 * short


def test_two_wolves_do_what_one_cannot():
    """The two come from different sides, as one goes along x first and the other along y."""
    flee = farthest(wolves, "first wolf", "second wolf")
    hunt = {"first_wolf": shortest_way(wolves, "sheep", 0), "second_wolf": shortest_way(wolves, "sheep", 1)}
    asleep = {"first_wolf": hunt["first_wolf"], "second_wolf": lambda player, game: STAY}
    together, turns = caught(wolves, 20, sheep=flee, **hunt)
    alone, longer = caught(wolves, 20, sheep=flee, **asleep)
    assert together >= 18 and alone < together and turns < longer


@pytest.mark.skipif(os.name == "nt" or not HAVE_RETRO, reason="needs retro-games and a pseudo-terminal")
@pytest.mark.parametrize("name", ["tron", "tag", "wolves"])
def test_people_play_it_at_one_keyboard(name, tmp_path, request):
    """Keys of both sides arrive; after the end the last picture stays until Enter."""
    if "retro" not in request.node.callspec.id:
        pytest.skip("only retro-games reads the keyboard")
    terminal = PseudoTerminal(["-m", f"retro_gamer.games.{name}"], tmp_path)
    terminal.wait_for("═")
    for keys in (b"w\x1b[D", b"d\x1b[A") * 2:
        os.write(terminal.controller, keys)
    if name == "tron":
        terminal.wait_for("winner: ")  # without further keys both run into the edge before long
        os.write(terminal.controller, b"\r")
    else:
        terminal.press_ctrl_c()
    status = terminal.finish()
    terminal.close()
    assert status == 0 if name == "tron" else "KeyboardInterrupt" in terminal.output
