"""`create` finds out which way things come, and whether what is shown is what to press."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from observing import ARROWS, STEPS, Hero, Piece

from retro_gamer.discovery.choose_settings import choose_settings
from retro_gamer.discovery.probing import probe_game
from retro_gamer.discovery.sights import hits_that_come_late, keys_not_found, things_that_come, walls_that_come
from retro_gamer.games import catch, engine, forager, snake, tron

LETTERS = """
from random import choice, randrange
from retro_gamer.games import Game
SIGNS = "abcdefg12345"
class Typist:
    display = False
    def handle_keystroke(self, key, game):
        if str(key) in list(SIGNS):
            here = [agent for agent in game.agents if getattr(agent, "character", "") == str(key)]
            game.state["score"] += 1 if here else -1
            if here: game.remove_agent(min(here, key=lambda agent: agent.position[0]))
    def play_turn(self, game):
        if game.turn_number % 3 == 1: game.add_agent(Sign((19, randrange(6)), choice(SIGNS)))
        if game.turn_number >= 200: game.end()
class Sign:
    def __init__(self, position, character): self.position, self.character = position, character
    def play_turn(self, game):
        if self.position[0] == 0: return game.end()
        self.position = (self.position[0] - 1, self.position[1])
def create_game():
    return Game([Typist()], {"score": 0}, board_size=(20, 6))
"""


def chosen(tmp_path, monkeypatch, source, **flags):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "sights_game", raising=False)
    (tmp_path / "sights_game.py").write_text(source, encoding="utf-8")
    config, messages, notes = choose_settings("sights_game.py", flags)
    return config, "\n".join(messages), notes


def test_where_signs_are_keys_their_kinds_are_seen(tmp_path, monkeypatch):
    config, messages, notes = chosen(tmp_path, monkeypatch, LETTERS)
    seen = config.preprocessing
    assert (seen.kinds, seen.flow, seen.board, seen.radar, seen.egocentric_radius) == (
        True,
        "left",
        False,
        False,
        0,
    )
    assert set("abcdefg12345") <= set(config.metadata.actions)  # also those whose signs were not there when tried
    assert "Signs that are keys" in messages
    assert {"preprocessing.kinds", "preprocessing.flow", "preprocessing.board"} <= set(notes)


@pytest.mark.parametrize("written, more", [("123", ["7", "8"]), ("123456", []), ("1234567", ["7"])])
def test_what_is_shown_is_no_key_where_all_others_are_written_in_the_game(written, more):
    """Such as how many stones lie in each of six pits, where 1 to 6 are pressed."""
    probe = SimpleNamespace(players=[], outside_texts=None, characters=[*"12345678"])
    assert keys_not_found(probe, [*"123456"], [*written]) == more


@pytest.mark.parametrize("flags", [{"kinds": False}, {"board": True}])
def test_who_names_how_it_is_seen_goes_before_that(tmp_path, monkeypatch, flags):
    seen = chosen(tmp_path, monkeypatch, LETTERS, **flags)[0].preprocessing
    assert (seen.kinds, seen.flow, seen.board) == (False, "", True)


class Sky:
    """Things appear and go their ways, each a step of `steps`, until they leave the board."""

    display = False

    def __init__(self, steps, every=3, wall=1, apart=1):
        self.steps, self.every, self.wall, self.apart = steps, every, wall, apart

    def play_turn(self, game):
        for agent in [agent for agent in game.agents if isinstance(agent, Piece) and hasattr(agent, "step")]:
            agent.position = tuple(at + step for at, step in zip(agent.position, agent.step))
            if not game.on_board(agent.position):
                game.remove_agent(agent)
        if game.turn_number % self.every == 0:
            step = random.choice(self.steps)
            start = [random.randrange(9) if move == 0 else 0 if move > 0 else 8 for move in step]
            for part in range(self.wall):
                place = [(at + part * self.apart) % 9 if move == 0 else at for at, move in zip(start, step)]
                game.add_agent(Piece("*", tuple(place), step=step))


class Walker(Piece):
    """Goes left and right."""

    def handle_keystroke(self, keystroke, game):
        x = self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(keystroke.name, 0)
        if 0 <= x < 9:
            self.position = (x, self.position[1])


class Shot(Piece):
    pass


class Thrower(Walker):
    def play_turn(self, game):
        game.add_agent(Shot("|", (self.position[0], self.position[1] - 1), step=(0, -1)))


@pytest.mark.parametrize(
    "hero, sky, found",
    [
        (Walker, Sky([(0, 1)]), ("down", False, True)),
        (Walker, Sky([(-1, 0)]), ("left", False, False)),
        (Hero, Sky([(0, 2)]), ("down", False, False)),
        (Thrower, Sky([(0, 1)]), ("down", False, True)),  # what it throws up itself does not come
        (Thrower, Sky([(0, 1)], every=9), ("", False, False)),  # one thing at a time
        (Walker, Sky([(0, 1), (0, -1)]), ("", False, False)),
        (Walker, Sky([(1, 1)]), ("", False, False)),
        (Walker, Sky([(0, 1)], every=9, wall=6), ("down", True, True)),
        (Walker, Sky([(1, 0)], every=9, wall=6), ("right", True, False)),
        (Walker, Sky([(0, 1)], every=9, wall=2, apart=4), ("down", True, True)),  # gates: a post on each side
    ],
)
def test_the_way_in_which_things_come(hero, sky, found):
    probe = probe_game(game_of(hero, sky), ["KEY_LEFT", "KEY_RIGHT", "KEY_UP"], turns=300)
    assert (probe.flow, probe.walls, probe.waits) == found


class Gun(Hero):
    """Fires the way it went last, every third turn: a shot goes `speed` cells a turn, from the turn in which it is fired."""

    speed, bends, middle = 1, False, 0

    def __init__(self, character, position):
        super().__init__(character, position)
        self.way, self.shots = (0, -1), []

    def handle_keystroke(self, keystroke, game):
        self.way = STEPS.get(keystroke.name, self.way)
        super().handle_keystroke(keystroke, game)

    def play_turn(self, game):
        if game.turn_number % 3 == 0:
            x, y = self.position
            self.shots.append(Shot("|", (x + self.middle, y), way=self.way))
            game.add_agent(self.shots[-1])
        for shot in list(self.shots):
            if self.bends:  # as the body of a snake, or a dog beside its master
                shot.way = random.choice(list(STEPS.values()))
            x, y = (at + self.speed * step for at, step in zip(shot.position, shot.way))
            if 0 <= x < 20 and 0 <= y < 20:
                shot.position = (x, y)
            else:
                self.shots.remove(shot)
                game.remove_agent(shot)


class Shotgun(Gun):
    speed = 3


class Master(Gun):
    bends = True


class Digger(Gun):
    speed = 0  # what it leaves behind stays there


class Cannon(Gun):
    """Three cells wide, it fires upwards from the middle."""

    size, middle = (3, 1), 1
    handle_keystroke = Hero.handle_keystroke

    def __init__(self, character, position):
        super().__init__([3 * character], position)


@pytest.mark.parametrize(
    "hero, shoots",
    [(Gun, True), (Shotgun, True), (Cannon, True), (Master, False), (Digger, False), (Hero, False)],
)
def test_who_shoots_sees_what_is_far_away(hero, shoots, tmp_path):
    def make():
        return engine.Game([hero("A", (10, 10)), Sky([(0, 1), (0, -1)])], {"score": 0}, board_size=(20, 20))

    assert probe_game(make, ARROWS, turns=300).shoots == shoots


class Tank(Gun):
    """Turns its barrel the way it goes."""

    def handle_keystroke(self, keystroke, game):
        super().handle_keystroke(keystroke, game)
        self.character = {"KEY_UP": "^", "KEY_DOWN": "v", "KEY_LEFT": "<", "KEY_RIGHT": ">"}.get(
            keystroke.name, self.character
        )


@pytest.mark.parametrize("hero, n_step", [(Gun, 8), (Tank, 1)])
def test_rewards_are_added_up_where_the_player_shoots_and_nothing_shows_its_aim(hero, n_step):
    def make():
        return engine.Game([hero("A", (10, 10))], {"score": 0}, board_size=(20, 20))

    probe = probe_game(make, ARROWS, turns=300)
    sight = hits_that_come_late(probe)
    assert probe.shoots and (sight.settings["n_step"] if sight else 1) == n_step


class Ball(Piece):
    """Flies on, and bounces off the edge."""

    way = (1, 1)

    def play_turn(self, game):
        self.way = tuple(
            -step if not 0 <= at + step < side else step for at, step, side in zip(self.position, self.way, game.board_size)
        )
        self.position = tuple(at + step for at, step in zip(self.position, self.way))


class ListBall(Ball):
    """The same, in a list that it changes."""

    def play_turn(self, game):
        where = self.position if isinstance(self.position, list) else list(self.position)
        super().play_turn(game)
        where[:] = self.position
        self.position = where


class SlowBall(Ball):
    """Flies by less than a cell a turn."""

    way, at = (0.7, 0.45), (4.5, 0.5)

    def play_turn(self, game):
        self.position = self.at
        super().play_turn(game)
        self.at, self.position = self.position, tuple(map(int, self.position))


class Ghost(Ball):
    """Goes anywhere."""

    def play_turn(self, game):
        self.way = random.choice(list(STEPS.values()))
        super().play_turn(game)


class Fruit(Ball):
    """Falls, again and again."""

    def play_turn(self, game):
        x, y = self.position
        self.position = (x, y + 1) if y < 8 else (random.randrange(9), 0)


@pytest.mark.parametrize(
    "what, found",
    [
        ((Ball,), ["o"]),
        ((ListBall,), ["o"]),
        ((SlowBall,), ["o"]),
        ((Ball, Ball), []),
        ((Ghost,), []),
        ((Fruit,), []),
        ((), []),
    ],
)
def test_a_ball_is_found_by_how_it_flies(what, found):
    def make():
        return engine.Game(
            [Hero("A", (4, 8)), *(kind("o", (4, n)) for n, kind in enumerate(what))],
            {"score": 0},
            board_size=(9, 9),
        )

    assert probe_game(make, ARROWS, turns=300).balls == found


def test_create_sees_which_way_a_ball_goes_unless_it_is_named(tmp_path, monkeypatch):
    source = (Path(__file__).parent.parent / "benchmarks" / "skill_games" / "pong.py").read_text("utf-8")
    config, messages, notes = chosen(tmp_path, monkeypatch, source)
    assert config.preprocessing.steps_of == ["o"] and "Also seen: the last step of o." in messages
    assert "kept its direction" in notes["preprocessing.steps_of"]
    config, messages, notes = chosen(tmp_path, monkeypatch, source, steps_of=[])
    assert config.preprocessing.steps_of == [] and "the last step" not in messages


class Slow(Fruit):
    """Falls only in some turns; random ones, where there is no period."""

    every = 2

    def play_turn(self, game):
        if not (game.turn_number % self.every if self.every else random.randrange(2)):
            super().play_turn(game)


class Seldom(Slow):
    every = 7


class AtRandom(Slow):
    every = 0


@pytest.mark.parametrize(
    "what, found",
    [((Slow,), ["0"]), ((Slow, Slow, Seldom), ["0", "1", "2"]), ((AtRandom, Fruit), []), ((), [])],
)
def test_what_moves_only_in_some_turns_is_found(what, found):
    def make():
        things = [kind(str(n), (4, n)) for n, kind in enumerate(what)]
        return engine.Game([Hero("A", (4, 8)), *things], {"score": 0}, board_size=(9, 9))

    assert probe_game(make, ARROWS, turns=300).rhythms == found


def test_create_sees_a_rhythm_unless_it_is_named(tmp_path, monkeypatch):
    source = (Path(__file__).parent.parent / "benchmarks" / "skill_games" / "dungeon.py").read_text("utf-8")
    config, messages, notes = chosen(tmp_path, monkeypatch, source)
    assert config.preprocessing.rhythm_of == ["M"] and "Also seen: how many turns ago M moved." in messages
    assert "every second turn" in notes["preprocessing.rhythm_of"]
    config, messages, notes = chosen(tmp_path, monkeypatch, source, rhythm_of=[])
    assert config.preprocessing.rhythm_of == [] and "turns ago" not in messages


class Bomber(Hero):
    """The key b lays a bomb, which goes off some turns later; things that last as long come by themselves, too."""

    lasts = 6

    def handle_keystroke(self, keystroke, game):
        super().handle_keystroke(keystroke, game)
        if keystroke == "b":
            game.add_agent(Fuse("o", self.position, left=self.lasts))

    def play_turn(self, game):
        if game.turn_number % 5 == 0:
            game.add_agent(Cloud("~", (0, 0), left=6))


class Fuse(Piece):
    def play_turn(self, game):
        self.left -= 1
        if not self.left:
            game.remove_agent(self)


class Cloud(Fuse):
    pass


class Fencer(Bomber):
    lasts = 2


class Builder(Bomber):
    lasts = 1000


@pytest.mark.parametrize("hero, n_step", [(Bomber, 8), (Fencer, 1), (Builder, 1)])
def test_rewards_are_added_up_where_what_a_key_makes_is_gone_later(hero, n_step):
    def make():
        return engine.Game([hero("A", (10, 10))], {"score": 0}, board_size=(20, 20))

    probe = probe_game(make, [*ARROWS, "b"], turns=300)
    sight = hits_that_come_late(probe)
    assert not probe.shoots and (sight.settings["n_step"] if sight else 1) == n_step


@pytest.mark.parametrize("module", [snake, forager, catch, tron])
def test_nobody_shoots_in_these(module):
    probe = probe_game(module.create_game, ARROWS, turns=600)
    assert not probe.shoots and not probe.lasts


def test_create_chooses_far_where_the_player_shoots_unless_it_is_named(tmp_path, monkeypatch):
    source = (Path(__file__).parent.parent / "student_games" / "shooter.py").read_text("utf-8")
    config, messages, notes = chosen(tmp_path, monkeypatch, source)
    assert config.preprocessing.far and config.preprocessing.radar
    assert "The player shoots" in messages and "the player shoots" in notes["preprocessing.far"]
    for flags in ({"far": False}, {"board": True}, {"algorithm": "q_learning"}):
        config, messages, notes = chosen(tmp_path, monkeypatch, source, **flags)
        assert not config.preprocessing.far and "what is far away" not in messages


def test_create_adds_up_rewards_where_the_player_shoots_unless_it_is_named(tmp_path, monkeypatch):
    source = (Path(__file__).parent.parent / "student_games" / "shooter.py").read_text("utf-8")
    config, messages, notes = chosen(tmp_path, monkeypatch, source)
    assert config.training.n_step == 8 and "rewards of 8 turns" in messages
    assert "the player shoots" in notes["training.n_step"]
    for flags in ({"n_step": 1}, {"board": True}, {"algorithm": "q_learning"}):
        config, messages, notes = chosen(tmp_path, monkeypatch, source, **flags)
        assert config.training.n_step == 1 and "rewards of" not in messages


@pytest.mark.parametrize("penalty, limit", [("- 5", 1.0), ("+ 0", 0.0)])
def test_where_the_player_shoots_a_penalty_at_the_end_is_limited(penalty, limit, tmp_path, monkeypatch):
    source = (Path(__file__).parent.parent / "student_games" / "shooter.py").read_text("utf-8")
    late = """
    def play_turn(self, game):
        if game.turn_number == 40:
            game.state["score"] = game.state["score"] - 5
            game.end()


def create_game"""
    source = source.replace("\n\ndef create_game", late.replace("- 5", penalty))
    config, messages, notes = chosen(tmp_path, monkeypatch, source)
    assert config.training.end_penalty_limit == limit
    assert ("training.end_penalty_limit" in notes) == ("usual gain" in messages) == bool(limit)


@pytest.mark.parametrize(
    "shown, larger",
    [
        ({}, (True, False)),
        ({"walls": True}, (False, True)),
        ({"shoots": True}, (False, False)),
        ({"walls": True, "shoots": True}, (False, False)),
    ],
)
def test_who_shoots_sees_what_comes_from_afar_anyway(shown, larger):
    probe = probe_game(game_of(Walker, Sky([(0, 1)])), ["KEY_LEFT", "KEY_RIGHT"], turns=300)
    found = (look(probe._replace(**shown)) is not None for look in (things_that_come, walls_that_come))
    assert tuple(found) == larger


def game_of(hero, sky):
    def make():
        return engine.Game(
            [hero("A", (4, 8)), Sky(sky.steps, sky.every, sky.wall, sky.apart)],
            {"score": 0},
            board_size=(9, 9),
        )

    return make


@pytest.mark.parametrize("wall, expected", [(6, (7, "down")), (1, (4, ""))])
def test_what_comes_is_seen_from_afar_and_walls_farther(tmp_path, monkeypatch, wall, expected):
    source = Path(__file__).read_text("utf-8")
    own = source[source.index("class Sky") : source.index("class Shot")]
    imports = "import random\nfrom retro_gamer.games import Game\n"
    piece = """
class Piece:
    def __init__(self, character, position, **more):
        self.character, self.position = character, position
        self.__dict__.update(more)
"""
    made = f"""
def create_game():
    return Game([Walker("A", (4, 8)), Sky([(0, 1)], {9 if wall > 1 else 3}, {wall})], {{"score": 0}}, board_size=(9, 9))
"""
    config, messages, notes = chosen(tmp_path, monkeypatch, imports + piece + own + made)
    seen = config.preprocessing
    assert (seen.egocentric_radius, seen.flow) == expected and not seen.kinds
    assert ("Walls or gates come down" in messages) == (wall > 1) == ("preprocessing.flow" in notes)
    assert ("Things come down: the window is a little larger" in messages) == (wall == 1)


class Label:
    """Says what `make` makes of the game, in a row of cells."""

    def __init__(self, make, x=0):
        self.make, self.position, self.size = make, (x, 0), (9, 1)
        self.character = [" " * 9]

    def play_turn(self, game):
        self.character = [self.make(game).center(9)]


class Counter(Hero):
    def play_turn(self, game):
        game.state["score"] += random.randrange(3)
        if game.turn_number >= 40:
            game.end()


@pytest.mark.parametrize(
    "make, nothing_new",
    [
        (lambda game: f"SCORE {game.state['score']}", True),
        (lambda game: "-\\|/"[game.turn_number % 4] + " GO!", True),
        (lambda game: f"{random.randrange(9)}+{random.randrange(9)}=?", False),
        (lambda game: "LOOK OUT" if game.turn_number % 7 == 0 else "all well", False),
        (lambda game: "=" * 9, False),  # a platform, not a text
    ],
)
def test_texts_that_say_nothing_new(make, nothing_new):
    def factory():
        agents = [Label(make), Counter("A", (4, 4)), Piece("*", (2, 4))]
        return engine.Game(agents, {"score": 0}, board_size=(9, 9))

    found = probe_game(factory, ["KEY_LEFT", "KEY_RIGHT"], turns=200).besides_texts
    assert found == (["*", "A"] if nothing_new else None)


class Begin(Piece):
    """Listens where nobody sees it, shows a title, and gives way to a hero."""

    display = False

    def handle_keystroke(self, keystroke, game):
        for agent in list(game.agents):
            if isinstance(agent, (Label, Begin)):
                game.remove_agent(agent)
        game.add_agent(Counter("A", (4, 4)))


def test_a_title_says_nothing_once_somebody_plays():
    def factory():
        agents = [Begin("?", (0, 0)), Label(lambda game: "PRESS KEY"), Piece("*", (2, 4))]
        return engine.Game(agents, {"score": 0}, board_size=(9, 9))

    assert probe_game(factory, ["KEY_LEFT", "KEY_RIGHT"], turns=200).besides_texts == ["*", "A"]


def test_letters_of_words_are_no_keys(tmp_path, monkeypatch):
    source = """
from retro_gamer.games import Game
class Line:
    size, character = (12, 1), ["1 to 5: tea "]
    def __init__(self): self.position, self.price = (0, 0), 5
    def play_turn(self, game): self.price = (self.price * 7 + 3) % 11; self.character = [f"12345 tea {self.price:2}"]
class Shop:
    display, position, character = False, (0, 0), "?"
    def handle_keystroke(self, key, game):
        if key not in ("1", "2", "3", "4", "5"): raise ValueError("what?")
        game.state["money"] += int(key)
def create_game():
    return Game([Shop(), Line()], {"money": 0}, board_size=(12, 2))
"""
    config, _, _ = chosen(tmp_path, monkeypatch, source)
    assert config.metadata.actions == list("12345")


@pytest.mark.parametrize("flags, hidden", [({}, True), ({"texts": True}, False), ({"character_set": ["A"]}, False)])
def test_create_leaves_such_texts_out(tmp_path, monkeypatch, flags, hidden):
    source = """
from retro_gamer.games import Game
class Walker:
    character, position = "A", (2, 2)
    def handle_keystroke(self, key, game):
        x = self.position[0] + {"KEY_LEFT": -1, "KEY_RIGHT": 1}.get(key.name, 0)
        if 0 <= x < 9: self.position = (x, 2)
        game.state["score"] += x == 8
class Label:
    position, size, character = (0, 0), (9, 1), ["SCORE 0  "]
    def play_turn(self, game):
        self.character = [f"SCORE {game.state['score']}".ljust(9)]
def create_game():
    return Game([Walker(), Label()], {"score": 0}, board_size=(9, 4))
"""
    config, messages, notes = chosen(tmp_path, monkeypatch, source, **flags)
    assert config.preprocessing.texts == (not hidden) and ("S" in config.metadata.character_set) == (
        flags == {"texts": True}
    )
    assert ("Words on the board" in messages) == hidden == ("preprocessing.texts" in notes)


def test_digits_are_no_keys_because_letters_are(tmp_path, monkeypatch):
    source = LETTERS.replace('"abcdefg12345"', '"abcdefg"').replace('"") == str(key)', '" ") in str(key)')
    source = source.replace("[Typist()]", "[Typist(), *(Still((n, 0), str(n)) for n in range(1, 6))]")
    source += "class Still(Sign):\n    def play_turn(self, game): pass\n"
    actions = chosen(tmp_path, monkeypatch, source)[0].metadata.actions
    assert set("abcdefg") <= set(actions) and not set("12345") & set(actions)


ARCHER = """
from random import randrange
from retro_gamer.games import Game
class Archer:
    name, character, position = "archer", "D", (0, 7)
    def handle_keystroke(self, key, game):
        target = game.agents[1]
        if key == " ":
            game.state["points"] += game.state["angle"] == target.position[1]
            target.position = (19, randrange(15))
        elif key.name in ("KEY_UP", "KEY_DOWN"):
            step = 1 if key.name == "KEY_DOWN" else -1
            game.state["angle"] = max(0, min(14, game.state["angle"] + step))
            self.position = (0, 7 + MOVES * step)
    def play_turn(self, game):
        if game.turn_number >= 150: game.end()
class Target:
    character = "O"
    def __init__(self): self.position = (19, randrange(15))
def create_game():
    return Game([Archer(), Target()], {"points": 0, "angle": 7}, board_size=(20, 15))
MOVES = 0
"""


def test_who_never_moves_sees_the_whole_board(tmp_path, monkeypatch):
    """A target far away is in one of fifteen rows, and the radar tells five."""
    config, messages, notes = chosen(tmp_path, monkeypatch, ARCHER)
    seen = config.preprocessing
    assert (seen.board, seen.egocentric_radius, seen.radar) == (True, 0, True)
    assert "Seen from archer, which never moves: the whole board and a radar." in messages
    assert "never moves" in notes["preprocessing.board"]


def test_who_moves_or_is_told_a_window_does_not(tmp_path, monkeypatch):
    seen = chosen(tmp_path, monkeypatch, ARCHER.replace("MOVES = 0", "MOVES = 1"))[0].preprocessing
    assert (seen.board, seen.egocentric_radius) == (False, 3)
    for flags in ({"egocentric_radius": 5}, {"board": False}):
        seen = chosen(tmp_path, monkeypatch, ARCHER, **flags)[0].preprocessing
        assert not seen.board and seen.egocentric_radius


@pytest.mark.parametrize("when, expected", [("randrange(20) == 0", (0.3, 0.0)), ("game.turn_number == 60", (0.0, 0.4))])
def test_luck_is_told_from_what_is_rare(tmp_path, monkeypatch, when, expected):
    """Where random play gains often, small surprises are all alike; not where it gains seldom, but for crumbs."""
    source = ARCHER.replace(
        "    def play_turn(self, game):\n",
        "    def play_turn(self, game):\n        game.state['points'] += randrange(2)\n"
        f"        game.state['points'] += 50 * ({when})\n",
        1,
    )
    training = chosen(tmp_path, monkeypatch, source)[0].training
    assert (training.priority_min, training.priority_beta) == expected
    training = chosen(tmp_path, monkeypatch, source, priority_beta=0.7)[0].training
    assert (training.priority_min, training.priority_beta) == (0.0, 0.7)
