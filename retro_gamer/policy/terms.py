"""What a policy sees and does in an environment's own terms: its observations and actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.observation import NO_CELLS, Observation
from retro_gamer.environment.planes import PlanesView
from retro_gamer.environment.space_reading import space_from_json
from retro_gamer.environment.spaces import Anything, Box, Choice, Discrete, Space
from retro_gamer.errors import ObservationError
from retro_gamer.runs.policy_description import PolicyDescription


class Terms:
    """How observations and actions look outside, and what the policy's agent makes of them.

    `observations` is None for a policy of an environment from before checkpoints described it: then it is one of
    `n_features` whole numbers, or an array of as many numbers. With a `view` observations are pictures of planes.
    """

    def __init__(
        self, observations: Space | None, actions: Space, tabular: bool, n_features: int, view: PlanesView | None = None
    ):
        self._observations, self._tabular, self._n_features = observations, tabular, n_features
        self._view = view
        numbers = range(actions.n_values)
        self._actions = actions
        self.keys: list[Any] = [actions.key(number) for number in numbers]  # the actions, as keys of a dict

    def action(self, number: int) -> Any:
        """The action with this number; one of its own, where it is an array or a dict."""
        return self._actions.value_at(number)

    def observe(self, value: Any) -> Any:
        """An observation as the agent takes it; raises ObservationError for what is none."""
        try:
            if self._view is not None:
                return self._view.observe(value)
            space = self._observations or self._guess(value)
            if self._tabular:
                return space.state_of(value)
            features = space.flatten(value)
        except Exception as error:  # an object of the user's own may raise anything
            why = error if type(error) is ValueError else type(error).__name__
            if isinstance(value, tuple) and len(value) in (2, 5) and isinstance(value[-1], dict):
                why = "this is all that reset or step returned"
            raise ObservationError(
                f"The observation {value!r:.200} is not one as in the training: {why}. Give the policy what it saw there: "
                "what reset and step of the environment return first, or what the observation function returns."
            ) from None
        if not np.isfinite(features).all():
            raise ObservationError(
                f"The observation contains {features[~np.isfinite(features)][0]}, which is not an ordinary number. Look for "
                "a division by zero where it is computed."
            )
        return Observation(NO_CELLS, features)

    def _guess(self, value: Any) -> Space:
        if np.ndim(value) == 0 and self._n_features > 1:
            return Discrete(self._n_features)
        fits = np.size(value) == self._n_features
        return Box(np.shape(value) if fits else (self._n_features,), np.float32)


def _view_of(known: PolicyDescription, observations: Any) -> PlanesView:
    """How a policy sees pictures of planes: as it did in training. Its first characters are those of the planes."""
    own = known.settings(RunConfig())
    letters = list(known.characters[: observations.shape[2]])
    metadata = replace(own.metadata, character_set=letters)
    return PlanesView(observations.shape, metadata, own.preprocessing, known.vocabulary())


def terms_of(known: PolicyDescription) -> Terms | None:
    """The terms in which a policy can be asked; None for one that looks at a game itself."""
    tabular, n = known.tabular, known.n_features
    observations: Space | None = Anything() if tabular else None
    if known.gym and known.spaces is not None:
        observations, actions = map(space_from_json, (known.spaces["observations"], known.spaces["actions"]))
        view = _view_of(known, observations) if known.shows_planes else None
        return Terms(observations, actions, tabular, n, view)
    if known.gym:
        return Terms(observations, Discrete(len(known.actions)), tabular, n)
    if known.observation_function:
        return Terms(observations or Box((n,), np.float32), Choice(known.actions), tabular, n)
    return None
