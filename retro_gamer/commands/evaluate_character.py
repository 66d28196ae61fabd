"""`retro-gamer evaluate DIR --game GAME --character NAME`: a policy as a character of somebody's game."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable

import numpy as np

from retro_gamer.environment.game import RetroEnvironment
from retro_gamer.environment.player import ignores_keys
from retro_gamer.environment.teams import find_character
from retro_gamer.errors import ConfigError
from retro_gamer.hosting.loading import load_factory, make_game, parse_game
from retro_gamer.policy.trained_policy import TrainedPolicy
from retro_gamer.reporting.counting import counted
from retro_gamer.runs.directory import RunDirectory
from retro_gamer.training.evaluation import Evaluation, RandomAgent, bootstrap_interval
from retro_gamer.training.player import load_player


def evaluate_character(
    run: RunDirectory,
    game: str,
    character: str,
    checkpoint: str | None,
    games: int,
    seed: int,
    as_json: bool,
    quiet: bool = False,
) -> str:
    """How well the character does in that game, beside the policy as the player of its own (`PolicyInput`).

    A character that ignores keys is moved by its own code; for another one, the policy of the run presses keys. Raises
    ConfigError when the game has no such character.
    """
    player = load_player(run, checkpoint)
    config = player.config
    factory, steered = _with_character(TrainedPolicy(run.path, checkpoint), load_factory(parse_game(game)), character)
    metadata = replace(config.metadata, actions=[])
    there = RetroEnvironment(factory, metadata, None, _unseen, tabular=True, max_turns=config.training.max_turns_per_episode)
    alone = counted("measuring game as the player", player.environment, player.agent, games, seed, quiet)
    inside = counted("measuring game as a character", there, RandomAgent(1, 0), games, seed, quiet)
    name = config.metadata.score or config.metadata.reward
    rows = [("the player of its own game", _results(alone)), (f"{character!r} in {game}", _results(inside))]
    if as_json:
        share = _share(rows[1][1], rows[0][1])
        return json.dumps(
            {
                "games": games,
                "checkpoint": player.name,
                "value": name,
                "player": _summary(rows[0][1]),
                "character": _summary(rows[1][1]),
                "share": share and share[0],
                "share_ci95": share and list(share[1:]),
                "moved_by": "its own code" if not steered() else "the policy of the run",
            }
        )
    return "\n".join(_lines(run, player.name, games, seed, name, rows, steered()))


def _unseen(game: Any) -> tuple[()]:
    return ()


def _with_character(
    ai: TrainedPolicy, factory: Callable[[], Any], name: str
) -> tuple[Callable[[], Any], Callable[[], bool]]:
    """A factory of the same game in which the character is played by the policy, unless its own code does it already;
    and whether it had to be."""
    classes: dict[type, Any] = {}

    def make() -> Any:
        game = make_game(factory)
        character = find_character(game, name)
        if character is None:
            names = dict.fromkeys(str(getattr(one, "name", None) or type(one).__name__) for one in game.agents)
            raise ConfigError(
                f"A new game has no character {name!r}, by name or class. It has: {', '.join(names) or 'nobody'}."
            )
        if getattr(character, "plays_itself", False) or ignores_keys(type(character)):
            return game
        cls = type(character)
        if cls not in classes:
            classes[cls] = ai.character(cls)
        try:
            character.__class__ = classes[cls]
        except TypeError:
            raise ConfigError(
                f"The class {cls.__name__} cannot be played by a policy from outside (it has __slots__). Put  "
                f"ai.character({cls.__name__})  into the game."
            ) from None
        return game

    return make, lambda: bool(classes)


def _results(evaluation: Evaluation) -> np.ndarray:
    """The score, where there is one [games]."""
    return evaluation.returns if evaluation.scores is None else evaluation.scores


def _summary(values: np.ndarray) -> dict[str, Any]:
    return {"mean": float(values.mean()), "ci95": list(bootstrap_interval(values)), "worst": float(values.min())}


def _share(values: np.ndarray, whole: np.ndarray) -> tuple[float, float, float] | None:
    """The mean of the first as a share of the second's, with its 95% interval; None unless that is positive.

    The games are paired by their seeds.
    """
    if not whole.mean() > 0:
        return None
    drawn = np.random.default_rng(0).integers(len(values), size=(2000, len(values)))
    shares = values[drawn].mean(axis=1) / np.maximum(whole[drawn].mean(axis=1), 1e-9)
    low, high = np.percentile(shares, [2.5, 97.5])
    return float(values.mean() / whole.mean()), float(low), float(high)


def _lines(
    run: RunDirectory, checkpoint: str, games: int, seed: int, name: str, rows: list[Any], steered: bool
) -> list[str]:
    lines = [f"{run}, {checkpoint}: {name} of {games} games with seeds {seed} to {seed + games - 1}", ""]
    for who, values in rows:
        low, high = bootstrap_interval(values)
        lines.append(f"as {who:40}{values.mean():10.2f}  (95% interval {low:.2f} to {high:.2f}; worst {values.min():g})")
    share = _share(rows[1][1], rows[0][1])
    if share is not None:
        shown = "{:.0%} (95% interval {:.0%} to {:.0%})".format(*share)
        lines += ["", f"There it reaches {shown} of what it does as the player."]
    moved = "The policy of this run pressed its keys" if steered else "Its own code moved it"
    return [*lines, f"{moved}; nobody was at the keyboard."]
