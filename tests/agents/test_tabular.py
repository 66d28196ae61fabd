"""The tabular agents, update by update, against numbers worked out by hand from Sutton & Barto."""

from __future__ import annotations

import enum
import itertools

import numpy as np
import pytest

from retro_gamer.agents import (
    DoubleQLearning,
    ExpectedSarsa,
    QLearning,
    Sarsa,
    Transition,
    tabular,
)
from retro_gamer.agents.states import MAX_STATES, decode_states, encode_states, state_of
from retro_gamer.environment.observation import Observation
from retro_gamer.errors import ObservationError

ALL = [QLearning, Sarsa, ExpectedSarsa, DoubleQLearning]


def make(agent_class, n_actions=3, learning_rate=0.5, gamma=0.9, planning_steps=0, seed=0, table=None):
    agent = agent_class(
        n_actions=n_actions,
        learning_rate=learning_rate,
        gamma=gamma,
        planning_steps=planning_steps,
        rng=np.random.default_rng(seed),
    )
    for states in agent.tables:
        states.update({state: list(row) for state, row in (table or {}).items()})
    return agent


def turn(state, action, reward, next_state, terminated=False, truncated=False):
    return Transition(state, action, reward, next_state, terminated, truncated)


TABLE = {"s": [1.0, 2.0, 3.0], "t": [4.0, 8.0, 0.0]}


# One update each, by hand: Q(s,0) = 1, learning rate 0.5, reward 2, gamma 0.9


def test_q_learning_bootstraps_from_the_best_next_action():
    agent = make(QLearning, table=TABLE)
    error = agent.learn(turn("s", 0, 2.0, "t"))
    # target 2 + 0.9 * 8 = 9.2; error 8.2; Q = 1 + 0.5 * 8.2
    assert error == pytest.approx(8.2)
    assert agent.table["s"] == pytest.approx([5.1, 2.0, 3.0])
    assert agent.table["t"] == TABLE["t"]


def test_expected_sarsa_bootstraps_from_the_mean_of_the_policy():
    agent = make(ExpectedSarsa, table=TABLE)
    agent.act("s", 0.3)
    agent.learn(turn("s", 0, 2.0, "t"))
    # value of t: 0.3 * (4 + 8 + 0) / 3 + 0.7 * 8 = 6.8; target 2 + 0.9 * 6.8 = 8.12; Q = 1 + 0.5 * 7.12
    assert agent.table["s"][0] == pytest.approx(4.56)


def test_expected_sarsa_without_exploring_is_q_learning():
    agent = make(ExpectedSarsa, table=TABLE)
    agent.act("s", 0.0)
    agent.learn(turn("s", 0, 2.0, "t"))
    assert agent.table["s"][0] == pytest.approx(5.1)


@pytest.mark.parametrize("seed", range(10))
def test_sarsa_bootstraps_from_the_action_that_it_then_takes(seed):
    agent = make(Sarsa, table=TABLE, seed=seed)
    agent.act("s", 1.0)
    agent.learn(turn("s", 0, 2.0, "t"))
    taken = agent.act("t", 1.0)
    assert agent.table["s"][0] == pytest.approx(1 + 0.5 * (2 + 0.9 * TABLE["t"][taken] - 1))


def test_sarsa_chooses_the_next_action_before_it_learns():
    # From s to s: the best action is 2; after the update it would be 0. "Choose A' from S'; then update Q(S, A)."
    agent = make(Sarsa, table=TABLE)
    agent.act("s", 0.0)
    agent.learn(turn("s", 0, 100.0, "s"))
    assert agent.table["s"][0] == pytest.approx(1 + 0.5 * (100 + 0.9 * 3 - 1))
    assert agent.act("s", 0.0) == 2


def test_sarsa_explores_as_often_as_it_should():
    agent = make(Sarsa, table={0: [0.0, 1.0, 0.0]}, learning_rate=1e-9)
    actions = []
    for _ in range(6000):
        actions.append(agent.act(0, 0.3))
        agent.learn(turn(0, actions[-1], 0.0, 0))
    assert np.mean(np.array(actions) != 1) == pytest.approx(0.2, abs=0.02)  # 0.3 * 2/3


def test_sarsa_forgets_the_next_action_of_a_game_that_was_cut_short():
    agent = make(Sarsa, table=TABLE, seed=3)
    agent.act("s", 1.0)
    agent.learn(turn("s", 0, 2.0, "t", truncated=True))
    agent.end_episode()
    assert agent.act("t", 0.0) == 1  # the best of t, whatever was imagined


def test_double_q_learning_lets_one_table_choose_and_the_other_judge():
    for seed in range(20):
        agent = make(DoubleQLearning, seed=seed)
        agent.tables[0].update({"s": [1.0, 0.0, 0.0], "t": [5.0, 1.0, 0.0]})  # chooses action 0 of t
        agent.tables[1].update({"s": [3.0, 0.0, 0.0], "t": [2.0, 0.0, 7.0]})  # chooses action 2 of t
        agent.learn(turn("s", 0, 2.0, "t"))
        first, second = agent.tables[0]["s"][0], agent.tables[1]["s"][0]
        # either Q1 <- 1 + 0.5 (2 + 0.9 Q2(t, 0) - 1), or Q2 <- 3 + 0.5 (2 + 0.9 Q1(t, 2) - 3)
        assert (first, second) == pytest.approx((2.4, 3.0)) or (first, second) == pytest.approx((1.0, 2.5))


def test_double_q_learning_updates_each_table_half_of_the_time():
    agent = make(DoubleQLearning, learning_rate=1.0)
    changed = 0
    for _ in range(4000):
        before = agent.table.get("s", [0.0])[0]
        agent.learn(turn("s", 0, before + 1.0, "end", terminated=True))
        changed += agent.table["s"][0] != before
    assert changed / 4000 == pytest.approx(0.5, abs=0.03)


def test_double_q_learning_acts_on_both_tables():
    agent = make(DoubleQLearning)
    agent.tables[0]["s"], agent.tables[1]["s"] = [0.0, 3.0, 2.0], [0.0, -3.0, 1.0]
    assert agent.act("s", 0.0) == 2
    assert agent.q_values("s") == pytest.approx([0.0, 0.0, 1.5])


@pytest.mark.parametrize("agent_class", ALL)
def test_nothing_follows_a_terminated_game(agent_class):
    agent = make(agent_class, table=TABLE)
    agent.act("s", 0.5)
    agent.learn(turn("s", 0, 2.0, "t", terminated=True))
    assert any(table["s"][0] == pytest.approx(1.5) for table in agent.tables)  # 1 + 0.5 (2 - 1)


@pytest.mark.parametrize("agent_class", ALL)
def test_what_follows_a_truncated_game_still_counts(agent_class):
    results = []
    for truncated in (False, True):
        agent = make(agent_class, table=TABLE)
        agent.act("s", 0.5)
        agent.learn(turn("s", 0, 2.0, "t", truncated=truncated))
        results.append([table["s"] for table in agent.tables])
    assert results[0] == results[1]


@pytest.mark.parametrize("agent_class", ALL)
def test_unknown_states_are_worth_nothing_and_looking_at_them_keeps_nothing(agent_class):
    agent = make(agent_class)
    assert list(agent.q_values("new")) == [0.0, 0.0, 0.0]
    agent.act("new", 0.0)
    assert not agent.table
    agent.learn(turn("s", 1, 2.0, "t"))
    assert list(agent.table) == ["s"]
    assert sum(table["s"][1] for table in agent.tables) == 1.0


# Choosing


@pytest.mark.parametrize("agent_class", ALL)
def test_greedy_acting_is_deterministic_and_draws_nothing(agent_class):
    agent = make(agent_class, table={"s": [1.0, 5.0, 5.0]})
    before = agent.rng.bit_generator.state
    assert {agent.act("s", 0.0) for _ in range(20)} == {1}
    assert {agent.act("new", 0.0) for _ in range(20)} == {0}
    assert agent.rng.bit_generator.state == before and not len(agent.get_state()["draws"])


@pytest.mark.parametrize("agent_class", ALL)
def test_ties_are_broken_evenly_while_exploring(agent_class):
    agent = make(agent_class, n_actions=4, table={"s": [5.0, 1.0, 5.0, 5.0]})
    counts = np.bincount([agent.act("s", 1e-12) for _ in range(6000)], minlength=4) / 6000
    assert counts == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=0.03)


@pytest.mark.parametrize("agent_class", ALL)
def test_epsilon_is_the_share_of_random_actions(agent_class):
    agent = make(agent_class, n_actions=4, table={"s": [0.0, 1.0, 0.0, 0.0]})
    counts = np.bincount([agent.act("s", 0.4) for _ in range(8000)], minlength=4) / 8000
    assert counts == pytest.approx([0.1, 0.7, 0.1, 0.1], abs=0.02)


# Planning


def test_planning_repeats_the_only_thing_that_ever_happened():
    agent = make(QLearning, planning_steps=3)
    agent.learn(turn("s", 1, 1.0, "end", terminated=True))
    assert agent.table["s"][1] == pytest.approx(1 - 0.5**4)  # one real step and three imagined ones
    assert agent.model == {"s": {1: (1.0, "end", True)}}


def test_planning_carries_a_reward_back_along_the_way():
    agent = make(QLearning, planning_steps=50, learning_rate=1.0)
    for state in range(4):
        agent.learn(turn(state, 0, float(state == 3), state + 1, terminated=state == 3))
    assert [agent.table[state][0] for state in range(4)] == pytest.approx([0.9**3, 0.9**2, 0.9, 1.0])


def test_planning_draws_a_state_first_and_then_one_of_its_actions():
    agent = make(QLearning, planning_steps=1, n_actions=9)
    for action in range(9):
        agent.learn(turn("many", action, 0.0, "end", terminated=True))
    agent.learn(turn("one", 0, 0.0, "end", terminated=True))
    seen = []
    agent.update = lambda state, action, *outcome: seen.append((state, action)) or 0.0
    agent.planning_steps = 4000
    agent.learn(turn("one", 0, 0.0, "end", terminated=True))
    del seen[0]  # what really happened
    assert np.mean([state == "one" for state, _ in seen]) == pytest.approx(0.5, abs=0.03)
    assert np.bincount([action for state, action in seen if state == "many"]) == pytest.approx([2000 / 9] * 9, rel=0.35)


def test_planning_remembers_the_newest_outcome():
    agent = make(QLearning, planning_steps=1)
    agent.learn(turn("s", 0, 1.0, "t"))
    agent.learn(turn("s", 0, 5.0, "u", terminated=True))
    assert agent.model["s"] == {0: (5.0, "u", True)}


def test_planning_leaves_the_next_action_of_sarsa_alone():
    agent = make(Sarsa, planning_steps=20, table=TABLE)
    for _ in range(5):
        agent.act("s", 1.0)
        agent.learn(turn("s", 0, 0.0, "t"))
        expected = agent._next
        assert expected[0] == "t" and agent.act("t", 1.0) == expected[1]


# Saving


@pytest.mark.parametrize("planning_steps", [0, 4])
@pytest.mark.parametrize("agent_class", ALL)
def test_a_saved_agent_goes_on_in_a_new_object_as_if_nothing_had_happened(agent_class, planning_steps):
    def play(agent, seed, turns=300):
        chance, state = np.random.default_rng(seed), (0, "x")
        for i in range(turns):
            action = agent.act(state, 0.3)
            next_state = (int(chance.integers(5)), "xy"[action % 2])
            end = i % 17 == 16
            agent.learn(turn(state, action, float(chance.normal()), next_state, terminated=end))
            state = (0, "x") if end else next_state
        agent.end_episode()

    agent = make(agent_class, planning_steps=planning_steps)
    play(agent, 1)
    state = {name: array.copy() for name, array in agent.get_state().items()}
    assert all(array.dtype.kind in "biuf" for array in state.values())
    copy = make(agent_class, planning_steps=planning_steps, seed=99)
    copy.rng.bit_generator.state = agent.rng.bit_generator.state  # the trainer saves it
    copy.set_state(state)
    for one in (agent, copy):
        play(one, 2)
    assert copy.tables == agent.tables and copy.turns == agent.turns == 600
    assert [list(table) for table in copy.tables] == [list(table) for table in agent.tables]
    after = agent.get_state()
    assert all(np.array_equal(value, after[name]) for name, value in copy.get_state().items())


@pytest.mark.parametrize("agent_class", ALL)
def test_a_policy_is_enough_to_play(agent_class):
    agent = make(agent_class, table=TABLE)
    copy = make(agent_class)
    copy.set_policy(agent.get_policy())
    assert copy.tables == agent.tables
    assert copy.act("t", 0.0) == agent.act("t", 0.0) == 1


@pytest.mark.parametrize("planning_steps", [0, 2])
def test_visits_count_the_real_turns_of_each_state(planning_steps):
    agent = make(DoubleQLearning, planning_steps=planning_steps)
    for state, next_state in ("st", "ts", "st", "ss"):
        agent.learn(turn(state, 0, 1.0, next_state))
    copy = make(DoubleQLearning)
    copy.set_policy(agent.get_policy())
    assert agent.visits == copy.visits == {"s": 3, "t": 1}


def test_tables_from_before_visits_were_counted_are_read():
    policy = make(QLearning, table=TABLE).get_policy()
    del policy["visits"]
    copy = make(QLearning)
    copy.set_policy(policy)
    copy.learn(turn("s", 0, 1.0, "t"))
    assert copy.visits == {"s": 1}


def test_an_agent_that_has_learned_nothing_can_be_saved():
    agent, copy = make(QLearning, planning_steps=2), make(QLearning)
    copy.set_state(agent.get_state())
    assert copy.table == {} and copy.model == {}


@pytest.mark.parametrize(
    "name, damage",
    [
        ("values_0", lambda values: values[:-1]),
        ("values_0", lambda values: values[:, :2]),
        ("values_0", lambda values: values * np.nan),
        ("values_0", lambda values: values.ravel()),
        ("visits", lambda visits: visits[:-1]),
        ("visits", lambda visits: visits - 1),
        ("visits", lambda visits: visits * 0.5),
    ],
)
def test_a_table_that_does_not_fit_is_refused(name, damage):
    policy = make(QLearning, table=TABLE).get_policy()
    policy[name] = damage(policy[name])
    with pytest.raises(ValueError, match=name):
        make(QLearning).set_policy(policy)


class Color(enum.IntEnum):
    RED = 1


class Shouting(str):
    def __repr__(self):
        return self.upper()


KEYS = [
    (1, 2),
    (1, (2, ("three", None)), True),
    (),
    b"\x00\xff'\"",
    "text 'and' \"more\"\n\u2603\ud800",
    0,
    -5,
    2.5,
    -0.0,
    1e-300,
    float("inf"),
    (float("-inf"), 1),
    None,
    False,
    (b"", ""),
    10**30,
    np.int64(7),
    np.float32(0.1),
    np.float64(0.1),
    np.bool_(True),
    np.str_("text"),
    np.bytes_(b"bytes"),
    np.uint8(200),
    (np.int8(-3), (np.float16(0.5),)),
    Color.RED,
    Shouting("quiet"),
    (Color.RED, Shouting("quiet")),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_states_of_all_kinds_are_found_again_after_saving(key):
    agent = make(QLearning, planning_steps=1)
    agent.learn(turn(key, 1, 1.0, key))
    copy = make(QLearning)
    copy.set_state(agent.get_state())
    assert copy.table[key] == agent.table[key] and copy.model[key][1][1] == key


def test_boards_are_written_as_they_are():
    boards = [bytes([i, 0, 255]) for i in range(5)]
    array = encode_states(boards)
    assert array.shape == (5, 3) and decode_states(array) == boards
    assert decode_states(encode_states([b""])) == [b""]
    assert decode_states(encode_states([b"a", b"bc", 1])) == [b"a", b"bc", 1]
    assert decode_states(encode_states([])) == []


def test_only_literals_are_read():
    text = "[\"__import__('os').getcwd()\"]"
    with pytest.raises(ValueError):
        decode_states(np.frombuffer(text.encode(), np.uint8))


M = 2**61 - 1  # numbers that differ by it have one hash
TOO_MUCH = {
    "wide": np.zeros((30_000_000, 0), np.uint8),
    "many boards": np.zeros((MAX_STATES + 1, 1), np.uint8),
    "many": encode_states(range(MAX_STATES + 1)),
    "no texts": np.frombuffer(b"[" + b"{}, " * 10**6 + b"{}]", np.uint8),
    "colliding": encode_states([i * M for i in range(20_000)]),
    "colliding in tuples": encode_states([(1, (float(i % 2), i * M)) for i in range(20_000)]),
    "deep": np.frombuffer(b'["' + b"(" * 10**6 + b'"]', np.uint8),
    "deep, with a text": np.frombuffer(b"[\"'a'," + b"(" * 10**6 + b'"]', np.uint8),
    "a long number": b'["' + b"1" * 1001 + b'"]',
    "a long number in a tuple": b'["(' + b"1" * 1001 + b',)"]',
    "a list": b'["[1]"]',
    "no number": b'["NaN"]',
    "an escape": b"[\"'\\\\q'\"]",
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_states_that_would_take_time_or_memory_are_refused(what):
    array = TOO_MUCH[what]
    array = np.frombuffer(array, np.uint8) if isinstance(array, bytes) else array
    with pytest.raises(ValueError):
        decode_states(array)


def test_states_that_happen_to_have_one_hash_are_read():
    """hash(-1) is hash(-2): what a game shows as directions may collide a thousand times."""
    states = list(itertools.product((-1, -2), repeat=10))
    assert len({hash(state) for state in states}) < 20
    assert decode_states(encode_states(states)) == states


@pytest.mark.parametrize("name", ["model_states", "model_next_states"])
def test_the_model_of_a_table_is_read_as_carefully(name):
    agent = make(QLearning, planning_steps=2)
    for i in range(5):
        agent.learn(Transition(i, 0, 1.0, i + 1, False, False))
    state = agent.get_state()
    agent.set_state(state)
    for array in (TOO_MUCH["wide"], TOO_MUCH["colliding"], TOO_MUCH["many"]):
        with pytest.raises(ValueError):
            agent.set_state({**state, name: array})


@pytest.mark.parametrize(
    "state, words",
    [
        ([1, 2], "a list can change"),
        ({"x": 1}, "a dict can change"),
        (np.zeros(3), "an? array can change"),
        ((1, np.zeros(2)), "the array in it can change"),
        ((1, (2, [3])), "the list in it can change"),
    ],
)
def test_states_that_cannot_be_looked_up_are_refused_readably(state, words):
    agent = make(QLearning)
    for look in (
        lambda: agent.act(state, 0.0),
        lambda: agent.act(state, 1.0),
        lambda: agent.q_values(state),
        lambda: agent.learn(turn("s", 0, 0.0, state)),
    ):
        with pytest.raises(ObservationError, match=words):
            look()


@pytest.mark.parametrize(
    "state, words",
    [
        (float("nan"), "not equal to itself"),
        ((1, float("nan")), "not equal to itself"),
        ((1, object()), "cannot be written"),
        (frozenset([1]), "a frozenset"),
        ((1, np.datetime64("2020-01-01")), "cannot be written"),
    ],
)
def test_states_that_cannot_be_saved_are_refused_at_once(state, words):
    agent = make(QLearning)
    with pytest.raises(ObservationError, match=words):
        agent.learn(turn(state, 0, 0.0, "t"))


def test_observations_of_a_board_are_states_by_their_content():
    def observe(symbol, number=None):
        features = np.array([] if number is None else [number], np.float32)
        return Observation(np.array([0, symbol], np.uint8), features)

    assert state_of(observe(2)) == state_of(observe(2)) != state_of(observe(3))
    assert state_of(observe(2, 0.5)) == state_of(observe(2, 0.5)) != state_of(observe(2, 0.6))
    agent = make(QLearning)
    agent.learn(Transition(observe(2), 1, 1.0, observe(3), False, False))
    assert agent.q_values(observe(2))[1] == 0.5


# Games whose states never repeat


def play_without_repeating(agent, turns, start=0):
    for state in range(start, start + turns):
        agent.learn(turn(state, agent.act(state, 0.1), 1.0, state + 1))


@pytest.mark.parametrize("agent_class", ALL)
def test_an_agent_says_when_states_never_repeat_and_stops_filling_the_memory(agent_class, monkeypatch):
    monkeypatch.setattr(tabular, "MAX_STATES", 300)
    monkeypatch.setattr(tabular, "TURNS_BEFORE_NOTICE", 200)
    agent = make(agent_class, planning_steps=1)
    play_without_repeating(agent, 199)
    assert agent.notices() == []
    play_without_repeating(agent, 1, 199)
    (notice,) = agent.notices()
    assert "200 different states" in notice and "observation_function" in notice and "dqn" in notice
    assert agent.notices() == []
    play_without_repeating(agent, 800, 200)
    (notice,) = agent.notices()
    assert "full" in notice and "300 states" in notice
    assert agent.notices() == []
    assert all(len(table) == 300 for table in agent.tables) and len(agent.model) <= 300
    before = agent.table[5][:]
    for _ in range(10):
        agent.learn(turn(5, 0, 50.0, 6))  # what is known is still learned about
    assert any(table[5] != before for table in agent.tables)
    copy = make(agent_class)
    copy.set_state(agent.get_state())
    play_without_repeating(copy, 50, 5000)
    assert copy.notices() == [] and len(copy.table) == 300


def test_an_agent_whose_states_repeat_says_nothing(monkeypatch):
    monkeypatch.setattr(tabular, "TURNS_BEFORE_NOTICE", 200)
    agent = make(QLearning)
    for i in range(1000):
        agent.learn(turn(i % 50, 0, 0.0, (i + 1) % 50))
    assert agent.notices() == []


@pytest.mark.parametrize("name", ["model_actions", "model_rewards", "model_terminated", "draws"])
@pytest.mark.parametrize("shape", [(10**9, 0), (0, 10**9), ()], ids=str)
def test_what_is_saved_in_a_row_is_read_in_a_row(name, shape):
    agent = make(QLearning, planning_steps=2)
    for i in range(5):
        agent.learn(Transition(i, 0, 1.0, i + 1, False, False))
    state = agent.get_state()
    with pytest.raises((ValueError, TypeError)):
        agent.set_state({**state, name: np.zeros(shape, state[name].dtype)})
