"""What a policy did before in a user's game, so that it acts there as it does in training (`agents/repetition.py`)."""

from __future__ import annotations

import sys
import weakref
from typing import Any, Callable, NamedTuple

from retro_gamer.agents.greedy import GreedyNetwork
from retro_gamer.agents.repetition import Repetition
from retro_gamer.environment.observation import Observation
from retro_gamer.policy.asking import is_within_turn


class Answer(NamedTuple):
    turn: int | None
    seen: bytes
    action: int


class Repeats:
    """The repetitions of each character that a policy steers in one game; a new game begins anew.

    They end with what is gained. Here a reward is a change of the state value that it was trained on, where the game has
    that value. Asked twice about one turn, before it and in it, it answers the same, and only the last answer counts.
    """

    def __init__(self, policy: GreedyNetwork, reward: str, find_player: Callable[[Any], Any]):
        self._policy, self._reward, self._find_player = policy, reward, find_player
        self._game: weakref.ref[Any] | None = None
        self._begin()

    def _begin(self) -> None:
        # By the id of a character; None is the player, who may be another character from level to level.
        self._of: dict[int | None, Repetition] = {}
        self._answers: dict[int | None, Answer] = {}  # the last one
        self._last: float | None = None  # the reward's value when it was last asked

    def act(self, observation: Observation, game: Any, character: Any) -> int:
        """The action of a character that sees this."""
        if self._game is None or self._game() is not game:
            self._game = weakref.ref(game)
            self._begin()
        self._look_at_reward(game)
        is_player = character is None or character is self._find_player(game)
        who, seen = None if is_player else id(character), observation.to_bytes()
        turn = getattr(game, "turn_number", None)  # None, of games of other kinds: every answer counts there
        if turn is not None and not is_within_turn(game, sys._getframe(1)):
            turn += 1  # asked before a turn, it is for the turn to come
        repetition = self._of.get(who)
        if repetition is None:
            before = self._policy.repetition
            repetition = self._of[who] = Repetition(before.penalty, before.turn_based)
        last = self._answers.get(who)
        if last is not None and last.turn == turn is not None:
            if last.seen == seen:
                return last.action
            repetition.take_back(last.seen, last.action)
        self._policy.repetition = repetition
        action = self._policy.act(observation)
        self._answers[who] = Answer(turn, seen, action)
        return action

    def acted_by_chance(self) -> None:
        """Instead of being asked, someone acted at random: what follows is not what a choice led to."""
        for repetition in self._of.values():
            repetition.did_something_else()

    def _look_at_reward(self, game: Any) -> None:
        value = game.state.get(self._reward)
        if type(value) not in (int, float):
            return
        if self._last is not None:
            for repetition in self._of.values():
                repetition.got(value - self._last)
        self._last = value
