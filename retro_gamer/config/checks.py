"""What is wrong with settings that are fine one by one, and do not go together."""

from __future__ import annotations

from typing import Iterator

from retro_gamer.config.key_names import key_problem
from retro_gamer.config.problems import Problem
from retro_gamer.config.settings import (
    GameSettings,
    MetadataSettings,
    ModelSettings,
    PreprocessingSettings,
    TrainingSettings,
)

NOT_BESIDE_TILES = ("radar", "own_symbol", "last_step", "kinds", "room", "place", "steps_of", "rhythm_of")
ONE_OF_TWO = (
    ("board", "far", "The whole board is all there is to see: nothing is far."),
    ("board", "cell_size", "The whole board is seen as it is drawn."),
    ("sight", "wrap", "What is remembered is a map with edges."),
    (
        "kinds",
        "radar",
        "They are read in the same places: the radar where a character is controlled, kinds where there is none.",
    ),
)


def check_metadata(game: GameSettings, metadata: MetadataSettings, has_teams: bool) -> Iterator[Problem]:
    yield from _check_keys(metadata, has_teams)
    if not metadata.reward and not has_teams:
        yield Problem(
            "[metadata] reward is empty or missing",
            "The agent learns to make one value of the game's state grow.",
            'Try: reward = "score"',
            ("reward",),
        )
    yield from _check_board(metadata)
    if metadata.observation_function and not _is_reference(metadata.observation_function):
        yield Problem(
            f"observation_function = {metadata.observation_function!r}",
            "It names a function that takes the game.",
            'Try: "my_game:observe"',
            ("observation_function",),
        )
    if game.factory and not _is_reference(game.factory):
        yield Problem(
            f"factory = {game.factory!r}",
            "It names a function that returns a new game.",
            'Try: "my_game:create_game"',
            ("factory",),
        )


def _check_keys(metadata: MetadataSettings, has_teams: bool) -> Iterator[Problem]:
    if not metadata.actions and not has_teams:
        yield Problem(
            "[metadata] actions is empty or missing",
            "The agent must have keys to press.",
            'Try: actions = ["KEY_LEFT", "KEY_RIGHT"]',
            ("actions",),
        )
    for key in metadata.actions:
        why = key_problem(key)
        if why:
            yield Problem(f"actions: {key!r}", "Each action is the name of a key.", why, ("actions",))
    if len(set(metadata.actions)) < len(metadata.actions):
        yield Problem(
            f"actions = {metadata.actions!r}", "Each key is one action.", "Name every key only once.", ("actions",)
        )


def _check_board(metadata: MetadataSettings) -> Iterator[Problem]:
    if metadata.board_size and len(metadata.board_size) != 2:
        yield Problem(
            f"board_size = {metadata.board_size!r}",
            "The board has a width and a height.",
            "Try: board_size = [32, 16]",
            ("board_size",),
        )
    for character in metadata.character_set:
        if len(character) != 1 and character[1:2] != " ":  # as in "o red"
            yield Problem(
                f"character_set: {character!r} has length {len(character)}",
                "A cell of the board shows one character.",
                "List single characters, or leave character_set empty: the trainer finds them itself.",
                ("character_set",),
            )


def check_preprocessing(seen: PreprocessingSettings, observation_function: str, tabular: bool) -> Iterator[Problem]:
    if observation_function:
        yield from _check_beside_function(seen, tabular)
        return
    if seen.board and seen.egocentric_radius:
        yield Problem(
            "board = true and egocentric_radius are both set",
            "They are two ways to see the board.",
            "Try: board = false for the window alone, or egocentric_radius = 0 for the board alone",
            ("board", "egocentric_radius"),
        )
    if not (
        seen.board
        or seen.egocentric_radius
        or seen.radar
        or seen.kinds
        or seen.room
        or seen.place
        or seen.far
        or seen.observe_state
    ):
        yield Problem(
            "board = false",
            "Without a board there is nothing to observe.",
            "Set board = true, egocentric_radius, radar, kinds or observe_state.",
            ("board", "egocentric_radius", "radar", "kinds", "observe_state"),
        )
    for one, other, why in ONE_OF_TWO:
        if getattr(seen, one) and getattr(seen, other):
            yield Problem(f"{one} and {other} are both set", why, f"Take {one} or {other} out.", (one, other))
    alone = seen.board and not any(getattr(seen, name) for name in NOT_BESIDE_TILES)
    if seen.tiles and not (alone and len(seen.tiles) == 6 and all(seen.tiles[1:3] + seen.tiles[4:])):
        yield Problem(
            f"tiles = {seen.tiles!r}",
            "They are the first column, the columns from one to the next, how many there are, and the same for rows; with "
            f"board = true, and without {', '.join(NOT_BESIDE_TILES)}.",
            "Try: tiles = []",
            ("tiles",),
        )
    if len(seen.cell_size) not in (0, 2):
        why = "It is a width and a height."
        yield Problem(f"cell_size = {seen.cell_size!r}", why, "Try: cell_size = [2, 1]", ("cell_size",))
    if (seen.way_around or seen.sight) and not seen.radar and not tabular:
        yield Problem(
            f"{'way_around' if seen.way_around else 'sight'} is set with radar = false",
            "The ways are told in the place of the radar's directions.",
            "Try: radar = true",
            ("way_around", "sight", "radar"),
        )
    if seen.spatial and not (seen.board or seen.egocentric_radius) and not tabular:
        yield Problem(
            "spatial = true with board = false",
            "A convolution needs a board to look at.",
            "Try: spatial = false",
            ("spatial", "board", "egocentric_radius"),
        )


def _check_beside_function(seen: PreprocessingSettings, tabular: bool) -> Iterator[Problem]:
    if seen.observe_state:
        yield Problem(
            "observation_function and observe_state are both set",
            "Either describes all that is observed.",
            "Remove one: the function can return the state values too.",
            ("observation_function", "observe_state"),
        )
    if seen.spatial and not tabular:
        yield Problem(
            "observation_function and spatial = true are both set",
            "The convolutions of spatial look at the board itself, not at what a function returns.",
            "Set spatial = false, for a dense network on what the function returns; or remove the function. "
            "(The original retro-gamer made such runs. They cannot be used here.)",
            ("observation_function", "spatial"),
        )


def check_learning(model: ModelSettings, training: TrainingSettings) -> Iterator[Problem]:
    if not model.hidden_sizes:
        yield Problem(
            "hidden_sizes = []",
            "The network needs at least one hidden layer.",
            "Try: hidden_sizes = [128, 64]",
            ("hidden_sizes",),
        )
    if training.epsilon_min > training.epsilon:
        yield Problem(
            f"epsilon_min = {training.epsilon_min} is greater than epsilon = {training.epsilon}",
            "The share of random actions starts at epsilon and falls to epsilon_min.",
            "Try: epsilon = 1.0 and epsilon_min = 0.05",
            ("epsilon_min", "epsilon"),
        )
    if training.algorithm != "dqn":
        return
    if training.batch_size > training.memory_capacity:
        yield Problem(
            f"batch_size = {training.batch_size} is larger than memory_capacity = {training.memory_capacity}",
            "A learning step draws batch_size turns from the memory, so the memory must hold at least as many.",
            f"Try: memory_capacity = {max(50000, 100 * training.batch_size)}",
            ("batch_size", "memory_capacity"),
        )
    if training.learning_starts > training.memory_capacity:
        yield Problem(
            f"learning_starts = {training.learning_starts} is larger than memory_capacity = {training.memory_capacity}",
            "Learning would never start: the memory never holds that many turns.",
            f"Try: learning_starts = {training.memory_capacity // 10}",
            ("learning_starts", "memory_capacity"),
        )


def _is_reference(text: str) -> bool:
    module, colon, name = text.partition(":")
    return bool(module and colon and name.isidentifier())
