"""Gymnasium environments, trained on like games. Gymnasium is imported only when one is asked for."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.stepped import SteppedEnvironment, ending_advice
from retro_gamer.errors import ConfigError, RetroGamerError, install_command
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.importing import import_module


def import_gymnasium() -> Any:
    try:
        import gymnasium
    except ImportError:
        raise ConfigError(
            f"Gymnasium is not installed. Install it with  {install_command('gymnasium')}"
        ) from None
    return gymnasium


class GymEnvironment(SteppedEnvironment):
    """An environment that `gymnasium.make` makes.

    `path` is the folder of the user's own file that registers it, where `name` is "module:ID". Raises ConfigError for an
    environment that cannot be made, and as SteppedEnvironment does.
    """

    def __init__(
        self,
        name: str,
        tabular: bool = False,
        max_turns: int = 2000,
        render_mode: Optional[str] = None,
        path: str = "",
    ):
        gymnasium = import_gymnasium()
        if path:
            import_module(name.partition(":")[0], path)  # registers it
        # Without a word of it where there is nothing to draw: some environments do not know the argument.
        drawing = {} if render_mode is None else {"render_mode": render_mode}
        with blamed(f"while {name} was made", ending_advice):
            try:
                # Gymnasium's own checker would only warn of what is refused here.
                env = gymnasium.make(name, disable_env_checker=True, **drawing)
            except RetroGamerError:
                raise
            except Exception as error:
                unknown = ":" not in name and isinstance(error, gymnasium.error.UnregisteredEnv)
                own = (
                    ""
                    if not unknown
                    else "\nIf a file of yours registers it, name that too: gym:my_file.py:My-v0"
                )
                raise ConfigError(
                    f"Gymnasium cannot make {name!r}: {str(error) or type(error).__name__}{own}"
                ) from error
        super().__init__(env, name, env.observation_space, env.action_space, tabular, max_turns)


def describe_gym(config: RunConfig) -> Tuple[Dict[str, Any], str]:
    """The settings that a run on a Gymnasium environment needs, and what there is to tell."""
    game = config.game
    environment = GymEnvironment(
        game.gym, config.tabular, config.training.max_turns_per_episode, path=game.path
    )
    needed: Dict[str, Any] = {"board": False, "egocentric_radius": 0, "radar": False}
    spec = environment.env.spec
    limit = spec.max_episode_steps if spec is not None else None
    if limit:
        needed["max_turns_per_episode"] = int(limit)
    observations = " ".join(str(environment.env.observation_space).split())
    return needed, f"{game.gym}: {len(environment.actions)} actions, observations {observations}."
