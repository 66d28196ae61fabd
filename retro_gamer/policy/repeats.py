"""What a policy did before in somebody's game, so that it acts there as it does in training (`agents/repetition.py`)."""

from __future__ import annotations

import weakref
from typing import Any, Dict, Optional, Tuple

from retro_gamer.agents.greedy import GreedyNetwork
from retro_gamer.agents.repetition import Repetition
from retro_gamer.environment.observation import Observation


class Repeats:
    """The repetitions of each character that a policy steers in one game; a new game begins anew.

    In training a reward clears them. Here a reward is a rise of the state value that it was trained on, where the game
    has that value. Asked twice in one turn, it answers the same.
    """

    def __init__(self, policy: GreedyNetwork, reward: str):
        self._policy, self._reward = policy, reward
        self._game: Optional["weakref.ref[Any]"] = None
        self._begin()

    def _begin(self) -> None:
        self._of: Dict[int, Repetition] = {}  # id of a character -> what it did
        self._answers: Dict[int, Tuple[int, bytes, int]] = {}  # its last answer: (turn, what it saw, action)
        self._last: Optional[float] = None  # the reward's value when it was last asked

    def act(self, observation: Observation, game: Any, character: Any) -> int:
        """The action of a character that sees this."""
        if self._game is None or self._game() is not game:
            self._game = weakref.ref(game)
            self._begin()
        self._look_at_reward(game)
        who, turn, seen = id(character), getattr(game, "turn_number", 0), observation.to_bytes()
        answered = self._answers.get(who)
        if answered is not None and answered[:2] == (turn, seen):
            return answered[2]
        self._policy.repetition = self._of.setdefault(who, Repetition(self._policy.repetition.penalty))
        action = self._policy.act(observation)
        self._answers[who] = (turn, seen, action)
        return action

    def _look_at_reward(self, game: Any) -> None:
        value = game.state.get(self._reward)
        if type(value) not in (int, float):
            return
        if self._last is not None:
            for repetition in self._of.values():
                repetition.got(value - self._last)
        self._last = value
