"""The way around what is in the way, what is remembered of the dark, and where `create` lets a character see them."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest
from observing import Hero, Piece, make_encoder, make_game
from small_runs import make_run, same

from retro_gamer import TrainedPolicy
from retro_gamer.commands.create import create_run
from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.readings import Canvas
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, UNSEEN
from retro_gamer.environment.ways import (
    ABOVE,
    BELOW,
    FARTHEST,
    HERE,
    LEFT,
    MOST_KINDS,
    NO_WAY,
    REACH,
    RIGHT,
    Ways,
)
from retro_gamer.errors import CheckpointError, ConfigError
from retro_gamer.games import engine
from retro_gamer.reporting.explanation import explain_choice
from retro_gamer.reporting.sight import sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

STEPS = {LEFT: (-1, 0), RIGHT: (1, 0), ABOVE: (0, -1), BELOW: (0, 1)}
WAYS = [
    {"board": True},
    {"egocentric_radius": 2},
    {"egocentric_radius": 3, "own_symbol": True, "last_step": True},
    {"egocentric_radius": 1, "room": True},
    {"egocentric_radius": 2, "place": True},
    {},
]


def encoder_of(characters="#~$", around="#~", **what):
    return make_encoder(characters, radar=True, way_around=list(around), **what)


def way_seen(encoder, observation, character):
    """(first steps, length) as the observation tells them."""
    place = 2 * (encoder.vocabulary[character] - FIRST_CHARACTER)
    return tuple(observation.radar[place : place + 2].tolist())


def slow_way(goals, walkable, position, size):
    """The same, cell by cell from the goals; `walkable` says of a cell whether one can walk through it."""
    goals = set(goals) - {position}
    distance, waiting = dict.fromkeys(goals, 0), sorted(goals)
    while waiting:  # a queue: nearer cells come first
        x, y = waiting.pop(0)
        for dx, dy in STEPS.values():
            cell = (x + dx, y + dy)
            inside = 0 <= cell[0] < size[0] and 0 <= cell[1] < size[1] and abs(cell[1] - position[1]) <= REACH
            if inside and cell not in distance and cell != position and walkable(cell):
                distance[cell] = distance[x, y] + 1
                waiting.append(cell)
    beside = {step: (position[0] + dx, position[1] + dy) for step, (dx, dy) in STEPS.items()}
    least = min((distance[cell] for cell in beside.values() if cell in distance), default=FARTHEST)
    if least + 1 < FARTHEST:
        return sum(step for step, cell in beside.items() if distance.get(cell) == least), (least + 1).bit_length()
    return NO_WAY


@pytest.mark.parametrize("what", WAYS, ids=str)
def test_it_is_what_a_slow_search_finds(what):
    chooser = random.Random(5)
    for _ in range(15):
        size = width, height = chooser.randint(1, 30), chooser.randint(1, 30)
        position = chooser.randrange(width), chooser.randrange(height)
        share = chooser.choice([0.05, 0.3, 0.5])
        shown = {
            (x, y): chooser.choice("##~~$")
            for x in range(width)
            for y in range(height)
            if chooser.random() < share and (x, y) != position
        }
        game = make_game(Hero("A", position), *(Piece(one, cell) for cell, one in shown.items()), board_size=size)
        encoder = encoder_of("#~$A", board_size=size, **what)
        goals = [cell for cell, one in shown.items() if one == "$" and abs(cell[1] - position[1]) <= REACH]
        seen = way_seen(encoder, encoder.observe(game), "$")
        expected = slow_way(goals, lambda cell, shown=shown: shown.get(cell, " ") in " $", position, size)
        if "$" not in shown.values():
            assert seen == (0, 0)
        elif expected == NO_WAY:
            assert seen[0] and seen[1] == NO_WAY
        else:
            assert seen == expected


def test_the_way_leads_around_and_where_there_is_none_towards():
    # ......      $ is 3 to the right, but the way there is over the top, or below: 5 steps
    # ..#...
    # .A#.$.
    # ..#...
    wall = [Piece("#", (2, y)) for y in (1, 2, 3)]
    hero, gold = Hero("A", (1, 2)), Piece("$", (4, 2))
    encoder = encoder_of(egocentric_radius=1, board_size=(6, 5))
    game = make_game(hero, gold, *wall, board_size=(6, 5))
    assert way_seen(encoder, encoder.observe(game), "$") == (ABOVE + BELOW, 3)
    game.add_agent(Piece("~", (2, 4)))
    assert way_seen(encoder, encoder.observe(game), "$") == (ABOVE, 3)
    game.add_agent(Piece("~", (2, 0)))
    assert way_seen(encoder, encoder.observe(game), "$") == (RIGHT, NO_WAY)
    gold.position = (3, 0)
    assert way_seen(encoder, encoder.observe(game), "$") == (RIGHT + ABOVE, NO_WAY)


def test_of_what_is_in_the_way_the_radar_tells_where_it_is():
    game = make_game(Hero("A", (1, 1)), Piece("#", (3, 0)))
    walks, flies = encoder_of(), make_encoder("#~$", radar=True)
    one, other = walks.observe(game), flies.observe(game)
    assert way_seen(walks, one, "#") == way_seen(flies, other, "#") == (7, 4)


def test_what_it_stands_on_is_here():
    # A game may take it only in the next turn: then the reward comes from here, wherever it goes.
    gold = Piece("$", (1, 1))
    for what in WAYS:
        game, encoder = make_game(Hero("A", (1, 1)), gold, Piece("$", (3, 1))), encoder_of("#~$A", **what)
        assert way_seen(encoder, encoder.observe(game), "$") == (0, HERE)
        game.remove_agent(gold)
        assert way_seen(encoder, encoder.observe(game), "$") == (RIGHT, 2)


def test_without_a_character_or_off_the_board_nothing_is_told():
    hero, encoder = Hero("A", (1, 1)), encoder_of(egocentric_radius=1)
    assert way_seen(encoder, encoder.observe(make_game(Piece("$", (1, 2)))), "$") == (0, 0)
    game = make_game(hero, Piece("$", (1, 2)))
    hero.position = (-1, 1)
    assert way_seen(encoder, encoder.observe(game), "$") == (0, 0)


def test_what_is_far_up_or_down_is_flown_to():
    board = bytearray(90)
    board[0] = 2
    canvas = Canvas(board, 0, 1, (1, 90))
    assert Ways([]).readings(canvas, (0, 80), 3) == {2: (ABOVE, NO_WAY)}
    assert Ways([]).readings(canvas, (0, REACH), 3) == {2: (ABOVE, 5)}


def test_of_many_kinds_only_the_first_are_walked_to():
    board = bytearray(range(2, 22))
    told = Ways([], 2).readings(Canvas(board, 0, 20, (20, 1)), (0, 0), 30)
    assert [told[symbol][1] == NO_WAY for symbol in range(3, 22)] == [False] * MOST_KINDS + [True] * 11


# What is remembered


def dark(*agents, size=(9, 3), **what):
    game = make_game(*agents, board_size=size)
    encoder = encoder_of("#$" + UNSEEN, "#", board_size=size, sight=1, **what)
    return game, encoder


@pytest.mark.parametrize("what", [{}, {"place": True}], ids=str)
def test_what_was_seen_is_remembered_and_what_was_not_is_looked_for(what):
    hero, gold = Hero("A", (1, 1)), Piece("$", (0, 1))
    game, encoder = dark(hero, gold, egocentric_radius=1, **what)

    def told(name):
        return way_seen(encoder, encoder.observe(game), name)

    assert told("$") == (LEFT, 1) and told(UNSEEN) == (RIGHT, 2)
    gold.display = False  # as if it were dark there
    hero.position = (2, 1)
    assert told("$") == (LEFT, 2) and told(UNSEEN) == (RIGHT, 2)
    assert told("$") == (LEFT, 2)  # asking again changes nothing
    hero.position = (1, 1)  # now it sees that it is gone
    assert told("$") == (0, 0)
    for x in range(2, 9):
        hero.position = (x, 1)
        told("$")
    assert told(UNSEEN) == (0, 0)  # all was seen


def test_what_shows_farther_than_it_sees_is_not_on_its_chart():
    game, encoder = dark(Hero("A", (1, 1)), Piece("$", (5, 1)))
    assert way_seen(encoder, encoder.observe(game), "$") == (0, 0)


@pytest.mark.parametrize("what", ["a new game", "another character", "a jump"])
def test_a_chart_begins_anew(what):
    game, encoder = dark(Hero("A", (1, 1)))
    for x in range(1, 8):
        game.agents[0].position = (x, 1)
        encoder.observe(game)
    if what == "a new game":
        game = make_game(Hero("A", (7, 1)), board_size=(9, 3))
    elif what == "another character":
        game.agents[:] = [Hero("A", (7, 1))]
    else:
        game.agents[0].position = (1, 1)
    steps = RIGHT if what == "a jump" else LEFT
    assert way_seen(encoder, encoder.observe(game), UNSEEN) == (steps, 2)


def test_each_in_company_draws_a_chart_of_its_own():
    one, other = Hero("A", (1, 1)), Hero("B", (7, 1))
    game, encoder = dark(one, other)
    for _ in range(2):
        assert way_seen(encoder, encoder.observe(game, one), UNSEEN) == (RIGHT, 2)
        assert way_seen(encoder, encoder.observe(game, other), UNSEEN) == (LEFT, 2)


# Where `create` switches it on


class Walled(engine.Game):
    """A wall with a gap, gold on the other side; as much of it shows as is within `lit` cells."""

    def __init__(self, lit, wall="#"):
        gap = random.randrange(8)
        pieces = [Piece(wall, (6, y)) for y in range(8) if y != gap] + [Piece("$", (11, random.randrange(8)))]
        self.lit = lit
        super().__init__([Walker("A", (random.randrange(5), 3)), *pieces], {"score": 0}, board_size=(13, 8))


class Walker(Hero):
    def handle_keystroke(self, keystroke, game):
        ahead = tuple(a + b for a, b in zip(self.position, DIRECTIONS.get(keystroke.name, (0, 0))))
        super().handle_keystroke(keystroke, game)
        for piece in [agent for agent in game.agents[1:] if agent.position == ahead]:
            if piece.character == "$":
                game.state["score"] += 1
                self.position, piece.position = ahead, (12 - piece.position[0], random.randrange(8))
            elif piece.character == "~":
                self.position = ahead
                game.end()

    def play_turn(self, game):
        for piece in game.agents[1:]:
            far = max(abs(a - b) for a, b in zip(piece.position, self.position))
            piece.display = far <= game.lit


DIRECTIONS = {"KEY_RIGHT": (1, 0), "KEY_UP": (0, -1), "KEY_LEFT": (-1, 0), "KEY_DOWN": (0, 1)}


def walled_game():
    return Walled(99)


def deadly_game():
    return Walled(99, "~")


class Judge:
    """Comes before the hero, so that it sees only in the next turn where the hero went."""

    display, character, position = False, " ", (0, 0)

    def play_turn(self, game):
        hero = next(agent for agent in game.agents if isinstance(agent, Strider))
        if any(piece.position == hero.position for piece in game.agents if piece.character == "~"):
            game.end()


class Strider:
    character = "A"

    def __init__(self, position):
        self.position = position

    def handle_keystroke(self, keystroke, game):
        ahead = tuple(a + b for a, b in zip(self.position, DIRECTIONS.get(keystroke.name, (0, 0))))
        if game.on_board(ahead):
            self.position = ahead


def late_game():
    pieces = [Piece("~", (6, y)) for y in range(8) if y != 3] + [Piece("~", (3, 6)), Piece("$", (11, 5))]
    return engine.Game([Judge(), Strider((4, 3)), *pieces], {"score": 0}, board_size=(13, 8))


def dark_game():
    return Walled(2)


def open_game():
    game = Walled(99)
    game.agents[:] = [agent for agent in game.agents if agent.character != "#"]
    return game


@pytest.mark.parametrize(
    "game, around, sight",
    [
        (f"{__name__}:walled_game", ["#"], 0),
        (f"{__name__}:deadly_game", ["~"], 0),
        (f"{__name__}:late_game", ["~"], 0),
        (f"{__name__}:dark_game", ["#"], 2),
        (f"{__name__}:open_game", [], 0),
        ("snake", ["*"], 0),
        ("catch", [], 0),
    ],
)
def test_create_chooses_it_where_something_is_in_the_way(tmp_path, game, around, sight):
    made = create_run(game, str(tmp_path / "run"), {})
    seen = made.run.load_config().preprocessing
    assert (seen.way_around, seen.sight) == (around, sight)
    text = made.run.config_path.read_text("utf-8")
    assert ("they stop it, cost it something, or are left behind" in text) == bool(around)
    assert ("what was farther away did not show" in text) == bool(sight)


@pytest.mark.parametrize(
    "flags", [{"way_around": []}, {"radar": False}, {"board": True}, {"algorithm": "q_learning"}], ids=str
)
def test_who_asks_for_something_else_gets_it(tmp_path, flags):
    made = create_run(f"{__name__}:walled_game", str(tmp_path / "run"), flags)
    assert made.run.load_config().preprocessing.way_around == []


def test_without_a_radar_it_is_refused():
    for name, value in (("way_around", ["#"]), ("sight", 2)):
        seen = {"board": True, "radar": False, name: value}
        with pytest.raises(ConfigError, match=f"{name} is set with radar = false"):
            RunConfig.from_dict({"metadata": {"actions": ["a"], "reward": "score"}, "preprocessing": seen}, "x")


# Runs


SEEN = {"board": False, "egocentric_radius": 2, "radar": True, "own_symbol": True}
DARK = {**SEEN, "way_around": ["*"], "sight": 3}


def test_a_training_in_two_parts_is_as_one(tmp_path):
    for name, stops in (("whole", [99]), ("parts", [4, 13, 99])):
        run = make_run(tmp_path / name, "snake", preprocessing=DARK)
        for stop in stops:
            trainer = Trainer(run)
            trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
    same(RunDirectory(tmp_path / "whole"), RunDirectory(tmp_path / "parts"))


def trained(tmp_path, **training):
    run = make_run(tmp_path / "run", "snake", preprocessing=DARK, training_episodes=3, **training)
    Trainer(run).train()
    return run


def test_a_policy_says_so_and_is_read_with_it(tmp_path):
    run = trained(tmp_path)
    facts = read_policy(run)[1].description.to_json()
    assert facts["way_around"] == ["*"] and facts["sight"] == 3
    seen = PolicyDescription.from_json(facts, tmp_path).settings(run.load_config()).preprocessing
    assert (seen.way_around, seen.sight) == (["*"], 3)
    for name, value in (
        ("way_around", []),
        ("way_around", ["**"]),
        ("way_around", "*"),
        ("sight", 0),
        ("sight", 65),
        ("sight", True),
        ("characters", ["@", "(me)"]),
        ("radar", False),
    ):
        with pytest.raises(CheckpointError, match="way cannot be found|not fit"):
            PolicyDescription.from_json({**facts, name: value}, tmp_path)


def test_in_a_game_it_sees_what_it_sees_in_training(tmp_path):
    run = trained(tmp_path)
    player = load_player(run)
    environment, policy = player.environment, TrainedPolicy(run.path)
    observation = environment.reset(4)
    for _ in range(60):
        seen = policy._eyes.observe(environment.game, None)
        assert np.array_equal(seen.inputs, observation.inputs)
        step = environment.step(player.agent.act(observation, 0.2))
        observation = step.observation
        if step.terminated:
            break
    assert policy._eyes.every_turn


def test_what_it_sees_of_ways_is_told_in_words(tmp_path):
    player = load_player(trained(tmp_path))
    environment = player.environment
    observation = environment.reset(1)
    names = dict(sight_of(environment, observation).radar)
    assert names["the way to what it never saw"] == "4-7 steps, first left or right or up or down"
    causes = explain_choice(
        player.agent,
        observation,
        environment.actions,
        environment.characters,
        environment.shape.board_shape,
        seen=environment.encoder,
    ).causes
    assert "the way to what it never saw" in {cause.what for cause in causes}


def test_a_copy_of_an_environment_keeps_its_chart():
    pytest.importorskip("gymnasium")
    from retro_gamer.policy.gymnasium_env import make_gym_env

    env = make_gym_env("snake", **DARK, actions=["KEY_LEFT", "KEY_RIGHT", "KEY_UP", "KEY_DOWN"], reward="reward")
    env.reset(seed=4)
    for _ in range(4):
        env.step(1)
    other = pickle.loads(pickle.dumps(env))
    assert np.array_equal(env.step(1)[0], other.step(1)[0])
