"""From a configuration to the parts of a training: environment, vocabulary, observation sizes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, Callable, Sequence

from retro_gamer.config.run_config import RunConfig
from retro_gamer.environment.base import Environment
from retro_gamer.environment.game import RetroEnvironment, make_encoder
from retro_gamer.environment.keys import KeyInput
from retro_gamer.environment.planes import sees_planes
from retro_gamer.environment.vocabulary import Vocabulary
from retro_gamer.errors import ConfigError
from retro_gamer.hosting import outside
from retro_gamer.hosting.blame import blamed
from retro_gamer.hosting.loading import load_factory, load_function, make_game
from retro_gamer.hosting.randomness import OwnRandomness, seed_everything

TURNS_TO_FIND_THE_PLAYER = 200


def make_environment(
    config: RunConfig,
    vocabulary: Vocabulary,
    factory: Callable[[], Any] | None = None,
    render_mode: str | None = None,
    n_features: int | None = None,
) -> Environment:
    """The environment that a configuration describes; `factory` is used instead of loading the game.

    `render_mode` is for a Gymnasium environment that is to draw itself.
    """
    if config.game.environment_name:
        from retro_gamer.environment.gym import GymEnvironment
        from retro_gamer.environment.own_class import OwnEnvironment

        environment_class = GymEnvironment if config.game.gym else OwnEnvironment
        environment = environment_class(
            config.game.environment_name,
            tabular=config.tabular,
            max_turns=config.training.max_turns_per_episode,
            render_mode=render_mode,
            path=config.game.path,
        )
        if sees_planes(config):
            environment.see_planes(config, vocabulary)
        return environment
    factory = factory or load_factory(config.game)
    metadata, encoder, function = config.metadata, None, None
    if metadata.observation_function:
        function = load_function(metadata.observation_function, "observation_function", config.game.path)
    else:
        if not metadata.board_size:
            metadata = replace(metadata, board_size=list(make_game(factory).board_size))
        encoder = make_encoder(metadata, config.preprocessing, vocabulary, n_features)
        seen = config.preprocessing
        if seen.egocentric_radius or seen.radar or seen.room or seen.place or seen.far:
            _check_player(factory, encoder, metadata.actions)
    max_turns = config.training.max_turns_per_episode
    return RetroEnvironment(factory, metadata, encoder, function, config.tabular, max_turns, n_features)


def _check_player(factory: Callable[[], Any], encoder: Any, actions: Sequence[str]) -> None:
    game = make_game(factory)
    if encoder.find_player(game) is None and not _player_comes_later(factory, encoder, actions):
        drivers = [type(agent).__name__ for agent in game.agents if hasattr(agent, "handle_keystroke")]
        raise ConfigError(
            "The window, far, radar, room and place look from the character that the keys control, but no character on the "
            f"board has handle_keystroke (found: {', '.join(drivers) or 'none'}). Name it with "
            'player = "its name" in [metadata], or use board = true, egocentric_radius = 0, and far, radar, room and place '
            "= false."
        )


def _player_comes_later(factory: Callable[[], Any], encoder: Any, actions: Sequence[str]) -> bool:
    """Does a character that listens to keys turn up in random play, such as behind a menu?"""
    chooser, keys = random.Random(0), KeyInput()
    with OwnRandomness(), blamed("while it was tried out"):
        seed_everything(0)
        game = make_game(factory)
        game.input_source = keys
        game.start()
        for _ in range(TURNS_TO_FIND_THE_PLAYER):
            if not game.playing:
                break
            keys.press(chooser.choice([*actions, None]))
            outside.step(game)
            if encoder.find_player(game) is not None:
                return True
    return False


def discover_characters(environment: Environment, turns: int, seed: int) -> None:
    """Play `turns` turns at random, so that the characters of the game get their numbers."""
    chooser = random.Random(seed)
    environment.reset()
    for _ in range(turns):
        step = environment.step(chooser.randrange(len(environment.actions)))
        if step.terminated or step.truncated:
            environment.reset()
