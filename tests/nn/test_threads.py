"""BLAS works with one thread in our calls, and with its own number everywhere else."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from small_runs import make_run

from retro_gamer import DQNTrainer, GameMetadata, TrainedPolicy
from retro_gamer.games.catch import create_game
from retro_gamer.nn import threads
from retro_gamer.nn.threads import Control, OneBlasThread, accelerate, one_blas_thread
from retro_gamer.training import Trainer

CONTROL = threads.control
controlled = pytest.mark.skipif(CONTROL is None, reason="this NumPy's BLAS has no functions for it")


class Library:
    """Stands for a BLAS library with so many threads."""

    def __init__(self, number=8):
        self.number = number

    def control(self):
        return Control(lambda: self.number, lambda number: setattr(self, "number", number))


def test_inside_it_is_one_and_outside_what_it_was():
    library = Library()
    one = OneBlasThread(library.control())
    with one:
        with one:
            assert library.number == 1
        assert library.number == 1
    assert library.number == 8
    library.number = 3  # the user's own choice, meanwhile
    with pytest.raises(ValueError), one:
        raise ValueError
    assert library.number == 3


def test_threads_that_overlap_leave_it_as_it_was():
    library = Library()
    one, inside, leave = OneBlasThread(library.control()), threading.Event(), threading.Event()

    def other():
        with one:
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with one:
        thread.start()
        inside.wait()
    assert library.number == 1
    leave.set()
    thread.join()
    assert library.number == 8


def test_a_library_that_counts_for_each_thread_is_told_in_each():
    """Accelerate: 0 for many threads, 1 for one, in a variable of each thread."""
    local = threading.local()
    one = OneBlasThread(accelerate(lambda: getattr(local, "model", 0), lambda model: setattr(local, "model", model)))
    seen = []

    def other():
        with one:
            seen.append(local.model)
        seen.append(local.model)

    with one:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert local.model == 1
    assert local.model == 0 and seen == [1, 0]


@pytest.fixture
def four_threads():
    before = CONTROL.get()
    CONTROL.set(4)
    yield
    CONTROL.set(before)


@controlled
def test_numpy_s_own_library_is_found_and_told(four_threads):
    assert CONTROL.get() == 4
    with one_blas_thread:
        assert CONTROL.get() == 1
    assert CONTROL.get() == 4


@controlled
def test_with_many_threads_the_weights_are_the_same_and_the_user_keeps_his(tmp_path, four_threads, monkeypatch):
    """The default network: its products are large enough for OpenBLAS to split them."""
    policies, in_play = [], []
    for number in (1, 4):
        CONTROL.set(number)
        trainer = DQNTrainer(
            create_game,
            GameMetadata(actions=["KEY_LEFT", "KEY_RIGHT"], reward="score"),
            tmp_path / f"{number}",
            training_episodes=12,
            learning_starts=100,
        )
        trainer.train(on_episode=lambda: in_play.append(CONTROL.get()))
        policies.append(trainer.trainer.agent.get_policy())
    assert in_play == [1] * 12 + [4] * 12
    for name, array in policies[0].items():
        assert array.tobytes() == policies[1][name].tobytes(), name
    policy, seen = TrainedPolicy(tmp_path / "4"), []
    first = policy._agent.network.first
    product = first.apply
    monkeypatch.setattr(first, "apply", lambda *a: seen.append(CONTROL.get()) or product(*a))
    game = create_game()
    game.start()
    policy.get_action(game)
    policy.q_values(game)
    assert seen == [1, 1] and CONTROL.get() == 4


def test_a_library_that_cannot_be_told_is_named_once_a_training(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(threads, "NOTICE", "NumPy computes here with something.")
    Trainer(make_run(tmp_path)).train(episodes=3, on_notice=told.append)
    assert told == ["NumPy computes here with something."]


@pytest.mark.parametrize(
    "variables, blas, said",
    [
        ({}, {"name": "accelerate"}, "VECLIB_MAXIMUM_THREADS=1"),
        ({}, {"name": "mkl-sdl"}, "OMP_NUM_THREADS=1"),
        ({"VECLIB_MAXIMUM_THREADS": "1"}, {"name": "accelerate"}, ""),
        ({}, {"name": "none"}, ""),
    ],
)
def test_the_notice_says_what_helps(monkeypatch, variables, blas, said):
    for name in threads.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(np.__config__, "CONFIG", {"Build Dependencies": {"blas": blas}}, raising=False)
    assert said in threads.why_not() and bool(said) == bool(threads.why_not())
