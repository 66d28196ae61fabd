"""`ai.character(SnakeHead)` and `ai.control(self, game)`: a policy as a character of any game, on both engines."""

from __future__ import annotations

import copy
import gc
import random

import pytest
from observing import HAVE_RETRO, Hero, make_game
from small_runs import make_run
from two_engines import BUNDLED, Keys

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.player import keyboard_driven, player_finder
from retro_gamer.errors import ConfigError
from retro_gamer.games import engine, forager, snake, tron
from retro_gamer.training.trainer import Trainer

MODULES = [snake]
if HAVE_RETRO:
    from retro.examples import snake as retro_snake

    MODULES.append(retro_snake)
EVERYTHING = {
    "board": False,
    "egocentric_radius": 2,
    "radar": True,
    "own_symbol": True,
    "last_step": True,
    "room": True,
    "way_around": ["*"],
    "free_characters": ["@", "*"],  # so that a training of any length knows both
}


@pytest.fixture(scope="module")
def policies(tmp_path_factory):
    """A policy for each engine's snake, and one for the forager."""
    folder = tmp_path_factory.mktemp("character")
    for game in ("snake", "forager"):
        Trainer(make_run(folder / game, game, preprocessing=EVERYTHING, training_episodes=8)).train()
    return folder


def course(game, turns=120):
    """What happens in a game: positions and state, turn by turn."""
    seen = []
    for _ in range(turns):
        if not game.playing:
            break
        game.step()
        positions = [agent.position for agent in game.agents if getattr(agent, "display", True)]
        seen.append((positions, dict(game.state)))
    return seen


def with_character(module, make, seed, engine_class=None):
    """The game of a module, its head replaced by a character that `make(head's class)` gives."""
    random.seed(seed)
    game = module.create_game()
    head = next(agent for agent in game.agents if hasattr(agent, "handle_keystroke"))
    robot = make(type(head))(*([head.position, "KEY_UP"] if module is snake else []))
    vars(robot).update({name: value for name, value in vars(head).items() if name != "name"})
    others = [agent for agent in game.agents if agent is not head]
    new = type(game)([robot, *others], dict(game.state), board_size=game.board_size)
    new.input_source = KeyInput()
    new.start()
    return new, robot


def authors_own(ai):
    def make(cls):
        class Robot(cls):
            name = "robot"

            def handle_keystroke(self, keystroke, game):
                """The keyboard is for others."""

            def play_turn(self, game):
                ai.control(self, game)
                super().play_turn(game)

        return Robot

    return make


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize("way", ["character", "control"])
def test_it_plays_to_the_digit_as_policyinput_does(policies, module, way):
    for seed in range(5):
        ai = TrainedPolicy(policies / "snake")
        random.seed(seed)
        game = module.create_game()
        game.input_source = PolicyInput(ai, game)
        game.start()
        expected = course(game)
        ai = TrainedPolicy(policies / "snake")
        random.seed(seed)
        make = ai.character if way == "character" else authors_own(ai)
        robots_game, _ = with_character(module, make, seed)
        assert course(robots_game) == expected


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_it_ignores_the_keyboard(policies, module):
    courses = []
    for keys in ([], ["KEY_LEFT", "KEY_UP", "KEY_RIGHT"] * 40):
        game, _ = with_character(module, TrainedPolicy(policies / "snake").character, 3)
        game.input_source = Keys(keys)
        courses.append(course(game))
    assert courses[0] == courses[1]


def test_a_class_that_only_handles_keys_gets_turns(policies):
    ai = TrainedPolicy(policies / "forager", epsilon=1.0)
    robot = ai.character(Hero)("A", (2, 2))
    game = make_game(robot, state={"reward": 0})
    random.seed(1)
    assert len({positions[0] for positions, _ in course(game, 30)}) > 5
    assert isinstance(robot, Hero) and type(robot).__name__ == "AIHero"


# Names


class SnakeHead:
    name, character, position = "Snake head", "v", (0, 0)

    def handle_keystroke(self, keystroke, game):
        self.position = (1, 1)


class Nameless:
    character = "n"

    def __init__(self, position, *, speed=1):
        self.position, self.speed = position, speed

    def handle_keystroke(self, keystroke, game):
        self.position = (1, 1)


class NamedByArgument(SnakeHead):
    def __init__(self, name):
        self.name = name


def test_names_are_its_own_and_numbered(policies):
    ai = TrainedPolicy(policies / "forager")
    heads, things = ai.character(SnakeHead), ai.character(Nameless)
    made = [
        heads(),
        heads(),
        things((2, 2), speed=3),
        things(position=(3, 3)),
        ai.character(SnakeHead, name="Robot")(),
    ]
    assert [one.name for one in made] == [
        "AI snake head",
        "AI snake head 2",
        "AI nameless",
        "AI nameless 2",
        "Robot",
    ]
    assert made[2].speed == 3
    make_game(SnakeHead(), *made)  # names are unique in it
    assert ai.character(heads)().name == "AI snake head 3"
    assert ai.character(NamedByArgument)("Ada").name == "Ada"


def test_in_a_new_game_names_begin_anew(policies):
    heads = TrainedPolicy(policies / "forager").character(SnakeHead)
    for _ in range(3):
        game = make_game(heads(), heads())
        assert [agent.name for agent in game.agents] == ["AI snake head", "AI snake head 2"]
        del game
        gc.collect()


@pytest.mark.filterwarnings("ignore:On the board are other characters")
def test_a_game_that_is_still_there_takes_no_names_and_one_in_its_turn_does(policies):
    heads = TrainedPolicy(policies / "forager").character(Hero)

    class Spawner:
        display = False

        def play_turn(self, game):
            game.add_agent(heads("A", (3, 3)))

    games = []
    for _ in range(3):
        game = make_game(heads("A", (1, 1)), Spawner(), state={"reward": 0})
        game.step()
        game.step()
        games.append(game)
    names = [[agent.name for agent in game.agents if hasattr(agent, "name")] for game in games]
    assert names == [["AI hero", "AI hero 2", "AI hero 3"]] * 3


@pytest.mark.filterwarnings("ignore:On the board are other characters")  # the other head
def test_several_share_one_policy_and_each_sees_from_itself(policies):
    ai = TrainedPolicy(policies / "snake")
    heads = ai.character(snake.SnakeHead)

    def paths(n):
        random.seed(5)
        robots = [heads((5 + 12 * number, 5), "KEY_RIGHT") for number in range(n)]
        apple = snake.Apple()
        apple.position = (30, 14)
        game = engine.Game([*robots, apple], dict(snake.create_game().state), board_size=(32, 16))
        game.input_source = KeyInput()
        game.start()
        return [positions[0] for positions, _ in course(game, 4)]

    assert paths(1) == paths(2)


def test_a_copy_of_a_game_with_a_character_plays_on(policies):
    game, _ = with_character(snake, TrainedPolicy(policies / "snake").character, 3)
    game.step()
    twin = copy.deepcopy(game)
    assert twin.agents[0] is not game.agents[0]
    twin.step()


def test_an_easier_one_presses_keys_at_random(policies):
    def turns(epsilon):
        made = []
        for seed in range(8):
            ai = TrainedPolicy(policies / "snake", epsilon=epsilon)
            game, _ = with_character(snake, ai.character, seed)
            made.append(str(course(game, 25)))
        return made

    assert turns(0.0) == turns(0.0) != turns(0.9)


def test_random_keys_do_not_hide_a_step(policies):
    """A policy that needs the last step looks in the turns, too, in which it presses a random key."""
    ai = TrainedPolicy(policies / "snake", epsilon=1.0)
    game, robot = with_character(snake, ai.character, 3)
    for _ in range(6):
        before = robot.position
        game.step()
        if not game.playing:
            break
        values, judge = ai.q_values(game, agent=robot), TrainedPolicy(policies / "snake")
        where, robot.position = robot.position, before
        judge.q_values(game, agent=robot)
        robot.position = where
        assert judge.q_values(game, agent=robot) == values


# Who is the player


def test_characters_that_play_themselves_are_no_players(policies):
    ai = TrainedPolicy(policies / "snake")
    robot, human = ai.character(snake.SnakeHead)((1, 1), "KEY_UP"), snake.SnakeHead((5, 5), "KEY_UP")
    game = engine.Game([robot, human], {}, board_size=(32, 16))
    assert keyboard_driven(game) == [human] and player_finder("")(game) is human


# Teams


def test_for_a_team(tmp_path):
    from retro_gamer.cli import main

    run = str(tmp_path / "tron")
    assert main(["create", "--game", "tron", "--output", run, "--hidden-sizes", "8"]) == 0
    assert main(["train", run, "--episodes", "4", "--no-probing"] if False else ["train", run, "--episodes", "4"]) == 0
    ai = TrainedPolicy(run, team="red")
    random.seed(2)
    game = tron.create_game()
    red = game.get_agent_by_name("red")
    robots = ai.character(tron.Cycle)
    robot = robots("red", "B", tron.RED_KEYS, red.position, red.step)
    assert robot.name == "red"
    played = [robot if agent is red else agent for agent in game.agents]
    new = engine.Game(played, dict(game.state), board_size=game.board_size)
    new.input_source = KeyInput()
    new.start()
    keys = []
    for _ in range(5):
        keys.append(ai.get_action(new, agent=robot))
        new.step()
    assert set(keys) <= {*tron.RED_KEYS, None}
    assert BUNDLED["tron"] is tron


def test_the_keys_of_a_team_are_those_of_the_class_it_is_made_of(tmp_path):
    from retro_gamer.config.run_config import RunConfig
    from retro_gamer.policy.side import Side

    members = [{"character": "SnakeHead", "actions": ["a"]}, {"character": "Nameless", "actions": ["b"]}]
    config = RunConfig.from_dict(
        {
            "metadata": {},
            "teams": [
                {"name": "one", "reward": "r", "members": members},
                {"name": "two", "reward": "s", "members": [{"character": "x", "actions": ["c"]}]},
            ],
        }
    )
    from retro_gamer.policy.character import character_class

    side = Side(config, "one", "run")
    assert side.actions_of(character_class(None, Nameless)((0, 0))) == ["b", None]
    assert side.actions_of(character_class(None, SnakeHead)()) == ["a", None]


# Bad input


@pytest.mark.parametrize(
    "thing, said",
    [
        (forager.create_game, r"takes the class of a character: ai.character\(SnakeHead\)"),
        ("SnakeHead", r"takes the class of a character"),
        (None, r"takes the class of a character"),
        (SnakeHead(), r"the class itself, without \(\) behind it: ai.character\(SnakeHead\)"),
        (snake.Apple, r"class Apple.* no keys.*handle_keystroke\(self, keystroke, game\)"),
        (int, r"class int"),
    ],
    ids=["function", "text", "None", "object", "no keys", "int"],
)
def test_what_is_no_class_of_characters(policies, thing, said):
    with pytest.raises(ConfigError, match=said):
        TrainedPolicy(policies / "forager").character(thing)


def test_control_of_what_cannot_be_controlled(policies):
    ai, game = TrainedPolicy(policies / "forager"), make_game(Hero("A", (1, 1)), state={"reward": 0})
    with pytest.raises(ConfigError, match="got a Apple, which handles no keys.*ai.control"):
        ai.control(snake.Apple(), game)
    with pytest.raises(ConfigError, match="control.character, game. takes the game"):
        ai.control(game, game.agents[0])


class SaysNo(Hero):
    def handle_keystroke(self, keystroke, game):
        """Nobody moves this one."""
        return False


def test_a_handler_that_can_do_nothing_is_passed_over(policies):
    ai, robot = TrainedPolicy(policies / "forager", epsilon=1.0), SaysNo("A", (2, 2))
    game = make_game(robot, state={"reward": 0})
    places = set()
    for _ in range(30):
        ai.control(robot, game)
        places.add(robot.position)
    assert len(places) > 3


class IgnoresKeys(SnakeHead):
    name = "other"

    def handle_keystroke(self, keystroke, game):
        """Not for this one."""


def test_who_only_ignores_the_keyboard_is_no_player_where_others_listen(policies):
    game = make_game(IgnoresKeys(), SnakeHead())
    assert player_finder("")(game) is game.agents[1] and keyboard_driven(game) == [game.agents[1]]
    alone = make_game(IgnoresKeys())
    assert keyboard_driven(alone) == alone.agents
