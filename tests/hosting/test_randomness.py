"""What a training draws is its own: whatever other threads draw meanwhile, and whatever draws before and after."""

from __future__ import annotations

import pickle
import random
import sys
import threading
from random import choice, gauss

import numpy as np
import pytest
from numpy.random import rand
from small_runs import make_run, make_self_play_run, same

from retro_gamer.games import Game
from retro_gamer.hosting.randomness import OwnRandomness, everybody_s_randomness
from retro_gamer.selfplay.self_play import SelfPlayTrainer
from retro_gamer.training import Trainer, evaluate


class Die:
    """Draws in all ways that games do, and pays what it threw."""

    character, position, name = "o", (1, 1), "die"
    kept = staticmethod(random.random)  # of the class, and not of the module

    def handle_keystroke(self, keystroke, game):
        pass

    def play_turn(self, game):
        from random import randint  # while it plays

        number = choice([1, 2, 3]) + randint(1, 6) + random.random() + gauss(0, 1)
        number += rand() + np.random.randint(5) + np.random.normal() + random.getrandbits(3) + np.random.sample()
        game.state["score"] += number
        self.position = (random.randrange(4), int(np.random.choice(3)))
        if game.turn_number > 5:
            game.end()


class OddDie(Die):
    def play_turn(self, game):
        super().play_turn(game)
        game.state["score"] += self.kept()


def dice():
    return Game([Die()], {"score": 0, "reward": 0}, board_size=(4, 3))


def odd_dice():
    return Game([OddDie()], {"score": 0, "reward": 0}, board_size=(4, 3))


SMALL = {"preprocessing": {"board": True}, "batch_size": 16, "memory_capacity": 300, "evaluate_every": 50}


def drawing_all_the_time(over):
    generator = np.random.mtrand._rand  # as SciPy and others find it
    while not over.is_set():
        random.random(), choice([1, 2]), random.seed(), rand(), np.random.seed(1), generator.rand()


@pytest.fixture
def quick_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("make, kind", [(make_run, Trainer), (make_self_play_run, SelfPlayTrainer)])
def test_threads_that_draw_change_no_bit(tmp_path, quick_switches, make, kind):
    factory = [dice] if kind is Trainer else []
    more = SMALL if kind is Trainer else {}
    whole, run = make(tmp_path / "whole", **more), make(tmp_path / "run", **more)
    kind(whole, *factory).train(episodes=12)
    over = threading.Event()
    others = [threading.Thread(target=drawing_all_the_time, args=(over,)) for _ in range(2)]
    for thread in others:
        thread.start()
    try:
        trainer = kind(run, *factory)
        trainer.train(episodes=12)
    finally:
        over.set()
        for thread in others:
            thread.join()
    states = [each.load_resume() for each in (whole, run)]
    for state in states:
        del state.facts["seconds"]
    assert states[0].facts == states[1].facts
    for name, array in states[0].arrays.items():
        assert array.tobytes() == states[1].arrays[name].tobytes(), name


def test_two_trainings_that_overlap_are_what_each_is_alone(tmp_path, quick_switches):
    for seed in (1, 2):
        Trainer(make_run(tmp_path / f"alone {seed}", seed=seed, **SMALL), dice).train()
    turns = threading.Barrier(2)

    def train(seed):
        trainer = Trainer(make_run(tmp_path / f"together {seed}", seed=seed, **SMALL), dice)
        trainer.train(on_episode=lambda status: turns.wait(60))  # game by game, at the same time

    threads = [threading.Thread(target=train, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (1, 2):
        runs = [make_run(tmp_path / f"{how} {seed}", seed=seed, **SMALL) for how in ("alone", "together")]
        same(*runs)


def test_functions_kept_in_odd_places_draw_from_it_too(tmp_path):
    """A training alone has the generators themselves."""
    whole, pieces = make_run(tmp_path / "whole", **SMALL), make_run(tmp_path / "pieces", **SMALL)
    Trainer(whole, odd_dice).train()
    for stop in (7, 12, 99):
        random.seed()
        trainer = Trainer(pieces, odd_dice)
        trainer.train(on_episode=lambda status, t=trainer, n=stop: t.stop() if status.episode == n else None)
    same(whole, pieces)


def everybody_s():
    return random.getstate(), np.random.get_state()[1].tobytes()


def test_outside_nothing_was_drawn_and_callbacks_are_outside(tmp_path):
    random.seed(5), np.random.seed(5)
    before, drawn = everybody_s(), []
    trainer = Trainer(make_run(tmp_path / "a", **SMALL), dice)
    trainer.train(on_episode=lambda status: drawn.append((random.random(), np.random.rand())))
    random.seed(5), np.random.seed(5)
    assert drawn == [(random.random(), np.random.rand()) for _ in range(25)]
    random.seed(5), np.random.seed(5)
    evaluate(trainer.evaluation_environment, trainer.agent, 3, seed=7)
    assert everybody_s() == before
    silent = Trainer(make_run(tmp_path / "b", **SMALL), dice)
    silent.train()
    same(trainer.run, silent.run)


def test_one_inside_another():
    random.seed(1)
    first, second = OwnRandomness(), OwnRandomness()
    with first:
        a = random.random()
        with second:
            assert random.random() == a
            b = random.random()
        assert random.random() == b
        with everybody_s_randomness():
            assert random.random() == a
    with second:
        assert random.random() not in (a, b)
    assert random.random() == b


def test_the_functions_are_what_they_were():
    with OwnRandomness():
        pass
    for function in (random.random, random.choice, np.random.rand, np.random.seed):
        assert pickle.loads(pickle.dumps(function)) is function and function.__doc__
    assert isinstance(np.random.mtrand._rand, np.random.RandomState)
    np.random.seed(3)
    expected = np.random.RandomState(3).rand(4)
    assert np.random.rand(4).tobytes() == expected.tobytes()
    np.random.seed(3)
    assert np.random.sample(4).tobytes() == np.random.RandomState(3).rand(4).tobytes()
