"""Pictures of planes, such as MinAtar's: are these some, and which plane shows the player?"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from retro_gamer.discovery.draft import Draft
from retro_gamer.environment.planes import LETTERS
from retro_gamer.environment.spaces import Box
from retro_gamer.environment.stepped import SteppedEnvironment
from retro_gamer.errors import ConfigError
from retro_gamer.hosting.randomness import OwnRandomness

TURNS = 1000  # of random play
LEAST, MOST = 3, 64  # cells of a side
ALONE = 0.9  # in at least so many turns there is exactly one player
RADIUS, RADIUS_IN_LINE = 3, 5  # of the window; the larger where the player keeps to one row or column
FOLLOWS = 0.05  # bits that its steps must tell of the actions; of 1000 turns, chance alone gives 0.01


def see_planes(draft: Draft, environment: SteppedEnvironment, flags: dict[str, Any]) -> None:
    """Choose how pictures of planes are seen, where the environment shows some."""
    if "character_set" in flags or not _may_be_planes(environment):
        return
    pictures, actions = _play(environment)
    if not np.isin(pictures, (0, 1)).all():
        return
    height, width, n_planes = pictures.shape[1:]
    letters = list(LETTERS[:n_planes])
    draft.set(
        {"character_set": letters, "board_size": [width, height], "own_symbol": False},
        "One for each plane of the picture, in their order.",
    )
    player = flags.get("player") or find_player(pictures, actions, letters)
    if player and player not in letters:
        raise ConfigError(
            f"player = {player!r}: the player is one of the planes, which are called {', '.join(letters)} in their order."
        )
    if flags.get("board") or flags.get("spatial") or not player:
        draft.set({"board": True, "player": player or ""})
        draft.say(f"Its pictures are seen as boards of {n_planes} kinds of characters.")
        return
    was_there: Any = pictures[..., letters.index(player)].any(axis=0)  # [height, width]
    in_line = 1 in (was_there.any(axis=0).sum(), was_there.any(axis=1).sum())
    radius = RADIUS_IN_LINE if in_line else RADIUS
    why = "It is in one place at a time, and its steps follow the actions."
    draft.set({"player": player, "radar": True, "place": True}, why)
    draft.set(
        {"egocentric_radius": radius},
        "The player keeps to one line, so it sees farther. SpaceInvaders of MinAtar, two minutes: 161 with 5, 111 with 3."
        if in_line
        else "Asterix of MinAtar after 20 s: 14.7 with a window around the player, 0.4 with all numbers of the picture.",
    )
    draft.say(
        f"Its pictures are seen as boards of {n_planes} kinds of characters, from where the player is: plane "
        f"{letters.index(player)}, called {player}, whose steps follow the actions."
    )


def _may_be_planes(environment: SteppedEnvironment) -> bool:
    space = environment.observation_space
    if not isinstance(space, Box) or len(space.shape) != 3:
        return False
    *sides, n_planes = space.shape
    return min(sides) >= LEAST and max(sides) <= MOST and n_planes <= len(LETTERS)


def _play(environment: SteppedEnvironment) -> tuple[np.ndarray, list[int | None]]:
    """Random play: pictures [turns, height, width, planes], and the action before each, None where a game begins."""
    chooser, over, pictures = random.Random(0), True, []
    actions: list[int | None] = []
    with OwnRandomness():
        for turn in range(TURNS):
            if over:
                observation, over = environment.reset(seed=turn), False
                actions.append(None)
            else:
                action = chooser.randrange(len(environment.actions))
                actions.append(action)
                step = environment.step(action)
                observation, over = step.observation, step.terminated or step.truncated
            pictures.append(observation.features)
    shape: Any = getattr(environment.observation_space, "shape", ())
    return np.reshape(pictures, (TURNS, *shape)), actions


def find_player(pictures: np.ndarray, actions: list[int | None], letters: list[str]) -> str:
    """The letter of the plane in which one cell moves as the actions say; "" for none.

    Of all planes that nearly always show exactly one cell, the one whose steps have most to do with the actions:

        I(step; action) = H(step) + H(action) - H(step, action)          mutual information, in bits
    """
    turns, _, width, n_planes = pictures.shape
    cells = pictures.reshape(turns, -1, n_planes) != 0
    alone = cells.sum(axis=1) == 1  # [turns, planes]
    places = cells.argmax(axis=1)
    found = []
    for plane in np.flatnonzero(alone.mean(axis=0) >= ALONE):
        pairs = []
        for turn in range(1, turns):
            if actions[turn] is not None and alone[turn - 1 : turn + 1, plane].all():
                (y, x), (old_y, old_x) = (divmod(places[t, plane], width) for t in (turn, turn - 1))
                pairs.append((int(y - old_y), int(x - old_x), actions[turn]))
        steps, done = [pair[:2] for pair in pairs], [pair[2] for pair in pairs]
        found.append((_entropy(steps) + _entropy(done) - _entropy(pairs), letters[plane]))
    information, letter = max(found, default=(0.0, ""))
    return letter if information >= FOLLOWS else ""


def _entropy(values: list[Any]) -> float:
    """H = - sum of p log2 p over the different values, in bits."""
    counts = np.array([values.count(value) for value in set(values)], float)
    shares = counts / max(1, len(values))
    return float(-(shares * np.log2(shares)).sum())
