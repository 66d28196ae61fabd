"""A policy at the keyboard of a game: an input source that presses its keys."""

from __future__ import annotations

import warnings
from typing import Any, Collection

from retro_gamer.environment.keys import make_keystroke
from retro_gamer.errors import ConfigError
from retro_gamer.hosting.game_protocol import Game
from retro_gamer.policy.arguments import check_game, is_game, keys_named_elsewhere
from retro_gamer.policy.trained_policy import TrainedPolicy


class PolicyInput:
    """An input source that presses the keys a policy chooses, for `game.play(input_source=...)`.

    Arguments:
        model: a TrainedPolicy.
        game: the game it will play.
    """

    def __init__(self, model: TrainedPolicy, game: Game):
        if not callable(getattr(model, "keys", None)) or is_game(model):
            raise ConfigError(
                f"PolicyInput takes the policy first, and then the game:  PolicyInput(ai, game). Got {model!r:.100}"
            )
        if isinstance(model, TrainedPolicy):
            model.refuse_games()
        check_game(game, "PolicyInput")
        self._model, self._game = model, game
        others = keys_named_elsewhere(game, model.actions) if isinstance(model, TrainedPolicy) else set()
        if others:
            warnings.warn(
                f"{model!r} presses {', '.join(filter(None, model.actions))}, but the characters of this game listen to "
                f"{', '.join(sorted(others))}. Was it trained on another game?",
                stacklevel=2,
            )

    def __repr__(self) -> str:
        return f"PolicyInput({self._model!r}, {type(self._game).__name__})"

    def collect(self) -> Collection[Any]:
        """The keystrokes of this turn: a set of one, or empty; for a team of several characters, a list."""
        keystrokes = [make_keystroke(key) for key in self._model.keys(self._game)]
        return keystrokes if len(keystrokes) > 1 else set(keystrokes)
