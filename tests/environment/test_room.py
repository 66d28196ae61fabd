"""How many free cells there are on each side of the character that acts, and where `create` lets it see that."""

from __future__ import annotations

import random

import pytest
from observing import ARROWS, STEPS, Hero, Piece, make_encoder, make_game
from small_runs import make_run

from retro_gamer import TrainedPolicy
from retro_gamer.cli import main
from retro_gamer.commands.create import create_run
from retro_gamer.discovery import choose_encoders
from retro_gamer.discovery.ground import look_at_ground
from retro_gamer.environment.rooms import ENOUGH, FAR_TOO_FEW, NONE, REACH, TOO_FEW, WORDS
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ROOM_ACROSS, ROOM_DOWN
from retro_gamer.errors import CheckpointError
from retro_gamer.games import catch, engine, forager, snake, tron
from retro_gamer.reporting.explanation import explain_choice
from retro_gamer.reporting.sight import sight_of
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_description import PolicyDescription
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.player import load_player
from retro_gamer.training.trainer import Trainer

WAYS = [
    {"board": True},
    {"egocentric_radius": 2},
    {"egocentric_radius": 3, "radar": True, "own_symbol": True, "last_step": True},
    {"radar": True},
    {},
    {"egocentric_radius": 2, "place": True},
]


SEEN = {
    "board": False,
    "egocentric_radius": 2,
    "radar": True,
    "own_symbol": True,
    "room": True,
    "free_characters": ["@"],
}


def encoder_of(characters="#@", free_characters=("@",), **what):
    return make_encoder(characters, room=True, free_characters=free_characters, **what)


def room_seen(encoder, observation):
    """The readings: to the left, to the right, above, below."""
    places = [2 * (encoder.vocabulary[name] - FIRST_CHARACTER) for name in (ROOM_ACROSS, ROOM_DOWN)]
    return [int(observation.radar[place + side]) for place in places for side in (0, 1)]


def slow_room(free, size, position):
    """The same, found cell by cell. `free` says of a cell (x, y) whether it is free."""
    (x, y), (width, height) = position, size
    found = []
    for start in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
        reached, waiting = set(), [start]
        while waiting:
            column, row = cell = waiting.pop()
            inside = 0 <= column < width and 0 <= row < height and abs(row - y) <= REACH
            if inside and cell != position and cell not in reached and free(cell):
                reached.add(cell)
                waiting += [(column - 1, row), (column + 1, row), (column, row - 1), (column, row + 1)]
        found.append(len(reached))
    cells = [(column, row) for column in range(width) for row in range(height) if abs(row - y) <= REACH]
    enough = min(128, max(8, sum(not free(cell) or cell == position for cell in cells)))
    found = [min(n, enough) for n in found]
    most = max(found)
    best = "enough" if most == enough else "too few" if 4 * most > enough else "far too few"
    return [WORDS.index(best if n and n == most else "none, or a trap") for n in found]


@pytest.mark.parametrize("what", WAYS, ids=str)
def test_it_is_what_a_slow_search_finds(what):
    chooser = random.Random(3)
    for _ in range(12):
        size = width, height = chooser.randint(1, 40), chooser.randint(1, 40)
        position = chooser.randrange(width), chooser.randrange(height)
        share = chooser.choice([0, 0.1, 0.3, 0.5])
        shown = {(x, y): chooser.choice("##@") for x in range(width) for y in range(height) if chooser.random() < share}
        hero = Hero("A", position)
        game = make_game(hero, *(Piece(one, cell) for cell, one in shown.items()), board_size=size)
        encoder = encoder_of("#@A", board_size=size, **what)
        expected = slow_room(lambda cell, shown=shown: shown.get(cell) != "#", size, position)
        assert room_seen(encoder, encoder.observe(game)) == expected


def test_a_snake_sees_that_it_is_about_to_shut_itself_in():
    # ......     to the left of A are two cells, and nothing to the right
    # ####..     without the # above it there are 13 there, as many as are not free, and more: the left is a trap
    # ..A#..
    # ####..
    wall = [(0, 1), (1, 1), (2, 1), (3, 1), (3, 2), (0, 3), (1, 3), (2, 3), (3, 3)]
    game = make_game(Hero("A", (2, 2)), *(Piece("#", cell) for cell in wall))
    encoder = encoder_of(egocentric_radius=1)
    assert room_seen(encoder, encoder.observe(game)) == [FAR_TOO_FEW, NONE, NONE, NONE]
    game.agents = [agent for agent in game.agents if agent.position != (2, 1)]
    assert room_seen(encoder, encoder.observe(game)) == [NONE, NONE, ENOUGH, NONE]


@pytest.mark.parametrize(
    "taken, n, reading",
    [
        (1, 7, TOO_FEW),
        (1, 8, ENOUGH),
        (40, 10, FAR_TOO_FEW),
        (40, 11, TOO_FEW),
        (40, 39, TOO_FEW),
        (40, 40, ENOUGH),
        (300, 127, TOO_FEW),
        (300, 128, ENOUGH),
    ],
)
def test_there_are_enough_where_as_many_are_free_as_are_not(taken, n, reading):
    size = (n + max(taken, 2), 1)
    hero, wall = Hero("A", (0, 0)), Piece("#", (n + 1, 0))
    behind = [Piece("#" if number < taken - 2 else "@", (n + 2 + number, 0)) for number in range(size[0] - n - 2)]
    encoder = encoder_of(egocentric_radius=1, board_size=size)
    game = make_game(hero, wall, *behind, board_size=size)
    assert room_seen(encoder, encoder.observe(game)) == [NONE, reading, NONE, NONE]


def test_what_training_never_saw_is_in_nobodys_way():
    encoder = encoder_of("#", own_symbol=True, egocentric_radius=1)
    hero = Hero("A", (0, 0))
    game = make_game(hero, Piece("V", (1, 0)))
    assert room_seen(encoder, encoder.observe(game)) == [NONE, ENOUGH, NONE, ENOUGH]


def test_without_a_character_or_off_the_board_nothing_is_known():
    encoder = encoder_of(egocentric_radius=1)
    assert room_seen(encoder, encoder.observe(make_game(Piece("#", (1, 1))))) == [0, 0, 0, 0]
    hero = Hero("A", (1, 1))
    game = make_game(hero)
    hero.position = (-1, 1)
    assert room_seen(encoder, encoder.observe(game)) == [0, 0, 0, 0]


def test_all_else_that_is_seen_stays_as_it_was():
    game = make_game(Hero("A", (2, 2)), Piece("#", (3, 2)), Piece("@", (0, 0)))
    for what in WAYS[:4]:
        with_room, without = encoder_of("#@A", **what), make_encoder("#@A", **what)
        one, other = with_room.observe(game), without.observe(game)
        assert one.cells.tolist() == other.cells.tolist()
        rest = one.radar.copy()
        for name in (ROOM_ACROSS, ROOM_DOWN):
            place = 2 * (with_room.vocabulary[name] - FIRST_CHARACTER)
            rest[place : place + 2] = 0
        assert rest.tolist() == (other.radar.tolist() or [0] * len(rest))


# What the keys' character can step on, and what it leaves behind


class Worm(Hero):
    """Leaves a trail that ends the game of whoever runs into it."""

    def handle_keystroke(self, keystroke, game):
        before = self.position
        dx, dy = STEPS.get(keystroke.name, (0, 0))
        ahead = (before[0] + dx, before[1] + dy)
        if any(agent.position == ahead and agent is not self for agent in game.agents):
            game.end()
        elif game.on_board(ahead) and ahead != before:
            self.position = ahead
            game.add_agent(Piece("%", before))


class Walker(Piece):
    """Walks over everything, and leaves footprints."""

    def handle_keystroke(self, keystroke, game):
        dx, dy = STEPS.get(keystroke.name, (0, 0))
        ahead = (self.position[0] + dx, self.position[1] + dy)
        if game.on_board(ahead):
            game.add_agent(Piece(",", self.position))
            self.position = ahead


@pytest.mark.parametrize(
    "factory, free, left",
    [
        (snake.create_game, ["@"], ["*"]),
        (forager.create_game, ["o"], []),
        (catch.create_game, [], []),
        (lambda: engine.Game([Worm("W", (3, 2))], {"score": 0}, board_size=(8, 6)), [], ["%"]),
        (lambda: engine.Game([Walker("W", (3, 2))], {"score": 0}, board_size=(8, 6)), [","], []),
        (lambda: engine.Game([Piece("W", (3, 2))], {"score": 0}, board_size=(8, 6)), [], []),
    ],
    ids=["snake", "forager", "catch", "trail that ends the game", "footprints", "nobody listens"],
)
def test_what_it_steps_on_and_what_it_leaves_behind(factory, free, left):
    ground = look_at_ground(factory, ARROWS)
    assert (ground.free, ground.left) == (free, left)


def test_a_slow_game_is_not_looked_at_for_long():
    looks, said = iter([0, 1, 99]), []
    assert not look_at_ground(snake.create_game, ARROWS, said.append, clock=lambda: next(looks)).left
    assert len(said) == 1 and "only 1 turns were played to see" in said[0] and "--room" in said[0]


def test_that_the_ground_of_a_slow_game_was_not_looked_at_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(choose_encoders, "TURNS_TO_LOOK", 1001)  # as if random play had been cut short
    made = create_run("snake", str(tmp_path / "run"), {})
    assert any("What its character leaves behind was not looked at" in message for message in made.messages)
    assert not made.run.load_config().preprocessing.room


# Runs


def created(tmp_path, *flags):
    assert main(["create", "--output", str(tmp_path / "run"), *flags]) == 0
    run = RunDirectory(tmp_path / "run")
    return run.load_config().preprocessing, run.config_path.read_text("utf-8")


@pytest.mark.parametrize(
    "flags, room, free",
    [
        (["--game", "snake"], True, ["@"]),
        (["--game", "forager"], False, []),
        (["--game", "catch"], False, []),
        (["--game", "snake", "--no-room"], False, []),
        (["--game", "snake", "--board"], False, []),
        (["--game", "snake", "--algorithm", "q_learning"], False, []),
        (["--game", "forager", "--room"], True, ["o"]),
        (["--game", "snake", "--room", "--free-characters", "@,$"], True, ["@", "$"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_create_chooses_it_where_one_can_shut_oneself_in(tmp_path, flags, room, free):
    seen, text = created(tmp_path, *flags)
    assert (seen.room, seen.free_characters) == (room, free)
    assert ("leaves * behind wherever it goes" in text) == (room and flags == ["--game", "snake"])


@pytest.mark.parametrize("flags, gamma", [([], 0.99), (["--gamma", "0.9"], 0.9), (["--no-room"], 0.97)], ids=str)
def test_who_can_shut_itself_in_looks_farther_ahead(tmp_path, flags, gamma):
    text = created(tmp_path, "--game", "snake", *flags)[1]
    assert RunDirectory(tmp_path / "run").load_config().training.gamma == gamma
    assert ("who goes into a trap" in text) == (gamma == 0.99)


def trained(tmp_path, **training):
    run = make_run(tmp_path / "run", "snake", preprocessing=SEEN, training_episodes=3, **training)
    Trainer(run).train()
    return run


def test_a_policy_says_so_and_is_read_with_it(tmp_path):
    run = trained(tmp_path)
    facts = read_policy(run)[1].description.to_json()
    assert facts["room"] is True and facts["free_characters"] == ["@"]
    assert PolicyDescription.from_json(facts, tmp_path).settings(run.load_config()).preprocessing.room
    for name, value in (
        ("room", False),
        ("room", 1),
        ("free_characters", "@"),
        ("free_characters", ["@@"]),
        ("free_characters", [1]),
        ("characters", ["@"]),
    ):
        with pytest.raises(CheckpointError, match="free cells cannot be counted|own character|not fit"):
            PolicyDescription.from_json({**facts, name: value}, tmp_path)
    for name in ("room", "free_characters"):
        rest = {key: value for key, value in facts.items() if key != name}
        with pytest.raises(CheckpointError, match="free cells"):
            PolicyDescription.from_json(rest, tmp_path)


def test_what_it_sees_of_free_cells_is_told_in_words(tmp_path):
    player = load_player(trained(tmp_path))
    environment = player.environment
    observation = environment.reset(1)
    sight = sight_of(environment, observation)
    assert dict(sight.radar)["free cells above"] == "enough"
    assert sight.radar[0][0] == "the nearest @" and len(sight.radar) == 5
    causes = explain_choice(
        player.agent, observation, environment.actions, environment.characters, environment.shape.board_shape
    ).causes
    names = {cause.what for cause in causes}
    assert {f"free cells {where}" for where in ("to the left", "to the right", "above", "below")} <= names


def test_teams_can_see_it_too(tmp_path):
    run = str(tmp_path / "run")
    assert main(["create", "--game", "tron", "--output", run, "--room", "--training-episodes", "2"]) == 0
    assert main(["train", run, "--quiet"]) == 0
    game = tron.create_game()
    for team in ("red", "blue"):
        policy = TrainedPolicy(run, team=team)
        assert any(cause.what.startswith("free cells") for cause in policy.explain(game).causes)
