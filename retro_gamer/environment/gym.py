"""Gymnasium environments, trained on like games. Gymnasium is imported only when one is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.stepped import SteppedEnvironment, ending_advice
from retro_gamer.errors import ConfigError, RetroGamerError, install_command
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.importing import import_module

# Ids that begin so are known to Gymnasium only once their package was asked to register them.
PACKAGES = {"MinAtar": ("minatar.gym", "MinAtar")}  # imported, and installed, as
LONGEST_GAME = 3000  # turns, where an environment has no limit: MinAtar's longest game has 2501


def import_gymnasium() -> Any:
    try:
        import gymnasium
    except ImportError:
        raise ConfigError(f"Gymnasium is not installed. Install it with  {install_command('gymnasium')}") from None
    return gymnasium


def _register(name: str, gymnasium: Any) -> None:
    """Let the package register the environment that is named; raises ConfigError where it is not installed."""
    name = name.rpartition(":")[2]
    namespace = name.partition("/")[0]
    if namespace not in PACKAGES or name in gymnasium.registry:
        return
    module, package = PACKAGES[namespace]
    try:
        getattr(importlib.import_module(module), "register_envs", lambda: None)()
    except ImportError:
        raise ConfigError(
            f"{name} is an environment of {package}, which is not installed. Install it with  {install_command(package)}"
        ) from None


class GymEnvironment(SteppedEnvironment):
    """An environment that `gymnasium.make` makes.

    `path` is the folder of the user's own file that registers it, where `name` is "module:ID". Raises ConfigError for an
    environment that cannot be made, and as SteppedEnvironment does.
    """

    def __init__(
        self, name: str, tabular: bool = False, max_turns: int = 2000, render_mode: str | None = None, path: str = ""
    ):
        gymnasium = import_gymnasium()
        if path:
            import_module(name.partition(":")[0], path)  # registers it
        # Without a word of it where there is nothing to draw: some environments do not know the argument.
        drawing = {} if render_mode is None else {"render_mode": render_mode}
        with blamed(f"while {name} was made", ending_advice):
            try:
                _register(name, gymnasium)
                # Gymnasium's own checker would only warn of what is refused here.
                env = gymnasium.make(name, disable_env_checker=True, **drawing)
            except RetroGamerError:
                raise
            except Exception as error:
                unknown = ":" not in name and isinstance(error, gymnasium.error.UnregisteredEnv)
                own = "" if not unknown else "\nIf a file of yours registers it, name that too: gym:my_file.py:My-v0"
                raise ConfigError(f"Gymnasium cannot make {name!r}: {str(error) or type(error).__name__}{own}") from error
        super().__init__(env, name, env.observation_space, env.action_space, tabular, max_turns)


def describe_gym(config: RunConfig) -> tuple[dict[str, Any], str, SteppedEnvironment]:
    """The settings that a run on a Gymnasium environment needs, what there is to tell, and the environment."""
    game = config.game
    environment = GymEnvironment(game.gym, config.tabular, config.training.max_turns_per_episode, path=game.path)
    needed: dict[str, Any] = {"board": False, "egocentric_radius": 0, "radar": False}
    spec = environment.env.spec
    limit = spec.max_episode_steps if spec is not None else None
    needed["max_turns_per_episode"] = int(limit) if limit else LONGEST_GAME
    observations = " ".join(str(environment.env.observation_space).split())
    says = f"{game.gym}: {len(environment.actions)} actions, observations {observations}."
    return needed, says, environment
