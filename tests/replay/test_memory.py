"""The replay memory: every drawn row must prove where it comes from."""

from __future__ import annotations

import io
import itertools
import sys

import numpy as np
import pytest
from replaying import slow_n_step

from retro_gamer.environment.observation import NO_FEATURES, Observation
from retro_gamer.nn import SymbolLists
from retro_gamer.replay import (
    BoardMemory,
    ReplayMemory,
)

N_CELLS = 5  # of a board: with 5 the memory keeps its cells, with 40 (five of them not empty) a list of its symbols


@pytest.fixture(params=[5, 40], ids=["cells", "lists"])
def layout(request, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "N_CELLS", request.param)


def as_cells(boards):
    return boards.cells() if isinstance(boards, SymbolLists) else boards


class Games:
    """Random games whose observations say which they are, beside a record of what must come out of a memory.

    Observation number i has i in its cells, byte by byte, and (i, game, step) in its features.
    """

    def __init__(self, memory, n_step, gamma, seed=0, longest=7):
        self.memory, self.n_step, self.gamma = memory, n_step, gamma
        self.rng, self.longest = np.random.default_rng(seed), longest
        self.expected = {}  # number of s -> (game, step, action, R, discount, number of s')
        self.n_observations = self.game = 0

    def observe(self, step):
        number = self.n_observations
        self.n_observations += 1
        boards = self.memory.boards
        cells = np.zeros(boards.n_cells, np.uint8)
        cells[:3] = number % 256, number // 256 % 256, number // 65536
        cells[3 : 5 if boards.listed else None] = 200 + number % 50
        return Observation(cells, np.array([number, self.game, step], np.float32))

    def play(self, length=None, how=None, on_step=lambda: None):
        """One game, ended in one of three ways."""
        length = length or int(self.rng.integers(1, self.longest + 1))
        how = how or ("terminated", "truncated", "given up")[self.rng.integers(3)]
        rewards = self.rng.integers(-8, 9, length).astype(float)
        actions = self.rng.integers(0, 5, length)
        first = self.n_observations
        for t, (total, discount, end) in enumerate(slow_n_step(rewards, self.n_step, self.gamma, how == "terminated")):
            self.expected[first + t] = (self.game, t, int(actions[t]), total, discount, first + end)
        seen = self.observe(0)
        for t in range(length):
            next_seen, last = self.observe(t + 1), t == length - 1
            self.memory.add(
                seen,
                int(actions[t]),
                rewards[t],
                next_seen,
                last and how == "terminated",
                last and how == "truncated",
            )
            seen = Observation(np.full_like(next_seen.cells, 255), np.full(3, -1, np.float32))  # must not be looked at
            on_step()
        if how == "given up":
            self.memory.end_episode()
        self.game += 1
        on_step()

    def drawable(self):
        """Between two games: the numbers of all transitions whose s is still among the newest observations."""
        oldest = self.n_observations - self.memory.capacity
        return {number for number in self.expected if number >= oldest}

    def check(self, batch):
        """Every row is a transition that happened, whole, and still remembered; returns the numbers of s."""
        n = len(batch.actions)
        cells = as_cells(batch.boards)
        assert cells.shape == (2 * n, self.memory.boards.n_cells) and cells.dtype == np.uint8
        assert (cells[:, 3] == 200 + batch.features[:, 0].astype(int) % 50).all() and (cells[:, 4] == cells[:, 3]).all()
        assert batch.features.shape == (2 * n, 3) and batch.features.dtype == np.float32
        for array in (batch.reward_sums, batch.discounts, batch.weights):
            assert array.shape == (n,) and array.dtype == np.float32
        assert batch.indices.shape == (n,)
        numbers = batch.features[:, 0].astype(int)
        in_cells = cells[:, :3].astype(int) @ [1, 256, 65536]
        np.testing.assert_array_equal(in_cells, numbers)
        # Of a large batch one row per slot will do: the others are copies.
        rows = range(n) if n <= 50 else np.unique(batch.indices, return_index=True)[1]
        for row in rows:
            game, step, action, total, discount, next_number = self.expected[numbers[row]]
            assert numbers[row] >= self.n_observations - self.memory.capacity
            assert batch.features[row].tolist() == [numbers[row], game, step]
            assert numbers[n + row] == next_number
            assert batch.features[n + row].tolist() == [next_number, game, step + next_number - numbers[row]]
            assert batch.actions[row] == action
            assert batch.reward_sums[row] == pytest.approx(total, rel=1e-6, abs=1e-6)
            assert batch.discounts[row] == pytest.approx(discount, rel=1e-6)
        return set(numbers[:n].tolist())


def new_memory(capacity=40, n_step=3, gamma=0.9, prioritized=False, seed=0, **options):
    return ReplayMemory(
        capacity,
        N_CELLS,
        3,
        n_step=n_step,
        gamma=gamma,
        rng=np.random.default_rng(seed),
        prioritized=prioritized,
        **options,
    )


both_samplers = pytest.mark.parametrize("prioritized", [False, True])


def saved_and_loaded(state):
    """Through a file, as a run does it."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def of(cells):
    return Observation(cells, NO_FEATURES)


class TestBoardMemory:
    """Beside the slow obvious twin: an array of all cells."""

    @pytest.mark.parametrize("n_cells", [0, 1, 15, 16, 61, 512])
    def test_what_is_put_can_be_taken(self, n_cells):
        """Boards that fill up: what starts as lists ends as cells, and nothing gets lost on the way."""
        rng, layouts = np.random.default_rng(n_cells), []
        memory, twin = BoardMemory(50, n_cells), np.zeros((50, n_cells), np.uint8)
        for turn in range(400):
            cells = (rng.integers(1, 256, n_cells) * (rng.random(n_cells) < turn / 400)).astype(np.uint8)
            slot = int(rng.integers(50))
            memory.put(slot, of(cells))
            twin[slot] = cells
            slots = rng.integers(50, size=20)
            taken = memory.take(slots)
            assert isinstance(taken, SymbolLists) == memory.listed
            np.testing.assert_array_equal(as_cells(taken), twin[slots])
            assert memory.largest_symbol() == twin.max(initial=0)
            layouts.append(memory.listed)
        assert layouts[0] == (n_cells >= 16) and not layouts[-1]
        assert layouts == sorted(layouts, reverse=True), "there is no way back"

    def test_lists_are_as_long_as_they_must_be(self):
        memory = BoardMemory(10, 100)
        for slot, n in enumerate([0, 2, 5, 16]):
            memory.put(slot, of((np.arange(100) < n).astype(np.uint8)))
        assert memory.listed
        assert [memory.take(np.array(slots)).numbers.shape for slots in ([0, 0], [1, 0], [0, 2, 1], [3])] == [
            (2, 0),
            (2, 2),
            (3, 5),
            (1, 16),
        ]
        memory.put(0, of(np.ones(100, np.uint8)))  # 128 numbers are more than 100 bytes
        assert not memory.listed
        np.testing.assert_array_equal(memory.take(np.arange(4)).sum(axis=1), [100, 2, 5, 16])

    def test_numbers_are_the_places_in_the_one_hot_board(self):
        memory = BoardMemory(2, 20)
        memory.put(1, of(np.array([0, 3, 0, 1] + [0] * 16, np.uint8)))
        assert memory.take(np.array([1])).numbers.tolist() == [[2 * 20 + 1, 3]]

    def test_old_states_have_cells_and_become_lists(self):
        cells = np.zeros((6, 64), np.uint8)
        cells[[0, 1, 5], [3, 63, 0]] = 7, 255, 1
        memory = BoardMemory(8, 64)
        memory.set_state({"cells": cells}, np.array([5, 0, 1]))
        assert memory.listed
        np.testing.assert_array_equal(as_cells(memory.take(np.arange(3))), cells[[5, 0, 1]])

    @pytest.mark.parametrize(
        "state, message",
        [
            ({"cells": np.zeros((3, 63), np.uint8)}, "have not 64 cells each"),
            ({"cells": np.zeros((3, 64), np.int32)}, "have not 64 cells each"),
            ({"lists": np.zeros((3, 2))}, "are not lists of numbers"),
            ({"lists": np.zeros(3, np.int32)}, "are not lists of numbers"),
            ({"lists": np.full((3, 2), -1, np.int32)}, "are not lists of numbers"),
            ({"lists": np.zeros((3, 17), np.int32)}, "longer than a board"),
        ],
    )
    def test_damaged_states_are_refused(self, state, message):
        with pytest.raises(ValueError, match=message):
            BoardMemory(8, 64).set_state(state, np.arange(3))


@pytest.mark.usefixtures("layout")
class TestReplayMemory:
    @pytest.mark.parametrize("name", ["actions", "next_slots"])
    def test_turns_of_no_width_are_refused(self, name):
        """A file of two kilobytes can say that there are as many of them as it likes."""
        memory = new_memory(16, 1)
        Games(memory, 1, 0.9, seed=0)
        try:
            wide = np.zeros((10**15, 0), np.int32)
        except MemoryError:
            pytest.skip("this NumPy makes no such array")
        with pytest.raises(ValueError, match="not in a row"):
            memory.set_state({**memory.get_state(), name: wide})

    @both_samplers
    @pytest.mark.parametrize("n_step, capacity", [(1, 10), (1, 24), (3, 10), (3, 21), (5, 8), (2, 17)])
    def test_every_row_proves_its_origin(self, n_step, capacity, prioritized):
        """Overfilled some thirty times; drawn from after every single step, also in the middle of a game."""
        memory = new_memory(capacity, n_step, prioritized=prioritized)
        games = Games(memory, n_step, 0.9, seed=capacity)

        def draw():
            if len(memory):
                batch = memory.sample(4)
                games.check(batch)
                memory.update_priorities(batch.indices, games.rng.normal(size=4))

        while games.n_observations < 30 * capacity:
            games.play(on_step=draw)
            assert (
                len(memory)
                == min(len(games.expected), games.n_observations, capacity)
                == min(memory.n_transitions, memory.n_slots_used)
            )
            assert memory.n_transitions == len(games.expected)

    @both_samplers
    @pytest.mark.parametrize("n_step, capacity", [(1, 12), (3, 12), (3, 50), (4, 6)])
    def test_all_that_is_remembered_can_be_drawn(self, n_step, capacity, prioritized):
        memory = new_memory(capacity, n_step, prioritized=prioritized, alpha=0.0)
        games = Games(memory, n_step, 0.9, seed=1)
        for _ in range(60):
            games.play()
            assert games.check(memory.sample(40 * capacity)) == games.drawable()

    @both_samplers
    def test_in_the_middle_of_a_game_the_newest_steps_wait(self, prioritized):
        memory = new_memory(30, 3, prioritized=prioritized)
        games = Games(memory, 3, 0.9)
        seen = []
        games.play(
            length=6,
            how="terminated",
            on_step=lambda: seen.append(games.check(memory.sample(200)) if len(memory) else set()),
        )
        assert seen == [set(), set(), {0}, {0, 1}, {0, 1, 2}, {0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 5}]

    @both_samplers
    @pytest.mark.parametrize("how", ["terminated", "truncated", "given up"])
    def test_a_single_transition(self, prioritized, how):
        memory = new_memory(prioritized=prioritized)
        games = Games(memory, 3, 0.9)
        assert len(memory) == 0
        games.play(length=1, how=how)
        assert len(memory) == 1
        batch = memory.sample(5)
        assert games.check(batch) == {0}
        np.testing.assert_array_equal(batch.weights, 1)
        np.testing.assert_allclose(batch.discounts, 0 if how == "terminated" else 0.9, rtol=1e-6)

    @both_samplers
    @pytest.mark.parametrize("n_batches", [1, 4])
    def test_batches_drawn_together(self, prioritized, n_batches):
        memory = new_memory(1000, prioritized=prioritized, alpha=0.0)
        games = Games(memory, 3, 0.9)
        while len(memory) < 240:
            games.play()
        for batch in (batch for _ in range(20) for batch in memory.sample_batches(60 // n_batches, n_batches)):
            games.check(batch)
            assert len(batch.actions) == 60 // n_batches and batch.weights.max() == 1
        batches = list(memory.sample_batches(memory.n_transitions // n_batches, n_batches))
        together = np.concatenate([batch.indices for batch in batches])
        if prioritized:  # all equally likely: every fourth to the same batch, and hardly one twice
            assert len(set(together.tolist())) > 0.95 * len(together)
            for batch in batches:
                assert (np.diff(batch.indices) > 0).all() and batch.indices[0] <= 2 * n_batches + 6

    def test_the_largest_weight_of_each_batch_is_one(self):
        memory = new_memory(300, prioritized=True)
        games = Games(memory, 3, 0.9)
        while len(memory) < 200:
            games.play()
        memory.update_priorities(np.arange(0, 150, 2), games.rng.normal(size=75) ** 4)
        for batch in memory.sample_batches(3, 20):
            indices, weights = batch.indices, batch.weights
            priorities = memory.sampler.get_state()["priorities"][indices]
            np.testing.assert_allclose(weights, (priorities / priorities.min()) ** -0.4, rtol=1e-5)

    @both_samplers
    def test_drawing_from_an_empty_memory_is_an_error(self, prioritized):
        with pytest.raises(ValueError, match="nothing can be drawn"):
            new_memory(prioritized=prioritized).sample(1)

    @both_samplers
    @pytest.mark.parametrize("n_step", [1, 2, 4])
    @pytest.mark.parametrize("capacity", [0, 1, 2, 3, "n + 1", "n + 2", "n + 3"])
    def test_the_smallest_memories(self, capacity, n_step, prioritized):
        """Once there was something to draw there always is, at every step of games of every length and end."""
        if isinstance(capacity, str):
            capacity = n_step + int(capacity[-1])
        memory = new_memory(capacity, n_step, prioritized=prioritized)
        assert memory.capacity == max(capacity, n_step + 2)
        games = Games(memory, n_step, 0.9)
        for length, how in itertools.product([1, 2, n_step, n_step + 1, 9, 1], ["terminated", "truncated", "given up"]):
            games.play(length, how, on_step=lambda: len(memory) and games.check(memory.sample(6)))
            assert games.check(memory.sample(100)) == games.drawable() != set()

    def test_end_episode_without_a_game_does_nothing(self):
        memory = new_memory()
        memory.end_episode()
        assert len(memory) == 0 and memory.n_slots_used == 0
        games = Games(memory, 3, 0.9)
        games.play(how="given up")
        before = memory.n_transitions
        memory.end_episode()
        assert memory.n_transitions == before

    def test_only_changes_of_the_priorities_change_the_chances(self):
        memory = new_memory(prioritized=True, alpha=1.0)
        games = Games(memory, 3, 0.9)
        games.play(length=8, how="terminated")
        memory.update_priorities(np.arange(8), np.array([0, 0, 0, 9.0, 0, 0, 0, -1.0]))
        indices = memory.sample(10_000).indices
        assert (indices == 3).mean() == pytest.approx(0.9, abs=0.002)
        assert (indices == 7).mean() == pytest.approx(0.1, abs=0.002)

    def test_the_last_observation_of_a_game_is_not_the_first_of_the_next(self):
        memory = new_memory(n_step=1)
        games = Games(memory, 1, 0.9)
        for how in ("terminated", "truncated", "given up"):
            games.play(length=2, how=how)
        assert memory.n_slots_used == 9  # 3 observations a game
        assert games.check(memory.sample(300)) == {0, 1, 3, 4, 6, 7}

    @both_samplers
    def test_widen_cells(self, prioritized):
        memory = new_memory(25, 2, prioritized=prioritized)
        games = Games(memory, 2, 0.9)
        while games.n_observations < 60:
            games.play()
        border = games.n_observations
        every, listed = np.arange(25), memory.boards.listed
        old = as_cells(memory.boards.take(every))
        memory.widen_cells(N_CELLS + 4)
        new = as_cells(memory.boards.take(every))
        assert new.shape == (25, N_CELLS + 4) and new.dtype == np.uint8 and memory.boards.listed == listed
        np.testing.assert_array_equal(new[:, :N_CELLS], old)
        for _ in range(4):
            batch = memory.sample(100)
            games.check(batch)
            for cells, (number, _, _) in zip(as_cells(batch.boards), batch.features):
                assert (cells[5:] == (0 if number < border or listed else 200 + number % 50)).all()
            games.play()

    def test_widen_cells_in_the_middle_of_a_game(self):
        memory = new_memory(25, 3)
        games = Games(memory, 3, 0.9)
        games.play(length=2)
        more = iter([0, 0, 1, 1, 2, 2, 2, 2, 2])
        games.play(length=8, how="terminated", on_step=lambda: memory.widen_cells(N_CELLS + next(more)))
        assert memory.boards.n_cells == N_CELLS + 2
        assert games.check(memory.sample(300)) == games.drawable()


@pytest.mark.usefixtures("layout")
class TestReplayState:
    @both_samplers
    @pytest.mark.parametrize("n_observations", [10, 45, 130])  # not full yet, after wrap-around, long after
    @pytest.mark.parametrize("n_step", [1, 3])
    def test_into_a_new_memory(self, n_step, n_observations, prioritized):
        memory = new_memory(40, n_step, prioritized=prioritized)
        games = Games(memory, n_step, 0.9, seed=2)
        while games.n_observations < n_observations:
            games.play()
            batch = memory.sample(8)
            memory.update_priorities(batch.indices, games.rng.normal(size=8))
        state = saved_and_loaded(memory.get_state())
        restored = new_memory(40, n_step, prioritized=prioritized, seed=99)
        restored.set_state(state)
        assert len(restored) == len(memory)
        assert restored.n_transitions == memory.n_transitions and restored.n_slots_used == memory.n_slots_used
        twin = Games(restored, n_step, 0.9)
        twin.expected, twin.n_observations, twin.game = dict(games.expected), games.n_observations, games.game
        # The generator belongs to the agent, which restores it: give both the same.
        for one in (memory, restored):
            one.sampler.rng = np.random.default_rng(5)
        games.rng, twin.rng = np.random.default_rng(6), np.random.default_rng(6)
        for _ in range(30):
            mine, theirs = memory.sample(8), restored.sample(8)
            for my_array, their_array in zip(
                mine._replace(boards=as_cells(mine.boards)), theirs._replace(boards=as_cells(theirs.boards))
            ):
                np.testing.assert_array_equal(my_array, their_array)
            twin.check(theirs)
            errors = games.rng.normal(size=8)
            np.testing.assert_array_equal(errors, twin.rng.normal(size=8))
            memory.update_priorities(mine.indices, errors)
            restored.update_priorities(theirs.indices, errors)
            games.play()
            twin.play()
        for name, array in restored.get_state().items():
            np.testing.assert_array_equal(array, memory.get_state()[name])
        assert twin.check(restored.sample(4000)) <= twin.drawable()

    @both_samplers
    def test_of_an_empty_memory(self, prioritized):
        restored = new_memory(prioritized=prioritized)
        restored.set_state(saved_and_loaded(new_memory(prioritized=prioritized).get_state()))
        assert len(restored) == 0
        games = Games(restored, 3, 0.9)
        games.play(length=4)
        assert games.check(restored.sample(100)) == {0, 1, 2, 3}

    def test_only_used_slots_are_stored(self):
        memory = new_memory(1000)
        games = Games(memory, 3, 0.9)
        games.play(length=4)
        state = memory.get_state()
        boards = "lists" if memory.boards.listed else "cells"
        assert {len(state[name]) for name in (boards, "features", "actions", "returns", "next_slots")} == {5}

    @both_samplers
    def test_in_the_middle_of_a_game_the_waiting_steps_are_left_out(self, prioritized):
        memory, states = new_memory(prioritized=prioritized), []
        games = Games(memory, 3, 0.9)
        games.play(length=3, how="terminated")
        games.play(length=6, on_step=lambda: states.append(saved_and_loaded(memory.get_state())))
        restored = new_memory(prioritized=prioritized)
        restored.set_state(states[3])  # four steps of the second game: two complete, two waiting
        again = Games(restored, 3, 0.9)
        again.expected, again.n_observations, again.game = dict(games.expected), 4 + 5, 2
        assert again.check(restored.sample(300)) == {0, 1, 2, 4, 5}
        again.play(length=2)
        assert again.check(restored.sample(300)) == {0, 1, 2, 4, 5, 9, 10}

    @both_samplers
    def test_into_a_memory_that_was_in_use(self, prioritized):
        """Nothing of its own game, finished or going on, comes through."""
        memory, used = new_memory(prioritized=prioritized), new_memory(prioritized=prioritized)
        games, others = Games(memory, 3, 0.9), Games(used, 3, 0.9, seed=7)
        for _ in range(20):
            others.play()
        nothing = Observation(np.zeros(N_CELLS, np.uint8), np.zeros(3, np.float32))
        for _ in range(2):
            used.add(nothing, 0, 1000.0, nothing, False, False)
        games.play(length=5)
        used.set_state(saved_and_loaded(memory.get_state()))
        games.memory = used
        games.play(length=5)
        assert games.check(used.sample(500)) == games.drawable() == set(range(11)) - {5}
