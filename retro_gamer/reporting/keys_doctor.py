"""What is wrong with the keys of a game."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Sequence

import numpy as np

from retro_gamer.discovery.heard import keys_heard
from retro_gamer.discovery.players import Player, teams_to_paste
from retro_gamer.environment.base import Environment
from retro_gamer.errors import quoted
from retro_gamer.games.screen import board_lines
from retro_gamer.hosting.randomness import OwnRandomness
from retro_gamer.reporting.findings import NO_DIFFERENCE, Finding, in_words, value_shown
from retro_gamer.reporting.random_games import RandomGames

MOMENTS = 10  # situations in which each key is tried
PAIRS, TURNS_OF_A_PAIR = 10, 500  # games played again with other keys


def keys_without_effect(environment: Any, keys: Sequence[str], moments: int) -> Finding | None:
    """Each key is pressed in several situations, and compared with pressing nothing there."""
    if getattr(environment, "game", None) is None or not keys:
        return None
    with OwnRandomness():
        nothing = [_outcome(environment, moment, None) for moment in range(moments)]
        if nothing != [_outcome(environment, moment, None) for moment in range(moments)]:
            return Finding(
                "the same seed does not give the same game",
                f"{moments} games were played twice, with the same seeds and the same keys, and went differently.",
                [
                    "create_game returns a game or characters that were used before: make everything new in create_game.",
                    "The game draws from the clock, from secrets or from a generator of its own: use Python's random.",
                    "It goes over a set, whose order changes: sort it first.",
                ],
            )
        idle = [
            key
            for action, key in enumerate(keys)
            if all(_outcome(environment, moment, action) == nothing[moment] for moment in range(moments))
        ]
    if len(idle) < len(keys):  # a key that the game asks for may do something only in rare places
        heard = keys_heard(environment.runner.factory, keys)
        idle = [key for key in idle if key not in heard]
    if not idle:
        return None
    does = "does" if len(idle) == 1 else "do"
    what = "no key does anything" if len(idle) == len(keys) else f"{in_words(idle)} {does} nothing"
    swallowing = _line_that_swallows_errors(environment.game)
    return Finding(
        what,
        f"Each key was pressed in {moments} situations; the game was the same as without it, three turns later.",
        [f"handle_keystroke may fail, and {swallowing} hides why: take the try and except away."] * bool(swallowing)
        + [
            "handle_keystroke compares with another name: a key's name is KEY_LEFT, not LEFT; a letter has no name and is "
            'compared as  key == "a".',
            "actions in config.toml names keys that the game does not use: name the game's own.",
            "The character that listens to keys is not among the game's agents.",
        ],
    )


def _line_that_swallows_errors(game: Any) -> str:
    """Where a handle_keystroke of the game catches errors, such as "line 12 of my_game.py"; empty for nowhere."""
    for agent in game.agents:
        try:
            lines, first = inspect.getsourcelines(type(agent).handle_keystroke)
        except (AttributeError, TypeError, OSError):  # it has none, or there is no source
            continue
        for number, line in enumerate(lines, first):
            if line.strip().startswith("except"):
                return f"line {number} of {Path(inspect.getfile(type(agent))).name}"
    return ""


def _outcome(environment: Any, moment: int, action: int | None) -> Any:
    """The game three turns after an action (None: no key) in a situation that `moment` fixes."""
    rng, keys = np.random.default_rng(moment), environment.actions
    environment.reset(moment)
    pressed = [keys[int(rng.integers(len(keys)))] for _ in range(3 * moment)]
    pressed += [None if action is None else keys[action], None, None]
    for key in pressed:
        _, _, terminated, truncated = environment.press(key)
        if terminated or truncated:
            break
    game = environment.game
    return board_lines(game), sorted((str(name), repr(value)) for name, value in game.state.items())


def keys_do_not_matter(environment: Environment, games: RandomGames, reward: str) -> Finding | None:
    """The first games again, with the same seeds and another key all the time: do they bring anything else?"""
    pairs = games.games[:PAIRS]
    if len(pairs) < PAIRS or not any(turn.reward for game in pairs for turn in game):
        return None
    with OwnRandomness():
        for seed, game in enumerate(pairs):
            before = [turn.reward for turn in game[:TURNS_OF_A_PAIR]]
            if _rewards_of_one_key(environment, seed, len(before)) != before:
                return None
    return Finding(
        "what it does makes no difference",
        f"{PAIRS} games were played twice, with the same seeds and other keys, and {value_shown(reward)} went the same way.",
        NO_DIFFERENCE,
    )


def _rewards_of_one_key(environment: Environment, seed: int, turns: int) -> list[float]:
    """What as many turns bring without a key (of an environment, with its last action)."""
    environment.reset(seed)
    rewards, nothing = [], len(environment.actions) - 1
    for _ in range(turns):
        _, reward, terminated, truncated = environment.step(nothing)
        rewards.append(reward)
        if terminated or truncated:
            break
    return rewards


def several_players(players: Sequence[Player]) -> list[Finding]:
    if not players:
        return []
    listen = "; ".join(f"{player.name} listens to {', '.join(player.keys)}" for player in players)
    one = players[0]
    together = (
        "Let them train against each other: put this into the game's pyproject.toml (beside the game), and create a new "
        f"run:\n\n{teams_to_paste(players).rstrip()}\n"
        if all(player.reward for player in players)
        else "To train against each other, each needs a value of the state that is its own, such as state['points_1']. Then "
        "create a new run: it says what to write."
    )
    alone = f"--player {quoted(one.name)} --actions {','.join(one.keys)} --reward {one.reward or 'NAME'}"
    return [
        Finding(
            f"{len(players)} players sit at one keyboard, and it presses the keys of all",
            f"{listen}. They want different things.",
            [together, f"Or train one of them alone, in a new run, with create and these:\n{alone}"],
        )
    ]
