"""A class of the user's own as an environment: Gymnasium's `reset` and `step`, without Gymnasium."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

import numpy as np

from retro_gamer.config.run_config import RunConfig
from retro_gamer.config.settings import GameSettings
from retro_gamer.environment.observation import Observation
from retro_gamer.environment.space_reading import UnknownSpace, space_of
from retro_gamer.environment.spaces import MAX_ACTIONS, Anything, Choice, Discrete
from retro_gamer.environment.stepped import SteppedEnvironment, ending_advice, short
from retro_gamer.errors import ConfigError, GameError
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.loading import load_factory

TURNS = 20  # in which an action may do something
FORM = (
    "An environment is a class with\n"
    "  reset(self, seed=None, options=None), which begins a new game and returns  observation, {}\n"
    "  step(self, action), which plays one turn and returns  observation, reward, terminated, truncated, {}\n"
    '  actions, a list of what can be done, such as ["left", "right"]\n'
    "A game of retro-games is named by the function that makes it, such as my_game:create_game."
)


def environment_of(game: GameSettings) -> str:
    """The class for an environment that a user named, as module:class; "" for what makes a game.

    Raises ConfigError for a class that is neither.
    """
    made = None
    with suppress(*(() if game.factory else (GameError,))):  # else its description may name what makes it
        made = load_factory(game)
    if not isinstance(made, type) or hasattr(made, "add_agent") or hasattr(made, "agents"):
        return ""
    missing = [name for name in ("reset", "step") if not callable(getattr(made, name, None))]
    if missing:
        raise ConfigError(f"The class {game.factory} has no {' and no '.join(missing)}. {FORM}")
    return game.factory or f"{game.module}:{made.__name__}"


class OwnEnvironment(SteppedEnvironment):
    """An environment of the class `name` ("module:class"), imported from the folder `path`.

    Its actions are described by `actions` (a list), `n_actions` or `action_space`; its observations by
    `observation_space`, `n_observations` (whole numbers from 0), or by what the first reset returns. Spaces are Gymnasium's.
    Raises as SteppedEnvironment does.
    """

    def __init__(
        self, name: str, tabular: bool = False, max_turns: int = 2000, render_mode: str | None = None, path: str = ""
    ):
        make = load_factory(GameSettings(factory=name, path=path))
        parameters = _parameters(make)
        drawing = {"render_mode": render_mode} if render_mode and "render_mode" in parameters else {}
        self._takes_render_mode = "render_mode" in parameters
        with blamed(f"while {name} was made", ending_advice), outside.hosted():
            env = make(**drawing)
        self._takes_seed = bool({"seed", "**"} & _parameters(getattr(env, "reset", None)))
        self.env, self.name, self.max_turns = env, name, max_turns  # for the reset that shows an observation
        actions = _actions_of(env, name)
        super().__init__(env, name, self._observations_of(tabular), actions, tabular, max_turns)

    def _reset(self, seed: int) -> Any:
        return self.env.reset(seed=seed) if self._takes_seed else self.env.reset()

    def draws(self, in_a_window: bool) -> str:
        if self._takes_render_mode:
            return super().draws(in_a_window)
        return "ansi" if callable(getattr(self.env, "render", None)) else ""

    def _observations_of(self, tabular: bool) -> Any:
        env = self.env
        if getattr(env, "observation_space", None) is not None:
            return env.observation_space
        n = getattr(env, "n_observations", None)
        if n is not None:
            return Discrete(_count(n, "n_observations", self.name))
        if tabular:
            return Anything()
        value = self.first_shown = self.first_observation(seed=0)
        try:
            return space_of(value)
        except UnknownSpace as error:
            raise ConfigError(
                f"{self.name}: reset returned the observation {short(value)}, in which there is a {error}. A network reads "
                "numbers: return a list, an array or a dict of numbers, always as many. (A table takes texts too: "
                "--algorithm q_learning.)"
            ) from None


def _parameters(function: Any) -> set[str]:
    """The names of a function's parameters; "**" for one that takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set()
    return {"**" if parameter.kind is parameter.VAR_KEYWORD else parameter.name for parameter in parameters}


def _actions_of(env: Any, name: str) -> Any:
    values, n, space = (getattr(env, which, None) for which in ("actions", "n_actions", "action_space"))
    if isinstance(space, (list, tuple, int)):
        raise ConfigError(
            f"{name} has action_space = {short(space)}, which is no space of Gymnasium's. A list of actions is called\n"
            '  actions = ["left", "right", "stay"]\n'
            "and a number of them  n_actions = 3."
        )
    if space is not None:
        return space
    if n is not None and values is None:
        return Discrete(_count(n, "n_actions", name))
    if values is None:
        raise ConfigError(
            f"{name} does not say what can be done. Give the class a list of actions, such as\n"
            '  actions = ["left", "right", "stay"]\n'
            "and step is called with one of them; or n_actions = 3 for the numbers 0, 1 and 2."
        )
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise ConfigError(f'{name} has actions = {short(values)}. It must be a list, such as ["left", "right"].')
    values = list(values)
    if not values:
        raise ConfigError(
            f"{name} has actions = [], so there is nothing to choose from. List what can be done in a turn, such as\n"
            '  actions = ["left", "right", "stay"]'
        )
    if len(set(map(repr, values))) < len(values):
        raise ConfigError(f"{name} has actions = {short(values)}. Each must be there only once.")
    if len(values) > MAX_ACTIONS:
        raise ConfigError(f"{name} has {len(values):,} actions; at most {MAX_ACTIONS:,} can be learned here.")
    actions = Choice(values)
    try:
        actions.to_json()
    except ValueError as error:
        raise ConfigError(
            f"{name}: an action must be a text, a number, None, or a tuple of these, so that it can be saved; {error}. "
            "Name it by a text, and look it up in step."
        ) from None
    return actions


def _count(n: Any, what: str, name: str) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ConfigError(f"{name} has {what} = {short(n)}. It must be a whole number of 1 or more.")
    return int(n)


def describe_own(config: RunConfig) -> tuple[dict[str, Any], str, SteppedEnvironment]:
    """The settings that a run on an environment of the user's own needs, what there is to tell, and the environment."""
    game = config.game
    environment = OwnEnvironment(game.environment, config.tabular, config.training.max_turns_per_episode, path=game.path)
    environment.reset(seed=0)
    environment.step(0)  # what is wrong is said now
    what = environment.observation_space
    shown = f"{what.n_features} numbers" if what.n_features else "what reset returns"
    labels = ", ".join(map(str, environment.labels))
    needed = {"board": False, "egocentric_radius": 0, "radar": False}
    said = f"{game.environment}: actions {labels}; observations {shown}."
    if len({_course(environment, action) for action in range(len(environment.labels))}) == 1 < len(environment.labels):
        said += (
            f"\nBut whichever of them is done for {TURNS} turns, the same happens. step is called with one of the actions "
            "as they are listed; if it takes their numbers, from 0 on, write  n_actions  instead of the list."
        )
    return needed, said, environment


def _course(environment: SteppedEnvironment, action: int) -> str:
    """What happens where nothing but this is done, from the same beginning."""
    seen = [environment.reset(seed=0)]
    for _ in range(TURNS):
        observation, *rest = environment.step(action)[:4]
        seen += [observation, rest]
        if any(rest[1:]):
            break
    return repr([one.to_bytes() if isinstance(one, Observation) else one for one in seen])
