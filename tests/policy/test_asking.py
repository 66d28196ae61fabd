"""get_action(game) sees from the character that it works for, however it was called; or it says that it guessed."""

from __future__ import annotations

import asyncio
import functools
import threading
import warnings

import pytest
from observing import game_classes, make_game
from small_runs import make_run

from retro_gamer import PolicyInput, TrainedPolicy
from retro_gamer.errors import ConfigError, PolicyWarning
from retro_gamer.training.trainer import Trainer


@pytest.fixture(scope="module")
def ai(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("asking") / "run", training_episodes=3)
    Trainer(run).train()
    return TrainedPolicy(run.path)


class Pupil:
    """A character with a place of its own that thinks in some way."""

    character = "F"

    def __init__(self, name, position, think=None):
        self.name, self.position, self.think, self.seen = name, position, think, None

    def handle_keystroke(self, keystroke, game):
        pass

    def play_turn(self, game):
        if self.think is not None:
            self.seen = self.think(self, game)


class OtherNames(Pupil):
    def play_turn(me, the_game):  # noqa: N805
        me.seen = me.think(me, the_game)


def by_hand(ai, me, game):
    return ai.q_values(game)


def helper(ai, me, game):
    def think(game):
        return ai.q_values(game)

    return think(game)


def far_helper(ai, me, game):
    def inner(*things):
        return (lambda: ai.q_values(things[0]))()

    return functools.partial(inner, game)()


def one_lambda(ai, me, game):
    return (lambda g: ai.q_values(g))(game)


def coroutine(ai, me, game):
    async def think():
        return ai.q_values(game)

    try:
        think().send(None)
    except StopIteration as stop:
        return stop.value


def event_loop(ai, me, game):
    async def think():
        await asyncio.sleep(0)
        return ai.q_values(game)

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(think())
    finally:
        loop.close()


def generator(ai, me, game):
    return next(ai.q_values(g) for g in [game])


def in_a_class(ai, me, game):
    class Brain:
        def think(self, game):
            return ai.q_values(game)

    return Brain().think(game)


WAYS = [by_hand, helper, far_helper, one_lambda, coroutine, event_loop, generator, in_a_class]


def play_one_turn(game_class, think, kind=Pupil):
    human = Pupil("human", (0, 0))
    robot = kind("robot", (7, 5), think)
    game = make_game(human, robot, state={"reward": 0}, board_size=(12, 8), game_class=game_class)
    game.step()
    return game, human, robot


@pytest.mark.parametrize("kind", [Pupil, OtherNames])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("game_class", game_classes())
def test_the_right_eyes_without_a_warning(ai, game_class, way, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        game, human, robot = play_one_turn(game_class, functools.partial(way, ai), kind)
    assert robot.seen == ai.q_values(game, agent=robot) != ai.q_values(game, agent=human)


def chase(ai, target, game):
    return ai.q_values(game)


def chase_for(ai, who, target, game):
    return ai.q_values(game)


@pytest.mark.parametrize("game_class", game_classes())
def test_a_character_that_a_helper_is_about_is_not_the_one_that_asks(ai, game_class):
    fresh = TrainedPolicy(ai._run.path)
    with pytest.warns(PolicyWarning, match=r"guessed: 'robot'.*agent=self") as caught:
        game, human, robot = play_one_turn(game_class, lambda me, game: chase(fresh, game.agents[0], game))
    assert len(caught) == 1
    assert robot.seen == ai.q_values(game, agent=robot) != ai.q_values(game, agent=human)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        game, human, robot = play_one_turn(game_class, lambda me, game: chase_for(ai, me, game.agents[0], game))
    assert robot.seen == ai.q_values(game, agent=robot)


@pytest.mark.parametrize("call", ["get_action", "q_values", "explain"])
@pytest.mark.parametrize("agent", ["robot", Pupil, object()], ids=["name", "class", "no place"])
def test_what_is_no_character_is_told_so(ai, call, agent):
    game = make_game(Pupil("robot", (0, 0)), state={"reward": 0}, board_size=(12, 8))
    with pytest.raises(ConfigError, match=rf"{call}.game, agent=\.\.\.. takes a character .*get_agent_by_name"):
        getattr(ai, call)(game, agent=agent)


def in_a_thread(ai, game):
    found = []
    thread = threading.Thread(target=lambda: found.append(ai.q_values(game)))
    thread.start()
    thread.join()
    return found[0]


class Leaving(Pupil):
    """Somebody who is in the game no more when they ask."""

    def play_turn(self, game):
        game.remove_agent(self)
        self.think.get_action(game)


class Director:
    """An agent without a place on the board, which asks for others."""

    display = False

    def __init__(self, ai):
        self.ai = ai

    def play_turn(self, game):
        self.ai.q_values(game)


def test_another_thread_is_told_to_say_for_whom(ai):
    ai.reload()
    fresh = TrainedPolicy(ai._run.path)
    with pytest.warns(PolicyWarning, match=r"'human'.*get_action\(game, agent=self\)") as caught:
        play_one_turn(game_classes()[0], lambda me, game: in_a_thread(fresh, game))
    assert len(caught) == 1


def test_who_has_no_eyes_or_left_and_a_script_beside_two_players_are_told_too(ai):
    for ask in ("director", "leaving", "script"):
        fresh = TrainedPolicy(ai._run.path)
        others = {"director": Director(fresh), "leaving": Leaving("robot", (7, 5), fresh)}
        agents = [Pupil("human", (0, 0)), others.get(ask) or Pupil("robot", (7, 5))]
        game = make_game(*agents, state={"reward": 0}, board_size=(12, 8))
        with pytest.warns(PolicyWarning, match="agent=self") as caught:
            for _ in range(3):  # said once
                game.step()
                if ask == "script":
                    fresh.get_action(game)
        assert len(caught) == 1


def test_who_presses_the_keys_of_one_player_is_told_nothing(ai):
    class MyInput:
        def __init__(self, game):
            self.game = game

        def collect(self):
            ai.get_action(self.game)
            return set()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        game = make_game(Pupil("human", (0, 0)), state={"reward": 0}, board_size=(12, 8))
        for source in (MyInput(game), PolicyInput(ai, game)):
            game.input_source = source
            game.step()
        ai.get_action(game)
