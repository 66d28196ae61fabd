"""Random games, noted turn by turn: what `doctor` looks at before a training."""

from __future__ import annotations

import time
from typing import Any, Callable, NamedTuple

import numpy as np

from retro_gamer.agents.states import state_of
from retro_gamer.environment.base import Environment
from retro_gamer.environment.characters import displayed
from retro_gamer.hosting.randomness import OwnRandomness

GAMES, TURNS = 100, 20_000
MAX_NUMBERS = 60  # state values and attributes that are noted


class Turn(NamedTuple):
    view: int  # which observation was seen: equal numbers, equal observations
    reward: float
    numbers: dict[str, float]  # the state's numbers, and those of the player, before it
    outside: float  # share of the characters on the board that the window does not show


class RandomGames(NamedTuple):
    games: list[list[Turn]]
    n_views: int

    @property
    def rewards(self) -> np.ndarray:
        """[n_turns] of all games, one after the other."""
        return np.array([turn.reward for game in self.games for turn in game])

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(game) for game in self.games])

    @property
    def returns(self) -> np.ndarray:
        return np.array([sum(turn.reward for turn in game) for game in self.games])


def play_randomly(
    environment: Environment,
    games: int = GAMES,
    on_game: Callable[[int], None] = lambda done: None,
    on_turn: Callable[[], None] = lambda: None,
    seconds: float = float("inf"),
) -> RandomGames:
    """Games with seeds 0, 1, ..., until there are `games` of them, they have TURNS turns together, or took so long.

    The last one is cut short where that is long over.
    """
    deadline = time.monotonic() + seconds
    rng = np.random.default_rng(0)
    views: dict[Any, int] = {}
    played: list[list[Turn]] = []
    n_turns = 0
    with OwnRandomness():
        while len(played) < games and n_turns < TURNS and time.monotonic() < deadline:
            observation, over, game = environment.reset(len(played)), False, []
            while not over:
                view = views.setdefault(state_of(observation), len(views))
                numbers, outside = _numbers(environment), _outside(environment)
                observation, reward, terminated, cut = environment.step(int(rng.integers(len(environment.actions))))
                game.append(Turn(view, reward, numbers, outside))
                over = terminated or cut or time.monotonic() > deadline + seconds
                n_turns += 1
                on_turn()
            played.append(game)
            on_game(len(played))
    return RandomGames(played, len(views))


def _numbers(environment: Environment) -> dict[str, float]:
    game = getattr(environment, "game", None)
    if game is None:
        return {}
    found = {f"state[{name!r}]": value for name, value in game.state.items()}
    for agent in game.agents:
        if hasattr(agent, "handle_keystroke"):
            for name, value in vars(agent).items():
                parts = value if isinstance(value, tuple) and name != "position" else [value]
                for i, part in enumerate(parts):
                    found[f"{type(agent).__name__}.{name}" + (f"[{i}]" if len(parts) > 1 else "")] = part
            break
    numeric = [(name, float(value)) for name, value in found.items() if type(value) in (int, float, bool)]
    return dict(numeric[:MAX_NUMBERS])


def _outside(environment: Environment) -> float:
    """The share of characters that are farther from the player than the window reaches; 0 without a window."""
    game, encoder = getattr(environment, "game", None), getattr(environment, "encoder", None)
    radius = getattr(encoder, "radius", 0)
    if game is None or encoder is None or not radius:
        return 0.0
    player = encoder.find_player(game)
    others = [agent for agent in displayed(game.agents) if agent is not player]
    if player is None or not others:
        return 0.0
    x, y = player.position
    far = [agent for agent in others if max(abs(agent.position[0] - x), abs(agent.position[1] - y)) > radius]
    return len(far) / len(others)


def same_view_pairs(games: RandomGames, horizon: int) -> tuple[np.ndarray, np.ndarray, list[dict[str, float]]]:
    """(views, returns of the next `horizon` turns, numbers) of all turns."""
    views, returns, numbers = [], [], []
    for game in games.games:
        rewards = np.array([turn.reward for turn in game])
        sums = np.concatenate([[0.0], np.cumsum(rewards)])
        for i, turn in enumerate(game):
            views.append(turn.view)
            returns.append(sums[min(len(game), i + horizon)] - sums[i])
            numbers.append(turn.numbers)
    return np.array(views), np.array(returns), numbers
