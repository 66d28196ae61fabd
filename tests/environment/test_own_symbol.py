"""The character that acts is a symbol of its own, whatever its letter, and its last step is seen."""

from __future__ import annotations

import gc
import random

import pytest
from observing import Hero, Piece, game_classes, make_encoder, make_game, play
from small_runs import make_run, same

from retro_gamer.cli import main
from retro_gamer.environment.memories import LastSteps
from retro_gamer.environment.readings import note_nearest, radar_reading
from retro_gamer.environment.vocabulary import FIRST_CHARACTER, ME, RHYTHM_OF, STEP_OF
from retro_gamer.games import engine
from retro_gamer.reporting.sight import inputs_in_words
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.runs.policy_file import read_policy
from retro_gamer.training.trainer import Trainer

WAYS = [
    {"board": True},
    {"egocentric_radius": 2},
    {"egocentric_radius": 2, "radar": True},
    {"board": True, "radar": True},
    {"radar": True},
]


def encoder_of(characters="*@", **what):
    return make_encoder(characters, own_symbol=True, last_step=True, **(what or {"egocentric_radius": 2, "radar": True}))


def step_seen(encoder, observation):
    """The readings of ME: the last step of the character that acts."""
    place = 2 * (encoder.vocabulary[ME] - FIRST_CHARACTER)
    return observation.radar[place : place + 2].tolist()


@pytest.mark.parametrize("game_class", game_classes())
@pytest.mark.parametrize("what", WAYS, ids=str)
@pytest.mark.parametrize("letter", ["R", ">", "@", "*", " "])
def test_its_letter_makes_no_difference(game_class, what, letter):
    def observed(character):
        hero = Hero(character, (1, 1))
        game = make_game(hero, Piece("*", (3, 1)), Piece("@", (1, 3)), game_class=game_class)
        encoder = encoder_of(**what)
        seen = [encoder.observe(game).inputs.tobytes()]
        for key in ("KEY_RIGHT", None, "KEY_DOWN"):
            play(game, key)
            seen.append(encoder.observe(game).inputs.tobytes())
        return seen

    assert observed(letter) == observed("A")


def test_another_of_the_same_letter_is_not_it():
    encoder = encoder_of("A*", board=True)
    one, other = Hero("A", (1, 1)), Piece("A", (3, 2))
    cells = encoder.observe(make_game(one, other), one).cells.reshape(4, 6)
    assert cells[1, 1] == encoder.vocabulary[ME] and cells[2, 3] == encoder.vocabulary["A"]


def test_a_picture_of_several_cells_is_one_symbol_with_its_holes():
    encoder = encoder_of("#", board=True)
    tank = Hero(["AB", " C"], (1, 1), size=(2, 2))
    me = encoder.vocabulary[ME]
    assert encoder.observe(make_game(tank)).cells.reshape(4, 6)[1:3, 1:3].tolist() == [[me, me], [0, me]]


def test_what_training_never_saw_is_not_there_and_hides_nothing():
    encoder, me = encoder_of(), Hero("A", (2, 2))
    alone = encoder.observe(make_game(me, Piece("*", (3, 2)))).inputs.tobytes()
    encoder = encoder_of()
    covered = make_game(Piece("V", (2, 2)), Piece("V", (3, 2)), Piece("V", (0, 0)), me, Piece("*", (3, 2)))
    assert encoder.observe(covered, me).inputs.tobytes() == alone
    assert list(encoder.vocabulary.unknown) == ["V"]


def test_its_own_letter_is_never_learned():
    encoder = make_encoder("", grows=True, egocentric_radius=2, radar=True, own_symbol=True, last_step=True)
    game = make_game(Hero("A", (1, 1)), Piece("*", (3, 1)))
    encoder.observe(game)
    assert encoder.vocabulary.characters == [ME, "*"]


# The last step


def test_the_last_step_is_unknown_until_the_first_and_stays_until_the_next():
    encoder, hero = encoder_of(), Hero("A", (1, 1))
    game = make_game(hero)
    assert step_seen(encoder, encoder.observe(game)) == [0, 0]
    play(game, None)
    assert step_seen(encoder, encoder.observe(game)) == [0, 0]
    for key, step in (("KEY_RIGHT", (1, 0)), (None, (1, 0)), ("KEY_DOWN", (0, 1)), ("KEY_LEFT", (-1, 0))):
        play(game, key)
        expected = [radar_reading(step[0]), radar_reading(step[1])]
        assert step_seen(encoder, encoder.observe(game)) == expected
        assert step_seen(encoder, encoder.observe(game)) == expected  # asked twice in a turn


def test_the_steps_of_a_ball_are_seen_and_kept_with_the_policy(tmp_path):
    """Of what is named, and not of the character that acts, though it looks the same."""
    encoder = make_encoder("*", egocentric_radius=1, steps_of=["*"])
    ball, hero = Piece("*", (3, 1)), Hero("*", (1, 1))
    game = make_game(hero, ball)
    place = 2 * (encoder.vocabulary[STEP_OF + "*"] - FIRST_CHARACTER)
    seen = []
    for position in ((3, 1), (4, 2), (4, 2), (2, 2)):
        ball.position = position
        hero.position = (0, len(seen))
        seen.append(encoder.observe(game).radar[place : place + 2].tolist())
    diagonal = [radar_reading(1), radar_reading(1)]
    assert seen == [[0, 0], diagonal, diagonal, [radar_reading(-2), radar_reading(0)]]
    assert encoder.remembers
    crowd = [Piece("#", (n % 5, 3)) for n in range(20)]  # and of one far away, too
    far = make_encoder("*#", egocentric_radius=1, steps_of=["*"])
    game = make_game(Hero("A", (0, 0)), ball, *crowd)
    for position in ((4, 1), (5, 1)):
        ball.position = position
        readings = far.observe(game).radar
    assert radar_reading(1) in readings

    seen = {"board": False, "egocentric_radius": 2, "steps_of": ["o"]}
    run = make_run(tmp_path / "run", preprocessing=seen, training_episodes=2)
    Trainer(run).train()
    description = read_policy(run)[1].description
    assert description.steps_of == ("o",) and description.makes_sense
    assert description.settings(run.load_config()).preprocessing == run.load_config().preprocessing
    assert any("step of" in what for what in inputs_in_words(description, "", False))


@pytest.mark.parametrize("game_class", game_classes())
def test_how_many_turns_ago_a_kind_moved_is_seen(game_class):
    """Those that never moved, such as new ones, do not count; after eight turns it stays the same."""
    encoder = make_encoder("*", egocentric_radius=1, rhythm_of=["*"])
    one, other = Piece("*", (3, 1)), Piece("*", (1, 3))
    game = make_game(Hero("A", (0, 0)), one, other, game_class=game_class)
    place = 2 * (encoder.vocabulary[RHYTHM_OF + "*"] - FIRST_CHARACTER)
    seen = []
    for x in (3, 3, 4, 4, 4, 3, *[3] * 10):
        one.position = (x, 1)
        for _ in range(2):  # asked twice in a turn
            first, second = encoder.observe(game).radar[place : place + 2].tolist()
        seen.append(first)
        assert not second
        play(game, None)
    assert seen == [0, 0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9]
    assert encoder.remembers


def test_of_two_characters_that_count_as_one_kind_the_nearest_is_told():
    """As from the other side of a game between teams that share characters (`environment.teams.rotation`)."""
    readings, kinds = bytearray(4), {"a": FIRST_CHARACTER, "b": FIRST_CHARACTER}
    note_nearest(readings, [(None, 1, 0, "a"), (None, 5, 0, "b")], object(), (0, 0), kinds, None)
    assert list(readings) == [radar_reading(1), radar_reading(0), 0, 0]


def test_a_jump_is_a_long_step():
    encoder, hero = encoder_of(), Hero("A", (5, 1))
    game = make_game(hero)
    encoder.observe(game)
    hero.position = (0, 1)  # round the edge
    assert step_seen(encoder, encoder.observe(game)) == [radar_reading(-5), radar_reading(0)]


@pytest.mark.parametrize("asked", ["one", "both", "other first", "twice"])
def test_each_has_its_own_whoever_asks(asked):
    encoder, one, other = encoder_of(), Hero("A", (1, 1)), Hero("A", (4, 2))
    game = make_game(one, other)
    seen = []
    for turn in range(4):
        if asked in ("both", "other first"):
            encoder.observe(game, other)
        seen.append(step_seen(encoder, encoder.observe(game, one)))
        if asked != "one":
            encoder.observe(game, one)
            encoder.observe(game, other)
        one.position, other.position = (2 + turn % 2, 1), (4, 2 - turn % 2)
    right, left, still = radar_reading(1), radar_reading(-1), radar_reading(0)
    assert seen == [[0, 0], [right, still], [right, still], [left, still]]


def test_games_do_not_mix_and_do_not_live_on():
    steps, hero = LastSteps(), Hero("A", (1, 1))
    first, second = make_game(hero), make_game(hero)
    assert steps.of(first, hero) is None and steps.of(second, hero) is None
    hero.position = (2, 1)
    assert steps.of(first, hero) == (1, 0)
    hero.position = (2, 2)
    assert steps.of(second, hero) == (1, 1) and steps.of(first, hero) == (0, 1)
    del first, second
    gc.collect()
    assert not steps.memories._games


def test_a_new_character_in_the_place_of_an_old_one_begins_anew():
    steps, game = LastSteps(), make_game(Hero("A", (0, 0)))
    for x in range(50):  # freed at once: the next one often gets its id
        assert steps.of(game, Hero("A", (x % 6, 1))) is None


def test_characters_with_slots_have_steps_too():
    class Slotted:
        __slots__ = ("position", "character")

    steps, game, slotted = LastSteps(), make_game(), Slotted()
    slotted.position = (0, 0)
    assert steps.of(game, slotted) is None
    slotted.position = (0, 1)
    assert steps.of(game, slotted) == (0, 1)


# Runs


SEEN = {"board": False, "egocentric_radius": 2, "radar": True, "own_symbol": True, "last_step": True}
ROOM = {"room": True, "free_characters": ["@"]}


def test_a_training_in_two_parts_is_as_one(tmp_path):
    for name, stops in (("whole", [99]), ("parts", [4, 13, 99])):
        run = make_run(tmp_path / name, "snake", preprocessing={**SEEN, **ROOM})
        for stop in stops:
            trainer = Trainer(run)
            trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode >= n else None)
    same(RunDirectory(tmp_path / "whole"), RunDirectory(tmp_path / "parts"))


def test_a_policy_says_so_and_older_ones_say_nothing(tmp_path):
    for own_symbol in (True, False):
        run = make_run(
            tmp_path / str(own_symbol),
            preprocessing={**SEEN, "own_symbol": own_symbol, "last_step": False},
            training_episodes=1,
        )
        Trainer(run).train()
        facts = read_policy(run)[1].description.to_json()
        assert facts.get("own_symbol") is (True if own_symbol else None)
        assert (ME in facts["characters"]) == own_symbol


@pytest.mark.parametrize("flags", [[], ["--board"], ["--board", "--spatial"], ["--no-radar"]], ids=" ".join)
def test_create_writes_it_and_leaves_its_letters_out(tmp_path, flags):
    assert main(["create", "--game", "snake", "--output", str(tmp_path / "run"), *flags]) == 0
    config = RunDirectory(tmp_path / "run").load_config()
    assert config.preprocessing.own_symbol and config.preprocessing.last_step
    assert config.metadata.character_set == ["*", "@"]  # the head's > ^ < v are nobody else's


@pytest.mark.parametrize("flags", [["--algorithm", "q_learning"], ["--own-symbol", "false"]], ids=" ".join)
def test_tables_see_as_before_and_so_does_whoever_asks_for_it(tmp_path, flags):
    assert main(["create", "--game", "snake", "--output", str(tmp_path / "run"), *flags]) == 0
    config = RunDirectory(tmp_path / "run").load_config()
    assert not config.preprocessing.own_symbol and ">" in config.metadata.character_set


def test_where_letters_tell_nothing_the_last_step_is_not_seen(tmp_path):
    assert main(["create", "--game", "catch", "--output", str(tmp_path / "run")]) == 0
    seen = RunDirectory(tmp_path / "run").load_config().preprocessing
    assert seen.own_symbol and not seen.last_step


CARRIER = """
from random import randrange
from retro_gamer.games import Game

class Carrier:
    name, character = "carrier", "c"
    def __init__(self):
        self.position = (2, 0)
    def handle_keystroke(self, key, game):
        x = self.position[0] + (key.name == "KEY_RIGHT") - (key.name == "KEY_LEFT")
        if 0 <= x < 5:
            self.position = (x, 0)
        if x == 0:
            self.character = "C"       # it carries something now, which only its letter tells
        if x == 4 and self.character == "C":
            self.character = "c"
            game.state["score"] += 1

def create_game():
    return Game([Carrier()], {"score": 0}, board_size=(5, 1))
"""


def test_a_letter_that_tells_more_than_the_way_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "carry_it.py").write_text(CARRIER)
    assert main(["create", "--game", "carry_it.py", "--output", "run"]) == 0
    config = RunDirectory("run").load_config()
    assert not config.preprocessing.own_symbol and set(config.metadata.character_set) == {"c", "C"}
    assert "tells more than which way it went" in (tmp_path / "run/config.toml").read_text("utf-8")


LAMP = """
from random import random
from retro_gamer.games import Game

class Lamp:
    name, character, position = "lamp", ".", (1, 1)
    def handle_keystroke(self, key, game):
        if key == " ":
            game.state["score"] += 1 if self.character == "O" else -1
    def play_turn(self, game):
        self.character = "O" if random() < 0.3 else "."

class Fly:
    character, position = "f", (0, 0)
    def play_turn(self, game):
        self.position = (int(3 * random()), 0)

def create_game():
    return Game([Fly(), Lamp()], {"score": 0}, board_size=(3, 3))
"""
SLED = """
from retro_gamer.games import Game

class Sled:
    name, character, position, way = "sled", "s", (4, 4), 0
    def handle_keystroke(self, key, game):
        self.way = {"KEY_LEFT": -1, "KEY_RIGHT": 1, "KEY_DOWN": 0}.get(key.name, self.way)
    def play_turn(self, game):
        self.position = (min(8, max(0, self.position[0] + self.way)), 4)
        game.state["score"] += self.position[0] == 4

def create_game():
    return Game([Sled()], {"score": 0}, board_size=(9, 9))
"""


@pytest.mark.parametrize(
    "source, own_symbol, last_step",
    [
        (LAMP, False, False),  # it never moves, and its letter says when to press the key
        (SLED, True, True),  # which way it slides cannot be seen
        (SLED.replace("4)\n        game", "4)\n        self.way = 0\n        game"), True, False),
    ],
)
def test_who_stands_still_keeps_its_letter_and_who_slides_sees_its_step(
    tmp_path, monkeypatch, source, own_symbol, last_step
):
    monkeypatch.chdir(tmp_path)
    name = f"slide{own_symbol}{last_step}"
    (tmp_path / f"{name}.py").write_text(source)
    assert main(["create", "--game", f"{name}.py", "--output", "run"]) == 0
    seen = RunDirectory("run").load_config().preprocessing
    assert (seen.own_symbol, seen.last_step) == (own_symbol, last_step)


def test_with_it_the_policy_is_not_one_without(tmp_path, capsys):
    run = make_run(tmp_path / "run", training_episodes=2)
    Trainer(run).train()
    path = run.config_path
    path.write_text(path.read_text("utf-8").replace("own_symbol = false", "own_symbol = true"), "utf-8")
    assert main(["train", str(tmp_path / "run"), "--episodes", "1"]) == 2
    assert "own_symbol" in capsys.readouterr().err


def test_random_boards_show_the_same_but_for_the_one_that_acts():
    chooser = random.Random(1)
    for _ in range(50):
        pieces = [
            Piece(chooser.choice("*@"), (chooser.randrange(6), chooser.randrange(4)), z=chooser.randrange(2))
            for _ in range(8)
        ]
        hero = Hero("A", (chooser.randrange(6), chooser.randrange(4)))
        pieces.insert(chooser.randrange(9), hero)
        game = engine.Game(pieces, {}, board_size=(6, 4))
        plain = make_encoder("*@A", egocentric_radius=2).observe(game, hero).cells.tolist()
        own = encoder_of("*@", egocentric_radius=2)
        as_me = {4: own.vocabulary[ME]}
        assert own.observe(game, hero).cells.tolist() == [as_me.get(cell, cell) for cell in plain]
