"""n-step returns against a slow twin."""

from __future__ import annotations

import numpy as np
import pytest
from replaying import slow_n_step

from retro_gamer.replay import (
    NStepAssembler,
)


class TestNStepAssembler:
    @pytest.mark.parametrize("how", ["terminated", "truncated", "both", "flush"])
    @pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
    def test_whole_games_against_the_formula(self, n, how):
        """Every length up to 10, one game after the other through the same assembler."""
        assembler, rng = NStepAssembler(n, 0.9), np.random.default_rng(n)
        for length in range(1, 11):
            rewards, got = rng.normal(size=length), []
            for t in range(length):
                last = t == length - 1
                given = assembler.add(
                    100 + t,
                    t % 4,
                    rewards[t],
                    101 + t,
                    last and how in ("terminated", "both"),
                    last and how in ("truncated", "both"),
                )
                # Transition t is complete as soon as n rewards are there, not before; all are at the end.
                ended = last and how != "flush"
                assert len(given) == (min(n, length) if ended else int(t + 1 >= n))
                got += given
            if how == "flush":
                given = assembler.flush(100 + length)
                assert len(given) == min(n - 1, length)
                got += given
            expected = slow_n_step(rewards, n, 0.9, how in ("terminated", "both"))
            assert [one.slot for one in got] == list(range(100, 100 + length))
            assert [one.action for one in got] == [t % 4 for t in range(length)]
            assert [one.next_slot - 100 for one in got] == [end for _, _, end in expected]
            np.testing.assert_allclose(
                [one.reward_sum for one in got],
                [total for total, _, _ in expected],
                rtol=1e-12,
                atol=1e-14,
            )
            np.testing.assert_allclose([one.discount for one in got], [discount for _, discount, _ in expected])
            assert assembler.flush(0) == []

    def test_one_step_is_the_plain_transition(self):
        assembler = NStepAssembler(1, 0.5)
        assert assembler.add(7, 2, 3.0, 8, False, False) == [(7, 2, 3.0, 0.5, 8)]
        assert assembler.add(8, 1, -1.0, 9, True, False) == [(8, 1, -1.0, 0.0, 9)]
        assert assembler.add(3, 1, -1.0, 4, False, True) == [(3, 1, -1.0, 0.5, 4)]

    def test_three_steps_by_hand(self):
        assembler = NStepAssembler(3, 0.5)
        assert assembler.add(0, 0, 8.0, 1, False, False) == []
        assert assembler.add(1, 1, 4.0, 2, False, False) == []
        assert assembler.add(2, 2, 4.0, 3, False, False) == [(0, 0, 11.0, 0.125, 3)]
        assert assembler.add(3, 3, 16.0, 4, True, False) == [
            (1, 1, 10.0, 0.0, 4),
            (2, 2, 12.0, 0.0, 4),
            (3, 3, 16.0, 0.0, 4),
        ]
